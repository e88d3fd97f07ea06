"""What a live room uses of the process that hosts it, and what it is told by evidence: protocols only."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from rooms.commands import Command, SideIs
from rooms.lesson import Actor, Lesson, SideId
from rooms.quality import Sample
from server.seat import CallLater, Seat
from server.spool import Order
from server.store.port import LogStore, MessageText
from signalling.relay.port import LegId, LegView

if TYPE_CHECKING:
    from server.deadlines import Deadlines
    from server.live_room import LiveRoom
    from server.store_watch import StoreWatch
    from server.work import Work


class PolicyClock(Protocol):
    """The policy clock of a process: `server.clock.SystemClock`, or a test's."""

    def now_ms(self) -> int:
        """Unix milliseconds; never goes back."""
        ...

    def wall_divergence_ms(self) -> int:
        """How far the machine's wall clock has moved away from this one (a suspend or a step)."""
        ...

    def jump(self, ms: int) -> None:
        """Move forward at once, and tell the listeners by how much."""
        ...

    def on_jump(self, listener: Callable[[int], None]) -> None:
        """Call ``listener(ms)`` after each jump."""
        ...


class Evidence(Protocol):
    """`rooms.evidence.LessonEvidence`, or facts told by a simulation."""

    def connected(self, side: SideId, device: str, now: int) -> None:
        """A socket of this device joined."""
        ...

    def disconnected(self, side: SideId, device: str, now: int, clean: bool) -> None:
        """That socket is gone."""
        ...

    def never_came(self, side: SideId, device: str, now: int) -> None:
        """That socket was not let in."""
        ...

    def heard(self, side: SideId, device: str, now: int) -> None:
        """Any frame of a device that is in."""
        ...

    def report(self, side: SideId, device: str, sample: Sample, now: int) -> None:
        """A browser's report of the last second."""
        ...

    def leg(self, side: SideId, at: int | None, others_at: int | None, now: int) -> None:
        """What the media relay says of a side: when RTP last came on its leg, and on any other."""
        ...

    def left(self, side: SideId, now: int, device: str | None = None) -> None:
        """Leave was pressed."""
        ...

    def takeover(self, side: SideId, now: int, old: str | None = None) -> None:
        """Another device takes over, and ``old`` is fenced."""
        ...

    def path_switching(self, side: SideId, now: int) -> None:
        """Another path is being tried."""
        ...

    def set_started(self, side: SideId, started: bool) -> None:
        """Whether this side's lesson has started."""
        ...

    def shift(self, ms: int) -> None:
        """The policy clock jumped."""
        ...

    def resumed_platform(self, now: int) -> None:
        """The service can hear again: every side's class is told anew."""
        ...

    def tell_again(self, side: SideId) -> None:
        """A change of that side was not taken in by the room."""
        ...

    @property
    def changed(self) -> bool:
        """Whether a change was found that was not told yet."""
        ...

    def changes(self, now: int) -> list[SideIs]:
        """What changed since the last call."""
        ...

    def complete_until(self, now: int) -> int:
        """The watermark. Ask for `changes` first."""
        ...

    def weak(self, now: int) -> tuple[SideId, ...]:
        """Sides whose connection is weak."""
        ...


EvidenceOf = Callable[[Lesson], Evidence]


class Spooled(Protocol):
    """What the host needs of the local spool (`server.spool.Spool`): endings that the store has not taken yet."""

    def put(self, lesson: str, commands: Sequence[Command], texts: Mapping[str, MessageText]) -> str:
        """Write it down, fsynced; returns its name."""
        ...

    def remove(self, name: str) -> None:
        """It is durable in the store."""
        ...

    def pending(self) -> list[Order]:
        """What is still there, oldest first."""
        ...


class Records(Protocol):
    """What the host keeps beside the logs; `server.store.Stores` is one."""

    async def mark(self, node: str, at: int) -> None:
        """This node was up at ``at``."""
        ...

    async def marks(self) -> dict[str, int]:
        """Each node's latest mark."""
        ...

    async def unfinished(self) -> list[str]:
        """Lessons whose log has no end yet."""
        ...

    async def visit_began(self, by: Actor, lesson: str, visit: str, at: int) -> None:
        """An observer's visit began (Q1)."""
        ...

    async def visit_ended(self, by: Actor, lesson: str, visit: str, at: int) -> None:
        """It is over."""
        ...


class RelayAway(Exception):
    """There is no way to the relay now: it may come back at any moment."""


class MediaRelay(Protocol):
    """What the host needs of the relay (`server.relay_socket.RelaySocket`). Whatever it raises ends no lesson.

    What is asked is done in the order of asking: a `close` after a `publish` that is not answered yet closes its leg.
    """

    async def publish(self, leg: LegId, offer: str) -> str:
        """Take what one side sends; returns the SDP answer. May be cancelled, and may then have opened the leg.

        Raises:
            Refused: with a stable code.
            RelayAway: it cannot be asked now.
        """
        ...

    async def watch(self, leg: LegId, sides: Sequence[SideId], offer: str) -> str:
        """Send the media of these sides to an observer: sound and picture of each, in this order. Else as `publish`.

        Raises:
            Refused: with a stable code.
            RelayAway: it cannot be asked now.
        """
        ...

    def close(self, leg: LegId) -> None:
        """End one leg; harmless where it is gone."""
        ...

    def close_lesson(self, lesson: str) -> None:
        """End all legs of a lesson."""
        ...

    def view(self, lesson: str, side: SideId) -> LegView | None:
        """What has reached the relay from this side; None without a leg, or where the relay is not heard from.

        Local: the last that is known of a relay elsewhere, with the time since then added to its seconds.
        """
        ...

    def quiet_s(self) -> float | None:
        """Seconds since RTP came on any leg, which tells a side without a leg from a relay that is dead.

        None before the first, and where the relay is not heard from: it is unknown then, and nobody's fault.
        """
        ...


class House(Protocol):
    """What a room uses of the process that hosts it."""

    log: LogStore
    clock: PolicyClock
    call_later: CallLater
    watch: StoreWatch
    deadlines: Deadlines
    spool: Spooled

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run it on the loop, held until it is done."""
        ...

    def changed(self, live: LiveRoom) -> None:
        """How the room stands may have changed: who is in it is told soon."""
        ...

    def arrived(self, live: LiveRoom, seat: Seat) -> None:
        """What lets this seat in is durable: welcome it, with the log's first ``seat.prefix`` events."""
        ...

    def lost(self, live: LiveRoom, endings: list[Work], since: int, *, elsewhere: bool) -> None:
        """This host lost the room. Where no other has it, it is taken up again, and ``endings`` are asked.

        ``since``: the first that the store did not take, Unix ms: from then on the time is the platform's.
        """
        ...
