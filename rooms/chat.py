"""Chat as the room knows it: which messages wait, are held, were delivered or dropped (C1, D3).

Texts live beside the log. Nothing is delivered before its verdict. Others see messages in the order of delivery.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from rooms.lesson import PersonId, SideId
from rooms.verdict import Verdict

HOLD_MS: Final = 60_000
"""D: a held message that nobody released within this is not sent."""
MESSAGES_MAX: Final = 5_000
"""In one room: two hours of more than forty messages a minute, each some 500 B of state."""

MessageState = Literal["submitted", "held", "delivered", "dropped"]


class ChatMessage(msgspec.Struct, eq=False, gc=False):
    """One message. Holds only values, so the garbage collector need not walk them (``gc=False``)."""

    author: PersonId
    side: SideId
    state: MessageState = "submitted"
    verdict: Verdict | None = None
    until: int = 0
    """When a held one expires, Unix ms."""


class Chat:
    """All messages of one room, by id."""

    __slots__ = ("_held", "messages")

    def __init__(self) -> None:
        self.messages: dict[str, ChatMessage] = {}
        self._held: dict[str, None] = {}
        """In the order of their verdicts, so that the first expires first."""

    def held(self) -> tuple[str, ...]:
        """The messages that wait for a release."""
        return tuple(self._held)

    def next_expiry(self) -> int | None:
        """When the first held message is not sent any more."""
        for message in self._held:
            return self.messages[message].until
        return None

    def expired(self, now: int) -> list[str]:
        """The held messages whose time is over."""
        return [message for message in self._held if self.messages[message].until <= now]

    def submit(self, message: str, author: PersonId, side: SideId) -> None:
        """Somebody wrote it."""
        self.messages[message] = ChatMessage(author, side)

    def hold(self, message: str, verdict: Verdict, at: int) -> None:
        """Shown to its author, and to the teacher if it is the pupil side's."""
        kept = self.messages[message]
        kept.state, kept.verdict, kept.until = "held", verdict, at + HOLD_MS
        self._held[message] = None

    def judged(self, message: str, verdict: Verdict) -> None:
        """The review answered; it is delivered or dropped next."""
        kept = self.messages.get(message)
        if kept is not None:
            kept.verdict = verdict

    def settle(self, message: str, state: MessageState) -> None:
        """Delivered or dropped, once and for all."""
        kept = self.messages.get(message)
        if kept is not None:
            kept.state = state
            if self._held:
                self._held.pop(message, None)
