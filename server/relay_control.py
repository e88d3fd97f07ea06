"""The relay's end of the control channel, in the process of `lessonroom relay`: several hosts ask, one relay does.

A leg is held by whoever hosts its lesson. When no host does any more (it was killed, or the way to it is gone), the leg
lives `ORPHAN_S` and keeps forwarding: a host that comes back, or another that takes the lesson up, says so and finds
the leg where it was. An answer is given in the order of asking, and between two messages media has its turn.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

import structlog

from server.config import ConfigError
from server.private_folder import make_private
from server.relay_channel import (
    VIEWS_A_MESSAGE,
    Answer,
    Channel,
    ChannelAddress,
    ChannelBroken,
    Close,
    CloseLesson,
    Done,
    Failed,
    Hold,
    HostHello,
    HostSays,
    LetGo,
    Publish,
    Refusal,
    RelayHello,
    SideView,
    Views,
    Watch,
    greet,
    read_host,
)
from signalling.relay.port import LegId, LegView, Refused

ORPHAN_S: Final = 60.0
"""How long legs outlive the host of their lesson, seconds: a host's restart and its pages' coming back, as
`server.legs.ORPHAN_S`."""
VIEWS_EVERY_S: Final = 0.5
"""How often hosts are told what the relay hears: evidence asks once a second, and 3 s of silence is a loss."""
SILENT_S_MAX: Final = 5.0
"""A host says something each second. One that does not is gone, though its connection may stand."""
HOSTS_MAX: Final = 16
"""Connections at a time, those that have proved nothing included."""
LESSONS_MAX: Final = 4_000
"""Held by one host: a relay has no more legs for them than `signalling.relay.relay.LEGS_MAX`."""
NAME_CHARS_MAX: Final = 100
"""Of a lesson's or a side's id."""
SIDES_MAX: Final = 16
"""Asked for by one leg; the relay itself has a narrower bound."""

_log = structlog.stdlib.get_logger("relay")


class Relayed(Protocol):
    """What is asked of the relay: `server.relay_socket.RelaySocket`."""

    async def publish(self, leg: LegId, offer: str) -> str:
        """As `server.house.MediaRelay`."""
        ...

    async def watch(self, leg: LegId, sides: Sequence[str], offer: str) -> str:
        """As `server.house.MediaRelay`."""
        ...

    def close(self, leg: LegId) -> None:
        """As `server.house.MediaRelay`."""
        ...

    def close_lesson(self, lesson: str) -> None:
        """As `server.house.MediaRelay`."""
        ...

    def view(self, lesson: str, side: str) -> LegView | None:
        """As `server.house.MediaRelay`."""
        ...

    def quiet_s(self) -> float | None:
        """As `server.house.MediaRelay`."""
        ...


class _Host:
    """One host that has proved the secret."""

    def __init__(self, channel: Channel, heard_at: float) -> None:
        self.channel = channel
        self.heard_at = heard_at
        self.lessons: set[str] = set()


class RelayControl:
    """The hosts of one relay."""

    def __init__(self, relay: Relayed, secret: bytes, clock: Callable[[], float]) -> None:
        """Nobody is connected yet.

        Args:
            relay: What does it.
            secret: Shared with the hosts.
            clock: Transport time, seconds.
        """
        self._relay = relay
        self._secret = secret
        self._clock = clock
        self._connected = 0
        self.broken = 0
        """Connections that ended otherwise than by this process's stop."""
        self._hosts: set[_Host] = set()
        self._orphans: dict[str, float] = {}
        """Lessons with legs that no host holds, and since when."""
        self._sending: dict[str, set[str]] = {}
        """By lesson, who has published: those of whom there may be a view."""

    @property
    def hosts(self) -> int:
        """How many are connected, and have proved the secret."""
        return len(self._hosts)

    @property
    def lessons(self) -> set[str]:
        """Those that some host holds."""
        return {lesson for host in self._hosts for lesson in host.lessons}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until it ends. Never raises but when cancelled."""
        if self._connected >= HOSTS_MAX:
            writer.transport.abort()
            return
        self._connected += 1
        try:
            channel = await greet(reader, writer, self._secret, "relay")
            channel.send(RelayHello())
            await self._serve(channel)
        except ChannelBroken as why:
            self.broken += 1
            _log.warning("a host's connection ended", reason=str(why))
        except Exception:
            _log.exception("a host's connection failed")
        finally:
            self._connected -= 1
            writer.transport.abort()

    async def watch_over(self) -> None:
        """Tell views, and end what is nobody's, until cancelled."""
        while True:
            try:
                self.look()
            except Exception:  # a fault in one leg is not to leave everybody unseen from then on
                _log.exception("the relay failed")
            await asyncio.sleep(VIEWS_EVERY_S)

    def look(self) -> None:
        """What `watch_over` does each time."""
        now = self._clock()
        for lesson in [one for one, since in self._orphans.items() if now - since >= ORPHAN_S]:
            _log.info("legs of a lesson that no host holds are closed")
            self._close_lesson(lesson)
        for host in list(self._hosts):
            if now - host.heard_at > SILENT_S_MAX:
                host.channel.close()
                continue
            try:
                for views in self._views(host):
                    host.channel.send(views)
            except ChannelBroken:
                continue  # its own task finds the same

    def close(self) -> None:
        """The process stops: browsers are told, and come back to the next one."""
        for lesson in {*self._sending, *self._orphans, *(one for host in self._hosts for one in host.lessons)}:
            self._relay.close_lesson(lesson)
        for host in self._hosts:
            host.channel.close()

    async def _serve(self, channel: Channel) -> None:
        # The proof is waited for no longer than the greeting was: until then this is anybody.
        try:
            async with asyncio.timeout(SILENT_S_MAX):
                first = read_host(await channel.receive())
        except TimeoutError as problem:
            raise ChannelBroken("a host did not say who it is") from problem
        if type(first) is not HostHello:
            raise ChannelBroken("a host began with something else")
        host = _Host(channel, self._clock())
        self._hosts.add(host)
        _log.info("a host is connected", hosts=len(self._hosts))
        try:
            while True:
                says = read_host(await channel.receive())
                host.heard_at = self._clock()
                await self._do(host, says)
                await asyncio.sleep(0)
        finally:
            self._hosts.discard(host)
            self._let_go(host, tuple(host.lessons))

    async def _do(self, host: _Host, says: HostSays) -> None:
        match says:
            case Publish() | Watch():
                await self._open(host, says)
            case Close(n=n):
                self._relay.close(LegId(says.lesson, says.who, says.epoch))
                host.channel.send(Done(n))
            case CloseLesson(n=n, lesson=lesson):
                self._close_lesson(lesson)
                host.channel.send(Done(n))
            case Hold(lessons=lessons):
                self._hold(host, lessons)
            case LetGo(lessons=lessons):
                self._let_go(host, lessons)
            case HostHello():
                raise ChannelBroken("a host began twice")

    async def _open(self, host: _Host, says: Publish | Watch) -> None:
        leg = LegId(says.lesson, says.who, says.epoch)
        if max(len(leg.lesson), len(leg.who)) > NAME_CHARS_MAX:
            host.channel.send(Refusal(says.n, "too_long"))
            return
        self._hold(host, (leg.lesson,))
        try:
            if isinstance(says, Watch):
                sdp = await self._relay.watch(leg, says.sides[:SIDES_MAX], says.offer)
            else:
                sdp = await self._relay.publish(leg, says.offer)
                self._sending.setdefault(leg.lesson, set()).add(leg.who)
        except Refused as refused:
            host.channel.send(Refusal(says.n, refused.code))
        except Exception:
            _log.exception("the relay failed")
            host.channel.send(Failed(says.n))
        else:
            host.channel.send(Answer(says.n, sdp))

    def _hold(self, host: _Host, lessons: Sequence[str]) -> None:
        for lesson in lessons:
            if len(lesson) <= NAME_CHARS_MAX and len(host.lessons) < LESSONS_MAX:
                host.lessons.add(lesson)
                self._orphans.pop(lesson, None)

    def _let_go(self, host: _Host, lessons: Sequence[str]) -> None:
        for lesson in lessons:
            if lesson not in host.lessons:
                continue
            host.lessons.discard(lesson)
            if not any(lesson in other.lessons for other in self._hosts):
                self._orphans[lesson] = self._clock()

    def _close_lesson(self, lesson: str) -> None:
        self._relay.close_lesson(lesson)
        self._orphans.pop(lesson, None)
        self._sending.pop(lesson, None)

    def _views(self, host: _Host) -> list[Views]:
        quiet_s = self._relay.quiet_s()
        sides = [view for lesson in host.lessons for view in self._lesson_views(lesson)]
        pieces = [tuple(sides[at : at + VIEWS_A_MESSAGE]) for at in range(0, len(sides), VIEWS_A_MESSAGE)] or [()]
        return [Views(at < len(pieces) - 1, quiet_s, piece) for at, piece in enumerate(pieces)]

    def _lesson_views(self, lesson: str) -> list[SideView]:
        sending = self._sending.get(lesson)
        if sending is None:
            return []
        views = []
        for who in list(sending):
            view = self._relay.view(lesson, who)
            if view is None:  # that leg has died; the next to publish is noted again
                sending.discard(who)
                continue
            views.append(SideView(lesson, who, view.leg.epoch, *view[1:]))
        if not sending:
            del self._sending[lesson]
        return views


