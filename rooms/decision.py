"""What a room answers to a command."""

from __future__ import annotations

from typing import Final

import msgspec

from rooms import events as e

TOO_MANY: Final = "too_many"


class Decision(msgspec.Struct, frozen=True, gc=False):
    """What `decide` answers. Values without cycles, as events are."""

    events: tuple[e.Event, ...] = ()
    refused: str = ""
    """A stable code, or empty."""
    repeated: bool = False
    """This action, or this fact, is in the log already: acknowledge it again."""
    halts: bool = False
    """Media has to stop at once, before the store answers."""


REPEATED: Final = Decision(repeated=True)
