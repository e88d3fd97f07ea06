"""DTLS: fragments, losses, versions, certificates, and SRTP's SSRCs. At the relay's own interface, in virtual time."""

from __future__ import annotations

import itertools
import random
import resource
import struct
import time
from collections.abc import Callable

import pytest
from OpenSSL import SSL

from signalling.relay import dtls, leg, srtp
from signalling.relay.port import LegId, Source
from tests.signalling.relay.peer import AUDIO, VIDEO, Net, Peer, keyframe, receiver_report, relay, rtp

HOME: Source = ("198.51.100.1", 5_000)


def _net(*peers: Peer) -> Net:
    net = Net(relay())
    for peer in peers:
        net.connect(peer)
    return net


def _ready(peer: Peer, **changes: str) -> Net:
    """Up to the proof of the address; the handshake is still to come."""
    net = Net(relay(), peer)
    peer.negotiate(net.relay, net.now, **changes)
    peer.check()
    net.run()
    return net


def _connected(net: Net, peer: Peer) -> bool:
    view = net.relay.view("lesson", peer.leg.who, net.now)
    return view is not None and view.connected


@pytest.mark.parametrize("order", ["as sent", "backwards", "each twice"])
@pytest.mark.parametrize("more", [300, 1_500, 4_000])
def test_a_fragmented_client_hello_is_put_together(more: int, order: str) -> None:
    """Firefox's and Chromium's, with their large key shares, come in two datagrams; here also in twenty."""
    net = _ready(teacher := Peer("teacher", HOME, mtu=300, hello=more))
    teacher.hello()
    assert len(teacher.sent) > more // 300
    if order == "backwards":
        teacher.sent.reverse()
    elif order == "each twice":
        teacher.sent = [each for each in teacher.sent for _ in range(2)]
    net.run()
    assert teacher.connected
    assert _connected(net, teacher)


def test_the_relay_s_own_datagrams_end_where_records_end_and_fit_every_network() -> None:
    net = _ready(teacher := Peer("teacher", HOME))
    teacher.hello()
    net.run()
    for datagram in teacher.dtls_in:
        assert len(datagram) <= dtls.DATAGRAM_BYTES
        at = 0
        while at < len(datagram):
            at += 13 + int.from_bytes(datagram[at + 11 : at + 13], "big")
        assert at == len(datagram)


def _lose(first: int, count: int) -> Callable[[bytes, bool], bool]:
    numbers = itertools.count(1)
    return lambda datagram, to_relay: first <= next(numbers) < first + count


def test_a_lossy_handshake_is_completed_whatever_is_lost() -> None:
    """Any one datagram, any two and any five together. Both ends' timers go by the machine's clock: all share them."""
    losses = [_lose(first, count) for count in (1, 2, 5) for first in range(1, 15)]
    nets = []
    for lose in losses:
        net = Net(relay(), teacher := Peer("teacher", HOME))
        teacher.negotiate(net.relay, net.now)
        net.lose = lose
        nets.append(net)
    begun = time.monotonic()
    slow = nets
    while slow and time.monotonic() < begun + 9:
        for net in slow:
            (teacher,) = net.peers
            net.now = 100 + time.monotonic() - begun
            teacher.check()
            net.run()
            if teacher.mapped and not teacher.flight:
                teacher.hello()
            teacher.timeout()
            net.run()
            net.relay.tick(net.now)
            net.run()
        slow = [net for net in slow if not (net.peers[0].connected and _connected(net, net.peers[0]))]
        time.sleep(0.06)
    assert [nets.index(net) for net in slow] == []


def test_openssl_s_own_timer_repeats_a_flight_on_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes by the machine's clock: here it is told that the second is over, and asked what it does."""
    net = _ready(teacher := Peer("teacher", HOME))
    net.lose = lambda datagram, to_relay: not to_relay and 20 <= datagram[0] < 64
    teacher.hello()
    net.run()
    due = net.relay.next_tick()
    assert due is not None
    assert net.now < due <= net.now + 1.0 + 2 * 0.05, "the relay wants to be called when that timer runs out"
    net.lose = lambda datagram, to_relay: False
    repeated = []
    monkeypatch.setattr(SSL.Connection, "DTLSv1_get_timeout", lambda connection: 0)
    monkeypatch.setattr(SSL.Connection, "DTLSv1_handle_timeout", lambda connection: repeated.append(connection))
    net.relay.tick(due)
    assert len(repeated) == 1


