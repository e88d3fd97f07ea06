"""A6 in each kind of database: what the scope's statement finds."""

from __future__ import annotations

from sqlalchemy import Connection

from server.accounts.scope import set_scope, watchable
from server.store import Stores
from tests.api.service import ELSEWHERE, LATER, MANAGER, NOW_OPEN, OBSERVERS_OWN, OTHER_TEACHER, TEACHER, furnish

LESSONS = (NOW_OPEN, ELSEWHERE, OBSERVERS_OWN, LATER)


async def test_A6_an_account_watches_every_teachers_lessons_until_teachers_are_named(stores: Stores) -> None:
    def work(connection: Connection) -> list[frozenset[str]]:
        furnish(connection, 1_800_000_000_000)
        found = [watchable(connection, MANAGER.id, LESSONS)]
        for teachers in ([TEACHER.email], [OTHER_TEACHER.email], None):
            set_scope(connection, MANAGER.email, teachers, 1)
            found.append(watchable(connection, MANAGER.id, LESSONS))
        return found

    every = {NOW_OPEN, ELSEWHERE, LATER}
    assert await stores.write(work) == [every, {NOW_OPEN, LATER}, {ELSEWHERE}, every]
