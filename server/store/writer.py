"""The one writing thread: takes what is queued, hands it on in batches, and tells the loop how each went.

Group commit without a waiting window: one batch commits while the next grows. On the loop's thread: `submit`, `run`,
and every ``done``. On the writer's thread: `Work`. Inline (simulation) the loop calls `Work` itself.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

import msgspec
from sqlalchemy import Connection

from server.store.port import Append, Appended, StoreBusy, StoreDown

T = TypeVar("T")
LoopCall = Callable[[Callable[[], None]], object]
"""Runs a function soon on the loop's thread; callable from any thread."""

QUEUE_APPENDS_MAX = 20_000
"""Appends queued and unanswered, about ten seconds of 2,000 messages a second: beyond, the store is as good as down."""
JOBS_MAX = 2_000
"""Other transactions waited for at once: claims, sign-ins, audit lines; a second or two of them, one sync each."""
BATCH_APPENDS_MAX = 500
"""In one transaction: more gain nothing (HOTPATH.md, batch 200), and would make the first wait for the last."""

_log = logging.getLogger(__name__)


Result = Appended | None
"""How one append of a batch went; None where it only failed because it stood behind a failed one."""


class Queued(msgspec.Struct, frozen=True, gc=False):
    """An append on its way."""

    ticket: int
    """Counts appends in order of queueing."""
    append: Append
    done: Callable[[Appended], None]
    queued_at: float
    """`time.monotonic`, seconds."""


class _Job(msgspec.Struct, frozen=True):
    """Any other transaction."""

    run: Callable[[Connection], Any]
    future: concurrent.futures.Future[Any]


