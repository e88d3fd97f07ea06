"""The relay's end of a DTLS-SRTP handshake (RFC 5764), over memory: datagrams in, datagrams out. Version 1.2 only.

Theory of operation
===================
The relay is always the server (``a=setup:passive``). OpenSSL holds the state; this file feeds it, cuts what it writes
into datagrams at record boundaries (its memory BIO knows none), and takes out the SRTP keys.

A lost flight is mended in three ways: the browser repeats its own, whereupon OpenSSL repeats our last; a repeated
ClientHello, which OpenSSL would let pass in silence, is answered with the same flight again; and OpenSSL's own timer
(1 s, doubling) is looked at whenever the leg is. That timer reads the machine's clock: it is the one thing in the
relay that does not go by ``now``, and nothing but a repetition depends on it.

No cookie is exchanged (HelloVerifyRequest): a datagram only gets here from an address that has proven itself
(`paths`), which is what a cookie would prove.
"""

from __future__ import annotations

import datetime
from typing import Final, Literal, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL
from pylibsrtp import Policy

DTLS_1_2: Final = 0xFEFD
"""As RFC 6347 writes it; pyOpenSSL has no name for it. 1.3 when it has been tried with every browser."""
DATAGRAM_BYTES: Final = 1_200
"""Every network carries so much in one piece (1,280 less IPv6 and UDP), and TURN in it."""
FLIGHT_BYTES_MAX: Final = 16_384
"""Of one flight of ours: 800 bytes with our certificate; what an alert storm could pile up is cut off here."""
REPEATS_MAX: Final = 16
"""Of our first flight, for repeated ClientHellos: a browser's own, 50 ms doubling, come to 8 in 10 s."""
RECORDS_MAX: Final = 32
"""Read from one datagram: more than 100 would fit, the longest flight that browsers send has 8."""
HANDSHAKE, CLIENT_HELLO = 22, 1
_RECORD_HEADER: Final = 13
_CIPHERS: Final = b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305"
"""Forward secret and authenticated; every browser since 2016 has the first."""


Closed = Literal["", "bye", "dtls_failed", "wrong_certificate", "no_srtp"]
"""Why a handshake or its association has ended; "" while it has not. ``bye``: the browser's close_notify."""


class Profile(NamedTuple):
    """A way of protecting RTP (RFC 5764 section 4.1.2, RFC 7714)."""

    name: bytes
    policy: int
    key_bytes: int
    salt_bytes: int


PROFILES: Final = (
    Profile(b"SRTP_AEAD_AES_128_GCM", Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 16, 12),
    Profile(b"SRTP_AES128_CM_SHA1_80", Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 16, 14),
)
"""The preferred first: GCM costs two thirds of the other with AES in the processor."""


class Keys(NamedTuple):
    """What both ends of a completed handshake share, and nobody else."""

    profile: Profile
    inbound: bytes
    """Master key and salt of what the browser sends."""
    outbound: bytes


