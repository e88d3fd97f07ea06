"""The control channel between hosts of lessons and `lessonroom relay`: who may speak on it, and what is said.

Theory of operation
===================
A host connects, by a Unix socket or by TCP. Each end says a greeting with 32 random bytes; from both and the shared
secret come two keys, one a direction. Every message then carries a tag under its key and its number, so that nobody
without the secret says, changes, repeats or leaves out a word: the first message is the proof of the secret, and what
is wrong ends the connection. What is said is not hidden: descriptions hold no key of anybody's media, which DTLS makes
between browser and relay. On a Unix socket the folder's permissions are the guard, and the secret may be empty.

On the wire: 4 bytes of length, big-endian; 16 of tag; the message as MessagePack. Everything is bounded before it is
kept: a message, what waits to be sent, and the time that a greeting takes.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import socket
from typing import Final, Literal

import msgspec

from signalling.relay.port import RefusedCode

MESSAGE_BYTES_MAX: Final = 262_144
"""A description of 16,384 characters is at most 65,536 bytes, and a list of `VIEWS_A_MESSAGE` views 50,000."""
UNSENT_BYTES_MAX: Final = 2_097_152
"""Waiting for a slow reader. Above it the connection is cut: both ends know how to begin anew."""
GREETING_S_MAX: Final = 2.0
"""Until the greeting has come: a round trip, and time for a busy machine."""
GREETING: Final = b"lessonroom relay 1\n"
"""With the version of what is said after it."""
NONCE_BYTES: Final = 32
TAG_BYTES: Final = 16
"""128 bits of HMAC-SHA-256."""
VIEWS_A_MESSAGE: Final = 512
"""Of 100 bytes at most."""

Role = Literal["host", "relay"]


class ChannelBroken(Exception):
    """The other end is gone, too slow, or said something that it may not; the text says which."""


# What a host says -----------------------------------------------------------------------------------------------------


class HostHello(msgspec.Struct, frozen=True, array_like=True, tag="hello"):
    """First of all: it proves the secret."""


class Publish(msgspec.Struct, frozen=True, array_like=True, tag="publish"):
    """Open a leg that sends. Answered with the same ``n``."""

    n: int
    lesson: str
    who: str
    epoch: int
    offer: str


class Watch(msgspec.Struct, frozen=True, array_like=True, tag="watch"):
    """Open a leg that receives these sides. Answered with the same ``n``."""

    n: int
    lesson: str
    who: str
    epoch: int
    sides: tuple[str, ...]
    offer: str


class Close(msgspec.Struct, frozen=True, array_like=True, tag="close"):
    """Close one leg. `Done` follows."""

    n: int
    lesson: str
    who: str
    epoch: int


class CloseLesson(msgspec.Struct, frozen=True, array_like=True, tag="close_lesson"):
    """Close all legs of a lesson, whoever opened them. `Done` follows."""

    n: int
    lesson: str


class Hold(msgspec.Struct, frozen=True, array_like=True, tag="hold"):
    """These lessons are hosted here: their legs are no orphans, and their views are told.

    Said each second as a sign of life, with the new ones alone.
    """

    lessons: tuple[str, ...] = ()


class LetGo(msgspec.Struct, frozen=True, array_like=True, tag="let_go"):
    """These are not any more."""

    lessons: tuple[str, ...]


HostSays = HostHello | Publish | Watch | Close | CloseLesson | Hold | LetGo


# What the relay says --------------------------------------------------------------------------------------------------


class RelayHello(msgspec.Struct, frozen=True, array_like=True, tag="hello"):
    """First of all: it proves the secret."""


class Answer(msgspec.Struct, frozen=True, array_like=True, tag="answer"):
    """The SDP answer to an offer."""

    n: int
    sdp: str


class Refusal(msgspec.Struct, frozen=True, array_like=True, tag="refusal"):
    """The offer gets none, and nothing has changed."""

    n: int
    code: RefusedCode


class Failed(msgspec.Struct, frozen=True, array_like=True, tag="failed"):
    """A fault of the relay's."""

    n: int


class Done(msgspec.Struct, frozen=True, array_like=True, tag="done"):
    """What was to be closed is."""

    n: int


class SideView(msgspec.Struct, frozen=True, array_like=True):
    """`signalling.relay.port.LegView` of one side, at the moment of telling."""

    lesson: str
    who: str
    epoch: int
    connected: bool
    audio: int
    video: int
    quiet_s: float | None
    others_quiet_s: float | None


