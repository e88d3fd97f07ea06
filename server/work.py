"""What is asked of a room, from deciding to the commit: commands are retried as a whole, decided events never."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from rooms.commands import Command, End, EndAsMissed, Flag, TeacherLeaves
from rooms.events import Event
from rooms.shown import Shown
from server.seat import Answer, Handle, Seat
from server.store.port import MessageText

NO_TEXTS: Mapping[str, MessageText] = {}


def _nobody_asks(answer: Answer) -> None:
    """A fact of the world: nobody waits for its answer."""


class Work(msgspec.Struct, eq=False):
    """Commands that are decided, stored and answered together; the first refused or repeated, the rest is not asked."""

    commands: tuple[Command, ...]
    """None at all: only wait until what was asked before is durable."""
    answer: Callable[[Answer], None] = _nobody_asks
    """Called once, when everything it rests on is durable."""
    then: Callable[[], tuple[Command, ...]] | None = None
    """What is found out only when the first has been accepted: a message's review."""
    texts: Mapping[str, MessageText] = NO_TEXTS
    seat: Seat | None = None
    """Whom this lets in, once durable."""
    refusable: bool = True
    """A person's, who can be told to try again; what the world reports cannot be turned away."""
    found_out: tuple[Command, ...] | None = None
    """What `then` answered: it is asked once, however often the commands are decided anew."""
    asked_at: int = 0
    """Unix ms."""
    late: bool = False
    """Whoever asked was told to try again: nobody waits for it, and it is not asked anew."""
    tries: int = 0
    """How often its append was refused by the store."""
    spooled: str | None = None
    """Its place in the spool, while it is there."""
    spool_timer: Handle | None = None

    def answer_late(self, answer: Answer) -> None:
        """Answer though it is not known what becomes of it; not again when it is."""
        given, self.answer = self.answer, _nobody_asks
        self.late = True
        given(answer)

    @property
    def halts(self) -> bool:
        """Whether it was accepted as an ending once, so that everybody's media has stopped."""
        return self.spooled is not None or self.spool_timer is not None

    @property
    def ends(self) -> bool:
        """Whether a person asks for the end: no queue turns that away, and nothing delays it (B, D1)."""
        return isinstance(self.commands[0] if self.commands else None, End | Flag | EndAsMissed | TeacherLeaves)

    def waits_since(self, asked_before: int) -> bool:
        """Whether somebody has waited for the answer since then, and may be told to try again.

        Not an ending, which is stored however long it takes, nor a join, whose socket its page gives up by itself.
        """
        waits = self.refusable and self.seat is None and not self.late
        return waits and self.asked_at <= asked_before and not self.halts and not self.ends

    def more(self) -> tuple[Command, ...]:
        """The commands beside the first ones, found out now if they were not before."""
        if self.found_out is None:
            self.found_out = () if self.then is None else self.then()
        return self.found_out

    def asked(self) -> tuple[Command, ...]:
        """All of it."""
        return (*self.commands, *self.more())


def fact(command: Command) -> Work:
    """What the world reports."""
    return Work((command,), refusable=False)


class Batch(msgspec.Struct, eq=False):
    """What one work came to: one append. `shown` was projected when it was decided, on exactly the log's prefix."""

    work: Work
    queued_at: int
    events: tuple[Event, ...] = ()
    shown: list[tuple[Sequence[Seat], Sequence[Shown | None]]] = []
    """Of each event that somebody is shown: who was there, and what each of them is shown."""
    after: list[tuple[Work, Answer]] = []
    """Answers that rest on this being durable, without events of their own."""
    queued: bool = False
    """The store has taken it in."""
    telling: bool = False
    """Some of it may be on nobody's screen before it is durable."""
    chat_only: bool = False
    """Delivered chat and nothing else: it moves no clock, no deadline and no status."""
    dropped: bool = False
    """Memory was dropped: whatever the store says of it now, it is decided anew."""