def test_a_repeated_hello_is_answered_so_often_and_no_more() -> None:
    net = _ready(teacher := Peer("teacher", HOME))
    teacher.hello()
    (hello,) = [each for each, _ in teacher.sent]
    teacher.sent = []
    flights = 0
    for _ in range(200):
        net.now += 0.01
        net.inject([hello], HOME)
        flights += len([each for each, _ in net.relay.outgoing() if each[0] == dtls.HANDSHAKE])
    assert flights == 1 + dtls.REPEATS_MAX


def test_dtls_is_pinned_to_1_2_a_browser_that_offers_1_3_gets_1_2() -> None:
    _net(teacher := Peer("teacher", HOME))
    assert teacher.ssl.get_protocol_version_name() == "DTLSv1.2"


def test_a_handshake_by_anybody_but_the_one_who_made_the_offer_is_refused() -> None:
    net = _ready(teacher := Peer("teacher", HOME), fingerprint=":".join(["AB"] * 32))
    teacher.hello()
    net.run()
    assert net.relay.view("lesson", "teacher", net.now) is None
    assert net.relay.size() == 0
    assert teacher.bye


def test_a_browser_without_srtp_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    net = _ready(teacher := Peer("teacher", HOME))
    monkeypatch.setattr(SSL.Connection, "get_selected_srtp_profile", lambda connection: b"")
    teacher.hello()
    net.run()
    assert net.relay.size() == 0


def test_both_ways_of_protecting_rtp_work() -> None:
    for profile in dtls.PROFILES:
        peer = Peer("teacher", HOME, profiles=profile.name)
        net = _net(peer)
        assert peer.ssl.get_selected_srtp_profile() == profile.name
        peer.send(rtp(AUDIO, 1))
        net.run()
        assert net.relay.view("lesson", "teacher", net.now).audio == 1  # type: ignore[union-attr]
        net.now += 1.1
        net.relay.tick(net.now)
        net.run()
        assert peer.rtcp, "and back"


@pytest.mark.parametrize("junk", [b"\x16" * 60, b"\x15\xfe\xfd" + bytes(12), b"\x17\xfe\xfd" + bytes(40), b"\x14" * 13])
def test_junk_within_a_handshake_and_after_does_not_end_it(junk: bytes) -> None:
    net = _ready(teacher := Peer("teacher", HOME))
    net.inject([junk], HOME)
    teacher.hello()
    net.inject([junk], HOME)
    net.run()
    net.inject([junk], HOME)
    net.run()
    teacher.send(rtp(AUDIO, 1))
    net.run()
    assert net.relay.view("lesson", "teacher", net.now).audio == 1  # type: ignore[union-attr]


def test_random_ssrcs_on_an_authenticated_leg_cost_nothing_that_stays() -> None:
    """libsrtp would keep a context for each, and search them all for every packet."""
    net = _net(teacher := Peer("teacher", HOME), observer := Peer("watch-1", ("198.51.100.2", 1), sides=("teacher",)))
    chance = random.Random(5)
    size = net.relay.size()
    sealed = [teacher.out.protect(rtp(chance.getrandbits(32), 1)) for _ in range(3_000)]  # type: ignore[union-attr]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(10):
        net.now += 0.1
        net.inject(sealed, HOME)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 2_000, f"{grown} kB"
    assert net.relay.size() == size
    assert net.relay.outgoing() == []
    teacher.send(keyframe(VIDEO, 1))
    net.run()
    assert len(observer.rtp) == 1
    view = net.relay.view("lesson", "teacher", net.now)
    assert view is not None
    assert (view.audio, view.video) == (0, 1)


def test_an_observer_sends_no_rtp() -> None:
    net = _net(Peer("teacher", HOME), observer := Peer("watch-1", ("198.51.100.2", 1), sides=("teacher",)))
    observer.send(rtp(AUDIO, 1))
    net.run()
    assert net.relay.view("lesson", "watch-1", net.now) is None
    assert net.relay.view("lesson", "teacher", net.now).audio == 0  # type: ignore[union-attr]


