"""A browser's end of a leg, as cheap as it can be: ICE and DTLS-SRTP once, then sealed packets on one bare socket.

Made of other parts than our relay (aioice's STUN, an OpenSSL client, libsrtp), and it speaks to Janus as to us. Like
Chromium it checks the path every 2.5 s, and its certificate is an elliptic one.
"""

from __future__ import annotations

import datetime
import re
import secrets
import socket
from contextlib import suppress
from dataclasses import dataclass

from aioice import stun
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL
from pylibsrtp import Policy, Session

from benchmarks.media_traffic import PAYLOAD_TYPES, Kind, is_rtcp

PROFILES = b"SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80"
"""Chromium's, and its order; each server chooses."""
CODECS: dict[Kind, str] = {"audio": "opus/48000/2", "video": "VP8/90000"}
TRY_AGAIN_S = 0.05
CONSENT_S = 2.5
"""Chromium's own pace of checks on a path that works."""
BUFFER_BYTES = 1 << 20


def own_address() -> str:
    """An address of this machine that every ICE agent takes for a real one; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        try:
            one.connect(("198.51.100.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(one.getsockname()[0])


def _context() -> tuple[SSL.Context, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "benchmark")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=30))
    certificate = builder.sign(key, hashes.SHA256())
    context = SSL.Context(SSL.DTLS_METHOD)
    context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_QUERY_MTU)
    context.set_verify(SSL.VERIFY_NONE, lambda *_: True)
    context.use_certificate(certificate)
    context.use_privatekey(key)
    context.set_tlsext_use_srtp(PROFILES)
    return context, certificate.fingerprint(hashes.SHA256()).hex(":").upper()


@dataclass(frozen=True)
class Section:
    """One section of a description."""

    kind: Kind
    mid: str
    payload_type: int


def offered_sections(sdp: str) -> list[Section]:
    """What an offer of a server's names."""
    found = []
    for block in re.split(r"(?m)^m=", sdp)[1:]:
        kind: Kind = "audio" if block.startswith("audio") else "video"
        mid = re.search(r"(?m)^a=mid:(\S+)", block)
        number = re.search(rf"(?mi)^a=rtpmap:(\d+) {re.escape(CODECS[kind])}", block)
        if mid is None or number is None:
            raise RuntimeError(f"no {kind} as the benchmark needs it in {sdp}")
        found.append(Section(kind, mid[1], int(number[1])))
    return found


