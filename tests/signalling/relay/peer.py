"""A browser's end of a leg, made of other parts than the relay: aioice's STUN, an OpenSSL client, libsrtp. Sans-I/O.

`Net` carries datagrams between a relay and peers by address, in virtual time, and can lose them.
"""

from __future__ import annotations

import datetime
import hashlib
import re
import struct
from collections.abc import Callable, Iterable

import pylibsrtp
from aioice import stun
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL
from pylibsrtp import Policy, Session

from signalling.relay.dtls import Certificate
from signalling.relay.port import Address, LegId, Source
from signalling.relay.relay import Relay

RELAY: Address = ("192.0.2.1", 40_000)
CERTIFICATE = Certificate(datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
PEER_KEY = ec.generate_private_key(ec.SECP256R1())
AUDIO, VIDEO = 1_111, 2_222


def entropy(seed: str) -> Callable[[int], bytes]:
    """A stream of bytes that is the same each time."""
    count = 0

    def draw(size: int) -> bytes:
        nonlocal count
        count += 1
        return hashlib.shake_128(f"{seed}/{count}".encode()).digest(size)

    return draw


def relay(seed: str = "relay") -> Relay:
    return Relay(certificate=CERTIFICATE, addresses=[RELAY], entropy=entropy(seed))


def _certificate() -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "browser")])
    now = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(PEER_KEY.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=9_000))
    return builder.sign(PEER_KEY, hashes.SHA256())


PEER_CERTIFICATE = _certificate()


def offer(
    ufrag: str, pwd: str, *, sides: int = 0, ssrcs: tuple[int, int] = (AUDIO, VIDEO), fingerprint: str = ""
) -> str:
    """A publisher's offer, or with ``sides`` an observer's."""
    kinds = ["audio", "video"] * max(1, sides)
    fingerprint = fingerprint or PEER_CERTIFICATE.fingerprint(hashes.SHA256()).hex(":").upper()
    lines = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=group:BUNDLE " + " ".join(map(str, range(len(kinds))))]
    for mid, kind in enumerate(kinds):
        codec = "opus/48000/2" if kind == "audio" else "VP8/90000"
        lines += [
            f"m={kind} 9 UDP/TLS/RTP/SAVPF {96 + mid % 2}", "c=IN IP4 0.0.0.0", f"a=mid:{mid}", "a=rtcp-mux",
            "a=recvonly" if sides else "a=sendonly", f"a=rtpmap:{96 + mid % 2} {codec}",
            f"a=ice-ufrag:{ufrag}", f"a=ice-pwd:{pwd}", "a=setup:actpass", f"a=fingerprint:sha-256 {fingerprint}",
        ]  # fmt: skip
        if not sides:
            lines.append(f"a=ssrc:{ssrcs[mid]} cname:browser")
    return "\r\n".join(lines) + "\r\n"


def rtp(
    ssrc: int, sequence: int, *, timestamp: int | None = None, payload_type: int = 96, body: bytes = b"x" * 60
) -> bytes:
    stamp = sequence * 960 if timestamp is None else timestamp
    return struct.pack("!BBHLL", 0x80, payload_type, sequence & 0xFFFF, stamp & 0xFFFF_FFFF, ssrc) + body


def keyframe(ssrc: int, sequence: int, *, timestamp: int | None = None) -> bytes:
    """A VP8 keyframe of one packet: descriptor with S, then a frame tag whose first bit is nought, start code, size."""
    body = b"\x10" + b"\x10\x02\x00" + b"\x9d\x01\x2a" + b"\x40\x01\xf0\x00" + b"k" * 80
    packet = bytearray(rtp(ssrc, sequence, timestamp=timestamp, payload_type=97, body=body))
    packet[1] |= 0x80
    return bytes(packet)


def receiver_report(reporter: int) -> bytes:
    return struct.pack("!BBHL", 0x80, 201, 1, reporter)


