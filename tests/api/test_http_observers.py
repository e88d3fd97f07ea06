"""What a people manager reads of a lesson over HTTP: of a live one nothing that is not a recorded visit (Q1, Q4)."""

from __future__ import annotations

from rooms.commands import End
from rooms.lesson import TEACHER as TEACHER_SIDE
from rooms.lesson import Actor, Role
from server.api.after import TIMELINE_READ, TIMELINE_READ_MS
from server.app import Parts
from server.clock import SystemClock
from tests.api.browsing import Browser, action
from tests.api.service import MANAGER, NOW_OPEN, PIN, SAM, TEACHER

TEACHES = Actor(Role.TEACHER, TEACHER.id, TEACHER.name, TEACHER_SIDE)


async def readings(parts: Parts) -> list[tuple[str, str, str]]:
    log = await parts.stores.audit_log(Role.SAFEGUARDING, NOW_OPEN)
    return [(line.person, line.role, line.lesson) for line in log if line.what == TIMELINE_READ]


async def test_Q1_of_a_live_lesson_a_manager_reads_the_card_alone(
    parts: Parts, manager: Browser, family: Browser
) -> None:
    body = {"action": action(), "pupil": SAM, "name": "Alex Hall", "pin": PIN}
    assert (await family.post(f"/api/lessons/{NOW_OPEN}/check-in", body)).status_code == 200
    assert (await family.get(f"/api/lessons/{NOW_OPEN}")).json()["timeline"]
    answer = (await manager.get(f"/api/lessons/{NOW_OPEN}")).json()
    (card,) = [card for card in (await family.get("/api/lessons")).json()["lessons"] if card["id"] == NOW_OPEN]
    assert answer["card"] == card
    assert (answer["timeline"], answer["results"], answer["decisions"]) == ([], [], [])
    assert await readings(parts) == []


async def test_Q4_a_manager_who_reads_what_happened_is_on_the_audit_log_once_a_while(
    parts: Parts, manager: Browser, family: Browser, clock: SystemClock
) -> None:
    answer = await parts.services.hosting.command(NOW_OPEN, End(by=TEACHES, action=action()))
    assert answer.ok
    for _ in range(3):
        timeline = (await manager.get(f"/api/lessons/{NOW_OPEN}")).json()["timeline"]
        assert [line["what"] for line in timeline][-1] == "ended"
    assert await readings(parts) == [(MANAGER.id, "manager", NOW_OPEN)]
    await family.get(f"/api/lessons/{NOW_OPEN}")
    clock.jump(TIMELINE_READ_MS)
    await manager.get(f"/api/lessons/{NOW_OPEN}")
    assert await readings(parts) == [(MANAGER.id, "manager", NOW_OPEN)] * 2
