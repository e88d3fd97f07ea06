"""How a process of ours is asked to stop: SIGTERM, or Ctrl-C; a second one does not wait."""

from __future__ import annotations

import asyncio
import signal
from typing import Final

EXIT_TERMINATED: Final = 0
EXIT_INTERRUPTED: Final = 130
"""As shells count Ctrl-C: 128 and the signal's number."""


def asked_to_stop() -> asyncio.Future[int]:
    """From now on the process lives until this is done; its result is the exit code."""
    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[int] = loop.create_future()

    def stop(code: int) -> None:
        if stopped.done():
            raise KeyboardInterrupt
        stopped.set_result(code)

    loop.add_signal_handler(signal.SIGTERM, stop, EXIT_TERMINATED)
    loop.add_signal_handler(signal.SIGINT, stop, EXIT_INTERRUPTED)
    return stopped
