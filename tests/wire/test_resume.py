"""1,000 random disconnects: each viewer ends with exactly what they may see, in order, nothing lost or doubled."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import msgspec
import pytest

from rooms.audience import PROJECTION_VERSION
from rooms.events import MessageSubmitted
from server.codec import CODECS, Codec
from server.connection import Limits, Rate
from server.seat import Admission
from tests.simulation.memory_log import Fault
from tests.wire.clients import frame
from tests.wire.memory_wire import ADA, ANNA, LESSON, MO, Line, Stage, on_virtual_loop

SEEDS = range(25)
CUTS_A_SEED = 40
"""25 lessons with 40 cuts each."""
UNNOTICED_MAX = 6
"""Of one page at a time. An observer counts among `OBSERVERS_MAX` for as long as the server takes them to be there."""
TEXTS = ["hello", "hold my number", "again", "tell a secret", "hold this", "so"]
MANY = Limits(act=Rate(1e3, 1e3), say=Rate(1e3, 1e3), beat=Rate(1e3, 1e3))


class Page:
    """A client as docs/protocol.md wants it: a cursor, a device, and it repeats what was not acknowledged."""

    def __init__(self, stage: Stage, admission: Admission, codec: Codec) -> None:
        self._stage = stage
        self._admission = admission
        self._codec = codec
        self.device = f"device-{admission.actor.person}"
        self.seen: list[Any] = []
        self.unacknowledged: dict[str, dict[str, Any]] = {}
        self.acknowledged: set[str] = set()
        self.lines: list[Line] = []
        self.line: Line | None = None
        self.welcomed = False
        self.snapshots = 0

    def join(self) -> None:
        self.line = Line(self._stage, self._codec)
        self.lines.append(self.line)
        self.welcomed = False
        resume = {"projection": PROJECTION_VERSION, "n": len(self.seen)} if self.seen else None
        ticket = self._stage.tickets.issue(self._admission)
        self.line.send(frame("join", ticket=ticket, device=self.device, resume=resume, take_over=False))

    def ask(self, kind: str, **fields: Any) -> None:
        action = f"{self._admission.actor.person}-{len(self.acknowledged) + len(self.unacknowledged)}"
        self.unacknowledged[action] = {"type": kind, "action": action, **fields}
        if self.line is not None and self.welcomed:
            self.line.send(self.unacknowledged[action])

    def read(self, most: int = 1_000_000) -> None:
        """Take what has come, and check that it is what the protocol promises."""
        line = self.line
        if line is None:
            return
        for got in line.read(most):
            match got["type"]:
                case "welcome":
                    assert not self.welcomed, "one welcome a socket"
                    self._welcome(got)
                case "event":
                    assert self.welcomed, "nothing comes before the welcome"
                    assert got["n"] == len(self.seen) + 1, "dense, and nothing doubled"
                    self.seen.append(got["event"])
                case "ack":
                    assert got["ok"] or got["code"] in ("try_again", "not_held", "unknown_message"), got
                    if got["ok"] or got["code"] != "try_again":
                        self.unacknowledged.pop(got["action"], None)
                        self.acknowledged.add(got["action"])
                case "error":
                    raise AssertionError(got)
        if line.closed is not None:
            assert line.closed[0] >= 4500, line.closed
            self.line = None

    def _welcome(self, got: dict[str, Any]) -> None:
        self.welcomed = True
        if not got["resumed"]:
            assert not self.seen, "what this page holds is never refused: the log only grows"
            self.snapshots += 1
        assert got["cursor"] == {"projection": PROJECTION_VERSION, "n": len(self.seen)}
        assert self.line is not None
        for asked in self.unacknowledged.values():
            self.line.send(asked)

    def lose(self, dice: random.Random) -> None:
        """The line goes, with some of what was on its way; now and then the server does not notice at all."""
        assert self.line is not None
        self.read(dice.randrange(6))
        unnoticed = sum(not line.task.done() for line in self.lines)
        if self.line is not None and (dice.random() < 0.7 or unnoticed >= UNNOTICED_MAX):
            self.line.cut(dice.choice([1001, 1005, 1006]))
        self.line = None

    def held(self) -> list[str]:
        waiting = [one["message"] for one in self.seen if one["shown"] == "held" and one["releasable"]]
        done = {one["message"] for one in self.seen if one["shown"] in ("message", "unsent")}
        return [message for message in waiting if message not in done]


def faults(dice: random.Random) -> Any:
    """A store that is slow now and then, and sometimes refuses or does not know."""

    def draw(_: object) -> Fault:
        return Fault(delay_s=dice.choice([0.001, 0.001, 0.002, 0.3]))

    return draw


async def step(pages: list[Page], dice: random.Random) -> None:
    anna, ada, _ = pages
    author = dice.choice([anna, ada])
    if dice.random() < 0.5:
        author.ask("say", text=f"{dice.choice(TEXTS)} {dice.random()}")
    if (waiting := anna.held()) and dice.random() < 0.3:
        anna.ask(dice.choice(["release", "withhold"]), message=waiting[0])
    for page in pages:
        if page.line is not None and page.welcomed:
            page.line.send(frame("beat"))
            if dice.random() < 0.1:
                page.line.stop()
            elif dice.random() < 0.5:
                page.line.flow()
        if dice.random() < 0.7:
            page.read(dice.randrange(1, 12))
    await asyncio.sleep(dice.choice([0.0, 0.001, 0.05, 0.4]))


async def come_back(pages: list[Page]) -> None:
    """Everybody comes back, repeats what was not acknowledged, and reads to the end."""
    for turn in range(60):
        for page in pages:
            if page.line is None:
                page.join()
            elif page.welcomed:
                page.line.flow()
                if turn % 10 == 0:
                    page.line.send(frame("beat"))
            page.read()
        await asyncio.sleep(0.2)


@pytest.mark.parametrize("seed", SEEDS)
@on_virtual_loop
async def test_nothing_is_lost_or_doubled_over_1000_random_disconnects(seed: int) -> None:
    dice = random.Random(seed)
    cuts = 0
    async with Stage(faults(dice), MANY) as stage:
        pages = [Page(stage, who, dice.choice(CODECS)) for who in (ANNA, ADA, MO)]
        pages[0].join()
        await asyncio.sleep(1)
        while cuts < CUTS_A_SEED:
            await step(pages, dice)
            for page in pages:
                if page.line is None:
                    page.join()
                elif page.welcomed and dice.random() < 0.12:
                    page.lose(dice)
                    cuts += 1
        await come_back(pages)
        _check(stage, pages)
        for page in pages:
            for line in page.lines:
                line.cut()
    assert stage.gateway.connections == 0 or await _empty(stage)


async def _empty(stage: Stage) -> bool:
    await asyncio.sleep(1)
    return stage.gateway.connections == 0


def _check(stage: Stage, pages: list[Page]) -> None:
    log = stage.log.events(LESSON.id)
    for page, who in zip(pages, (ANNA, ADA, MO), strict=True):
        assert page.welcomed
        assert page.seen == [msgspec.to_builtins(one) for one in stage.shown(who)]
        assert not page.unacknowledged
        assert page.snapshots <= 1 or not page.seen
    said = [event.action for event in log if isinstance(event, MessageSubmitted)]
    assert len(said) == len(set(said)), "an action took effect twice"
    assert set(said) <= pages[0].acknowledged | pages[1].acknowledged
    assert len(said) > 5
