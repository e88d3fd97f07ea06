"""How a room stands is drawn only when it may read differently: passing over the rest must never hide a change."""

from __future__ import annotations

import pytest

from server.live_room import LiveRoom
from server.status_board import StatusBoard, _same
from tests.simulation import world
from tests.simulation.play import play

LESSONS = 40


def test_a_status_that_is_passed_over_would_have_read_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = {"passed": 0, "told": 0}
    hidden: list[str] = []  # not asserted in place: a loop's callback raises to nobody
    look = StatusBoard.look
    seed = 0

    def checked(board: StatusBoard, live: LiveRoom) -> None:
        now = board._clock.now_ms()
        if now >= live.status_holds_until or live.telling or board._store_stalled():
            looked["told"] += 1
        else:
            status = live.room.status(now)
            for seat in live.seats.values():
                if seat.welcomed and not seat.gone and seat.status is not None:
                    looked["passed"] += 1
                    frame = board._frame(live, seat, status, live.evidence.weak(now), now)
                    if not _same(seat.status, frame) and frame.weak == live.weak_told:
                        hidden.append(f"seed {seed}: {seat.status} is {frame}")
        look(board, live)

    monkeypatch.setattr(StatusBoard, "look", checked)
    monkeypatch.setattr(world, "SWEEP_S", 1.0)  # the simulation's own is too coarse for this
    for seed in range(20_000, 20_000 + LESSONS):
        play(seed)
    assert hidden[:3] == [], "\n".join(hidden[:3])
    assert looked["passed"] > 40_000
    assert looked["told"] > 1_000
