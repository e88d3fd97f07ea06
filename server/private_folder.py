"""Folders and files that only the service's own account may read: they hold children's chat, names and addresses."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Final

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600


def make_private(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for their owner alone, whatever the umask allows.

    One that is there already keeps its mode: whoever made it chose it.

    Raises:
        OSError: it cannot be made.
    """
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=FOLDER_MODE, exist_ok=True)
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))


def open_private(path: Path, flags: int) -> int:
    """A file's descriptor; a file that is new is its owner's alone. ``flags`` as for `os.open`."""
    return os.open(path, flags, FILE_MODE)
