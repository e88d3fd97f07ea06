"""Who may watch which lessons (A6): people managers and administrators those of their scope, never one of their own.

A scope is every teacher's lessons, or those of the teachers that are named. It is asked anew for every list, ticket and
join, and every two seconds for those who watch (`server.access`). Whoever is not found by `watched_by` watches nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, insert, or_, select, update
from sqlalchemy.engine import Row

from rooms.lesson import PersonId, Role
from server.accounts.people import COMMAND_LINE, AccountRole
from server.accounts.schema import booking, booking_pupil, person, pupil_adult, watch_scope
from server.store.audit import record

WATCHERS: Final[Mapping[AccountRole, Role]] = {
    AccountRole.MANAGER: Role.MANAGER,
    AccountRole.ADMINISTRATOR: Role.ADMINISTRATOR,
}
"""The accounts that may watch at all, and in what part they do."""
SCOPE_SET: Final = "set_watch_scope"
"""The audit log's word; whom: the account's id."""
TEACHERS_MAX: Final = 500
"""Named in one scope: more is *all* with some left out, which nobody keeps in their head."""


class CannotSetScope(ValueError):
    """Why not, in a sentence for whoever asked."""


def involves(person_id: PersonId) -> ColumnElement[bool]:
    """A booking is an account's own as its teacher, or as the account of one of its pupils."""
    held = (
        select(booking_pupil.c.booking)
        .select_from(booking_pupil.join(pupil_adult, pupil_adult.c.pupil == booking_pupil.c.pupil))
        .where(pupil_adult.c.person == person_id)
    )
    return or_(booking.c.teacher == person_id, booking.c.id.in_(held))


def watched_by(person_id: PersonId) -> ColumnElement[bool]:
    """A booking is within the scope of an account that is in use and may watch, and is none of its own."""
    watcher = person.alias()
    watches = exists().where(
        watcher.c.id == person_id, watcher.c.active, watcher.c.role.in_([role.value for role in WATCHERS])
    )
    everybodys = exists().where(watcher.c.id == person_id, watcher.c.watches_all)
    # Said which: a subquery that is not tied to the booking asked about would be true of any.
    named = exists().where(watch_scope.c.person == person_id, watch_scope.c.teacher == booking.c.teacher)
    return and_(watches, or_(everybodys, named.correlate(booking)), ~involves(person_id))


def watchable(connection: Connection, person_id: PersonId, lessons: Collection[str]) -> frozenset[str]:
    """Those of ``lessons`` that the account may watch, whenever they are."""
    wanted = select(booking.c.id).where(booking.c.id.in_(sorted(lessons)), watched_by(person_id))
    return frozenset(connection.execute(wanted).scalars())


def set_scope(connection: Connection, email: str, teachers: Sequence[str] | None, now: int) -> str:
    """Say whose lessons an account may watch, from the machine's own command line and on the audit log.

    Args:
        connection: of one transaction, which is to be given up when this raises.
        email: the account's.
        teachers: the email addresses of the teachers whose lessons they are; None for every teacher's.
        now: Unix ms.

    Returns:
        What holds from now on, in a sentence.

    Raises:
        CannotSetScope: there is no such account, it is not one that watches, or a teacher is not found.
    """
    holder = _account(connection, email)
    if holder is None:
        raise CannotSetScope(f"No account that is in use has the email address {email}.")
    if AccountRole(holder.role) not in WATCHERS:
        raise CannotSetScope(f"{holder.name} is neither a people manager nor an administrator, and watches no lessons.")
    named = [] if teachers is None else _teachers(connection, teachers)
    connection.execute(delete(watch_scope).where(watch_scope.c.person == holder.id))
    connection.execute(update(person).where(person.c.id == holder.id).values(watches_all=teachers is None))
    if named:
        rows = [{"person": holder.id, "teacher": one.id} for one in named]
        connection.execute(insert(watch_scope), rows)
    record(connection, COMMAND_LINE, SCOPE_SET, holder.id, now, "")
    if teachers is None:
        return f"{holder.name} can watch the lessons of every teacher."
    return f"{holder.name} can watch the lessons of {', '.join(sorted(one.name for one in named))}, and no others."


def _account(connection: Connection, email: str) -> Row[str, str, str] | None:
    wanted = select(person.c.id, person.c.name, person.c.role).where(person.c.email == email, person.c.active)
    return connection.execute(wanted).first()


def _teachers(connection: Connection, emails: Sequence[str]) -> list[Row[str, str, str]]:
    """Each once, in the order of the addresses."""
    if not 0 < len(set(emails)) <= TEACHERS_MAX:
        raise CannotSetScope(f"Name 1 to {TEACHERS_MAX} teachers, or all.")
    found = []
    for email in dict.fromkeys(emails):
        teacher = _account(connection, email)
        if teacher is None or teacher.role != AccountRole.TEACHER.value:
            raise CannotSetScope(f"No teacher whose account is in use has the email address {email}.")
        found.append(teacher)
    return found
