"""Real peers over real sockets: aiortc offers, the relay answers, RTP goes from one to the other."""

from __future__ import annotations

import asyncio
import contextlib
import fractions
import os
import socket
import time
from collections.abc import AsyncIterator

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamTrack, VideoStreamTrack
from av import VideoFrame

from signalling.relay.port import LegId
from signalling.relay.relay import Relay
from tests.signalling.relay.peer import CERTIFICATE

WAIT_S = 20.0
"""For a call that stands in under a second on an idle machine."""


class SmallPicture(VideoStreamTrack):
    """160 by 120: encoding is not what is tested."""

    async def recv(self) -> VideoFrame:
        pts, base = await self.next_timestamp()
        frame = VideoFrame(160, 120, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes([pts // 3_000 % 256]) * plane.buffer_size)
        frame.pts, frame.time_base = pts, fractions.Fraction(base)
        return frame


@contextlib.asynccontextmanager
async def _serving(family: int, host: str) -> AsyncIterator[Relay]:
    """A relay on a socket: the shell that tests need."""
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.bind((host, 0))
    sock.setblocking(False)
    relay = Relay(certificate=CERTIFICATE, addresses=[sock.getsockname()[:2]], entropy=os.urandom)
    loop = asyncio.get_running_loop()

    def flush() -> None:
        for datagram, to in relay.outgoing():
            sock.sendto(datagram, to)

    def readable() -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                datagram, source = sock.recvfrom(2_048)
                relay.receive(datagram, source, time.monotonic())
        flush()

    async def ticks() -> None:
        while True:
            await asyncio.sleep(0.02)
            relay.tick(time.monotonic())
            flush()

    loop.add_reader(sock, readable)
    ticking = asyncio.create_task(ticks())
    try:
        yield relay
    finally:
        ticking.cancel()
        loop.remove_reader(sock)
        sock.close()


def _peer() -> RTCPeerConnection:
    return RTCPeerConnection(RTCConfiguration(iceServers=[]))


async def _publish(relay: Relay) -> RTCPeerConnection:
    peer = _peer()
    tracks: list[MediaStreamTrack] = [AudioStreamTrack(), SmallPicture()]
    for track in tracks:
        peer.addTransceiver(track, direction="sendonly")
    await peer.setLocalDescription(await peer.createOffer())
    answer = relay.publish(LegId("lesson", "teacher", 1), peer.localDescription.sdp, time.monotonic())
    await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    return peer


async def _watch(relay: Relay) -> tuple[RTCPeerConnection, list[MediaStreamTrack]]:
    peer = _peer()
    tracks: list[MediaStreamTrack] = []
    peer.on("track", tracks.append)
    for kind in ("audio", "video"):
        peer.addTransceiver(kind, direction="recvonly")
    await peer.setLocalDescription(await peer.createOffer())
    answer = relay.watch(LegId("lesson", "watch-1", 1), ["teacher"], peer.localDescription.sdp, time.monotonic())
    await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    return peer, tracks


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
async def test_aiortc_sees_and_hears_aiortc_through_the_relay(
    family: int, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # aioice leaves loopback out, and a machine under test may have nothing else.
    monkeypatch.setattr("aioice.ice.get_host_addresses", lambda use_ipv4, use_ipv6: [host])
    async with _serving(family, host) as relay, asyncio.timeout(WAIT_S):
        publisher = await _publish(relay)
        observer, tracks = await _watch(relay)
        frames = {track.kind: [await track.recv() for _ in range(3)] for track in tracks}
        assert set(frames) == {"audio", "video"}
        assert {(frame.width, frame.height) for frame in frames["video"]} == {(160, 120)}  # type: ignore[union-attr]
        view = relay.view("lesson", "teacher", time.monotonic())
        assert view is not None
        assert view.connected
        assert min(view.audio, view.video) >= 3
        await publisher.close()
        await observer.close()
        for _ in range(200):
            if not relay.size():
                break
            await asyncio.sleep(0.02)
        assert relay.size() == 0, "their goodbyes were understood"