class Peer:
    """One browser. ``sent`` holds what waits to go to the relay; `Net` takes it."""

    def __init__(
        self,
        name: str,
        source: Source,
        *,
        sides: tuple[str, ...] = (),
        mtu: int = 1_200,
        hello: int = 0,
        profiles: bytes = b"SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_128_GCM",
    ) -> None:
        """A browser.

        Args:
            hello: Bytes by which its ClientHello is longer than it has to be.
            profiles: How it can protect RTP.
        """
        draw = entropy(name)
        self.ufrag, self.pwd = draw(3).hex(), draw(12).hex()
        self.source, self.sides = source, sides
        self.sent: list[tuple[bytes, Source]] = []
        self.answers_questions = True
        self.foreign = 0
        """STUN that came and is not of this negotiation."""
        self.stun: list[stun.Message] = []
        self.mapped: list[tuple[str, int]] = []
        self.rtp: list[bytes] = []
        self.rtcp: list[bytes] = []
        self.dtls_in: list[bytes] = []
        self.bye = False
        self.leg = LegId("lesson", name, 1)
        self.theirs = ("", "")
        context = SSL.Context(SSL.DTLS_METHOD)
        context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_QUERY_MTU)
        context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
        context.use_certificate(PEER_CERTIFICATE)
        context.use_privatekey(PEER_KEY)
        context.set_tlsext_use_srtp(profiles)
        if hello:
            context.set_alpn_protos([b"p" * 99] * (hello // 100))
        self.ssl = SSL.Connection(context, None)
        self.ssl.set_connect_state()
        self.ssl.set_ciphertext_mtu(mtu)
        self.flight: list[bytes] = []
        self._in: Session | None = None
        self.out: Session | None = None

    @property
    def connected(self) -> bool:
        return self.out is not None

    def negotiate(self, relay: Relay, now: float, *, leg: LegId | None = None, **changes: object) -> str:
        self.leg = leg or self.leg
        text = offer(self.ufrag, self.pwd, sides=len(self.sides), **changes)  # type: ignore[arg-type]
        answer = relay.watch(self.leg, self.sides, text, now) if self.sides else relay.publish(self.leg, text, now)
        found = [re.search(rf"a=ice-{what}:(\S+)", answer) for what in ("ufrag", "pwd")]
        self.theirs = (found[0][1], found[1][1])  # type: ignore[index]
        return answer

    def check(self, *, nominated: bool = True, source: Source | None = None, key: str | None = None) -> None:
        """Send an ICE check."""
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        message.attributes["USERNAME"] = f"{self.theirs[0]}:{self.ufrag}"
        message.attributes["PRIORITY"] = 1
        message.attributes["ICE-CONTROLLING"] = 7
        if nominated:
            message.attributes["USE-CANDIDATE"] = None
        message.add_message_integrity((key if key is not None else self.theirs[1]).encode())
        self.sent.append((bytes(message), source or self.source))

    def hello(self) -> None:
        """Begin the handshake, or go on with it."""
        self._shake()

    def timeout(self) -> None:
        """Let OpenSSL repeat its flight, if its timer has run out by the machine's clock."""
        if not self.connected and self.flight and self.ssl.DTLSv1_get_timeout() == 0:
            self.ssl.DTLSv1_handle_timeout()
            self.sent += [(datagram, self.source) for datagram in self._written()]

    def again(self) -> None:
        """Send the last flight once more, as a lossy line makes a browser do."""
        self.sent += [(datagram, self.source) for datagram in self.flight]

    def send(self, packet: bytes, source: Source | None = None) -> None:
        assert self.out is not None
        sealed = self.out.protect_rtcp(packet) if 192 <= packet[1] <= 223 else self.out.protect(packet)
        self.sent.append((sealed, source or self.source))

    def close(self) -> None:
        self.ssl.shutdown()
        self.sent += [(datagram, self.source) for datagram in self._written()]

    def receive(self, datagram: bytes, at: Source) -> None:
        """Take what came to one of this browser's addresses."""
        if datagram[0] < 4:
            self._stun(stun.parse_message(datagram), at)
        elif datagram[0] < 64:
            self.dtls_in.append(datagram)
            self.ssl.bio_write(datagram)
            self._shake()
        elif self._in is not None:
            if 192 <= datagram[1] <= 223:
                self.rtcp.append(self._in.unprotect_rtcp(datagram))
            else:
                self.rtp.append(self._in.unprotect(datagram))

    def _stun(self, message: stun.Message, at: Source) -> None:
        request = message.message_class is stun.Class.REQUEST
        if not message.check_message_integrity((self.pwd if request else self.theirs[1]).encode()):
            self.foreign += 1
            return
        self.stun.append(message)
        if request:
            assert message.attributes["USERNAME"] == f"{self.ufrag}:{self.theirs[0]}"
            if self.answers_questions:
                self.sent.append((self.answer(message), at))
        elif message.message_class is stun.Class.RESPONSE:
            self.mapped.append(message.attributes["XOR-MAPPED-ADDRESS"])

    def answer(self, question: stun.Message) -> bytes:
        reply = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, transaction_id=question.transaction_id)
        reply.attributes["XOR-MAPPED-ADDRESS"] = RELAY
        reply.add_message_integrity(self.pwd.encode())
        return bytes(reply)

    def _shake(self) -> None:
        try:
            if not self.connected:
                self.ssl.do_handshake()
                self._keys()
            self.ssl.recv(1_500)
        except SSL.ZeroReturnError:
            self.bye = True
        except SSL.Error:
            pass
        written = self._written()
        if written:
            self.flight = written
            self.sent += [(datagram, self.source) for datagram in written]

    def _written(self) -> list[bytes]:
        """One datagram a record, as a browser with a small MTU sends."""
        try:
            data = self.ssl.bio_read(65_536)
        except SSL.Error:
            return []
        out = []
        while data:
            size = 13 + int.from_bytes(data[11:13], "big")
            out.append(data[:size])
            data = data[size:]
        return out

    def _keys(self) -> None:
        gcm = self.ssl.get_selected_srtp_profile() == b"SRTP_AEAD_AES_128_GCM"
        salt = 12 if gcm else 14
        profile = Policy.SRTP_PROFILE_AEAD_AES_128_GCM if gcm else Policy.SRTP_PROFILE_AES128_CM_SHA1_80
        m = self.ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", 32 + 2 * salt)
        client, server = m[:16] + m[32 : 32 + salt], m[16:32] + m[32 + salt :]
        self.out = Session(Policy(client, Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile))
        self._in = Session(_repeatable(Policy(server, Policy.SSRC_ANY_INBOUND, srtp_profile=profile)))


def _repeatable(policy: Policy) -> Policy:
    policy.window_size = 1_024
    return policy


class Net:
    """A network between one relay and its peers; ``now`` moves only when a test says so."""

    def __init__(self, relay: Relay, *peers: Peer, now: float = 100.0) -> None:
        self.relay, self.now = relay, now
        self.peers = list(peers)
        self.lose: Callable[[bytes, bool], bool] = lambda datagram, to_relay: False
        self.at: dict[Source, Peer] = {}
        self.stray: list[tuple[bytes, Source]] = []

    def run(self, rounds: int = 40) -> None:
        """Carry datagrams until nobody sends any more."""
        for _ in range(rounds):
            moved = self._up() + self._down()
            if not moved:
                return

    def wait(self, seconds: float, *, each: Callable[[], None] | None = None) -> None:
        """Let time pass as the relay's own next tick says, and call ``each`` every second of it."""
        end = self.now + seconds
        beat = self.now
        while self.now < end:
            due = self.relay.next_tick()
            self.now = min(end, beat + 1.0, max(due, self.now) if due is not None else end)
            if self.now >= beat + 1.0:
                beat = self.now
                if each is not None:
                    each()
            self.relay.tick(self.now)
            self.run()

    def connect(self, peer: Peer, **changes: object) -> Peer:
        """Through the whole life's beginning: offer, checks, handshake."""
        if peer not in self.peers:
            self.peers.append(peer)
        peer.negotiate(self.relay, self.now, **changes)  # type: ignore[arg-type]
        peer.check()
        self.run()
        peer.hello()
        self.run()
        assert peer.connected
        return peer

    def inject(self, datagrams: Iterable[bytes], source: Source) -> None:
        for datagram in datagrams:
            self.relay.receive(datagram, source, self.now)

    def _up(self) -> int:
        count = 0
        for peer in self.peers:
            sent, peer.sent = peer.sent, []
            for datagram, source in sent:
                count += 1
                if not self.lose(datagram, True):
                    self.relay.receive(datagram, source, self.now)
        return count

    def _down(self) -> int:
        out = self.relay.outgoing()
        for datagram, to in out:
            peer = self.at.get(to) or next((peer for peer in self.peers if peer.source == to), None)
            if peer is None:
                self.stray.append((datagram, to))
            elif not self.lose(datagram, False):
                try:
                    peer.receive(datagram, to)
                except pylibsrtp.Error:
                    self.stray.append((datagram, to))
        return len(out)
