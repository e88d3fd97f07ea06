"""Our relay in a process of its own: the real socket and core, and a WebSocket on which legs are asked for."""

from __future__ import annotations

import datetime
import json
import socket
import sys
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.sync.client import connect

from benchmarks.media_peer import Peer
from server.entropy import EntropyPool
from server.relay_socket import RelaySocket
from signalling.relay.dtls import Certificate
from signalling.relay.port import LegId, Refused
from signalling.relay.relay import Relay


async def hold(port: int, address: str) -> None:
    """Serve until ended."""
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for direction in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        one.setsockopt(socket.SOL_SOCKET, direction, 4 << 20)
    one.bind((address, 0))
    certificate = Certificate(datetime.datetime.now(datetime.UTC))
    core = Relay(certificate=certificate, addresses=[one.getsockname()], entropy=EntropyPool())
    relay = RelaySocket(core, [one])
    epochs = iter(range(1, 1 << 30))

    async def ask(connection: ServerConnection) -> None:
        async for text in connection:
            asked: dict[str, Any] = json.loads(text)
            leg = LegId(asked["lesson"], asked["who"], next(epochs))
            try:
                if asked["sides"]:
                    answer = await relay.watch(leg, asked["sides"], asked["sdp"])
                else:
                    answer = await relay.publish(leg, asked["sdp"])
            except Refused as refused:
                answer = f"refused: {refused.code}"
            await connection.send(json.dumps({"sdp": answer}))

    async with serve(ask, "127.0.0.1", port, compression=None) as server:
        await server.serve_forever()


class Ours:
    """How to start it, and how it is asked."""

    name = "ours"
    receivers_control = True

    def __init__(self, address: str) -> None:
        self._address = address

    def command(self, port: int) -> list[str]:
        return [sys.executable, "-m", "benchmarks.media_ours", str(port), self._address]

    def open(self, port: int) -> None:
        self._socket = connect(f"ws://127.0.0.1:{port}", compression=None)

    def close(self) -> None:
        self._socket.close()

    def publish(self, lesson: int, side: int, offer: str) -> str:
        return self._ask({"lesson": f"l{lesson}", "who": f"s{side}", "sides": [], "sdp": offer})

    def watch(self, lesson: int, who: str, sides: list[int], peer: Peer) -> None:
        names = [f"s{side}" for side in sides]
        offer = peer.offer(len(sides))
        peer.take(self._ask({"lesson": f"l{lesson}", "who": f"watch-{who}", "sides": names, "sdp": offer}))

    def _ask(self, what: dict[str, Any]) -> str:
        self._socket.send(json.dumps(what))
        answer: str = json.loads(self._socket.recv())["sdp"]
        if answer.startswith("refused"):
            raise RuntimeError(answer)
        return answer


if __name__ == "__main__":
    import uvloop

    uvloop.run(hold(int(sys.argv[1]), sys.argv[2]))