def bind_control(address: ChannelAddress) -> socket.socket:
    """Take the control channel's place. A Unix socket that nobody listens at is taken over.

    Raises:
        ConfigError: when it is taken, or is not this machine's.
    """
    one = socket.socket(address.family, socket.SOCK_STREAM)
    try:
        if address.path:
            make_private(Path(address.path).absolute().parent)
            _clear(address)
            _bind_private(one, address.path)
        else:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind((address.host, address.port))
    except OSError as problem:
        one.close()
        raise ConfigError(
            f"RELAY {address} cannot be listened at ({problem.strerror or problem}): stop what uses it, or choose "
            "another, here and where lessons are served."
        ) from problem
    return one


def _clear(address: ChannelAddress) -> None:
    """Remove the socket of a relay that was killed; leave that of one that lives.

    Raises:
        OSError: somebody listens there, or it is no socket.
    """
    path = Path(address.path)
    if not path.is_socket():
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(address.path)
        except ConnectionRefusedError:
            path.unlink()


def _bind_private(one: socket.socket, path: str) -> None:
    """For this account alone, from the first moment on."""
    before = os.umask(0o177)
    try:
        one.bind(path)
    finally:
        os.umask(before)


@contextlib.asynccontextmanager
async def controlled(control: RelayControl, listener: socket.socket, address: ChannelAddress) -> AsyncIterator[None]:
    """Let hosts in, until the block is left."""
    if address.path:
        server = await asyncio.start_unix_server(control.serve, sock=listener)
    else:
        server = await asyncio.start_server(control.serve, sock=listener)
    watching = asyncio.create_task(control.watch_over(), name="relay views")
    try:
        yield
    finally:
        watching.cancel()
        server.close()
        control.close()
        if address.path:
            with contextlib.suppress(OSError):
                os.unlink(address.path)
