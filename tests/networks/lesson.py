"""A lesson on networks that are cut, and what is asked of it: who was found at fault, since when, and how soon."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Final

from rooms.commands import Evidence
from rooms.events import Entered, Event, EvidenceChanged, PartEnded, Resumed, Started
from rooms.evidence import SUSPICION_MS
from tests.browser.chromium import WAIT_S, until
from tests.browser.house import House, Seated

ONSET_MS: Final = 1_000
"""An onset is right to 1 s. Beats and reports come once a second, so it cannot be better."""
LATE_MS: Final = 250
"""On top, for this test's own clock: a rule takes some milliseconds to stand, a busy machine sends a beat late."""
SETTLE_MS: Final = 10_000
SIDES: Final = ("teacher", "sam")

HISTORY: Final = """
() => { const line = document.querySelector('section[data-state]');
    window.__states = [line.dataset.state];
    new MutationObserver(() => {
        if (window.__states.at(-1) !== line.dataset.state) window.__states.push(line.dataset.state);
    }).observe(line, {attributes: true, attributeFilter: ['data-state']}); }
"""
"""Keeps every state that the status line has from now on: a glance now and then would miss a short one."""


@dataclass
class Cut:
    """The true instant at which the network changed."""

    home: House
    at: int
    """By the policy clock, Unix ms."""
    seen: int
    """How long the log was."""
    began: float = field(default_factory=time.monotonic)

    async def since(self) -> list[Event]:
        """What the log says that was not there before."""
        return (await self.home.events())[self.seen :]

    async def verdict(self, side: str, evidence: Evidence, *, heard_ms: int = 0) -> EvidenceChanged:
        """Wait for the side's class to become this; the suspicion in time, the onset right to a second.

        ``heard_ms``: so long after the cut the server may still truly have heard the side.
        """

        async def told() -> EvidenceChanged | None:
            changes = [e for e in await self.since() if isinstance(e, EvidenceChanged) and e.side == side]
            return next((e for e in changes if e.evidence == evidence), None)

        found: EvidenceChanged = await until(f"{side} {evidence}", told, SUSPICION_MS / 1_000 + 3)
        took_ms = (time.monotonic() - self.began) * 1_000
        assert took_ms <= SUSPICION_MS, f"{side} {evidence} after {took_ms:.0f} ms"
        off_ms = found.at - self.at
        right = -ONSET_MS - LATE_MS <= off_ms <= ONSET_MS + LATE_MS + heard_ms
        assert right, f"{side} {evidence} dated {off_ms} ms from the cut"
        return found

    async def resumed(self) -> Resumed:
        """Wait for the log to say that it is live again: that is said once evidence is complete, 12 s later at most."""

        async def told() -> Resumed | None:
            return next((e for e in await self.since() if isinstance(e, Resumed)), None)

        return await until("resumed", told, SUSPICION_MS / 1_000 + 3)

    async def entered(self) -> Entered:
        """Wait for a device that came in anew."""

        async def told() -> Entered | None:
            return next((e for e in await self.since() if isinstance(e, Entered)), None)

        return await until("somebody's line back", told, 20)

    async def classes(self, side: str) -> list[str]:
        """What this side was found to be since, one after another."""
        return [e.evidence for e in await self.since() if isinstance(e, EvidenceChanged) and e.side == side]


@dataclass
class Lesson:
    """Both sides in the room."""

    home: House
    teacher: Seated
    sam: Seated

    @property
    def both(self) -> tuple[Seated, Seated]:
        return self.teacher, self.sam

    async def cut(self) -> Cut:
        """Call it just before the network changes."""
        seen = len(await self.home.events())
        return Cut(self.home, self.home.clock.now_ms(), seen)

    async def start(self) -> None:
        """Live, with sound and picture both ways, and for longer than the minute after which it counts as started."""
        await self.teacher.page.get_by_role("button", name="Start now").click(timeout=WAIT_S * 1_000)
        for seated in self.both:
            await seated.sees("live")
        await self.flows()
        for seated in self.both:
            await seated.page.evaluate(HISTORY)
        self.home.jump_to(60)
        await until("started", self._started)

    async def _started(self) -> bool:
        return any(isinstance(event, Started) for event in await self.home.events())

    async def whole(self) -> bool:
        """Whether it is live and both sides are ready."""
        latest = {e.side: e.evidence for e in await self.home.events() if isinstance(e, EvidenceChanged)}
        live = all([await seated.state() in ("live", "weak_yours", "weak_theirs") for seated in self.both])
        return live and all(latest.get(side) == "ready" for side in SIDES)

    async def back(self) -> None:
        """Wait until it is live again, by itself: both sides ready, for 10 s of the policy clock."""
        await self.home.ready(*SIDES, seconds=20)
        self.home.clock.jump(SETTLE_MS)
        await until("live again", self.whole, 15)

    async def forget(self) -> None:
        """Begin the pages' history anew."""
        for seated in self.both:
            await seated.page.evaluate("window.__states.splice(0, window.__states.length - 1)")

    async def flows(self, seconds: float = 15) -> None:
        """Wait until picture and sound arrive on both sides now: of a new connection everything counts from 0."""
        for seated in self.both:

            async def more(seated: Seated = seated) -> bool:
                before = await seated.stats()
                await asyncio.sleep(0.5)
                now = await seated.stats()
                return all(now[what] > before[what] for what in ("frames", "audio", "energy"))

            await until("picture and sound", more, seconds)

    async def open_connections(self) -> list[int]:
        """How many peer connections each page has."""
        count = "window.__pcs.filter((pc) => pc.connectionState !== 'closed').length"
        return [await seated.page.evaluate(count) for seated in self.both]

    async def nobody_is_charged(self) -> None:
        """Nothing has ended, so nothing is charged, and no rule was even asked to."""
        assert not [e for e in await self.home.events() if isinstance(e, PartEnded)]


async def history(seated: Seated) -> list[str]:
    """Every state of the status line since `Lesson.forget`."""
    return await seated.page.evaluate("window.__states")
