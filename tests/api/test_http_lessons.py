"""Lessons over HTTP: whose they are, the way into the room, the adult's check-in, and after."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from rooms.commands import End
from rooms.lesson import TEACHER as TEACHER_SIDE
from rooms.lesson import Actor, Role
from server.app import Parts
from server.clock import SystemClock
from server.config import Config
from tests.api.browsing import Answer, Browser, Browsers, action, refusal, until
from tests.api.service import (
    ADA,
    ELSEWHERE,
    FAMILY,
    LATER,
    MANAGER,
    MINUTE_MS,
    NOT_CONFIRMED,
    NOW_OPEN,
    OBSERVERS_OWN,
    PIN,
    SAM,
    SECOND_ADULT,
    TEACHER,
)

TEACHES = Actor(Role.TEACHER, TEACHER.id, TEACHER.name, TEACHER_SIDE)


def check_in(**changed: object) -> dict[str, object]:
    return {"action": action(), "pupil": SAM, "name": "Alex Hall", "pin": PIN} | changed


async def after_of(browser: Browser) -> dict[str, Any]:
    return (await browser.get(f"/api/lessons/{NOW_OPEN}")).json()


async def end(parts: Parts, clock: SystemClock) -> None:
    """The teacher ends the open lesson before it has started."""
    answer = await parts.services.hosting.command(NOW_OPEN, End(by=TEACHES, action=action()))
    assert answer.ok, answer


async def test_everybody_sees_their_own_lessons(teacher: Browser, family: Browser, other_family: Browser) -> None:
    for browser, ids in (
        (teacher, [NOW_OPEN, NOT_CONFIRMED, LATER]),
        (family, [NOW_OPEN, NOT_CONFIRMED, LATER]),
        (other_family, [ELSEWHERE]),
    ):
        answer = await browser.get("/api/lessons")
        assert [card["id"] for card in answer.json()["lessons"]] == ids


async def test_a_card_says_when_with_whom_and_what_the_adult_does(family: Browser, other_family: Browser) -> None:
    now_open, not_confirmed, later = (await family.get("/api/lessons")).json()["lessons"]
    assert (now_open["state"], later["state"]) == ("open", "early")
    assert now_open["opens_at"] == now_open["starts_at"] - 15 * MINUTE_MS
    assert (now_open["confirmed"], not_confirmed["confirmed"]) == (True, False)
    assert now_open["teacher_name"] == "Ms Patel"
    assert now_open["pupils"] == [
        {"id": SAM, "first_name": "Sam", "adult_word": "grown-up", "adult": "stays", "adult_state": "needed"}
    ]
    (adas,) = (await other_family.get("/api/lessons")).json()["lessons"]
    assert adas["pupils"] == [
        {"id": ADA, "first_name": "Ada", "adult_word": "adult", "adult": "not_needed", "adult_state": "not_needed"}
    ]


@pytest.mark.parametrize("what", ["ticket", "check-in", "explain", "decide", "note", ""])
async def test_another_familys_lesson_reads_like_none(family: Browser, safeguarding: Browser, what: str) -> None:
    body: dict[str, object] = {
        "check-in": check_in(pupil=ADA),
        "explain": {"action": "a", "because": "other"},
        "decide": {"action": "a", "choose": "abort", "pupil": ADA},
        "note": {"action": "a", "text": "x"},
    }.get(what, {})
    paths = [f"/api/lessons/{lesson}/{what}".rstrip("/") for lesson in (ELSEWHERE, "no-such-lesson")]
    asked = [(browser, path) for browser in (family, safeguarding) for path in paths]
    answers = [await (browser.post(path, body) if what else browser.get(path)) for browser, path in asked]
    assert [refusal(answer) for answer in answers] == [(404, "not_found")] * 4
    assert len({answer.text for answer in answers}) == 1


async def test_B2_the_door_opens_fifteen_minutes_before(parts: Parts, family: Browser, clock: SystemClock) -> None:
    answer = await family.post(f"/api/lessons/{LATER}/ticket", {})
    assert refusal(answer) == (409, "not_open")
    assert answer.json()["text"].startswith("Opens at ")
    assert refusal(await family.post(f"/api/lessons/{LATER}/check-in", check_in())) == (409, "not_open")
    clock.jump(106 * MINUTE_MS)
    assert (await family.post(f"/api/lessons/{LATER}/ticket", {})).status_code == 200


async def test_B2_an_unconfirmed_lesson_has_no_room(teacher: Browser, family: Browser) -> None:
    for browser in (teacher, family):
        answer = await browser.post(f"/api/lessons/{NOT_CONFIRMED}/ticket", {})
        assert refusal(answer) == (409, "not_confirmed")
        assert answer.json()["text"] == "This lesson is not confirmed yet, so its room is closed."


async def test_a_ticket_is_stamped_by_the_server_and_good_once(
    parts: Parts, teacher: Browser, family: Browser, manager: Browser
) -> None:
    tickets = [
        (await browser.post(f"/api/lessons/{NOW_OPEN}/ticket", {})).json()["ticket"]
        for browser in (teacher, family, manager)
    ]
    admissions = [parts.services.tickets.redeem(ticket) for ticket in tickets]
    assert [(one.lesson, one.actor.role, one.actor.person, one.actor.side) for one in admissions if one] == [
        (NOW_OPEN, Role.TEACHER, TEACHER.id, TEACHER_SIDE),
        (NOW_OPEN, Role.PUPIL_SIDE, FAMILY.id, SAM),
        (NOW_OPEN, Role.MANAGER, MANAGER.id, None),
    ]
    assert [parts.services.tickets.redeem(ticket) for ticket in tickets] == [None, None, None]


async def test_A6_a_manager_never_observes_their_own_childs_lesson(parts: Parts, manager: Browser) -> None:
    ticket = (await manager.post(f"/api/lessons/{OBSERVERS_OWN}/ticket", {})).json()["ticket"]
    admission = parts.services.tickets.redeem(ticket)
    assert admission is not None
    assert admission.actor.role is Role.PUPIL_SIDE, "as the child's adult, never as an observer"


async def test_A6_a_manager_looks_at_live_lessons_only(manager: Browser, parts: Parts, clock: SystemClock) -> None:
    assert refusal(await manager.get(f"/api/lessons/{LATER}")) == (404, "not_found")
    assert refusal(await manager.post(f"/api/lessons/{LATER}/ticket", {})) == (404, "not_found")
    assert (await manager.get(f"/api/lessons/{NOW_OPEN}")).status_code == 200
    clock.jump(60 * MINUTE_MS)
    assert refusal(await manager.get(f"/api/lessons/{NOW_OPEN}")) == (404, "not_found")


async def test_B1_the_adult_checks_in_with_the_pin(family: Browser, teacher: Browser) -> None:
    body = check_in(name="  Alex   Hall ")
    answer = await family.post(f"/api/lessons/{NOW_OPEN}/check-in", body)
    assert answer.json() == {"adult": "in"}
    assert (await family.post(f"/api/lessons/{NOW_OPEN}/check-in", body)).json() == {"adult": "in"}, (
        "a repeat is harmless"
    )
    after = (await teacher.get(f"/api/lessons/{NOW_OPEN}")).json()
    assert after["card"]["pupils"][0]["adult_state"] == "in"
    lines = [line for line in after["timeline"] if line["what"] == "adult_in"]
    assert [(line["side"], line["detail"]) for line in lines] == [(SAM, "Alex Hall")]


async def test_B1_a_forgotten_pin_waits_for_the_teachers_eyes(family: Browser) -> None:
    answer = await family.post(f"/api/lessons/{NOW_OPEN}/check-in", check_in(pin=None))
    assert answer.json() == {"adult": "by_sight"}


async def test_B1_a_wrong_pin_checks_nobody_in_and_five_have_to_wait(
    family: Browser, browsers: Browsers, clock: SystemClock
) -> None:
    path = f"/api/lessons/{NOW_OPEN}/check-in"
    for _ in range(5):
        answer = await family.post(path, check_in(pin="123456"))
        assert refusal(answer) == (403, "wrong_pin")
    answer = await family.post(path, check_in())
    assert refusal(answer) == (429, "too_many")
    assert 100 <= int(answer.headers["retry-after"]) <= 120
    card = (await family.get(f"/api/lessons/{NOW_OPEN}")).json()["card"]
    assert card["pupils"][0]["adult_state"] == "needed"
    clock.jump(2 * MINUTE_MS)
    assert (await family.post(path, check_in())).json() == {"adult": "in"}


async def test_B1_each_account_has_its_own_pin(browsers: Browsers) -> None:
    second = await browsers.signed_in(SECOND_ADULT)
    assert refusal(await second.post(f"/api/lessons/{NOW_OPEN}/check-in", check_in())) == (403, "wrong_pin")


@pytest.mark.parametrize("name", [" ", "Alex\x00", "Alex\u202eHall", "\n"])
async def test_B1_an_adult_has_a_name(family: Browser, name: str) -> None:
    answer = await family.post(f"/api/lessons/{NOW_OPEN}/check-in", check_in(name=name))
    assert refusal(answer) == (400, "bad_request")


async def test_B1_the_teacher_checks_nobody_in(teacher: Browser) -> None:
    assert refusal(await teacher.post(f"/api/lessons/{NOW_OPEN}/check-in", check_in())) == (404, "not_found")


async def test_B3_an_adult_may_come_at_every_age_and_is_recorded(other_family: Browser) -> None:
    body = check_in(pupil=ADA, pin="555555", name="Mia Lind")
    answer = await other_family.post(f"/api/lessons/{ELSEWHERE}/check-in", body)
    assert answer.json() == {"adult": "not_needed"}
    timeline = (await other_family.get(f"/api/lessons/{ELSEWHERE}")).json()["timeline"]
    assert [line["detail"] for line in timeline if line["what"] == "adult_in"] == ["Mia Lind"]


async def test_an_ended_lesson_lets_nobody_in(
    parts: Parts, teacher: Browser, family: Browser, manager: Browser, clock: SystemClock
) -> None:
    await end(parts, clock)
    for browser in (teacher, family, manager):
        assert refusal(await browser.post(f"/api/lessons/{NOW_OPEN}/ticket", {})) == (409, "over")
    assert refusal(await family.post(f"/api/lessons/{NOW_OPEN}/check-in", check_in())) == (409, "over")
    assert (await family.get("/api/lessons")).json()["lessons"][0]["state"] == "ended"


async def test_after_each_reads_the_end_in_their_own_words(
    parts: Parts, teacher: Browser, family: Browser, clock: SystemClock
) -> None:
    before = (await family.get(f"/api/lessons/{LATER}")).json()
    assert (before["results"], before["timeline"], before["settled"]) == ([], [], False)
    await end(parts, clock)
    clock.jump(MINUTE_MS)
    shown = {}
    for name, browser in (("teacher", teacher), ("family", family)):
        after = await until(lambda after: after["settled"], partial(after_of, browser))
        shown[name] = [line["detail"] for line in after["timeline"] if line["what"] == "ended"]
        assert [result["pupil"] for result in after["results"]] == [SAM]
        assert after["results"][0]["outcome"]["charge"] == "not_charged"
    assert shown == {"teacher": ["by_you"], "family": ["neutral"]}


async def test_D1_the_teacher_says_why_afterwards_and_once(
    parts: Parts, teacher: Browser, family: Browser, clock: SystemClock
) -> None:
    await end(parts, clock)
    path = f"/api/lessons/{NOW_OPEN}/explain"
    body = {"action": action(), "because": "conduct"}
    assert refusal(await family.post(path, body)) == (404, "not_found")
    before = (await teacher.get(f"/api/lessons/{NOW_OPEN}")).json()
    assert (before["asks_why"], before["may_explain"]) == (False, True), "not started: nobody asks, but it can be said"
    assert not (await family.get(f"/api/lessons/{NOW_OPEN}")).json()["may_explain"]
    answer = await teacher.post(path, body)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["asks_why"], answer.json()["may_explain"]) == (False, False)
    again = await teacher.post(path, {"action": action(), "because": "other"})
    assert again.status_code == 409
    refusal(again)


async def test_C6_nothing_is_to_decide_where_nothing_was_lost(
    teacher: Browser, parts: Parts, clock: SystemClock
) -> None:
    await end(parts, clock)
    answer = await teacher.post(
        f"/api/lessons/{NOW_OPEN}/decide", {"action": action(), "choose": "carry_over", "pupil": SAM}
    )
    assert answer.status_code == 409
    refusal(answer)


async def test_C5_the_teachers_note_is_mailed_to_the_office(
    parts: Parts, teacher: Browser, clock: SystemClock, config: Config
) -> None:
    await end(parts, clock)
    await teacher.post(f"/api/lessons/{NOW_OPEN}/note", {"action": action(), "text": "Sam's laptop was updating."})

    async def notes() -> list[str]:
        mails = [mail.read_text() for mail in config.mail_dir.glob("*.eml")]
        return [mail for mail in mails if "a note" in mail]

    (mail,) = await until(lambda found: len(found) == 1, notes)
    assert "Ms Patel wrote:" in mail
    assert "Sam's laptop was updating." in mail
    assert "To: office@localhost" in mail


async def test_C5_the_teachers_note_is_kept(parts: Parts, teacher: Browser, family: Browser) -> None:
    path = f"/api/lessons/{NOW_OPEN}/note"

    async def noted(browser: Browser, text: str, under: str = "") -> Answer:
        return await browser.post(path, {"action": under or action(), "text": text})

    first = action()
    for _ in range(2):
        assert (await noted(teacher, "Sam's laptop was updating.", first)).status_code == 204, "a repeat is harmless"
    assert refusal(await noted(family, "x")) == (404, "not_found")
    assert refusal(await noted(teacher, " \n")) == (400, "bad_request")
    assert refusal(await noted(teacher, "x" * 4_001)) == (400, "bad_request")
    assert (await noted(teacher, "x" * 4_000)).status_code == 204
    notes = await parts.stores.notes(NOW_OPEN)
    assert [(note.name, note.role, note.text[:5]) for note in notes] == [
        ("Ms Patel", "teacher", "Sam's"),
        ("Ms Patel", "teacher", "xxxxx"),
    ]


async def test_C3_a_lesson_that_nobody_comes_to_is_opened_and_reaches_its_end(
    parts: Parts, teacher: Browser, clock: SystemClock
) -> None:
    await parts.openings.look()
    assert {one.lesson for one in await parts.services.hosting.wall.look()} == {NOW_OPEN, ELSEWHERE, OBSERVERS_OWN}
    clock.jump(33 * MINUTE_MS)
    await parts.openings.look()
    after = (await teacher.get(f"/api/lessons/{NOW_OPEN}")).json()
    assert after["card"]["state"] == "ended"
