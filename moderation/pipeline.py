"""Ordered reviewers under one deadline: the worst ruling stands, and nothing goes through unreviewed (D3).

A reviewer that raises or is late leaves the others' verdict standing, so chat goes on (C1). Only if every one of the
built-in reviewers fails is the message held. `review` never raises.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from moderation.categories import Category
from moderation.cues import Cues
from moderation.disclosure import Disclosure
from moderation.lexicon import Lexicon
from moderation.normalise import Normal, normalise
from moderation.personal_data import PersonalData
from moderation.reviewer import Draft, Reviewer, verdict
from moderation.risk_words import RISK_WORDS
from rooms.verdict import Ruling, Verdict

__all__ = ["Draft", "Pipeline", "Reviewer", "built_in"]

DEADLINE_S: Final = 0.05
"""For all reviewers of one message together. They run in the room's path: a tenth of this is unusual already."""
_RANK: Final = {Ruling.ALLOW: 0, Ruling.HOLD: 1, Ruling.ESCALATE: 2, Ruling.END: 3}
"""A disclosure outranks *hold*: a rude word does not keep a child's call for help back."""
NAME: Final = "built-in 1"


def built_in() -> tuple[Reviewer, ...]:
    """The reviewers that every message meets."""
    return (Lexicon(), PersonalData(), Cues(), Disclosure())


class Pipeline:
    """The hook: a draft in, one verdict out."""

    def __init__(
        self,
        reviewers: Sequence[Reviewer] | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        """Reviewers are asked in this order; without any given, the built-in ones."""
        self._reviewers = tuple(built_in() if reviewers is None else reviewers)
        self._monotonic = monotonic
        self._deadline_s = deadline_s

    def review(self, draft: Draft) -> Verdict:
        """The verdict on one message; never raises."""
        until = self._monotonic() + self._deadline_s
        try:
            text = normalise(draft.text, RISK_WORDS)
        except Exception:
            return _UNCHECKED
        answers = []
        checked = False
        for reviewer in self._reviewers:
            if self._monotonic() > until:
                break
            answer = _ask(reviewer, draft, text)
            if answer is None or self._monotonic() > until:
                continue
            checked = True
            if answer is not _ALLOWED:
                answers.append(answer)
        if not checked:
            return _UNCHECKED
        return worst(answers, draft)


def worst(answers: Sequence[Verdict], draft: Draft) -> Verdict:
    """The worst of some verdicts. What a pupil side discloses is never what ends the lesson: it is escalated."""
    if not answers:
        return _ALLOWED
    found = max(answers, key=lambda answer: _RANK[answer.ruling])
    if found.ruling is Ruling.END and not draft.side_is_teacher:
        for answer in answers:
            if answer.category == Category.DISCLOSURE and answer.ruling is Ruling.ESCALATE:
                return answer
    return found


def _ask(reviewer: Reviewer, draft: Draft, text: Normal) -> Verdict | None:
    """One reviewer's answer; None if it failed."""
    try:
        return reviewer.review(draft, text) or _ALLOWED
    except Exception:
        return None


_ALLOWED: Final = Verdict(Ruling.ALLOW, reviewer=NAME)
_UNCHECKED: Final = verdict(Ruling.HOLD, Category.UNCHECKED, NAME)
