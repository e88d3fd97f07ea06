"""An instant as people say it."""

from __future__ import annotations

import zoneinfo
from datetime import datetime


def time_of_day(at: int, zone: zoneinfo.ZoneInfo, *, seconds: bool = False) -> str:
    """Unix ms as pages and mails say it: 4:30pm; in a record to the second: 4:30:05pm."""
    then = datetime.fromtimestamp(at / 1_000, zone)
    minute = f"{then:%M:%S}" if seconds else f"{then:%M}"
    return f"{then.hour % 12 or 12}:{minute}{'am' if then.hour < 12 else 'pm'}"
