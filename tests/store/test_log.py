"""The contract of `LogStore`, on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import delete, update

from rooms.events import Ended
from server.store import StoreBusy, StoreDown, Stores, event_bytes, open_store, writer
from server.store.port import Appended
from server.store.read_log import Verified
from server.store.schema import event, message
from tests.store.lessons import FAMILY, append, begun, booking, freeze, opened, pressed, put, said

COMMITTED, STALE, WRONG, UNKNOWN = (
    Appended.COMMITTED,
    Appended.STALE_EPOCH,
    Appended.WRONG_SEQUENCE,
    Appended.UNKNOWN,
)


async def test_a_log_is_read_as_it_was_appended(stores: Stores) -> None:
    epoch = await stores.log.claim("a")
    assert epoch == 1
    assert await stores.log.load("a") is None
    events = [opened("a"), *said("m-1", text="héllo 🎻")]
    assert await put(stores, append("a", epoch, 0, events, texts={"m-1": "héllo 🎻"})) == [COMMITTED]
    log = await stores.log.load("a")
    assert log is not None
    assert (log.epoch, log.events) == (1, events)
    assert {m: kept.text for m, kept in log.texts.items()} == {"m-1": "héllo 🎻"}


async def test_another_process_reads_the_log(stores: Stores, url: str) -> None:
    await begun(stores)
    other = open_store(url, freeze=freeze)
    log = await other.log.load("lesson-1")
    other.close()
    assert log is not None
    assert log.events[0] == opened("lesson-1")
    assert log.events[0].lesson == booking("lesson-1")


async def test_a_stale_epoch_is_refused_and_cannot_win_the_next_number(stores: Stores, url: str) -> None:
    old = await begun(stores)
    other = open_store(url, freeze=freeze)
    new = await other.log.claim("lesson-1")
    assert new == old + 1
    # The old host's memory of the log still fits the number: only the epoch inside the insert stops it.
    assert await put(stores, append("lesson-1", old, 1, [pressed("old")])) == [STALE]
    assert await put(other, append("lesson-1", new, 1, [pressed("new")])) == [COMMITTED]
    assert await put(stores, append("lesson-1", old, 2, [pressed("old")])) == [STALE]
    log = await stores.log.load("lesson-1")
    other.close()
    assert log is not None
    assert [getattr(e, "action", "") for e in log.events] == ["", "new"]


async def test_an_epoch_that_nobody_claimed_is_refused(stores: Stores) -> None:
    assert await put(stores, append("never", 1, 0, [opened("never")])) == [STALE]
    epoch = await begun(stores)
    assert await put(stores, append("lesson-1", epoch + 1, 1, [pressed("x")])) == [STALE]


async def test_appends_queued_before_a_claim_are_still_the_old_epochs(stores: Stores) -> None:
    epoch = await begun(stores)
    answers: list[Appended] = []
    stores.log.append(append("lesson-1", epoch, 1, [pressed("before")]), answers.append)
    await stores.log.claim("lesson-1")
    await asyncio.sleep(0)
    assert answers == [COMMITTED]


@pytest.mark.parametrize("expected", [0, 2, 7])
async def test_a_wrong_sequence_is_refused(stores: Stores, expected: int) -> None:
    epoch = await begun(stores)
    assert await put(stores, append("lesson-1", epoch, expected, [pressed("x")])) == [WRONG]
    assert await put(stores, append("lesson-1", epoch, 1, [pressed("y")])) == [COMMITTED]


async def test_one_bad_append_takes_only_those_behind_it_of_its_own_lesson(stores: Stores) -> None:
    a, b = await begun(stores, "a"), await begun(stores, "b")
    answers = await put(
        stores,
        append("a", a, 1, [pressed("a-1")]),
        append("b", b, 1, [pressed("b-1")]),
        append("a", a, 9, [pressed("bad")]),
        # It fits what the log has, but was decided on a state that never came to be:
        append("a", a, 2, [pressed("behind")]),
        append("b", b, 2, [pressed("b-2")]),
    )
    assert answers == [COMMITTED, COMMITTED, WRONG, WRONG, COMMITTED]
    assert await put(stores, append("a", a, 2, [pressed("anew")])) == [COMMITTED]


async def test_what_is_queued_behind_a_failure_in_a_later_batch_fails_too(stores: Stores) -> None:
    epoch = await begun(stores)
    loop = asyncio.get_running_loop()
    answers: list[Appended] = []
    last = loop.create_future()
    stores.log.append(append("lesson-1", epoch, 5, [pressed("bad")]), answers.append)
    while stores._writer._fences._up_to.get(("lesson-1", epoch), 0) is not None:
        pass  # the writer has judged it; the loop, which runs us, cannot have told yet
    stores.log.append(append("lesson-1", epoch, 1, [pressed("behind")]), answers.append)
    stores.log.append(
        append("lesson-1", epoch, 1, [pressed("behind too")]), lambda a: (answers.append(a), last.set_result(None))
    )
    await last
    assert answers == [WRONG, WRONG, WRONG]
    assert await put(stores, append("lesson-1", epoch, 1, [pressed("anew")])) == [COMMITTED]
    assert not stores._writer._fences._up_to


async def test_a_host_may_retry_from_within_the_callback(stores: Stores) -> None:
    epoch = await begun(stores)
    answers: list[Appended] = []
    done = asyncio.get_running_loop().create_future()

    def told(answer: Appended) -> None:
        answers.append(answer)
        retry = append("lesson-1", epoch, 1, [pressed("retried")])
        stores.log.append(retry, lambda a: (answers.append(a), done.set_result(None)))

    stores.log.append(append("lesson-1", epoch, 4, [pressed("bad")]), told)
    await done
    assert answers == [WRONG, COMMITTED]


async def test_an_append_that_cannot_be_stored_takes_nobody_along(stores: Stores) -> None:
    a, b = await begun(stores, "a"), await begun(stores, "b")
    answers = await put(
        stores,
        append("b", b, 1, [pressed("b-1")]),
        append("a", a, 1, said("m-1"), texts={}),  # a message without its text
        append("a", a, 4, [pressed("behind")]),
        append("b", b, 2, [pressed("b-2")]),
    )
    assert answers == [COMMITTED, UNKNOWN, WRONG, COMMITTED]
    log = await stores.log.load("a")
    assert log is not None
    assert log.events == [opened("a")]


async def test_callbacks_come_on_the_loops_thread_in_order_of_queueing(stores: Stores) -> None:
    import threading

    lessons = [f"l{n}" for n in range(20)]
    epochs = {lesson: await begun(stores, lesson) for lesson in lessons}
    order: list[tuple[str, int]] = []
    threads: set[int] = set()
    done = asyncio.get_running_loop().create_future()
    for n in range(1, 31):
        for lesson in lessons:

            def told(answer: Appended, lesson: str = lesson, n: int = n) -> None:
                assert answer is COMMITTED
                order.append((lesson, n))
                threads.add(threading.get_ident())
                if len(order) == 600:
                    done.set_result(None)

            stores.log.append(append(lesson, epochs[lesson], n, [pressed(f"{n}")]), told)
        if n % 7 == 0:
            await asyncio.sleep(0)
    await done
    assert order == [(lesson, n) for n in range(1, 31) for lesson in lessons]
    assert threads == {threading.get_ident()}


async def test_appends_that_queue_while_one_commits_share_a_transaction(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    epoch = await begun(stores)
    commits = 0
    end = stores._committer._end

    def counted(commit: object) -> None:
        nonlocal commits
        commits += 1
        end(commit)

    monkeypatch.setattr(stores._committer, "_end", counted)
    assert set(await put(stores, *(append("lesson-1", epoch, n, [pressed("x")]) for n in range(1, 201)))) == {COMMITTED}
    assert commits < 20


async def test_a_callback_that_raises_costs_nobody_their_answer(
    stores: Stores, caplog: pytest.LogCaptureFixture
) -> None:
    epoch = await begun(stores)
    done = asyncio.get_running_loop().create_future()
    stores.log.append(append("lesson-1", epoch, 1, [pressed("x")]), lambda _: 1 / 0)
    stores.log.append(append("lesson-1", epoch, 2, [pressed("y")]), done.set_result)
    assert await done is COMMITTED
    assert "callback failed" in caplog.text


async def test_the_queue_has_a_bound(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    epoch = await begun(stores)
    monkeypatch.setattr(writer, "QUEUE_APPENDS_MAX", 3)
    waiting = asyncio.gather(put(stores, *(append("lesson-1", epoch, n, [pressed("x")]) for n in range(1, 4))))
    await asyncio.sleep(0)  # it has queued, and nothing was answered yet
    with pytest.raises(StoreBusy):
        stores.log.append(append("lesson-1", epoch, 4, [pressed("x")]), lambda _: None)
    assert await waiting == [[COMMITTED] * 3]
    assert await put(stores, append("lesson-1", epoch, 4, [pressed("x")])) == [COMMITTED]


async def test_other_transactions_have_a_bound_too(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "JOBS_MAX", 2)
    waiting = [asyncio.ensure_future(stores.log.claim(lesson)) for lesson in ("a", "b")]
    await asyncio.sleep(0)
    with pytest.raises(StoreBusy):
        await stores.write(lambda _: None)
    # A claim raises what `LogStore` says, whoever asks for it: a room that reloads waits for no other.
    with pytest.raises(StoreDown):
        await stores.log.claim("c")
    assert await asyncio.gather(*waiting) == [1, 1]
    assert await stores.log.claim("c") == 1


async def test_a_mistake_in_judging_leaves_the_writer_alive(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    epoch = await begun(stores)
    with monkeypatch.context() as patch:
        patch.setattr(stores._committer, "commit", lambda batch: 1 / 0)
        assert await put(stores, append("lesson-1", epoch, 1, [pressed("x")])) == [UNKNOWN]
    assert await put(stores, append("lesson-1", epoch, 1, [pressed("x")])) == [COMMITTED]


async def test_the_chain_shows_what_was_changed(stores: Stores) -> None:
    epoch = await begun(stores)
    await put(stores, *(append("lesson-1", epoch, n, [pressed(f"{n}")]) for n in range(1, 5)))
    assert (await stores.log.verify("lesson-1")).unchanged
    row = (event.c.lesson == "lesson-1") & (event.c.sequence == 3)
    await stores.write(lambda c: c.execute(update(event).where(row).values(event=b"\x80")))
    verified = await stores.log.verify("lesson-1")
    assert (verified.unchanged, verified.broken_at, verified.events) == (False, 3, 5)
    await stores.write(lambda c: c.execute(delete(event).where(row)))
    assert (await stores.log.verify("lesson-1")).broken_at == 3


async def test_an_append_of_several_events_is_one_row_and_the_chain_covers_each(stores: Stores) -> None:
    epoch = await begun(stores)
    await put(stores, append("lesson-1", epoch, 1, said("m-1"), texts={"m-1": "words"}))
    log = await stores.log.load("lesson-1")
    assert log is not None
    assert await put(stores, append("lesson-1", epoch, len(log.events), [pressed("x")])) == [COMMITTED]
    rows = await stores.read(lambda c: c.execute(event.select().order_by(event.c.sequence)).all())
    assert [(row.sequence, row[2]) for row in rows] == [(1, 1), (2, 3), (5, 1)]
    assert await stores.log.verify("lesson-1") == Verified(True, 5)
    row = (event.c.lesson == "lesson-1") & (event.c.sequence == 2)
    await stores.write(lambda c: c.execute(update(event).where(row).values(count=2)))
    assert (await stores.log.verify("lesson-1")).broken_at == 2
    fewer = event_bytes.encode(log.events[1:3])
    await stores.write(lambda c: c.execute(update(event).where(row).values(count=3, event=fewer)))
    assert (await stores.log.verify("lesson-1")).broken_at == 2


async def test_a_log_does_not_pass_for_another_lessons(stores: Stores) -> None:
    await begun(stores, "a")
    await stores.write(lambda c: c.execute(update(event).values(lesson="b")))
    assert (await stores.log.verify("b")).broken_at == 1


async def test_Q2_texts_expire_and_the_chain_stays_valid(stores: Stores) -> None:
    epoch = await begun(stores)
    await put(stores, append("lesson-1", epoch, 1, said("m-1"), texts={"m-1": "secret words"}))
    before = await stores.log.load("lesson-1")
    await stores.write(lambda c: c.execute(delete(message)))
    after = await stores.log.load("lesson-1")
    assert before is not None
    assert after is not None
    assert set(before.texts) == {"m-1"}
    assert (after.texts, after.events) == ({}, before.events)
    assert (await stores.log.verify("lesson-1")).unchanged


async def test_Q2_no_text_of_a_message_is_in_the_log(stores: Stores) -> None:
    epoch = await begun(stores)
    await put(stores, append("lesson-1", epoch, 1, said("m-1", text="tulip"), texts={"m-1": "tulip"}))
    rows = await stores.read(lambda c: c.execute(event.select()).all())
    assert rows
    assert not any(b"tulip" in bytes(row.event) for row in rows)


async def test_a_message_id_of_another_lesson_is_no_obstacle(stores: Stores) -> None:
    for lesson in ("a", "b"):
        epoch = await begun(stores, lesson)
        assert await put(stores, append(lesson, epoch, 1, said("m-1"), texts={"m-1": lesson})) == [COMMITTED]
    log = await stores.log.load("b")
    assert log is not None
    assert log.texts["m-1"].text == "b"


async def test_lessons_without_an_end_are_found(stores: Stores) -> None:
    epoch = await begun(stores, "goes-on")
    ended = await begun(stores, "ended")
    await stores.log.claim("claimed only")
    await put(stores, append("ended", ended, 1, [Ended(at=5, rule="held", acted_at=5)]))
    await put(stores, append("goes-on", epoch, 1, [pressed("x")]))
    assert await stores.unfinished() == ["goes-on"]


async def test_the_author_of_a_text_is_the_account_that_the_server_stamped(stores: Stores) -> None:
    epoch = await begun(stores)
    await put(stores, append("lesson-1", epoch, 1, said("m-1"), texts={"m-1": "hi"}))
    [row] = await stores.read(lambda c: c.execute(message.select()).all())
    assert (row.person, row.author, row.role, row.side) == (FAMILY.person, FAMILY.name, "pupil_side", FAMILY.side)
