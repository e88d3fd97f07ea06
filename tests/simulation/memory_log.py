"""A store in memory that keeps the port's promises, and breaks what it may break: late, busy, refused, unknown."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

import msgspec

from rooms.events import Ended, Event
from rooms.lesson import Actor
from server.spool import Order
from server.store.port import Append, Appended, Log, MessageText, StoreBusy, StoreDown

QUEUE_MAX = 1_000


class Fault(msgspec.Struct, frozen=True):
    """What becomes of one append."""

    delay_s: float = 0.0
    result: Appended = Appended.COMMITTED
    committed: bool = True
    """For UNKNOWN: whether it became durable."""


NO_FAULT = Fault()


class _Kept:
    def __init__(self) -> None:
        self.epoch = 0
        self.events: list[Event] = []
        self.texts: dict[str, MessageText] = {}
        self.recorded: list[int] = []


class MemoryLog:
    """`LogStore` and the host's records. `fault` is asked once an append, in order; appends commit one at a time."""

    def __init__(self, fault: Callable[[Append], Fault] | None = None) -> None:
        self._fault = fault or (lambda _: NO_FAULT)
        self._logs: dict[str, _Kept] = {}
        self._queue: deque[tuple[Append, Callable[[Appended], None]]] = deque()
        self._poisoned: set[tuple[str, int]] = set()
        self._busy_with: asyncio.TimerHandle | None = None
        self.queue_max = QUEUE_MAX
        self.down = False
        """load and claim raise; what is appended waits."""
        self.unreadable = False
        """Only load and claim raise."""
        self._marks: dict[str, int] = {}
        self.visits: list[tuple[str, str, str, int]] = []
        self.appended = 0

    # What tests read ------------------------------------------------------------------------------------------

    def events(self, lesson: str) -> list[Event]:
        return self._logs[lesson].events if lesson in self._logs else []

    def texts(self, lesson: str) -> dict[str, str]:
        return {message: kept.text for message, kept in self._logs[lesson].texts.items()}

    def lessons(self) -> list[str]:
        return [lesson for lesson, kept in self._logs.items() if kept.events]

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def crash(self, survive: int) -> None:
        """The process dies: of what was queued the first ``survive`` became durable, nobody hears of any of it."""
        if self._busy_with is not None:
            self._busy_with.cancel()
            self._busy_with = None
        for append, _ in list(self._queue)[:survive]:
            self._commit(append)
        self._queue.clear()
        self._poisoned.clear()

    def resume(self) -> None:
        """The store answers again."""
        self.down = False
        if self._busy_with is None and self._queue:
            self._next()

    # LogStore -------------------------------------------------------------------------------------------------

    def append(self, append: Append, done: Callable[[Appended], None]) -> None:
        if len(self._queue) >= self.queue_max:
            raise StoreBusy
        # As bytes would: nobody can change what was appended.
        self._queue.append((msgspec.structs.replace(append, events=tuple(append.events)), done))
        if self._busy_with is None and not self.down:
            self._next()

    def _next(self) -> None:
        fault = self._fault(self._queue[0][0])
        self._busy_with = asyncio.get_running_loop().call_later(fault.delay_s, self._done, fault)

    def _done(self, fault: Fault) -> None:
        self._busy_with = None
        if self.down:
            return
        append, done = self._queue.popleft()
        key = (append.lesson, append.epoch)
        if key in self._poisoned:
            result = Appended.WRONG_SEQUENCE
        elif fault.result is Appended.COMMITTED:
            result = self._commit(append)
        else:
            result = fault.result
            if fault.result is Appended.UNKNOWN and fault.committed:
                self._commit(append)
        if result is not Appended.COMMITTED:
            self._poisoned.add(key)
        done(result)
        if not any((queued.lesson, queued.epoch) == key for queued, _ in self._queue):
            self._poisoned.discard(key)
        if self._queue and self._busy_with is None:
            self._next()

    def _commit(self, append: Append) -> Appended:
        kept = self._logs.setdefault(append.lesson, _Kept())
        if append.epoch != kept.epoch:
            return Appended.STALE_EPOCH
        if append.expected_sequence != len(kept.events):
            return Appended.WRONG_SEQUENCE
        kept.events.extend(append.events)
        kept.texts.update(append.texts)
        kept.recorded.append(append.recorded_at)
        self.appended += 1
        return Appended.COMMITTED

    async def claim(self, lesson: str) -> int:
        if self.down or self.unreadable:
            raise StoreDown
        kept = self._logs.setdefault(lesson, _Kept())
        kept.epoch += 1
        return kept.epoch

    async def load(self, lesson: str) -> Log | None:
        if self.down or self.unreadable:
            raise StoreDown
        kept = self._logs.get(lesson)
        if kept is None or not kept.events:
            return None
        return Log(epoch=kept.epoch, events=list(kept.events), texts=dict(kept.texts))

    # Records --------------------------------------------------------------------------------------------------

    async def mark(self, node: str, at: int) -> None:
        if self.down:
            raise StoreDown
        self._marks[node] = at

    async def marks(self) -> dict[str, int]:
        return dict(self._marks)

    async def unfinished(self) -> list[str]:
        return [
            lesson
            for lesson, kept in self._logs.items()
            if kept.events and not any(isinstance(event, Ended) for event in kept.events)
        ]

    async def visit_began(self, by: Actor, lesson: str, visit: str, at: int) -> None:
        if self.down:
            raise StoreDown
        self.visits.append(("began", by.person, visit, at))

    async def visit_ended(self, by: Actor, lesson: str, visit: str, at: int) -> None:
        if self.down:
            raise StoreDown
        self.visits.append(("ended", by.person, visit, at))


class MemorySpool:
    """Orders that survive the process."""

    def __init__(self) -> None:
        self.orders: dict[str, Order] = {}
        self._next = 0

    def put(self, lesson, commands, texts) -> str:
        self._next += 1
        name = f"{self._next:06d}"
        self.orders[name] = Order(name, lesson, tuple(commands), dict(texts))
        return name

    def remove(self, name: str) -> None:
        self.orders.pop(name, None)

    def pending(self):
        return [order for _, order in sorted(self.orders.items())]
