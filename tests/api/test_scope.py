"""A6: who may watch sees the live lessons of their scope and no others, on the wall, by a ticket, at the socket."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rooms.lesson import Actor, Role
from server.accounts.people import AccountRole, Person, add_person, deactivate
from server.accounts.scope import WATCHERS, CannotSetScope, set_scope, watchable
from server.app import Parts
from server.clock import SystemClock
from server.frames import Join
from server.seat import Admission, Refused, Seat
from server.store.migration import migrate
from server.store.stores import Stores, open_store
from tests.api.browsing import Browser, Browsers, refusal
from tests.api.service import (
    ELSEWHERE,
    EVERYBODY,
    FAMILY,
    LATER,
    MANAGER,
    NOW_OPEN,
    OBSERVERS_OWN,
    OTHER_TEACHER,
    TEACHER,
    furnish,
)
from tests.api.test_http_cases import Listener
from tests.api.test_leaving import run

ADMINISTRATOR = Person("a-kaur", AccountRole.ADMINISTRATOR, "Noor Kaur", "kaur@service.example")
LESSONS = (NOW_OPEN, ELSEWHERE, OBSERVERS_OWN, LATER)
TEACHES = {NOW_OPEN: TEACHER, ELSEWHERE: OTHER_TEACHER, OBSERVERS_OWN: OTHER_TEACHER, LATER: TEACHER}


async def scoped(parts: Parts, who: Person, *teachers: Person) -> None:
    emails = [one.email for one in teachers] or None
    await parts.stores.write(lambda connection: set_scope(connection, who.email, emails, 1))


async def administrator(parts: Parts, browsers: Browsers) -> Browser:
    await parts.stores.write(lambda connection: add_person(connection, ADMINISTRATOR))
    return await browsers.signed_in(ADMINISTRATOR)


async def opened(parts: Parts) -> None:
    for lesson in (NOW_OPEN, ELSEWHERE, OBSERVERS_OWN):
        assert await parts.services.hosting.open(lesson)


async def on_the_wall(browser: Browser) -> set[str]:
    return {tile["id"] for tile in (await browser.get("/api/wall")).json()["tiles"]}


async def watches(parts: Parts, who: Person, lesson: str) -> str:
    """What the socket says to a ticket of that person: a refusal's code, or nothing."""
    admission = Admission(lesson, Actor(WATCHERS[who.role], who.id, who.name))
    answer = await parts.services.hosting.join(admission, Join(ticket="redeemed", device="desk"), Listener())
    return answer.code if isinstance(answer, Refused) else ""


async def test_A6_a_scope_holds_on_the_wall_at_the_ticket_the_pages_and_the_socket(
    parts: Parts, manager: Browser
) -> None:
    await opened(parts)
    assert await on_the_wall(manager) == {NOW_OPEN, ELSEWHERE}
    await scoped(parts, MANAGER, TEACHER)
    assert await on_the_wall(manager) == {NOW_OPEN}
    assert (await manager.post(f"/api/lessons/{NOW_OPEN}/ticket", {})).status_code == 200
    assert (await manager.get(f"/api/lessons/{NOW_OPEN}")).status_code == 200
    assert await watches(parts, MANAGER, NOW_OPEN) == ""
    assert refusal(await manager.post(f"/api/lessons/{ELSEWHERE}/ticket", {})) == (404, "not_found")
    assert refusal(await manager.get(f"/api/lessons/{ELSEWHERE}")) == (404, "not_found")
    assert await watches(parts, MANAGER, ELSEWHERE) == "not_yours", "a ticket from before is of no use either"
    assert await parts.stores.drop_ins(Role.SAFEGUARDING, ELSEWHERE) == []
    await scoped(parts, MANAGER)
    assert await on_the_wall(manager) == {NOW_OPEN, ELSEWHERE}


async def test_A6_who_names_the_teacher_of_their_own_childs_lesson_does_not_watch_it(
    parts: Parts, manager: Browser
) -> None:
    await opened(parts)
    await scoped(parts, MANAGER, OTHER_TEACHER)
    assert await on_the_wall(manager) == {ELSEWHERE}
    assert await watches(parts, MANAGER, OBSERVERS_OWN) == "not_yours"


async def test_A6_the_next_lessons_are_those_of_the_scope(parts: Parts, manager: Browser) -> None:
    await scoped(parts, MANAGER, TEACHER)
    assert (await manager.get("/api/wall")).json()["next"]["lessons"] == 1


