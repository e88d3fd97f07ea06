"""The relay's UDP port over real sockets, with a relay that only says what a test wants."""

from __future__ import annotations

import asyncio
import itertools
import socket
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from server.config import Config, ConfigError
from server.relay_socket import READS_MAX, SHOW_S, RelaySocket, bind_relay
from signalling.relay.port import LegId, LegView, Source
from tests.wire.served import on_uvloop

V4, V6 = "127.0.0.1", "::1"


class Echo:
    """Sends every datagram back to where it came from, but those that it fails at."""

    def __init__(self) -> None:
        self.received: list[tuple[bytes, Source]] = []
        self.moments: list[float] = []
        self.out: list[tuple[bytes, Source]] = []
        self.ticks: list[float] = []
        self.due: float | None = None
        self.prompt = False
        self.always_due = False
        self.closed: list[str] = []
        self.heard, self.ticked = asyncio.Event(), asyncio.Event()

    def publish(self, leg: LegId, offer: str, now: float) -> str:
        return offer

    def watch(self, leg: LegId, sides: Sequence[str], offer: str, now: float) -> str:
        return offer

    def close(self, leg: LegId, now: float) -> None:
        self.closed.append(leg.who)

    def close_lesson(self, lesson: str, now: float) -> None:
        self.closed.append(lesson)

    def view(self, lesson: str, side: str, now: float) -> LegView | None:
        return None

    def quiet_s(self, now: float) -> float | None:
        return None

    def receive(self, datagram: bytes, source: Source, now: float) -> None:
        self.received.append((datagram, source))
        self.moments.append(now)
        self.heard.set()
        if datagram == b"fail":
            raise ZeroDivisionError("a fault of ours")
        self.out.append((datagram, source))

    def outgoing(self) -> list[tuple[bytes, Source]]:
        out, self.out = self.out, []
        return out

    def tick(self, now: float) -> None:
        self.ticks.append(now)
        self.ticked.set()
        self.due = None

    def next_tick(self) -> float | None:
        return 0.0 if self.always_due else self.due


@asynccontextmanager
async def port(relay: Echo, *addresses: str) -> AsyncIterator[tuple[RelaySocket, int]]:
    sockets, config = bind_relay(Config(relay_addresses=addresses or (V4,)))
    opened = RelaySocket(relay, sockets)
    try:
        yield opened, config.relay_port
    finally:
        opened.stop()


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as one:
            one.bind((V6, 0))
    except OSError:
        return False
    return True


with_ipv6 = pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6")


def client(address: str) -> socket.socket:
    one = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    one.bind((address, 0))
    one.settimeout(5)
    return one


async def heard(one: socket.socket) -> tuple[bytes, int]:
    """The next datagram, and the port that it came from."""
    data, source = await asyncio.to_thread(one.recvfrom, 65_536)
    return data, source[1]


@with_ipv6
@on_uvloop
async def test_both_families_are_answered_from_one_port() -> None:
    relay = Echo()
    async with port(relay, V4, V6) as (_, number):
        for address in (V4, V6):
            with client(address) as one:
                one.sendto(b"hello", (address, number))
                assert await heard(one) == (b"hello", number)
    assert [source[0] for _, source in relay.received] == [V4, V6]


@on_uvloop
async def test_an_empty_and_an_overlong_datagram_are_the_relays_to_judge() -> None:
    relay = Echo()
    async with port(relay) as (_, number):
        with client(V4) as one:
            one.sendto(b"", (V4, number))
            one.sendto(b"x" * 9_000, (V4, number))
            one.sendto(b"after", (V4, number))
            while (await heard(one))[0] != b"after":
                pass
    assert [len(datagram) for datagram, _ in relay.received] == [0, 2_048, 5]


@on_uvloop
async def test_a_flood_is_read_a_few_at_a_time() -> None:
    """Between any two turns of reading everything else has its turn."""
    relay = Echo()
    async with port(relay) as (_, number):
        with client(V4) as one:
            for _ in range(150):
                one.sendto(b"x" * 100, (V4, number))
            counts = []
            while len(relay.received) < 150:
                before = len(relay.received)
                await asyncio.sleep(0)
                counts.append(len(relay.received) - before)
            assert max(counts) == READS_MAX


@on_uvloop
async def test_what_comes_one_after_the_other_is_taken_together() -> None:
    relay = Echo()
    async with port(relay) as (_, number):
        with client(V4) as one:
            for _ in range(60):
                one.sendto(b"x", (V4, number))
                await asyncio.sleep(0.005)
            while len(relay.moments) < 60:
                relay.heard.clear()
                await relay.heard.wait()
    looks = sorted(set(relay.moments))
    # The loop's clock is one of whole milliseconds.
    assert len(looks) <= (looks[-1] - looks[0]) / (SHOW_S - 0.002) + 2