class Certificate:
    """The relay's identity towards browsers: a key of its own, which the answer's fingerprint names."""

    def __init__(self, now: datetime.datetime) -> None:
        """Make a key, and a certificate that nobody has to trust: the fingerprint travels over HTTPS.

        Args:
            now: Real time with its zone. Browsers do not look at the dates; the certificate has to bear some.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "lesson room relay")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=3_650))
            .sign(key, hashes.SHA256())
        )
        self.fingerprint = _fingerprint(certificate)
        """SHA-256, as SDP writes it: ``AB:CD:…``."""
        self.context = SSL.Context(SSL.DTLS_METHOD)
        self.context.set_min_proto_version(DTLS_1_2)
        self.context.set_max_proto_version(DTLS_1_2)
        # The path MTU cannot be asked of memory: OpenSSL would fall back to records of 256 bytes.
        self.context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_QUERY_MTU | SSL.OP_NO_RENEGOTIATION)
        self.context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        # Anybody's certificate, but there has to be one: whose it is, the fingerprint in the offer decides afterwards.
        self.context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        self.context.use_certificate(certificate)
        self.context.use_privatekey(key)
        self.context.set_cipher_list(_CIPHERS)
        self.context.set_tlsext_use_srtp(b":".join(profile.name for profile in PROFILES))


class Dtls:
    """One handshake, and the alerts after it."""

    def __init__(self, certificate: Certificate, fingerprint: str) -> None:
        """Wait for a browser's ClientHello.

        Args:
            certificate: The relay's own.
            fingerprint: SHA-256 of the browser's certificate, from its offer, as ``AB:CD:…`` in capitals.
        """
        self.keys: Keys | None = None
        """Once the handshake is done, and was done by whoever made the offer."""
        self.closed: Closed = ""
        self._fingerprint = fingerprint
        self._connection: SSL.Connection | None = SSL.Connection(certificate.context, None)
        self._connection.set_accept_state()
        self._connection.set_ciphertext_mtu(DATAGRAM_BYTES)
        self._flight: list[bytes] = []
        self._repeats = 0

    def receive(self, datagram: bytes) -> list[bytes]:
        """Take one datagram that is not empty; what is to be sent back. Never raises."""
        connection = self._connection
        if connection is None:
            return []
        was_done = self.keys is not None
        connection.bio_write(datagram)
        try:
            self._alerts(connection) if was_done else self._shake(connection)
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self.closed = "bye"
        except SSL.Error:
            self.closed = self.closed or "dtls_failed"
        out = _datagrams(connection)
        if self.closed:
            self._connection = None
        elif not was_done and self.keys is None:
            if out:
                self._flight = out
            elif self._repeats < REPEATS_MAX and _is_client_hello(datagram):
                self._repeats += 1
                return self._flight
        else:
            self._flight = []
        return out

    def wait_s(self) -> float | None:
        """In how many seconds OpenSSL would repeat its flight; None when it waits for nothing."""
        if self._connection is None or self.keys is not None:
            return None
        return self._connection.DTLSv1_get_timeout()

    def tick(self) -> list[bytes]:
        """Repeat the last flight, if OpenSSL finds it is time. Never raises."""
        wait = self.wait_s()
        if self._connection is None or wait is None or wait > 0:
            return []
        try:
            self._connection.DTLSv1_handle_timeout()
        except SSL.Error:
            self.closed, self._connection = "dtls_failed", None
            return []
        return _datagrams(self._connection)

    def close(self) -> list[bytes]:
        """End it; where there is something to end, the datagrams with the close_notify alert."""
        connection, self._connection = self._connection, None
        self.closed = self.closed or "bye"
        if connection is None or self.keys is None:
            return []
        try:
            connection.shutdown()
        except SSL.Error:
            return []
        return _datagrams(connection)

    def _shake(self, connection: SSL.Connection) -> None:
        connection.do_handshake()
        certificate = connection.get_peer_certificate(as_cryptography=True)
        if certificate is None or _fingerprint(certificate) != self._fingerprint:
            self.closed = "wrong_certificate"
            connection.shutdown()
            return
        selected = connection.get_selected_srtp_profile()
        profile = next((each for each in PROFILES if each.name == selected), None)
        if profile is None:
            self.closed = "no_srtp"
            connection.shutdown()
            return
        self.keys = _keys(connection, profile)

    def _alerts(self, connection: SSL.Connection) -> None:
        """Read on until there is no more: alerts, and a repeated last flight of the browser's, are handled in there."""
        for _ in range(RECORDS_MAX):
            connection.recv(DATAGRAM_BYTES)


def _keys(connection: SSL.Connection, profile: Profile) -> Keys:
    """Client's key, server's key, client's salt, server's salt (RFC 5764 section 4.2); the browser is the client."""
    key, salt = profile.key_bytes, profile.salt_bytes
    material = connection.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * (key + salt))
    salts = material[2 * key :]
    return Keys(profile, material[:key] + salts[:salt], material[key : 2 * key] + salts[salt:])


def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def _is_client_hello(datagram: bytes) -> bool:
    return datagram[0] == HANDSHAKE and datagram[_RECORD_HEADER : _RECORD_HEADER + 1] == bytes([CLIENT_HELLO])


def _datagrams(connection: SSL.Connection) -> list[bytes]:
    """What OpenSSL has written, in datagrams of whole records: one cut in the middle is lost to the browser."""
    try:
        written = connection.bio_read(FLIGHT_BYTES_MAX)
    except SSL.Error:
        return []
    out: list[bytes] = []
    begin = at = 0
    while at + _RECORD_HEADER <= len(written):
        end = at + _RECORD_HEADER + int.from_bytes(written[at + 11 : at + _RECORD_HEADER], "big")
        if end - begin > DATAGRAM_BYTES and at > begin:
            out.append(written[begin:at])
            begin = at
        at = end
    if at > begin:
        out.append(written[begin:at])
    return out
