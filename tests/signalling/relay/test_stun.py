"""STUN against aioice's own: both must read what the other writes, and nothing unsigned may be read."""

from __future__ import annotations

import binascii
import struct

import pytest
from aioice import stun as theirs
from hypothesis import example, given, settings
from hypothesis import strategies as st

from signalling.relay import stun

KEY = b"a password of 22 chars"
TRANSACTION = bytes(range(12))


def _theirs(key: bytes = KEY, **attributes: object) -> theirs.Message:
    message = theirs.Message(theirs.Method.BINDING, theirs.Class.REQUEST, transaction_id=TRANSACTION)
    message.attributes.update(
        {"USERNAME": "ours:yours", **{name.replace("_", "-"): v for name, v in attributes.items()}}
    )
    message.add_message_integrity(key)
    return message


def test_a_check_is_read() -> None:
    sealed = stun.read(bytes(_theirs(USE_CANDIDATE=None)))
    assert sealed is not None
    assert sealed.username == "ours:yours"
    message = sealed.opened(KEY)
    assert message == stun.Message(stun.Kind.REQUEST, TRANSACTION, nominated=True, controlled=False)


def test_an_ignored_integrity_check_is_impossible_what_a_message_says_comes_only_from_opening_it() -> None:
    sealed = stun.read(bytes(_theirs(key=b"another", USE_CANDIDATE=None)))
    assert sealed is not None
    assert sealed.opened(KEY) is None
    assert not {"nominated", "controlled"} & set(dir(sealed))


@pytest.mark.parametrize("lacks", ["MESSAGE-INTEGRITY", "FINGERPRINT"])
def test_a_message_without_integrity_or_fingerprint_is_not_read(lacks: str) -> None:
    message = _theirs()
    del message.attributes[lacks]
    if lacks == "MESSAGE-INTEGRITY":
        message.add_fingerprint()
    assert stun.read(bytes(message)) is None


def test_what_follows_the_integrity_is_not_looked_at() -> None:
    """Unsigned: somebody on the way could have put it there."""
    message = _theirs()
    del message.attributes["FINGERPRINT"]
    message.attributes["USE-CANDIDATE"] = None
    message.add_fingerprint()
    sealed = stun.read(bytes(message))
    assert sealed is not None
    opened = sealed.opened(KEY)
    assert opened is not None
    assert not opened.nominated


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        (("192.0.2.7", 50_000), ("192.0.2.7", 50_000)),
        (("2001:db8::7", 50_000, 0, 0), ("2001:db8::7", 50_000)),
        (("::ffff:192.0.2.7", 50_000, 0, 0), ("192.0.2.7", 50_000)),
        (("fe80::1%eth0", 50_000, 0, 2), ("fe80::1", 50_000)),
    ],
)
def test_IPv6_the_address_that_a_browser_is_told_is_the_one_it_knows(
    source: stun.Source, seen: tuple[str, int]
) -> None:
    message = theirs.parse_message(stun.success(TRANSACTION, source, KEY))
    assert message.check_message_integrity(KEY)
    assert message.message_class is theirs.Class.RESPONSE
    assert message.transaction_id == TRANSACTION
    assert message.attributes["XOR-MAPPED-ADDRESS"] == seen


def test_our_question_is_a_check_as_ice_wants_it() -> None:
    message = theirs.parse_message(stun.request(TRANSACTION, "yours:ours", KEY, bytes(8)))
    assert message.check_message_integrity(KEY)
    assert {"USERNAME", "PRIORITY", "ICE-CONTROLLED", "FINGERPRINT"} <= set(message.attributes)
    assert message.attributes["USERNAME"] == "yours:ours"


def test_a_browser_that_takes_the_controlled_part_is_told_of_the_conflict() -> None:
    sealed = stun.read(bytes(_theirs(ICE_CONTROLLED=1)))
    assert sealed is not None
    opened = sealed.opened(KEY)
    assert opened is not None
    assert opened.controlled
    message = theirs.parse_message(stun.role_conflict(TRANSACTION, KEY))
    assert message.check_message_integrity(KEY)
    assert message.error_code == 487


def test_any_bit_that_is_changed_makes_it_unread_or_unopened() -> None:
    datagram = bytes(_theirs(USE_CANDIDATE=None))
    for bit in range(len(datagram) * 8):
        changed = bytearray(datagram)
        changed[bit // 8] ^= 1 << bit % 8
        sealed = stun.read(bytes(changed))
        assert sealed is None or sealed.opened(KEY) is None


def _fingerprinted(body: bytes) -> bytes:
    """Whatever the body says, the frame around it is right: so that the fuzz gets past the first checks."""
    body = body[: len(body) // 4 * 4]
    head = struct.pack("!HH", 1, len(body) + 8) + stun.COOKIE + TRANSACTION + body
    return head + struct.pack("!HHL", 0x8028, 4, binascii.crc32(head) ^ 0x5354554E)


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=200), st.booleans())
@example(b"\x00\x08\x00\x14" + bytes(20), True)
@example(b"\x00\x06\x02\x02" + bytes(514), True)
@example(b"\x00\x06\xff\xff", True)
@example(b"", False)
def test_no_bytes_make_reading_raise(body: bytes, framed: bool) -> None:
    sealed = stun.read(_fingerprinted(body) if framed else body)
    assert sealed is None or sealed.opened(KEY) is None
