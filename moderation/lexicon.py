# ruff: noqa: E501 - a phrase is data: broken over lines it is harder to check against what people write
"""Rude words and slurs, read through disguises. Held, never ended: a word alone says little (MODERATION.md).

Content warning: this file holds them. Words that name a group of people are no evidence by themselves and are not here.
"""

from __future__ import annotations

import re
from typing import Final

from moderation.categories import Category
from moderation.normalise import Normal
from moderation.reviewer import Draft, verdict
from rooms.verdict import Ruling, Verdict

_ROOTS: Final = ("fuck", "shit", "cunt", "wank", "bitch", "bollock", "nigga", "nigger", "faggot", "tosser", "twat")
"""Within a longer word as well: "bullshitter"."""
_CLEAN: Final = frozenset(
    [
        "scunthorpe",
        "shitake",
        "shiitake",
        "swank",
        "swanky",
        "swanks",
        "mishit",
        "mishits",
        "matsushita",
        "saltwater",
        "wankel",
        "twatt",
        "bitchumen",
        "schweitzer",
        "dashiti",
    ]
)
"""Ordinary words that hold a root."""
_RUDE: Final = frozenset(
    [
        "fuk",
        "fuking",
        "fukin",
        "fck",
        "fcking",
        "fking",
        "fkn",
        "fuc",
        "phuck",
        "wtf",
        "stfu",
        "gtfo",
        "lmfao",
        "milf",
        "sht",
        "shite",
        "shyte",
        "cnt",
        "btch",
        "biatch",
        "arse",
        "arsehole",
        "arseholes",
        "asshole",
        "assholes",
        "asswipe",
        "ass",
        "dumbass",
        "jackass",
        "smartass",
        "bastard",
        "bastards",
        "bellend",
        "bellends",
        "bugger",
        "buggered",
        "cock",
        "cocks",
        "cocksucker",
        "dick",
        "dicks",
        "dickhead",
        "dickheads",
        "knobhead",
        "knobheads",
        "prick",
        "pricks",
        "piss",
        "pissed",
        "pissing",
        "pissoff",
        "slag",
        "slags",
        "slut",
        "sluts",
        "slutty",
        "whore",
        "whores",
        "hoes",
        "skank",
        "minge",
        "pussy",
        "pussies",
        "tits",
        "titties",
        "boobs",
        "boobies",
        "penis",
        "vagina",
        "dildo",
        "cum",
        "cumming",
        "jizz",
        "spunk",
        "boner",
        "blowjob",
        "handjob",
        "wanker",
        "porn",
        "porno",
        "pornhub",
        "motherfucker",
        "mofo",
        "douche",
        "douchebag",
        "jerkoff",
        "minger",
        "pillock",
    ]
)
_SLURS: Final = frozenset(
    [
        "retard",
        "retards",
        "retarded",
        "spaz",
        "spastic",
        "spastics",
        "mong",
        "mongs",
        "faggot",
        "faggots",
        "fag",
        "fags",
        "tranny",
        "trannies",
        "dyke",
        "dykes",
        "poof",
        "poofs",
        "poofter",
        "chink",
        "chinks",
        "paki",
        "pakis",
        "gook",
        "gooks",
        "kike",
        "kikes",
        "spic",
        "spics",
        "wog",
        "wogs",
        "coon",
        "coons",
        "gyppo",
        "gyppos",
        "pikey",
        "pikeys",
        "raghead",
        "ragheads",
        "towelhead",
        "towelheads",
        "golliwog",
        "kaffir",
        "beaner",
        "beaners",
        "shemale",
        "wetback",
        "sandnigger",
    ]
)
WORDS: Final = _RUDE | _SLURS | frozenset(_ROOTS)
_ROOT: Final = re.compile("|".join(_ROOTS))
_TOKEN: Final = re.compile(r"\S+")
_GOOD_COMPANY: Final = re.compile(
    r"\b(?:cock (?:a |and |robin|erel|the|up|crow)|pussy (?:willow|cat|riot)|pitch ?fork|cum laude|spotted dick|moby dick|"
    r"dick (?:dale|van|whittington|turpin|oatts|hyman|cary)|philip k dick|hedda|coq|van dyke|dyke (?:bridge|road)|b dykes|bitches brew|"
    r"golliwog(?:g)?s cake|blue tits?|great tits?|coal tits?|spic and span|wind cock|weather cock|poof (?:it|and|gone))\b"
)
"""Where the word is a bird, a book, a piece or a name."""


class Lexicon:
    """Rude words and slurs."""

    name = "lexicon 1"

    def review(self, draft: Draft, text: Normal) -> Verdict | None:
        """Hold a message with one."""
        spans: list[tuple[int, int]] = []
        slur = False
        if not (WORDS.isdisjoint(text.tokens) and not _ROOT.search(text.words.text)):
            clean = [found.span() for found in _GOOD_COMPANY.finditer(text.words.text)]
            for found in _TOKEN.finditer(text.words.text):
                word = found[0]
                if any(start <= found.start() < end for start, end in clean):
                    continue
                if word in WORDS or (_ROOT.search(word) and word not in _CLEAN):
                    spans.append(text.words.span(*found.span()))
                    slur |= word in _SLURS
        spans += _parted(text)
        if not spans:
            return None
        return verdict(Ruling.HOLD, Category.HATE if slur else Category.PROFANITY, self.name, tuple(sorted(spans)))


def _parted(text: Normal) -> list[tuple[int, int]]:
    """A word cut in two ("fu ck"): only a few roots, only where the halves make just that."""
    spans: list[tuple[int, int]] = []
    last: re.Match[str] | None = None
    if not any(token not in _SMALL and len(token) <= _HALF_MAX for token in text.tokens):
        return spans
    for found in _TOKEN.finditer(text.words.text):
        word = found[0]
        if last and len(word) <= _HALF_MAX and len(last[0]) <= _HALF_MAX and last[0] + word in _CUT:
            spans.append((text.words.span(*last.span())[0], text.words.span(*found.span())[1]))
        last = found
    return spans


_HALF_MAX: Final = 3
_SMALL: Final = frozenset(
    [
        "a",
        "i",
        "is",
        "it",
        "the",
        "to",
        "of",
        "in",
        "on",
        "my",
        "me",
        "do",
        "no",
        "so",
        "we",
        "you",
        "be",
        "go",
        "up",
        "and",
        "or",
        "at",
        "as",
        "an",
        "if",
        "by",
        "he",
        "are",
        "ok",
    ]
)
_CUT: Final = frozenset({"fuck", "shit", "cunt", "wank", "bitch", "fucks"})
