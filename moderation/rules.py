"""Rules as data: a pattern over the words of a message, with the words without which it cannot apply."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from moderation.categories import Category
from moderation.normalise import Normal
from rooms.verdict import Ruling


class Rule(NamedTuple):
    """One family of phrases."""

    category: Category
    ruling: Ruling
    needs: frozenset[str]
    """One of these words must be there; most messages have none, and cost a set intersection."""
    pattern: re.Pattern[str]


def rule(category: Category, ruling: Ruling, needs: str, *phrases: str) -> Rule:
    """Build one: phrases are regular expressions over whole words with single spaces between them."""
    return Rule(category, ruling, frozenset(needs.split()), re.compile(r"\b(?:" + "|".join(phrases) + r")\b"))


class Rules:
    """Some rules, looked up by the words that they need."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = tuple(rules)
        self.needs = frozenset().union(*(each.needs for each in self._rules))

    def find(self, text: Normal) -> list[tuple[Rule, tuple[int, int]]]:
        """Every rule that applies, with where it does in the original text."""
        hit = self.needs & text.tokens
        if not hit:
            return []
        found = []
        for each in self._rules:
            if hit.isdisjoint(each.needs):
                continue
            match = each.pattern.search(text.words.text)
            if match:
                found.append((each, text.words.span(match.start(), match.end())))
        return found
