"""How rooms stand, told when it changes: together, and never so many at a time that a message waits for them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from server.status_board import STATUS_EVERY_S, TELL_ROOMS, StatusBoard


class Timers:
    def __init__(self) -> None:
        self.set: list = []

    def later(self, delay_s: float, call) -> None:
        self.set.append((delay_s, call))

    def fire(self) -> None:
        self.set.pop(0)[1]()


def room(number: int):
    return SimpleNamespace(id=f"l{number}", status_holds_until=1)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(StatusBoard, "tell", lambda board, live: found.append(live.id))
    return found


def board_of(timers: Timers) -> StatusBoard:
    return StatusBoard(SimpleNamespace(now_ms=lambda: 0), timers.later, lambda: False)


def test_changes_of_one_room_are_told_together(told: list[str]) -> None:
    timers = Timers()
    board = board_of(timers)
    live = room(1)
    board.changed(live)
    board.changed(live)
    assert told == []
    assert [delay_s for delay_s, _ in timers.set] == [STATUS_EVERY_S]
    timers.fire()
    assert told == ["l1"]
    assert timers.set == []


def test_a_burst_is_told_a_few_rooms_at_a_time_each_once(told: list[str]) -> None:
    timers = Timers()
    board = board_of(timers)
    rooms = [room(number) for number in range(3 * TELL_ROOMS)]
    for live in rooms:
        board.changed(live)
    timers.fire()
    assert len(told) == TELL_ROOMS
    board.changed(rooms[-1])  # while it waits for its turn
    board.changed(rooms[0])  # after it was told
    while timers.set:
        before = len(told)
        timers.fire()
        assert len(told) - before <= TELL_ROOMS
    assert [lesson for lesson in told if lesson == "l0"] == ["l0", "l0"]
    assert set(told) == {live.id for live in rooms}
    assert len(told) <= len(rooms) + 2


def test_a_room_that_cannot_be_told_holds_back_no_other(told: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    timers = Timers()
    board = board_of(timers)

    def tell(_: StatusBoard, live) -> None:
        if live.id == "l0":
            raise ValueError(live.id)
        told.append(live.id)

    monkeypatch.setattr(StatusBoard, "tell", tell)
    for number in range(2 * TELL_ROOMS):
        board.changed(room(number))
    with pytest.raises(ValueError, match="l0"):
        timers.fire()
    while timers.set:
        timers.fire()
    assert f"l{2 * TELL_ROOMS - 1}" in told
    board.changed(room(99))
    timers.fire()
    assert told[-1] == "l99"


def test_what_time_changed_in_many_rooms_is_told_a_few_at_a_time_too(told: list[str]) -> None:
    timers = Timers()
    board = board_of(timers)
    for number in range(2 * TELL_ROOMS + 1):
        board.look(SimpleNamespace(id=f"l{number}", status_holds_until=0))
    assert told == ["l0"]
    for _ in range(2):
        timers.fire()
    assert len(told) == 2 * TELL_ROOMS + 1
    assert timers.set == []
