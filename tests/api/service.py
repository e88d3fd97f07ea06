"""A small music service for tests: who is in it, and what is booked."""

from __future__ import annotations

import datetime

from sqlalchemy import Connection

from rooms.lesson import Kind
from server.accounts.bookings import NewBooking, add_booking
from server.accounts.people import AccountRole, NewPupil, Person, add_person, add_pupil, set_pin
from server.accounts.pins import hash_pin

MINUTE_MS = 60_000
PIN = "408213"

TEACHER = Person("t-patel", AccountRole.TEACHER, "Ms Patel", "patel@service.example")
OTHER_TEACHER = Person("t-okoro", AccountRole.TEACHER, "Mr Okoro", "okoro@service.example")
FAMILY = Person("f-hall", AccountRole.FAMILY, "Alex Hall", "alex@family.example")
SECOND_ADULT = Person("f-hall-2", AccountRole.FAMILY, "Kim Hall", "kim@family.example")
OTHER_FAMILY = Person("f-lind", AccountRole.FAMILY, "Mia Lind", "mia@family.example")
MANAGER = Person("m-ellis", AccountRole.MANAGER, "Jordan Ellis", "ellis@service.example")
SAFEGUARDING = Person("s-shaw", AccountRole.SAFEGUARDING, "Robin Shaw", "shaw@service.example")
INVOLVED_SAFEGUARDING = Person("s-ray", AccountRole.SAFEGUARDING, "Lee Ray", "ray@service.example")
EVERYBODY = (
    TEACHER,
    OTHER_TEACHER,
    FAMILY,
    SECOND_ADULT,
    OTHER_FAMILY,
    MANAGER,
    SAFEGUARDING,
    INVOLVED_SAFEGUARDING,
)
SAM = "p-sam"
ADA = "p-ada"

NOW_OPEN = "now-open"
"""Individual, Ms Patel and Sam (11): starts in two minutes."""
NOT_CONFIRMED = "not-confirmed"
LATER = "later"
"""Starts in two hours, Ms Patel and Sam."""
ELSEWHERE = "elsewhere"
"""Mr Okoro and Ada (16), starts in two minutes: neither Ms Patel's nor the Halls'."""
OBSERVERS_OWN = "observers-own"
"""The people manager's own child's lesson, starts in three minutes."""


def furnish(connection: Connection, now: int) -> None:
    """Put everybody and everything in."""
    born = datetime.datetime.fromtimestamp(now / 1_000, datetime.UTC).date() - datetime.timedelta(days=100)
    for person in EVERYBODY:
        add_person(connection, person)
    set_pin(connection, FAMILY.id, hash_pin(PIN))
    set_pin(connection, OTHER_FAMILY.id, hash_pin("555555"))
    sams = (FAMILY.id, SECOND_ADULT.id, INVOLVED_SAFEGUARDING.id)
    add_pupil(connection, NewPupil(SAM, "Sam Hall", "Sam", _years_before(born, 11)), sams)
    add_pupil(connection, NewPupil(ADA, "Ada Lind", "Ada", _years_before(born, 16)), (OTHER_FAMILY.id,))
    add_pupil(connection, NewPupil("p-joe", "Joe Ellis", "Joe", _years_before(born, 14)), (MANAGER.id,))
    soon = now + 2 * MINUTE_MS
    _book(connection, NOW_OPEN, TEACHER, SAM, soon)
    _book(connection, NOT_CONFIRMED, TEACHER, SAM, soon + 60 * MINUTE_MS, confirmed=False)
    _book(connection, LATER, TEACHER, SAM, now + 120 * MINUTE_MS)
    _book(connection, ELSEWHERE, OTHER_TEACHER, ADA, soon)
    _book(connection, OBSERVERS_OWN, OTHER_TEACHER, "p-joe", soon + MINUTE_MS)


def _years_before(day: datetime.date, years: int) -> str:
    return day.replace(year=day.year - years, day=min(day.day, 28)).isoformat()


def _book(
    connection: Connection, id_: str, teacher: Person, pupil: str, starts_at: int, *, confirmed: bool = True
) -> None:
    booking = NewBooking(
        id=id_,
        kind=Kind.INDIVIDUAL,
        subject="Violin",
        teacher=teacher.id,
        pupils=(pupil,),
        starts_at=starts_at,
        ends_at=starts_at + 30 * MINUTE_MS,
        confirmed=confirmed,
    )
    add_booking(connection, booking)
