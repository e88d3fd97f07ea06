"""Whom an outcome is mailed to (C5, C6, D1, D2, A3): the policy of it, pure. What they read is `server.mail_words`."""

from __future__ import annotations

from typing import Final, Literal

from rooms.events import Outcome

Audience = Literal["safeguarding", "office", "family"]

NOT_STARTED: Final = frozenset({"C2", "C3", "C7"})
"""Aborts at the start (C5)."""
WITH_A_REASON: Final = frozenset({"D1", "D2"})
"""Whose reason is mailed to the parents, whatever the charge."""


def audiences(outcome: Outcome, *, changed: bool) -> tuple[Audience, ...]:
    """Who is mailed this outcome.

    Args:
        outcome: As it was settled, or changed.
        changed: By a reason, a decision or an officer: its family was told before that somebody would decide.
    """
    told: list[Audience] = []
    if _office_is_told(outcome):
        told.append("office")
    if _family_is_told(outcome, changed):
        told.append("family")
    return tuple(told)


def _office_is_told(outcome: Outcome) -> bool:
    """At once of what is charged otherwise than a lesson that was held, and of what is the office's to decide."""
    if outcome.charge == "none":
        return outcome.rule in WITH_A_REASON
    if outcome.overruled:
        return False  # the office did it
    if outcome.charge == "undecided":
        return outcome.decides == "office"
    return outcome.charge == "not_charged" or outcome.rule in NOT_STARTED or outcome.rule in ("C6", "D1")


def _family_is_told(outcome: Outcome, changed: bool) -> bool:
    """Not of a lesson that was simply held; and while somebody has to decide, only of a reason that is theirs to read.

    Of D3, D9 and the hook they hear nothing before the office has decided, and then only the charge.
    """
    if outcome.charge in ("none", "undecided"):
        return outcome.rule in WITH_A_REASON and not outcome.overruled
    if changed or outcome.charge == "not_charged" or outcome.minutes_owed > 0:
        return True
    return outcome.rule in NOT_STARTED or outcome.rule in ("C6", "D1")
