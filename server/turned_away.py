"""Handshakes that got no socket, counted in the access log: a line a second at most, however many there are."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Final

import structlog

EVERY_S: Final = 1.0
"""Between two lines, seconds. A flood of strangers fills no disk, and one page that is refused is still seen."""

_log = structlog.stdlib.get_logger("http")


class TurnedAway:
    """Counts by HTTP status: no address, no origin and no path, which are a stranger's letters."""

    def __init__(self) -> None:
        self._counted: Counter[int] = Counter()

    def count(self, status: int) -> None:
        """One more; written within `EVERY_S`."""
        if not self._counted:
            asyncio.get_running_loop().call_later(EVERY_S, self._write)
        self._counted[status] += 1

    def _write(self) -> None:
        counted, self._counted = self._counted, Counter()
        by_status = {str(status): number for status, number in sorted(counted.items())}
        _log.info("sockets refused", count=counted.total(), by_status=by_status)
