"""Refused handshakes are in the log as a number, not as lines."""

from __future__ import annotations

import asyncio
from typing import Any

from structlog.testing import capture_logs

from server.app import Dispatch
from server.gateway import Gateway
from server.turned_away import EVERY_S
from tests.virtual_loop import VirtualLoop
from tests.wire.served import ORIGIN, PlainRoom

FLOOD = 500


def handshake(path: str = "/ws", origin: str = ORIGIN, protocol: str = "") -> dict[str, Any]:
    return {
        "type": "websocket",
        "path": path,
        "headers": [(b"origin", origin.encode())],
        "subprotocols": [protocol],
        "client": ("192.0.2.1", 40_000),
    }


def lines(*seconds: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a second of these handshakes after another leaves in the log."""

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(_: Any) -> None:
        pass

    async def run() -> None:
        gateway = Gateway(PlainRoom(), object(), frozenset({ORIGIN}))  # type: ignore[arg-type]  # nobody gets to a ticket
        dispatch = Dispatch(object(), gateway, object())  # type: ignore[arg-type]  # no HTTP here
        for second in seconds:
            for scope in second:
                await dispatch(scope, receive, send)
            await asyncio.sleep(EVERY_S + 0.1)

    with capture_logs() as logged, asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(run())
    return [line for line in logged if line["event"] == "sockets refused"]


def test_a_flood_is_one_line_a_second_with_its_count() -> None:
    foreign = handshake(origin="https://evil.example/?token=SECRET")
    first, second = lines([foreign] * FLOOD + [handshake()], [foreign])
    assert (first["count"], first["by_status"]) == (FLOOD + 1, {"400": 1, "403": FLOOD})
    assert second["count"] == 1
    assert "evil" not in repr(first)
    assert "192.0.2.1" not in repr(first)


def test_a_socket_asked_for_elsewhere_counts_too_and_silence_writes_nothing() -> None:
    (line,) = lines([], [handshake(path="/api/SECRET")], [])
    assert line["by_status"] == {"403": 1}
    assert "SECRET" not in repr(line)
