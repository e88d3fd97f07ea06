"""The gateway on a real uvicorn and uvloop, with the `websockets` client: who gets a socket, and what closes it."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import socket
import struct
from contextlib import suppress
from typing import Any

import pytest
import websockets
from websockets.exceptions import ConnectionClosed, InvalidStatus

from server import errors, outlet
from server.codec import CODECS, JSON, MSGPACK, Codec
from server.connection import Limits, Rate
from server.errors import CloseReason
from server.frames import Beat, Elsewhere, Join
from server.outlet import BACKLOG_BYTES_MAX
from server.seat import Refused
from tests.wire.clients import frame, pack, unpack
from tests.wire.served import ADA, ANNA, ORIGIN, Served, on_uvloop, served

FREE = Limits(say=Rate(1e6, 1e6), beat=Rate(1e6, 1e6), volume=Rate(1e9, 1e9), strikes=Rate(1e6, 1e6), silent_s_max=30.0)


async def closed(client: Any, reason: CloseReason) -> None:
    """Wait for the close, and check its code and name."""
    with suppress(ConnectionClosed):
        while True:
            await client.recv()
    assert (client.close_code, client.close_reason) == (reason.code, reason.name)


async def until(true: Any) -> None:
    """Wait until something holds."""
    while not true():  # noqa: ASYNC110 - of another thread of events, which a test does not own
        await asyncio.sleep(0.01)


async def status_of(attempt: Any) -> int:
    with pytest.raises(InvalidStatus) as refused:
        async with attempt:
            pass
    return refused.value.response.status_code


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.subprotocol)
@on_uvloop
async def test_a_chat_in_each_subprotocol(codec: Codec) -> None:
    async with served() as server, server.joined(ANNA, codec=codec) as anna, server.joined(ADA, codec=JSON) as ada:
        assert anna.subprotocol == codec.subprotocol
        await anna.send(pack(codec, frame("say", text="Grüße \U0001f3bb")))
        message = unpack(await anna.recv())
        assert (message["n"], message["event"]["text"]) == (1, "Grüße \U0001f3bb")
        assert unpack(await anna.recv()) == {"type": "ack", "action": "a1", "ok": True, "code": "", "text": ""}
        assert unpack(await ada.recv())["event"] == message["event"]
        await anna.send(pack(codec, frame("beat", t=5)))
        assert unpack(await anna.recv()) == {"type": "beat", "t": 5, "now": 1}
    assert server.room.left_by == ["d", "d"]


@pytest.mark.parametrize("origin", [None, "https://evil.example", "https://lessons.example.evil.example", "null"])
@on_uvloop
async def test_a_foreign_origin_gets_no_socket(origin: str | None) -> None:
    async with served() as server:
        assert await status_of(server.connect(origin=origin)) == 403
        assert server.gateway.connections == 0


@pytest.mark.parametrize("offered", [None, ["lesson.v2.msgpack"], ["chat"]])
@on_uvloop
async def test_without_one_of_our_subprotocols_there_is_no_socket(offered: Any) -> None:
    async with served() as server:
        assert await status_of(websockets.connect(server.url, origin=ORIGIN, subprotocols=offered)) == 400


@on_uvloop
async def test_the_server_prefers_messagepack_whatever_the_order() -> None:
    async with (
        served() as server,
        websockets.connect(server.url, origin=ORIGIN, subprotocols=[JSON.subprotocol, MSGPACK.subprotocol]) as client,
    ):
        assert client.subprotocol == MSGPACK.subprotocol


@on_uvloop
async def test_sockets_are_bounded_an_address_and_in_all() -> None:
    async with served(per_address_max=2) as server, server.joined(), server.joined():
        assert await status_of(server.connect()) == 429
    async with served(connections_max=2) as server, server.joined(), server.joined():
        assert await status_of(server.connect()) == 503
    async with served(unjoined_max=1) as server, server.joined(), server.connect():
        assert await status_of(server.connect()) == 503
    async with served(per_address_max=1) as server:
        for _ in range(3):
            async with server.joined():
                pass
            await until(lambda: server.gateway.connections == 0)


@on_uvloop
async def test_a_ticket_that_was_used_or_is_not_ours_is_refused() -> None:
    async with served() as server:
        ticket = server.tickets.issue(ANNA)
        for tried, refused in ((ticket, False), (ticket, True), ("x" * 100, True)):
            async with server.connect() as client:
                await client.send(pack(MSGPACK, frame("join", ticket=tried)))
                answer = unpack(await client.recv())
                if refused:
                    assert answer == {"type": "error", "code": "bad_ticket", "text": errors.BAD_TICKET.text}
                    await closed(client, errors.BAD_TICKET)
                else:
                    assert answer == {"type": "halt"}


@pytest.mark.parametrize("size", [20_001, 65_536, 65_537, 1_000_000])
@on_uvloop
async def test_an_oversize_message_closes_its_own_socket_only(size: int) -> None:
    async with served() as server, server.joined() as anna, server.joined(ADA, "other") as ada:
        await ada.send(b"\xc0" * size)
        await ada.wait_closed()
        assert ada.close_code == errors.TOO_LARGE.code
        await until(lambda: server.room.left_by == ["other"])
        await anna.send(pack(MSGPACK, frame("say")))
        assert unpack(await anna.recv())["type"] == "event"


@on_uvloop
async def test_a_text_frame_on_a_messagepack_socket_is_an_error_and_garbage_without_end_closes() -> None:
    async with served() as server, server.joined() as anna, server.joined(ADA, "other") as ada:
        await ada.send("text")
        assert unpack(await ada.recv())["code"] == "wrong_codec"
        for _ in range(25):
            await ada.send(b"\xc1")
        await closed(ada, errors.BAD_FRAMES)
        await anna.send(pack(MSGPACK, frame("beat")))
        assert unpack(await anna.recv())["type"] == "beat"


@on_uvloop
async def test_no_join_in_time_and_silence_close() -> None:
    async with served(Limits(join_s_max=0.1, silent_s_max=0.3)) as server:
        async with server.connect() as stranger:
            await closed(stranger, errors.JOIN_LATE)
        async with server.joined(device="quiet") as quiet, server.joined(ADA, "beating") as beating:
            for _ in range(8):
                await asyncio.sleep(0.05)
                await beating.send(pack(MSGPACK, frame("beat")))
            await closed(quiet, errors.SILENT)
            await until(lambda: server.room.left_by == ["quiet"])


@on_uvloop
async def test_a_refused_join_and_another_screen_say_so_and_close() -> None:
    async with served() as server:
        for answer, said, reason in (
            (Refused("over", "Ended."), {"type": "error", "code": "over", "text": "Ended."}, errors.REFUSED),
            (Elsewhere(), {"type": "elsewhere"}, errors.ELSEWHERE),
        ):
            server.room.answer = answer
            async with server.connect() as client:
                await client.send(pack(MSGPACK, frame("join", ticket=server.tickets.issue(ANNA))))
                assert unpack(await client.recv()) == said
                await closed(client, reason)
        assert server.room.left_by == []


@pytest.mark.parametrize("on", [Join, Beat])
@on_uvloop
async def test_a_fault_of_ours_closes_that_socket_resumably_and_no_other(
    on: type, caplog: pytest.LogCaptureFixture
) -> None:
    async with served() as server, server.joined() as anna:
        server.room.fails_on = on
        async with server.connect() as ada:
            await ada.send(pack(MSGPACK, frame("join", ticket=server.tickets.issue(ADA))))
            await ada.send(pack(MSGPACK, frame("beat")))
            answer = unpack(await ada.recv())
            if on is Beat:
                answer = unpack(await ada.recv())
            assert answer == {"type": "error", "code": "failed", "text": errors.FAILED.text}
            await closed(ada, errors.FAILED)
        server.room.fails_on = None
        await anna.send(pack(MSGPACK, frame("beat")))
        assert unpack(await anna.recv())["type"] == "beat"
    assert not [record for record in caplog.records if record.name == "uvicorn.error" and record.exc_info]


@on_uvloop
async def test_hosting_closes_with_its_reason_behind_what_it_sent() -> None:
    async with served() as server, server.joined() as client:
        server.room.show("last words")
        server.room.close(errors.TAKEN_OVER)
        server.room.show("unheard")
        assert unpack(await client.recv())["event"]["text"] == "last words"
        await closed(client, errors.TAKEN_OVER)


@on_uvloop
async def test_a_client_that_goes_while_it_joins_is_left_at_once() -> None:
    async with served() as server:
        server.room.hold = asyncio.Event()
        client = await server.connect()
        await client.send(pack(MSGPACK, frame("join", ticket=server.tickets.issue(ANNA), device="gone")))
        await client.close()
        server.room.hold.set()
        await until(lambda: server.room.left_by == ["gone"])
        assert server.gateway.connections == 0


@on_uvloop
async def test_hosting_hears_whether_a_client_went_in_good_order() -> None:
    async with served() as server:
        async with server.joined(device="closed-the-page"):
            pass
        await until(lambda: server.room.left_by == ["closed-the-page"])
        async with server.joined(device="lost-its-line") as client:
            client.transport.abort()
            await until(lambda: len(server.room.left_by) == 2)
        async with server.joined(device="was-sent-away"):
            server.room.close(errors.TAKEN_OVER)
            await until(lambda: len(server.room.left_by) == 3)
    assert server.room.cleanly == [True, False, False]


@on_uvloop
async def test_stopping_sends_strangers_away_and_takes_nobody_in() -> None:
    async with served() as server, server.joined() as anna, server.connect() as stranger:
        server.gateway.stop()
        await closed(stranger, errors.RESTARTING)
        assert await status_of(server.connect()) == 503
        await anna.send(pack(MSGPACK, frame("beat")))
        assert unpack(await anna.recv())["type"] == "beat"


# Slow clients -----------------------------------------------------------------------------------------------


class NeverReads:
    """A raw socket that shakes hands, joins, and from then on reads nothing."""

    def __init__(self, server: Served) -> None:
        self._server = server
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        self.socket.setblocking(False)

    async def join(self, device: str) -> None:
        loop = asyncio.get_running_loop()
        await loop.sock_connect(self.socket, ("127.0.0.1", self._server.port))
        head = (
            f"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nOrigin: {ORIGIN}\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: {MSGPACK.subprotocol}\r\n\r\n"
        )
        await loop.sock_sendall(self.socket, head.encode())
        await loop.sock_recv(self.socket, 4_096)
        ticket = self._server.tickets.issue(ADA)
        await self.send(frame("join", ticket=ticket, device=device))
        await until(lambda: any(seat.device == device for seat in self._server.room.seats))

    async def send(self, value: object) -> None:
        payload = pack(MSGPACK, value)
        assert isinstance(payload, bytes)
        head = bytes([0x82, 0x80 | 126]) + struct.pack("!H", len(payload)) + bytes(4)
        await asyncio.get_running_loop().sock_sendall(self.socket, head + payload)

    async def is_cut(self) -> None:
        """Read what had been sent until the end of the connection."""
        loop = asyncio.get_running_loop()
        try:
            while await loop.sock_recv(self.socket, 1_000_000):
                pass
        except ConnectionResetError:
            return


def buffered(server: Served, device: str) -> int:
    """Bytes that wait for a client in this process: its backlog, and its transport's buffer."""
    for seat in server.room.seats:
        if seat.device == device:
            out: Any = seat.client
            return out._size + out._socket.transport.get_write_buffer_size()
    return 0


