"""A scenario as a file says it (docs of `lessonroom play`): read, checked field by field, and turned into typed facts.

Nothing here knows a rule. Times are seconds relative to T in the file, and whole milliseconds from here on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from rooms.lesson import TEACHER, Kind, Lesson, Pupil
from rooms.policy import Policy

SECONDS_MAX: Final = 1e12
"""Times above this are no lesson's, and milliseconds of it are still exact in a JSON number (2**53)."""
AGE_MAX: Final = 150
NOBODYS_ID: Final = frozenset({TEACHER, "manager", "hook", "office"})
"""Ids that a pupil cannot have: facts use them for others."""

CLASSES: Final = ("ready", "lost", "unknown")
REASONS: Final = ("agreed", "conduct", "dress", "other")
YEARS: Final = ("adult_to_age", "adult_stays_to_age")
POLICY_SECONDS: Final = tuple(
    name.removesuffix("_ms") + "_s" for name in Policy.__struct_fields__ if name.endswith("_ms")
)

_DOES: Final[dict[str, tuple[str, ...]]] = {
    TEACHER: (
        "start", "keep_waiting", "end", "end_as_missed", "flag", "warn", "explain", "decide", "remove",
    ),
    "manager": ("end",),
    "hook": ("end",),
    "office": ("teacher_leaves", "overrule"),
}  # fmt: skip
_PUPIL_DOES: Final = ("adult_in", "adult_out", "leave")
_NEEDED: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    (TEACHER, "explain"): ("because",),
    (TEACHER, "decide"): ("choose", "pupil"),
    (TEACHER, "remove"): ("pupil",),
    ("office", "overrule"): ("pupil", "charge", "reason"),
}
_OPTIONAL: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    (TEACHER, "end"): ("because", "pupil"),
    (TEACHER, "flag"): ("pupil",),
    (TEACHER, "explain"): ("pupil",),
    (TEACHER, "remove"): ("because",),
    ("manager", "end"): ("pupil",),
    ("hook", "end"): ("pupil",),
}
_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "because": REASONS,
    "choose": ("abort", "carry_over", "teach_on"),
    "charge": ("charged", "not_charged"),
}
_FACT_FIELDS: Final = frozenset(
    {"at", "side", "is", "platform", "known_at", "by", "does", "because", "pupil", "choose", "charge", "reason"}
)


