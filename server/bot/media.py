"""The bot's media: a link to each peer that the server names, and a leg to the server's relay where there is one.

Negotiation is docs/protocol.md's: the impolite side offers once, the polite side answers, a new generation is a new
peer connection. All of it happens in one task, in the order in which the server sent it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiortc import RTCSessionDescription
from aiortc.sdp import candidate_from_sdp

from server.bot.connection import Connection, Counts

Send = Callable[..., Awaitable[bool]]

WORK_MAX: Final = 500
"""Frames that wait to be negotiated; a server sends no more than a hundred signals at once."""
SIZE: Final = (480, 360)
LEG_SIZE: Final = (240, 180)
"""The leg is half size (docs/architecture.md)."""
LEGS_MAX: Final = 20
"""Of one socket. A relay that takes none is left alone after that."""


LEG_S_MIN: Final = 4.0
"""Between two: the server takes one in 2 s."""


class Link:
    """One generation of media with one peer."""

    def __init__(self, peer: dict[str, Any], connection: Connection, send: Send) -> None:
        self.side = str(peer["side"])
        self.name = str(peer["name"])
        self.generation = int(peer["generation"])
        self.polite = bool(peer["polite"])
        self.connection = connection
        self._send = send
        self._ufrag = ""
        self.worn_out = False
        """The peer wants what aiortc cannot do (an ICE restart): only a new generation helps."""

    async def offer(self) -> None:
        """The impolite side begins."""
        pc = self.connection.pc
        await pc.setLocalDescription(await pc.createOffer())
        self.connection.still_cut()
        await self._describe()

    async def receive(self, body: dict[str, Any]) -> None:
        """A description or a candidate of the peer's."""
        pc = self.connection.pc
        if pc.connectionState == "closed":
            return
        if body["kind"] == "candidate":
            await self._candidate(body)
        elif body["sdp_type"] == "answer" and pc.signalingState == "have-local-offer":
            await pc.setRemoteDescription(RTCSessionDescription(body["sdp"], "answer"))
        elif body["sdp_type"] == "offer" and pc.signalingState == "stable":
            ufrag = _ufrag(body["sdp"])
            if self._ufrag not in ("", ufrag) or not self.polite:
                self.worn_out = True
                return
            self._ufrag = ufrag
            await pc.setRemoteDescription(RTCSessionDescription(body["sdp"], "offer"))
            for transceiver in pc.getTransceivers():
                transceiver.direction = "sendrecv"
            await pc.setLocalDescription(await pc.createAnswer())
            self.connection.still_cut()
            await self._describe()

    async def _candidate(self, body: dict[str, Any]) -> None:
        if not body["candidate"]:
            return
        candidate = candidate_from_sdp(body["candidate"].removeprefix("candidate:"))
        candidate.sdpMid, candidate.sdpMLineIndex = body["sdp_mid"], body["sdp_m_line_index"]
        await self.connection.pc.addIceCandidate(candidate)

    async def _describe(self) -> None:
        local = self.connection.pc.localDescription
        body = {"kind": "description", "sdp_type": local.type, "sdp": local.sdp}
        await self._send("signal", to=self.side, generation=self.generation, body=body)


