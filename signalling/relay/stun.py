"""STUN binding messages as ICE uses them (RFC 8489, RFC 8445): read, check, write. Pure; values in, bytes out.

What a message says can only be had through `Sealed.opened`, which checks its MESSAGE-INTEGRITY: there is no way to read
it and to forget the check. Before that only the user name is to be seen, because it says whose key to check with.
"""

from __future__ import annotations

import binascii
import hmac
import ipaddress
from enum import IntEnum
from typing import Final, NamedTuple

import msgspec

from signalling.relay.port import Source

HEADER_BYTES: Final = 20
COOKIE: Final = b"\x21\x12\xa4\x42"
TRANSACTION_BYTES: Final = 12
"""96 bits, RFC 8489 section 5: nobody who has not seen the request guesses them."""
MESSAGE_BYTES_MAX: Final = 1_280
"""Browsers' checks are 90 to 160 bytes; every network carries 1,280 in one piece, and ICE sends nothing longer."""
ATTRIBUTES_MAX: Final = 24
"""Browsers' checks carry 6 to 9. Stops a message of 300 empty ones from costing more than it is worth."""
USERNAME_BYTES_MAX: Final = 513
"""Two fragments of at most 256 characters and a colon (RFC 8839 section 5.4)."""
PRIORITY: Final = (110 << 24 | 65_535 << 8 | 255).to_bytes(4, "big")
"""Of a peer-reflexive candidate (RFC 8445 section 5.1.2). Required in a check; a lite agent's is used for nothing."""

_FINGERPRINT_XOR: Final = 0x5354554E
_INTEGRITY_BYTES: Final = 24
"""The attribute's header and an HMAC-SHA1."""
_FINGERPRINT_BYTES: Final = 8


class Kind(IntEnum):
    """The message types that ICE uses; anything else is not read."""

    REQUEST = 0x0001
    SUCCESS = 0x0101
    FAILURE = 0x0111


class _Attribute(IntEnum):
    USERNAME = 0x0006
    MESSAGE_INTEGRITY = 0x0008
    ERROR_CODE = 0x0009
    XOR_MAPPED_ADDRESS = 0x0020
    PRIORITY = 0x0024
    USE_CANDIDATE = 0x0025
    FINGERPRINT = 0x8028
    ICE_CONTROLLED = 0x8029


_NAMED: Final = frozenset(int(each) for each in _Attribute)


class Message(NamedTuple):
    """A message whose integrity has been checked with the key that its receiver expects."""

    kind: Kind
    transaction: bytes
    nominated: bool
    """USE-CANDIDATE: the browser means to send from this address."""
    controlled: bool
    """ICE-CONTROLLED: it believes that we choose the pair, which an ICE-lite agent never does."""


class Sealed(msgspec.Struct, frozen=True):
    """A well-formed message with a right fingerprint. Anybody can have made it."""

    kind: Kind
    transaction: bytes
    username: str
    """ "" where there is none; ``<receiver's fragment>:<sender's fragment>`` in a request."""
    _flags: tuple[bool, bool]
    _signed: bytes
    _digest: bytes

    def opened(self, key: bytes) -> Message | None:
        """What it says, or None if it was not made with this key."""
        if not hmac.compare_digest(hmac.digest(key, self._signed, "sha1"), self._digest):
            return None
        return Message(self.kind, self.transaction, nominated=self._flags[0], controlled=self._flags[1])


def read(datagram: bytes) -> Sealed | None:
    """A binding request or an answer to one; None for everything else. Never raises.

    MESSAGE-INTEGRITY and FINGERPRINT are required, as ICE requires them (RFC 8445 section 7.1). Attributes that follow
    MESSAGE-INTEGRITY are not signed and not looked at.
    """
    size = len(datagram)
    if size < HEADER_BYTES + _INTEGRITY_BYTES + _FINGERPRINT_BYTES or size > MESSAGE_BYTES_MAX or size % 4:
        return None
    kind = int.from_bytes(datagram[:2], "big")
    if kind not in (Kind.REQUEST, Kind.SUCCESS, Kind.FAILURE) or datagram[4:8] != COOKIE:
        return None
    if int.from_bytes(datagram[2:4], "big") != size - HEADER_BYTES or not _fingerprint_fits(datagram):
        return None
    found = _attributes(datagram, size - _FINGERPRINT_BYTES)
    if found is None:
        return None
    attributes, signed_end = found
    digest = attributes.get(_Attribute.MESSAGE_INTEGRITY, b"")
    username = attributes.get(_Attribute.USERNAME, b"")
    if len(digest) != _INTEGRITY_BYTES - 4 or len(username) > USERNAME_BYTES_MAX:
        return None
    try:
        name = username.decode("ascii")
    except UnicodeDecodeError:
        return None
    flags = (_Attribute.USE_CANDIDATE in attributes, _Attribute.ICE_CONTROLLED in attributes)
    # The HMAC is of the message as it stood when it was signed: its length then ended with the HMAC itself.
    length = (signed_end - HEADER_BYTES + _INTEGRITY_BYTES).to_bytes(2, "big")
    signed = datagram[:2] + length + datagram[4:signed_end]
    return Sealed(Kind(kind), datagram[8:HEADER_BYTES], name, flags, signed, digest)


