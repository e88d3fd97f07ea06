"""Who sits in a room, and what hosting and the rest of the server say to one another about it: values only."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import msgspec

from rooms.audience import viewer_of
from rooms.events import Event
from rooms.lesson import OBSERVERS, Actor, Lesson, PersonId

if TYPE_CHECKING:
    from rooms.room import Room
    from server.codec import Encoded
    from server.errors import CloseReason
    from server.frames import Cursor, PeersFrame, ServerFrame, StatusFrame


class Admission(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a redeemed ticket says: the server stamped it, the client cannot."""

    lesson: str
    actor: Actor
    """TEACHER or PUPIL_SIDE with their side, or one of `OBSERVERS`."""
    session: bytes = b""
    """The digest of the session that asked for the ticket: once signed out, its sockets close. Empty: of none."""


class Client(Protocol):
    """What hosting needs of a connection. Nothing blocks or raises: a slow client is the connection's own."""

    def deliver(self, n: int, shown: Encoded) -> None:
        """Send the viewer's ``n``-th event; its bytes are made once for all who see the same."""
        ...

    def send(self, frame: ServerFrame) -> None:
        """Send anything else."""
        ...

    def close(self, reason: CloseReason) -> None:
        """Close the socket; hosting still hears of it by `Hosting.left`."""
        ...


class Refused(msgspec.Struct, frozen=True):
    """A join that may not be: a stable code and a sentence that a person can act on."""

    code: str
    text: str


class Answer(msgspec.Struct, frozen=True):
    """How a command went, once its effect is durable."""

    ok: bool
    code: str = ""
    text: str = ""


class Bookings(Protocol):
    """The lessons that were booked and confirmed."""

    async def lesson(self, lesson: str) -> Lesson | None:
        """The booking as it is frozen from T - 900 s; None where there is none, or it is not confirmed (B2)."""
        ...

    async def may_watch(self, person_id: PersonId, lesson: str) -> bool:
        """Whether that account may watch that lesson now (A6): its scope may have shrunk since the ticket."""
        ...


class Seat:
    """One device that joined: its cursor, and whether it still counts. Made by hosting, held by the connection."""

    __slots__ = (
        "actor", "client", "counted", "device", "epoch", "gone", "heard_at", "lesson", "n", "observes", "peers",
        "prefix", "resume", "since", "status", "viewer", "welcomed",
    )  # fmt: skip

    def __init__(
        self, admission: Admission, device: str, epoch: int, client: Client, since: int, resume: Cursor | None = None
    ) -> None:
        self.lesson = admission.lesson
        self.actor = admission.actor
        self.observes = admission.actor.role in OBSERVERS
        """Whether this is an observer's: kept beside the room, never in it."""
        self.viewer = viewer_of(admission.actor)
        self.device = device
        self.epoch = epoch
        self.resume = resume
        """How far this client says it has come."""
        self.client = client
        self.since = since
        """Unix ms of the join."""
        self.counted = False
        """Evidence counts this line."""
        self.heard_at = 0
        """Unix ms: when an action was last taken for a sign of life."""
        self.n = 0
        """Of the last event that this viewer was given."""
        self.prefix = 0
        """How many of the log's events are this seat's replay."""
        self.gone = False
        """Fenced: another device took over, or the socket closed. Nothing of it counts any more."""
        self.status: StatusFrame | None = None
        """The last that this viewer was sent."""
        self.peers: PeersFrame | None = None
        """The last that this device was told to negotiate with."""
        self.welcomed = False
        """Until then what commits waits behind the replay."""


class ReadRoom(msgspec.Struct, frozen=True):
    """A lesson for its pages, live or long over: what is durable of it."""

    room: Room
    """Folded from ``events``."""
    events: tuple[Event, ...]
    texts: dict[str, str]
    """Of the messages whose text has not expired, by message id."""


class Handle(Protocol):
    """A timer that can be cancelled."""

    def cancel(self) -> None:
        """Do not call."""
        ...


CallLater = Callable[[float, Callable[[], None]], Handle]
"""``loop.call_later``: seconds, and what to call then."""
