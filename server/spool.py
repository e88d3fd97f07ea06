"""Orders to end a lesson that the store has not taken yet: kept in a local folder, fsynced, until they are in the log.

The loop never waits for this disk either: a thread of the spool's own writes and removes, in order.
"""

from __future__ import annotations

import inspect
import logging
import os
import re
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, NamedTuple, Union, cast

import msgspec

from rooms import commands
from rooms.commands import Asked, Command
from server.private_folder import make_private, open_private
from server.store.port import MessageText

ENTRIES_MAX = 10_000
"""Orders kept at once: twice the 5,000 live rooms that HOTPATH.md reckons with, each ended once."""
ENTRY_BYTES_MAX = 65_536
"""One order's file: commands are a few hundred bytes; what is larger was not written here."""
COMMANDS_MAX = 100
"""Commands in one order: an ending is one or two."""
RANDOM_BYTES = 4
"""In a name, so that two orders of one nanosecond do not meet."""

_NAME: Final = re.compile(r"\d{20}-[0-9a-f]{8}")
_KINDS = tuple(
    kind
    for kind in vars(commands).values()
    if inspect.isclass(kind) and issubclass(kind, Command) and kind not in (Command, Asked)
)
_AnyCommand = Union[_KINDS]  # type: ignore[valid-type]  # noqa: UP007 - made from a tuple

_log = logging.getLogger(__name__)


class SpoolFull(Exception):
    """As many orders wait as are kept at once; this one was not taken."""


class Order(NamedTuple):
    """What waits."""

    name: str
    lesson: str
    commands: tuple[Command, ...]
    texts: Mapping[str, MessageText]


class _Entry(msgspec.Struct, frozen=True):
    """What a file holds."""

    lesson: str
    commands: list[_AnyCommand]
    texts: dict[str, MessageText] = {}


NO_TEXTS: Final[Mapping[str, MessageText]] = {}

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Entry)


class Spool:
    """A folder of orders, of one process at a time. Every method but `pending`, `flush` and `close` returns at once."""

    def __init__(self, folder: Path | str) -> None:
        self._folder = Path(folder)
        make_private(self._folder)
        for part in self._folder.glob("*.part"):
            part.unlink()  # of a process that died while it wrote: nobody was told that it was durable
        self._kept = sum(1 for _ in self._names())
        self._counting = threading.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")

    def put(self, lesson: str, commands: Sequence[Command], texts: Mapping[str, MessageText] = NO_TEXTS) -> str:
        """Write an order down; returns its name at once, and it is durable a moment later.

        ``texts``: of the messages that it submits. What ends a lesson may be one, and its case needs it.

        Raises:
            SpoolFull: at `ENTRIES_MAX`.
            ValueError: more commands, or longer ones, than an order has.
        """
        data = _encoder.encode(_Entry(lesson, list(commands), dict(texts)))
        if len(commands) > COMMANDS_MAX or len(data) > ENTRY_BYTES_MAX:
            raise ValueError(f"an order of {len(commands)} commands and {len(data)} bytes")
        with self._counting:
            if self._kept >= ENTRIES_MAX:
                raise SpoolFull(f"{ENTRIES_MAX} orders wait")
            self._kept += 1
        name = f"{time.time_ns():020d}-{secrets.token_hex(RANDOM_BYTES)}"
        self._do(lambda: self._write(name, data))
        return name

    def remove(self, name: str) -> None:
        """The order is in the log, or was refused there. One that is gone already is fine."""
        self._path(name)
        self._do(lambda: self._remove(name))

    def pending(self) -> list[Order]:
        """What waits, oldest first. Blocks; for a start.

        What cannot be read is set aside under another name, for a person to look at, and logged.
        """
        return self._thread.submit(self._read_all).result()

    def flush(self) -> None:
        """Block until everything asked so far is on the disk."""
        self._thread.submit(lambda: None).result()

    def close(self) -> None:
        """Finish what was asked, and stop."""
        self._thread.shutdown(wait=True)

    def _do(self, work: Any) -> None:  # noqa: ANN401 - returns nothing of use
        self._thread.submit(work).add_done_callback(_report)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no order's name")
        return self._folder / f"{name}.order"

    # On the spool's thread ----------------------------------------------------------------------------------

    def _names(self) -> list[str]:
        return sorted(path.stem for path in self._folder.glob("*.order") if _NAME.fullmatch(path.stem))

    def _write(self, name: str, data: bytes) -> None:
        target = self._path(name)
        part = target.with_suffix(".part")
        try:
            with open(open_private(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
            self._sync_folder()
        except OSError:
            if not target.exists():
                with self._counting:
                    self._kept -= 1
            raise

    def _remove(self, name: str) -> None:
        try:
            self._path(name).unlink()
        except FileNotFoundError:
            return
        with self._counting:
            self._kept -= 1
        self._sync_folder()

    def _read_all(self) -> list[Order]:
        found = []
        for name in self._names():
            path = self._path(name)
            try:
                if path.stat().st_size > ENTRY_BYTES_MAX:
                    raise msgspec.DecodeError("too long")
                entry = _decoder.decode(path.read_bytes())
            except msgspec.DecodeError as error:
                _log.error("order %s cannot be read and is set aside: %s", name, error)
                path.replace(path.with_suffix(".unreadable"))
                with self._counting:
                    self._kept -= 1
                continue
            commands = cast("tuple[Command, ...]", tuple(entry.commands))
            found.append(Order(name, entry.lesson, commands, entry.texts))
        return found

    def _sync_folder(self) -> None:
        handle = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _report(done: Future[None]) -> None:
    error = done.exception()
    if error is not None:
        _log.error("the spool's disk failed: %s", error)
