"""Random scenarios from a seed, drawn where rules meet: on limits, a millisecond beside them, at one instant."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

from tests.rooms.oracle import DEFAULTS_S

Scenario = dict[str, Any]
Fact = dict[str, Any]

CHARGED = ("individual", "individual", "individual", "shared", "shared", "shared", "small_group")
OTHER_KINDS = ("whole_class", "ensemble", "masterclass", "concert", "training", "meeting")
AGES = (9, 12, 13, 15, 16, 17)
NAMES = ("ann", "bob", "cy")
FACTS_MAX = 30
"""Enough for every phase to be met twice; a difference shrinks to a handful anyway."""
BESIDE = (0.0, 0.0, 0.001, -0.001)
"""On a limit, and a millisecond to either side of it."""


class Writer:
    """Writes one scenario: a story that mostly makes sense, cut across by accidents."""

    def __init__(self, seed: int, *, any_kind: bool) -> None:
        self.dice = random.Random(seed)
        self.seed = seed
        other = any_kind and self.dice.random() < 0.15
        self.kind = self.dice.choice(OTHER_KINDS if other else CHARGED)
        count = {"individual": 1, "shared": 2}.get(self.kind) or self.dice.choice((1, 2, 2, 3))
        self.pupils = [{"id": name, "age": self.dice.choice(AGES)} for name in NAMES[:count]]
        self.policy = self.numbers()
        self.end = self.dice.choice((60, 90, 400, 700, 1200, 1800)) if not self.policy else self.small_end()
        self.lag = self.dice.choice((0, 0, 0, 12, 1, 0.5))
        self.facts: list[Fact] = []
        self.at = 0.0
        # Most stories are let run on: somebody who ends it at once hides all that would have followed.
        self.calm = self.dice.random() < 0.75

    def numbers(self) -> dict[str, float]:
        """A policy: the default one, one with some other numbers, or all numbers small."""
        how = self.dice.random()
        if how < 0.35:
            return {}
        names = list(DEFAULTS_S)
        if how < 0.6:
            names = self.dice.sample(names, self.dice.randint(1, 4))
        zero = 0.15 if how < 0.85 else 0.0
        small = {name: self.dice.choice((1, 2, 3, 5, 8, 0.5, 12)) for name in names}
        policy: dict[str, float] = {n: 0 if self.dice.random() < zero else v for n, v in small.items()}
        if self.dice.random() < 0.1:
            policy["adult_to_age"] = self.dice.choice((0, 12, 16, 17))
        if self.dice.random() < 0.1:
            policy["adult_stays_to_age"] = self.dice.choice((0, 9, 13, 17))
        return policy

    def small_end(self) -> float:
        return self.dice.choice((5, 20, 30, 60, 100, 400, 900))

    def number(self, name: str) -> float:
        return self.policy.get(name, DEFAULTS_S[name])

    def pace(self) -> float:
        """How long until the next fact: most often a number of the policy, or just beside it."""
        how = self.dice.random()
        if how < 0.22:
            return 0.0
        if how < 0.75:
            name = self.dice.choice(list(DEFAULTS_S))
            return max(0.0, self.number(name) + self.dice.choice(BESIDE))
        if how < 0.85:
            return self.dice.choice((0.001, 0.002, 1, 14.999, 15, 15.001))
        return round(self.dice.uniform(0, max(1.0, self.end / 4)), self.dice.choice((0, 0, 3)))

    def move_on(self) -> None:
        how = self.dice.random()
        marks = [0.0, self.end, self.end + self.number("overrun_s"), self.end - self.number("near_end_s")]
        marks += [self.number("start_limit_s"), self.number("keep_waiting_from_s"), self.end - self.number("settle_s")]
        mark = self.dice.choice(marks) + self.dice.choice(BESIDE)
        if how < 0.12 and mark >= self.at:
            self.at = mark
        else:
            self.at += self.pace()
        self.at = round(self.at, 3)

    def tell(self, **fact: Any) -> None:
        self.at = max(self.at, self.facts[-1]["at"] if self.facts else self.at)
        told: Fact = {"at": self.at, **fact}
        if self.lag and "by" not in told and self.dice.random() < 0.4:
            told["known_at"] = round(self.at + self.dice.choice((0, self.lag, self.lag / 2)), 3)
        self.facts.append(told)

    def story(self) -> None:
        """How it begins, what it is about, and then anything."""
        self.at = float(self.dice.choice((-900, -120, -60, -15, -10, -5, 0, 0, 0)))
        opening = self.dice.random()
        if opening < 0.12:
            self.end_on_a_limit()
        elif opening < 0.2:
            self.teacher_in_instalments()
        else:
            self.open_up()
        how = self.dice.random()
        if how < 0.15:
            self.keep_waiting()
        elif how < 0.35:
            self.trouble_midway()
        elif how < 0.45:
            self.one_goes_early()
        elif how < 0.55:
            self.platform_trouble()
        for _ in range(self.dice.randint(0, FACTS_MAX - len(self.facts))):
            self.move_on()
            self.something()

    def write(self) -> Scenario:
        self.story()
        scenario: Scenario = {
            "name": f"seed {self.seed}",
            "kind": self.kind,
            "end": self.end,
            "pupils": self.pupils,
            "facts": self.facts,
        }
        if self.policy or self.dice.random() < 0.2:
            scenario["policy"] = self.policy
        if self.lag:
            scenario["lag"] = self.lag
        if self.dice.random() < 0.15:
            scenario["next_booking"] = max(0, self.end + self.dice.choice((-10, 0, 0.001, 5, 100, 600, 700)))
        if self.dice.random() < 0.2:
            scenario["until"] = round(self.at + self.dice.choice((0, 0, -5, 5, 0.001, -0.001, 20)), 3)
        return scenario

    def open_up(self) -> None:
        """How most lessons begin: the teacher is there, then the families; often all is well until it has started."""
        well = self.dice.random() < 0.4
        if self.dice.random() < 0.85:
            self.tell(side="teacher", **{"is": "ready"})
        for pupil in self.pupils:
            if self.dice.random() < (0.9 if well else 0.5):
                if not well and self.dice.random() < 0.5:
                    self.move_on_a_little()
                self.tell(side=pupil["id"], **{"is": "ready"})
                if self.dice.random() < (0.95 if well else 0.8):
                    self.tell(by=pupil["id"], does="adult_in")
        if well:
            stable = self.number("settle_s") + self.number("started_after_s")
            self.at = round(max(self.at, 0.0) + stable + self.dice.choice((-0.001, 0, 0, 0.001, 5, 5, 40, 200)), 3)

    def end_on_a_limit(self) -> None:
        """All is well, then the teacher ends it where an outcome turns, with some pupil perhaps not come."""
        self.at = min(self.at, -self.number("settle_s"))
        self.tell(side="teacher", **{"is": "ready"})
        for pupil in self.pupils[: self.dice.randint(1, len(self.pupils))]:
            self.tell(side=pupil["id"], **{"is": "ready"})
            self.tell(by=pupil["id"], does="adult_in")
        if self.dice.random() < 0.4:
            self.at = round(max(0.0, self.at) + self.number("started_after_s") + self.dice.choice((0, 1)), 3)
            self.trouble_midway()
        turns = (self.number("taught_least_s"), self.end - self.number("near_end_s"), self.number("start_limit_s"))
        self.at = round(self.dice.choice(turns) + self.dice.choice(BESIDE), 3)
        because = self.dice.choice(({}, {"because": "other"}, {"because": "other"}, {"because": "agreed"}))
        self.tell(by="teacher", does="end", **because)

    def teacher_in_instalments(self) -> None:
        """The family is there; the teacher comes and goes: whose clock, and who is protected."""
        self.at = min(self.at, 0.0)
        for pupil in self.pupils:
            self.tell(side=pupil["id"], **{"is": "ready"})
            self.tell(by=pupil["id"], does="adult_in")
        for _ in range(self.dice.randint(1, 3)):
            part = self.number("protected_after_s") / self.dice.choice((1, 2, 3))
            self.at = round(max(self.at, 0.0) + part + self.dice.choice(BESIDE), 3)
            self.tell(side="teacher", **{"is": "ready"})
            self.at = round(self.at + self.dice.choice((0, 0.001, self.number("settle_s") / 2)), 3)
            self.tell(side="teacher", **{"is": self.dice.choice(("lost", "ready"))})
        self.tell(side="teacher", **{"is": "ready"})
        self.tell(side=self.dice.choice(self.pupils)["id"], **{"is": "lost"})

    def keep_waiting(self) -> None:
        """Nobody of some family comes; the teacher waits on, and then perhaps not."""
        late = self.dice.choice(self.pupils)["id"]
        self.tell(side="teacher", **{"is": "ready"})
        self.tell(side=late, **{"is": "lost"})
        self.at = round(max(self.at, 0.0) + self.number("keep_waiting_from_s") + self.dice.choice(BESIDE), 3)
        self.tell(by="teacher", does="keep_waiting")
        if self.dice.random() < 0.7:
            longer = self.number("start_limit_s") + self.number("limit_runs_s") + self.dice.choice((0, 0.001, 1, 40))
            self.at = round(self.at + longer, 3)
            self.tell(by="teacher", does="end_as_missed")

    def trouble_midway(self) -> None:
        """One side is lost until a decision opens, or almost; then the line may come back, and break again."""
        pupil = self.dice.choice(self.pupils)["id"]
        side = self.dice.choice(("teacher", pupil, pupil))
        self.tell(side=side, **{"is": self.dice.choice(("lost", "unknown"))})
        self.at = round(self.at + self.number("interrupted_limit_s") + self.dice.choice((-0.001, 0, 0.001, -3, 3)), 3)
        for _ in range(self.dice.randint(1, 3)):
            self.tell(side=side, **{"is": "ready"})
            self.at = round(self.at + self.number("settle_s") + self.dice.choice((-0.001, 0, 0.001, -2, 2)), 3)
            self.tell(side=side, **{"is": self.dice.choice(("lost", "unknown", "ready"))})
            self.move_on_a_little()
        choice = self.dice.choice(("abort", "carry_over", "teach_on", "teach_on"))
        self.tell(by="teacher", does="decide", choose=choice, pupil=pupil)

    def platform_trouble(self) -> None:
        """The platform is down for a while; then sides come back, some go again, within their time or just after."""
        self.tell(platform="down")
        self.move_on()
        self.tell(platform="up")
        up_at = self.at
        for _ in range(self.dice.randint(1, 4)):
            side = self.dice.choice(("teacher", self.dice.choice(self.pupils)["id"]))
            self.tell(side=side, **{"is": self.dice.choice(("ready", "lost", "lost", "unknown"))})
            part = self.number("come_back_s") * self.dice.choice((0.2, 0.5, 1, 1))
            self.at = round(max(self.at, up_at + part + self.dice.choice(BESIDE)), 3)
        self.tell(side=side, **{"is": "lost"})

    def one_goes_early(self) -> None:
        """One pupil's part is over; the others', started or not, go on."""
        gone = self.dice.choice(self.pupils)["id"]
        self.tell(by="teacher", does="remove", pupil=gone)
        self.move_on()
        if self.dice.random() < 0.5:
            self.at = round(max(self.at, self.end - self.number("near_end_s") + self.dice.choice((-1, 0, 0.001, 1))), 3)
        if self.dice.random() < 0.5:
            self.tell(by="teacher", does="end")

    def move_on_a_little(self) -> None:
        self.at = round(self.at + self.dice.choice((0, 0.001, 1, 5, 10)), 3)

    def something(self) -> None:
        pupil = self.dice.choice(self.pupils)["id"]
        how = self.dice.random()
        if how < 0.15 and self.calm:
            self.tell(side="teacher", **{"is": "ready"})
            self.tell(side=pupil, **{"is": "ready"})
        elif how < 0.3:
            self.tell(side=pupil, **{"is": self.dice.choice(("ready", "ready", "lost", "lost", "unknown"))})
        elif how < 0.5:
            self.tell(side="teacher", **{"is": self.dice.choice(("ready", "ready", "ready", "lost", "unknown"))})
        elif how < 0.58:
            self.tell(platform=self.dice.choice(("down", "up", "up")))
        elif how < 0.72:
            self.tell(by=pupil, does=self.dice.choice(("adult_in", "adult_in", "adult_out", "leave")))
        else:
            self.somebody_acts(pupil)

    def somebody_acts(self, pupil: str) -> None:
        gentle = ("start", "start", "keep_waiting", "keep_waiting", "end_as_missed", "decide", "decide", "decide")
        gentle += ("warn", "explain", "explain", "overrule")
        rough = ("remove", "remove", "end", "end", "end", "flag", "manager", "hook", "teacher_leaves")
        does = self.dice.choice(rough if self.dice.random() < (0.12 if self.calm else 0.45) else gentle)
        because = self.dice.choice(("agreed", "conduct", "dress", "other"))
        more: Fact = {}
        if does in ("end", "flag", "manager", "hook") and self.dice.random() < 0.3:
            more["pupil"] = pupil
        if does in ("end", "remove") and self.dice.random() < 0.6:
            more["because"] = because
        if does in ("remove", "decide", "overrule") or (does == "explain" and self.dice.random() < 0.5):
            more["pupil"] = pupil
        if does == "explain":
            more["because"] = because
        if does == "decide":
            more["choose"] = self.dice.choice(("abort", "carry_over", "teach_on", "teach_on"))
        if does == "overrule":
            more |= {"charge": self.dice.choice(("charged", "not_charged")), "reason": "looked at again"}
        others = {"manager": "manager", "hook": "hook", "teacher_leaves": "office", "overrule": "office"}
        self.tell(by=others.get(does, "teacher"), does="end" if does in ("manager", "hook") else does, **more)


def scenario_of(seed: int, *, any_kind: bool = True) -> Scenario:
    """A valid scenario; the same for the same seed."""
    return Writer(seed, any_kind=any_kind).write()


# Malformed ones ---------------------------------------------------------------------------------------------

Spoiled = tuple[Scenario, str, str]
PLAIN: Scenario = {
    "name": "spoiled",
    "kind": "shared",
    "end": 1800,
    "lag": 12,
    "pupils": [{"id": "ann", "age": 12}, {"id": "bob", "age": 17}],
    "policy": {"settle_s": 10},
    "facts": [
        {"at": -60, "side": "teacher", "is": "ready"},
        {"at": -10, "by": "ann", "does": "adult_in"},
        {"at": 5, "platform": "down"},
        {"at": 6, "platform": "up", "known_at": 7},
        {"at": 700, "by": "teacher", "does": "decide", "choose": "abort", "pupil": "ann"},
        {"at": 800, "by": "teacher", "does": "remove", "pupil": "bob", "because": "agreed"},
        {"at": 900, "by": "office", "does": "overrule", "pupil": "bob", "charge": "charged", "reason": "seen"},
    ],
}


def spoil(error: str, field: str, change: Callable[[Scenario], object]) -> Spoiled:
    """One scenario with one thing wrong, and the line's `error` and `field`."""
    scenario = copy.deepcopy(PLAIN)
    change(scenario)
    return scenario, error, field


