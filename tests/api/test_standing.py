"""What runs beside the requests runs as long as the process: whatever ends it is logged, and it is begun again."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from server import app, standing
from server.access import Access
from server.app import Serving, assembled, run
from server.clock import SystemClock
from server.config import Config
from server.openings import Openings
from server.outbox import Outbox
from server.platform_marks import PlatformMarks

WAITS_S = 10


class Breaks:
    """Ends in each way that nobody thought of, then runs on."""

    def __init__(self) -> None:
        self.runs = 0
        self.stands = asyncio.Event()

    async def run(self) -> None:
        self.runs += 1
        if self.runs == 1:
            raise ValueError("a mistake of ours")
        if self.runs == 2:
            raise asyncio.CancelledError  # of something that it waited for; nobody cancelled the task itself
        if self.runs == 3:
            return
        self.stands.set()
        await asyncio.Event().wait()


async def test_a_task_that_ends_in_any_way_is_begun_again_and_each_end_is_logged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(standing, "AGAIN_S", 0.0)
    breaks = Breaks()
    with capture_logs() as logged:
        task = asyncio.create_task(standing.kept("breaks", breaks.run))
        async with asyncio.timeout(WAITS_S):
            await breaks.stands.wait()
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert breaks.runs == 4
    assert [(one["log_level"], one["task"]) for one in logged] == [("error", "breaks")] * 3


@pytest.mark.parametrize("what", [Access, Openings, Outbox])
async def test_what_a_process_runs_by_itself_outlives_a_mistake(
    what: type[Access | Openings | Outbox],
    config: Config,
    clock: SystemClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(standing, "AGAIN_S", 0.0)
    breaks = Breaks()

    async def broken(_: object) -> None:
        await breaks.run()

    monkeypatch.setattr(what, "run", broken)
    async with assembled(config, clock), asyncio.timeout(WAITS_S):
        await breaks.stands.wait()


class Unmarked:
    """Records whose first mark goes wrong in a way that nobody thought of."""

    def __init__(self) -> None:
        self.asked = 0
        self.marked = asyncio.Event()

    async def mark(self, node: str, at: int) -> None:
        self.asked += 1
        if self.asked == 1:
            raise ValueError("a mistake of ours")
        self.marked.set()


async def test_C7_marks_outlive_a_mistake(clock: SystemClock) -> None:
    records = Unmarked()
    marks = PlatformMarks(records, clock, "main", lambda _: None, every_s=0.0)  # type: ignore[arg-type]
    marking = asyncio.create_task(marks.run())
    async with asyncio.timeout(WAITS_S):
        await records.marked.wait()
    marking.cancel()


async def test_a_server_that_stops_serving_by_itself_ends_the_process(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main_loop(_: object) -> None:
        return

    async def ready(_: Serving) -> None:
        return

    monkeypatch.setattr(app._Server, "main_loop", main_loop)
    monkeypatch.setattr(app, "all_files", lambda: None)
    monkeypatch.setattr(app, "look_rarely", lambda: None)
    async with asyncio.timeout(WAITS_S):
        assert await run(config, ready) == 1
