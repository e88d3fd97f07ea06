"""The way between two sides is cut in the middle of a lesson, and nothing else: media goes by the relay, and back."""

from __future__ import annotations

from pathlib import Path

from tests.browser.chromium import until
from tests.browser.house import Seated
from tests.browser.shown import by, seen
from tests.networks.lesson import SIDES, Lesson
from tests.networks.namespaces import SERVER
from tests.networks.nets import Cables, enter

FRAMES = """
window.__gap = 0;
const watch = () => {
    const video = document.querySelector('.stage video');
    let last = performance.now();
    const drawn = () => {
        const now = performance.now();
        window.__gap = Math.max(window.__gap, now - last);
        last = now;
        video.requestVideoFrameCallback(drawn);
    };
    video.requestVideoFrameCallback(drawn);
};
watch();
"""
"""Keeps the longest time between two pictures that the page drew, ms."""
TO_RELAY_MS_MAX = 12_000
"""Of a frozen picture: 3 s without direct media, a report's and a sweep's second, a leg; and a slow machine."""
BACK_MS_MAX = 8_000
"""Of a frozen picture on the way back: both ways overlap, so it is the slow machine's."""


async def _gap(seated: Seated) -> float:
    """The longest since this was last asked."""
    gap: float = await seated.page.evaluate("(() => { const gap = window.__gap; window.__gap = 0; return gap; })()")
    return gap


async def test_media_goes_through_the_relay_while_the_direct_way_is_cut_and_nobody_does_anything(
    cables: Cables, tmp_path: Path
) -> None:
    async with cables.served(tmp_path, relay_addresses=(SERVER,)) as home:
        lesson = Lesson(home, await enter(home, "teacher"), await enter(home, "sam"))
        await lesson.start()
        for seated in lesson.both:
            assert (await seen(seated))["way"] == "direct"
            await seated.page.evaluate(FRAMES)
        connections = await lesson.open_connections()
        cut = await lesson.cut()
        for side in SIDES:
            await cables.cut(side, "direct")
        for seated in lesson.both:
            await by(seated, "relay")
        frozen = [await _gap(seated) for seated in lesson.both]
        assert max(frozen) < TO_RELAY_MS_MAX
        await lesson.back()

        for seated in lesson.both:
            await _gap(seated)
        for side in SIDES:
            await cables.heal(side)
        for seated in lesson.both:
            await by(seated, "direct")
        frozen = [await _gap(seated) for seated in lesson.both]
        assert max(frozen) < BACK_MS_MAX

        async def closed() -> bool:
            return await lesson.open_connections() == connections

        await until("as many connections as before", closed)
        assert "lost" not in await cut.classes("teacher") + await cut.classes("sam")
        await lesson.nobody_is_charged()
