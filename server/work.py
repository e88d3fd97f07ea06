"""What is asked of a room, from deciding to the commit: commands are retried as a whole, decided events never."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from rooms.commands import Command
from rooms.events import Event
from rooms.shown import Shown
from server.seat import Answer, Handle, Seat
from server.store.port import MessageText

NO_TEXTS: Mapping[str, MessageText] = {}


def _nobody_asks(answer: Answer) -> None:
    """A fact of the world: nobody waits for its answer."""


class Work:
    """Commands that are decided, stored and answered together; the first refused or repeated, the rest is not asked."""

    __slots__ = (
        "_more", "_then", "answer", "asked_at", "commands", "late", "refusable", "seat", "spool_timer", "spooled",
        "texts", "tries",
    )  # fmt: skip

    def __init__(
        self,
        commands: tuple[Command, ...],
        *,
        answer: Callable[[Answer], None] = _nobody_asks,
        then: Callable[[], tuple[Command, ...]] | None = None,
        texts: Mapping[str, MessageText] = NO_TEXTS,
        seat: Seat | None = None,
        refusable: bool = True,
    ) -> None:
        self.commands = commands
        """None at all: only wait until what was asked before is durable."""
        self._then = then
        self._more: tuple[Command, ...] | None = None
        self.answer = answer
        """Called once, when everything it rests on is durable."""
        self.asked_at = 0
        """Unix ms."""
        self.late = False
        """Whoever asked was told to try again: nobody waits for it, and it is not asked anew."""
        self.texts = texts
        self.seat = seat
        """Whom this lets in, once durable."""
        self.refusable = refusable
        """A person's, who can be told to try again; what the world reports cannot be turned away."""
        self.tries = 0
        """How often its append was refused by the store."""
        self.spooled: str | None = None
        """Its place in the spool, while it is there."""
        self.spool_timer: Handle | None = None

    def answer_late(self, answer: Answer) -> None:
        """Answer though it is not known what becomes of it; not again when it is."""
        given, self.answer = self.answer, _nobody_asks
        self.late = True
        given(answer)

    @property
    def halts(self) -> bool:
        """Whether it was accepted as an ending once, so that everybody's media has stopped."""
        return self.spooled is not None or self.spool_timer is not None

    def asked(self) -> Iterable[Command]:
        """The commands, and what is found out (once) only when the first has been accepted: a message's review."""
        return self.commands if self._then is None else self._asked_in_turn()

    def _asked_in_turn(self) -> Iterator[Command]:
        yield from self.commands
        if self._then is not None:
            if self._more is None:
                self._more = self._then()
            yield from self._more


def fact(command: Command) -> Work:
    """What the world reports."""
    return Work((command,), refusable=False)


class Batch:
    """What one work came to: one append. `shown` was projected when it was decided, on exactly the log's prefix."""

    __slots__ = ("after", "chat_only", "dropped", "events", "queued", "queued_at", "shown", "telling", "work")

    def __init__(self, work: Work, queued_at: int) -> None:
        self.work = work
        self.events: list[Event] = []
        self.shown: list[tuple[Seat, Shown]] = []
        self.after: list[tuple[Work, Answer]] = []
        """Answers that rest on this being durable, without events of their own."""
        self.queued_at = queued_at
        self.queued = False
        """The store has taken it in."""
        self.telling = False
        """Some of it may be on nobody's screen before it is durable."""
        self.chat_only = False
        """Delivered chat and nothing else: it moves no clock, no deadline and no status."""
        self.dropped = False
        """Memory was dropped: whatever the store says of it now, it is decided anew."""
