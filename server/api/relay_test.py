"""Whether UDP gets through to the media relay (B4): a leg of the device check's own, for a few seconds.

It is opened as a lesson's would be, so what is found out is ICE and DTLS and no imitation; nothing is sent over it,
nobody can watch it, and it is in no lesson.
"""

from __future__ import annotations

import asyncio
import secrets
from functools import partial
from typing import Annotated, Final

import msgspec
import structlog
from msgspec import Meta

from server.api.connection_test import Gate
from server.api.problem import Problem, not_found
from server.api.rates import CONNECTION_TEST
from server.api.resource import Answered, Call
from server.frames import SDP_CHARS_MAX
from server.house import MediaRelay, RelayAway
from signalling.relay.port import LegId, Refused

LEG_S: Final = 10.0
"""How long such a leg may last, seconds: a page gives up after 6 s, and its answer has to come first."""
ANSWER_S_MAX: Final = 5.0
"""How long the relay may take over the offer, seconds (as for a lesson's leg)."""
AT_ONCE_MAX: Final = 100
"""Of the relay's 2,000 legs: lessons come first. With 10 s each, ten checks a second."""
NAME_BYTES: Final = 8
"""Of a name at the relay that meets no other's within ten seconds, and no lesson's."""
_FULL: Final = frozenset({"relay_full", "lesson_full"})

_log = structlog.stdlib.get_logger("api")


class Offer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/connection-test/leg: what the page's own peer connection offers, whole."""

    sdp: Annotated[str, Meta(min_length=1, max_length=SDP_CHARS_MAX)]


class Answer(msgspec.Struct, frozen=True):
    """The relay's answer, with every address of it."""

    sdp: str


class RelayTest:
    """The legs of checks, how many there are, and their ends."""

    def __init__(self, relay: MediaRelay | None, leg_s: float = LEG_S) -> None:
        self._relay = relay
        self._leg_s = leg_s
        self._gate = Gate(AT_ONCE_MAX)

    async def offer(self, call: Call, offer: Offer) -> Answered:
        """Open a leg, and close it a little later, whatever becomes of the page."""
        relay, who = self._relay, call.person.id
        if relay is None:
            raise not_found()
        call.services.rates.count(CONNECTION_TEST, who)
        self._gate.check(who)
        taken = self._gate.taken(who)
        taken.__enter__()
        leg = LegId(f"check-{secrets.token_hex(NAME_BYTES)}", "check", 1)
        end = partial(self._end, relay, leg, partial(taken.__exit__, None, None, None))
        try:
            async with asyncio.timeout(ANSWER_S_MAX):
                answer = await relay.publish(leg, offer.sdp)
        except BaseException as problem:
            end()
            if isinstance(problem, Refused):
                raise _problem(problem) from None
            if isinstance(problem, TimeoutError | RelayAway):
                raise _busy() from None
            raise
        asyncio.get_running_loop().call_later(self._leg_s, end)
        return Answer(answer)

    def _end(self, relay: MediaRelay, leg: LegId, free: partial[bool | None]) -> None:
        free()
        try:
            relay.close(leg)
        except Exception:
            _log.exception("a check's leg could not be closed: the relay ends it by itself")


def _problem(refused: Refused) -> Problem:
    if refused.code in _FULL:
        return _busy()
    return Problem(400, refused.code, "This browser's offer is not one that we take. Update it, and try again.")


def _busy() -> Problem:
    return Problem(503, "busy", "Many people check their connection now. Try again.", {"retry-after": "5"})
