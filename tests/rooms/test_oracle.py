"""The lesson machine against a second reading of the same text (`oracle.py`), over random scenarios."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.rooms.oracle import play as oracle
from tests.rooms.product import product, product_file
from tests.rooms.scenario_strategy import Spoiled, junk_of, malformed, scenario_of
from tests.rooms.shrink import differs, report, shrink

SCENARIOS = Path(__file__).parents[1] / "scenarios"
SEEDS = int(os.environ.get("ORACLE_SEEDS", "6000"))
"""How many scenarios `make test` compares, in some 10 s. `ORACLE_SEEDS=100000 pytest tests/rooms` digs on."""
FIRST_SEED = int(os.environ.get("ORACLE_FIRST_SEED", "0"))
SHARES = 8
"""The seeds are dealt to this many tests, so that a failure leaves the other shares' answers standing."""


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


@pytest.mark.parametrize("share", range(SHARES))
def test_oracle_and_product_agree(share: int) -> None:
    """Every rule of B1 and C, by two readers. What is printed replays alone: the scenario is one line of a file."""
    for seed in range(FIRST_SEED + share, FIRST_SEED + SEEDS, SHARES):
        scenario = scenario_of(seed)
        if differs(scenario, oracle, product):
            pytest.fail(report(seed, scenario, oracle, product), pytrace=False)


def test_product_reads_a_file_of_good_and_malformed_scenarios(tmp_path: Path) -> None:
    """The same through the command: one line each, the others still played, and the exit status 2."""
    given = [scenario_of(seed) for seed in range(60)] + [scenario for scenario, _, _ in malformed()]
    path = tmp_path / "many.jsonl"
    path.write_text("".join(json.dumps(scenario) + "\n" for scenario in given))
    status, lines = product_file(path)
    assert status == 2
    assert lines == [oracle(scenario) for scenario in given]


ERRORS = {"unknown_field", "missing_field", "bad_value", "out_of_order", "unknown_pupil"}


def test_product_answers_junk_with_an_error_or_a_line() -> None:
    """Whatever stands where, it is named, or was no junk there: then the oracle plays it alike."""
    named = 0
    for seed in range(1500):
        scenario = junk_of(seed)
        line = product(scenario)
        if "error" in line:
            assert line["error"] in ERRORS, (seed, line)
            assert line["field"], (seed, line)
            named += 1
        else:
            assert line == oracle(scenario), seed
    assert named > 1000


def test_product_names_the_line_that_is_no_json(tmp_path: Path) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_text(json.dumps(scenario_of(1)) + '\n\n{"name": \n' + json.dumps(scenario_of(2)) + "\n")
    status, lines = product_file(path)
    broken = {"name": None, "error": "bad_json", "field": "line 3"}
    assert (status, lines) == (2, [oracle(scenario_of(1)), broken, oracle(scenario_of(2))])


def test_shrinking_keeps_the_difference_and_drops_the_rest() -> None:
    """A reading that forgets C3's protection is told apart by the fewest facts that show it."""

    def forgetful(scenario: dict[str, Any]) -> dict[str, Any]:
        return oracle(scenario | {"policy": scenario.get("policy", {}) | {"protected_after_s": 10_000}})

    seed = next(seed for seed in range(5_000) if differs(scenario_of(seed), oracle, forgetful))
    small = shrink(scenario_of(seed), oracle, forgetful)
    assert differs(small, oracle, forgetful)
    assert len(small["facts"]) <= 6
