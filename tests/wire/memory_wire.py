"""The server side of the wire in memory: gateway, connection, hosting and room; time is virtual, lines can be cut."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from moderation.reviewer import Draft
from rooms.lesson import TEACHER, Actor, Kind, Lesson, Pupil, Role
from rooms.verdict import Ruling, Verdict
from server.codec import JSON, Codec
from server.connection import Limits
from server.gateway import Gateway
from server.hosting import Hosting, evidence_of
from server.seat import Admission
from server.tickets import Tickets
from tests.hosting.fake_relay import FakeRelay
from tests.simulation.memory_log import Fault, MemoryLog, MemorySpool
from tests.virtual_loop import LoopClock, VirtualLoop
from tests.wire.clients import pack, unpack

ORIGIN = "https://lessons.example"
OPENS = 1_800_000_000_000
T = OPENS + 900_000
LESSON = Lesson(
    id="lesson-1", kind=Kind.INDIVIDUAL, subject="Violin", teacher_name="Anna Weber", pupils=(Pupil("sam", "Sam", 11),),
    starts_at=T, ends_at=T + 1_800_000,
)  # fmt: skip
ANNA = Admission(LESSON.id, Actor(Role.TEACHER, "anna", "Anna Weber", TEACHER))
ADA = Admission(LESSON.id, Actor(Role.PUPIL_SIDE, "ada", "Ada Byron", "sam"))
MO = Admission(LESSON.id, Actor(Role.MANAGER, "mo", "Mo Reyes", None))
RULINGS = {
    "hold": Verdict(Ruling.HOLD, "personal details", "personal_data"),
    "end": Verdict(Ruling.END, "grooming", "grooming"),
    "tell": Verdict(Ruling.ESCALATE, "a disclosure", "disclosure"),
}


def review(draft: Draft) -> Verdict:
    """What a text's first word says."""
    return RULINGS.get(draft.text.split(" ", 1)[0], Verdict(Ruling.ALLOW))


def on_virtual_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Run an async test on a loop whose time takes no time."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(test(*args, **kwargs))  # type: ignore[arg-type]

    del run.__wrapped__  # type: ignore[attr-defined]  # else pytest takes it for a coroutine
    run.__signature__ = inspect.signature(test)  # type: ignore[attr-defined]
    return run


def counted(stream: int) -> Callable[[int], bytes]:
    """Entropy that is the same in every run, and never twice; one stream's draws change no other's."""
    drawn = 0

    def draw(size: int) -> bytes:
        nonlocal drawn
        drawn += 1
        return bytes([stream]) + drawn.to_bytes(size - 1, "big")

    return draw


class _OneBooking:
    async def lesson(self, lesson: str) -> Lesson | None:
        return LESSON if lesson == LESSON.id else None

    async def may_watch(self, person_id: str, lesson: str) -> bool:
        return True


class Stage:
    """One server with one lesson."""

    def __init__(self, fault: Callable[[object], Fault] | None = None, limits: Limits | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        self.clock = LoopClock(self.loop, OPENS)
        self.log = MemoryLog(fault)
        self.hosting = Hosting(
            log=self.log,
            bookings=_OneBooking(),
            clock=self.clock,
            review=review,
            entropy=counted(1),
            spool=MemorySpool(),
            call_later=self.loop.call_later,
            records=self.log,
            relay=FakeRelay(),
            evidence=evidence_of,  # scenes have no packets: what a side is rests on its reports
        )
        self.tickets = Tickets(b"s" * 32, self.loop.time, counted(2))
        self.gateway = Gateway(self.hosting, self.tickets, frozenset({ORIGIN}), limits=limits)

    async def __aenter__(self) -> Stage:
        await self.hosting.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.hosting.drain()
        await self.hosting.close()

    def shown(self, admission: Admission) -> list[Any]:
        """All that a viewer is shown of the log, by the projection itself."""
        from rooms.audience import viewer_of
        from server.welcome import shown_to

        return shown_to(viewer_of(admission.actor), self.log.events(LESSON.id), self.log.texts(LESSON.id))


class Line:
    """One socket, as ASGI sees it. What was sent and not yet `read` is lost when the line is cut."""

    def __init__(self, stage: Stage, codec: Codec = JSON) -> None:
        self.codec = codec
        self.sent: deque[Any] = deque()
        """Messages on their way to the client."""
        self.closed: tuple[int, str] | None = None
        self._to_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._flows = asyncio.Event()
        self._flows.set()
        self._cut = False
        scope = {
            "type": "websocket",
            "subprotocols": [codec.subprotocol],
            "headers": [(b"origin", ORIGIN.encode())],
            "client": ("192.0.2.1", 1),
            "extensions": {"websocket.http.response": {}},
        }
        self._to_server.put_nowait({"type": "websocket.connect"})
        self.task = stage.loop.create_task(stage.gateway(scope, self._to_server.get, self._send))

    async def _send(self, message: dict[str, Any]) -> None:
        await self._flows.wait()
        if self._cut:
            raise OSError("gone")
        match message["type"]:
            case "websocket.send":
                self.sent.append(message.get("bytes", message.get("text")))
            case "websocket.close":
                self.closed = (message["code"], message["reason"])
                self._to_server.put_nowait({"type": "websocket.disconnect", "code": message["code"]})

    def send(self, value: object) -> None:
        """From the client."""
        message = pack(self.codec, value)
        kind = "text" if isinstance(message, str) else "bytes"
        self._to_server.put_nowait({"type": "websocket.receive", kind: message})

    def read(self, most: int = 1_000_000) -> list[Any]:
        """What has reached the client."""
        return [unpack(self.sent.popleft()) for _ in range(min(most, len(self.sent)))]

    def stop(self) -> None:
        """The client takes nothing for now."""
        self._flows.clear()

    def flow(self) -> None:
        """It takes again."""
        self._flows.set()

    def cut(self, code: int = 1006) -> None:
        """The connection is gone, and what was on its way with it."""
        self._cut = True
        self._flows.set()
        self.sent.clear()
        self._to_server.put_nowait({"type": "websocket.disconnect", "code": code})
