"""A second mind: plays a scenario straight from the text of POLICY.md and SCENARIOS.md.

It is not the product and shares no code with it. It walks from one interesting instant to the next, adds up
what lies between them, and asks at each instant what the sentences say. It is slow and plain on purpose, so that
a reader can hold a branch against the sentence that the comment above it quotes. `play` answers exactly the
output line of SCENARIOS.md.

Times are whole milliseconds relative to T, so T is 0.
"""

from __future__ import annotations

import math
from typing import Any

from tests.rooms.oracle_scenario import Malformed, check

T = 0
DEFAULTS_S = {
    "start_limit_s": 300,
    "limit_runs_s": 15,
    "keep_waiting_from_s": 240,
    "settle_s": 10,
    "started_after_s": 60,
    "protected_after_s": 60,
    "come_back_s": 30,
    "interrupted_limit_s": 300,
    "overrun_s": 600,
    "near_end_s": 300,
    "taught_least_s": 300,
}
# L1: "whether a charge exists (individual, shared, small group)."
WITH_CHARGE = ("individual", "shared", "small_group")
# "the room's rule is the first of C2, C3, C7 among them"
RULE_OF_CLOCK = {"teacher": "C2", "pupil": "C3", "nobody": "C7"}


def ms(seconds: float) -> int:
    """Seconds, "rounded to milliseconds"."""
    return round(seconds * 1000)


def between(start: int, end: int, low: float, high: float) -> int:
    """How much of [start, end) lies in [low, high)."""
    return int(max(0, min(end, high) - max(start, low)))


class Pupil:
    """All that is known of one pupil's part."""

    def __init__(self, said: dict[str, Any]) -> None:
        self.id: str = said["id"]
        self.age: int = said["age"]
        self.told = "lost"  # "everybody begins as lost"
        self.adult_here = False
        self.adult_came = False
        self.left_while_live = False
        self.phase = "starting"  # starting, live, interrupted, over
        self.started = False
        self.ready_from: int | None = None  # both ready since: settling, or coming back from an interruption
        self.runs: str | None = None  # which start clock runs
        self.runs_from = 0
        self.clocks = {"teacher": 0, "pupil": 0, "nobody": 0}
        self.ready_on_teachers_clock = 0
        self.live = 0
        self.interrupted = 0
        self.decision: str | None = None
        self.over_at = 0
        self.ended_by = ""  # clock, E, decision, teacher, or the word of a rule: D3 D9 auto A3
        self.own_clock_rule = ""
        self.because: dict[str, str | None] = {"why": None}  # shared with the action that an `explain` speaks of
        self.another_had_started = False
        self.overruled: dict[str, Any] | None = None