def request(transaction: bytes, username: str, key: bytes, tiebreaker: bytes) -> bytes:
    """A check of our own. Controlled: the browser chooses the pair, and an ICE-lite agent has no say in it."""
    body = (
        _attribute(_Attribute.USERNAME, username.encode("ascii"))
        + _attribute(_Attribute.PRIORITY, PRIORITY)
        + _attribute(_Attribute.ICE_CONTROLLED, tiebreaker)
    )
    return _sealed(Kind.REQUEST, transaction, body, key)


def success(transaction: bytes, source: Source, key: bytes) -> bytes:
    """The answer to an authenticated request: the address that it came from, as we see it."""
    plain = _packed(source)
    pad = COOKIE + transaction
    port = (source[1] ^ 0x2112).to_bytes(2, "big")
    mapped = (
        (b"\x00\x01" if len(plain) == 4 else b"\x00\x02")
        + port
        + bytes(a ^ b for a, b in zip(plain, pad, strict=False))
    )
    return _sealed(Kind.SUCCESS, transaction, _attribute(_Attribute.XOR_MAPPED_ADDRESS, mapped), key)


def role_conflict(transaction: bytes, key: bytes) -> bytes:
    """487, RFC 8445 section 7.3.1.1: the browser has to take the controlling part."""
    return _sealed(Kind.FAILURE, transaction, _attribute(_Attribute.ERROR_CODE, b"\x00\x00\x04\x57Role Conflict"), key)


def _packed(source: Source) -> bytes:
    """The address in 4 or 16 bytes. A socket for both families shows IPv4 as ``::ffff:``: the browser knows no such."""
    address = ipaddress.ip_address(source[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.packed


def _fingerprint_fits(datagram: bytes) -> bool:
    """Whether it ends with the CRC of what stands before: tells STUN from what only begins like it."""
    head, tail = datagram[:-_FINGERPRINT_BYTES], datagram[-_FINGERPRINT_BYTES:]
    return tail == _fingerprint(head)


def _fingerprint(head: bytes) -> bytes:
    crc = binascii.crc32(head) ^ _FINGERPRINT_XOR
    return _Attribute.FINGERPRINT.to_bytes(2, "big") + b"\x00\x04" + crc.to_bytes(4, "big")


def _attributes(datagram: bytes, end: int) -> tuple[dict[int, bytes], int] | None:
    """The first of each attribute that we know, up to MESSAGE-INTEGRITY, and where that begins; None: malformed."""
    known: dict[int, bytes] = {}
    at = HEADER_BYTES
    for _ in range(ATTRIBUTES_MAX):
        if at + 4 > end:
            return None
        name = int.from_bytes(datagram[at : at + 2], "big")
        length = int.from_bytes(datagram[at + 2 : at + 4], "big")
        if at + 4 + length > end:
            return None
        if name in _NAMED:
            known.setdefault(name, datagram[at + 4 : at + 4 + length])
        if name == _Attribute.MESSAGE_INTEGRITY:
            return known, at
        at += 4 + length + -length % 4
    return None


def _attribute(name: _Attribute, value: bytes) -> bytes:
    return name.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value + bytes(-len(value) % 4)


def _sealed(kind: Kind, transaction: bytes, body: bytes, key: bytes) -> bytes:
    def head(more: int) -> bytes:
        return kind.to_bytes(2, "big") + (len(body) + more).to_bytes(2, "big") + COOKIE + transaction

    digest = hmac.digest(key, head(_INTEGRITY_BYTES) + body, "sha1")
    signed = body + _attribute(_Attribute.MESSAGE_INTEGRITY, digest)
    whole = head(_INTEGRITY_BYTES + _FINGERPRINT_BYTES) + signed
    return whole + _fingerprint(whole)
