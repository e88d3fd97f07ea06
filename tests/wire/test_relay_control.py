"""The control channel over real sockets: hosts on one end, on the other a relay that does what a test says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server import relay_channel
from server.config import ConfigError
from server.house import RelayAway
from server.relay_channel import Channel, ChannelAddress, ChannelBroken, Hold, HostHello, Publish, greet, read_host
from server.relay_control import HOSTS_MAX, ORPHAN_S, RelayControl, bind_control, controlled
from server.relay_link import HOLD_S, SILENT_S_MAX, RelayLink
from signalling.relay.port import LegId, LegView, Refused
from tests.wire.served import on_uvloop

SECRET = b"s" * 43
TEACHER, SAM = LegId("l", "teacher", 3), LegId("l", "sam", 4)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Relay:
    """Answers with what it was offered; refuses or fails at what says so."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, object]] = []
        self.views: dict[tuple[str, str], LegView] = {}
        self.answers = asyncio.Event()
        self.answers.set()

    async def publish(self, leg: LegId, offer: str) -> str:
        self.calls.append(("publish", leg))
        await self.answers.wait()
        if offer == "refuse":
            raise Refused("bad_offer")
        if offer == "fail":
            raise ZeroDivisionError("a fault of ours")
        self.views[leg[:2]] = LegView(leg, connected=True, audio=7, video=9, quiet_s=0.25, others_quiet_s=1.5)
        return f"{leg.who} publishes {offer}"

    async def watch(self, leg: LegId, sides: Sequence[str], offer: str) -> str:
        self.calls.append(("watch", leg))
        return f"{leg.who} watches {','.join(sides)} {offer}"

    def close(self, leg: LegId) -> None:
        self.calls.append(("close", leg))
        self.views.pop(leg[:2], None)

    def close_lesson(self, lesson: str) -> None:
        self.calls.append(("close_lesson", lesson))
        self.views = {key: view for key, view in self.views.items() if key[0] != lesson}

    def view(self, lesson: str, side: str) -> LegView | None:
        return self.views.get((lesson, side))

    def quiet_s(self) -> float | None:
        return 0.25


class House:
    """One relay's process, which can be killed and started again at the same place."""

    def __init__(self, folder: Path) -> None:
        self.address = ChannelAddress(path=str(folder / "r" / "relay.sock"))
        self.relay = Relay()
        self.clock = Clock()
        self.control = RelayControl(self.relay, SECRET, self.clock)

    @asynccontextmanager
    async def up(self) -> AsyncIterator[None]:
        async with controlled(self.control, bind_control(self.address), self.address):
            yield

    @asynccontextmanager
    async def host(self, secret: bytes = SECRET, clock: Clock | None = None) -> AsyncIterator[RelayLink]:
        link = RelayLink(self.address, secret, clock or Clock())
        running = asyncio.create_task(link.run())
        try:
            yield link
        finally:
            running.cancel()
            await asyncio.wait({running})

    def called(self, call: str) -> bool:
        return any(name == call for name, _ in self.relay.calls)


async def until(is_so: Callable[[], object]) -> None:
    """The test's own bound is the patience."""
    while not is_so():  # noqa: ASYNC110 - what is waited for has no event
        await asyncio.sleep(0.01)


