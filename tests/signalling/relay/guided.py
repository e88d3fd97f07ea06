"""Coverage-guided bytes for what the relay reads: STUN, RTP, RTCP, DTLS records, SDP, and the port as a whole.

    pip install atheris && python -m tests.signalling.relay.guided -runs=1000000 [any other libFuzzer option]

Atheris is no part of the locked packages: its wheels are for some systems alone. What it finds gets a test of its own
beside the part that it found it in; an input that raises is written to ``crash-*``.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from typing import Final

import atheris  # type: ignore[import-not-found,unused-ignore]

with atheris.instrument_imports(include=["signalling"]):
    from signalling.relay import dtls, offer, rtcp, rtp, stun
    from signalling.relay.port import Refused, Source
    from tests.signalling.relay.peer import CERTIFICATE, Net, Peer, relay
    from tests.signalling.relay.test_answer import OFFERS

TEACHER: Final[Source] = ("198.51.100.1", 5_000)
SDP: Final = sorted(OFFERS.values())
LENGTH_MAX: Final = 1_500
"""Of a datagram."""


def read_stun(data: bytes) -> None:
    """A message alone."""
    stun.read(data)


def read_rtp(data: bytes) -> None:
    """A packet, and whether it begins a keyframe."""
    came = rtp.parse(data)
    if came is not None:
        rtp.starts_keyframe(came.body)


def read_rtcp(data: bytes) -> None:
    """All that is in a compound."""
    for _ in rtcp.read(data):
        pass


def read_dtls(data: bytes) -> None:
    """A handshake that begins with this: `door` gives it what begins with 20 to 63."""
    data = bytes([20 + data[0] % 44 if data else 22]) + data[1:]
    shaking = dtls.Dtls(CERTIFICATE, "00:" * 31 + "00")
    shaking.receive(data)
    shaking.tick()
    shaking.close()


def read_sdp(data: bytes) -> None:
    """A real offer with a piece of it replaced, or anything at all."""
    text = data.decode("utf-8", "replace")
    if len(data) > 4:
        base = SDP[data[0] % len(SDP)]
        at = int.from_bytes(data[1:3], "big") % len(base)
        text = base[:at] + data[4:].decode("utf-8", "replace") + base[at + data[3] :]
    with contextlib.suppress(Refused):
        offer.parse_offer(text)


def at_the_port(data: bytes) -> None:
    """Datagrams, each with a length before it, at a leg that waits for its checks; it still opens afterwards."""
    net = Net(relay())
    teacher = Peer("teacher", TEACHER)
    net.peers.append(teacher)
    teacher.negotiate(net.relay, net.now)
    while len(data) > 1:
        size = data[0] + 1
        net.inject([data[1 : 1 + size]], TEACHER)
        data = data[1 + size :]
    assert net.relay.size() < 10


READERS: Final[tuple[Callable[[bytes], None], ...]] = (
    read_stun, read_rtp, read_rtcp, read_sdp, read_stun, read_rtp, read_rtcp, read_sdp, read_dtls, at_the_port,
)  # fmt: skip
"""By the first byte; the dear ones less often."""


def one_input(data: bytes) -> None:
    """What atheris calls: nothing of it may raise."""
    if data:
        READERS[data[0] % len(READERS)](data[1:])


def main() -> None:
    """The command above."""
    atheris.Setup([sys.argv[0], f"-max_len={LENGTH_MAX}", *sys.argv[1:]], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
