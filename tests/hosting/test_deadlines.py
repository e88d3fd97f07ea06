"""Deadlines of many rooms at one instant: all are met, none of the messages between them waits for all."""

from __future__ import annotations

from types import SimpleNamespace

from server.deadlines import DUE_ROOMS, Deadlines


def test_a_full_hour_is_met_a_few_rooms_at_a_time() -> None:
    now = SimpleNamespace(ms=0)
    timers: list = []

    class Timer:
        def __init__(self, delay_s: float, call) -> None:
            self.delay_s, self.call, self.cancelled = delay_s, call, False

        def cancel(self) -> None:
            self.cancelled = True

    def later(delay_s: float, call) -> Timer:
        timers.append(Timer(delay_s, call))
        return timers[-1]

    met: list[str] = []
    deadlines = Deadlines(SimpleNamespace(now_ms=lambda: now.ms), later, met.append)
    rooms = [f"l{number:03}" for number in range(3 * DUE_ROOMS + 1)]
    for lesson in rooms:
        deadlines.set(lesson, 1_000)
    now.ms = 1_000
    for turn in range(4):
        timer = [timer for timer in timers if not timer.cancelled][-1]
        timers.remove(timer)
        assert timer.delay_s == (1.0 if turn == 0 else 0.0)
        timer.call()
        assert len(met) == min(len(rooms), (turn + 1) * DUE_ROOMS)
    assert met == rooms
    assert not [timer for timer in timers if not timer.cancelled]
