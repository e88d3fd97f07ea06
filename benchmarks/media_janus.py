"""Debian's Janus with its VideoRoom, configured as it comes; asked over its WebSocket API."""

from __future__ import annotations

import itertools
import json
import shutil
import socket
import tempfile
import time
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

from benchmarks.media_peer import Peer

PROTOCOL = "janus-protocol"
HINT = "Janus is not installed (Debian: apt-get install janus): nothing stands beside ours"
LIBRARIES = Path("/usr/lib")
START_S, ANSWER_S = 15.0, 20.0


def janus_program() -> str | None:
    """Where it is, or None."""
    return shutil.which("janus")


class Janus:
    """How to start it, and how it is asked."""

    receivers_control = False

    def __init__(self, address: str, event_loops: int = 0) -> None:
        """Args: ``event_loops``: 0, as it comes, is a thread for each leg; else so many threads for all."""
        self.name = f"janus, {event_loops} loop" if event_loops else "janus"
        self._address = address
        self._loops = event_loops
        self._folder = tempfile.TemporaryDirectory(prefix="bench-janus-")
        self._numbers = itertools.count(1)
        self._rooms: set[int] = set()

    def command(self, port: int) -> list[str]:
        program = janus_program()
        assert program is not None
        folder = Path(self._folder.name)
        libraries = next(LIBRARIES.glob("*/janus"))
        nothing = folder / "nothing"
        nothing.mkdir(exist_ok=True)
        general = {
            "configs_folder": folder, "plugins_folder": libraries / "plugins",
            "transports_folder": libraries / "transports", "events_folder": nothing, "loggers_folder": nothing,
        }  # fmt: skip
        lines = ["general: {", *(f'{key} = "{value}"' for key, value in general.items())]
        lines += ["debug_level = 4", "session_timeout = 0"]
        if self._loops:
            lines.append(f"event_loops = {self._loops}")
        lines += ["}", 'nat: { ice_ignore_list = "vmnet" }']
        for what, wanted in (("plugins", "videoroom"), ("transports", "websockets")):
            others = (each.name for each in (libraries / what).glob("*.so") if wanted not in each.name)
            lines.append(f'{what}: {{ disable = "{",".join(others)}" }}')
        (folder / "janus.jcfg").write_text("\n".join(lines) + "\n")
        (folder / "janus.plugin.videoroom.jcfg").write_text("general: { }\n")
        sockets = ['json = "compact"', "ws = true", f"ws_port = {port}", 'ws_ip = "127.0.0.1"', "wss = false"]
        lines = ["general: {", *sockets, "}", "admin: { admin_ws = false }"]
        (folder / "janus.transport.websockets.jcfg").write_text("\n".join(lines) + "\n")
        return [program, "-F", str(folder), "-i", self._address, "--disable-colors"]

    def open(self, port: int) -> None:
        _listens(port)
        self._socket = connect(f"ws://127.0.0.1:{port}", subprotocols=[PROTOCOL], compression=None)  # type: ignore
        self._session = self._ask({"janus": "create"})["data"]["id"]
        self._rooms.clear()

    def close(self) -> None:
        self._socket.close()
        self._folder.cleanup()

    def publish(self, lesson: int, side: int, offer: str) -> str:
        handle = self._handle()
        if lesson not in self._rooms:
            self._rooms.add(lesson)
            self._room(handle, lesson)
        body = {"request": "joinandconfigure", "ptype": "publisher", "room": lesson + 1, "id": side + 1}
        return str(self._message(handle, body, {"type": "offer", "sdp": offer})["jsep"]["sdp"])

    def watch(self, lesson: int, who: str, sides: list[int], peer: Peer) -> None:
        handle = self._handle()
        streams = [{"feed": side + 1} for side in sides]
        body = {"request": "join", "ptype": "subscriber", "room": lesson + 1, "streams": streams}
        offer = self._message(handle, body)["jsep"]["sdp"]
        self._message(handle, {"request": "start"}, {"type": "answer", "sdp": peer.answer(offer)})

    def _room(self, handle: int, lesson: int) -> None:
        body = {"request": "create", "room": lesson + 1, "publishers": 8, "audiocodec": "opus", "videocodec": "vp8"}
        self._message(handle, body)

    def _handle(self) -> int:
        attach = {"janus": "attach", "plugin": "janus.plugin.videoroom", "session_id": self._session}
        return int(self._ask(attach)["data"]["id"])

    def _message(self, handle: int, body: dict[str, Any], jsep: dict[str, str] | None = None) -> dict[str, Any]:
        what = {"janus": "message", "session_id": self._session, "handle_id": handle, "body": body}
        if jsep is not None:
            what["jsep"] = jsep
        answer = self._ask(what)
        data = answer["plugindata"]["data"]
        if "error" in data:
            raise RuntimeError(f"janus: {data['error']}")
        return answer

    def _ask(self, what: dict[str, Any]) -> dict[str, Any]:
        name = f"t{next(self._numbers)}"
        self._socket.send(json.dumps({**what, "transaction": name}))
        while True:
            heard: dict[str, Any] = json.loads(self._socket.recv(ANSWER_S))
            if heard.get("transaction") != name or heard["janus"] == "ack":
                continue
            if heard["janus"] == "error":
                raise RuntimeError(f"janus: {heard['error']}")
            return heard


def _listens(port: int) -> None:
    """Wait for its WebSocket port."""
    ends = time.monotonic() + START_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if time.monotonic() > ends:
                raise TimeoutError("janus did not start") from None
            time.sleep(0.05)
        else:
            return
