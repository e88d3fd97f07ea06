"""The device check (B4) and devices in the lesson, in a real Chromium with fake devices against the real server."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.browser.chromium import FAKE, FLAGS, executable, until
from tests.browser.house import FAMILY, IN_THE_ROOM, LESSON, PHONE, TEACHER, House, Seated, house, past_the_check

NOTHING_OF_ITS_OWN = ("live", "weak_theirs", "weak_yours")
"""On a busy machine a line may well be weak: that is another matter than a picture that does not move."""
TAKES_S = 20
"""For all rows: a page promises 5 s on a line of 2 Mbps; a loaded test machine is slower than that."""
COUNT_ASKED = """
window.__asked = 0;
const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = (want) => { window.__asked += 1; return real(want); };
"""
FAILS = """
navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', '%s'));
"""
STUDIO = """
// A camera that can be covered and unplugged, and a microphone that can be switched off.
window.__studio = {covered: false, running: true, gain: null};
navigator.mediaDevices.getUserMedia = async (want) => {
    const tracks = [];
    if (want.video) {
        const canvas = document.createElement('canvas');
        const pen = canvas.getContext('2d');
        [canvas.width, canvas.height] = [320, 180];
        let n = 0;
        const draw = () => {
            if (!window.__studio.running) return;
            pen.fillStyle = window.__studio.covered ? '#000' : `hsl(${n++ % 360} 80% 60%)`;
            pen.fillRect(0, 0, 320, 180);
        };
        draw(); setInterval(draw, 50);
        tracks.push(...canvas.captureStream(20).getTracks());
    }
    if (want.audio) {
        const context = new AudioContext();
        const tone = new OscillatorNode(context), gain = new GainNode(context, {gain: 0.4});
        const out = context.createMediaStreamDestination();
        tone.connect(gain).connect(out); tone.start();
        window.__studio.gain = gain;
        tracks.push(...out.stream.getTracks());
    }
    return new MediaStream(tracks);
};
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def refusing() -> AsyncIterator[Browser]:
    """Chromium whose user says no."""
    flags = [flag for flag in FLAGS if flag != "--use-fake-ui-for-media-stream"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable(), args=[*flags, "--deny-permission-prompts"]
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def with_more_cameras() -> AsyncIterator[Browser]:
    """Chromium with three fake cameras, the second one for depth only, and three fake microphones."""
    flags = [flag for flag in FLAGS if not flag.startswith(FAKE)]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable(), args=[*flags, f"{FAKE}=fps=10,device-count=3"]
        )
        yield browser
        await browser.close()


async def at_the_check(home: House, script: str = "", **options: object) -> Seated:
    """The teacher on the device check, by *Open room*."""
    seated = await home.visit(TEACHER, **options)  # type: ignore[arg-type]
    if script:
        await seated.page.add_init_script(script)
        await seated.page.reload()
    await seated.page.get_by_role("link", name="Open room").click()
    await seated.page.get_by_role("heading", name="Check your device").wait_for()
    return seated


async def row_is(page: Page, row: str, state: str) -> None:
    """Wait for a row to be in this state."""
    try:
        await expect(page.locator(f"[data-row={row}]")).to_have_attribute("data-state", state, timeout=TAKES_S * 1_000)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{await page.locator(f'[data-row={row}]').inner_text()}") from None


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()


