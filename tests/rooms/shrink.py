"""Two readings of one scenario: where they first differ, and the smallest scenario that still shows it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

Scenario = dict[str, Any]
Line = dict[str, Any]
Player = Callable[[Scenario], Line]


def first_difference(one: Any, other: Any, path: str = "") -> str:
    """The path of the first field that differs with both values, or "" where they are equal."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in [*one, *(key for key in other if key not in one)]:
            if key not in one or key not in other:
                return f"{path}.{key}: {one.get(key, 'absent')!r} / {other.get(key, 'absent')!r}"
            if found := first_difference(one[key], other[key], f"{path}.{key}"):
                return found
        return ""
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, pair in enumerate(zip(one, other, strict=True)):
            if found := first_difference(*pair, f"{path}[{index}]"):
                return found
        return ""
    return "" if one == other else f"{path}: {one!r} / {other!r}"


def differs(scenario: Scenario, oracle: Player, product: Player) -> str:
    """The first difference between both readings, or "". A reading that raises differs from one that answers."""
    try:
        theirs = product(copy.deepcopy(scenario))
    except Exception as raised:  # a crash is what the report shows, and shrinks like any difference
        theirs = {"raised": repr(raised)}
    return first_difference(oracle(copy.deepcopy(scenario)), theirs)


def smaller(scenario: Scenario) -> Iterator[Scenario]:
    """Scenarios with one thing less: a fact, a number, a pupil, a reason, a fraction of a second."""
    for index in range(len(scenario["facts"])):
        yield scenario | {"facts": scenario["facts"][:index] + scenario["facts"][index + 1 :]}
    for key in ("until", "next_booking", "lag", "policy"):
        if key in scenario:
            facts = [{k: v for k, v in f.items() if key != "lag" or k != "known_at"} for f in scenario["facts"]]
            yield {k: v for k, v in scenario.items() if k != key} | {"facts": facts}
    for key in scenario.get("policy", {}):
        yield scenario | {"policy": {k: v for k, v in scenario["policy"].items() if k != key}}
    yield from fewer_people(scenario)
    for index, fact in enumerate(scenario["facts"]):
        for less in simpler(fact, scenario["facts"][index - 1]["at"] if index else None):
            yield scenario | {"facts": [*scenario["facts"][:index], less, *scenario["facts"][index + 1 :]]}


def fewer_people(scenario: Scenario) -> Iterator[Scenario]:
    """Without a pupil whom no fact speaks of, or with one who needs no adult."""
    pupils = scenario["pupils"]
    for index, pupil in enumerate(pupils):
        spoken_of = any(pupil["id"] in (f.get("side"), f.get("by"), f.get("pupil")) for f in scenario["facts"])
        rest = pupils[:index] + pupils[index + 1 :]
        if rest and not spoken_of:
            yield scenario | {"pupils": rest, "kind": "individual" if len(rest) == 1 else "shared"}
        if pupil["age"] != 17:
            yield scenario | {"pupils": [*pupils[:index], pupil | {"age": 17}, *pupils[index + 1 :]]}


def simpler(fact: Line, after: float | None) -> Iterator[Line]:
    """One fact with a key less, at a whole second, or at the instant of the fact before it."""
    needed = {"explain": ("because",), "remove": ("pupil",), "decide": ("pupil",), "overrule": ("pupil",)}
    for key in ("because", "known_at", "pupil"):
        if key in fact and key not in needed.get(fact.get("does", ""), ()):
            yield {k: v for k, v in fact.items() if k != key}
    for at in (float(round(fact["at"])), after):
        if at is not None and at < fact["at"] and (after is None or at >= after):
            yield {k: v for k, v in fact.items() if k != "known_at"} | {"at": at}


def shrink(scenario: Scenario, oracle: Player, product: Player, *, kind: str | None = None) -> Scenario:
    """The smallest scenario found that still differs, in the same field where `kind` names one."""

    def still(candidate: Scenario) -> bool:
        found = differs(candidate, oracle, product)
        return bool(found) and (kind is None or found.split(":")[0].split(".")[-1] == kind)

    for _ in range(500):  # each round makes it smaller by one step; a scenario has far fewer to give
        candidate = next((smaller_one for smaller_one in smaller(scenario) if still(smaller_one)), None)
        if candidate is None:
            return scenario
        scenario = candidate
    return scenario


def report(seed: int, scenario: Scenario, oracle: Player, product: Player) -> str:
    """What a failing test prints: enough to replay it by hand."""
    small = shrink(scenario, oracle, product)
    lines = [f"seed {seed}: oracle / product differ at {differs(small, oracle, product)}"]
    lines += ["scenario: " + json.dumps(small), "oracle:   " + json.dumps(oracle(copy.deepcopy(small)))]
    try:
        lines.append("product:  " + json.dumps(product(copy.deepcopy(small))))
    except Exception as raised:
        lines.append(f"product raised: {raised!r}")
    return "\n".join([*lines, "as drawn: " + json.dumps(scenario)])
