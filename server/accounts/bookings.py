"""The lessons that are booked, and whose they are: the one place that decides who may do what with which lesson."""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, exists, func, insert, or_, select
from sqlalchemy.engine import Row

from rooms.lesson import TEACHER, Actor, Kind, Lesson, PersonId, Pupil, Role, SideId
from rooms.policy import Policy
from server.accounts.people import Person
from server.accounts.schema import booking, booking_pupil, person, pupil, pupil_adult
from server.accounts.scope import involves, watchable, watched_by
from server.accounts.transactions import Transactions
from server.store.schema import event

OPENS_MS: Final = 900_000
"""A room opens, and its booking is frozen, this long before its start (POLICY.md B, T - 900)."""
LISTED_MAX: Final = 50
"""Lessons on one page (PAGES.md: lists load 50 rows)."""
LISTED_BACK_MS: Final = 14 * 86_400_000
"""How far back a start page looks: what still needs an answer after two weeks is the office's."""
DUE_MAX: Final = 1_000
"""Lessons opened at one go: more than start in a quarter of an hour at the largest service."""

MISSED_BACK_MS: Final = 7 * 86_400_000
"""A lesson that the service itself missed is told of up to a week later; a service that was away for longer rings."""


class Booking(msgspec.Struct, frozen=True):
    """A lesson as booked, with the people whose it is."""

    lesson: Lesson
    teacher: PersonId
    adults: dict[SideId, tuple[PersonId, ...]]
    """Whose accounts hold each pupil."""
    confirmed: bool

    @property
    def opens_at(self) -> int:
        """From when on the room is open. Unix ms."""
        return self.lesson.starts_at - OPENS_MS

    def sides(self, person_id: PersonId) -> tuple[SideId, ...]:
        """The pupils of that account in this lesson."""
        return tuple(one.id for one in self.lesson.pupils if person_id in self.adults.get(one.id, ()))

    def involves(self, person_id: PersonId) -> bool:
        """Whether that account is booked in it, in whatever part (A6)."""
        return person_id == self.teacher or bool(self.sides(person_id))

    def actors(self, who: Person) -> tuple[Actor, ...]:
        """In what parts somebody is booked in this lesson: a family once for each of its pupils, each its own side."""
        if who.id == self.teacher:
            return (Actor(Role.TEACHER, who.id, who.name, TEACHER),)
        return tuple(Actor(Role.PUPIL_SIDE, who.id, who.name, side) for side in self.sides(who.id))

    def actor(self, who: Person, pupil: SideId | None = None) -> Actor | None:
        """One of them: for ``pupil``, or the first. None if they are not booked in it."""
        return next((one for one in self.actors(who) if pupil is None or one.side == pupil), None)


