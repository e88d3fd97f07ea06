"""One client, without I/O: messages in, frames to act on or answers out; deadlines as values. It never raises on input.

A connection is *joining* until its first frame, which has to be a `Join`, then *joined*, and at last *closed*. Every
wrong frame is answered with a stable code and costs a strike; who has none left is closed, and nobody else is.
"""

from __future__ import annotations

import enum
from functools import cache
from typing import Final

import msgspec

from server import errors
from server.codec import FRAME_BYTES_MAX, Codec, Unreadable, Wire
from server.errors import CloseReason, WireError
from server.frames import (
    Ack,
    Asking,
    Beat,
    ClientFrame,
    ErrorFrame,
    Join,
    LegFrame,
    LegRefused,
    Report,
    SayFrame,
    ServerFrame,
    SignalFrame,
)

JOIN_S_MAX: Final = 5.0
"""For the first frame: nobody holds a socket without saying who they are."""
SILENT_S_MAX: Final = 12.0
"""Clients beat once a second: twelve missed in a row is a dead line, and suspicion is due within 12 s (health)."""


class Rate(msgspec.Struct, frozen=True):
    """A token bucket: so many a second in the long run, and so many at once."""

    per_s: float
    burst: float


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much one client may send."""

    say: Rate = Rate(5, 10)
    """Chat messages: a child typing "hi" as fast as it can; above it is a program."""
    act: Rate = Rate(5, 20)
    """Every other action: presses of buttons, and what a page repeats after coming back."""
    beat: Rate = Rate(2, 10)
    """One a second; a tab that was frozen sends a few at once."""
    report: Rate = Rate(2, 10)
    """One a second, as beats."""
    signal: Rate = Rate(20, 100)
    """Negotiation: an ICE restart trickles about 20 candidates a peer at once."""
    leg: Rate = Rate(0.5, 12)
    """Legs to the relay: one after joining, one for each of seven pupils whose media comes by the relay, others where
    that failed. Each makes a DTLS endpoint for the server."""
    volume: Rate = Rate(32_000, 256_000)
    """Bytes of all frames. Within `SLOW_S_MAX` of the gateway no peer can be sent more than its backlog holds."""
    strikes: Rate = Rate(0.2, 20)
    """Wrong frames: an old page after an update sends some; garbage without end is closed after 20."""
    join_s_max: float = JOIN_S_MAX
    silent_s_max: float = SILENT_S_MAX


class State(enum.Enum):
    """How far a connection has come."""

    JOINING = "joining"
    JOINED = "joined"
    CLOSED = "closed"


class Wrong(msgspec.Struct, frozen=True):
    """A message that is not acted on: what to answer, and whether to close."""

    answer: ServerFrame | None
    closes: CloseReason | None


_VOLUME, _SAY, _ACT, _BEAT, _REPORT, _SIGNAL, _LEG, _STRIKES = range(8)
_CLASSES: Final[dict[type, int]] = {SayFrame: _SAY, Beat: _BEAT, Report: _REPORT, SignalFrame: _SIGNAL, LegFrame: _LEG}
"""Every other frame is an action."""
_ROUNDING_S: Final = 1e-6
"""Seconds are floats: a burst of exactly the bucket's size is not to fail by the last bit."""


@cache
def _buckets(limits: Limits) -> tuple[tuple[float, float], ...]:
    """Of each class, in the order of their numbers: for how long one unit is missed, and for how long all of them."""
    rates = (
        limits.volume,
        limits.say,
        limits.act,
        limits.beat,
        limits.report,
        limits.signal,
        limits.leg,
        limits.strikes,
    )
    return tuple((1 / rate.per_s, rate.burst / rate.per_s + _ROUNDING_S) for rate in rates)


_UNREADABLE: Final[dict[str, WireError]] = {
    "format": errors.UNREADABLE,
    "type": errors.UNKNOWN_TYPE,
    "field": errors.BAD_FIELD,
}
_IGNORED: Final = Wrong(None, None)


class Connection:
    """One client's side of the protocol. ``now`` is transport time, in seconds, and never goes back."""

    __slots__ = ("_buckets", "_full_at", "_heard", "_limits", "codec", "state")

    def __init__(self, codec: Codec, limits: Limits, now: float) -> None:
        self.codec: Final = codec
        self.state = State.JOINING
        self._limits = limits
        self._heard = now
        self._buckets = _buckets(limits)
        self._full_at = [now] * len(self._buckets)
        """When each bucket will be full again: all that a bucket has to remember."""

    def receive(self, message: Wire, now: float) -> ClientFrame | Wrong:
        """Take one WebSocket message: the frame to act on, or what to answer instead."""
        if self.state is State.CLOSED:
            return _IGNORED
        self._heard = now
        size = len(message)
        if size > FRAME_BYTES_MAX:
            return self._wrong(errors.FRAME_TOO_LARGE, now)
        if not self._take(_VOLUME, now, size):
            return self._wrong(errors.FRAME_TOO_FAST, now)
        if isinstance(message, str) is not self.codec.text:
            return self._wrong(errors.WRONG_CODEC, now)
        try:
            frame = self.codec.decode(message)
        except Unreadable as unreadable:
            return self._wrong(_UNREADABLE[unreadable.why], now)
        kind = type(frame)
        if self.state is State.JOINING or kind is Join:
            return self._admit(frame, now)
        if self._take(_CLASSES.get(kind, _ACT), now, 1):
            return frame
        return self._wrong(errors.FRAME_TOO_FAST, now, frame)

    def overdue(self, now: float) -> CloseReason | None:
        """Why the socket is to be closed by now, if it is: no join in time, or silence."""
        if self.state is State.CLOSED or now < self.next_check():
            return None
        return errors.JOIN_LATE if self.state is State.JOINING else errors.SILENT

    def next_check(self) -> float:
        """When to ask `overdue` again, if nothing comes in."""
        limits = self._limits
        return self._heard + (limits.join_s_max if self.state is State.JOINING else limits.silent_s_max)

    def close(self) -> None:
        """Nothing that still comes in counts."""
        self.state = State.CLOSED

    def _admit(self, frame: ClientFrame, now: float) -> ClientFrame | Wrong:
        """The first frame is a join, and no other."""
        if self.state is not State.JOINING:
            return self._wrong(errors.ALREADY_JOINED, now)
        if not isinstance(frame, Join):
            return self._wrong(errors.JOIN_FIRST, now)
        self.state = State.JOINED
        return frame

    def _wrong(self, error: WireError, now: float, frame: ClientFrame | None = None) -> Wrong:
        closes = error.closes
        if closes is None and self.state is State.JOINING:
            closes = errors.BAD_FRAMES
        if closes is None and not self._take(_STRIKES, now, 1):
            closes = errors.TOO_FAST if error is errors.FRAME_TOO_FAST else errors.BAD_FRAMES
        if closes is not None:
            self.close()
        if isinstance(frame, Asking):
            return Wrong(Ack(action=frame.action, ok=False, code=error.code, text=error.text), closes)
        if isinstance(frame, LegFrame):
            return Wrong(LegRefused(n=frame.n, code=error.code, text=error.text), closes)
        return Wrong(ErrorFrame(code=error.code, text=error.text), closes)

    def _take(self, of: int, now: float, cost: float) -> bool:
        """Take from a bucket, unless it holds less."""
        unit_s, span_s = self._buckets[of]
        full_at = self._full_at[of]
        full_at = (full_at if full_at > now else now) + cost * unit_s
        if full_at - now > span_s:
            return False
        self._full_at[of] = full_at
        return True
