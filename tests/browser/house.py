"""A music service with one lesson, served for real, and people who open it in browsers of their own."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from playwright.async_api import Browser, Page
from sqlalchemy import Connection

from rooms.events import Event, EvidenceChanged, PartEnded
from rooms.lesson import Kind
from server.accounts.bookings import NewBooking, add_booking
from server.accounts.people import AccountRole, NewPupil, Person, add_person, add_pupil, set_pin
from server.accounts.pins import hash_pin
from server.app import Serving, serving
from server.clock import SystemClock
from server.config import Config
from tests.browser.chromium import ROOT, WAIT_S, until

TEACHER = Person("t-patel", AccountRole.TEACHER, "Ms Patel", "patel@service.example")
FAMILY = Person("f-hall", AccountRole.FAMILY, "Alex Hall", "alex@family.example")
MANAGER = Person("m-ellis", AccountRole.MANAGER, "Jordan Ellis", "ellis@service.example")
SAFEGUARDING = Person("s-shaw", AccountRole.SAFEGUARDING, "Robin Shaw", "shaw@service.example")
PEOPLE = (TEACHER, FAMILY, MANAGER, SAFEGUARDING)
LESSON = "violin"
SAM = "sam"
PIN = "408213"
SECOND_MS = 1_000
LASTS_MS = 1_800 * SECOND_MS
DESKTOP = (1280, 800)
PHONE = (360, 740)
IN_THE_ROOM = "section[data-state]:not([data-state=joining])"
"""The status line, once the room is entered."""


async def past_the_check(page: Page) -> None:
    """From the device check on, by its own buttons: it warns and never blocks (B4)."""
    await page.get_by_role("button", name="Continue", exact=True).click()
    await page.get_by_role("button", name=re.compile("^(We are ready|Continue anyway)$")).click()


@dataclass
class Seated:
    """One person's browser profile, with the page they look at."""

    page: Page
    mistakes: list[str] = field(default_factory=list)
    """What the page complained of: exceptions, and console errors but for refused requests."""

    async def state(self) -> str:
        """The key of what the status line says, as in PAGES.md's table of the room."""
        return await self.page.evaluate("document.querySelector('section[data-state]')?.dataset.state ?? ''")

    async def reads(self) -> str:
        """The status line's words."""
        return await self.page.evaluate("document.querySelector('.status')?.innerText ?? ''")

    async def sees(self, *states: str, seconds: float = WAIT_S) -> str:
        """Wait for the status line to be in one of these states; returns its words."""

        async def there() -> bool:
            return await self.state() in states

        try:
            await until(f"one of {states}", there, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}; it is {await self.state()!r}: {await self.reads()!r}") from None
        return await self.reads()

    async def press(self, name: str) -> None:
        """Press a button by its words."""
        await self.page.get_by_role("button", name=name, exact=True).first.click()

    async def say(self, text: str) -> None:
        """Write a chat message."""
        box = self.page.get_by_label("Write a message")
        if not await box.is_visible():
            await self.press("Chat")
        await box.fill(text)
        await self.press("Send")

    async def hears(self, text: str, seconds: float = WAIT_S) -> None:
        """Wait for a delivered message with this text."""
        found = self.page.locator("[data-message=message]", has_text=text)
        await found.first.wait_for(state="attached", timeout=seconds * 1_000)

    async def stats(self) -> dict[str, float]:
        """What arrives here, from getStats of every peer connection."""
        return await self.page.evaluate(
            """async () => {
                const sum = {frames: 0, video: 0, audio: 0, samples: 0, energy: 0};
                for (const pc of window.__pcs ?? []) {
                    if (pc.connectionState === 'closed') continue;
                    for (const row of (await pc.getStats()).values()) {
                        if (row.type !== 'inbound-rtp') continue;
                        if (row.kind === 'video') {
                            sum.frames += row.framesDecoded ?? 0; sum.video += row.packetsReceived ?? 0;
                        } else {
                            sum.audio += row.packetsReceived ?? 0; sum.samples += row.totalSamplesReceived ?? 0;
                            sum.energy += row.totalAudioEnergy ?? 0;
                        }
                    }
                }
                return sum;
            }"""
        )

    async def live_tracks(self) -> int:
        """How many camera and microphone tracks of this page are still running."""
        return await self.page.evaluate("(window.__tracks ?? []).filter((track) => track.readyState === 'live').length")

    async def media_arrives(self, seconds: float = WAIT_S) -> None:
        """Wait until picture is decoded and sound comes in, both anew."""
        before = await self.stats()

        async def more() -> bool:
            nonlocal before
            now = await self.stats()
            if now["frames"] < before["frames"] or now["audio"] < before["audio"]:
                before = now  # another connection took over, as on a busy machine, and counts from nought
            return (
                now["frames"] > before["frames"] + 5
                and now["audio"] > before["audio"] + 5
                and now["energy"] > before["energy"]
            )

        await until("frames decoded and sound received", more, seconds)


