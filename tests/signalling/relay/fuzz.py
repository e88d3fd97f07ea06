"""Datagrams that nobody should send, at a relay with legs in every state: nothing raises, nothing grows, lessons go on.

    python -m tests.signalling.relay.fuzz --datagrams 1000000 [--seed 1]

Five kinds: STUN with a right frame around anything; bytes that look like RTP or RTCP; the same sealed with a leg's own
keys, so that they reach the router; DTLS records; and valid datagrams of every kind, mutated. They come from the
addresses of a connected publisher, a connected observer, one that is shaking hands, and strangers of both families.
"""

from __future__ import annotations

import argparse
import binascii
import gc
import hmac
import random
import resource
import struct
import time
import tracemalloc
from collections.abc import Callable
from typing import Final, NamedTuple

import pylibsrtp

from signalling.relay import paths, stun
from signalling.relay.port import LegId, Source
from tests.signalling.relay.peer import AUDIO, VIDEO, Net, Peer, keyframe, receiver_report, relay, rtp

ROUND: Final = 1_000
"""Datagrams between two looks at state, 1 ms of virtual time each."""
WARM: Final = 10
"""Rounds until caches and interpreter have what they keep."""
HEAP_BYTES_MAX: Final = 256 * 1_024
"""Python's heap may be so much larger after the last round than after the warm ones: noise of dictionaries' sizes."""
RSS_KB_MAX: Final = 32 * 1_024
"""And the process, with what OpenSSL and libsrtp hold: one kilobyte a datagram would be thirty times that."""
SIZE_MAX: Final = 5 * (3 * paths.PATHS_MAX + 4)
"""Entries of the relay's maps: five legs with all their addresses, claims and questions."""

PUBLISHER: Final[Source] = ("198.51.100.1", 5_000)
OBSERVER: Final[Source] = ("2001:db8::2", 5_000, 0, 0)
SHAKING: Final[Source] = ("198.51.100.3", 5_000)


class Report(NamedTuple):
    """What came of a run."""

    datagrams: int
    seconds: float
    sizes: int
    """The most entries that the relay's maps ever had."""
    heap: int
    """Bytes that Python's heap grew by since the warm rounds."""
    rss: int
    """Kilobytes that the process's peak grew by since then."""
    strangers: int
    """Bytes, other than a signed check's own question and answer, sent to addresses that never proved themselves."""
    handshakes: int
    """Legs of the one that shakes hands, opened anew after what was done to them."""