class Work(Protocol):
    """What the thread does; one caller at a time."""

    def commit(self, batch: Sequence[Queued]) -> Sequence[Result]:
        """Commit a batch; never raises. Each one's result, by place."""
        ...

    def transact(self, run: Callable[[Connection], T]) -> T:
        """Run one transaction of its own."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


class Fences:
    """Appends queued behind a failed one of the same lesson and epoch were decided on a state that never came to be.

    They fail too. The fence falls once the host has been told: what it queues from then on is decided anew.
    """

    def __init__(self) -> None:
        self._up_to: dict[tuple[str, int], int | None] = {}
        self._lock = threading.Lock()

    def raise_for(self, append: Append) -> None:
        """The append failed, and its host does not know yet."""
        with self._lock:
            self._up_to[append.lesson, append.epoch] = None

    def told(self, append: Append, last_ticket: int) -> None:
        """The host is being told; whatever it queued up to ``last_ticket`` stands behind the failed one."""
        with self._lock:
            self._up_to[append.lesson, append.epoch] = last_ticket

    def behind(self, queued: Queued) -> bool:
        """Whether this append stands behind a failed one."""
        if not self._up_to:
            return False
        key = (queued.append.lesson, queued.append.epoch)
        with self._lock:
            if key not in self._up_to:
                return False
            up_to = self._up_to[key]
            return up_to is None or queued.ticket <= up_to

    def forget(self, ticket: int) -> None:
        """Every append up to this ticket has been answered."""
        if not self._up_to:
            return
        with self._lock:
            for key in [key for key, up_to in self._up_to.items() if up_to is not None and up_to <= ticket]:
                del self._up_to[key]


class Writer:
    """The thread and its queue."""

    def __init__(self, work: Work, fences: Fences, *, loop_call: LoopCall | None, inline: bool) -> None:
        self._work = work
        self._fences = fences
        self._loop_call = loop_call
        self._inline = inline
        self._queue: queue.SimpleQueue[Queued | _Job | None] = queue.SimpleQueue()
        self._unanswered = 0
        self._jobs = 0
        self._ticket = 0
        self._draining = False
        self._closed = False
        self._oldest: float | None = None
        self._thread: threading.Thread | None = None
        if not inline:
            self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
            self._thread.start()

    # On the loop's thread -----------------------------------------------------------------------------------

    def submit(self, append: Append, done: Callable[[Appended], None]) -> None:
        """Queue one append.

        Raises:
            StoreBusy: at the bound, or once closed; nothing was queued.
        """
        if self._closed or self._unanswered >= QUEUE_APPENDS_MAX:
            raise StoreBusy("closed" if self._closed else f"{self._unanswered} appends wait")
        if self._loop_call is None:
            loop = asyncio.get_running_loop()
            self._loop_call = loop.call_soon if self._inline else loop.call_soon_threadsafe
        self._ticket += 1
        self._unanswered += 1
        self._queue.put(Queued(self._ticket, append, done, time.monotonic()))
        if self._inline and not self._draining:
            self._draining = True
            self._loop_call(self._drain)

    async def run(self, run: Callable[[Connection], T]) -> T:
        """Run one transaction in its turn, after every append queued before it.

        Raises:
            StoreBusy: at the bound; nothing was queued.
            StoreDown: it could not be run, or nobody knows whether it was.
        """
        if self._closed:
            raise StoreDown("the store is closed")
        if self._jobs >= JOBS_MAX:
            raise StoreBusy(f"{self._jobs} transactions wait")
        if self._inline:
            self._drain()
            return self._work.transact(run)
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        self._jobs += 1
        try:
            self._queue.put(_Job(run, future))
            return await asyncio.wrap_future(future)
        finally:
            self._jobs -= 1

    def waiting_s(self) -> float:
        """For how long the batch being committed has waited; 0 when nothing waits: how a stalled disk shows."""
        oldest = self._oldest
        return 0.0 if oldest is None else max(0.0, time.monotonic() - oldest)

    def close(self) -> None:
        """Commit what is queued, then stop; blocks until then."""
        if self._closed:
            return
        self._closed = True
        if self._thread is None:
            self._drain()
            self._work.close()
            return
        self._queue.put(None)
        self._thread.join()

    def _drain(self) -> None:
        self._draining = False
        while batch := self._take(block=False):
            appends = [item for item in batch if type(item) is Queued]
            self._answer(appends, self._commit(appends))

    def _answer(self, appends: Sequence[Queued], results: Sequence[Result]) -> None:
        for queued, result in zip(appends, results, strict=True):
            self._unanswered -= 1
            if result is not Appended.COMMITTED and result is not None:
                self._fences.told(queued.append, self._ticket)
            try:
                queued.done(Appended.WRONG_SEQUENCE if result is None else result)
            except Exception:
                # One room's mistake must not cost the others of this batch their answer.
                _log.exception("lesson %s: an append's callback failed", queued.append.lesson)

    # On the writer's thread ---------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while True:
                batch = self._take(block=True)
                appends = [item for item in batch if type(item) is Queued]
                self._commit_and_tell(appends)
                if len(appends) < len(batch):
                    # Nothing that was queued after a job can rest on it: nobody has heard of it yet.
                    self._run_jobs([item for item in batch if type(item) is _Job])
                    if None in batch:
                        return
        finally:
            self._work.close()

    def _take(self, *, block: bool) -> list[Queued | _Job | None]:
        batch: list[Queued | _Job | None] = []
        try:
            batch.append(self._queue.get(block=block))
            while len(batch) < BATCH_APPENDS_MAX:
                batch.append(self._queue.get_nowait())
        except queue.Empty:
            pass  # that is all there is now
        return batch

    def _commit(self, appends: Sequence[Queued]) -> Sequence[Result]:
        self._oldest = appends[0].queued_at
        try:
            results = self._work.commit(appends)
        except Exception:
            # A mistake of ours in judging a batch: its hosts reload, and the thread that all others need lives on.
            _log.exception("a batch of %d appends was not judged", len(appends))
            for queued in appends:
                self._fences.raise_for(queued.append)
            results = [Appended.UNKNOWN] * len(appends)
        self._oldest = None
        self._fences.forget(appends[-1].ticket)
        return results

    def _commit_and_tell(self, appends: Sequence[Queued]) -> None:
        if not appends:
            return
        results = self._commit(appends)
        if self._loop_call is None:
            raise RuntimeError("appends were queued without a loop")
        try:
            self._loop_call(lambda: self._answer(appends, results))
        except RuntimeError:
            # The loop is closed: nobody is left to hear that these are durable. They will be found in the log.
            _log.warning("the loop closed before %d appends were answered", len(appends))

    def _run_jobs(self, jobs: Sequence[_Job]) -> None:
        """Together, one sync for all (a class that joins at the hour claims hundreds of logs); alone if one fails."""
        running = [job for job in jobs if job.future.set_running_or_notify_cancel()]
        if len(running) > 1:
            try:
                results = self._work.transact(lambda connection: [job.run(connection) for job in running])
            except StoreDown as error:
                for job in running:  # it may be done: not tried again
                    job.future.set_exception(StoreDown(*error.args))
                return
            except Exception as error:
                _log.info("%d transactions are run one by one: %s", len(running), type(error).__name__)
            else:
                for job, result in zip(running, results, strict=True):
                    job.future.set_result(result)
                return
        for job in running:
            self._run_alone(job)

    def _run_alone(self, job: _Job) -> None:
        try:
            result = self._work.transact(job.run)
        except BaseException as error:
            job.future.set_exception(error)
        else:
            job.future.set_result(result)