async def test_A6_Q1_an_administrator_watches_as_one_and_is_on_record_as_one(parts: Parts, browsers: Browsers) -> None:
    browser = await administrator(parts, browsers)
    await opened(parts)
    assert (await browser.get("/api/me")).json()["role"] == "administrator"
    assert await on_the_wall(browser) == {NOW_OPEN, ELSEWHERE, OBSERVERS_OWN}
    ticket = (await browser.post(f"/api/lessons/{NOW_OPEN}/ticket", {})).json()["ticket"]
    admission = parts.services.tickets.redeem(ticket)
    assert admission is not None
    seat = await parts.services.hosting.join(admission, Join(ticket="redeemed", device="desk"), Listener())
    assert isinstance(seat, Seat)
    assert seat.observes
    (visit,) = await parts.stores.drop_ins(Role.SAFEGUARDING, NOW_OPEN)
    assert (visit.person, visit.role) == (ADMINISTRATOR.id, "administrator")
    assert await parts.stores.drop_ins(Role.ADMINISTRATOR, NOW_OPEN) == []
    for path in ("/api/cases", "/api/lessons"):
        assert refusal(await browser.get(path)) == (404, "not_found")


async def test_A6_an_account_that_does_not_watch_has_no_scope_even_if_rows_say_so(stores: Stores) -> None:
    def work(connection):
        for who in (TEACHER, FAMILY):
            with pytest.raises(CannotSetScope, match=f"{who.name} is neither a people manager nor an administrator"):
                set_scope(connection, who.email, None, 1)
        return {who.id: watchable(connection, who.id, LESSONS) for who in EVERYBODY if who != MANAGER}

    assert set((await stores.write(work)).values()) == {frozenset()}


async def test_A6_who_has_left_watches_nothing(stores: Stores) -> None:
    def work(connection):
        deactivate(connection, MANAGER.id, 1)
        return watchable(connection, MANAGER.id, LESSONS)

    assert await stores.write(work) == frozenset()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.none() | st.sets(st.sampled_from([TEACHER, OTHER_TEACHER]), min_size=1), max_size=4))
def test_A6_what_is_watched_is_what_the_last_scope_says(stores: Stores, steps: list[set[Person] | None]) -> None:
    named: set[Person] | None = None
    with stores.engine.connect() as connection:  # rolled back
        for step in steps:
            named = step
            set_scope(connection, MANAGER.email, None if step is None else sorted(one.email for one in step), 1)
        found = watchable(connection, MANAGER.id, LESSONS)
    theirs = {lesson for lesson in LESSONS if named is None or TEACHES[lesson] in named}
    assert found == theirs - {OBSERVERS_OWN}


@pytest.mark.parametrize(
    ("emails", "says"),
    [
        pytest.param([FAMILY.email], "No teacher whose account is in use has", id="a family"),
        pytest.param([TEACHER.email, "nobody@service.example"], "email address nobody@service.example.", id="nobody"),
        pytest.param([], "Name 1 to 500 teachers, or all.", id="none"),
    ],
)
async def test_A6_a_scope_that_cannot_be_set_leaves_the_one_before(
    stores: Stores, emails: list[str], says: str
) -> None:
    await stores.write(lambda connection: set_scope(connection, MANAGER.email, [TEACHER.email], 1))
    with pytest.raises(CannotSetScope, match=says):
        await stores.write(lambda connection: set_scope(connection, MANAGER.email, emails, 2))
    found = await stores.read(lambda connection: watchable(connection, MANAGER.id, LESSONS))
    assert found == {NOW_OPEN, LATER}


def test_A6_the_command_line_sets_a_scope_on_record(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'lessonroom.db'}"
    migrate(url)
    stores = open_store(url)
    with stores.engine.begin() as connection:
        furnish(connection, SystemClock().now_ms())
    named = run(tmp_path, url, "scope", MANAGER.email, "--teacher", TEACHER.email, "--teacher", OTHER_TEACHER.email)
    assert (named.returncode, named.stdout) == (
        0,
        "Jordan Ellis can watch the lessons of Mr Okoro, Ms Patel, and no others.\n",
    ), named.stderr
    wrong = run(tmp_path, url, "scope", "nobody@service.example", "--all")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    sentence = "No account that is in use has the email address nobody@service.example. Nothing was changed."
    assert wrong.stderr.splitlines()[-1] == f"lessonroom: {sentence}"
    assert run(tmp_path, url, "scope", MANAGER.email).returncode == 2, "whose: it is to be said"
    again = run(tmp_path, url, "scope", MANAGER.email, "--all")
    assert again.stdout == "Jordan Ellis can watch the lessons of every teacher.\n", again.stderr
    with stores.engine.begin() as connection:
        audited = connection.exec_driver_sql("SELECT what, whom FROM audit").all()
    stores.close()
    assert [tuple(row) for row in audited] == [("set_watch_scope", MANAGER.id)] * 2
