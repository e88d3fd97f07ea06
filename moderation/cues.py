"""How unsafe approaches, threats and unkindness are worded: families of phrases, over normalised words.

A family alone holds the message. It ends the lesson where it is plainly severe, or where two families meet that nobody
has an innocent reason to join (a present, and a secret): in one message, or over an author's last ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from moderation.approach import APPROACH
from moderation.categories import Category
from moderation.hostility import HOSTILITY
from moderation.joking import is_joking
from moderation.normalise import Normal, normalise
from moderation.reviewer import Draft, verdict
from moderation.rules import Rule, Rules
from rooms.verdict import Ruling, Verdict

ADULT_AGE: Final = 18
HISTORY_MAX: Final = 6
"""Messages of the author that are read together with this one: what is asked bit by bit takes a few lines."""
_APPROACH: Final = frozenset(
    {
        Category.SECRECY, Category.ISOLATION, Category.IMAGE, Category.MEET, Category.GIFT, Category.RAPPORT,
        Category.SEXUAL, Category.PLATFORM, Category.CONTACT,
    }
)  # fmt: skip
_STRONG: Final = frozenset({Category.SECRECY, Category.ISOLATION, Category.IMAGE, Category.SEXUAL})
"""Two families end a lesson only where one of them is of these: others meet in innocent talk of lifts and presents."""
_RULES: Final = Rules((*APPROACH, *HOSTILITY))
RISK_WORDS: Final = _RULES.needs


class Cues:
    """Cue families."""

    name = "cues 1"

    def review(self, draft: Draft, text: Normal) -> Verdict | None:
        """Hold or end."""
        found = _RULES.find(text)
        if not found:
            return None
        spans = tuple(sorted(span for _, span in found))
        worst = max(found, key=lambda each: each[0].ruling is Ruling.END)[0]
        families = {rule.category for rule, _ in found} & _APPROACH
        if worst.ruling is not Ruling.END and families:
            families |= _families_of(draft.history)
            if len(families) > 1 and families & _STRONG:
                return verdict(Ruling.END, Category.GROOMING, self.name, spans)
        return verdict(self._tempered(worst, draft, text), worst.category, self.name, spans)

    @staticmethod
    def _tempered(worst: Rule, draft: Draft, text: Normal) -> Ruling:
        """An ending is a hold where it is marked as a joke, or is sexual among adults only."""
        if worst.ruling is not Ruling.END:
            return worst.ruling
        if worst.category is Category.SEXUAL:
            return Ruling.HOLD if (draft.youngest_age or 0) >= ADULT_AGE else Ruling.END
        return Ruling.HOLD if is_joking(text) else Ruling.END


def _families_of(history: Iterable[str]) -> set[Category]:
    """What an author's last messages were about; asked only once a message is about such things itself."""
    families: set[Category] = set()
    for earlier in tuple(history)[-HISTORY_MAX:]:
        families |= {rule.category for rule, _ in _RULES.find(normalise(earlier, RISK_WORDS))}
    return families & _APPROACH
