"""What a reviewer is given and what it answers with."""

from __future__ import annotations

from typing import Protocol

import msgspec

from moderation.categories import NOT_RELEASABLE, REASON, Category
from moderation.normalise import Normal
from rooms.verdict import Ruling, Verdict


class Draft(msgspec.Struct, frozen=True):
    """A message that waits for its verdict."""

    text: str
    side_is_teacher: bool = False
    youngest_age: int | None = None
    """Of the pupils in the lesson; None where it is not known, which counts as a child."""
    history: tuple[str, ...] = ()
    """The author's own last messages, oldest first."""


class Reviewer(Protocol):
    """One way to look at a message. May raise or be late: then its answer does not count."""

    name: str
    """With its version, for the case."""

    def review(self, draft: Draft, text: Normal) -> Verdict | None:
        """The verdict, or None where there is nothing to say."""
        ...


def verdict(ruling: Ruling, category: Category, reviewer: str, spans: tuple[tuple[int, int], ...] = ()) -> Verdict:
    """A verdict with the category's words, released by nobody where that category says so."""
    return Verdict(
        ruling=ruling,
        reason=REASON[category],
        category=str(category),
        releasable=ruling is not Ruling.END and category not in NOT_RELEASABLE,
        reviewer=reviewer,
        spans=spans,
    )