async def test_B4_everything_is_measured_and_then_they_are_ready(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path, relay_addresses=("127.0.0.1",)) as home:
        seated = await at_the_check(home, COUNT_ASKED)
        page = seated.page
        assert await page.evaluate("window.__asked") == 0, "asked before the press"
        for row in ("camera", "microphone", "speaker"):
            await row_is(page, row, "unchecked")
        await press(page, "Turn on camera and microphone")
        await row_is(page, "camera", "good")
        await row_is(page, "microphone", "good")
        await expect(page.get_by_role("meter")).to_be_visible()
        await press(page, "Play a note")
        await press(page, "Yes")
        await row_is(page, "speaker", "good")
        await row_is(page, "connection", "good")
        await page.get_by_text("Details").click()
        figures = await page.locator("[data-row=connection] dl").inner_text()
        down = re.search(r"Down\n([\d.]+) Mbps", figures)
        up = re.search(r"Up\n([\d.]+) Mbps", figures)
        assert down is not None, figures
        assert up is not None, figures
        assert min(float(down[1]), float(up[1])) >= 2
        assert "Picture and sound\nWorks" in figures, figures
        assert "Way around a filter" not in figures, "no TURN server is configured, so nothing was asked of one"
        assert await seated.live_tracks() == 2
        await press(page, "Continue")
        await page.get_by_role("heading", name="Get ready").wait_for()
        assert await seated.live_tracks() == 0, "the camera is on for the check only"
        assert await page.locator(".ready li").count() == 9
        await expect(page.get_by_text("What will not work")).to_have_count(0)
        await press(page, "We are ready")
        await page.locator(IN_THE_ROOM).wait_for()
        await until("camera and microphone on in the room", lambda: _tracks(seated, 2))


async def _tracks(seated: Seated, count: int) -> bool:
    return await seated.live_tracks() == count


async def test_B4_three_seconds_are_recorded_played_once_and_stay_here(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path) as home:
        page = (await at_the_check(home)).page
        sent: list[str] = []
        await press(page, "Turn on camera and microphone")
        await row_is(page, "connection", "good")
        page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
        await press(page, "Record 3 seconds and listen")
        await expect(page.get_by_role("button", name="Recording…")).to_be_visible()
        await expect(page.get_by_role("button", name="Playing what we recorded…")).to_be_visible(timeout=8_000)
        await expect(page.get_by_role("button", name="Record 3 seconds and listen")).to_be_visible(timeout=8_000)
        assert [one for one in sent if not one.startswith("GET blob:") and not one.endswith(".svg")] == []


async def test_B4_a_known_device_stops_for_trouble_only(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path) as home:
        page = (await at_the_check(home, permissions=["camera", "microphone"])).page
        await press(page, "Turn on camera and microphone")
        await row_is(page, "camera", "good")
        await row_is(page, "microphone", "good")
        await press(page, "Play a note")
        await press(page, "Yes")
        # Again, without a press: the page runs by itself and goes on by itself.
        await page.reload()
        await page.get_by_role("heading", name="Get ready").wait_for(timeout=TAKES_S * 1_000)
        # Whoever goes back wants to look.
        await press(page, "Back to the check")
        await row_is(page, "speaker", "good")
        speaker = page.locator("[data-row=speaker] .verdict")
        await expect(speaker).to_have_text("You heard the note on this speaker last time.")
        for row in ("camera", "microphone", "connection"):
            await row_is(page, row, "good")
        await expect(page.get_by_role("heading", name="Check your device")).to_be_visible()
        # With trouble it stops.
        await page.add_init_script(FAILS % "NotReadableError")
        await page.reload()
        await row_is(page, "camera", "in_use")
        await row_is(page, "connection", "good")
        await expect(page.get_by_role("heading", name="Check your device")).to_be_visible()


async def test_B4_refused_is_named_with_steps_and_blocks_nothing(refusing: Browser, tmp_path: Path) -> None:
    async with house(refusing, tmp_path) as home:
        seated = await at_the_check(home)
        page = seated.page
        await press(page, "Turn on camera and microphone")
        await row_is(page, "camera", "blocked")
        await row_is(page, "microphone", "blocked")
        verdict = page.locator("[data-row=camera] .verdict")
        await expect(verdict).to_have_text("The browser is blocking your camera.")
        assert await page.locator("[data-row=camera] ol.steps li").count() == 3
        assert await page.get_by_role("button", name="Try again").count() >= 2
        await press(page, "Continue")
        for words in ("What will not work", "Sam cannot see you.", "Sam cannot hear you.", "Not checked: speaker"):
            await expect(page.get_by_text(words)).to_be_visible()
        await press(page, "Continue anyway")
        await seated.sees("device_blocked")


