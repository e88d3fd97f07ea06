"""What reading costs: of a live lesson nothing is folded, and one account reads so often and no more."""

from __future__ import annotations

import pytest

from rooms.room import Room
from server.api.rates import READS
from server.app import Parts
from tests.api.browsing import Browser, action, refusal
from tests.api.service import NOW_OPEN, PIN, SAM


async def test_lists_and_doors_fold_nothing_of_a_live_lesson(
    parts: Parts, teacher: Browser, family: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await parts.services.hosting.open(NOW_OPEN)

    def fold(_: object) -> Room:
        raise AssertionError("a log was folded on the loop")

    monkeypatch.setattr(Room, "fold", fold)
    body = {"action": action(), "pupil": SAM, "name": "Alex Hall", "pin": PIN}
    assert (await family.post(f"/api/lessons/{NOW_OPEN}/check-in", body)).json() == {"adult": "in"}
    for browser in (teacher, family):
        first = (await browser.get("/api/lessons")).json()["lessons"][0]
        assert (first["id"], first["state"], first["pupils"][0]["adult_state"]) == (NOW_OPEN, "open", "in")
        assert (await browser.post(f"/api/lessons/{NOW_OPEN}/ticket", {})).status_code == 200


async def test_an_account_that_reads_too_often_waits_and_nobody_else_does(teacher: Browser, family: Browser) -> None:
    for _ in range(READS.amount):
        assert (await teacher.get("/api/me")).status_code == 200
    answer = await teacher.get("/api/lessons")
    assert refusal(answer) == (429, "too_many")
    assert 0 < int(answer.headers["retry-after"]) <= READS.get_expiry()
    assert (await family.get("/api/lessons")).status_code == 200