class Play:
    """One lesson, played."""

    def __init__(self, scenario: dict[str, Any]) -> None:
        given = scenario.get("policy", {})
        self.p = {name: ms(given.get(name, seconds)) for name, seconds in DEFAULTS_S.items()}
        self.adult_to_age = given.get("adult_to_age", 15)
        self.adult_stays_to_age = given.get("adult_stays_to_age", 12)
        self.scenario = scenario
        self.charged_kind = scenario["kind"] in WITH_CHARGE
        self.end = ms(scenario["end"])
        self.lag = ms(scenario.get("lag", 0))
        # "runs on to E + 600 or either side's next booking", "at E where it is before E"
        self.close = self.end + self.p["overrun_s"]
        if "next_booking" in scenario:
            self.close = min(self.close, max(self.end, ms(scenario["next_booking"])))
        self.pupils = [Pupil(said) for said in scenario["pupils"]]
        self.teacher_told = "lost"
        self.platform_up = True
        self.up_at: int | None = None  # when the platform last came up
        self.not_ready_since_up: set[str] = set()
        self.hold = False  # *keep waiting*
        self.ended_at: int | None = None
        self.acted_at: int | None = None
        self.room_rule = ""
        self.room_because: dict[str, str | None] | None = None  # the reason of the teacher's end that ended the room
        self.end_to_explain: dict[str, str | None] | None = None
        self.removes_to_explain: dict[str, dict[str, str | None]] = {}
        self.refused: list[dict[str, Any]] = []
        # "Everybody starts as away": before the first fact, and before T, nothing counts.
        self.now = min([T, *(ms(fact["at"]) for fact in scenario["facts"])]) - 1

    # What a side is ---------------------------------------------------------------------------------------

    def device_and_adult(self, pupil: Pupil) -> str:
        """The side's class, but for the platform."""
        if pupil.told != "ready" or pupil.started:
            # "Once started, the adult's absence is on no clock and no interruption, at every age."
            return pupil.told
        # "at 12 and under only while the adult is in, at 13 to 15 once an adult has checked in"
        if pupil.age <= self.adult_to_age:
            stays = pupil.age <= self.adult_stays_to_age
            if not (pupil.adult_here if stays else pupil.adult_came):
                return "lost"  # "ready but for the adult is lost"
        return "ready"

    def side(self, pupil: Pupil | None) -> str:
        """The class of a pupil's side, or of the teacher's (None), while the platform is up."""
        said = self.teacher_told if pupil is None else self.device_and_adult(pupil)
        # "For 30 s after the platform is up, a side that has not been ready since is unknown where it would be
        # lost."
        name = "teacher" if pupil is None else pupil.id
        came_back = self.up_at is not None and self.now < self.up_at + self.p["come_back_s"]
        return "unknown" if said == "lost" and came_back and name in self.not_ready_since_up else said

    def both_ready(self, pupil: Pupil) -> bool:
        """Whether nothing is in the way: "both sides ready (and the platform up)"."""
        if not self.platform_up or self.side(None) != "ready":
            return False
        # "Not [an interruption]: ... Leave pressed while live (until that side is ready again)"
        return self.side(pupil) == "ready" or (pupil.started and pupil.left_while_live)

    def clock_of(self, pupil: Pupil) -> str | None:
        """Which of the three clocks runs for a pupil who is neither live nor started; None while settling."""
        # "Nothing counts before T or after E"
        if pupil.phase != "starting" or not T <= self.now < self.end or self.both_ready(pupil):
            return None
        if not self.platform_up:
            return "nobody"  # "While the platform is down: nobody's."
        if self.side(None) == "lost":
            return "teacher"  # "the teacher's when the teacher is lost (also when both are)"
        if self.side(None) == "ready" and self.side(pupil) == "lost":
            return "pupil"  # "the pupil's when the teacher is ready and the pupil side lost"
        return "nobody"  # "nobody's otherwise: unknown"

    def parts(self) -> list[Pupil]:
        """Every pupil who is still part of the room."""
        return [pupil for pupil in self.pupils if pupil.phase != "over"]

    def c6_is_open(self, pupil: Pupil) -> bool:
        # "When they pass 300 s, C6 opens for the teacher and stays open until decided"; in kinds without a charge
        # "the clocks inform and nothing aborts", so there is nothing to decide
        return (
            self.charged_kind
            and pupil.started
            and pupil.interrupted > self.p["interrupted_limit_s"]
            and pupil.decision is None
        )

    def acts(self, pupil: Pupil) -> bool:
        # "A clock acts once it is above 300 s and has been running for the last 15 s without a break"
        return (
            pupil.runs is not None
            and pupil.clocks[pupil.runs] > self.p["start_limit_s"]
            and self.now - pupil.runs_from >= self.p["limit_runs_s"]
        )

    # Time passes ------------------------------------------------------------------------------------------

    def walk_to(self, instant: int) -> None:
        """Go on to `instant`, stopping wherever time brings something."""
        while self.now < instant:
            stop = min([instant, *(t for t in self.interesting() if t > self.now)])
            self.add_up(self.now, stop)
            self.now = stop
            self.what_time_brings()
            if stop < instant:
                self.classes_changed()  # only the 30 s of a side that came back can have run out here
                self.what_time_brings()

    def interesting(self) -> list[int]:
        """Instants at which, if nothing else happens, something may: too many are harmless."""
        found = [T, self.end, self.close]
        if self.up_at is not None:
            found.append(self.up_at + self.p["come_back_s"])
        for pupil in self.parts():
            if pupil.ready_from is not None:
                found.append(pupil.ready_from + self.p["settle_s"])
            if pupil.phase == "live":
                found.append(self.now + self.p["started_after_s"] - pupil.live)
            if pupil.runs is not None:
                found.append(self.now + self.p["start_limit_s"] + 1 - pupil.clocks[pupil.runs])
                found.append(pupil.runs_from + self.p["limit_runs_s"])
        return found

    def add_up(self, start: int, stop: int) -> None:
        for pupil in self.parts():
            if pupil.phase == "live":
                # "Live time before T is live time"; "live seconds (before E, also before T)"
                pupil.live += between(start, stop, -math.inf, self.end)
            elif pupil.phase == "interrupted" and pupil.ready_from is None:
                pupil.interrupted += between(start, stop, T, self.end)  # "counted from T", "stops at E"
            elif pupil.runs is not None:
                pupil.clocks[pupil.runs] += between(start, stop, T, self.end)
                if pupil.runs == "teacher" and self.platform_up and self.side(pupil) == "ready":
                    # "ready for 60 s or more in total of the time that is on the teacher's clock"
                    pupil.ready_on_teachers_clock += between(start, stop, T, self.end)

    def what_time_brings(self) -> None:
        """What an instant begins with: "live, started, limits, E, in this order"."""
        for pupil in self.parts():
            settled = pupil.ready_from is not None and self.now - pupil.ready_from >= self.p["settle_s"]
            if settled and self.now <= self.end and pupil.phase == "interrupted":
                self.come_back_as_live(pupil)
                pupil.phase = "live"
            elif settled and T <= self.now <= self.end and pupil.phase == "starting":
                # "for 10 s in a row, makes the lesson live (at T at the earliest; the 10 s may begin before T)"
                self.go_live(pupil)
        for pupil in self.parts():
            # "Started: once it was live for 60 s in total."
            if pupil.phase == "live" and pupil.live >= self.p["started_after_s"] and self.now <= self.end:
                pupil.started = True
        self.start_clocks_act()
        if self.now >= self.end:
            self.it_is_the_end()
        if self.now >= self.close and self.parts():
            for pupil in self.parts():
                self.finish(pupil, "E")
            self.close_room("held", evidence_awaited=self.now == self.end)
        for pupil in self.parts():
            self.run_a_clock(pupil)

    def go_live(self, pupil: Pupil) -> None:
        pupil.phase = "live"
        pupil.ready_from = None
        pupil.runs = None

    def come_back_as_live(self, pupil: Pupil) -> None:
        # "ends after 10 s of both ready (counted back to their first ...; if the lesson is over within them, they
        # were live)"
        assert pupil.ready_from is not None
        pupil.live += between(pupil.ready_from, self.now, -math.inf, self.end)
        pupil.ready_from = None

    def start_clocks_act(self) -> None:
        # "In kinds without a charge the clocks inform and nothing aborts."
        parts = self.parts()
        if not self.charged_kind or not parts or not all(self.acts(pupil) for pupil in parts):
            return
        # "Then C3 no longer acts by itself before E (C2 and C7 do)"; "one C3 that it holds back keeps the room open"
        if self.hold and any(pupil.runs == "pupil" for pupil in parts):
            return
        self.end_under_own_clocks(evidence_awaited=True)

    def end_under_own_clocks(self, *, evidence_awaited: bool) -> None:
        rules = []
        for pupil in self.parts():
            assert pupil.runs is not None
            pupil.own_clock_rule = RULE_OF_CLOCK[pupil.runs]
            rules.append(pupil.own_clock_rule)
            self.finish(pupil, "clock")
        self.close_room(min(rules), evidence_awaited=evidence_awaited)

    def it_is_the_end(self) -> None:
        rules = []
        for pupil in self.parts():
            # "A lesson that is live at E, having started, runs on"; "In kinds without a charge ... one not live
            # then closes."
            runs_on = pupil.phase == "live" and (pupil.started or not self.charged_kind)
            if not runs_on:
                # "Interrupted at E: it closes at E."; "Not started at E: it ends"
                if not pupil.started:
                    pupil.own_clock_rule = self.rule_at_the_end(pupil)
                    rules.append(pupil.own_clock_rule)
                self.finish(pupil, "E")
        if not self.parts() and self.ended_at is None:
            # "`held`: at or after E with a pupil who has started, or in a kind without a charge"
            held = not self.charged_kind or any(pupil.started for pupil in self.pupils)
            self.close_room("held" if held else min(rules), evidence_awaited=True)

    def rule_at_the_end(self, pupil: Pupil) -> str:
        # "C2 if the teacher's clock is above 300 s, else C3 if the pupil's is (same protection), else C7"
        if pupil.clocks["teacher"] > self.p["start_limit_s"]:
            return "C2"
        return "C3" if pupil.clocks["pupil"] > self.p["start_limit_s"] else "C7"

    # What changes a class ---------------------------------------------------------------------------------

    def classes_changed(self) -> None:
        """Look again at every side, after evidence, or after a person did something."""
        if self.platform_up and self.up_at is not None:
            if self.side(None) == "ready":
                self.not_ready_since_up.discard("teacher")
            for pupil in self.pupils:
                if self.side(pupil) == "ready":
                    self.not_ready_since_up.discard(pupil.id)
        for pupil in self.parts():
            if self.side(pupil) == "ready" and self.platform_up:
                pupil.left_while_live = False
            if self.now < self.end:
                self.look_at(pupil)

    def look_at(self, pupil: Pupil) -> None:
        ready = self.both_ready(pupil)
        if pupil.phase == "live" and not ready:
            # "A loss before that (of readiness, whatever the reason) goes back to starting", else "an interruption"
            pupil.phase = "interrupted" if pupil.started else "starting"
        elif pupil.phase in ("starting", "interrupted") and ready and pupil.ready_from is None:
            pupil.ready_from = self.now
        elif pupil.ready_from is not None and not ready:
            seconds = between(pupil.ready_from, self.now, T, self.end)
            pupil.ready_from = None
            clock = self.clock_of(pupil)
            if pupil.phase == "interrupted":
                pupil.interrupted += seconds  # "if these 10 s break, they were interruption"
            elif clock is not None:
                pupil.clocks[clock] += seconds  # "if settling breaks, they go to the clock that runs next"
                if clock == "teacher":
                    pupil.ready_on_teachers_clock += seconds
        self.run_a_clock(pupil)

    def run_a_clock(self, pupil: Pupil) -> None:
        clock = self.clock_of(pupil)
        if clock != pupil.runs:
            pupil.runs, pupil.runs_from = clock, self.now

    def evidence(self, facts: list[dict[str, Any]]) -> None:
        """Take in "all evidence of that instant together"."""
        was_up = self.platform_up
        for fact in facts:
            if "platform" in fact:
                self.platform_up = fact["platform"] == "up"
            elif fact["side"] == "teacher":
                self.teacher_told = fact["is"]
            else:
                self.pupil(fact["side"]).told = fact["is"]
        if self.platform_up and not was_up:
            # "at `up` each side is what was told last, and a side that is not ready then has its 30 s"
            self.up_at = self.now
            self.not_ready_since_up = {"teacher", *(pupil.id for pupil in self.pupils)}
        self.classes_changed()
        self.what_time_brings()

    def pupil(self, name: str) -> Pupil:
        return next(pupil for pupil in self.pupils if pupil.id == name)

    # What people do ---------------------------------------------------------------------------------------

    def person(self, fact: dict[str, Any]) -> None:
        code = self.why_not(fact)
        if code:
            self.refused.append({"at": ms(fact["at"]) / 1000, "does": fact["does"], "code": code})
            return
        getattr(self, "do_" + fact["does"])(fact)
        if self.ended_at is None:
            self.classes_changed()
            self.what_time_brings()

    def why_not(self, fact: dict[str, Any]) -> str:
        """The refusal, "where two fit, the first of these": over, too_late, not_ready, not_open; or ""."""
        does, by = fact["does"], fact["by"]
        if does not in ("decide", "explain", "overrule"):
            if self.ended_at is not None:
                return "over"
            whose = fact["pupil"] if does == "remove" else by
            if any(pupil.id == whose and pupil.phase == "over" for pupil in self.pupils):
                return "over"
        if does == "start" and self.now >= T:
            return "too_late"
        if does == "start" and not self.startable():
            return "not_ready"
        offered = {
            "keep_waiting": self.may_keep_waiting,
            "end_as_missed": self.may_end_as_missed,
            "decide": self.may_decide,
            "explain": self.may_explain,
            "overrule": self.may_overrule,
        }
        return "not_open" if does in offered and not offered[does](fact) else ""

    def startable(self) -> list[Pupil]:
        # "`start` takes every pupil whose side is ready", "and no pupil who is not live yet is ready with the teacher"
        return [pupil for pupil in self.parts() if pupil.phase == "starting" and self.both_ready(pupil)]

    def may_keep_waiting(self, fact: dict[str, Any]) -> bool:
        # "From 240 s on the pupil's clock until it has started"; "offered on the clock of any pupil not started"
        return self.charged_kind and any(
            not pupil.started and pupil.clocks["pupil"] >= self.p["keep_waiting_from_s"] for pupil in self.parts()
        )

    def may_end_as_missed(self, fact: dict[str, Any]) -> bool:
        # "the teacher may end as missed whenever the lesson would end but for that"
        return self.charged_kind and self.hold and all(self.acts(pupil) for pupil in self.parts())

    def may_decide(self, fact: dict[str, Any]) -> bool:
        pupil = self.pupil(fact["pupil"])
        if pupil.phase != "over":
            # "teach on (... may still be changed to one of the other two while it lasts)"
            return self.c6_is_open(pupil) or (pupil.decision == "teach_on" and fact["choose"] != "teach_on")
        # "outcome undecided ... the teacher can still choose abort or carry over"; "`decide` one that is not overruled"
        if pupil.overruled is not None or fact["choose"] == "teach_on" or pupil.decision is not None:
            return False
        return bool(self.outcome(pupil)["rule"] == "C6")

    def may_explain(self, fact: dict[str, Any]) -> bool:
        # "The reason of an `end` without one, given afterwards, once ... With "pupil": ID, of a `remove`."
        if "pupil" in fact:
            return fact["pupil"] in self.removes_to_explain
        return self.end_to_explain is not None

    def may_overrule(self, fact: dict[str, Any]) -> bool:
        return self.pupil(fact["pupil"]).phase == "over"  # "`overrule` needs an outcome"

    def do_start(self, fact: dict[str, Any]) -> None:
        for pupil in self.startable():
            self.go_live(pupil)  # "before T the teacher may press start when both sides are ready: live at once"

    def do_keep_waiting(self, fact: dict[str, Any]) -> None:
        self.hold = True

    def do_warn(self, fact: dict[str, Any]) -> None:
        """It "goes on record and changes nothing here"."""

    def do_adult_in(self, fact: dict[str, Any]) -> None:
        pupil = self.pupil(fact["by"])
        pupil.adult_here = pupil.adult_came = True

    def do_adult_out(self, fact: dict[str, Any]) -> None:
        self.pupil(fact["by"]).adult_here = False

    def do_leave(self, fact: dict[str, Any]) -> None:
        pupil = self.pupil(fact["by"])
        pupil.told = "lost"  # "After `leave` the side is lost."
        if pupil.phase == "live" and pupil.started:
            pupil.left_while_live = True  # "Not: ... Leave pressed while live"

    def do_end_as_missed(self, fact: dict[str, Any]) -> None:
        self.end_under_own_clocks(evidence_awaited=False)  # "ends each part under its own clock's rule"

    def do_decide(self, fact: dict[str, Any]) -> None:
        pupil = self.pupil(fact["pupil"])
        pupil.decision = fact["choose"]
        if pupil.phase != "over" and pupil.decision != "teach_on":
            # "A decision ... is the end of that pupil's part only; the room ends with the last part."
            self.finish(pupil, "decision")
            if not self.parts():
                self.close_room("C6")

    def do_explain(self, fact: dict[str, Any]) -> None:
        # "everything is then as if `end` had carried it"
        if "pupil" in fact:
            self.removes_to_explain.pop(fact["pupil"])["why"] = fact["because"]
        else:
            assert self.end_to_explain is not None
            self.end_to_explain["why"] = fact["because"]
            self.end_to_explain = None

    def do_overrule(self, fact: dict[str, Any]) -> None:
        pupil = self.pupil(fact["pupil"])
        # "`overrule` sets `charge` alone; after it nothing but another one changes that pupil's outcome"
        pupil.overruled = {**self.outcome(pupil), "charge": fact["charge"]}

    def do_remove(self, fact: dict[str, Any]) -> None:
        pupil = self.pupil(fact["pupil"])
        why: dict[str, str | None] = {"why": fact.get("because")}
        if why["why"] is None:
            self.removes_to_explain[pupil.id] = why
        # "One pupil can be removed: for them it is as if the teacher had ended the lesson."
        self.finish(pupil, "teacher", why)
        if not self.parts():
            # "after the last `remove` the room has the rule that an `end` with its reason would give"
            self.room_because = why
            self.close_room("teacher")

    def do_end(self, fact: dict[str, Any]) -> None:
        if fact["by"] == "manager":
            self.end_for_all("D9", fact)
        elif fact["by"] == "hook":
            self.end_for_all("auto", fact)
        else:
            why: dict[str, str | None] = {"why": fact.get("because")}
            if why["why"] is None:
                self.end_to_explain = why
            self.room_because = why
            self.end_for_all("teacher", fact, why)

    def do_flag(self, fact: dict[str, Any]) -> None:
        self.end_for_all("D3", fact)

    def do_teacher_leaves(self, fact: dict[str, Any]) -> None:
        self.end_for_all("A3", fact)

    def end_for_all(self, by: str, fact: dict[str, Any], why: dict[str, str | None] | None = None) -> None:
        for pupil in self.parts():
            if fact.get("pupil", pupil.id) == pupil.id:
                self.finish(pupil, by, why)
            else:
                # "If the lesson ends because of one, it is for the others as if the teacher had ended it for *other*."
                self.finish(pupil, "teacher", {"why": "other"})
        self.close_room(by)

    # The end ----------------------------------------------------------------------------------------------

    def finish(self, pupil: Pupil, ended_by: str, why: dict[str, str | None] | None = None) -> None:
        if pupil.phase == "interrupted" and pupil.ready_from is not None:
            self.come_back_as_live(pupil)
        pupil.phase = "over"
        pupil.over_at = self.now
        pupil.ended_by = ended_by
        pupil.because = why or {"why": None}
        pupil.another_had_started = any(other.started for other in self.pupils if other is not pupil)

    def close_room(self, rule: str, *, evidence_awaited: bool = False) -> None:
        self.ended_at = self.now
        self.room_rule = rule
        # "An end by a start clock, or at E, can only be known at `ended_at + lag`"
        self.acted_at = self.now + self.lag if evidence_awaited else self.now

    def rule_of_room(self) -> str:
        if self.ended_at is None:
            return "open"
        if self.room_rule != "teacher":
            return self.room_rule
        assert self.room_because is not None
        why = self.room_because["why"]
        if why in ("conduct", "dress"):
            return "D1" if why == "conduct" else "D2"
        # "`held`: at or after E ...; also the teacher's end when the rest to E of a pupil who has started is 300 s
        # or less"
        near = any(p.started and self.rest(p.over_at) <= self.p["near_end_s"] for p in self.pupils)
        return "held" if near or self.ended_at >= self.end else "early"

    def rest(self, ended_at: int) -> int:
        # "*the rest to E* is E minus the moment the lesson ended, or minus T where that was before T; not below 0"
        return max(0, self.end - max(T, ended_at))

    def outcome(self, pupil: Pupil) -> dict[str, Any]:
        if pupil.overruled is not None:
            return pupil.overruled
        rule, charge, reschedule, owed = self.judge(pupil)
        if not self.charged_kind:
            charge = "none"
        if charge in ("none", "undecided"):
            reschedule, owed = False, 0  # "While undecided: false, 0; without a charge likewise."
        # "Owed time is added up, then rounded up to whole minutes."
        return {"rule": rule, "charge": charge, "reschedule": reschedule, "minutes_owed": math.ceil(owed / 60_000)}

    def judge(self, pupil: Pupil) -> tuple[str, str, bool, int]:
        """A pupil's rule, charge, whether to reschedule, and the milliseconds owed."""
        if pupil.phase != "over":
            return "open", "undecided", False, 0
        if pupil.ended_by == "clock":
            return self.start_rule(pupil, pupil.own_clock_rule)
        if pupil.over_at >= self.end:
            return self.judge_at_the_end(pupil)
        if pupil.ended_by == "decision":
            decided = self.c6(pupil)
            assert decided is not None
            return decided
        missed = self.charged_kind and pupil.clocks["pupil"] > self.p["start_limit_s"]
        if missed and not pupil.started and pupil.another_had_started:
            # "A pupil who has not started when a person or the hook ends it before E, while another has, is C3 if
            # their clock is above 300 s (same protection), whatever the reason or rule"
            return self.start_rule(pupil, "C3")
        if pupil.ended_by == "A3":
            return "A3", "not_charged", True, 0  # "An end under A3 (not charged, to be rescheduled)"
        if pupil.ended_by in ("D3", "D9", "auto"):
            # "After D2, D3, D9 and automatic ends before E the charge is *undecided*"
            return pupil.ended_by, "undecided", False, 0
        return self.judge_teachers_end(pupil)

    def judge_at_the_end(self, pupil: Pupil) -> tuple[str, str, bool, int]:
        if not self.charged_kind:
            return self.held(pupil)  # "In kinds without a charge every lesson that reaches E is held"
        if not pupil.started:
            return self.start_rule(pupil, pupil.own_clock_rule)
        # "Both are held ... unless C6 is undecided or decided otherwise, and stay so whoever ends the lesson"
        return self.c6(pupil) or self.held(pupil)

    def judge_teachers_end(self, pupil: Pupil) -> tuple[str, str, bool, int]:
        why = pupil.because["why"]
        rest = self.rest(pupil.over_at)
        # "Where the teacher's reason is conduct or dress, D1 ... or D2 takes the place of all that."
        if why == "conduct":
            # "D1 (started: charged, nothing owed; not started: undecided)"
            return "D1", "charged" if pupil.started else "undecided", False, 0
        if why == "dress":
            return "D2", "undecided", False, 0
        if not pupil.started:
            return "early", "not_charged", True, 0  # "not started: not charged, to be rescheduled"
        if decided := self.c6(pupil):
            return decided  # "Started: C6 open: undecided under C6"
        if rest <= self.p["near_end_s"] or why == "agreed":
            # "the rest to E is 300 s or less: held"; "agreed with the family: held"
            return self.held(pupil)
        if why is None:
            return "early", "undecided", False, 0  # "else undecided until the teacher says why"
        if pupil.live < self.p["taught_least_s"]:
            # "other: live under 300 s in total: not charged, to be rescheduled"
            return "early", "not_charged", True, 0
        # "else charged and the rest to E owed, besides what *teach on* owes"
        return "early", "charged", False, rest + self.teach_on_owes(pupil)

    def held(self, pupil: Pupil) -> tuple[str, str, bool, int]:
        return "held", "charged", False, self.teach_on_owes(pupil)  # "charged as usual, owed what *teach on* owes"

    def teach_on_owes(self, pupil: Pupil) -> int:
        # "*teach on* (goes on; charged; owed: all interrupted time of the lesson"
        return pupil.interrupted if pupil.decision == "teach_on" else 0

    def start_rule(self, pupil: Pupil, rule: str) -> tuple[str, str, bool, int]:
        # "A pupil side that was ready for 60 s or more in total of the time that is on the teacher's clock can never
        # be charged by C3: it ends in the same way and under the same rule, but not charged, to be rescheduled."
        protected = pupil.ready_on_teachers_clock >= self.p["protected_after_s"]
        if rule == "C3" and not protected:
            return "C3", "charged", False, 0
        return rule, "not_charged", True, 0

    def c6(self, pupil: Pupil) -> tuple[str, str, bool, int] | None:
        if pupil.decision == "abort":
            return "C6", "not_charged", True, 0  # "abort (ends; not charged, rescheduled)"
        if pupil.decision == "carry_over":
            # "*carry over* (ends; charged; owed: interrupted time and the rest to E)"
            return "C6", "charged", False, pupil.interrupted + self.rest(pupil.over_at)
        return ("C6", "undecided", False, 0) if self.c6_is_open(pupil) else None

    # The whole play ---------------------------------------------------------------------------------------

    def run(self) -> dict[str, Any]:
        # "`until`: play stops there, with what is due at that instant and the facts up to it"
        until = ms(self.scenario["until"]) if "until" in self.scenario else None
        facts = [fact for fact in self.scenario["facts"] if until is None or ms(fact["at"]) <= until]
        if until is not None:
            self.now = min(self.now, until)
        for instant in sorted({ms(fact["at"]) for fact in facts}):
            self.walk_to(instant)
            together = [fact for fact in facts if ms(fact["at"]) == instant]
            self.evidence([fact for fact in together if "by" not in fact])
            for fact in together:
                if "by" in fact:
                    self.person(fact)
        self.walk_to(until if until is not None else max(self.now, self.close))
        return self.line()

    def line(self) -> dict[str, Any]:
        line: dict[str, Any] = {
            "name": self.scenario["name"],
            "ended_at": None if self.ended_at is None else self.ended_at / 1000,
            "rule": self.rule_of_room(),
            "pupils": {pupil.id: self.pupil_line(pupil) for pupil in self.pupils},
        }
        if self.refused:
            line["refused"] = self.refused
        if self.acted_at is not None and self.acted_at != self.ended_at:
            line["acted_at"] = self.acted_at / 1000
        return line

    def pupil_line(self, pupil: Pupil) -> dict[str, Any]:
        live = pupil.live
        if pupil.phase == "interrupted" and pupil.ready_from is not None:
            live += between(pupil.ready_from, self.now, -math.inf, self.end)
        return {
            **self.outcome(pupil),
            "clocks": {name: value / 1000 for name, value in pupil.clocks.items()},
            "live_s": live / 1000,
            "interrupted_s": pupil.interrupted / 1000,
        }


def play(scenario: dict[str, Any]) -> dict[str, Any]:
    """The output line of SCENARIOS.md for one scenario: what happened, or the error."""
    try:
        check(scenario)
    except Malformed as malformed:
        name = scenario.get("name")
        return {"name": name if isinstance(name, str) else None, "error": malformed.error, "field": malformed.field}
    return Play(scenario).run()