@pytest.mark.parametrize(
    ("name", "state", "words"),
    [
        ("NotFoundError", "missing", "We cannot find a camera. Plug one in, or use another device."),
        ("NotReadableError", "in_use", "Another program is using the camera. Close it, then try again."),
    ],
)
async def test_B4_none_and_in_use_are_named(
    browser: Browser, tmp_path: Path, name: str, state: str, words: str
) -> None:
    async with house(browser, tmp_path) as home:
        page = (await at_the_check(home, FAILS % name)).page
        await press(page, "Turn on camera and microphone")
        await row_is(page, "camera", state)
        await row_is(page, "microphone", state)
        await expect(page.locator("[data-row=camera] .verdict")).to_have_text(words)


async def test_B4_black_still_and_silent_are_named_and_mend_by_themselves(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path) as home:
        page = (await at_the_check(home, STUDIO)).page
        await press(page, "Turn on camera and microphone")
        await row_is(page, "camera", "good")
        await row_is(page, "microphone", "good")
        await page.evaluate("window.__studio.covered = true; window.__studio.gain.gain.value = 0")
        await row_is(page, "camera", "black")
        await row_is(page, "microphone", "silent")
        await expect(page.get_by_text("Silence", exact=True)).to_be_visible()
        await page.evaluate("window.__studio.covered = false; window.__studio.gain.gain.value = 0.4")
        await row_is(page, "camera", "good")
        await row_is(page, "microphone", "good")
        await page.evaluate("window.__studio.running = false")
        await row_is(page, "camera", "frozen")
        await page.evaluate("window.__studio.running = true")
        await row_is(page, "camera", "good")


async def test_B4_a_quiet_microphone_is_not_proven(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path) as home:
        page = (await at_the_check(home, STUDIO.replace("gain: 0.4", "gain: 0.004"))).page
        await press(page, "Turn on camera and microphone")
        await row_is(page, "camera", "good")
        await row_is(page, "microphone", "listening")
        await expect(page.get_by_text("Too quiet", exact=True)).to_be_visible()
        await page.evaluate("window.__studio.gain.gain.value = 0.4")
        await row_is(page, "microphone", "good")
        await expect(page.get_by_text("Good", exact=True)).to_be_visible()


SLOW_BYTES_S = 125_000
"""1 Mbps."""


async def test_B4_a_slow_line_is_named_with_its_figures(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path) as home:
        seated = await home.visit(TEACHER)
        page = seated.page
        await page.get_by_role("link", name="Open room").wait_for()
        cdp = await page.context.new_cdp_session(page)
        await cdp.send("Network.enable")
        await cdp.send(
            "Network.emulateNetworkConditions",
            {"offline": False, "latency": 20, "downloadThroughput": SLOW_BYTES_S, "uploadThroughput": SLOW_BYTES_S},
        )
        await page.get_by_role("link", name="Open room").click()
        await row_is(page, "connection", "slow")
        await page.get_by_text("Details").click()
        figures = await page.locator("[data-row=connection] dl").inner_text()
        found = [float(n) for n in re.findall(r"(?:Down|Up)\n([\d.]+) Mbps", figures)]
        assert len(found) == 2, figures
        assert all(0.5 <= n <= 1.5 for n in found), figures


async def test_B4_a_filter_that_lets_no_socket_and_no_udp_through_is_named(browser: Browser, tmp_path: Path) -> None:
    # Nobody is at that address (RFC 5737): packets to it are lost, as in a filter.
    async with house(browser, tmp_path, relay_addresses=("192.0.2.1",)) as home:
        seated = await home.visit(TEACHER)
        page = seated.page
        await page.route_web_socket(re.compile("/ws/connection-test"), lambda socket: socket.close())
        await page.get_by_role("link", name="Open room").click()
        await row_is(page, "connection", "blocked")
        await page.get_by_text("Details").click()
        async with page.expect_download() as downloading:
            await press(page, "Download a report")
        path = await (await downloading.value).path()
        report = path.read_text()
        assert "Chat and clocks: Blocked" in report
        assert "Picture and sound: Blocked" in report
        assert "- at least UDP to 192.0.2.1, port " in report
        assert f"{home.server.base_url.replace('http', 'ws')}/ws/connection-test" in report
        assert "Patel" not in report
        assert LESSON not in report


