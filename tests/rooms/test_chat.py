"""Chat in the room: nothing before its verdict, held messages, escalation, automatic ends (C1, D, D3)."""

from __future__ import annotations

import time

from rooms import commands as c
from rooms.chat import MESSAGES_MAX
from rooms.lesson import TEACHER, Kind
from rooms.verdict import Ruling, Verdict
from tests.rooms.story import TEACHER_ACTOR, AtWork, booking, family

SAM = family("sam")


def names(decision: object) -> list[str]:
    return [type(event).__name__ for event in decision.events]  # type: ignore[attr-defined]


def test_C1_chat_works_before_media_does() -> None:
    _, judged = AtWork().say(SAM, -800)
    assert names(judged) == ["MessageJudged", "MessageDelivered"]


def test_a_message_is_delivered_only_by_its_verdict_and_in_the_order_of_verdicts() -> None:
    work = AtWork()
    for message in ("first", "second"):
        work.decide(c.Say(**work.stamp(SAM), message=message, digest=""), 0)
    assert "MessageDelivered" not in work.names()
    for message in ("second", "first"):
        work.decide(c.Judge(message=message, verdict=Verdict(ruling=Ruling.ALLOW)))
    delivered = [event.message for event in work.log if type(event).__name__ == "MessageDelivered"]
    assert delivered == ["second", "first"]
    assert work.decide(c.Judge(message="first", verdict=Verdict(ruling=Ruling.END))).repeated
    assert work.decide(c.Judge(message="third", verdict=Verdict(ruling=Ruling.END))).refused == "unknown_message"


def test_D_held_message_is_not_sent_after_60_s() -> None:
    work = AtWork()
    message, judged = work.say(SAM, 0, Ruling.HOLD)
    assert names(judged) == ["MessageJudged"]
    assert not work.tick(59.999).events
    assert work.room.next_deadline() == work.now + 1
    assert names(work.tick(60)) == ["MessageDropped"]
    assert work.decide(c.Release(**work.stamp(), message=message)).refused == "not_held"


def test_D_teacher_releases_what_the_reviewer_lets_be_released() -> None:
    work = AtWork()
    message, _ = work.say(SAM, 0, Ruling.HOLD)
    release = c.Release(**work.stamp(), message=message)
    assert names(work.decide(release, 5)) == ["MessageReleased", "MessageDelivered"]
    assert work.decide(release, 6).repeated
    stuck, _ = work.say(SAM, 10, Ruling.HOLD, releasable=False)
    assert work.decide(c.Release(**work.stamp(), message=stuck)).refused == "not_releasable"


def test_D_withheld_message_is_not_sent_and_a_repeat_is_harmless() -> None:
    work = AtWork()
    message, _ = work.say(SAM, 0, Ruling.HOLD)
    withhold = c.Withhold(**work.stamp(), message=message)
    assert names(work.decide(withhold, 5)) == ["MessageDropped"]
    assert work.decide(withhold, 6).repeated
    assert work.same_when_folded()


def test_D_held_message_of_the_teacher_is_released_by_nobody() -> None:
    work = AtWork()
    message, _ = work.say(TEACHER_ACTOR, 0, Ruling.HOLD)
    assert work.decide(c.Release(**work.stamp(), message=message)).refused == "not_releasable"
    assert work.decide(c.Release(**work.stamp(SAM), message=message)).refused == "not_allowed"


def test_D_disclosure_is_delivered_and_the_lesson_goes_on() -> None:
    work = AtWork()
    _, judged = work.say(SAM, 0, Ruling.ESCALATE)
    assert names(judged) == ["MessageJudged", "MessageDelivered"]
    assert not judged.halts


def test_D3_an_end_verdict_ends_at_once_and_delivers_nothing() -> None:
    work = AtWork(booking(17, 17, kind=Kind.SHARED))
    work.both_ready()
    work.tick(700)
    held, _ = work.say(SAM, 700, Ruling.HOLD)
    message, judged = work.say(SAM, 701, Ruling.END)
    assert judged.halts
    assert names(judged) == ["MessageJudged", "MessageDropped", "HookEnded", "Shut", "MessageDropped"]
    assert {event.message for event in judged.events if hasattr(event, "why")} == {message, held}
    work.tick(701)
    rules = {event.pupil: event.outcome.rule for event in work.log if type(event).__name__ == "PartEnded"}
    assert rules == {"sam": "auto", "ann": "early"}
    assert work.same_when_folded()


def test_D3_a_teachers_message_that_ends_is_because_of_no_pupil() -> None:
    work = AtWork()
    _, judged = work.say(TEACHER_ACTOR, 0, Ruling.END)
    assert judged.events[2].pupil is None  # type: ignore[attr-defined]


def test_D3_a_flagged_message_ends_because_of_the_pupil_who_wrote_it() -> None:
    work = AtWork(booking(17, 17, kind=Kind.SHARED))
    work.both_ready()
    work.tick(700)
    message, _ = work.say(SAM, 700)
    assert work.decide(c.Flag(**work.stamp(), message=message), 701).halts
    work.tick(701)
    rules = {event.pupil: event.outcome.rule for event in work.log if type(event).__name__ == "PartEnded"}
    assert rules == {"sam": "D3", "ann": "early"}


def test_nothing_is_said_or_delivered_once_the_room_is_shut() -> None:
    work = AtWork()
    work.decide(c.Say(**work.stamp(SAM), message="late", digest=""), 0)
    work.decide(c.End(**work.stamp()))
    judged = work.decide(c.Judge(message="late", verdict=Verdict(ruling=Ruling.ALLOW)))
    assert names(judged) == ["MessageJudged", "MessageDropped"]
    assert work.decide(c.Say(**work.stamp(SAM), message="more", digest="")).refused == "over"


def test_a_pupil_whose_part_is_over_says_no_more() -> None:
    work = AtWork(booking(17, 17, kind=Kind.SHARED))
    work.decide(c.Remove(**work.stamp(), pupil="sam"), 0)
    assert work.decide(c.Say(**work.stamp(SAM), message="m", digest="")).refused == "over"
    assert not work.decide(c.Say(**work.stamp(family("ann")), message="n", digest="")).refused


def test_messages_are_bounded() -> None:
    work = AtWork()
    for n in range(MESSAGES_MAX):
        work.room.chat.submit(str(n), SAM.person, "sam")
    assert work.decide(c.Say(**work.stamp(SAM), message="m", digest=""), 0).refused == "too_many"


def test_a_message_is_cheap_and_leaves_the_courses_alone() -> None:
    """The hot path: a Say and its verdict, decided and applied. Generous bound; a course would cost hundreds of µs."""
    work = AtWork()
    work.both_ready()
    work.tick(100)
    ahead, room = work.room._ahead, work.room
    verdict = Verdict(ruling=Ruling.ALLOW)
    rounds = 500
    begun = time.process_time()
    for n in range(rounds):
        said = c.Say(by=SAM, action=str(n), message=str(n), digest="")
        for command in (said, c.Judge(message=str(n), verdict=verdict)):
            for event in room.decide(command, work.now).events:
                room.apply(event)
    each_us = (time.process_time() - begun) / rounds * 1e6
    assert room._ahead is ahead
    assert each_us < 150, f"{each_us:.0f} µs"
    assert room.presence.here(TEACHER) is False
