"""What the picture on the stage comes by: straight from the other browser, or through the relay."""

from __future__ import annotations

from typing import Any

from tests.browser.chromium import until
from tests.browser.house import Seated

WAY_S = 90
"""For a path to change: 8 or 10 s of the server's own, and a slow machine's pages."""

SEEN = """async () => {
    const video = document.querySelector('.stage video');
    const shown = video?.srcObject?.getVideoTracks()[0]?.id ?? '';
    const seen = {width: video?.videoWidth ?? 0, way: '', frames: 0, sound: 0, direct: '', sends: 0, legs: 0,
        ready: video?.readyState ?? 0, paused: video?.paused ?? true};
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


async def seen(seated: Seated) -> dict[str, Any]:
    """What the picture on the stage comes by, how large it is, and what this page sends to the relay."""
    found: dict[str, Any] = await seated.page.evaluate(SEEN)
    return found


async def by(seated: Seated, way: str) -> dict[str, Any]:
    """Wait until the other side's picture and sound come this way, anew."""
    before = await seen(seated)

    async def there() -> dict[str, Any] | None:
        now = await seen(seated)
        begun = before["frames"] if before["way"] == way else 0
        come = now["way"] == way and now["frames"] > begun + 5 and now["sound"] > before["sound"] + 5
        return now if come and now["width"] > 0 else None

    try:
        found: dict[str, Any] = await until(f"the picture by the {way} way", there, WAY_S)
    except AssertionError as error:
        raise AssertionError(f"{error}; it is {await seen(seated)}") from None
    return found
