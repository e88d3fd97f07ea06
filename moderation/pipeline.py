"""Ordered reviewers under one deadline: the worst ruling stands, and nothing goes through unreviewed (D3).

The first is the built-in one. It is pure and quick, so that its answer counts however long the machine took over it.
One of the others that raises or is late leaves that verdict standing, so chat goes on (C1). Only if the built-in one
fails, and no other answered either, is the message held. `review` never raises.
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

__all__ = ["BuiltIn", "Draft", "Pipeline", "Reviewer"]

DEADLINE_S: Final = 0.05
"""For all reviewers of one message together: they run in the room's path."""
_RANK: Final = {Ruling.ALLOW: 0, Ruling.HOLD: 1, Ruling.ESCALATE: 2, Ruling.END: 3}
"""A disclosure outranks *hold*: a rude word does not keep a child's call for help back."""
NAME: Final = "built-in 1"

Failed = Callable[[str, str], None]
"""Told of a reviewer that broke: its kind, and the error's. Never the error's own words: they may quote the message."""


def _untold(_reviewer: str, _error: str) -> None:
    """For whoever looks at verdicts alone."""


class BuiltIn:
    """The reviewer that every message meets: all its parts, or it has failed."""

    name = NAME

    def __init__(self, parts: Sequence[Reviewer] | None = None, *, failed: Failed = _untold) -> None:
        self._failed = failed
        self._parts = (Lexicon(), PersonalData(), Cues(), Disclosure()) if parts is None else tuple(parts)

    def review(self, draft: Draft, text: Normal) -> Verdict | None:
        """The worst of its parts' verdicts.

        Raises:
            Exception: of a part that failed, where the others found nothing: what it would have said is not known.
        """
        answers = []
        failure: Exception | None = None
        for part in self._parts:
            try:
                answer = part.review(draft, text)
            except Exception as error:  # whichever part it is, the others still look
                self._failed(type(part).__name__, type(error).__name__)
                failure = error
            else:
                if answer is not None:
                    answers.append(answer)
        if failure is not None and not answers:
            raise failure
        return worst(answers, draft) if answers else None


class Pipeline:
    """The hook: a draft in, one verdict out."""

    def __init__(
        self,
        reviewers: Sequence[Reviewer] | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        deadline_s: float = DEADLINE_S,
        failed: Failed = _untold,
    ) -> None:
        """Reviewers are asked in this order, the built-in one first; without any given, it alone."""
        self._failed = failed
        self._reviewers = (BuiltIn(failed=failed),) if reviewers is None else tuple(reviewers)
        self._monotonic = monotonic
        self._deadline_s = deadline_s

    def review(self, draft: Draft) -> Verdict:
        """The verdict on one message; never raises."""
        until = self._monotonic() + self._deadline_s
        try:
            text = normalise(draft.text, RISK_WORDS)
        except Exception as error:  # whatever went wrong: never through unreviewed
            self._failed("normalise", type(error).__name__)
            return _UNCHECKED
        answers: list[Verdict] = []
        for place, reviewer in enumerate(self._reviewers):
            if place and self._monotonic() > until:
                break
            answer = self._ask(reviewer, draft, text)
            if answer is not None and (place == 0 or self._monotonic() <= until):
                answers.append(answer)
        return worst(answers, draft) if answers else _UNCHECKED

    def _ask(self, reviewer: Reviewer, draft: Draft, text: Normal) -> Verdict | None:
        """One reviewer's answer; None if it failed."""
        try:
            return reviewer.review(draft, text) or _ALLOWED
        except Exception as error:  # whatever it is, the others' verdict stands
            self._failed(type(reviewer).__name__, type(error).__name__)
            return None


def worst(answers: Sequence[Verdict], draft: Draft) -> Verdict:
    """The worst of one or more verdicts; but what a pupil side discloses is escalated, and ends nothing."""
    found = max(answers, key=lambda answer: _RANK[answer.ruling])
    if found.ruling is Ruling.END and not draft.side_is_teacher:
        for answer in answers:
            if answer.category == Category.DISCLOSURE and answer.ruling is Ruling.ESCALATE:
                return answer
    return found


_ALLOWED: Final = Verdict(Ruling.ALLOW, reviewer=NAME)
_UNCHECKED: Final = verdict(Ruling.HOLD, Category.UNCHECKED, NAME)