class NewBooking(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson as the office books one."""

    id: str
    kind: Kind
    subject: str
    teacher: PersonId
    pupils: tuple[SideId, ...]
    starts_at: int
    ends_at: int
    confirmed: bool


def add_booking(connection: Connection, new: NewBooking) -> None:
    """Book a lesson."""
    values = msgspec.structs.asdict(new)
    pupils = values.pop("pupils")
    connection.execute(insert(booking).values(values | {"kind": new.kind.value}))
    rows = [{"booking": new.id, "place": place, "pupil": one} for place, one in enumerate(pupils)]
    connection.execute(insert(booking_pupil), rows)


class Bookings:
    """Reads bookings. It is `server.seat.Bookings` for hosting."""

    def __init__(self, transactions: Transactions, zone: zoneinfo.ZoneInfo, policy: Policy | None = None) -> None:
        self._transactions = transactions
        self._zone = zone
        self._policy = policy or Policy()

    async def lesson(self, lesson: str) -> Lesson | None:
        """A confirmed lesson as it is booked, for the room (B2)."""
        found = await self.find(lesson)
        return found.lesson if found is not None and found.confirmed else None

    async def find(self, lesson: str) -> Booking | None:
        """One booking, confirmed or not."""
        found = await self._read(_all().where(booking.c.id == lesson))
        return found[0] if found else None

    async def of(self, person_id: PersonId, now: int) -> list[Booking]:
        """The bookings that are an account's own, as teacher or as a pupil's adult, by their start."""
        return await self._read(
            _all().where(involves(person_id), booking.c.ends_at > now - LISTED_BACK_MS).limit(LISTED_MAX)
        )

    async def due(self, now: int) -> list[str]:
        """Confirmed lessons whose room is open by the clock: each is to run to its end, also if nobody comes."""
        wanted = (
            select(booking.c.id)
            .where(booking.c.confirmed, booking.c.starts_at <= now + OPENS_MS, booking.c.ends_at > now)
            .order_by(booking.c.starts_at)
            .limit(DUE_MAX)
        )
        return await self._transactions.read(lambda connection: list(connection.execute(wanted).scalars()))

    async def missed(self, now: int) -> list[str]:
        """Confirmed lessons that are over and never had a room: the service was not there for any of them (C7)."""
        begun = exists().where(event.c.lesson == booking.c.id, event.c.sequence == 1)
        wanted = (
            select(booking.c.id)
            .where(booking.c.confirmed, booking.c.ends_at <= now, booking.c.ends_at > now - MISSED_BACK_MS, ~begun)
            .order_by(booking.c.starts_at)
            .limit(DUE_MAX)
        )
        return await self._transactions.read(lambda connection: list(connection.execute(wanted).scalars()))

    async def without_teacher(self, now: int) -> list[str]:
        """Confirmed lessons, open by the clock or running on, whose teacher has left the service (A3)."""
        wanted = (
            select(booking.c.id)
            .select_from(booking.join(person, person.c.id == booking.c.teacher))
            .where(
                ~person.c.active,
                booking.c.confirmed,
                booking.c.starts_at <= now + OPENS_MS,
                booking.c.ends_at > now - self._policy.overrun_ms,
            )
            .order_by(booking.c.starts_at)
            .limit(DUE_MAX)
        )
        return await self._transactions.read(lambda connection: list(connection.execute(wanted).scalars()))

    async def involving(self, person_id: PersonId, lessons: Sequence[str]) -> frozenset[str]:
        """Those of ``lessons`` that the account is booked in (A6)."""
        wanted = select(booking.c.id).where(involves(person_id), booking.c.id.in_(lessons))
        return await self._transactions.read(lambda connection: frozenset(connection.execute(wanted).scalars()))

    async def watchable(self, person_id: PersonId, lessons: Sequence[str]) -> frozenset[str]:
        """Those of ``lessons`` that the account may watch, whenever they are (A6)."""
        return await self._transactions.read(lambda connection: watchable(connection, person_id, lessons))

    async def may_watch(self, person_id: PersonId, lesson: str) -> bool:
        """Whether the account may watch that lesson, whenever it is (A6)."""
        return lesson in await self.watchable(person_id, [lesson])

    async def next_start(self, now: int, watcher: PersonId) -> tuple[int, int] | None:
        """When confirmed lessons that the account may watch start next (Unix ms), and how many do then (A6)."""
        coming = (booking.c.confirmed, booking.c.starts_at > now, watched_by(watcher))
        wanted = (
            select(booking.c.starts_at, func.count())
            .where(*coming)
            .group_by(booking.c.starts_at)
            .order_by(booking.c.starts_at)
            .limit(1)
        )
        found = await self._transactions.read(lambda connection: connection.execute(wanted).first())
        return None if found is None else (found[0], found[1])

    async def _read(self, wanted: Select[Any]) -> list[Booking]:
        def work(connection: Connection) -> list[Booking]:
            return [self._booking(connection, row) for row in connection.execute(wanted).all()]

        return await self._transactions.read(work)

    def _booking(self, connection: Connection, row: Row[Any]) -> Booking:
        pupils = _pupils(connection, row.id)
        starts_on = datetime.datetime.fromtimestamp(row.starts_at / 1_000, self._zone).date()
        ids = [one.id for one in pupils]
        lesson = Lesson(
            id=row.id,
            kind=Kind(row.kind),
            subject=row.subject,
            teacher_name=row.teacher_name,
            pupils=tuple(Pupil(one.id, one.first_name, age_on(one.born_on, starts_on)) for one in pupils),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            next_booking_at=_next_start(connection, row, ids),
            policy=self._policy,
        )
        return Booking(lesson, row.teacher, _adults(connection, ids), row.confirmed)


def age_on(born_on: str, day: datetime.date) -> int:
    """Whole years on ``day`` of somebody born on an ISO 8601 date."""
    born = datetime.date.fromisoformat(born_on)
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _all() -> Select[Any]:
    joined = booking.join(person, person.c.id == booking.c.teacher)
    return select(booking, person.c.name.label("teacher_name")).select_from(joined).order_by(booking.c.starts_at)


def _pupils(connection: Connection, booking_id: str) -> Sequence[Row[Any]]:
    joined = booking_pupil.join(pupil, pupil.c.id == booking_pupil.c.pupil)
    wanted = select(pupil).select_from(joined).where(booking_pupil.c.booking == booking_id)
    return connection.execute(wanted.order_by(booking_pupil.c.place)).all()


def _adults(connection: Connection, pupils: list[SideId]) -> dict[SideId, tuple[PersonId, ...]]:
    held: dict[SideId, tuple[PersonId, ...]] = {}
    wanted = select(pupil_adult).where(pupil_adult.c.pupil.in_(pupils)).order_by(pupil_adult.c.person)
    for row in connection.execute(wanted):
        held[row.pupil] = (*held.get(row.pupil, ()), row.person)
    return held


def _next_start(connection: Connection, row: Row[Any], pupils: list[SideId]) -> int | None:
    """When the next confirmed lesson of the teacher or of one of the pupils starts."""
    other = booking.alias()
    shares: ColumnElement[bool] = exists().where(
        booking_pupil.c.booking == other.c.id, booking_pupil.c.pupil.in_(pupils)
    )
    wanted = (
        select(other.c.starts_at)
        .where(
            other.c.id != row.id,
            other.c.confirmed,
            other.c.starts_at >= row.ends_at,
            or_(other.c.teacher == row.teacher, shares),
        )
        .order_by(other.c.starts_at)
        .limit(1)
    )
    return connection.execute(wanted).scalar_one_or_none()