class Media:
    """All media of one device."""

    def __init__(self, send: Send, changed: Callable[[], None], note: Callable[[str], None]) -> None:
        """Nothing is open.

        Args:
            send: sends a frame of this type with these fields, if the line is up.
            changed: called when a connection's state has.
            note: told, in a sentence, of what could not be used.
        """
        self._send = send
        self._changed = changed
        self._note = note
        self._work: asyncio.Queue[dict[str, Any]] = asyncio.Queue(WORK_MAX)
        self._ice_servers: list[dict[str, Any]] = []
        self._links: dict[str, Link] = {}
        self._leg: Connection | None = None
        self._n = 0
        """Counts this device's legs."""
        self._legs_left = 0
        self._leg_at = 0.0
        self._camera = self._microphone = "on"
        self._cut = False
        self.halted = False
        """The server stopped all media."""

    @property
    def links(self) -> list[Link]:
        """To each peer."""
        return list(self._links.values())

    @property
    def connected(self) -> bool:
        """Whether one of the peers is connected."""
        return any(link.connection.connected for link in self._links.values())

    @property
    def stuck(self) -> bool:
        """A link is broken for good, and the cable is in: only another generation helps."""
        return not self._cut and any(link.worn_out or link.connection.broken for link in self._links.values())

    @property
    def leg_connected(self) -> bool:
        """Whether the leg to the relay is."""
        return self._leg is not None and self._leg.connected

    def heard(self, frame: dict[str, Any]) -> None:
        """Take a frame that is about media; `run` does what it asks for."""
        self.halted = self.halted or frame["type"] == "halt"
        self._work.put_nowait(frame)

    async def run(self) -> None:
        """Negotiate, one frame after the other, until cancelled."""
        while True:
            frame = await self._work.get()
            try:
                await self._do(frame)
            except Exception as problem:  # the server passes on what the other side wrote, unread
                self._note(f"A {frame['type']} frame could not be used: {type(problem).__name__}: {problem}")

    async def _do(self, frame: dict[str, Any]) -> None:
        match frame:
            case {"type": "halt"}:
                await self.close()
            case _ if self.halted:
                pass
            case {"type": "welcome"}:
                self._ice_servers = list(frame["ice_servers"])
                self._legs_left = LEGS_MAX if frame.get("relay") else 0
                if not self.leg_connected:
                    await self._open_leg()
            case {"type": "peers", "peers": peers}:
                await self._peers(peers)
            case {"type": "signal", "sender": side, "generation": generation, "body": body}:
                link = self._links.get(side)
                if link is not None and link.generation == generation:
                    await link.receive(body)
                    self._changed()
            case _:
                await self._leg_frame(frame)

    async def _leg_frame(self, frame: dict[str, Any]) -> None:
        leg = self._leg
        match frame:
            case {"type": "leg_answer", "n": n, "sdp": sdp} if n == self._n and leg is not None:
                if leg.pc.signalingState == "have-local-offer":
                    await leg.pc.setRemoteDescription(RTCSessionDescription(sdp, "answer"))
            case {"type": "leg_refused", "n": n, "text": text} if n == self._n:
                self._note(f"No leg to the relay: {text}")
                self._legs_left = 0
                await self._close_leg()
            case {"type": "mend"} if leg is not None and leg.broken and not self._cut:
                await self._open_leg()

    async def _peers(self, peers: list[dict[str, Any]]) -> None:
        wanted = {peer["side"]: peer for peer in peers}
        for side, link in list(self._links.items()):
            if wanted.get(side, {}).get("generation") != link.generation:
                del self._links[side]
                await link.connection.close()
        for side, peer in wanted.items():
            if side not in self._links:
                link = Link(peer, self._connection("sendrecv", SIZE), self._send)
                self._links[side] = link
                if not link.polite:
                    await link.offer()
        self._changed()

    async def _open_leg(self) -> None:
        """A leg from the start, watched or not."""
        await self._close_leg()
        if self._legs_left == 0:
            return
        self._legs_left -= 1
        self._n += 1
        self._leg_at = time.monotonic()
        self._leg = leg = self._connection("sendonly", LEG_SIZE)
        await leg.pc.setLocalDescription(await leg.pc.createOffer())
        leg.still_cut()
        await self._send("leg", n=self._n, sdp=leg.pc.localDescription.sdp)

    async def _close_leg(self) -> None:
        if self._leg is not None:
            leg, self._leg = self._leg, None
            await leg.close()

    def mend(self) -> None:
        """Once a second: open another leg in place of a broken one."""
        old = time.monotonic() - self._leg_at > LEG_S_MIN
        if self._leg is not None and self._leg.broken and old and self._work.empty():
            self.heard({"type": "mend"})

    def _connection(self, direction: str, size: tuple[int, int]) -> Connection:
        servers = self._ice_servers if direction == "sendrecv" else []
        made = Connection(servers, self._changed, direction=direction, size=size)
        made.show(camera=self._camera == "on", microphone=self._microphone == "on")
        if self._cut:
            made.cut(True)
        return made

    def devices(self, *, camera: str | None = None, microphone: str | None = None) -> None:
        """Say how camera and microphone are, in the report's words (``on``, ``off``, ``ended``…), and act so."""
        self._camera = camera or self._camera
        self._microphone = microphone or self._microphone
        for connection in self._connections():
            connection.show(camera=self._camera == "on", microphone=self._microphone == "on")

    def cut(self, on: bool) -> None:
        """The cable is out for all media, or in again."""
        self._cut = on
        for connection in self._connections():
            connection.cut(on)

    async def counts(self) -> Counts:
        """Of the links together; the leg is no peer."""
        together = Counts()
        for link in self.links:
            together.add(await link.connection.counts())
        return together

    async def report(self) -> dict[str, Any]:
        """The report's fields, of this second."""
        counts = await self.counts()
        return {
            "camera": self._camera,
            "microphone": self._microphone,
            "sent": counts.sent,
            "received": counts.received,
            "frames": counts.frames,
            "lost_permille": counts.lost_permille,
            "rtt_ms": counts.rtt_ms,
            "connected": self.connected,
        }

    async def close(self) -> None:
        """Hang up everywhere."""
        links, self._links = self._links, {}
        for link in links.values():
            await link.connection.close()
        await self._close_leg()

    def _connections(self) -> list[Connection]:
        legs = [] if self._leg is None else [self._leg]
        return [link.connection for link in self._links.values()] + legs


def _ufrag(sdp: str) -> str:
    """The ICE username fragment, which a restart changes (RFC 8445, 9)."""
    return next((line for line in sdp.splitlines() if line.startswith("a=ice-ufrag:")), "")
