"""Tasks that stand as long as the process does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

AGAIN_S: Final = 1.0
"""Before one that ended is begun again, seconds: what breaks at once each time fills no log."""

_log = structlog.stdlib.get_logger("standing")


async def kept(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Run it until cancelled. However it ends before that is logged as an error, and it is begun again."""
    while True:
        try:
            await run()
            _log.error("a task ended by itself and is begun again", task=name)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # Not ours: something that it waited for was cancelled, which would look like a stop.
            _log.exception("a task lost what it waited for and is begun again", task=name)
        except Exception:
            _log.exception("a task broke and is begun again", task=name)
        await asyncio.sleep(AGAIN_S)
