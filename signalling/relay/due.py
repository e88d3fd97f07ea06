"""When each of many things is to be looked at next: one entry for each, however often it is put off. Pure."""

from __future__ import annotations

import math
from typing import Final, Generic, TypeVar

SLOT_S: Final = 0.05
"""The grain, and so by how much something is looked at too late. Between two repetitions of a browser's handshake."""

T = TypeVar("T")


class Due(Generic[T]):
    """Times in slots of `SLOT_S`. Setting, putting off and taking out cost the same however many there are."""

    def __init__(self) -> None:
        self._slot_of: dict[T, int] = {}
        self._slots: dict[int, dict[T, None]] = {}

    def __len__(self) -> int:
        return len(self._slot_of)

    def put(self, item: T, at: float) -> None:
        """Look at it at this time (seconds), and not when it was put before."""
        self.drop(item)
        slot = math.ceil(at / SLOT_S)
        self._slot_of[item] = slot
        self._slots.setdefault(slot, {})[item] = None

    def drop(self, item: T) -> None:
        """Look at it no more; nothing for one that is not here."""
        slot = self._slot_of.pop(item, None)
        if slot is not None:
            there = self._slots[slot]
            del there[item]
            if not there:
                del self._slots[slot]

    def take(self, now: float) -> list[T]:
        """Take out all whose time has come."""
        slots = sorted(slot for slot in self._slots if slot * SLOT_S <= now)
        items = [item for slot in slots for item in self._slots.pop(slot)]
        for item in items:
            del self._slot_of[item]
        return items

    def next(self) -> float | None:
        """When the next one's time comes; None while there is none."""
        return min(self._slots) * SLOT_S if self._slots else None