WATCH_MEDIA = """
window.__pcs = []; window.__tracks = [];
const Real = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Real { constructor(...a) { super(...a); window.__pcs.push(this); } };
const get = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
if (get) navigator.mediaDevices.getUserMedia = async (...a) => {
    const stream = await get(...a); window.__tracks.push(...stream.getTracks()); return stream; };
"""
"""Lets a test ask the page's own peer connections for statistics; nothing of the product is changed."""


class House:
    """The service of one test, on this process's loop: its policy clock can be jumped."""

    def __init__(self, browser: Browser, server: Serving, clock: SystemClock, folder: Path, starts_at: int) -> None:
        self.browser = browser
        self.browsers: dict[str, Browser] = {}
        """By person's id: whose browser is another one than everybody's, on a network of its own."""
        self.server = server
        self.clock = clock
        self.folder = folder
        self.starts_at = starts_at
        self.seated: list[Seated] = []
        self.scripts = [WATCH_MEDIA]
        """Run in each page that is opened, before its own."""

    async def visit(self, person: Person, size: tuple[int, int] = DESKTOP, **options: Any) -> Seated:
        """A new browser profile, signed in as this person by a single-use link, on their start page."""
        link = f"{self.server.base_url}/in#{await self.server.services.sign_in.link(person.id)}"
        return await self._open(self.browsers.get(person.id, self.browser), link, size, **options)

    async def _open(self, browser: Browser, link: str, size: tuple[int, int], **options: Any) -> Seated:
        context = await browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
        context.set_default_timeout(2 * WAIT_S * 1_000)
        for script in self.scripts:
            await context.add_init_script(script)
        seated = Seated(await context.new_page())
        self.seated.append(seated)
        seated.page.on("pageerror", lambda error: seated.mistakes.append(str(error)))
        await seated.page.goto(link)
        # The sign-in page has a heading of its own, and lists are drawn empty first: neither is where the person is.
        await seated.page.wait_for_url(lambda url: "/in" not in url)
        await seated.page.get_by_text("Loading…").wait_for(state="detached")
        await seated.page.get_by_role("heading", level=1).first.wait_for()
        return seated

    async def teacher(self, size: tuple[int, int] = DESKTOP, **options: Any) -> Seated:
        """The teacher, in the room."""
        seated = await self.visit(TEACHER, size, **options)
        await seated.page.get_by_role("link", name="Open room").click()
        await past_the_check(seated.page)
        await seated.page.locator(IN_THE_ROOM).wait_for()
        return seated

    async def family(self, size: tuple[int, int] = DESKTOP, **options: Any) -> Seated:
        """The pupil side, in the room; checked in where the age asks for it."""
        seated = await self.visit(FAMILY, size, **options)
        await seated.page.get_by_role("link", name="Join lesson").click()
        await past_the_check(seated.page)
        pin = seated.page.get_by_label("Family PIN")
        room = seated.page.locator(IN_THE_ROOM)
        await pin.or_(room).first.wait_for()
        if await pin.is_visible():
            await pin.fill(PIN)
            await seated.page.get_by_role("button", name="I am here").click()
        await room.wait_for()
        return seated

    async def visit_check_in(self, size: tuple[int, int] = DESKTOP, **options: Any) -> Seated:
        """The family, before the check-in."""
        seated = await self.visit(FAMILY, size, **options)
        await seated.page.get_by_role("link", name="Join lesson").click()
        await past_the_check(seated.page)
        await seated.page.get_by_label("Family PIN").wait_for()
        return seated

    async def both_live(self, **options: Any) -> tuple[Seated, Seated]:
        """Teacher and family in a lesson that is live, started early by the teacher."""
        teacher, family = await self.teacher(**options), await self.family(**options)
        await teacher.page.get_by_role("button", name="Start now").click(timeout=WAIT_S * 1_000)
        await teacher.sees("live")
        await family.sees("live")
        return teacher, family

    def jump_to(self, seconds: float) -> None:
        """Set the policy clock to T + seconds; it never goes back."""
        self.clock.jump(round(self.starts_at + seconds * SECOND_MS) - self.clock.now_ms())

    def at(self) -> float:
        """Seconds since T by the policy clock."""
        return (self.clock.now_ms() - self.starts_at) / SECOND_MS

    async def events(self) -> list[Event]:
        """The lesson's log, as stored."""
        log = await self.server.services.stores.log.load(LESSON)
        return [] if log is None else list(log.events)

    async def ready(self, *sides: str, seconds: float = WAIT_S) -> None:
        """Wait until evidence says so of these sides: before that a jump of the clock finds them not known."""

        async def told() -> bool:
            latest = {e.side: e.evidence for e in await self.events() if isinstance(e, EvidenceChanged)}
            return all(latest.get(side) == "ready" for side in sides)

        await until(f"{sides} ready", told, seconds)

    async def outcome(self, seconds: float = WAIT_S) -> PartEnded:
        """The settled end of Sam's part."""

        async def ended() -> PartEnded | None:
            return next((event for event in await self.events() if isinstance(event, PartEnded)), None)

        return await until("an outcome in the log", ended, seconds)


