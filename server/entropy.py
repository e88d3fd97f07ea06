"""Randomness in small pieces, drawn from the system in large ones."""

from __future__ import annotations

import secrets
from typing import Final

POOL_BYTES: Final = 4_096
"""Drawn at once. A system call for 16 bytes lets go of the interpreter's lock, which a busy writer thread then takes:
twice a message, that was the dearest single thing about a message."""


class EntropyPool:
    """``secrets.token_bytes`` for many small pieces; no byte is given out twice. One thread; not across a fork."""

    __slots__ = ("_at", "_pool")

    def __init__(self) -> None:
        self._pool = b""
        self._at = 0

    def __call__(self, size: int) -> bytes:
        """So many unpredictable bytes, up to `POOL_BYTES` of them."""
        end = self._at + size
        if end > len(self._pool):
            self._pool = secrets.token_bytes(POOL_BYTES)
            self._at, end = 0, size
        piece = self._pool[self._at : end]
        self._at = end
        return piece