async def nearest(relay: Echo, opened: RelaySocket, number: int, *, seconds: float) -> float:
    """The shortest time between two looks while datagrams come."""
    with client(V4) as one:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            await opened.watch(LegId("l", "watch-1", 1), ("teacher",), "v=0")
            one.sendto(b"x", (V4, number))
            await asyncio.sleep(0.003)
    looks = sorted(set(relay.moments))
    return min(later - earlier for earlier, later in itertools.pairwise(looks))


@on_uvloop
async def test_nobody_waits_who_talks() -> None:
    relay = Echo()
    relay.prompt = True
    async with port(relay) as (opened, number):
        assert await nearest(relay, opened, number, seconds=1) < SHOW_S / 2 + 0.001


@on_uvloop
async def test_Q1_an_observers_offer_hurries_nothing() -> None:
    """Else the round trip of each side's leg would tell that somebody came."""
    relay = Echo()
    async with port(relay) as (opened, number):
        # The loop's clock is one of whole milliseconds.
        assert await nearest(relay, opened, number, seconds=0.5) > SHOW_S - 0.002


@on_uvloop
async def test_a_relay_that_fails_is_logged_a_line_a_second_and_serves_on() -> None:
    relay = Echo()
    async with port(relay) as (_, number):
        with capture_logs() as logged, client(V4) as one:
            for _ in range(20):
                one.sendto(b"fail", (V4, number))
            one.sendto(b"well", (V4, number))
            assert (await heard(one))[0] == b"well"
    assert len(relay.received) == 21
    assert 1 <= len([line for line in logged if line["event"] == "the relay failed"]) < 5


@on_uvloop
async def test_what_is_due_is_done_then_and_not_before() -> None:
    relay = Echo()
    async with port(relay) as (opened, _):
        begun = time.monotonic()
        relay.due = begun + 10
        await opened.publish(LegId("l", "sam", 1), "v=0")
        relay.due = begun + 0.05
        await opened.publish(LegId("l", "sam", 1), "v=0")
        await asyncio.wait_for(relay.ticked.wait(), 5)
        assert 0.04 < relay.ticks[0] - begun < 5
        await asyncio.sleep(0.02)
        assert len(relay.ticks) == 1


@on_uvloop
async def test_a_relay_that_is_always_due_does_not_spin() -> None:
    relay = Echo()
    relay.always_due = True
    async with port(relay) as (opened, _):
        opened.close(LegId("l", "sam", 1))
        await asyncio.sleep(0.1)
        assert 1 <= len(relay.ticks) <= 100


@on_uvloop
async def test_what_cannot_be_sent_is_lost_and_nothing_else() -> None:
    relay = Echo()
    async with port(relay) as (opened, number):
        relay.out = [(b"x" * 70_000, (V4, number)), (b"x", ("::1", number, 0, 0)), (b"well", (V4, number))]
        opened.close_lesson("l")
        await asyncio.wait_for(relay.heard.wait(), 5)
        assert relay.received[0][0] == b"well"
        assert opened.lost == 1


@on_uvloop
async def test_after_its_stop_nothing_is_read_and_nothing_rings() -> None:
    relay = Echo()
    async with port(relay) as (opened, _):
        relay.due = time.monotonic() + 0.01
        opened.close_lesson("l")
        opened.stop()
        opened.close_lesson("m")
        await asyncio.sleep(0.05)
    assert relay.ticks == []
    assert relay.closed == ["l", "m"]


@with_ipv6
def test_a_taken_port_is_one_sentence() -> None:
    with client(V4) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(ConfigError, match="RELAY_PORT") as refused:
            bind_relay(Config(relay_addresses=(V6, V4), relay_port=number))
        assert str(refused.value).endswith(".")


@with_ipv6
def test_an_address_that_a_cloud_translates_is_listened_for_everywhere() -> None:
    sockets, config = bind_relay(Config(relay_addresses=("192.0.2.1", "2001:db8::1")))
    try:
        assert [one.getsockname()[0] for one in sockets] == ["0.0.0.0", "::"]
        assert {one.getsockname()[1] for one in sockets} == {config.relay_port}
    finally:
        for one in sockets:
            one.close()


def test_without_an_address_there_is_no_relay(tmp_path: Path) -> None:
    assert bind_relay(Config())[0] == []
