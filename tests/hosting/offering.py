"""Pages that offer a leg to the relay, and what they are answered."""

from __future__ import annotations

import asyncio

from server.frames import LegAnswer, LegFrame, LegRefused
from tests.hosting.stage import SAM, TESS, Stage, Tab

OFFER = "v=0\r\n"


async def offer(stage: Stage, tab: Tab, n: int = 1, sdp: str = OFFER) -> LegAnswer | LegRefused:
    """What the page is answered by a relay that answers at once."""
    stage.does(tab, LegFrame(n=n, sdp=sdp))
    await turns()
    answer = answers(tab)[-1]
    assert answer.n == n
    return answer


def answers(tab: Tab) -> list[LegAnswer | LegRefused]:
    return [frame for frame in tab.frames if isinstance(frame, LegAnswer | LegRefused)]


async def turns() -> None:
    """Let the tasks that can go on do so, while no time passes."""
    for _ in range(5):
        await asyncio.sleep(0)


async def both(stage: Stage) -> tuple[Tab, Tab]:
    teacher, pupil = await stage.enter(TESS), await stage.enter(SAM)
    for tab in (teacher, pupil):
        assert isinstance(await offer(stage, tab), LegAnswer)
    return teacher, pupil
