"""Competing hosts append in any order; a dictionary says what must come of it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.store import Stores, open_store
from server.store.port import Append, Appended
from tests.store.lessons import append, freeze, pressed, put

LESSONS = ("a", "b")
HOSTS = (0, 1)

SHARED = [HealthCheck.function_scoped_fixture]
_EXAMPLES = itertools.count()

step = st.one_of(
    st.tuples(st.just("claim"), st.sampled_from(HOSTS), st.sampled_from(LESSONS), st.just(0), st.just(0)),
    # lesson, off by so much from the right number, so many appends queued at once behind one another
    st.tuples(
        st.just("append"),
        st.sampled_from(HOSTS),
        st.sampled_from(LESSONS),
        st.sampled_from((0, 0, 0, -1, 1)),
        st.integers(1, 4),
    ),
    st.tuples(st.just("load"), st.sampled_from(HOSTS), st.sampled_from(LESSONS), st.just(0), st.just(0)),
)


@pytest.fixture
def both(url: str) -> Iterator[tuple[Stores, Stores]]:
    hosts = (open_store(url, freeze=freeze), open_store(url, freeze=freeze))
    yield hosts
    for host in hosts:
        host.close()


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(steps=st.lists(step, max_size=25))
async def test_competing_hosts_never_fork_or_lose_a_log(
    both: tuple[Stores, Stores], steps: list[tuple[str, int, str, int, int]]
) -> None:
    unique = next(_EXAMPLES)  # every example shares the database
    epochs = dict.fromkeys(LESSONS, 0)
    logs: dict[str, list[str]] = {lesson: [] for lesson in LESSONS}
    held: dict[tuple[int, str], int] = {}
    for number, (kind, host, lesson, off, count) in enumerate(steps):
        name = f"{unique}-{lesson}"
        if kind == "claim":
            epochs[lesson] += 1
            held[host, lesson] = await both[host].log.claim(name)
            assert held[host, lesson] == epochs[lesson]
        elif kind == "append":
            epoch = held.get((host, lesson), 0)
            start = max(0, len(logs[lesson]) + off)
            actions = [f"{number}-{n}" for n in range(count)]
            batch: list[Append] = [
                append(name, epoch, start + n, [pressed(action)]) for n, action in enumerate(actions)
            ]
            answers = await put(both[host], *batch)
            if epoch != epochs[lesson] or epoch == 0:
                assert answers == [Appended.STALE_EPOCH, *[Appended.WRONG_SEQUENCE] * (count - 1)]
            elif start != len(logs[lesson]):
                assert answers == [Appended.WRONG_SEQUENCE] * count
            else:
                assert answers == [Appended.COMMITTED] * count
                logs[lesson] += actions
        else:
            log = await both[host].log.load(name)
            assert [e.action for e in log.events] == logs[lesson] if log else logs[lesson] == []
            assert (await both[host].log.verify(name)).unchanged


async def test_two_hosts_at_once_write_one_log(both: tuple[Stores, Stores]) -> None:
    """Each claims, reads and appends as fast as it can; what was acknowledged is the log, in order."""
    acknowledged: list[list[str]] = [[], []]

    async def host(which: int) -> None:
        store = both[which]
        for turn in range(15):
            epoch = await store.log.claim("lesson")
            log = await store.log.load("lesson")
            length = len(log.events) if log else 0
            actions = [f"{which}-{turn}-{n}" for n in range(3)]
            batch = [append("lesson", epoch, length + n, [pressed(action)]) for n, action in enumerate(actions)]
            for action, answer in zip(actions, await put(store, *batch), strict=True):
                assert answer is not Appended.UNKNOWN
                if answer is Appended.COMMITTED:
                    acknowledged[which].append(action)

    await asyncio.gather(host(0), host(1))
    log = await both[0].log.load("lesson")
    assert log is not None
    actions = [event.action for event in log.events]
    assert sorted(actions) == sorted(acknowledged[0] + acknowledged[1])
    for which in HOSTS:
        assert [action for action in actions if action.startswith(f"{which}-")] == acknowledged[which]
    assert (await both[0].log.verify("lesson")).unchanged
