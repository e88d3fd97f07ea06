"""One peer connection of the bot, whoever is at its far end: what it sends, what it counts, and how it is cut."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCRtpTransceiver,
)
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from server.bot.tracks import Picture, Scale

CLOSE_S_MAX: Final = 5.0
"""For a peer connection to close; aiortc waits for its tasks."""
PERMILLE_OF_FRACTION: Final = 1_000 / 256
"""RTCP counts the fraction lost in 256ths (RFC 3550, 6.4.1), and aiortc hands that on."""
RTT_MS_MAX: Final = 60_000
KINDS: Final = ("audio", "video")
NAMES: Final = {"audio": "microphone", "video": "camera"}


@dataclass
class Counts:
    """What one connection, or several together, sent and received so far."""

    sent: int = 0
    received: int = 0
    frames: int = 0
    """Pictures decoded."""
    sounds: int = 0
    """Pieces of sound decoded; the report has no place for it."""
    lost_permille: int = 0
    rtt_ms: int = 0

    def add(self, other: Counts) -> None:
        """Counters add up, of the rest the worst."""
        self.sent += other.sent
        self.received += other.received
        self.frames += other.frames
        self.sounds += other.sounds
        self.lost_permille = max(self.lost_permille, other.lost_permille)
        self.rtt_ms = max(self.rtt_ms, other.rtt_ms)


class Connection:
    """An audio and a video section, in this order, VP8 and Opus; the bot's picture and sound in them."""

    def __init__(
        self,
        ice_servers: Sequence[dict[str, Any]],
        changed: Callable[[], None],
        *,
        direction: str,
        size: tuple[int, int],
    ) -> None:
        """Open it; nothing is negotiated yet.

        Args:
            ice_servers: as the welcome has them; aiortc's own default would ask a stranger.
            changed: called when its state has.
            direction: of both sections, ``sendrecv`` or ``sendonly``.
            size: of the picture.
        """
        servers = [
            RTCIceServer(list(one["urls"]), username=one.get("username"), credential=one.get("credential"))
            for one in ice_servers
        ]
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=servers, bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._own: dict[str, MediaStreamTrack] = {"audio": Scale(), "video": Picture(*size)}
        self._on = dict.fromkeys(KINDS, True)
        self._tasks: set[asyncio.Task[None]] = set()
        self._frames = self._sounds = 0
        self._is_cut = False
        self.pc.on("track", self._arrived)
        self.pc.on("connectionstatechange", changed)
        for kind in KINDS:
            transceiver = self.pc.addTransceiver(self._own[kind], direction=direction)
            if kind == "video":
                # Without retransmission of its own: aiortc would count that in place of the stream itself.
                _vp8_alone(transceiver)

    @property
    def connected(self) -> bool:
        """As WebRTC has it; a cut shows in it only after half a minute, as consent expires."""
        return bool(self.pc.connectionState == "connected")

    @property
    def broken(self) -> bool:
        """It will not connect any more: aiortc cannot restart ICE."""
        return self.pc.connectionState in ("failed", "closed")

    def show(self, *, camera: bool, microphone: bool) -> None:
        """Send picture and sound, or nothing in their place."""
        self._on = {"audio": microphone, "video": camera}
        for transceiver in self.pc.getTransceivers():
            kind = transceiver.kind
            transceiver.sender.replaceTrack(self._own[kind] if self._on[kind] else None)

    def cut(self, on: bool) -> None:
        """Nothing goes out and nothing comes in, as with the cable out; neither end is told. Or in again.

        aiortc and aioice (as pinned) have no public name for the sockets below: these are their attributes.
        """
        self._is_cut = on
        for transport in {transceiver.sender.transport.transport for transceiver in self.pc.getTransceivers()}:
            for protocol in transport._connection._protocols:
                whole = protocol.transport
                if on and not isinstance(whole, _Nowhere):
                    protocol.transport = _Nowhere(whole)  # type: ignore[assignment]
                    protocol.datagram_received = _unheard  # type: ignore[method-assign, assignment]
                elif not on and isinstance(whole, _Nowhere):
                    protocol.transport = whole.whole
                    del protocol.datagram_received

    def still_cut(self) -> None:
        """Sockets are made by the negotiation: one that was made while the cable is out is cut, too."""
        if self._is_cut:
            self.cut(True)

    async def counts(self) -> Counts:
        """From aiortc's statistics; decoded frames are our own count, which these lack."""
        counts = Counts(frames=self._frames, sounds=self._sounds)
        if self.pc.connectionState == "closed":
            return counts
        for row in (await self.pc.getStats()).values():
            if row.type == "outbound-rtp":
                counts.sent += row.packetsSent
            elif row.type == "inbound-rtp":
                counts.received += row.packetsReceived
            elif row.type == "remote-inbound-rtp":
                lost = round((row.fractionLost or 0) * PERMILLE_OF_FRACTION)
                counts.lost_permille = max(counts.lost_permille, min(1_000, lost))
                rtt_ms = round((row.roundTripTime or 0) * 1_000)
                counts.rtt_ms = max(counts.rtt_ms, min(RTT_MS_MAX, max(0, rtt_ms)))
        return counts

    async def close(self) -> None:
        """Hang up; nothing of it runs on."""
        for track in self._own.values():
            track.stop()
        with contextlib.suppress(TimeoutError):
            # Not `wait_for`: Python 3.11's forgets a cancellation that comes as the wait ends.
            async with asyncio.timeout(CLOSE_S_MAX):
                await self.pc.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _arrived(self, track: MediaStreamTrack) -> None:
        self._spawn(self._count(track))

    async def _count(self, track: MediaStreamTrack) -> None:
        """Decode what comes in, so that it can be counted, and let it go."""
        with contextlib.suppress(MediaStreamError):  # how a track of aiortc's ends
            while True:
                await track.recv()
                if track.kind == "video":
                    self._frames += 1
                else:
                    self._sounds += 1

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Nowhere:
    """A datagram transport with its cable out."""

    def __init__(self, whole: asyncio.DatagramTransport) -> None:
        self.whole = whole

    def sendto(self, data: bytes, addr: object = None) -> None:
        """Lost."""

    def __getattr__(self, name: str) -> object:
        return getattr(self.whole, name)


def _unheard(data: bytes, addr: object) -> None:
    """A datagram that did not arrive."""


def _vp8_alone(transceiver: RTCRtpTransceiver) -> None:
    able = RTCRtpReceiver.getCapabilities("video")
    assert able is not None  # noqa: S101 - aiortc knows "video"
    transceiver.setCodecPreferences([codec for codec in able.codecs if codec.mimeType == "video/VP8"])
