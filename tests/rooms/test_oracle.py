"""The lesson machine against a second reading of the same text (`oracle.py`), over random scenarios."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.rooms.oracle import play as oracle
from tests.rooms.scenario_strategy import Spoiled, malformed, scenario_of
from tests.rooms.shrink import differs, shrink

SCENARIOS = Path(__file__).parents[1] / "scenarios"


def examples() -> list[Any]:
    """SCENARIOS.md's own examples with their lines."""
    given = (SCENARIOS / "examples.jsonl").read_text().splitlines()
    answers = (SCENARIOS / "expected.jsonl").read_text().splitlines()
    pairs = [(json.loads(one), json.loads(other)) for one, other in zip(given, answers, strict=True)]
    return [pytest.param(*pair, id=pair[0]["name"]) for pair in pairs]


@pytest.mark.parametrize(("scenario", "line"), examples())
def test_oracle_plays_the_examples(scenario: dict[str, Any], line: dict[str, Any]) -> None:
    assert oracle(scenario) == line


@pytest.mark.parametrize("spoiled", [pytest.param(one, id=f"{one[1]}-{one[2]}") for one in malformed()])
def test_oracle_names_what_is_malformed(spoiled: Spoiled) -> None:
    scenario, error, field = spoiled
    assert oracle(scenario) == {"name": "spoiled", "error": error, "field": field}


def test_shrinking_keeps_the_difference_and_drops_the_rest() -> None:
    """A reading that forgets C3's protection is told apart by the fewest facts that show it."""

    def forgetful(scenario: dict[str, Any]) -> dict[str, Any]:
        return oracle(scenario | {"policy": scenario.get("policy", {}) | {"protected_after_s": 10_000}})

    seed = next(seed for seed in range(5_000) if differs(scenario_of(seed), oracle, forgetful))
    small = shrink(scenario_of(seed), oracle, forgetful)
    assert differs(small, oracle, forgetful)
    assert len(small["facts"]) <= 6