def furnish(age: int, starts_at: int) -> Callable[[Connection], None]:
    """One teacher, one family with Sam of this age, a people manager, a safeguarding officer, one lesson."""
    pin_hash = hash_pin(PIN)
    day = datetime.datetime.fromtimestamp(starts_at / 1_000, datetime.UTC).date() - datetime.timedelta(days=100)
    born = day.replace(year=day.year - age, day=min(day.day, 28))

    def work(connection: Connection) -> None:
        for person in PEOPLE:
            add_person(connection, person)
        set_pin(connection, FAMILY.id, pin_hash)
        add_pupil(connection, NewPupil(SAM, "Sam Hall", "Sam", born.isoformat()), (FAMILY.id,))
        lesson = NewBooking(
            id=LESSON,
            kind=Kind.INDIVIDUAL,
            subject="Violin",
            teacher=TEACHER.id,
            pupils=(SAM,),
            starts_at=starts_at,
            ends_at=starts_at + LASTS_MS,
            confirmed=True,
        )
        add_booking(connection, lesson)

    return work


@contextlib.asynccontextmanager
async def house(
    browser: Browser,
    folder: Path,
    *,
    age: int = 17,
    starts_in_s: float = 120,
    database_url: str | None = None,
    **settings: Any,
) -> AsyncIterator[House]:
    """Serve it, and close every browser profile at the end. A page that threw is a failure, whatever else passed.

    Args:
        browser: whose profiles people open, but for those in `House.browsers`.
        folder: for database, mail and spool.
        age: Sam's, in years.
        starts_in_s: until the lesson's T.
        database_url: PostgreSQL's, or else SQLite in the folder.
        settings: of `Config`, where they are to be others.
    """
    clock = SystemClock()
    starts_at = clock.now_ms() + round(starts_in_s * SECOND_MS)
    config = Config(
        database_url=database_url or f"sqlite:///{folder / 'lessonroom.db'}",
        port=0,
        mail_dir=folder / "mail",
        spool_dir=folder / "spool",
        static_dir=ROOT / "server" / "static",
        service_name="Riverside Music Service",
        service_phone="01632 960 001",
    )
    config = msgspec.structs.replace(config, **settings)
    async with serving(config, clock=clock) as server:
        await server.services.stores.write(furnish(age, starts_at))
        made = House(browser, server, clock, folder, starts_at)
        try:
            yield made
        finally:
            for seated in made.seated:
                await seated.page.context.close()
            await asyncio.sleep(0)
    mistakes = [mistake for seated in made.seated for mistake in seated.mistakes]
    assert not mistakes, f"pages threw: {mistakes}"
