"""A3: a teacher who leaves the service is out of their room within seconds, whoever took the account away."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sqlalchemy import update

from rooms.lesson import TEACHER as TEACHER_SIDE
from rooms.lesson import Actor, Role
from server.accounts.people import deactivate
from server.accounts.schema import person
from server.app import Parts
from server.clock import SystemClock
from server.frames import Join
from server.seat import Admission, Refused
from server.store.migration import migrate
from server.store.stores import open_store
from tests.api.browsing import Browser, refusal
from tests.api.service import ELSEWHERE, MINUTE_MS, NOW_OPEN, OBSERVERS_OWN, TEACHER, furnish
from tests.api.test_http_cases import Listener, Participant

TEACHES = Actor(Role.TEACHER, TEACHER.id, TEACHER.name, TEACHER_SIDE)


async def lives(parts: Parts) -> set[str]:
    return {one.lesson for one in await parts.services.hosting.wall.look()}


async def leave(parts: Parts, clock: SystemClock) -> None:
    await parts.stores.write(lambda connection: deactivate(connection, TEACHER.id, clock.now_ms()))


async def test_A3_the_room_of_a_teacher_who_left_is_ended_and_no_other(
    parts: Parts, clock: SystemClock, teacher: Browser, family: Browser
) -> None:
    await parts.openings.look()
    await Participant.enters(parts, TEACHES)
    assert await lives(parts) == {NOW_OPEN, ELSEWHERE, OBSERVERS_OWN}
    await leave(parts, clock)
    await parts.openings.look()
    assert await lives(parts) == {ELSEWHERE, OBSERVERS_OWN}
    assert refusal(await teacher.post(f"/api/lessons/{NOW_OPEN}/ticket", {})) == (401, "signed_out")
    assert refusal(await family.post(f"/api/lessons/{NOW_OPEN}/ticket", {})) == (409, "over")
    join = Join(ticket="redeemed", device="another")
    again = await parts.services.hosting.join(Admission(NOW_OPEN, TEACHES), join, Listener())
    assert isinstance(again, Refused), "a ticket from before is of no use either"


async def test_A3_a_lesson_whose_teacher_left_before_it_opened_ends_as_it_opens(
    parts: Parts, clock: SystemClock, family: Browser
) -> None:
    await leave(parts, clock)
    await parts.openings.look()
    assert await lives(parts) == {ELSEWHERE, OBSERVERS_OWN}
    read = await parts.services.hosting.read(NOW_OPEN)
    assert read is not None
    events = len(read.events)
    await parts.openings.look()
    read = await parts.services.hosting.read(NOW_OPEN)
    assert read is not None
    assert (read.room.status(clock.now_ms()).rule, len(read.events)) == ("A3", events), "told once"


async def test_A3_what_is_long_over_is_left_alone(parts: Parts, clock: SystemClock) -> None:
    clock.jump(60 * MINUTE_MS)
    await leave(parts, clock)
    await parts.openings.look()
    assert await parts.services.hosting.read(NOW_OPEN) is None


async def test_A3_a_teacher_who_is_back_has_their_next_lesson(parts: Parts, clock: SystemClock) -> None:
    await leave(parts, clock)
    back = update(person).where(person.c.id == TEACHER.id).values(active=True)
    await parts.stores.write(lambda connection: connection.execute(back))
    await parts.openings.look()
    assert NOW_OPEN in await lives(parts)


def run(folder: Path, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    root = str(Path(__file__).parents[2])
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": root, "DATABASE_URL": url}
    command = [sys.executable, "-m", "server.cli", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_A3_the_command_line_takes_access_away_on_record(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'lessonroom.db'}"
    migrate(url)
    stores = open_store(url)
    with stores.engine.begin() as connection:
        furnish(connection, SystemClock().now_ms())
    done = run(tmp_path, url, "deactivate", TEACHER.email)
    assert (done.returncode, done.stdout) == (0, "Ms Patel has no access any more.\n"), done.stderr
    again = run(tmp_path, url, "deactivate", TEACHER.email)
    assert (again.returncode, again.stdout) == (2, ""), "not twice"
    assert "No account that is in use has this email address." in again.stderr
    with stores.engine.begin() as connection:
        active = connection.execute(person.select().where(person.c.id == TEACHER.id)).one().active
        audited = connection.exec_driver_sql("SELECT what, whom FROM audit").all()
    stores.close()
    assert (active, [tuple(row) for row in audited]) == (False, [("took_access_away", TEACHER.id)])