class Malformed(Exception):
    """What is wrong with a scenario, and where."""

    def __init__(self, error: str, field: str) -> None:
        super().__init__(error, field)
        self.error = error
        self.field = field


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One line of ``facts``: of a side, of the platform, or of what somebody does."""

    at: int
    side: str = ""
    evidence: Any = None
    platform: str = ""
    by: str = ""
    does: str = ""
    because: Any = None
    pupil: str | None = None
    choose: Any = None
    charge: Any = None
    reason: str = ""


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """One lesson to play. T is 0."""

    name: str
    lesson: Lesson
    facts: tuple[Fact, ...]
    until: int | None
    lag: int


Object = Mapping[str, object]


def read(value: Object) -> Scenario:
    """Check one JSON object. Raises `Malformed` for the first thing that is wrong with it."""
    _known(value, {"name", "kind", "end", "pupils", "facts", "policy", "next_booking", "until", "lag"}, "")
    _given(value, ("name", "kind", "end", "pupils", "facts"), "")
    name = _text(value["name"], "name")
    kind = Kind(_word(value["kind"], tuple(Kind), "kind"))
    end = _ms(value["end"], "end")
    if end <= 0:
        raise Malformed("bad_value", "end")
    pupils = _pupils(value["pupils"], kind)
    policy = _policy(value["policy"]) if "policy" in value else Policy()
    next_booking = _ms(value["next_booking"], "next_booking", least=0) if "next_booking" in value else None
    until = _ms(value["until"], "until") if "until" in value else None
    lag = _ms(value["lag"], "lag", least=0) if "lag" in value else 0
    lesson = Lesson(
        id="scenario",
        kind=kind,
        subject="",
        teacher_name="",
        pupils=pupils,
        starts_at=0,
        ends_at=end,
        next_booking_at=next_booking,
        policy=policy,
    )
    facts = _facts(value["facts"], frozenset(pupil.id for pupil in pupils), lag)
    return Scenario(name=name, lesson=lesson, facts=facts, until=until, lag=lag)


# Plain values -----------------------------------------------------------------------------------------------


def _known(value: Object, names: set[str] | frozenset[str], path: str) -> None:
    for name in value:
        if name not in names:
            raise Malformed("unknown_field", f"{path}{name}")


def _given(value: Object, names: tuple[str, ...], path: str) -> None:
    for name in names:
        if name not in value:
            raise Malformed("missing_field", f"{path}{name}")


def _text(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise Malformed("bad_value", path)
    return value


def _word(value: object, words: tuple[str, ...], path: str) -> str:
    if not isinstance(value, str) or value not in words:
        raise Malformed("bad_value", path)
    return value


def _number(value: object, path: str, least: float = -SECONDS_MAX) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Malformed("bad_value", path)
    if not math.isfinite(value) or not least <= value <= SECONDS_MAX:
        raise Malformed("bad_value", path)
    return value


def _ms(value: object, path: str, least: float = -SECONDS_MAX) -> int:
    return round(_number(value, path, least) * 1_000)


# Parts of a scenario ----------------------------------------------------------------------------------------


def _pupils(value: object, kind: Kind) -> tuple[Pupil, ...]:
    exactly = {Kind.INDIVIDUAL: 1, Kind.SHARED: 2}.get(kind)
    if not isinstance(value, list) or not value or (exactly is not None and len(value) != exactly):
        raise Malformed("bad_value", "pupils")
    found: dict[str, Pupil] = {}
    for n, item in enumerate(value):
        path = f"pupils[{n}]"
        if not isinstance(item, dict):
            raise Malformed("bad_value", path)
        _known(item, {"id", "age"}, f"{path}.")
        _given(item, ("id", "age"), f"{path}.")
        pupil = _text(item["id"], f"{path}.id")
        if not pupil or pupil in NOBODYS_ID or pupil in found:
            raise Malformed("bad_value", f"{path}.id")
        age = _number(item["age"], f"{path}.age", least=0)
        if age != int(age) or age > AGE_MAX:
            raise Malformed("bad_value", f"{path}.age")
        found[pupil] = Pupil(id=pupil, first_name=pupil, age=int(age))
    return tuple(found.values())


def _policy(value: object) -> Policy:
    if not isinstance(value, dict):
        raise Malformed("bad_value", "policy")
    _known(value, {*POLICY_SECONDS, *YEARS}, "policy.")
    numbers: dict[str, int] = {}
    for name, number in value.items():
        path = f"policy.{name}"
        if name in YEARS:
            numbers[name] = math.floor(_number(number, path, least=0))
        else:
            numbers[name.removesuffix("_s") + "_ms"] = _ms(number, path, least=0)
    return Policy(**numbers)


def _facts(value: object, pupils: frozenset[str], lag: int) -> tuple[Fact, ...]:
    if not isinstance(value, list):
        raise Malformed("bad_value", "facts")
    found: list[Fact] = []
    for n, item in enumerate(value):
        path = f"facts[{n}]"
        if not isinstance(item, dict):
            raise Malformed("bad_value", path)
        _known(item, _FACT_FIELDS, f"{path}.")
        fact = _fact(item, path, pupils, lag)
        if found and fact.at < found[-1].at:
            raise Malformed("out_of_order", f"{path}.at")
        found.append(fact)
    return tuple(found)


def _fact(item: Object, path: str, pupils: frozenset[str], lag: int) -> Fact:
    if "side" in item or ("is" in item and "by" not in item and "platform" not in item):
        return _of_side(item, path, pupils, lag)
    if "platform" in item:
        _known(item, {"at", "platform", "known_at"}, f"{path}.")
        _given(item, ("at",), f"{path}.")
        at = _ms(item["at"], f"{path}.at")
        word = _word(item["platform"], ("down", "up"), f"{path}.platform")
        _known_at(item, path, at, lag)
        return Fact(at=at, platform=word)
    if "by" in item or "does" in item:
        return _of_person(item, path, pupils)
    _given(item, ("at", "side"), f"{path}.")
    raise Malformed("missing_field", f"{path}.side")


def _of_side(item: Object, path: str, pupils: frozenset[str], lag: int) -> Fact:
    _known(item, {"at", "side", "is", "known_at"}, f"{path}.")
    _given(item, ("at", "side", "is"), f"{path}.")
    at = _ms(item["at"], f"{path}.at")
    side = _text(item["side"], f"{path}.side")
    if side != TEACHER and side not in pupils:
        raise Malformed("unknown_pupil", f"{path}.side")
    evidence = _word(item["is"], CLASSES, f"{path}.is")
    _known_at(item, path, at, lag)
    return Fact(at=at, side=side, evidence=evidence)


def _known_at(item: Object, path: str, at: int, lag: int) -> None:
    """When the service learns of it makes no difference to what is true, but it has to be possible."""
    if "known_at" in item and not at <= _ms(item["known_at"], f"{path}.known_at") <= at + lag:
        raise Malformed("bad_value", f"{path}.known_at")


def _of_person(item: Object, path: str, pupils: frozenset[str]) -> Fact:
    _given(item, ("at", "by", "does"), f"{path}.")
    at = _ms(item["at"], f"{path}.at")
    by = _text(item["by"], f"{path}.by")
    if by not in _DOES and by not in pupils:
        raise Malformed("unknown_pupil", f"{path}.by")
    does = _word(item["does"], _DOES.get(by, _PUPIL_DOES), f"{path}.does")
    needed = _NEEDED.get((by, does), ())
    _known(item, {"at", "by", "does", *needed, *_OPTIONAL.get((by, does), ())}, f"{path}.")
    _given(item, needed, f"{path}.")
    more: dict[str, Any] = {}
    for name in ("because", "choose", "charge"):
        if name in item:
            more[name] = _word(item[name], _WORDS[name], f"{path}.{name}")
    if "reason" in item:
        more["reason"] = _text(item["reason"], f"{path}.reason")
    if "pupil" in item:
        more["pupil"] = _text(item["pupil"], f"{path}.pupil")
        if more["pupil"] not in pupils:
            raise Malformed("unknown_pupil", f"{path}.pupil")
    return Fact(at=at, by=by, does=does, **more)
