"""B4, over UDP: the device check's own leg is for who is booked, is bounded, ends by itself, and is in no lesson."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.api import relay_test
from server.api.connection_test import AT_ONCE_EACH_MAX
from server.api.relay_test import RelayTest
from server.app import Parts, assembled
from server.clock import SystemClock
from server.config import Config
from signalling.relay.port import LegId, Refused
from tests.api.browsing import Browser, Browsers, refusal
from tests.api.service import FAMILY, MANAGER, TEACHER, furnish

LEG = "/api/connection-test/leg"
OFFER = (Path(__file__).parents[1] / "signalling/relay/offers/chromium_publish.sdp").read_text()
LEG_S = 0.3
"""Instead of ten seconds."""


class Relay:
    """As much of the media relay as a check asks; what it was asked, in order."""

    def __init__(self) -> None:
        self.published: list[LegId] = []
        self.closed: list[LegId] = []
        self.closes = asyncio.Event()
        self.fails: BaseException | None = None
        self.hangs = False

    async def publish(self, leg: LegId, offer: str) -> str:
        self.published.append(leg)
        if self.hangs:
            await asyncio.Event().wait()
        if self.fails is not None:
            raise self.fails
        return f"answer to {len(offer)}"

    def close(self, leg: LegId) -> None:
        self.closed.append(leg)
        self.closes.set()


@pytest.fixture
def relay() -> Relay:
    return Relay()


@pytest.fixture
async def with_relay(
    config: Config, clock: SystemClock, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Browsers]:
    """The service whose relay is that one, and whose checks' legs are short."""
    monkeypatch.setattr("server.api.routes.relay_test.RelayTest", lambda _: RelayTest(relay, LEG_S))
    async with assembled(config, clock) as parts, Browsers(parts) as browsers:
        await parts.stores.write(lambda connection: furnish(connection, clock.now_ms()))
        yield browsers


async def ended(relay: Relay, count: int) -> None:
    """Wait until so many legs were closed."""
    async with asyncio.timeout(30):
        while len(relay.closed) < count:
            await relay.closes.wait()
            relay.closes.clear()


async def ask(browser: Browser, sdp: str = OFFER):
    return await browser.post(LEG, {"sdp": sdp})


async def test_B4_a_check_has_a_leg_that_ends_by_itself(with_relay: Browsers, relay: Relay) -> None:
    family = await with_relay.signed_in(FAMILY)
    answer = await ask(family)
    assert (answer.status_code, answer.json()) == (200, {"sdp": f"answer to {len(OFFER)}"})
    await ended(relay, 1)
    assert relay.closed == relay.published
    assert (await ask(family)).status_code == 200
    assert len({leg.lesson for leg in relay.published}) == 2, "no check meets another's"
    assert all(leg.lesson.startswith("check-") for leg in relay.published), "none is in a lesson"


async def test_one_account_has_few_at_once_and_its_places_come_back(with_relay: Browsers, relay: Relay) -> None:
    family, teacher = await with_relay.signed_in(FAMILY), await with_relay.signed_in(TEACHER)
    for _ in range(AT_ONCE_EACH_MAX):
        assert (await ask(family)).status_code == 200
    assert refusal(await ask(family)) == (503, "busy")
    assert (await ask(teacher)).status_code == 200
    await ended(relay, AT_ONCE_EACH_MAX + 1)
    assert (await ask(family)).status_code == 200


@pytest.mark.parametrize(
    ("fails", "status", "code"),
    [
        (Refused("relay_full"), 503, "busy"),
        (Refused("no_codec"), 400, "no_codec"),
        (Refused("bad_offer"), 400, "bad_offer"),
        (RuntimeError("the relay broke"), 500, "our_fault"),
    ],
)
async def test_a_leg_that_comes_to_nothing_takes_no_place(
    with_relay: Browsers, relay: Relay, fails: BaseException, status: int, code: str
) -> None:
    family = await with_relay.signed_in(FAMILY)
    relay.fails = fails
    for _ in range(AT_ONCE_EACH_MAX + 1):
        assert refusal(await ask(family)) == (status, code)
    assert relay.closed == relay.published


async def test_a_relay_that_does_not_answer_is_not_waited_for(
    with_relay: Browsers, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_test, "ANSWER_S_MAX", 0.05)
    relay.hangs = True
    assert refusal(await ask(await with_relay.signed_in(FAMILY))) == (503, "busy")
    assert relay.closed == relay.published


async def test_it_is_for_who_is_booked_and_takes_an_offer_alone(with_relay: Browsers, relay: Relay) -> None:
    family = await with_relay.signed_in(FAMILY)
    assert refusal(await ask(with_relay.new())) == (401, "signed_out")
    assert refusal(await ask(await with_relay.signed_in(MANAGER))) == (404, "not_found")
    for body in ({}, {"sdp": ""}, {"sdp": 7}, {"sdp": OFFER, "lesson": "l1"}):
        assert refusal(await family.post(LEG, body))[0] == 400
    assert refusal(await ask(family, "v" * 16_385))[0] == 400
    assert refusal(await family.get(LEG)) == (405, "wrong_method")
    assert relay.published == []


async def test_without_a_relay_there_is_nothing_to_ask(family: Browser, parts: Parts) -> None:
    assert parts.services.relay is None
    assert refusal(await ask(family)) == (404, "not_found")
