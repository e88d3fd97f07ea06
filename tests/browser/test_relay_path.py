"""Two sides that cannot reach each other meet through the relay, and go back to one another when they can."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.async_api import Browser

from tests.browser.chromium import until
from tests.browser.house import Seated, house

RELAY = {"relay_addresses": ("127.0.0.1",), "starts_in_s": 600}
WAIT_S = 90
"""For a path to change: 8 or 10 s of the server's own, and a slow machine's pages."""

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

SEEN = """async () => {
    const video = document.querySelector('.stage video');
    const shown = video?.srcObject?.getVideoTracks()[0]?.id ?? '';
    const seen = {width: video?.videoWidth ?? 0, way: '', frames: 0, sound: 0, direct: '', sends: 0, legs: 0, small: 0};
    for (const pc of window.__pcs) {
        if (pc.connectionState === 'closed') continue;
        const ways = new Set(pc.getTransceivers().map(({direction}) => direction));
        const direct = ways.has('sendrecv');
        if (direct) seen.direct = pc.connectionState;
        if (ways.has('recvonly')) seen.legs += 1;
        for (const row of (await pc.getStats()).values()) {
            if (row.type === 'outbound-rtp' && row.kind === 'video' && !direct) seen.sends = row.frameWidth ?? 0;
            if (row.type !== 'inbound-rtp') continue;
            if (row.kind === 'video' && row.trackIdentifier === shown) {
                seen.way = direct ? 'direct' : 'relay';
                seen.frames = row.framesDecoded ?? 0;
            }
            if (row.kind === 'audio') seen.sound += row.packetsReceived ?? 0;
        }
    }
    return seen;
}"""


async def _seen(seated: Seated) -> dict[str, Any]:
    """What the picture on the stage comes by, how large it is, and what this page sends to the relay."""
    found: dict[str, Any] = await seated.page.evaluate(SEEN)
    return found


async def _by(seated: Seated, way: str) -> dict[str, Any]:
    """Wait until the other side's picture and sound come this way, anew."""
    before = await _seen(seated)

    async def there() -> dict[str, Any] | None:
        now = await _seen(seated)
        begun = before["frames"] if before["way"] == way else 0
        come = now["way"] == way and now["frames"] > begun + 5 and now["sound"] > before["sound"] + 5
        return now if come and now["width"] > 0 else None

    try:
        found: dict[str, Any] = await until(f"the picture by the {way} way", there, WAIT_S)
    except AssertionError as error:
        raise AssertionError(f"{error}; it is {await _seen(seated)}") from None
    return found


async def test_two_who_cannot_reach_each_other_meet_through_the_relay_and_go_back_when_they_can(
    browser: Browser, tmp_path: Path
) -> None:
    async with house(browser, tmp_path, **RELAY) as home:
        home.scripts.insert(0, APART)
        teacher, family = await home.teacher(), await home.family()
        people = (teacher, family)
        for seated in people:
            seen = await _by(seated, "relay")
            assert seen["direct"] != "connected"
        await teacher.page.get_by_role("button", name="Start now").click(timeout=WAIT_S * 1_000)
        for seated in people:
            await seated.sees("live", seconds=WAIT_S)

            async def whole(seated: Seated = seated) -> bool:
                now = await _seen(seated)
                return bool(now["width"] == now["sends"] == 1280)

            await until("whole pictures both ways", whole, WAIT_S)

        for seated in people:
            await seated.page.evaluate("window.__apart = false")
        await teacher.page.evaluate(
            "window.__pcs.filter((pc) => pc.getTransceivers().some(({direction}) => direction === 'sendrecv'))"
            ".forEach((pc) => pc.connectionState === 'closed' || pc.restartIce())"
        )
        for seated in people:
            await _by(seated, "direct")

            async def small(seated: Seated = seated) -> bool:
                now = await _seen(seated)
                return bool(now["legs"] == 0 and 0 < now["sends"] <= 640)

            await until("a small leg again, and none that receives", small, WAIT_S)
            assert await seated.state() == "live"
