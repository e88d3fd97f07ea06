"""How often Python looks for cycles of garbage: a busy server makes few, and each look walks all that it holds."""

from __future__ import annotations

import gc
from typing import Final

THRESHOLDS: Final = (20_000, 20, 50)
"""Containers made between two looks, and how many looks at the young before one at the older. By default (700, 10, 10)
a quarter of a chat message's cost was looking; cycles wait longer now, some MB of them at most."""


def look_rarely() -> None:
    """For the serving process, once everything is loaded: what is there now stays, and is not walked any more."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
