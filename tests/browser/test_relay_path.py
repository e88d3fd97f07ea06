"""Two sides that cannot reach each other meet through the relay, and go back to one another when they can."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.browser.chromium import until
from tests.browser.house import Seated, house
from tests.browser.shown import WAY_S, by, seen

RELAY = {"relay_addresses": ("127.0.0.1",), "starts_in_s": 600}

APART = """
window.__apart = true;
const Whole = window.RTCPeerConnection;
const leg = (sdp) => sdp.includes('a=ice-lite');
window.RTCPeerConnection = class extends Whole {
    async addIceCandidate(candidate) { if (!window.__apart) await super.addIceCandidate(candidate); }
    async setRemoteDescription(given) {
        const apart = window.__apart && !leg(given.sdp);
        const sdp = apart ? given.sdp.replace(/^a=candidate.*\\r?\\n/gm, '') : given.sdp;
        await super.setRemoteDescription({type: given.type, sdp});
    }
};
"""
"""The two browsers never learn each other's addresses; the relay's they do. Runs before the statistics' own script."""


@pytest.mark.alone
async def test_two_who_cannot_reach_each_other_meet_through_the_relay_and_go_back_when_they_can(
    browser: Browser, tmp_path: Path
) -> None:
    async with house(browser, tmp_path, **RELAY) as home:
        home.scripts.insert(0, APART)
        teacher, family = await home.teacher(), await home.family()
        people = (teacher, family)
        for seated in people:
            assert (await by(seated, "relay"))["direct"] != "connected"
        await teacher.page.get_by_role("button", name="Start now").click(timeout=WAY_S * 1_000)
        for seated in people:
            await seated.sees("live", seconds=WAY_S)

            async def whole(seated: Seated = seated) -> bool:
                now = await seen(seated)
                return bool(now["width"] == now["sends"] == 1280)

            await until("whole pictures both ways", whole, WAY_S)

        for seated in people:
            await seated.page.evaluate("window.__apart = false")
        await teacher.page.evaluate(
            "window.__pcs.filter((pc) => pc.getTransceivers().some(({direction}) => direction === 'sendrecv'))"
            ".forEach((pc) => pc.connectionState === 'closed' || pc.restartIce())"
        )
        for seated in people:
            await by(seated, "direct")

            async def small(seated: Seated = seated) -> bool:
                now = await seen(seated)
                return bool(now["legs"] == 0 and 0 < now["sends"] <= 640)

            await until("a small leg again, and none that receives", small, WAY_S)
            assert await seated.state() == "live"