class Views(msgspec.Struct, frozen=True, array_like=True, tag="views"):
    """Every side of the lessons held here that has a leg; in several messages while ``more``.

    The relay's sign of life: it comes twice a second, however few they are.
    """

    more: bool
    quiet_s: float | None
    """Seconds since RTP came on any leg."""
    sides: tuple[SideView, ...]


RelaySays = RelayHello | Answer | Refusal | Failed | Done | Views

_encoder: Final = msgspec.msgpack.Encoder()
_of_host: Final = msgspec.msgpack.Decoder(HostSays)
_of_relay: Final = msgspec.msgpack.Decoder(RelaySays)


class Channel:
    """One connection after its greeting: messages in and out, each in its turn, none forged."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key_in: bytes, key_out: bytes
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._key_in, self._key_out = key_in, key_out
        self._read = self._written = 0

    async def receive(self) -> bytes:
        """The next message.

        Raises:
            ChannelBroken: there will be none.
        """
        try:
            size = int.from_bytes(await self._reader.readexactly(4), "big")
            if size > MESSAGE_BYTES_MAX:
                raise ChannelBroken("a message is too long")
            tag = await self._reader.readexactly(TAG_BYTES)
            message = await self._reader.readexactly(size)
        except (OSError, asyncio.IncompleteReadError) as problem:
            raise ChannelBroken("the other end is gone") from problem
        if not hmac.compare_digest(tag, _tag(self._key_in, self._read, message)):
            raise ChannelBroken("the other end does not know the secret")
        self._read += 1
        return message

    def send(self, says: HostSays | RelaySays) -> None:
        """Say something, in the order of saying; it never waits.

        Raises:
            ChannelBroken: the other end is gone, or does not read.
        """
        transport = self._writer.transport
        if transport.is_closing():
            raise ChannelBroken("the other end is gone")
        message = _encoder.encode(says)
        if transport.get_write_buffer_size() + len(message) > UNSENT_BYTES_MAX:
            transport.abort()
            raise ChannelBroken("the other end does not read")
        tag = _tag(self._key_out, self._written, message)
        self._written += 1
        self._writer.write(len(message).to_bytes(4, "big") + tag + message)

    def close(self) -> None:
        """End it, without waiting for anything that is unsent."""
        self._writer.transport.abort()


async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, secret: bytes, role: Role) -> Channel:
    """Exchange greetings; the first message each way then proves the secret.

    Raises:
        ChannelBroken: the other end is none of ours, or does not answer.
    """
    own = secrets.token_bytes(NONCE_BYTES)
    writer.write(GREETING + own)
    try:
        async with asyncio.timeout(GREETING_S_MAX):
            said = await reader.readexactly(len(GREETING) + NONCE_BYTES)
    except (OSError, asyncio.IncompleteReadError, TimeoutError) as problem:
        raise ChannelBroken("the other end did not greet") from problem
    if not said.startswith(GREETING):
        raise ChannelBroken("the other end speaks something else")
    other = said.removeprefix(GREETING)
    host, relay = (own, other) if role == "host" else (other, own)
    from_host, from_relay = (_hash(secret, name + host + relay) for name in (b"from the host", b"from the relay"))
    if role == "host":
        return Channel(reader, writer, from_relay, from_host)
    return Channel(reader, writer, from_host, from_relay)


def read_host(message: bytes) -> HostSays:
    """What a host says.

    Raises:
        ChannelBroken: it is none of these.
    """
    try:
        says: HostSays = _of_host.decode(message)
    except msgspec.DecodeError as problem:
        raise ChannelBroken("a message is none of ours") from problem
    return says


def read_relay(message: bytes) -> RelaySays:
    """What the relay says.

    Raises:
        ChannelBroken: it is none of these.
    """
    try:
        says: RelaySays = _of_relay.decode(message)
    except msgspec.DecodeError as problem:
        raise ChannelBroken("a message is none of ours") from problem
    return says


class ChannelAddress(msgspec.Struct, frozen=True):
    """Where the control channel is: a Unix socket's path, or an IP address and a TCP port."""

    path: str = ""
    host: str = ""
    port: int = 0

    @property
    def family(self) -> socket.AddressFamily:
        """Of its socket."""
        if self.path:
            return socket.AF_UNIX
        return socket.AF_INET6 if ":" in self.host else socket.AF_INET

    def __str__(self) -> str:
        if self.path:
            return f"unix:{self.path}"
        return f"tcp://[{self.host}]:{self.port}" if ":" in self.host else f"tcp://{self.host}:{self.port}"


def _tag(key: bytes, number: int, message: bytes) -> bytes:
    return _hash(key, number.to_bytes(8, "big") + message)[:TAG_BYTES]


def _hash(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, hashlib.sha256)