def test_reports_come_under_a_few_ssrcs_and_no_more() -> None:
    """Nobody announces those: the first few authentic ones are learnt, and libsrtp keeps no more than that."""
    net = _net(teacher := Peer("teacher", HOME))
    seat = net.relay._find("lesson", "teacher")
    assert seat is not None
    media = seat.leg.srtp
    assert media is not None
    for reporter in range(10_000, 10_000 + 5 * srtp.RTCP_SSRCS_MAX):
        net.now += 0.1
        teacher.send(receiver_report(reporter))
        net.run()
    assert len(media.reporters) == 2 + srtp.RTCP_SSRCS_MAX
    opened = media.open_rtcp(teacher.out.protect_rtcp(receiver_report(AUDIO)))  # type: ignore[union-attr]
    assert opened == receiver_report(AUDIO), "the announced ones are always read"


def test_unauthentic_reports_teach_nothing() -> None:
    net = _net(teacher := Peer("teacher", HOME))
    net.inject((receiver_report(number) + bytes(20) for number in range(1_000)), HOME)
    seat = net.relay._find("lesson", "teacher")
    assert seat is not None
    assert seat.leg.srtp is not None
    assert seat.leg.srtp.reporters == seat.leg.srtp.announced
    assert teacher.connected


def test_a_packet_that_comes_twice_is_counted_once() -> None:
    net = _net(teacher := Peer("teacher", HOME))
    sealed = teacher.out.protect(rtp(AUDIO, 1))  # type: ignore[union-attr]
    net.inject([sealed] * 5, HOME)
    assert net.relay.view("lesson", "teacher", net.now).audio == 1  # type: ignore[union-attr]


def test_what_is_sent_again_is_the_same_byte_for_byte() -> None:
    """Under one number a second text would give SRTP's key stream away."""
    net = _net(teacher := Peer("teacher", HOME), observer := Peer("watch-1", ("198.51.100.2", 1), sides=("teacher",)))
    seen: list[bytes] = []

    def lose(datagram: bytes, to_relay: bool) -> bool:
        if not to_relay and datagram[0] >= 128 and not 192 <= datagram[1] <= 223:
            seen.append(datagram)
        return False

    net.lose = lose
    teacher.send(keyframe(VIDEO, 1))
    net.run()
    ssrc, sequence = observer.rtp[0][8:12], observer.rtp[0][2:4]
    first = seen[-1]
    nack = struct.pack("!BBHL", 0x81, 205, 3, 1) + ssrc + sequence + b"\x00\x00"
    net.now += 1
    observer.send(nack)
    net.run()
    assert seen == [first, first]


def test_a_packet_that_is_too_long_to_seal_is_dropped_and_nothing_raises() -> None:
    net = _net(Peer("teacher", HOME))
    seat = net.relay._find("lesson", "teacher")
    assert seat is not None
    media = seat.leg.srtp
    assert media is not None
    longest = rtp(AUDIO, 1, body=bytes(srtp.PACKET_BYTES_MAX - 12))
    assert media.seal(longest) is not None
    assert media.seal(longest + b"x") is None
    assert media.open_rtp(struct.pack("!BBHLL", 0x80, 96, 1, 1, AUDIO) + bytes(srtp.SEALED_BYTES_MAX)) is None


def test_a_handshake_s_flood_is_bounded_as_media_is() -> None:
    net = _net(Peer("teacher", HOME))
    net.now += 1
    seat = net.relay._find("lesson", "teacher")
    assert seat is not None
    calls = 0
    real = seat.leg._dtls
    assert real is not None
    take = real.receive

    def counted(datagram: bytes) -> list[bytes]:
        nonlocal calls
        calls += 1
        return take(datagram)

    real.receive = counted  # type: ignore[method-assign]
    net.inject([b"\x16\xfe\xfd" + bytes(40)] * (3 * leg.PACKETS_A_WINDOW_MAX), HOME)
    assert calls == leg.PACKETS_A_WINDOW_MAX
    assert net.relay.view("lesson", "teacher", net.now).leg == LegId("lesson", "teacher", 1)  # type: ignore[union-attr]
