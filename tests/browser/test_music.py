"""T1 in Chromium: what is played into one side's microphone, a sweep on two channels, is what the other side hears."""

from __future__ import annotations

import array
import math
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.browser.chromium import FLAGS, executable, until
from tests.browser.house import IN_THE_ROOM, Seated, house

RATE_HZ = 48_000
SWEEP_S = 2
LOWEST_HZ, HIGHEST_HZ = 200, 15_000
MUSIC_KBPS_MIN, TALKING_KBPS_MAX = 150, 64
FLAT_DB = 6
"""How far one band may lie below the middle one, once it was met often enough; measured: half a decibel."""
BANDS_HZ = (500, 1_000, 2_000, 4_000, 6_000, 8_000, 10_000, 12_000)

LISTEN = """
// Hears the other side as its page gets it: of each channel the highest of every band, and how far the two differ.
async (bands) => {
    let track;
    for (const pc of window.__pcs) {
        if (pc.connectionState === 'closed') continue;
        for (const row of (await pc.getStats()).values())
            if (row.type === 'inbound-rtp' && row.kind === 'audio' && row.bytesReceived > 0)
                track = pc.getReceivers().find((receiver) => receiver.track.id === row.trackIdentifier).track;
    }
    const context = new AudioContext();
    const split = context.createChannelSplitter(2);
    context.createMediaStreamSource(new MediaStream([track])).connect(split);
    const ears = [0, 1].map((channel) => {
        const ear = new AnalyserNode(context, {fftSize: 2048, smoothingTimeConstant: 0});
        split.connect(ear, channel);
        return ear;
    });
    const bins = ears.map((ear) => new Float32Array(ear.frequencyBinCount));
    const waves = ears.map((ear) => new Float32Array(ear.fftSize));
    const heard = {peaks: [bands.map(() => -200), bands.map(() => -200)], apart: []};
    window.__heard = heard;
    setInterval(() => {
        ears.forEach((ear, channel) => {
            ear.getFloatFrequencyData(bins[channel]);
            ear.getFloatTimeDomainData(waves[channel]);
            bands.forEach((hz, i) => {
                const width = context.sampleRate / ear.fftSize;
                const near = bins[channel].slice(Math.floor(hz * 0.94 / width), Math.ceil(hz * 1.06 / width) + 1);
                heard.peaks[channel][i] = Math.max(heard.peaks[channel][i], ...near);
            });
        });
        let [sum, difference] = [0, 0];
        waves[0].forEach((left, i) => {
            const right = waves[1][i];
            sum += left * left + right * right; difference += (left - right) ** 2;
        });
        // 0: both the same; 1: nothing in common. What is all but silence says nothing.
        if (sum / waves[0].length > 1e-6) heard.apart.push(difference / sum);
    }, 20);
}
"""
RECEIVED = """
async () => {
    for (const pc of window.__pcs) {
        if (pc.connectionState === 'closed') continue;
        for (const row of (await pc.getStats()).values())
            if (row.type === 'inbound-rtp' && row.kind === 'audio' && row.bytesReceived > 0)
                return {bytes: row.bytesReceived, at: row.timestamp, sdp: pc.localDescription.sdp.split('\\r\\n')[1]};
    }
    return null;
}
"""


def sweep(path: Path) -> None:
    """A stereo file: up on the left while it goes down on the right, evenly loud."""
    count = RATE_HZ * SWEEP_S
    slope = (HIGHEST_HZ - LOWEST_HZ) / SWEEP_S
    samples = array.array("h")
    for n in range(count):
        t = n / RATE_HZ
        up = LOWEST_HZ * t + slope * t * t / 2
        down = HIGHEST_HZ * t - slope * t * t / 2
        samples.extend(round(12_000 * math.sin(2 * math.pi * turns)) for turns in (up, down))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples.tobytes())


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def playing(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    """Chromium whose microphone hears the sweep, over and over."""
    path = tmp_path_factory.mktemp("sound") / "sweep.wav"
    sweep(path)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable(), args=[*FLAGS, f"--use-file-for-fake-audio-capture={path}"]
        )
        yield browser
        await browser.close()


async def kbps_is(page: Page, what: str, least: float, most: float) -> float:
    """Wait for a second or more in which sound came at such a rate."""
    before = await page.evaluate(RECEIVED)

    async def rate() -> float | None:
        nonlocal before
        now = await page.evaluate(RECEIVED)
        if now["at"] - before["at"] < 1_000:
            return None
        found = (now["bytes"] - before["bytes"]) * 8 / (now["at"] - before["at"])
        before = now
        return found if least <= found <= most else None

    return await until(what, rate)


async def heard(page: Page) -> dict[str, Any]:
    return await page.evaluate("window.__heard")


def middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


async def is_pressed(seated: Seated, sound: str) -> None:
    group = seated.page.get_by_role("group", name="Sound")
    await expect(group.get_by_role("button", name=sound)).to_have_attribute("aria-pressed", "true")


async def reads_under(seated: Seated, name: str, words: str) -> None:
    await expect(seated.page.get_by_role("region", name=name, exact=True).locator(".who")).to_contain_text(words)


async def test_T1_music_keeps_both_channels_and_twelve_kilohertz_and_talking_is_a_press_away(
    playing: Browser, tmp_path: Path
) -> None:
    async with house(playing, tmp_path) as home:
        teacher, family = await home.both_live()
        await family.media_arrives()
        page = family.page
        # Sound is for music: that is how both begin, and each reads it of the other.
        await is_pressed(teacher, "Music")
        await is_pressed(family, "Music")
        await reads_under(teacher, "Sam", "Music sound")
        await reads_under(family, "Ms Patel", "Music sound")
        await page.evaluate(LISTEN, BANDS_HZ)
        await kbps_is(page, "the rate of music", MUSIC_KBPS_MIN, 400)

        async def flat() -> bool:
            peaks = (await heard(page))["peaks"]
            return all(min(channel) > middle(channel) - FLAT_DB > -80 for channel in peaks)

        try:
            await until("every band of both channels", flat)
        except AssertionError as error:
            raise AssertionError(f"{error} {(await heard(page))['peaks']}") from None
        assert middle((await heard(page))["apart"]) > 0.5, "the two channels are one"
        negotiated = (await page.evaluate(RECEIVED))["sdp"]

        # The teacher's press sets both, and nobody negotiates for it.
        await teacher.press("Talking")
        await is_pressed(teacher, "Talking")
        await is_pressed(family, "Talking")
        await reads_under(teacher, "Sam", "Talking sound")
        await reads_under(family, "Ms Patel", "Talking sound")
        await kbps_is(page, "the rate of talking", 5, TALKING_KBPS_MAX)

        async def one_channel() -> bool:
            # What was on its way at the press is played first.
            return middle((await heard(page))["apart"][-21:]) < 0.05

        await until("talking in one channel", one_channel)
        assert (await page.evaluate(RECEIVED))["sdp"] == negotiated
        assert await teacher.live_tracks() == await family.live_tracks() == 2

        # Each side may set its own back: only its own, also over a reload.
        await family.press("Music")
        await reads_under(teacher, "Sam", "Music sound")
        await kbps_is(teacher.page, "the rate of music, back", MUSIC_KBPS_MIN, 400)
        await page.reload()
        await page.locator(IN_THE_ROOM).wait_for()
        await reads_under(family, "Ms Patel", "Talking sound")
        await is_pressed(family, "Music")
        await is_pressed(teacher, "Talking")
