"""How often one address may try what could be guessed. Pages are not counted: a school shares one address."""

from __future__ import annotations

import time
from typing import Final

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from server.api.problem import too_many

SIGN_IN: Final = RateLimitItemPerMinute(60, namespace="sign_in")
"""Tries to sign in: a school's staff room at four o'clock, not a search through links (of which there are 2**256)."""
CHECK_IN: Final = RateLimitItemPerMinute(60, namespace="check_in")
"""Adults who check in from one address; each account is limited besides (`server.accounts.pins`)."""
WRITES: Final = RateLimitItemPerMinute(120, namespace="writes")
"""Anything else that one account asks to be stored: a person needs a few."""
READS: Final = RateLimitItemPerMinute(300, namespace="reads")
"""Of one account: a page asks 6 to 30 times a minute, so a dozen tabs and devices; at 10 ms each, 5 % of a core."""
CONNECTION_TEST: Final = RateLimitItemPerMinute(60, namespace="connection_test")
"""Of one account: a device check asks 7 times, so eight of them; at most 512 kB each, 4 Mbps in the long run."""


class Rates:
    """Counts in this process's memory: with several processes each allows as much."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def count(self, item: RateLimitItem, who: str) -> None:
        """Count one, by an address or an account.

        Raises:
            Problem: 429 when it is one too many.
        """
        if not self._limiter.hit(item, who):
            window = self._limiter.get_window_stats(item, who)
            raise too_many(max(1, int(window.reset_time - time.time())))