def fill(server: Served, enough: Any) -> int:
    """Show messages until so much waits; more than any kernel's buffers hold would be a fault."""
    for count in range(1, 12_000):
        server.room.show(f"{count:06}" + "x" * 900)
        if enough():
            return count
    raise AssertionError("a client that reads nothing is never slow")


@on_uvloop
async def test_a_client_that_never_reads_is_cut_and_costs_the_others_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlet, "LINGER_S_MAX", 0.3)
    text = "x" * 900
    async with served(FREE) as server, server.joined(device="reads") as reader:
        stuck = NeverReads(server)
        await stuck.join("stuck")
        most = 0
        for turn in range(600):
            for _ in range(20):
                server.room.show(text)
            most = max(most, buffered(server, "stuck"))
            for number in range(turn * 20, turn * 20 + 20):
                assert unpack(await reader.recv())["n"] == number + 1
        await until(lambda: server.room.left_by == ["stuck"])
        assert 500_000 < most < BACKLOG_BYTES_MAX + 300_000
        assert server.gateway._backlogs.bytes == 0
        assert server.gateway.connections == 1
        await stuck.is_cut()


@on_uvloop
async def test_a_client_that_takes_nothing_for_a_while_is_closed_though_its_backlog_is_small(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outlet, "LINGER_S_MAX", 0.2)
    monkeypatch.setattr(outlet, "SLOW_S_MAX", 0.5)
    async with served(FREE) as server:
        stuck = NeverReads(server)
        await stuck.join("stuck")
        out: Any = server.room.seats[0].client
        fill(server, lambda: out._writer is not None)
        server.room.show("one more")
        await stuck.send(frame("beat"))
        await until(lambda: server.room.left_by == ["stuck"])
        assert server.gateway._backlogs.bytes == 0
        await stuck.is_cut()


