"""What a reviewer may answer about a message: a value, so that rooms need not know who reviewed (D3)."""

from __future__ import annotations

import enum

import msgspec


class Ruling(enum.StrEnum):
    """What happens to the message."""

    ALLOW = "allow"
    """Everyone in the room sees it."""
    HOLD = "hold"
    """Nobody but its author, and the teacher if it is the pupil side's, until released or 60 s have passed."""
    ESCALATE = "escalate"
    """A disclosure: it arrives as usual, a case opens, staff are alerted, and nothing in the room changes."""
    END = "end"
    """Not delivered; the lesson ends at once, a case opens."""


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """One reviewer's answer, or the pipeline's."""

    ruling: Ruling
    reason: str = ""
    """A category, as the held card says it after "It may contain": "personal details". Empty for allow."""
    category: str = ""
    """The stable code of the reason: ``personal_data``, ``profanity``, ``grooming``, ``disclosure``, ...; for cases."""
    releasable: bool = True
    """Hold only: whether the teacher may let it through."""
    reviewer: str = ""
    """Who said so: a reviewer's name and version, for the case."""
    spans: tuple[tuple[int, int], ...] = ()
    """Where in the text, as [start, end) in code points, for the case's marks."""
