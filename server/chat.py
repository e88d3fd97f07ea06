"""A chat message on its way into a room: stamped, reviewed, and both in one append."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from hashlib import sha256

from moderation.reviewer import Draft
from rooms.commands import Command, Judge, Say
from rooms.events import Event, MessageJudged, MessageSubmitted
from rooms.lesson import TEACHER, Actor, Lesson, PersonId
from rooms.verdict import Verdict
from server.store.port import MessageText

Review = Callable[[Draft], Verdict]
"""The built-in review of one message: synchronous, about a millisecond at most, and it never raises."""

HISTORY_MAX = 12
"""Of each author, how many latest texts the review is shown: what is asked for bit by bit takes a few lines."""
SALT_BYTES = 16
MESSAGE_ID_BYTES = 16


def digest_of(salt: bytes, text: str) -> str:
    """What the log keeps of a text: proves it as long as text and salt are kept, says nothing once they are not."""
    return sha256(salt + text.encode()).hexdigest()


class Chat:
    """What one room's chat needs beside the room: each author's latest texts, for the review."""

    def __init__(self, lesson: Lesson, events: Iterable[Event], texts: Mapping[str, str]) -> None:
        self._youngest = min((pupil.age for pupil in lesson.pupils), default=None)
        self._said: dict[PersonId, deque[str]] = {}
        for event in events:
            if isinstance(event, MessageSubmitted) and event.message in texts:
                self._remember(event.by.person, texts[event.message])

    def _remember(self, person: PersonId, text: str) -> None:
        said = self._said.get(person)
        if said is None:
            said = self._said[person] = deque(maxlen=HISTORY_MAX)
        said.append(text)

    def draft(self, by: Actor, text: str) -> Draft:
        """What the review is asked."""
        return Draft(
            text=text,
            side_is_teacher=by.side == TEACHER,
            youngest_age=self._youngest,
            history=tuple(self._said.get(by.person, ())),
        )

    def say(
        self, by: Actor, action: str, text: str, entropy: Callable[[int], bytes], review: Review
    ) -> tuple[Say, Callable[[], tuple[Command, ...]], dict[str, MessageText]]:
        """One message: its command, what its review leads to once that is accepted, and the text beside the log."""
        message = entropy(MESSAGE_ID_BYTES).hex()
        salt = entropy(SALT_BYTES)
        said = Say(by=by, action=action, message=message, digest=digest_of(salt, text))
        reviewed = partial(self._reviewed, review, by, message, text)
        return said, reviewed, {message: MessageText(text=text, salt=salt)}

    def _reviewed(self, review: Review, by: Actor, message: str, text: str) -> tuple[Command, ...]:
        verdict = review(self.draft(by, text))
        self._remember(by.person, text)
        return (Judge(message=message, verdict=verdict),)


def unjudged(events: Sequence[Event]) -> list[MessageSubmitted]:
    """Submissions that a crash left without a verdict: they are reviewed again."""
    judged = {event.message for event in events if isinstance(event, MessageJudged)}
    return [event for event in events if isinstance(event, MessageSubmitted) and event.message not in judged]