class Fuzz:
    """One relay and its tormentor; the same seed does the same, but for keys, which OpenSSL draws."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.net = Net(relay(f"fuzz {seed}"))
        self.epoch = 0
        self.handshakes = 0
        self.strangers = 0
        self.sequence = 0
        self.size = 0
        self.samples: list[bytes] = []
        self._renew()
        self.kinds: list[Callable[[], bytes]] = [self._stun, self._looks, self._sealed, self._dtls, self._mutated]

    def round(self, datagrams: int = ROUND) -> None:
        """So many datagrams, then a look whether all is as it should be."""
        for _ in range(datagrams):
            self.net.now += 0.001
            datagram = self.chance.choice(self.kinds)()
            self.net.relay.receive(datagram, self._source(), self.net.now)
        self.net.relay.tick(self.net.now)
        for sent, to in self.net.relay.outgoing():
            assert 0 < len(sent) <= 1_500
            if to not in (PUBLISHER, OBSERVER, SHAKING) and sent[0] > 3:
                self.strangers += len(sent)
        self.size = max(self.size, self.net.relay.size())
        assert self.size <= SIZE_MAX
        self._renew()
        self._alive()

    def _alive(self) -> None:
        """The lesson goes on: what the publisher sends reaches the observer."""
        before = len(self.observer.rtp)
        self.net.now += 1.0
        self.publisher.check()
        self.observer.check()
        for _ in range(3):  # a jump of the numbers is only taken when the next packet confirms it
            self.sequence += 1
            self.publisher.send(keyframe(VIDEO, self.sequence))
            self.publisher.send(rtp(AUDIO, self.sequence))
        self.net.run()
        assert len(self.observer.rtp) > before
        for peer in self.net.peers:
            for kept in (peer.rtp, peer.rtcp, peer.stun, peer.dtls_in, peer.mapped):
                kept.clear()
        self.net.stray.clear()

    def _renew(self) -> None:
        """Legs that did not survive a round are opened anew, as their pages would; and one begins its handshake."""
        view = self.net.relay.view("lesson", "teacher", self.net.now)
        if view is None or not view.connected:
            self.publisher = self._peer("teacher", PUBLISHER)
            self.sequence = 0
        seat = self.net.relay._find("lesson", "watch-1")
        if seat is None or not seat.leg.connected or seat.leg.id.who != "watch-1":
            self.observer = self._peer("watch-1", OBSERVER, "teacher")
        self.epoch += 1
        self.handshakes += 1
        self.shaking = Peer("p1", SHAKING)
        self.net.peers = [self.publisher, self.observer, self.shaking]
        self.shaking.negotiate(self.net.relay, self.net.now, leg=LegId("lesson", "p1", self.epoch))
        self.shaking.check()
        self._keep()
        self.net.run()
        if self.chance.random() < 0.8:
            self.shaking.hello()
            self._keep()
            self.net.run(rounds=self.chance.choice((0, 1, 2, 40)))
            self.shaking.sent.clear()

    def _peer(self, who: str, source: Source, *sides: str) -> Peer:
        self.epoch += 1
        peer = Peer(who, source, sides=sides)
        self.net.peers = [peer]
        self.net.connect(peer, leg=LegId("lesson", who, self.epoch))
        return peer

    def _keep(self) -> None:
        """Valid datagrams of now, to be mutated."""
        self.samples = [each for peer in self.net.peers for each, _ in peer.sent][:20] + self.samples[:20]

    def _source(self) -> Source:
        known: list[Source] = [PUBLISHER, OBSERVER, SHAKING]
        if self.chance.random() < 0.8:
            return self.chance.choice(known)
        if self.chance.random() < 0.5:
            return ("203.0.113.1", self.chance.randrange(1, 65_536))
        return (f"2001:db8::{self.chance.randrange(1, 65_536):x}", 9, 0, 0)

    def _stun(self) -> bytes:
        """A right frame, a right fingerprint, often the right name, sometimes the right signature."""
        chance = self.chance
        peer = chance.choice(self.net.peers)
        body = b""
        if chance.random() < 0.7:
            name = f"{peer.theirs[0]}:{peer.ufrag}".encode()
            body = struct.pack("!HH", 6, len(name)) + name + bytes(-len(name) % 4)
        for _ in range(chance.randrange(4)):
            length = chance.choice((0, 1, 4, 8, 20, 0xFFFF, 3))
            what = chance.choice((0x25, 0x24, 0x8029, 0x802A, 0x20, 0x06, 0x08, 0x8028, chance.getrandbits(16)))
            body += struct.pack("!HH", what, length) + chance.randbytes(min(length, 24) + -min(length, 24) % 4)
        kind = chance.choice((0x0001, 0x0101, 0x0111, 0x0011, chance.getrandbits(14)))
        transaction = chance.randbytes(12)
        head = struct.pack("!HH", kind, len(body) + 24) + stun.COOKIE + transaction
        if chance.random() < 0.5:
            key = chance.choice((peer.theirs[1], peer.pwd)).encode()
            body += struct.pack("!HH", 8, 20) + hmac.digest(key, head + body, "sha1")
        head = struct.pack("!HH", kind, len(body) + 8) + stun.COOKIE + transaction
        whole = head + body
        return whole + struct.pack("!HHL", 0x8028, 4, binascii.crc32(whole) ^ 0x5354554E)

    def _looks(self) -> bytes:
        chance = self.chance
        if chance.random() < 0.5:
            head = struct.pack("!BBHLL", 0x80 | chance.getrandbits(6), chance.getrandbits(8), chance.getrandbits(16), 0,
                               chance.choice((AUDIO, VIDEO, chance.getrandbits(32))))  # fmt: skip
            return (head + chance.randbytes(chance.randrange(0, 60)))[: chance.randrange(1, 72)]
        return bytes([chance.getrandbits(8)]) + chance.randbytes(chance.choice((0, 1, 3, 11, 40, 200, 1_499, 1_600)))

    def _sealed(self) -> bytes:
        """Authentic, and malformed within: this is what the router has to stand."""
        chance = self.chance
        peer = chance.choice((self.publisher, self.observer))
        assert peer.out is not None
        try:
            if chance.random() < 0.6:
                return peer.out.protect_rtcp(self._rtcp(peer))
            self.sequence += chance.choice((1, 1, 1, 2, 30, 300))
            plain = bytearray(
                rtp(chance.choice((AUDIO, VIDEO)), self.sequence, body=chance.randbytes(chance.randrange(40)))
            )
            plain[0] = 0x80 | chance.choice((0, 0, 0x10, 0x20, 0x0F, chance.getrandbits(6)))
            plain[1] = chance.choice((96, 97, 97 | 0x80, chance.getrandbits(7)))
            return peer.out.protect(bytes(plain))
        except pylibsrtp.Error:
            return receiver_report(AUDIO)

    def _rtcp(self, peer: Peer) -> bytes:
        chance = self.chance
        out = struct.pack("!BBHL", 0x80 | chance.getrandbits(5), chance.choice((200, 201)), chance.randrange(8), AUDIO)
        for _ in range(chance.randrange(4)):
            fields = struct.pack("!LL", chance.choice((AUDIO, VIDEO, 1)), chance.getrandbits(32))
            kind = chance.choice((200, 201, 202, 203, 204, 205, 206, 207, chance.randrange(192, 224)))
            words = chance.choice((0, 1, 2, 4, 5, 0xFFFF))
            out += struct.pack("!BBH", 0x80 | chance.getrandbits(6), kind, words) + fields
            out += chance.choice((b"", b"REMB\x01\x03\xff\xff", b"REMB", chance.randbytes(chance.randrange(30))))
        return out[: chance.randrange(8, len(out) + 1)]

    def _dtls(self) -> bytes:
        chance = self.chance
        kind = chance.choice((20, 21, 22, 22, 22, 23, chance.randrange(20, 64)))
        body = chance.randbytes(chance.randrange(40))
        if kind == 22:
            length = chance.choice((len(body), 0, 0xFFFFFF, chance.getrandbits(24)))
            head = struct.pack("!B", chance.choice((1, 2, 11, 16, 15, 20, 0))) + length.to_bytes(3, "big") + bytes(2)
            body = head + chance.choice((0, 1, 0xFFFFFF)).to_bytes(3, "big") + len(body).to_bytes(3, "big") + body
        size = chance.choice((len(body), len(body), 0, 0xFFFF))
        epoch = chance.choice((0, 0, 1, 2))
        version = chance.choice((b"\xfe\xfd", b"\xfe\xff", b"\xfe\xfc", b"\x03\x03"))
        return bytes([kind]) + version + struct.pack("!HHLH", epoch, 0, chance.getrandbits(8), size) + body

    def _mutated(self) -> bytes:
        chance = self.chance
        datagram = bytearray(chance.choice(self.samples))
        for _ in range(chance.randrange(4)):
            if datagram:
                datagram[chance.randrange(len(datagram))] ^= 1 << chance.randrange(8)
        how = chance.random()
        if how < 0.2:
            return bytes(datagram[: chance.randrange(len(datagram) + 1)])
        if how < 0.3:
            return bytes(datagram) + chance.choice(self.samples)
        return bytes(datagram)


def run(datagrams: int, seed: int, *, heap: bool = True) -> Report:
    """Let them come. Raises AssertionError, or whatever the relay raised, where something is not as it should be."""
    begun = time.monotonic()
    fuzz = Fuzz(seed)
    rounds = -(-datagrams // ROUND)
    warm = min(WARM, rounds // 2)
    for _ in range(warm):
        fuzz.round()
    if heap:
        tracemalloc.start()
        fuzz.round()
        warm += 1
    before, peak = _heap(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(rounds - warm):
        fuzz.round()
    grown = _heap() - before
    grown_rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
    if heap:
        tracemalloc.stop()
    assert grown <= HEAP_BYTES_MAX, f"heap grew by {grown} bytes"
    assert grown_rss <= RSS_KB_MAX, f"process grew by {grown_rss} kB"
    assert fuzz.strangers == 0
    fuzz.net.wait(31.0)
    fuzz.net.relay.close_lesson("lesson", fuzz.net.now)
    assert fuzz.net.relay.size() == 0
    seconds = time.monotonic() - begun
    return Report(rounds * ROUND, seconds, fuzz.size, grown, grown_rss, fuzz.strangers, fuzz.handshakes)


def _heap() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0] if tracemalloc.is_tracing() else 0


def main() -> None:
    """The command above."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--datagrams", type=int, default=1_000_000)
    arguments.add_argument("--seed", type=int, default=1)
    chosen = arguments.parse_args()
    print(run(chosen.datagrams, chosen.seed))


if __name__ == "__main__":
    main()