class Peer:
    """One leg."""

    context, fingerprint = _context()

    def __init__(self, address: str, ssrcs: dict[Kind, int], *, controls: bool) -> None:
        """A peer that has sent nothing yet.

        Args:
            address: Of this machine.
            ssrcs: Of what it sends; none for one who only receives.
            controls: Whether it chooses the path (the one who offers does).
        """
        self.ssrcs = ssrcs
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        self.socket.bind((address, 0))
        self.socket.setblocking(False)
        self.ufrag, self.pwd = secrets.token_hex(4), secrets.token_hex(12)
        self.came = 0
        """RTP packets that came."""
        self.try_at = 0.0
        """When to do something for the connection next."""
        self.outbound: Session | None = None
        self.inbound: Session | None = None
        self._controls = controls
        self._theirs = ("", "")
        self._to: tuple[str, int] | None = None
        self._open = False
        """Whether the path has been answered."""
        self._tls = SSL.Connection(self.context, None)
        self._tls.set_connect_state()
        self._tls.set_ciphertext_mtu(1_200)

    @property
    def connected(self) -> bool:
        return self.outbound is not None

    # Descriptions

    def offer(self, sides: int = 0) -> str:
        """To send, or with ``sides`` to receive the sound and picture of so many."""
        kinds: list[Kind] = ["audio", "video"]
        sections = [Section(kind, str(at), PAYLOAD_TYPES[kind]) for at, kind in enumerate(kinds * max(1, sides))]
        return self._description(sections, "active", "recvonly" if sides else "sendonly")

    def answer(self, offer: str) -> str:
        """To a server that offers to send."""
        self.take(offer)
        return self._description(offered_sections(offer), "active", "recvonly")

    def take(self, sdp: str) -> None:
        """Read whom the other's description names."""
        ufrag, pwd = (re.search(rf"(?m)^a=ice-{what}:(\S+)", sdp) for what in ("ufrag", "pwd"))
        candidate = re.search(r"(?mi)^a=candidate:\S+ 1 udp \d+ (\d[\d.]+) (\d+) typ host", sdp)
        if ufrag is None or pwd is None or candidate is None:
            raise RuntimeError(f"no way to the server in {sdp}")
        self._theirs, self._to = (ufrag[1], pwd[1]), (candidate[1], int(candidate[2]))
        self.socket.connect(self._to)

    def _description(self, sections: list[Section], setup: str, direction: str) -> str:
        host, port = self.socket.getsockname()
        lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0"]
        lines += ["a=group:BUNDLE " + " ".join(section.mid for section in sections), "a=msid-semantic: WMS"]
        for section in sections:
            number = section.payload_type
            lines += [
                f"m={section.kind} 9 UDP/TLS/RTP/SAVPF {number}", "c=IN IP4 0.0.0.0", f"a=mid:{section.mid}",
                "a=rtcp-mux", "a=rtcp-rsize", f"a={direction}", f"a=rtpmap:{number} {CODECS[section.kind]}",
                f"a=ice-ufrag:{self.ufrag}", f"a=ice-pwd:{self.pwd}", f"a=setup:{setup}",
                f"a=fingerprint:sha-256 {self.fingerprint}", f"a=candidate:1 1 udp 2130706431 {host} {port} typ host",
                "a=end-of-candidates",
            ]  # fmt: skip
            if section.kind == "video":
                lines += [f"a=rtcp-fb:{number} {what}" for what in ("nack", "nack pli", "goog-remb")]
            ssrc = self.ssrcs.get(section.kind)
            if ssrc is not None:
                lines += [f"a=msid:s {section.kind}", f"a=ssrc:{ssrc} cname:benchmark"]
        return "\r\n".join(lines) + "\r\n"

    # The path

    def tick(self, now: float) -> None:
        """Check the path, and go on with what was lost of the handshake."""
        self.try_at = now + (CONSENT_S if self.connected else TRY_AGAIN_S)
        self._check()
        if self._open and not self.connected:
            if self._tls.DTLSv1_get_timeout() == 0:
                self._tls.DTLSv1_handle_timeout()
                self._flush()
            self._shake()

    def receive(self, datagram: bytes) -> bytes | None:
        """Take one in; an authentic RTP packet is given back sealed, as it came."""
        first = datagram[0]
        if first >= 128:
            if is_rtcp(datagram):
                return None
            self.came += 1
            return datagram
        if first < 4:
            self._stun(datagram)
        elif 20 <= first <= 63:
            self._tls.bio_write(datagram)
            self._shake()
        return None

    def close(self) -> None:
        self.socket.close()

    def _check(self) -> None:
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        message.attributes["USERNAME"] = f"{self._theirs[0]}:{self.ufrag}"
        message.attributes["PRIORITY"] = 2_130_706_431
        if self._controls:
            message.attributes["ICE-CONTROLLING"] = 7
            message.attributes["USE-CANDIDATE"] = None
        else:
            message.attributes["ICE-CONTROLLED"] = 7
        self._seal(message, self._theirs[1])

    def _stun(self, datagram: bytes) -> None:
        message = stun.parse_message(datagram)
        if message.message_class is stun.Class.REQUEST:
            reply = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, transaction_id=message.transaction_id)
            reply.attributes["XOR-MAPPED-ADDRESS"] = self._to
            self._seal(reply, self.pwd)
        elif message.message_class is stun.Class.RESPONSE and not self._open:
            self._open = True
            self._shake()

    def _seal(self, message: stun.Message, key: str) -> None:
        message.add_message_integrity(key.encode())
        self.send(bytes(message))

    def send(self, datagram: bytes) -> None:
        """As it is; what the system has no room for, or nobody takes yet, is lost."""
        with suppress(BlockingIOError, ConnectionRefusedError):
            self.socket.send(datagram)

    def _shake(self) -> None:
        try:
            if not self.connected:
                self._tls.do_handshake()
                self._keys()
            self._tls.recv(1_500)
        except SSL.Error:
            pass
        self._flush()

    def _flush(self) -> None:
        """One datagram a record."""
        try:
            data = self._tls.bio_read(65_536)
        except SSL.Error:
            return
        while data:
            size = 13 + int.from_bytes(data[11:13], "big")
            self.send(data[:size])
            data = data[size:]

    def _keys(self) -> None:
        gcm = self._tls.get_selected_srtp_profile() == b"SRTP_AEAD_AES_128_GCM"
        salt = 12 if gcm else 14
        profile = Policy.SRTP_PROFILE_AEAD_AES_128_GCM if gcm else Policy.SRTP_PROFILE_AES128_CM_SHA1_80
        m = self._tls.export_keying_material(b"EXTRACTOR-dtls_srtp", 32 + 2 * salt)
        client, server = m[:16] + m[32 : 32 + salt], m[16:32] + m[32 + salt :]
        self.outbound = Session(Policy(client, Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile))
        self.inbound = Session(Policy(server, Policy.SSRC_ANY_INBOUND, srtp_profile=profile))
        self.protection = "AES-GCM" if gcm else "AES-CM, SHA-1"
