"""After an ending: over HTTP each viewer reads what the wire told them, and nothing of an intervention."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from rooms.commands import Command, End, HookEnds, TeacherLeaves
from rooms.lesson import TEACHER as TEACHER_SIDE
from rooms.lesson import Actor, Role
from server.app import Parts
from server.clock import SystemClock
from tests.api.browsing import Browser, action, until
from tests.api.service import MANAGER, MINUTE_MS, NOW_OPEN, SAM, TEACHER

TEACHES = Actor(Role.TEACHER, TEACHER.id, TEACHER.name, TEACHER_SIDE)
WATCHES = Actor(Role.MANAGER, MANAGER.id, MANAGER.name)
SAFEGUARDS = Actor(Role.SAFEGUARDING, "s-shaw", "Robin Shaw")
OFFICE = Actor(Role.OFFICE, "office", "Office")
HIDDEN: dict[str, Command] = {
    "D9 by a manager": End(by=WATCHES, action="d9"),
    "D9 by safeguarding": End(by=SAFEGUARDS, action="d9"),
    "hook, of the teacher's": HookEnds(),
    "hook, of the family's": HookEnds(pupil=SAM),
    "A3": TeacherLeaves(by=OFFICE),
}
OF_THE_OFFICE = {
    "rule": "neutral", "charge": "undecided", "reschedule": False, "minutes_owed": 0, "protected": False,
    "decides": "office", "clocks": {"teacher": 0, "pupil": 0, "nobody": 0}, "live_ms": 0, "interrupted_ms": 0,
    "overruled": False,
}  # fmt: skip
"""Whoever or whatever ended it: not a byte tells them apart. A3 alone is not charged."""
TELLING = ("D9", "D3", "D2", "A3", "auto", "hook", "manager", "case", "safeguarding", "Ellis", "Shaw", "Office")


async def read(browser: Browser) -> tuple[dict[str, Any], str]:
    answer = await browser.get(f"/api/lessons/{NOW_OPEN}")
    return answer.json(), answer.text


async def ended(parts: Parts, clock: SystemClock, command: Command, browser: Browser) -> tuple[dict[str, Any], str]:
    answer = await parts.services.hosting.command(NOW_OPEN, command)
    assert answer.ok, answer
    clock.jump(MINUTE_MS)
    return await until(lambda seen: seen[0]["settled"], partial(read, browser))


@pytest.mark.parametrize("command", HIDDEN.values(), ids=HIDDEN)
async def test_D_an_intervention_reads_neutral_for_teacher_family_and_manager(
    parts: Parts, clock: SystemClock, teacher: Browser, family: Browser, manager: Browser, command: Command
) -> None:
    await ended(parts, clock, command, teacher)
    for browser in (teacher, family):
        after, text = await read(browser)
        not_charged = {"charge": "not_charged", "reschedule": True, "decides": ""}
        outcome = OF_THE_OFFICE | (not_charged if isinstance(command, TeacherLeaves) else {})
        assert [result["outcome"] for result in after["results"]] == [outcome]
        assert [line["detail"] for line in after["timeline"] if line["what"] == "ended"] == ["neutral"]
        assert (after["asks_why"], after["may_explain"], after["asks_why_of"], after["decisions"]) == (
            False,
            False,
            [],
            [],
        )
        assert after["card"]["needs"] == []
        assert [word for word in TELLING if word in text] == []
        listed = (await browser.get("/api/lessons")).text
        assert [word for word in TELLING if word in listed] == []
    after, text = await read(manager)
    assert (after["results"], after["decisions"], after["asks_why"]) == ([], [], False), "a charge is not theirs"
    assert [line["detail"] for line in after["timeline"] if line["what"] == "ended"] == ["neutral"]
    assert [word for word in TELLING if word in text] == []


@pytest.mark.parametrize(
    ("because", "teachers", "familys"), [("dress", "D2", "neutral"), ("conduct", "D1", "D1"), (None, "early", "early")]
)
async def test_D2_the_rule_is_named_to_a_family_only_where_the_endings_words_name_it(
    parts: Parts, clock: SystemClock, teacher: Browser, family: Browser, because: Any, teachers: str, familys: str
) -> None:
    await ended(parts, clock, End(by=TEACHES, action=action(), because=because), teacher)
    for browser, rule, how in ((teacher, teachers, "by_you"), (family, familys, "neutral")):
        after, _ = await read(browser)
        assert [result["outcome"]["rule"] for result in after["results"]] == [rule]
        assert [line["detail"] for line in after["timeline"] if line["what"] == "ended"] == [how]
