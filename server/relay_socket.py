"""The media relay's UDP port: a shell around `signalling.relay.relay.Relay`, which decides everything and does no I/O.

Plain sockets that the loop watches, rather than its datagram transport: a turn reads a bounded number of datagrams and
then sends all that they came to, so that a flood never keeps chat waiting; and what the system has no room for is lost,
as on any network, instead of growing in our memory.

While datagrams come, the sockets are looked at by the clock, not at each datagram: waking for one costs several times
what forwarding it does. How long they may lie depends on what the relay is there for, and on nobody who only watches.

| the relay | looks each |
|---|---|
| carries what two sides say to each other, or has many that send (`Relay.prompt`) | `TALK_S` |
| shows lessons to observers, or to nobody | `SHOW_S` |

An observer's offer hurries nothing, although a handshake is five datagrams one after the other: each side's browser
measures the round trip of its leg, and would see that somebody has come.

One socket an address family, both on the same port number: an IPv6 socket that also takes IPv4 would show us those
addresses in a form that ICE does not know.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import errno
import socket
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeVar

import msgspec
import structlog

from server.config import Config, ConfigError
from server.entropy import EntropyPool
from signalling.relay.dtls import Certificate
from signalling.relay.port import Address, LegId, LegView, Source
from signalling.relay.relay import Relay

DATAGRAM_BYTES_MAX: Final = 2_048
"""Read of one datagram: networks carry 1,500 in one piece. A longer one is cut, and then fails its checks."""
READS_MAX: Final = 32
"""Datagrams read in one turn of the loop, about a millisecond's work; then messages have theirs."""
SHOW_S: Final = 0.01
"""Half a sound's length: so much later, at most, an observer sees and hears; a handshake takes 25 ms more on average. A
leg's own round trip is as much longer, whoever watches."""
TALK_S: Final = 0.004
"""A fifth of a sound's length: nobody notices that in what people say to one another. With 25,000 datagrams a second
about 100 lie meanwhile, which is what a system's buffer of 200 kB holds."""
SILENT_LOOKS_MAX: Final = 5
"""Looks without a datagram, after which the loop is asked again to say when one comes."""
BUFFER_BYTES: Final = 4 << 20
"""Asked of the system for each direction: 200 ms of 2,000 datagrams. It may give less (Linux: `net.core.rmem_max`)."""
TICK_S_MIN: Final = 0.001
"""Between two looks at what time alone makes due: a relay that always says "now" does not spin."""
FAILED_EVERY_S: Final = 1.0
"""A relay that fails at each datagram writes one line so often, with a count: anybody may send datagrams."""
BIND_TRIES_MAX: Final = 8
"""To find a free port number that both families have."""

_log = structlog.stdlib.get_logger("relay")
Result = TypeVar("Result")


class SansIoRelay(Protocol):
    """What the port needs of `signalling.relay.relay.Relay`."""

    def publish(self, leg: LegId, offer: str, now: float) -> str:
        """The answer to one who sends."""
        ...

    def watch(self, leg: LegId, sides: Sequence[str], offer: str, now: float) -> str:
        """The answer to one who receives."""
        ...

    def close(self, leg: LegId, now: float) -> None:
        """End one leg."""
        ...

    def close_lesson(self, lesson: str, now: float) -> None:
        """End all legs of a lesson."""
        ...

    def view(self, lesson: str, side: str, now: float) -> LegView | None:
        """What has come from a side."""
        ...

    def quiet_s(self, now: float) -> float | None:
        """Seconds since RTP came on any leg."""
        ...

    def receive(self, datagram: bytes, source: Source, now: float) -> None:
        """A datagram came."""
        ...

    def outgoing(self) -> list[tuple[bytes, Source]]:
        """What is to be sent since the last call."""
        ...

    def tick(self, now: float) -> None:
        """Do what is due."""
        ...

    def next_tick(self) -> float | None:
        """When something is."""
        ...

    @property
    def prompt(self) -> bool:
        """Whether packets are to wait less."""
        ...


