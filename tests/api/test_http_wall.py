"""The live wall: what a people manager learns of live lessons without a visit; nobody else does."""

from __future__ import annotations

import json

import pytest

from rooms.lesson import Role
from rooms.room import Room
from server.accounts.people import AccountRole, Person, add_person
from server.api.rates import READS
from server.app import Parts
from server.clock import SystemClock
from tests.api.browsing import Browser, Browsers, action, refusal, until
from tests.api.service import (
    ELSEWHERE,
    FAMILY,
    MANAGER,
    MINUTE_MS,
    NOW_OPEN,
    OBSERVERS_OWN,
    PIN,
    SAM,
)

SECOND_MANAGER = Person("m-reed", AccountRole.MANAGER, "Sal Reed", "reed@service.example")
FIELDS = {"id", "teacher_name", "subject", "kind", "starts_at", "ends_at", "at", "platform_up", "parts", "sides"}


async def opened(parts: Parts, *lessons: str) -> None:
    for lesson in lessons:
        assert await parts.services.hosting.open(lesson)


async def second_manager(parts: Parts, browsers: Browsers) -> Browser:
    await parts.stores.write(lambda connection: add_person(connection, SECOND_MANAGER))
    return await browsers.signed_in(SECOND_MANAGER)


async def ids(browser: Browser) -> set[str]:
    return {tile["id"] for tile in (await browser.get("/api/wall")).json()["tiles"]}


async def test_A6_for_every_other_role_there_is_no_wall(
    teacher: Browser, family: Browser, other_family: Browser, safeguarding: Browser
) -> None:
    for browser in (teacher, family, other_family, safeguarding):
        assert refusal(await browser.get("/api/wall")) == (404, "not_found")


def test_A6_the_roles_above_are_all_that_there_are() -> None:
    assert {role.value for role in AccountRole} == {"teacher", "family", "safeguarding", "manager", "administrator"}


async def test_A6_signed_out_there_is_no_wall(stranger: Browser) -> None:
    assert refusal(await stranger.get("/api/wall")) == (401, "signed_out")


async def test_A6_a_manager_never_sees_a_lesson_that_they_are_booked_in_and_another_manager_does(
    parts: Parts, manager: Browser, browsers: Browsers
) -> None:
    other = await second_manager(parts, browsers)
    await opened(parts, NOW_OPEN, ELSEWHERE, OBSERVERS_OWN)
    assert await ids(manager) == {NOW_OPEN, ELSEWHERE}
    assert await ids(other) == {NOW_OPEN, ELSEWHERE, OBSERVERS_OWN}


async def test_Q1_a_tile_names_no_family_and_says_nothing_that_was_said(
    parts: Parts, manager: Browser, family: Browser
) -> None:
    await opened(parts, NOW_OPEN)
    body = {"action": action(), "pupil": SAM, "name": "Alex Hall", "pin": PIN}
    assert (await family.post(f"/api/lessons/{NOW_OPEN}/check-in", body)).status_code == 200
    answer = await manager.get("/api/wall")
    (tile,) = answer.json()["tiles"]
    assert set(tile) == FIELDS
    assert (tile["teacher_name"], tile["subject"], tile["kind"]) == ("Ms Patel", "Violin", "individual")
    assert [set(part) for part in tile["parts"]] == [{"phase", "clock", "clock_ms", "limit_ms", "paused", "decides"}]
    assert [set(side) for side in tile["sides"]] == [{"teacher", "band"}] * 2
    for word in ("Sam", "Alex", "Hall", SAM, FAMILY.id):
        assert f'"{word}"' not in answer.text
        assert word not in json.dumps([tile["parts"], tile["sides"]])


async def test_Q1_looking_at_the_wall_is_no_visit(parts: Parts, manager: Browser) -> None:
    await opened(parts, NOW_OPEN)
    before = await parts.stores.audit_log(Role.SAFEGUARDING, NOW_OPEN)
    for _ in range(3):
        assert await ids(manager) == {NOW_OPEN}
    assert await parts.stores.audit_log(Role.SAFEGUARDING, NOW_OPEN) == before


async def test_a_lesson_that_has_ended_is_off_the_wall(parts: Parts, manager: Browser, clock: SystemClock) -> None:
    await opened(parts, NOW_OPEN, ELSEWHERE)
    assert await ids(manager) == {NOW_OPEN, ELSEWHERE}
    await parts.openings.look()
    clock.jump(40 * MINUTE_MS)
    await until(lambda found: found == set(), lambda: ids(manager))


async def test_without_lessons_the_wall_says_when_the_next_begin(
    parts: Parts, manager: Browser, browsers: Browsers
) -> None:
    other = await second_manager(parts, browsers)
    now, mine = (await manager.get("/api/wall")).json(), (await other.get("/api/wall")).json()
    assert now["tiles"] == mine["tiles"] == []
    assert 1.5 * MINUTE_MS < now["next"]["at"] - now["now"] <= 2 * MINUTE_MS
    assert (now["next"]["lessons"], mine["next"]["lessons"]) == (2, 2)


async def test_A6_the_next_lessons_are_without_the_managers_own_and_without_unconfirmed(
    parts: Parts, clock: SystemClock
) -> None:
    await parts.stores.write(lambda connection: add_person(connection, SECOND_MANAGER))
    own = await parts.services.bookings.next_start(clock.now_ms() + 2 * MINUTE_MS, watcher=MANAGER.id)
    others = await parts.services.bookings.next_start(clock.now_ms() + 2 * MINUTE_MS, watcher=SECOND_MANAGER.id)
    assert own is not None
    assert others is not None
    assert own[1] == others[1] == 1
    assert own[0] - others[0] == 117 * MINUTE_MS, "their child's lesson lies before the one at two hours"
    assert await parts.services.bookings.next_start(clock.now_ms() + 120 * MINUTE_MS, watcher=MANAGER.id) is None


async def test_while_lessons_go_on_the_next_are_not_asked_for(
    parts: Parts, manager: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await opened(parts, NOW_OPEN)

    def never(*_: object, **__: object) -> None:
        raise AssertionError("asked")

    monkeypatch.setattr(parts.services.bookings, "next_start", never)
    assert (await manager.get("/api/wall")).json()["next"] is None


async def test_the_wall_folds_nothing(parts: Parts, manager: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    await opened(parts, NOW_OPEN, ELSEWHERE)

    def fold(_: object) -> Room:
        raise AssertionError("a log was folded on the loop")

    monkeypatch.setattr(Room, "fold", fold)
    assert await ids(manager) == {NOW_OPEN, ELSEWHERE}


async def test_the_wall_counts_as_a_read(manager: Browser) -> None:
    for _ in range(READS.amount):
        assert (await manager.get("/api/wall")).status_code == 200
    assert refusal(await manager.get("/api/wall")) == (429, "too_many")


async def test_the_wall_takes_no_post(manager: Browser) -> None:
    assert refusal(await manager.post("/api/wall", {})) == (405, "wrong_method")
