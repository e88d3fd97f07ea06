"""``lessonroom play``: the shared examples, and everything that can be wrong with a file."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from server.play import play_files
from tests.rooms.story import lost, ready, teacher, told

SCENARIOS = Path(__file__).parents[1] / "scenarios"
GOOD: dict[str, Any] = {
    "name": "n", "kind": "individual", "end": 600, "pupils": [{"id": "sam", "age": 17}],
    "policy": {}, "facts": [{"at": 0, "side": "sam", "is": "ready"}, {"at": 1, "by": "teacher", "does": "end"}],
}  # fmt: skip


def played(tmp_path: Path, *contents: str | bytes, suffix: str = ".json") -> tuple[int, list[dict[str, Any]]]:
    paths = []
    for n, content in enumerate(contents):
        path = tmp_path / f"{n}{suffix}"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        paths.append(path)
    out = io.StringIO()
    status = play_files(paths, out)
    return status, [json.loads(line) for line in out.getvalue().splitlines()]


def test_the_shared_examples_come_to_what_is_expected() -> None:
    out = io.StringIO()
    assert play_files([SCENARIOS / "examples.jsonl"], out) == 2
    expected = (SCENARIOS / "expected.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in out.getvalue().splitlines()] == [json.loads(line) for line in expected]


def test_a_file_holds_one_object_over_many_lines_or_one_a_line(tmp_path: Path) -> None:
    lines = json.dumps(GOOD) + "\n\n" + json.dumps(GOOD) + "\r\n"
    status, found = played(tmp_path, json.dumps(GOOD, indent=2), lines)
    assert (status, len(found)) == (0, 3)


@pytest.mark.parametrize(
    ("content", "suffix", "line"),
    [
        (json.dumps(GOOD) + "\n" + json.dumps(GOOD) + "\n{", ".jsonl", 3),
        (json.dumps(GOOD, indent=2).replace('"kind"', "kind"), ".json", 3),
        ('{"name": "x",\n\n "end": NaN}', ".json", 3),
        (json.dumps(GOOD) + '\n{"name": "x", "end": -Infinity}', ".jsonl", 2),
        (json.dumps(GOOD).encode() + b'\n{"name": "\xff"}', ".jsonl", 2),
        ("[" * 100_000, ".jsonl", 1),
        ('{"a":' * 100_000, ".jsonl", 1),
        ("[1]", ".jsonl", 1),
        ("", ".json", 1),
    ],
)
def test_what_is_no_json_object_is_named_by_its_line(
    tmp_path: Path, content: str | bytes, suffix: str, line: int
) -> None:
    status, found = played(tmp_path, content, suffix=suffix)
    assert status == 2
    assert found[-1] == {"name": None, "error": "bad_json", "field": f"line {line}"}
    assert len(found) == (line if suffix == ".jsonl" else 1)


def test_a_file_that_cannot_be_read_is_told_and_the_others_are_played(tmp_path: Path) -> None:
    path = tmp_path / "good.json"
    path.write_text(json.dumps(GOOD))
    out = io.StringIO()
    assert play_files([tmp_path / "none.json", tmp_path, path], out) == 2
    assert len(out.getvalue().splitlines()) == 1


Spoil = Callable[[dict[str, Any]], object]


def fact(**fields: Any) -> Spoil:
    return lambda scenario: scenario["facts"].append({"at": 2, **fields})


def put(name: str, value: object) -> Spoil:
    return lambda scenario: scenario.__setitem__(name, value)


MALFORMED: list[tuple[Spoil, str, str]] = [
    (put("colour", 1), "unknown_field", "colour"),
    (lambda s: s.pop("kind"), "missing_field", "kind"),
    (put("kind", "duet"), "bad_value", "kind"),
    (put("kind", ["individual"]), "bad_value", "kind"),
    (put("kind", "shared"), "bad_value", "pupils"),
    (put("end", 0), "bad_value", "end"),
    (put("end", True), "bad_value", "end"),
    (put("end", 10**400), "bad_value", "end"),
    (put("end", "600"), "bad_value", "end"),
    (put("pupils", []), "bad_value", "pupils"),
    (put("pupils", [{"id": "sam", "age": 17, "name": "Sam"}]), "unknown_field", "pupils[0].name"),
    (put("pupils", [{"id": "sam"}]), "missing_field", "pupils[0].age"),
    (put("pupils", [{"id": "sam", "age": 9.5}]), "bad_value", "pupils[0].age"),
    (put("pupils", [{"id": "sam", "age": -1}]), "bad_value", "pupils[0].age"),
    (put("pupils", [{"id": "hook", "age": 9}]), "bad_value", "pupils[0].id"),
    (put("pupils", [{"id": ["sam"], "age": 9}]), "bad_value", "pupils[0].id"),
    (put("pupils", ["sam"]), "bad_value", "pupils[0]"),
    (lambda s: s.update(kind="shared", pupils=s["pupils"] * 2), "bad_value", "pupils[1].id"),
    (put("policy", {"limit": 3}), "unknown_field", "policy.limit"),
    (put("policy", {"settle_s": -1}), "bad_value", "policy.settle_s"),
    (put("policy", {"settle_s": None}), "bad_value", "policy.settle_s"),
    (put("policy", None), "bad_value", "policy"),
    (put("next_booking", -1), "bad_value", "next_booking"),
    (put("until", "end"), "bad_value", "until"),
    (put("lag", -0.001), "bad_value", "lag"),
    (put("facts", {}), "bad_value", "facts"),
    (lambda s: s["facts"].append(7), "bad_value", "facts[2]"),
    (fact(colour=1), "unknown_field", "facts[2].colour"),
    (fact(side="sam"), "missing_field", "facts[2].is"),
    (fact(side="zoe", **{"is": "ready"}), "unknown_pupil", "facts[2].side"),
    (fact(side="sam", **{"is": "late"}), "bad_value", "facts[2].is"),
    (fact(side="sam", does="end", **{"is": "ready"}), "unknown_field", "facts[2].does"),
    (fact(side="sam", known_at=3, **{"is": "ready"}), "bad_value", "facts[2].known_at"),
    (fact(platform="sideways"), "bad_value", "facts[2].platform"),
    (fact(by="zoe", does="leave"), "unknown_pupil", "facts[2].by"),
    (fact(by="sam", does="end"), "bad_value", "facts[2].does"),
    (fact(by="teacher"), "missing_field", "facts[2].does"),
    (fact(by="teacher", does=["end"]), "bad_value", "facts[2].does"),
    (fact(by="teacher", does="end", because="bored"), "bad_value", "facts[2].because"),
    (fact(by="teacher", does="start", because="other"), "unknown_field", "facts[2].because"),
    (fact(by="manager", does="end", because="other"), "unknown_field", "facts[2].because"),
    (fact(by="teacher", does="explain"), "missing_field", "facts[2].because"),
    (fact(by="teacher", does="decide", choose="abort"), "missing_field", "facts[2].pupil"),
    (fact(by="teacher", does="remove", pupil="zoe"), "unknown_pupil", "facts[2].pupil"),
    (fact(by="teacher", does="end", known_at=2), "unknown_field", "facts[2].known_at"),
    (fact(by="office", does="overrule", pupil="sam", charge="none", reason=""), "bad_value", "facts[2].charge"),
    (lambda s: s["facts"].append({"at": 0.999, "platform": "up"}), "out_of_order", "facts[2].at"),
    (lambda s: s["facts"].append({"platform": "up"}), "missing_field", "facts[2].at"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "error", "field"), MALFORMED)
def test_what_is_malformed_is_named_and_the_others_are_still_played(
    tmp_path: Path, spoil: Spoil, error: str, field: str
) -> None:
    spoiled = copy.deepcopy(GOOD)
    spoil(spoiled)
    status, found = played(tmp_path, json.dumps(spoiled) + "\n" + json.dumps(GOOD), suffix=".jsonl")
    assert status == 2
    assert found[0] == {"name": "n", "error": error, "field": field}
    assert found[1]["rule"] == "early"


def test_a_name_that_cannot_be_read_is_null(tmp_path: Path) -> None:
    assert played(tmp_path, json.dumps({**GOOD, "name": 7}))[1] == [
        {"name": None, "error": "bad_value", "field": "name"}
    ]


def test_times_are_rounded_to_milliseconds() -> None:
    assert told(ready("teacher", -60.00049), teacher("end", 100.00049))["ended_at"] == 100.0


def test_until_stops_play_with_what_is_due_and_the_facts_up_to_it() -> None:
    line = told(ready("teacher", -60), until=300)
    assert (line["ended_at"], line["rule"]) == (None, "open")
    assert line["pupils"]["sam"]["charge"] == "undecided"
    assert told(ready("teacher", -60), until=300.001)["rule"] == "C3"
    assert told(ready("teacher", -60), teacher("end", 10), until=9.999)["rule"] == "open"


def test_acted_at_is_told_for_what_had_to_be_awaited() -> None:
    late = {**ready("sam", 299), "known_at": 310}
    assert told(ready("teacher", -60), late, lag=12)["rule"] == "held"
    line = told(ready("teacher", -60), lag=12)
    assert (line["ended_at"], line["acted_at"]) == (300.001, 312.001)
    assert "acted_at" not in told(ready("teacher", -60), teacher("end", 10), lag=12)
    assert "acted_at" not in told(ready("teacher", -60), ready("sam", -60), lag=12)


def test_what_people_do_after_the_true_end_is_refused() -> None:
    line = told(ready("teacher", -60), teacher("end", 305), lag=12)
    assert (line["rule"], line["refused"]) == ("C3", [{"at": 305.0, "does": "end", "code": "over"}])


def test_all_evidence_of_an_instant_counts_together_whatever_its_order() -> None:
    flicker = (lost("sam", 100), ready("sam", 100))
    assert told(ready("teacher", -60), ready("sam", -60), *flicker)["pupils"]["sam"]["interrupted_s"] == 0.0