async def test_B4_without_the_service_it_says_so(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path) as home:
        seated = await home.visit(TEACHER)
        page = seated.page
        await page.route("**/api/connection-test", lambda route: route.abort())
        await page.get_by_role("link", name="Open room").click()
        await row_is(page, "connection", "unreachable")
        await page.unroute("**/api/connection-test")
        await press(page, "Try again")
        await row_is(page, "connection", "good")


async def test_B4_the_family_checks_before_the_adult_does_and_early_too(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path, age=11, starts_in_s=1_200) as home:
        seated = await home.visit(FAMILY, PHONE)
        page = seated.page
        await page.get_by_role("link", name="Check my device").click()
        await past_the_check(page)
        await expect(page.get_by_text("Opens at")).to_be_visible()
        home.jump_to(-600)
        await page.get_by_role("link", name="Join lesson").click(timeout=15_000)
        await expect(page.get_by_text("so that Ms Patel can see and hear you")).to_be_visible()
        await past_the_check(page)
        await page.get_by_label("Family PIN").wait_for()
        # And who keeps the room's address comes straight into the room.
        await page.goto(f"{home.server.base_url}/lessons/{LESSON}")
        await page.locator(IN_THE_ROOM).wait_for()


# In the lesson -----------------------------------------------------------------------------------------------


async def test_another_camera_microphone_and_speaker_take_over_and_the_other_side_sees_on(
    with_more_cameras: Browser, tmp_path: Path
) -> None:
    async with house(with_more_cameras, tmp_path) as home:
        teacher, family = await home.both_live()
        await family.media_arrives()
        page = teacher.page
        await press(page, "More")
        await press(page, "Camera, microphone and speaker")
        for label in ("Camera", "Microphone"):
            menu = page.get_by_role("dialog").get_by_label(label)
            before = await menu.input_value()
            values = await menu.locator("option").evaluate_all("(all) => all.map((one) => one.value)")
            other = next(value for value in reversed(values) if value != before)
            await menu.select_option(other)
            await expect(menu).to_have_value(other)
            kind = "video" if label == "Camera" else "audio"
            await until(f"the other {label}", lambda k=kind, o=other: _sends(page, k, o))
        menu = page.get_by_role("dialog").get_by_label("Speaker")
        assert await menu.input_value() == "", "as the device is set"
        values = await menu.locator("option").evaluate_all("(all) => all.map((one) => one.value)")
        await menu.select_option(values[-1])
        await until("the other speaker", lambda: _sounds_from(page, values[-1]))
        await page.keyboard.press("Escape")
        await family.media_arrives()
        assert await teacher.live_tracks() == 2
        # Remembered, and used the next time.
        kept = await page.evaluate("JSON.parse(localStorage.getItem('devices')).camera")
        await page.reload()
        await page.locator(IN_THE_ROOM).wait_for()
        await until("the remembered camera", lambda: _sends(page, "video", kept))
        await until("the remembered speaker", lambda: _sounds_from(page, values[-1]))
        # Unplugged, as a browser tells it: sound goes where the device is set to, and it is said.
        await page.evaluate(UNPLUG_SPEAKERS)
        await until("the device's own speaker", lambda: _sounds_from(page, ""))
        await expect(page.locator(".status")).to_contain_text(SPEAKER_UNPLUGGED)