def malformed() -> list[Spoiled]:
    """Each way to get a scenario wrong, one at a time."""
    found = [spoil("missing_field", key, lambda s, key=key: s.pop(key)) for key in ("kind", "end", "pupils", "facts")]
    found += [
        spoil("bad_value", key, lambda s, key=key, value=value: s.update({key: value}))
        for key, value in (
            ("kind", "duet"), ("kind", 5), ("end", 0), ("end", -1), ("end", "1800"), ("end", True), ("end", None),
            ("lag", -1), ("lag", "12"), ("next_booking", -0.5), ("next_booking", []), ("until", "later"),
            ("pupils", {}), ("pupils", []), ("pupils", PLAIN["pupils"][:1]), ("facts", {}), ("policy", []),
            ("kind", "individual"),
        )
    ]  # fmt: skip
    # `individual` with two pupils: it is their number that is wrong.
    found[-1] = (found[-1][0], "bad_value", "pupils")
    found.append(spoil("unknown_field", "colour", lambda s: s.update(colour="red")))
    found += [
        spoil(error, f"policy.{key}", lambda s, key=key, value=value: s["policy"].update({key: value}))
        for error, key, value in (
            ("unknown_field", "limit", 300), ("bad_value", "settle_s", -1), ("bad_value", "overrun_s", "600"),
            ("bad_value", "settle_s", None), ("bad_value", "adult_to_age", "15"), ("bad_value", "come_back_s", False),
        )
    ]  # fmt: skip
    found += [
        spoil(error, f"pupils[1].{key}", lambda s, key=key, value=value: s["pupils"][1].update({key: value}))
        for error, key, value in (
            ("bad_value", "id", "teacher"), ("bad_value", "id", "manager"), ("bad_value", "id", "hook"),
            ("bad_value", "id", "office"), ("bad_value", "id", "ann"), ("bad_value", "id", 7),
            ("bad_value", "age", "17"), ("bad_value", "age", 16.5), ("bad_value", "age", True),
            ("unknown_field", "name", "Bob"),
        )
    ]  # fmt: skip
    found += [spoil("missing_field", f"pupils[0].{k}", lambda s, k=k: s["pupils"][0].pop(k)) for k in ("id", "age")]
    found += [
        spoil(error, f"facts[{i}].{key}", lambda s, i=i, key=key, value=value: s["facts"][i].update({key: value}))
        for error, i, key, value in (
            ("bad_value", 0, "is", "late"), ("bad_value", 0, "at", "now"), ("bad_value", 2, "platform", "gone"),
            ("unknown_pupil", 0, "side", "zoe"), ("unknown_pupil", 1, "by", "zoe"), ("bad_value", 0, "side", 4),
            ("unknown_pupil", 4, "pupil", "zoe"), ("unknown_pupil", 5, "pupil", "zoe"),
            ("unknown_pupil", 6, "pupil", "zoe"), ("bad_value", 1, "does", "start"), ("bad_value", 1, "does", "dance"),
            ("bad_value", 4, "does", "adult_in"), ("bad_value", 4, "choose", "stop"),
            ("bad_value", 5, "because", "tired"), ("bad_value", 6, "charge", "half"), ("bad_value", 6, "reason", 3),
            ("out_of_order", 1, "at", -60.5), ("out_of_order", 6, "at", 0), ("bad_value", 3, "known_at", 5.9),
            ("bad_value", 3, "known_at", 18.001), ("bad_value", 3, "known_at", "7"), ("unknown_field", 0, "colour", 1),
            ("unknown_field", 1, "pupil", "ann"), ("unknown_field", 4, "because", "other"),
            ("unknown_field", 1, "known_at", 1),
        )
    ]  # fmt: skip
    found += [
        spoil("missing_field", f"facts[{i}].{key}", lambda s, i=i, key=key: s["facts"][i].pop(key))
        for i, key in (
            (0, "at"), (0, "is"), (1, "at"), (1, "does"), (4, "choose"), (4, "pupil"), (5, "pupil"), (6, "charge"),
            (6, "reason"), (6, "pupil"), (2, "at"),
        )
    ]  # fmt: skip
    return found


JUNK: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, -0.001, 10**30, 1e300, float("inf"), float("nan"), "", "x", "teacher", "ann", [], {},
    [1], {"a": 1}, "300", 16,
)  # fmt: skip


def junk_of(seed: int) -> Scenario:
    """A scenario with one value, somewhere in it, replaced by something that has no business there."""
    dice = random.Random(seed)
    scenario = copy.deepcopy(scenario_of(seed))
    holder, key = dice.choice(list(places(scenario)))
    holder[key] = dice.choice(JUNK)
    return scenario


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a JSON value that holds another."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, held in list(pairs):
        yield value, key
        yield from places(held)
