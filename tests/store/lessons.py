"""What the store's tests append: real events, short."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from rooms.events import Event, MessageDelivered, MessageJudged, MessageSubmitted, Opened, PathAsked
from rooms.lesson import Actor, Kind, Lesson, Pupil, Role
from rooms.verdict import Ruling, Verdict
from server.store import Stores
from server.store.port import Append, Appended, MessageText

TEACHER = Actor(Role.TEACHER, "person-t", "Ms Tarn", "teacher")
FAMILY = Actor(Role.PUPIL_SIDE, "person-f", "Mrs Hill", "pupil-1")
MANAGER = Actor(Role.MANAGER, "person-m", "Mr Watch")
OFFICER = Actor(Role.SAFEGUARDING, "person-s", "Ms Safe")
SALT = b"0123456789abcdef"


class Evidence(msgspec.Struct, frozen=True):
    """A freeze of the tests' own: the store keeps whatever it is given."""

    kinds: list[str]
    texts: dict[str, str]


def freeze(events: Sequence[Event], texts: Mapping[str, str]) -> Evidence:
    return Evidence([type(event).__name__ for event in events], dict(texts))


def booking(lesson: str) -> Lesson:
    return Lesson(
        id=lesson,
        kind=Kind.INDIVIDUAL,
        subject="Violin",
        teacher_name="Ms Tarn",
        pupils=(Pupil("pupil-1", "Sam", 11),),
        starts_at=1_772_641_800_000,  # Wednesday 4 March 2026, 16:30 in London
        ends_at=1_772_643_600_000,
    )


def opened(lesson: str) -> Opened:
    return Opened(at=1, lesson=booking(lesson))


def pressed(action: str, at: int = 2) -> PathAsked:
    """The shortest of a person's actions."""
    return PathAsked(at=at, by=TEACHER, action=action)


def said(message: str, ruling: Ruling = Ruling.ALLOW, text: str = "words", by: Actor = FAMILY) -> list[Event]:
    digest = hashlib.sha256(SALT + text.encode()).hexdigest()
    events: list[Event] = [
        MessageSubmitted(at=2, by=by, action=f"say-{message}", message=message, digest=digest),
        MessageJudged(at=2, message=message, verdict=Verdict(ruling, "reason", "category")),
    ]
    return [*events, MessageDelivered(at=2, message=message)] if ruling is Ruling.ALLOW else events


def append(
    lesson: str,
    epoch: int,
    expected: int,
    events: Sequence[Event],
    *,
    texts: Mapping[str, str] | None = None,
    recorded_at: int = 1_000,
) -> Append:
    return Append(
        lesson=lesson,
        epoch=epoch,
        expected_sequence=expected,
        events=events,
        recorded_at=recorded_at,
        texts={message: MessageText(text, SALT) for message, text in (texts or {}).items()},
    )


async def put(stores: Stores, *appends: Append) -> list[Appended]:
    """Queue all of them at once; how each went."""
    loop = asyncio.get_running_loop()
    answers: list[asyncio.Future[Appended]] = []
    for one in appends:
        answer: asyncio.Future[Appended] = loop.create_future()
        stores.log.append(one, answer.set_result)
        answers.append(answer)
    return list(await asyncio.gather(*answers))


async def begun(stores: Stores, lesson: str = "lesson-1") -> int:
    """Claim a lesson and open its log: the epoch. The log has one event."""
    epoch = await stores.log.claim(lesson)
    assert await put(stores, append(lesson, epoch, 0, [opened(lesson)])) == [Appended.COMMITTED]
    return epoch
