"""The relay as a whole server assembles it: its port in the answers, its absence in the welcome."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from typing import Any

import msgspec
import pytest
import websockets

from rooms.lesson import TEACHER as TEACHER_SIDE
from rooms.lesson import Actor, Role
from server.app import Serving, serving
from server.codec import JSON
from server.config import Config, ConfigError
from server.seat import Admission
from tests.api.service import NOW_OPEN, TEACHER, furnish
from tests.wire.clients import frame, pack, unpack

OFFER = Path(__file__).parents[1] / "signalling/relay/offers/chromium_publish.sdp"
WHO = Admission(NOW_OPEN, Actor(Role.TEACHER, TEACHER.id, TEACHER.name, TEACHER_SIDE))


async def asked(server: Serving, *frames: dict[str, Any], wanted: set[str]) -> list[dict[str, Any]]:
    """Join as the teacher, send these, and take the answers that are wanted."""
    await server.services.stores.write(lambda connection: furnish(connection, server.clock.now_ms()))
    url = server.base_url.replace("http", "ws") + "/ws"
    async with websockets.connect(url, subprotocols=[JSON.subprotocol], origin=server.services.config.url) as socket_:
        join = frame("join", ticket=server.services.tickets.issue(WHO), device="d", resume=None, take_over=False)
        for one in (join, *frames):
            await socket_.send(pack(JSON, one))
        got: list[dict[str, Any]] = []
        while len(got) < len(wanted):
            received = unpack(await socket_.recv())
            if received["type"] in wanted:
                got.append(received)
        return got


async def test_the_answer_names_the_port_that_was_taken_and_a_stop_lets_go_of_it(config: Config) -> None:
    on = msgspec.structs.replace(config, port=0, relay_addresses=("127.0.0.1",))
    async with serving(on) as server:
        port = server.services.config.relay_port
        leg = frame("leg", sdp=OFFER.read_text())
        welcome, answer = await asked(server, leg, wanted={"welcome", "leg_answer"})
        assert welcome["relay"] is True
        assert set(re.findall(r"a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host", answer["sdp"])) == {
            ("127.0.0.1", str(port))
        }
        with pytest.raises(ConfigError, match=f"UDP port {port} "):
            async with serving(msgspec.structs.replace(on, relay_port=port)):
                pass
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", port))


async def test_switched_off_the_welcome_says_so_and_a_leg_is_refused(config: Config) -> None:
    async with serving(msgspec.structs.replace(config, port=0)) as server:
        welcome, refused = await asked(server, frame("leg"), wanted={"welcome", "leg_refused"})
        assert (welcome["relay"], refused["code"]) == (False, "no_relay")