@on_uvloop
async def test_a_client_that_reads_late_gets_everything_in_order_and_its_writer_ends() -> None:
    async with served(FREE) as server:
        slow = NeverReads(server)
        await slow.join("slow")
        out: Any = server.room.seats[0].client
        count = fill(server, lambda: out._writer is not None and out._size >= 200_000)
        loop = asyncio.get_running_loop()
        read = bytearray()
        while f"{count:06}".encode() not in read[-1_200_000:]:
            read += await loop.sock_recv(slow.socket, 1_000_000)
        assert [int(number) for number in re.findall(rb"(\d{6})x", bytes(read))] == list(range(1, count + 1))
        await until(lambda: out._writer is None)
        assert (out._size, server.gateway._backlogs.bytes) == (0, 0)
        server.room.show("at once again")
        assert out._writer is None
        slow.socket.close()
        await until(lambda: server.room.left_by == ["slow"])


@on_uvloop
async def test_all_slow_clients_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlet, "LINGER_S_MAX", 0.2)
    async with served(FREE) as server:
        server.gateway._backlogs._bytes_max = 300_000
        stuck = [NeverReads(server) for _ in range(3)]
        for number, one in enumerate(stuck):
            await one.join(f"stuck{number}")
        for turn in range(12_000):
            server.room.show("x" * 900)
            if turn % 20 == 0:
                assert server.gateway._backlogs.bytes <= 300_000
                await asyncio.sleep(0)
        await until(lambda: len(server.room.left_by) >= 1)
        for one in stuck:
            one.socket.close()
        await until(lambda: server.gateway.connections == 0)
        assert server.gateway._backlogs.bytes == 0


@on_uvloop
async def test_a_thousand_strangers_leave_nothing_behind(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    async with served() as server:
        for _ in range(20):
            clients = await asyncio.gather(*(server.connect() for _ in range(50)))
            await asyncio.gather(*(client.send(os.urandom(30)) for client in clients))
            await asyncio.gather(*(client.wait_closed() for client in clients))
        await until(lambda: server.gateway.connections == 0)
        assert not server.gateway._unjoined
    assert not caplog.records
