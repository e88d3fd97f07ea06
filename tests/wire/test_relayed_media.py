"""Media through the product's own relay: real uvicorn, real UDP, and peers that share no code with it (aiortc)."""

from __future__ import annotations

import asyncio
import fractions
from pathlib import Path
from typing import Any

import av
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamTrack
from aiortc.sdp import SessionDescription

from rooms.lesson import Actor, Role
from server.codec import JSON, MSGPACK
from server.connection import Limits
from server.seat import Admission
from tests.wire.product import Browser, product
from tests.wire.served import ADA, ANNA, Served, on_uvloop

MO = Admission("l", Actor(Role.MANAGER, "mo", "Mo"))
FRAME_S = 1 / 15
WIDTHS = {"teacher": 160, "sam": 320}
"""Each side's picture has a width of its own: so a picture tells whose it is."""


class Picture(MediaStreamTrack):
    """A grey picture, 15 times a second."""

    kind = "video"

    def __init__(self, width: int) -> None:
        super().__init__()
        self._width = width
        self._at = 0

    async def recv(self) -> av.VideoFrame:
        await asyncio.sleep(FRAME_S)
        self._at += 1
        frame = av.VideoFrame(self._width, 120, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes([self._at % 200]) * plane.buffer_size)
        frame.pts, frame.time_base = self._at * 6_000, fractions.Fraction(1, 90_000)
        return frame


def peer() -> RTCPeerConnection:
    # By its own default aiortc leaves a second picture on a transport that the bundle has given up.
    return RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))


async def negotiate(browser: Browser, pc: RTCPeerConnection, n: int = 1) -> dict[str, Any]:
    """Offer this page's leg; what it was answered."""
    await pc.setLocalDescription(await pc.createOffer())
    await browser.send("leg", n=n, sdp=pc.localDescription.sdp)
    got = await browser.receive("leg_answer", "leg_refused")
    assert got["n"] == n
    if got["type"] == "leg_answer":
        await pc.setRemoteDescription(RTCSessionDescription(got["sdp"], "answer"))
    return got


async def sending(browser: Browser, side: str) -> RTCPeerConnection:
    """A participant's leg: sound and picture, from the start."""
    pc = peer()
    pc.addTransceiver(AudioStreamTrack(), direction="sendonly")
    pc.addTransceiver(Picture(WIDTHS[side]), direction="sendonly")
    assert (await negotiate(browser, pc))["type"] == "leg_answer"
    return pc


async def receiving(browser: Browser) -> tuple[RTCPeerConnection, dict[str, MediaStreamTrack]]:
    """An observer's leg, and its tracks: named as the answer says whose they are, ``SIDE SIDE-KIND``."""
    pc = peer()
    for _ in WIDTHS:
        pc.addTransceiver("audio", direction="recvonly")
        pc.addTransceiver("video", direction="recvonly")
    sections = SessionDescription.parse((await negotiate(browser, pc))["sdp"]).media
    tracks = [transceiver.receiver.track for transceiver in pc.getTransceivers()]
    return pc, dict(zip([section.msid for section in sections], tracks, strict=True))


async def joined(server: Served, admission: Admission) -> Browser:
    browser = Browser(server, admission, JSON if admission is ADA else MSGPACK)
    assert (await browser.join())["relay"] is True
    return browser


async def until_closed(pc: RTCPeerConnection) -> None:
    """The relay said goodbye: nobody waits for consent to expire."""
    closed = asyncio.Event()

    def look() -> None:
        if pc.connectionState in ("closed", "failed"):
            closed.set()

    pc.on("connectionstatechange", look)
    look()
    await closed.wait()


@on_uvloop
async def test_what_each_side_sends_reaches_an_observer_until_halt(tmp_path: Path) -> None:
    async with product(tmp_path, "127.0.0.1") as server:
        anna, ada = await joined(server, ANNA), await joined(server, ADA)
        legs = [await sending(anna, "teacher"), await sending(ada, "sam")]
        mo = await joined(server, MO)
        watching, tracks = await receiving(mo)
        assert set(tracks) == {f"{side} {side}-{kind}" for side in WIDTHS for kind in ("audio", "video")}
        for side, width in WIDTHS.items():
            assert (await tracks[f"{side} {side}-video"].recv()).width == width
            assert (await tracks[f"{side} {side}-audio"].recv()).sample_rate == 48_000
            view = server.relay.view("l", side)
            assert view.connected
            assert min(view.audio, view.video) > 0
        # A manager comes and goes: the sides' legs stay.
        await watching.close()
        await mo.socket.close()
        again = await joined(server, MO)
        watching, tracks = await receiving(again)
        assert (await tracks["sam sam-video"].recv()).width == WIDTHS["sam"]
        await again.send("end", action="a1", because=None)
        for browser in (anna, ada, again):
            await browser.receive("halt")
        assert [server.relay.view("l", side) for side in WIDTHS] == [None, None]
        for pc in (*legs, watching):
            await until_closed(pc)
            await pc.close()
        await again.send("leg", n=2, sdp="v=0\r\n")
        assert (await again.receive("leg_refused"))["code"] == "over"


@on_uvloop
async def test_offers_that_are_none_cost_nobody_else_anything(tmp_path: Path) -> None:
    async with product(tmp_path, "127.0.0.1") as server:
        anna, ada = await joined(server, ANNA), await joined(server, ADA)
        leg = await sending(anna, "teacher")
        refused = []
        for n, sdp in enumerate(["", "v=0\r\n", "m=audio\r\n" * 1_000, "v=0\r\n" + "a" * 17_000, "v=0\r\nÿ"]):
            await ada.send("leg", n=n, sdp=sdp)
            got = await ada.receive("leg_refused")
            assert got["text"]
            refused.append(got["code"])
        assert refused == ["bad_offer", "bad_offer", "bad_offer", "too_long", "bad_offer"]
        codes = []
        for n in range(9, 9 + int(Limits().leg.burst)):
            await ada.send("leg", n=n, sdp="v=0\r\n")
            codes.append((await ada.receive("leg_refused"))["code"])
        assert codes[-1] == "too_fast"
        await ada.send("say", action="s1", text="Still here")
        assert (await ada.receive("ack"))["ok"]
        mo = await joined(server, MO)
        watching, tracks = await receiving(mo)
        assert (await tracks["teacher teacher-video"].recv()).width == WIDTHS["teacher"]
        await watching.close()
        await leg.close()
