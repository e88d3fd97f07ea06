from __future__ import annotations

import random

from signalling.relay.due import SLOT_S, Due


def test_a_handshake_packet_adds_no_timer_each_thing_has_one_entry() -> None:
    due: Due[str] = Due()
    for step in range(10_000):
        due.put("leg", 10 + step)
    assert len(due) == 1
    assert due.take(9_000.0) == []
    assert due.take(10_009.0) == ["leg"]
    assert len(due) == 0
    assert due.next() is None


def test_what_is_put_comes_in_order_not_before_and_at_most_a_slot_after() -> None:
    chance = random.Random(1)
    for _ in range(200):
        due: Due[int] = Due()
        at = {item: chance.uniform(0, 5) for item in range(20)}
        for item, time in at.items():
            due.put(item, time)
        for item in range(0, 20, 5):
            due.drop(item)
        taken = []
        now = 0.0
        while (following := due.next()) is not None:
            now = following
            for item in due.take(now):
                assert at[item] <= now < at[item] + SLOT_S + 1e-9
                taken.append(item)
        assert sorted(taken) == [item for item in range(20) if item % 5]
