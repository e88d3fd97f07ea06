"""How often Python looks for cycles of garbage: a busy server makes few, and each look walks all that it holds."""

from __future__ import annotations

import gc
from typing import Final

THRESHOLDS: Final = (2_000, 5, 2_000)
"""Containers made between two looks at the young (one stops everything for about 0.5 ms; with 20,000 it took 5 to 10,
which is a message's whole time), how many of these to one at what survived, and how many of those to one at all that
there is. That last is dear (80 ms with 2,000 connections) and finds next to nothing: neither a message nor a connection
that ends leaves a cycle behind."""


def look_rarely() -> None:
    """For the serving process, once everything is loaded: what is there now stays, and is not walked any more."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
