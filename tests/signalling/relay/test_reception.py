"""Numbers that wrap, come late, twice or not at all; and what is asked for and reported of them."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signalling.relay.reception import (
    AHEAD_MAX,
    BEHIND_MAX,
    MISSING_MAX,
    REORDER_S,
    RETRY_S,
    TRIES_MAX,
    Reception,
)


def fed(*sequences: int, start: float = 0.0) -> tuple[Reception, list[int]]:
    reception = Reception(90_000)
    return reception, [reception.take(sequence & 0xFFFF, sequence, start) for sequence in sequences]


def test_numbers_go_on_rising_over_65535() -> None:
    _, taken = fed(65_534, 65_535, 0, 1)
    assert [b - a for a, b in itertools.pairwise(taken)] == [1, 1, 1]


def test_a_late_one_is_taken_once_and_a_second_time_not() -> None:
    _, taken = fed(65_534, 1, 65_535, 65_535, 0, 1)
    first = taken[0]
    assert taken == [first, first + 3, first + 1, -1, first + 2, -1]


def test_what_came_before_the_first_is_not_taken() -> None:
    assert fed(5, 4)[1][1] == -1


@pytest.mark.parametrize("jump", [AHEAD_MAX + 1, 30_000, 65_536 - BEHIND_MAX])
def test_a_jump_is_taken_only_when_the_next_packet_confirms_it(jump: int) -> None:
    reception, taken = fed(10, 10 + jump, 11, 10 + jump, 11 + jump)
    assert taken[1] == -1, "a stray packet"
    assert taken[2] == taken[0] + 1
    assert taken[3] == -1
    assert taken[4] > taken[2]
    assert taken[4] & 0xFFFF == (11 + jump) & 0xFFFF
    assert reception.restarts == 1
    assert reception.missing(10.0) == [], "nothing of before is asked for"


def test_a_missing_packet_is_asked_for_after_it_may_have_been_overtaken_and_a_bounded_number_of_times() -> None:
    reception, _ = fed(65_534, 1)
    assert reception.missing(REORDER_S / 2) == []
    asked, now = 0, REORDER_S
    while reception.due is not None:
        assert reception.due <= now + 1e-9
        lost = reception.missing(now)
        assert lost in ([65_535, 0], [])
        asked += bool(lost)
        now += RETRY_S
    assert asked == TRIES_MAX


def test_what_came_meanwhile_is_not_asked_for() -> None:
    reception, _ = fed(1, 4, 2)
    assert reception.missing(1.0) == [3]
    reception.take(3, 0, 1.0)
    assert reception.missing(2.0) == []
    assert reception.due is None


def test_the_list_of_the_missing_is_bounded_and_keeps_the_latest() -> None:
    reception, _ = fed(0, 2_000, 4_000)
    lost = reception.missing(1.0)
    assert lost == list(range(4_000 - MISSING_MAX, 4_000))


def test_a_report_counts_what_is_lost_since_the_last_and_in_all() -> None:
    reception, _ = fed(65_530, *range(65_532, 65_536), *range(4))
    block = reception.block(7, 1.0)
    assert (block.lost, block.fraction_lost, block.highest) == (1, 256 // 10, 0x1_0003)
    reception.take(4, 0, 1.0)
    assert reception.block(7, 2.0).fraction_lost == 0
    reception.take(65_531, 0, 2.0)
    block = reception.block(7, 3.0)
    assert (block.lost, block.fraction_lost) == (0, 0)
    assert (block.last_report, block.delay) == (0, 0)
    reception.reported(0x1234_5678_9ABC_DEF0, 3.0)
    block = reception.block(7, 3.5)
    assert (block.last_report, block.delay) == (0x5678_9ABC, 32_768)


def test_jitter_is_that_of_the_arrivals() -> None:
    even, uneven = Reception(90_000), Reception(90_000)
    for count in range(200):
        even.take(count, count * 6_000, count / 15)
        uneven.take(count, count * 6_000, count / 15 + (0.02 if count % 2 else 0.0))
    assert even.block(1, 20.0).jitter == 0
    assert 1_600 <= uneven.block(1, 20.0).jitter <= 1_800  # 20 ms


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 65_535),
    st.integers(1, 150),
    st.floats(0, 0.4),
    st.floats(0, 0.4),
    st.integers(0, 40),
    st.randoms(use_true_random=False),
)
def test_each_packet_is_taken_once_under_its_true_number(
    start: int, count: int, loss: float, twice: float, reach: int, chance: random.Random
) -> None:
    """Against the truth: any loss, doubles, and overtaking within ``reach``, from any first number."""
    sent = [number for number in range(1, count) if chance.random() >= loss]
    sent += [number for number in sent if chance.random() < twice]
    order = [0, *sorted(sent, key=lambda number: number + chance.uniform(0, reach))]
    reception = Reception(90_000)
    base = reception.take(start, 0, 0.0)
    taken = []
    for number in order[1:]:
        extended = reception.take((start + number) & 0xFFFF, number, 0.0)
        if extended >= 0:
            assert extended == base + number
            taken.append(number)
    assert sorted(taken) == sorted(set(order[1:]))
    block = reception.block(1, 1.0)
    assert block.lost == max(order) + 1 - len(set(order))
    assert reception.total == len(set(order))


@settings(deadline=None)
@given(st.lists(st.integers(0, 65_535), max_size=300))
def test_any_numbers_at_all_keep_it_bounded_and_rising(sequences: list[int]) -> None:
    reception = Reception(48_000)
    taken: set[int] = set()
    for count, sequence in enumerate(sequences):
        extended = reception.take(sequence, sequence * 7, count / 100)
        if extended >= 0:
            assert extended not in taken
            assert extended & 0xFFFF == sequence
            taken.add(extended)
        assert len(reception.missing(count / 100)) <= MISSING_MAX
    if taken:
        assert reception.block(1, 5.0).fraction_lost <= 255
