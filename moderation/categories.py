"""What a message can be found to hold, with the words for it: "It may contain {reason}." (PAGES.md, the held card)."""

from __future__ import annotations

import enum
from typing import Final


class Category(enum.StrEnum):
    """Stable codes, for cases and figures."""

    PROFANITY = "profanity"
    HATE = "hate"
    BULLYING = "bullying"
    PERSONAL_DATA = "personal_data"
    CONTACT = "contact"
    PLATFORM = "platform"
    SECRECY = "secrecy"
    ISOLATION = "isolation"
    IMAGE = "image"
    MEET = "meet"
    GIFT = "gift"
    RAPPORT = "rapport"
    SEXUAL = "sexual"
    THREAT = "threat"
    ILLEGAL = "illegal"
    EVASION = "evasion"
    LINK = "link"
    GROOMING = "grooming"
    DISTRESS = "distress"
    DISCLOSURE = "disclosure"
    UNCHECKED = "unchecked"


REASON: Final[dict[Category, str]] = {
    Category.PROFANITY: "rude words",
    Category.HATE: "hurtful words about a group of people",
    Category.BULLYING: "unkind words",
    Category.PERSONAL_DATA: "personal details",
    Category.CONTACT: "a question about personal details",
    Category.PLATFORM: "an invitation to another app",
    Category.SECRECY: "a wish for secrecy",
    Category.ISOLATION: "questions about being alone",
    Category.IMAGE: "a request for pictures",
    Category.MEET: "a plan to meet outside lessons",
    Category.GIFT: "an offer of gifts",
    Category.RAPPORT: "words that are too personal",
    Category.SEXUAL: "sexual words",
    Category.THREAT: "a threat",
    Category.ILLEGAL: "something about drugs, drink or weapons",
    Category.EVASION: "a way round the checks",
    Category.LINK: "a link that may be unsafe",
    Category.GROOMING: "several signs of an unsafe approach",
    Category.DISTRESS: "signs that someone is unhappy",
    Category.DISCLOSURE: "something that someone should look after",
    Category.UNCHECKED: "something that could not be checked",
}
"""As said after "It may contain"."""

NOT_RELEASABLE: Final = frozenset(
    {Category.SECRECY, Category.IMAGE, Category.MEET, Category.SEXUAL, Category.THREAT, Category.GROOMING}
)
"""A teacher is not asked to let these through: the person who reads may be the concern."""
