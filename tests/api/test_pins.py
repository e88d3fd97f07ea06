"""The family PIN, at `server.accounts.pins`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from server.accounts.pins import TRIES_MAX, WAIT_MS, Pins, TooManyTries, hash_pin
from server.clock import SystemClock
from server.store.stores import Stores
from tests.api.service import FAMILY, LATER, NOW_OPEN, OTHER_FAMILY, PIN, SECOND_ADULT


@pytest.fixture
def pins(stores: Stores, clock: SystemClock) -> Iterator[Pins]:
    made = Pins(stores, clock)
    yield made
    made.close()


async def test_B1_the_right_pin_of_the_right_family(pins: Pins) -> None:
    assert await pins.right(FAMILY.id, NOW_OPEN, PIN)
    assert not await pins.right(OTHER_FAMILY.id, NOW_OPEN, PIN)


@pytest.mark.parametrize("pin", ["", "40821", "4082130", " 408213", "４０８２１３", "40821a", "408213\n"])
async def test_B1_what_is_not_the_pin(pins: Pins, pin: str) -> None:
    assert not await pins.right(FAMILY.id, NOW_OPEN, pin)


async def test_B1_an_account_without_a_pin_has_no_right_one(pins: Pins) -> None:
    assert not await pins.right(SECOND_ADULT.id, NOW_OPEN, PIN)


async def test_B1_after_five_wrong_ones_even_the_right_one_waits_two_minutes(pins: Pins, clock: SystemClock) -> None:
    for _ in range(TRIES_MAX):
        assert not await pins.right(FAMILY.id, NOW_OPEN, "000000")
    with pytest.raises(TooManyTries):
        await pins.right(FAMILY.id, NOW_OPEN, PIN)
    assert await pins.right(FAMILY.id, LATER, PIN), "another lesson has its own tries"
    clock.jump(WAIT_MS)
    assert await pins.right(FAMILY.id, NOW_OPEN, PIN)


async def test_B1_a_right_one_forgives_the_wrong_ones_before(pins: Pins) -> None:
    for _ in range(3):
        for _ in range(TRIES_MAX - 1):
            assert not await pins.right(FAMILY.id, NOW_OPEN, "000000")
        assert await pins.right(FAMILY.id, NOW_OPEN, PIN)


async def test_B1_many_at_once_are_no_more_than_five(pins: Pins) -> None:
    guesses = [f"{n:06}" for n in range(40)]
    answers = await asyncio.gather(
        *(pins.right(FAMILY.id, NOW_OPEN, guess) for guess in guesses), return_exceptions=True
    )
    assert sum(answer is False for answer in answers) == TRIES_MAX
    assert sum(isinstance(answer, TooManyTries) for answer in answers) == 40 - TRIES_MAX


def test_a_pin_is_kept_as_argon2id() -> None:
    assert hash_pin(PIN).startswith("$argon2id$")
    with pytest.raises(ValueError, match="six digits"):
        hash_pin("1234")