class RelaySocket:
    """`server.house.MediaRelay` in this process, on the running loop."""

    def __init__(
        self, relay: SansIoRelay, sockets: Sequence[socket.socket], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Serve from now on.

        Args:
            relay: The core.
            sockets: Bound; one an address family. Closed by `close`.
            clock: Transport time, seconds.
        """
        self._relay = relay
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._by_family = {one.family: one for one in sockets}
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._next_look: asyncio.Handle | None = None
        """None while the loop watches the sockets."""
        self._silent_looks = 0
        self._failed_at = float("-inf")
        self._failures = 0
        self.lost = 0
        """Datagrams that the system had no room for, or nowhere to send to."""
        for one in sockets:
            one.setblocking(False)
        self._wait()

    # What hosting asks ------------------------------------------------------------------------------------------

    async def publish(self, leg: LegId, offer: str) -> str:
        """Take what one side sends. Raises `Refused`."""
        return self._asked(lambda now: self._relay.publish(leg, offer, now))

    async def watch(self, leg: LegId, sides: Sequence[str], offer: str) -> str:
        """Send these sides to an observer. Raises `Refused`."""
        return self._asked(lambda now: self._relay.watch(leg, sides, offer, now))

    def close(self, leg: LegId) -> None:
        """End one leg."""
        self._asked(lambda now: self._relay.close(leg, now))

    def close_lesson(self, lesson: str) -> None:
        """End all legs of a lesson."""
        self._asked(lambda now: self._relay.close_lesson(lesson, now))

    def view(self, lesson: str, side: str) -> LegView | None:
        """What has reached the relay from this side."""
        return self._relay.view(lesson, side, self._clock())

    def quiet_s(self) -> float | None:
        """Seconds since RTP came on any leg."""
        return self._relay.quiet_s(self._clock())

    def stop(self) -> None:
        """Let go of the sockets. Legs end as their browsers find nobody there; who can, closes lessons before."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._next_look is not None:
            self._next_look.cancel()
            self._next_look = None
        for one in self._by_family.values():
            self._loop.remove_reader(one)
            one.close()
        self._by_family = {}

    # The loop ---------------------------------------------------------------------------------------------------

    def _asked(self, ask: Callable[[float], Result]) -> Result:
        try:
            return ask(self._clock())
        finally:
            self._flush()

    def _wait(self) -> None:
        """Be told by the loop when a datagram comes."""
        self._next_look = None
        self._silent_looks = 0
        for one in self._by_family.values():
            self._loop.add_reader(one, self._begin)

    def _begin(self) -> None:
        """The first after silence: taken at once, and from now on by the clock."""
        for one in self._by_family.values():
            self._loop.remove_reader(one)
        self._look()

    def _look(self) -> None:
        """Take what has come, do what is due, and see when to look again."""
        now = self._clock()
        most = 0
        for one in self._by_family.values():
            most = max(most, self._read(one, now))
        self._silent_looks = 0 if most else self._silent_looks + 1
        due = self._relay.next_tick()
        if due is not None and due <= now:
            self._tick()
        elif most:
            self._flush()
        if most == READS_MAX:
            self._next_look = self._loop.call_soon(self._look)
        elif self._silent_looks < SILENT_LOOKS_MAX:
            patience_s = TALK_S if self._relay.prompt else SHOW_S
            self._next_look = self._loop.call_later(patience_s, self._look)
        else:
            self._wait()

    def _read(self, one: socket.socket, now: float) -> int:
        """Give the relay what waits in this socket, but not too much at once; how much it was."""
        relay = self._relay
        for count in range(READS_MAX):
            try:
                datagram, source = one.recvfrom(DATAGRAM_BYTES_MAX)
            except BlockingIOError:
                return count
            except OSError:  # an earlier datagram of ours met a closed port
                continue
            try:
                relay.receive(datagram, source, now)
            except Exception:
                self._failed(now)
        return READS_MAX

    def _flush(self) -> None:
        """Send what there is, and see when to look again."""
        try:
            out = self._relay.outgoing()
        except Exception:
            self._failed(self._clock())
            return
        by_family = self._by_family
        for datagram, to in out:
            one = by_family.get(socket.AF_INET6 if len(to) == 4 else socket.AF_INET)
            if one is None:
                continue
            try:
                one.sendto(datagram, to)
            except OSError:
                self.lost += 1
        self._arm()

    def _arm(self) -> None:
        """One timer, which may ring too early and never too late: most changes only move it further away."""
        at = self._relay.next_tick()
        if at is None or not self._by_family:
            return
        if self._timer is not None:
            if self._timer_at <= at:
                return
            self._timer.cancel()
        self._timer_at = at
        self._timer = self._loop.call_later(max(TICK_S_MIN, at - self._clock()), self._tick)

    def _tick(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = self._clock()
        try:
            self._relay.tick(now)
        except Exception:
            self._failed(now)
        self._flush()

    def _failed(self, now: float) -> None:
        self._failures += 1
        if now - self._failed_at >= FAILED_EVERY_S:
            _log.exception("the relay failed", times=self._failures)
            self._failed_at, self._failures = now, 0


def bind_relay(config: Config) -> tuple[list[socket.socket], Config]:
    """Take the relay's port, so that a port of 0 is known before any answer names it; no sockets where it is off.

    Raises:
        ConfigError: when the port is taken.
    """
    addresses = config.relay_addresses
    for tried in range(1, BIND_TRIES_MAX + 1):
        sockets: list[socket.socket] = []
        port = config.relay_port
        try:
            for address in addresses:
                sockets.append(_bound(address, port))
                port = sockets[0].getsockname()[1]
        except OSError as problem:
            for one in sockets:
                one.close()
            if config.relay_port or not sockets or tried == BIND_TRIES_MAX:
                raise ConfigError(
                    f"UDP port {port} cannot be used by the media relay ({problem.strerror}): stop what uses it, or "
                    "choose another with RELAY_PORT."
                ) from problem
        else:
            return sockets, msgspec.structs.replace(config, relay_port=port)
    raise AssertionError("the last try returns or raises")


def open_relay(config: Config, sockets: Sequence[socket.socket]) -> RelaySocket | None:
    """The relay of this process on sockets of `bind_relay`; None where it is off."""
    if not sockets:
        _log.warning("there is no media relay: nobody can look in")
        return None
    named: list[Address] = [(address, config.relay_port) for address in config.relay_addresses]
    _log.info("the media relay listens", addresses=config.relay_addresses, port=config.relay_port)
    certificate = Certificate(datetime.datetime.now(datetime.UTC))
    # Randomness of its own: what participants are given must not depend on how much observers' legs have drawn.
    return RelaySocket(Relay(certificate=certificate, addresses=named, entropy=EntropyPool()), sockets)


def _bound(address: str, port: int) -> socket.socket:
    """A socket that hears what is sent to this address: there, or, where a cloud translates it, on all of ours."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    one = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if family is socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        for direction in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            with contextlib.suppress(OSError):  # some systems refuse what Linux cuts to its bound
                one.setsockopt(socket.SOL_SOCKET, direction, BUFFER_BYTES)
        try:
            one.bind((address, port))
        except OSError as problem:
            if problem.errno != errno.EADDRNOTAVAIL:
                raise
            one.bind(("::" if family is socket.AF_INET6 else "0.0.0.0", port))  # noqa: S104 - see above
    except OSError:
        one.close()
        raise
    return one
