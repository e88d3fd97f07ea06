"""People: who has an account, as what, and whether it is still theirs to use."""

from __future__ import annotations

import enum
from collections.abc import Collection
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.engine import Row

from rooms.lesson import Actor, PersonId, Role, SideId
from server.accounts.schema import person, pupil, pupil_adult, session
from server.store.audit import record

COMMAND_LINE: Final = Actor(Role.OFFICE, "command-line", "The command line")
"""Whoever may run commands on the service's machine."""
ACCESS_TAKEN: Final = "took_access_away"
"""The audit log's word; whom: the account's id."""


class AccountRole(enum.StrEnum):
    """What an account is for."""

    TEACHER = "teacher"
    FAMILY = "family"
    MANAGER = "manager"
    SAFEGUARDING = "safeguarding"
    ADMINISTRATOR = "administrator"


class Person(msgspec.Struct, frozen=True):
    """An account's holder."""

    id: PersonId
    role: AccountRole
    name: str
    email: str
    active: bool = True


class NewPupil(msgspec.Struct, frozen=True):
    """A pupil, as the office enters one (A5)."""

    id: str
    full_name: str
    first_name: str
    born_on: str
    """ISO 8601."""


def person_of(row: Row[Any]) -> Person:
    """The person in a row that holds the table's columns."""
    return Person(row.id, AccountRole(row.role), row.name, row.email, row.active)


def add_person(connection: Connection, new: Person, pin_hash: str | None = None) -> None:
    """Add an account."""
    connection.execute(
        insert(person).values(
            id=new.id, role=new.role.value, name=new.name, email=new.email, active=new.active, pin_hash=pin_hash
        )
    )


def set_pin(connection: Connection, person_id: PersonId, pin_hash: str) -> None:
    """Give a family account its PIN: `server.accounts.pins.hash_pin` of it."""
    connection.execute(update(person).where(person.c.id == person_id).values(pin_hash=pin_hash))


def add_pupil(connection: Connection, new: NewPupil, adults: tuple[PersonId, ...]) -> None:
    """Add a pupil to the accounts of their adults."""
    connection.execute(insert(pupil).values(msgspec.structs.asdict(new)))
    connection.execute(insert(pupil_adult), [{"pupil": new.id, "person": adult} for adult in adults])


def remove_adult(connection: Connection, pupil_id: str, adult: PersonId) -> None:
    """A1: at once, and nobody is told."""
    connection.execute(pupil_adult.delete().where(pupil_adult.c.pupil == pupil_id, pupil_adult.c.person == adult))


def deactivate(connection: Connection, person_id: PersonId, now: int) -> None:
    """A3: the account is of no more use, and every session of it is over."""
    connection.execute(update(person).where(person.c.id == person_id).values(active=False))
    connection.execute(
        update(session).where(session.c.person == person_id, session.c.ended_at.is_(None)).values(ended_at=now)
    )


def take_access_away(connection: Connection, email: str, now: int) -> Person | None:
    """A3 from the machine's own command line: `deactivate`, on the audit log; None where no such account is active."""
    found = connection.execute(select(person).where(person.c.email == email, person.c.active)).first()
    if found is None:
        return None
    deactivate(connection, found.id, now)
    record(connection, COMMAND_LINE, ACCESS_TAKEN, found.id, now, "")
    return person_of(found)


def standing(
    connection: Connection, people: Collection[PersonId]
) -> tuple[set[PersonId], set[tuple[SideId, PersonId]]]:
    """Which of these accounts are in use, and which pupils they hold."""
    active = select(person.c.id).where(person.c.id.in_(people), person.c.active)
    held = select(pupil_adult.c.pupil, pupil_adult.c.person).where(pupil_adult.c.person.in_(people))
    return set(connection.execute(active).scalars()), {(row.pupil, row.person) for row in connection.execute(held)}


def find_person(connection: Connection, person_id: PersonId) -> Person | None:
    """The account with that id."""
    row = connection.execute(select(person).where(person.c.id == person_id)).first()
    return None if row is None else person_of(row)
