"""What the media relay hears of each side, told to evidence once a second: the server's own view, on which fault rests.

Evidence is on the policy clock, the relay says how many seconds ago. A relay that fails, or is not heard from, is told
as one that hears nobody: then silence is unknown, and nobody's fault.
"""

from __future__ import annotations

import structlog

from rooms.lesson import SideId
from server.house import MediaRelay
from server.live_room import LiveRoom

_log = structlog.stdlib.get_logger("media_view")


class MediaView:
    """The relay's view of every live room; without a relay there is none."""

    def __init__(self, relay: MediaRelay | None) -> None:
        self._relay = relay

    def tell(self, live: LiveRoom, now: int) -> None:
        """Of everybody who has ever come, as their media may still flow while their line is lost."""
        relay = self._relay
        if relay is None or live.halted:
            return
        try:
            for side in live.epochs:
                at, others_at = (None, None) if side in live.no_leg else _seen(relay, live.id, side, now)
                live.evidence.leg(side, at, others_at, now)
        except Exception:
            _log.exception("the relay failed", lesson=live.id)
            for side in live.epochs:
                live.evidence.leg(side, None, None, now)


def _seen(relay: MediaRelay, lesson: str, side: SideId, now: int) -> tuple[int | None, int | None]:
    """When the last RTP came from a side, and when from anybody else, Unix ms."""
    view = relay.view(lesson, side)
    if view is None:  # every leg is another's
        return None, _ago(relay.quiet_s(), now)
    return _ago(view.quiet_s, now), _ago(view.others_quiet_s, now)


def _ago(quiet_s: float | None, now: int) -> int | None:
    return None if quiet_s is None else now - round(quiet_s * 1_000)