UNPLUG_SPEAKERS = """() => {
    const media = navigator.mediaDevices, all = media.enumerateDevices.bind(media);
    const there = (device) => device.kind !== 'audiooutput' || device.deviceId === 'default';
    media.enumerateDevices = async () => (await all()).filter(there);
    media.dispatchEvent(new Event('devicechange'));
}"""
SPEAKER_UNPLUGGED = "Your speaker is unplugged. We are using the speaker that this device is set to."


async def _sounds_from(page: Page, speaker: str) -> bool:
    """Whether the other side's sound, which is all that is not muted here, comes out of this speaker."""
    sinks: list[str] = await page.evaluate(
        "[...document.querySelectorAll('video')].filter((video) => !video.muted).map((video) => video.sinkId)"
    )
    return sinks == [speaker]


async def _sends(page: Page, kind: str, device: str) -> bool:
    """Whether the page's only running track of this kind is this device's."""
    running: list[str] = await page.evaluate(
        """(kind) => window.__tracks.filter((t) => t.kind === kind && t.readyState === 'live')
            .map((t) => t.getSettings().deviceId)""",
        kind,
    )
    return running == [device]


UNPLUG = """(kind) => {
    const gone = window.__tracks.find((track) => track.kind === kind && track.readyState === 'live');
    gone.stop(); gone.dispatchEvent(new Event('ended'));
}"""


async def test_an_unplugged_device_falls_back_and_it_is_said(browser: Browser, tmp_path: Path) -> None:
    """The end of the track is told to the page as a browser does it: Chromium's fake devices cannot be unplugged."""
    async with house(browser, tmp_path) as home:
        teacher, family = await home.both_live()
        await family.media_arrives()
        for kind, device in (("video", "camera"), ("audio", "microphone")):
            await teacher.page.evaluate(UNPLUG, kind)
            said = teacher.page.locator(".status .second")
            await expect(said).to_contain_text(f"Your {device} is unplugged. We are using")
            await family.media_arrives()
            assert await teacher.live_tracks() == 2
        # T1: what took over is music as well.
        processed = "window.__tracks.filter((t) => t.kind === 'audio').map((t) => t.getSettings().echoCancellation)"
        assert await teacher.page.evaluate(processed) == [False, False]


async def test_black_still_and_silent_are_named_on_the_senders_own_side(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path) as home:
        teacher = await home.visit(TEACHER)
        await teacher.page.add_init_script(STUDIO.replace("gain: 0.4", "gain: 0"))
        await teacher.page.goto(f"{home.server.base_url}/lessons/{LESSON}")
        family = await home.family()
        await teacher.page.get_by_role("button", name="Start now").click(timeout=20_000)
        studio = "window.__studio"
        await family.sees("live", seconds=30)
        assert "Your microphone sends silence." in await teacher.sees("own_silent", seconds=30)
        # The other side is told nothing of it.
        assert await family.state() in NOTHING_OF_ITS_OWN
        await teacher.page.evaluate(f"{studio}.gain.gain.value = 0.4")
        await teacher.sees(*NOTHING_OF_ITS_OWN)
        for trouble, mended, state, words in (
            (f"{studio}.covered = true", f"{studio}.covered = false", "own_black", "Your picture is black."),
            (f"{studio}.running = false", f"{studio}.running = true", "own_frozen", "Your picture does not move."),
        ):
            await teacher.page.evaluate(trouble)
            assert words in await teacher.sees(state, seconds=30)
            assert await family.state() in NOTHING_OF_ITS_OWN
            await teacher.page.evaluate(mended)
            await teacher.sees(*NOTHING_OF_ITS_OWN)
        # A voice at a microphone that is off, while nothing comes out of the loudspeaker that it could be.
        await family.page.evaluate("window.__tracks.forEach((track) => { track.enabled = track.kind !== 'audio'; })")
        await teacher.press("Microphone")
        await expect(teacher.page.locator(".status")).to_contain_text("You are muted, and you are talking.")
        await teacher.press("Microphone")
        await expect(teacher.page.locator(".status")).not_to_contain_text("You are muted")
