"""What makes a scenario malformed: SCENARIOS.md's tables, a word at a time."""

from __future__ import annotations

from typing import Any

KINDS = (
    "individual", "shared", "small_group", "whole_class", "ensemble", "masterclass", "concert", "training", "meeting",
)  # fmt: skip
SECONDS = (
    "start_limit_s", "limit_runs_s", "keep_waiting_from_s", "settle_s", "started_after_s", "protected_after_s",
    "come_back_s", "interrupted_limit_s", "overrun_s", "near_end_s", "taught_least_s",
)  # fmt: skip
YEARS = ("adult_to_age", "adult_stays_to_age")
NOT_A_PUPIL = ("teacher", "manager", "hook", "office")
BECAUSE = ("agreed", "conduct", "dress", "other")
# Who does what, with the keys that the action must, and may, carry.
ACTIONS: dict[str, dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "teacher": {
        "start": ((), ()),
        "keep_waiting": ((), ()),
        "end": ((), ("because", "pupil")),
        "end_as_missed": ((), ()),
        "flag": ((), ("pupil",)),
        "warn": ((), ()),
        "explain": (("because",), ("pupil",)),
        "decide": (("choose", "pupil"), ()),
        "remove": (("pupil",), ("because",)),
    },
    "pupil": {"adult_in": ((), ()), "adult_out": ((), ()), "leave": ((), ())},
    "manager": {"end": ((), ("pupil",))},
    "hook": {"end": ((), ("pupil",))},
    "office": {"teacher_leaves": ((), ()), "overrule": (("pupil", "charge", "reason"), ())},
}
TIME_MAX_S = 1e12
"""`bad_value` is also one of size: above this, and for what is no number at all, milliseconds are not exact."""
WORDS = {
    "because": BECAUSE,
    "choose": ("abort", "carry_over", "teach_on"),
    "charge": ("charged", "not_charged"),
    "is": ("ready", "lost", "unknown"),
    "platform": ("down", "up"),
}


class Malformed(Exception):
    """Why a scenario is not one: the error's word, and the path of the field."""

    def __init__(self, error: str, field: str) -> None:
        super().__init__(f"{error} at {field}")
        self.error = error
        self.field = field


def check(scenario: dict[str, Any]) -> None:
    """Raise `Malformed` for the first thing that is wrong."""
    keys(scenario, "", ("name", "kind", "end", "pupils", "facts"), ("policy", "next_booking", "until", "lag"))
    if not isinstance(scenario["name"], str):
        raise Malformed("bad_value", "name")
    if scenario["kind"] not in KINDS:
        raise Malformed("bad_value", "kind")
    if number(scenario["end"], "end") <= 0:
        raise Malformed("bad_value", "end")
    for name, least in (("next_booking", 0.0), ("lag", 0.0), ("until", float("-inf"))):
        if name in scenario and number(scenario[name], name) < least:
            raise Malformed("bad_value", name)
    policy(scenario.get("policy", {}))
    ids = pupils(scenario["kind"], scenario["pupils"])
    if not isinstance(scenario["facts"], list):
        raise Malformed("bad_value", "facts")
    last = float("-inf")
    for index, fact in enumerate(scenario["facts"]):
        at = check_fact(fact, f"facts[{index}]", ids, scenario.get("lag", 0))
        if at < last:
            raise Malformed("out_of_order", f"facts[{index}].at")
        last = at


def keys(value: Any, path: str, needed: tuple[str, ...], allowed: tuple[str, ...]) -> None:
    if not isinstance(value, dict):
        raise Malformed("bad_value", path)
    dot = f"{path}." if path else ""
    for key in value:
        if key not in needed + allowed:
            raise Malformed("unknown_field", dot + key)
    for key in needed:
        if key not in value:
            raise Malformed("missing_field", dot + key)


def number(value: Any, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= TIME_MAX_S:
        raise Malformed("bad_value", path)
    return value


def word(value: Any, path: str, words: tuple[str, ...]) -> None:
    if value not in words:
        raise Malformed("bad_value", path)


def policy(value: Any) -> None:
    keys(value, "policy", (), SECONDS + YEARS)
    for name, given in value.items():
        if number(given, f"policy.{name}") < 0 or (name in YEARS and not isinstance(given, int)):
            raise Malformed("bad_value", f"policy.{name}")


def pupils(kind: str, value: Any) -> list[str]:
    # "`individual` (1 pupil) `shared` (2) ... (1 or more)"
    count = {"individual": (1,), "shared": (2,)}.get(kind)
    if not isinstance(value, list) or not value or (count and len(value) not in count):
        raise Malformed("bad_value", "pupils")
    ids: list[str] = []
    for index, pupil in enumerate(value):
        path = f"pupils[{index}]"
        keys(pupil, path, ("id", "age"), ())  # "A pupil has an `id` and an `age`, nothing else"
        if not isinstance(pupil["id"], str) or pupil["id"] in (*NOT_A_PUPIL, *ids):
            raise Malformed("bad_value", f"{path}.id")
        if isinstance(pupil["age"], bool) or not isinstance(pupil["age"], int) or pupil["age"] < 0:
            raise Malformed("bad_value", f"{path}.age")
        ids.append(pupil["id"])
    return ids


def check_fact(fact: Any, path: str, ids: list[str], lag: float) -> float:
    if not isinstance(fact, dict):
        raise Malformed("bad_value", path)
    if "side" in fact or "platform" in fact:
        what = ("side", "is") if "side" in fact else ("platform",)
        keys(fact, path, ("at", *what), ("known_at",))
        if "side" in fact:
            one_of(fact["side"], f"{path}.side", ["teacher", *ids])
        word(fact[what[-1]], f"{path}.{what[-1]}", WORDS[what[-1]])
        at = number(fact["at"], f"{path}.at")
        if "known_at" in fact:
            # "then carry `known_at`, from `at` to `at + lag`", all "rounded to milliseconds"
            known_late = round(number(fact["known_at"], f"{path}.known_at") * 1000) - round(at * 1000)
            if not 0 <= known_late <= round(lag * 1000):
                raise Malformed("bad_value", f"{path}.known_at")
        return at
    return check_action(fact, path, ids)


def one_of(value: Any, path: str, ids: list[str]) -> None:
    if not isinstance(value, str):
        raise Malformed("bad_value", path)
    if value not in ids:
        raise Malformed("unknown_pupil", path)


def check_action(fact: dict[str, Any], path: str, ids: list[str]) -> float:
    if not {"by", "does"} & fact.keys():
        raise Malformed("missing_field", f"{path}.side")  # it says nothing of anybody: take it for evidence
    for key in ("by", "does"):
        if key not in fact:
            raise Malformed("missing_field", f"{path}.{key}")
    one_of(fact["by"], f"{path}.by", [*NOT_A_PUPIL, *ids])
    actions = ACTIONS["pupil" if fact["by"] in ids else fact["by"]]
    word(fact["does"], f"{path}.does", tuple(actions))
    needed, allowed = actions[fact["does"]]
    keys(fact, path, ("at", "by", "does", *needed), allowed)
    for key in ("because", "choose", "charge"):
        if key in fact:
            word(fact[key], f"{path}.{key}", WORDS[key])
    if "pupil" in fact:
        one_of(fact["pupil"], f"{path}.pupil", ids)
    if not isinstance(fact.get("reason", ""), str):
        raise Malformed("bad_value", f"{path}.reason")
    return number(fact["at"], f"{path}.at")