@on_uvloop
async def test_what_a_host_asks_is_done_and_answered_as_in_one_process(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with house.up(), house.host() as link:
        await link.heard()
        assert await link.publish(TEACHER, "v=0") == "teacher publishes v=0"
        assert (
            await link.watch(LegId("l", "watch-1", 1), ["teacher", "sam"], "v=0") == "watch-1 watches teacher,sam v=0"
        )
        with pytest.raises(Refused) as refused:
            await link.publish(SAM, "refuse")
        assert refused.value.code == "bad_offer"
        with pytest.raises(RelayAway):
            await link.publish(SAM, "fail")
        link.close(SAM)
        link.close_lesson("l")
        await until(lambda: house.called("close_lesson"))
        assert [call for call, _ in house.relay.calls] == [
            "publish", "watch", "publish", "publish", "close", "close_lesson",
        ]  # fmt: skip


@on_uvloop
async def test_by_tcp_as_by_a_unix_socket(tmp_path: Path) -> None:
    house = House(tmp_path)
    listener = bind_control(ChannelAddress(host="127.0.0.1"))
    house.address = ChannelAddress(host="127.0.0.1", port=listener.getsockname()[1])
    async with controlled(house.control, listener, house.address), house.host() as link:
        await link.heard()
        assert await link.publish(TEACHER, "ü" * 16_384) == "teacher publishes " + "ü" * 16_384


@on_uvloop
async def test_a_view_is_the_last_that_was_told_and_grows_older(tmp_path: Path) -> None:
    house, clock = House(tmp_path), Clock()
    async with house.up(), house.host(clock=clock) as link:
        await link.heard()
        assert (link.view("l", "teacher"), link.quiet_s()) == (None, 0.25)
        await link.publish(TEACHER, "v=0")
        await until(lambda: link.view("l", "teacher"))
        assert link.view("l", "teacher") == LegView(TEACHER, True, 7, 9, 0.25, 1.5)
        assert link.view("l", "sam") is None
        clock.now += 1
        seen = link.view("l", "teacher")
        # Another may have been told in between, of the same seconds.
        assert seen is not None
        assert (seen.quiet_s, seen.others_quiet_s) in [(0.25, 1.5), (1.25, 2.5)]
        house.relay.views.clear()
        await until(lambda: link.view("l", "teacher") is None)
        assert link.quiet_s() is not None


@on_uvloop
async def test_a_relay_that_says_nothing_is_unknown(tmp_path: Path) -> None:
    house, clock = House(tmp_path), Clock()
    async with house.host(clock=clock) as link:
        async with house.up():
            await link.heard()
            await link.publish(TEACHER, "v=0")
            await until(lambda: link.view("l", "teacher"))
            link._told = link._told._replace(at=clock.now - SILENT_S_MAX - 0.1)  # as if none had come since
            assert (link.view("l", "teacher"), link.quiet_s()) == (None, None)
        await until(lambda: link.quiet_s() is None)
        with pytest.raises(RelayAway):
            await link.publish(TEACHER, "v=0")


@on_uvloop
async def test_an_answer_that_is_under_way_when_the_relay_dies_fails_at_once(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with house.host() as link:
        async with house.up():
            await link.heard()
            house.relay.answers.clear()
            asked = asyncio.create_task(link.publish(TEACHER, "v=0"))
            await until(lambda: house.called("publish"))
        with pytest.raises(RelayAway):
            await asked


@on_uvloop
async def test_D1_halt_reaches_a_relay_that_was_out_of_reach_before_anything_else(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with house.host() as link:
        async with house.up():
            await link.heard()
            await link.publish(TEACHER, "v=0")
        await until(lambda: link.quiet_s() is None)
        link.close_lesson("l")
        link.close(SAM)
        house.relay.calls.clear()
        async with house.up():
            await link.heard()
            await link.publish(LegId("m", "kit", 1), "v=0")
            assert [call for call, _ in house.relay.calls] == ["close_lesson", "close", "publish"]
        await until(lambda: link.quiet_s() is None)
        house.relay.calls.clear()
        async with house.up():
            await link.heard()
            await link.publish(LegId("m", "kit", 1), "v=0")
            assert [call for call, _ in house.relay.calls] == ["publish"]  # what is done is not said again


@on_uvloop
async def test_legs_of_a_host_that_went_live_a_minute_and_then_end(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with house.up():
        async with house.host() as link:
            await link.heard()
            await link.publish(TEACHER, "v=0")
        await until(lambda: house.control.hosts == 0)
        house.clock.now += ORPHAN_S - 1
        house.control.look()
        assert not house.called("close_lesson")
        house.clock.now += 2
        house.control.look()
        assert house.relay.calls[-1] == ("close_lesson", "l")


@on_uvloop
async def test_a_host_that_takes_the_lesson_up_finds_its_legs(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with house.up():
        async with house.host() as link:
            await link.heard()
            await link.publish(TEACHER, "v=0")
        await until(lambda: house.control.hosts == 0)
        async with house.host() as other:
            await until(lambda: other.view("l", "teacher"))
            house.clock.now += 2 * ORPHAN_S
            # It has been silent by that clock; that it speaks is what counts.
            await until(lambda: other.view("l", "teacher"))
            assert not house.called("close_lesson")


@on_uvloop
async def test_each_host_is_told_of_its_own_lessons(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with house.up(), house.host() as one, house.host() as two:
        await one.heard()
        await two.heard()
        await one.publish(TEACHER, "v=0")
        await two.publish(LegId("m", "teacher", 1), "v=0")
        await until(lambda: one.view("l", "teacher"))
        await until(lambda: two.view("m", "teacher"))
        assert set(one._told.sides) == {("l", "teacher")}
        assert set(two._told.sides) == {("m", "teacher")}


@on_uvloop
async def test_a_lesson_that_nobody_asks_about_is_let_go(tmp_path: Path) -> None:
    house, clock = House(tmp_path), Clock()
    async with house.up(), house.host(clock=clock) as link:
        await link.heard()
        link.view("m", "teacher")
        await link.publish(TEACHER, "v=0")
        await until(lambda: house.control.lessons == {"l", "m"})
        clock.now += HOLD_S + 1
        await until(lambda: house.control.lessons == {"l"})
        link.close(TEACHER)
        clock.now += HOLD_S + 1
        await until(lambda: house.control.lessons == set())


@on_uvloop
async def test_whoever_does_not_know_the_secret_is_heard_by_nobody(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with house.up(), house.host(b"another") as stranger, house.host() as link:
        await link.heard()
        await asyncio.sleep(0)
        with pytest.raises(RelayAway):
            await stranger.publish(TEACHER, "v=0")
        await until(lambda: house.control.broken > 0)
        assert stranger.quiet_s() is None
        assert house.control.hosts == 1
        assert house.relay.calls == []


@on_uvloop
async def test_a_host_that_says_nothing_is_cut_off(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with house.up():
        reader, writer = await asyncio.open_unix_connection(house.address.path)
        channel = await greet(reader, writer, SECRET, "host")
        channel.send(HostHello())
        await until(lambda: house.control.hosts == 1)
        house.clock.now += 6
        house.control.look()
        await until(lambda: house.control.hosts == 0)
        writer.close()


@on_uvloop
async def test_connections_are_bounded(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with house.up():
        opened = [await asyncio.open_unix_connection(house.address.path) for _ in range(HOSTS_MAX + 1)]
        assert await opened[-1][0].read() == b""
        for _, writer in opened:
            writer.close()
        async with house.host() as link:
            await link.heard()


@pytest.mark.parametrize("wrong", ["changed", "again", "left out", "too long", "unknown", "second hello"])
def test_a_message_that_is_not_the_next_one_of_who_knows_the_secret_ends_the_connection(
    wrong: str, tmp_path: Path
) -> None:
    @on_uvloop
    async def play() -> None:
        house = House(tmp_path)
        async with house.up():
            reader, writer = await asyncio.open_unix_connection(house.address.path)
            channel = await greet(reader, writer, SECRET, "host")
            channel.send(HostHello())
            await until(lambda: house.control.hosts == 1)
            written: list[bytes] = []
            sender = Channel(reader, _Kept(written), channel._key_in, channel._key_out)  # type: ignore[arg-type]
            sender._written = 1
            sender.send(Publish(1, *TEACHER, "v=0"))
            sender.send(HostHello())
            first, second = written
            writer.write({
                "changed": first[:-1] + b"1",
                "again": first + first,
                "left out": second,
                "too long": b"\x7f" + first[1:],
                "unknown": first[:20] + bytes(len(first) - 20),
                "second hello": first + second,
            }[wrong])  # fmt: skip
            await until(lambda: house.control.hosts == 0)
            assert len(house.relay.calls) == (1 if wrong in ("again", "second hello") else 0)
            writer.close()

    play()


class _Kept:
    """A writer that keeps what it is given."""

    def __init__(self, written: list[bytes], unsent: int = 0) -> None:
        self.write = written.append
        self.transport = self
        self.unsent = unsent
        self.aborted = False

    def is_closing(self) -> bool:
        return self.aborted

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def abort(self) -> None:
        self.aborted = True


def test_an_end_that_does_not_read_is_cut_off() -> None:
    writer = _Kept([], relay_channel.UNSENT_BYTES_MAX)
    channel = Channel(None, writer, b"k", b"k")  # type: ignore[arg-type]
    with pytest.raises(ChannelBroken):
        channel.send(Hold())
    assert writer.aborted
    with pytest.raises(ChannelBroken):
        channel.send(Hold())


@settings(max_examples=300, deadline=None, database=None)
@given(st.binary(max_size=300))
def test_bytes_that_are_no_message_are_refused_and_nothing_else(data: bytes) -> None:
    with suppress(ChannelBroken):
        read_host(data)


def test_bytes_before_the_secret_was_proved_reach_nobody(tmp_path: Path) -> None:
    house = House(tmp_path)

    @settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.binary(max_size=200), st.booleans())
    def any_bytes(data: bytes, greets: bool) -> None:
        @on_uvloop
        async def play() -> None:
            async with house.up():
                reader, writer = await asyncio.open_unix_connection(house.address.path)
                writer.write((relay_channel.GREETING + bytes(32) if greets else b"") + data)
                writer.write_eof()
                while await reader.read(65_536):
                    pass
                writer.close()

        play()

    any_bytes()
    assert house.relay.calls == []
    assert house.control.hosts == 0


def test_a_place_that_is_taken_is_one_sentence_and_one_that_was_left_is_taken_over(tmp_path: Path) -> None:
    address = ChannelAddress(path=str(tmp_path / "relay.sock"))
    left = bind_control(address)
    left.close()
    with bind_control(address) as lives:
        lives.listen()
        with pytest.raises(ConfigError, match="RELAY unix:") as refused:
            bind_control(address)
        assert str(refused.value).endswith(".")
        assert (tmp_path / "relay.sock").stat().st_mode & 0o777 == 0o600
