"""Who negotiates media with whom: the teacher with each pupil who is there. Pupils never with one another (P2).

Observers are in no pair: no participant's negotiation changes because somebody watches (Q1).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from rooms.lesson import TEACHER, SideId


class Pair(NamedTuple):
    """Two sides that talk directly."""

    teacher: SideId
    pupil: SideId


def may_talk(a: SideId, b: SideId) -> bool:
    """Whether media may flow directly between the two: exactly one of them is the teacher's side."""
    return (a == TEACHER) != (b == TEACHER)


def peers_of(side: SideId, present: Collection[SideId]) -> list[SideId]:
    """With whom a side that is there talks, in a stable order."""
    if side not in present or TEACHER not in present:
        return []
    return [TEACHER] if side != TEACHER else sorted(other for other in present if other != TEACHER)


def pairs(present: Collection[SideId]) -> tuple[Pair, ...]:
    """The pairs among the sides that have a device in the room, in a stable order."""
    if TEACHER not in present:
        return ()
    return tuple(Pair(TEACHER, side) for side in sorted(set(present)) if side != TEACHER)
