"""From how a part ended to what it comes to: rule, charge, what is owed (C2, C3, C6, C7, D1, D2, D3, D9, A3).

`outcome` and `room_rule` are the policy here: they read a part as it stood when it was over, and nothing else. They are
asked again whenever a reason is given or a decision made afterwards, so that it is as if that had been known at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from rooms.attendance import Attendance
from rooms.commands import Because
from rooms.events import ClockName, Outcome
from rooms.lesson import Lesson

MINUTE_MS: Final = 60_000
RULE_OF_CLOCK: Final[dict[ClockName, str]] = {"teacher": "C2", "pupil": "C3", "nobody": "C7"}
RULE_OF_REASON: Final[dict[Because | None, str]] = {"conduct": "D1", "dress": "D2"}

How = Literal["clock", "missed", "decision", "time", "closing", "teacher", "A3", "D3", "D9", "auto"]
"""What ended a part or the room.

``clock`` by itself, ``missed`` when the teacher ended what *keep waiting* held open; ``time`` at E, ``closing`` after
it; ``teacher`` the end button or a removal, with its reason; ``A3`` ``D3`` ``D9`` ``auto`` under that rule."""


class Ending(msgspec.Struct, frozen=True):
    """How one part ended."""

    how: How
    because: Because | None = None
    """The teacher's reason; None until they say."""
    another_started: bool = False
    """Another pupil's part had started at that time."""


def minutes(owed_ms: int) -> int:
    """Owed time, added up and then rounded up to whole minutes."""
    return -(-owed_ms // MINUTE_MS)


def rest_ms(lesson: Lesson, at: int) -> int:
    """The rest to E of a part that ends, or ended, at ``at``; time before T is a gift."""
    return max(0, lesson.ends_at - max(at, lesson.starts_at))


def taught_on_ms(part: Attendance) -> int:
    """What *teach on* owes, where it was chosen."""
    return part.interrupted_ms if part.decision == "teach_on" else 0


def outcome(part: Attendance, ending: Ending, lesson: Lesson) -> Outcome:
    """What this part came to. For kinds without a charge the rule alone."""
    found = _by_ending(part, ending, lesson)
    if not lesson.kind.charged:
        found = Outcome(rule=found.rule, charge="none")
    return msgspec.structs.replace(
        found,
        clocks=part.clocks.reading(),
        live_ms=part.live_ms,
        interrupted_ms=part.interrupted_ms,
    )


def _by_ending(part: Attendance, ending: Ending, lesson: Lesson) -> Outcome:
    how = ending.how
    if how == "decision":
        return _decided(part, lesson)
    if part.ran_on or (how == "time" and (part.started or not lesson.kind.charged)):
        return _reached_the_end(part, lesson)
    if how in ("clock", "missed") and part.acted is not None:
        return _by_clock(RULE_OF_CLOCK[part.acted], part, lesson)
    if how in ("time", "missed"):
        return _by_clock(_clock_rule_at_end(part, lesson), part, lesson)
    if not part.started and ending.another_started and _late(part, lesson):
        return _by_clock("C3", part, lesson)
    if how == "A3":
        return Outcome(rule="A3", charge="not_charged", reschedule=True)
    if how in ("D3", "D9", "auto"):
        return Outcome(rule=how, charge="undecided", decides="office")
    return _by_teacher(part, ending.because, lesson)


def _late(part: Attendance, lesson: Lesson) -> bool:
    """C3 for one of several; without a charge the clocks only inform (L1)."""
    return lesson.kind.charged and part.clocks.pupil > lesson.policy.start_limit_ms


def _clock_rule_at_end(part: Attendance, lesson: Lesson) -> str:
    """Not started at E: the first clock above its limit, in this order; else it is nobody's."""
    if part.clocks.teacher > lesson.policy.start_limit_ms:
        return "C2"
    return "C3" if part.clocks.pupil > lesson.policy.start_limit_ms else "C7"


def _by_clock(rule: str, part: Attendance, lesson: Lesson) -> Outcome:
    if rule != "C3":
        return Outcome(rule=rule, charge="not_charged", reschedule=True)
    if part.clocks.protected(lesson.policy):
        return Outcome(rule="C3", charge="not_charged", reschedule=True, protected=True)
    return Outcome(rule="C3", charge="charged")


def _decided(part: Attendance, lesson: Lesson) -> Outcome:
    """C6, decided at the time or afterwards; undecided while it is open."""
    if part.decision == "abort":
        return Outcome(rule="C6", charge="not_charged", reschedule=True)
    if part.decision == "carry_over":
        owed = part.interrupted_ms + rest_ms(lesson, part.over_at)
        return Outcome(rule="C6", charge="charged", minutes_owed=minutes(owed))
    return Outcome(rule="C6", charge="undecided", decides="teacher")


def _held(part: Attendance) -> Outcome:
    return Outcome(rule="held", charge="charged", minutes_owed=minutes(taught_on_ms(part)))


def _reached_the_end(part: Attendance, lesson: Lesson) -> Outcome:
    """At E: held, unless C6 is undecided or decided otherwise; without a charge it never opened."""
    if part.decision in ("open", "abort", "carry_over"):
        return _decided(part, lesson)
    return _held(part)


def _by_teacher(part: Attendance, because: Because | None, lesson: Lesson) -> Outcome:
    """Ended before E by the teacher, for conduct (D1), dress (D2), or under no rule."""
    if because == "conduct":
        if part.started:
            return Outcome(rule="D1", charge="charged")
        return Outcome(rule="D1", charge="undecided", decides="office")
    if because == "dress":
        return Outcome(rule="D2", charge="undecided", decides="office")
    if not part.started:
        return Outcome(rule="early", charge="not_charged", reschedule=True)
    if part.decision in ("open", "abort", "carry_over"):
        return _decided(part, lesson)
    rest = rest_ms(lesson, part.over_at)
    if rest <= lesson.policy.near_end_ms or because == "agreed":
        return _held(part)
    if because is None:
        return Outcome(rule="early", charge="undecided", decides="teacher")
    if part.live_ms < lesson.policy.taught_least_ms:
        return Outcome(rule="early", charge="not_charged", reschedule=True)
    return Outcome(rule="early", charge="charged", minutes_owed=minutes(rest + taught_on_ms(part)))


def room_rule(ending: Ending, at: int, parts: Sequence[Attendance], lesson: Lesson) -> str:
    """The rule that ended the room: its last parts ended at ``at``, in this way."""
    how = ending.how
    if how in ("A3", "D3", "D9", "auto"):
        return how
    if how == "decision":
        return "C6"
    started = [part for part in parts if part.started]
    from_end_on = at >= lesson.ends_at and (bool(started) or not lesson.kind.charged)
    if how in ("clock", "missed") or (how == "time" and not from_end_on):
        ended_now = [part for part in parts if part.over_at == at and part.ending.how == how]
        return min(outcome(part, part.ending, lesson).rule for part in ended_now)
    if how == "teacher":
        if ending.because in RULE_OF_REASON:
            return RULE_OF_REASON[ending.because]
        near = lesson.policy.near_end_ms
        if not from_end_on and not any(rest_ms(lesson, part.over_at) <= near for part in started):
            return "early"
    return "held"
