"""Whose a datagram is: the faults of addresses, designed out. All at the relay's own interface, in virtual time."""

from __future__ import annotations

import pytest
from aioice import stun

from signalling.relay import door, leg, paths
from signalling.relay.port import LegId, Source
from tests.signalling.relay.peer import AUDIO, RELAY, VIDEO, Net, Peer, keyframe, receiver_report, relay, rtp

HOME: Source = ("198.51.100.1", 5_000)
ELSEWHERE: Source = ("203.0.113.9", 6_000)


def _net(*peers: Peer) -> Net:
    net = Net(relay())
    for peer in peers:
        net.connect(peer)
    return net


def _kinds(datagrams: list[tuple[bytes, Source]]) -> list[str]:
    """What goes out, by first byte and STUN type."""
    names = {0x0001: "question", 0x0101: "success", 0x0111: "failure"}
    return [
        names[int.from_bytes(each[:2], "big")] if each[0] < 4 else "dtls" if each[0] < 64 else "srtp"
        for each, _ in datagrams
    ]


def _audio(net: Net, side: str = "teacher") -> int:
    view = net.relay.view("lesson", side, net.now)
    assert view is not None
    return view.audio


@pytest.mark.parametrize(
    "datagram", [b"", b"\x80", b"\x00", b"\x16", b"\xff", b"\x16\xfe", bytes(70_000), b"\x80" * 4_000]
)
def test_an_empty_datagram_or_a_huge_one_is_nothing(datagram: bytes) -> None:
    net = _net(teacher := Peer("teacher", HOME))
    size = net.relay.size()
    for source in (HOME, ELSEWHERE):
        net.relay.receive(datagram, source, net.now)
    assert net.relay.outgoing() == []
    assert net.relay.size() == size
    teacher.send(rtp(AUDIO, 1))
    net.run()
    assert _audio(net) == 1


def test_an_unsigned_check_is_not_answered_and_leaves_nothing() -> None:
    net = Net(relay(), teacher := Peer("teacher", HOME))
    teacher.negotiate(net.relay, net.now)
    size = net.relay.size()
    teacher.check(key="a wrong password")
    net.run()
    assert teacher.stun == []
    assert net.relay.size() == size


def test_a_check_for_the_other_end_of_another_negotiation_is_not_answered() -> None:
    """The right password, but a browser that made another offer."""
    net = Net(relay(), teacher := Peer("teacher", HOME))
    teacher.negotiate(net.relay, net.now)
    teacher.ufrag = "other"
    teacher.check()
    net.run()
    assert teacher.stun == []


def test_dtls_is_only_read_from_a_proven_address() -> None:
    """An address that was only claimed gets one small question for each datagram, never a flight of 700 bytes."""
    net = Net(relay(), teacher := Peer("teacher", HOME))
    teacher.negotiate(net.relay, net.now)
    teacher.answers_questions = False
    teacher.check()
    net.run()
    for _ in range(5):
        net.now += 0.06
        teacher.ssl.set_connect_state()
        teacher.hello()
        teacher.again()
        sent = sum(len(each) for each, _ in teacher.sent)
        count = len(teacher.sent)
        net.inject([each for each, _ in teacher.sent], HOME)
        teacher.sent = []
        out = net.relay.outgoing()
        assert set(_kinds(out)) <= {"question"}
        assert len(out) <= count
        assert sum(len(each) for each, _ in out) <= sent
    assert not net.relay.view("lesson", "teacher", net.now).connected  # type: ignore[union-attr]


def test_a_hello_that_overtakes_the_proof_of_its_address_is_held_and_not_lost() -> None:
    net = Net(relay(), teacher := Peer("teacher", HOME))
    teacher.negotiate(net.relay, net.now)
    teacher.answers_questions = False
    teacher.check()
    net.run()
    teacher.hello()
    net.run()
    teacher.sent.append((teacher.answer(teacher.stun[0]), HOME))
    net.run()
    assert teacher.connected


def test_our_question_goes_out_before_the_answer_so_that_it_is_answered_before_the_handshake() -> None:
    net = Net(relay(), teacher := Peer("teacher", HOME))
    teacher.negotiate(net.relay, net.now)
    teacher.check()
    net.inject([teacher.sent[0][0]], HOME)
    assert _kinds(net.relay.outgoing()) == ["question", "success"]


def test_an_authenticated_peer_with_a_spoofed_source_cannot_take_over_anothers_address() -> None:
    net = _net(victim := Peer("teacher", HOME), thief := Peer("p1", ELSEWHERE))
    for _ in range(20):
        net.now += 0.1
        thief.check(source=HOME)
        net.run()
    assert victim.foreign == 0, "nothing of it reaches the victim"
    victim.send(rtp(AUDIO, 1))
    net.run()
    assert _audio(net, "teacher") == 1
    assert _audio(net, "p1") == 0


def test_an_address_that_was_claimed_beforehand_goes_to_whom_it_proves_to_be() -> None:
    """A thief may invent an address that somebody is about to use: it does not keep them out."""
    net = _net(thief := Peer("p1", ELSEWHERE))
    teacher = Peer("teacher", HOME)
    net.peers.append(teacher)
    teacher.negotiate(net.relay, net.now)
    net.inject(_checks(thief, HOME), HOME)
    net.relay.outgoing()
    teacher.check()
    net.inject(_checks(thief, HOME), HOME)
    net.run()
    net.inject(_checks(thief, HOME), HOME)
    teacher.hello()
    net.run()
    assert teacher.connected
    teacher.send(rtp(AUDIO, 1))
    net.run()
    assert _audio(net) == 1


def _checks(peer: Peer, source: Source) -> list[bytes]:
    peer.check(source=source)
    return [peer.sent.pop()[0]]


def test_an_address_can_be_anothers_once_its_leg_has_ended() -> None:
    """A page that is loaded anew, or a home router that gives the port to the next."""
    net = _net(first := Peer("teacher", HOME))
    net.relay.close(first.leg, net.now)
    net.run()
    net.peers.remove(first)
    net.connect(Peer("p1", HOME))


def test_a_leg_goes_to_a_new_address_only_after_something_fresh_came_back_from_there() -> None:
    net = _net(teacher := Peer("teacher", HOME))
    teacher.answers_questions = False
    net.at[ELSEWHERE] = teacher
    for _ in range(3):
        net.now += 0.1
        teacher.check(source=ELSEWHERE)
        net.run()
        assert _goes_to(net, teacher) == HOME, "naming it proves no way back"
    teacher.send(receiver_report(AUDIO), ELSEWHERE)
    net.run()
    assert _goes_to(net, teacher) == HOME, "nor does media: whoever invents an address can send that too"
    teacher.sent.append((teacher.answer(teacher.stun[-2]), ELSEWHERE))
    net.run()
    assert _goes_to(net, teacher) == ELSEWHERE


def test_an_answer_from_another_address_or_that_came_before_or_too_late_proves_nothing() -> None:
    net = _net(teacher := Peer("teacher", HOME))
    teacher.answers_questions = False
    net.at[ELSEWHERE] = teacher
    old = next(each for each in teacher.stun if each.message_class is stun.Class.REQUEST)
    teacher.check(source=ELSEWHERE)
    net.run()
    question = next(each for each in reversed(teacher.stun) if each.message_class is stun.Class.REQUEST)
    assert question.transaction_id != old.transaction_id
    teacher.sent.append((teacher.answer(question), HOME))
    teacher.sent.append((teacher.answer(old), ELSEWHERE))
    forged = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, transaction_id=question.transaction_id)
    forged.attributes["XOR-MAPPED-ADDRESS"] = RELAY
    forged.add_message_integrity(b"not the browser's password")
    teacher.sent.append((bytes(forged), ELSEWHERE))
    net.run()
    assert _goes_to(net, teacher) == HOME
    net.now += paths.QUESTION_S
    teacher.sent.append((teacher.answer(question), ELSEWHERE))
    net.run()
    assert _goes_to(net, teacher) == HOME


def test_a_change_of_network_is_followed_and_back() -> None:
    net = _net(teacher := Peer("teacher", HOME), observer := Peer("watch-1", ("198.51.100.2", 1), sides=("teacher",)))
    net.at[ELSEWHERE] = observer
    teacher.send(keyframe(VIDEO, 1))
    net.run()
    for step, (source, nominated) in enumerate([(ELSEWHERE, True), (observer.source, True), (ELSEWHERE, False)]):
        net.now += 1
        observer.check(source=source, nominated=nominated)
        net.run()
        expected = source if nominated else observer.source
        teacher.send(rtp(VIDEO, 2 + step, payload_type=97))
        net._up()
        assert [to for each, to in net.relay.outgoing() if each[0] >= 128 and to != HOME] == [expected]


def _goes_to(net: Net, peer: Peer) -> Source:
    """Where the relay sends this leg's media: its reports tell."""
    peer.send(rtp(AUDIO, _goes_to.sequence))  # type: ignore[attr-defined]
    _goes_to.sequence += 1  # type: ignore[attr-defined]
    net._up()
    net.now += 1.1
    net.relay.tick(net.now)
    found = {to for each, to in net.relay.outgoing() if each[0] >= 128}
    assert len(found) == 1
    return found.pop()


_goes_to.sequence = 1  # type: ignore[attr-defined]


def test_a_leg_keeps_eight_addresses_at_most_and_never_loses_the_one_in_use() -> None:
    net = _net(teacher := Peer("teacher", HOME))
    size = net.relay.size()
    for port in range(1_000):
        net.now += 0.1
        teacher.check(source=("203.0.113.9", 1_000 + port), nominated=False)
        net.run()
    assert net.relay.size() <= size + 3 * paths.PATHS_MAX
    assert _goes_to(net, teacher) == HOME
    net.relay.close(teacher.leg, net.now)
    assert net.relay.size() == 0


def test_an_address_unheard_for_long_is_given_up() -> None:
    net = _net(teacher := Peer("teacher", HOME))
    size = net.relay.size()
    net.at[ELSEWHERE] = teacher
    teacher.check(source=ELSEWHERE, nominated=False)
    net.run()
    assert net.relay.size() > size

    def alive() -> None:
        teacher.check()
        teacher.send(rtp(AUDIO, int(net.now)))

    net.wait(2.2 * paths.PATH_S, each=alive)
    assert net.relay.size() == size + 1, "the lesson's own tick is due, nothing else is new"


def test_IPv6_a_leg_over_it_is_as_any_other() -> None:
    net = _net(
        Peer("teacher", ("2001:db8::1", 5_000, 0, 0)),
        observer := Peer("watch-1", ("::ffff:192.0.2.9", 7, 0, 0), sides=("teacher",)),
    )
    net.peers[0].send(keyframe(VIDEO, 1))
    net.run()
    assert len(observer.rtp) == 1
    assert net.peers[0].mapped == [("2001:db8::1", 5_000)]
    assert observer.mapped == [("192.0.2.9", 7)], "as the browser itself knows it"


def test_a_browser_that_takes_the_controlled_part_is_told_so_and_claims_nothing() -> None:
    net = Net(relay(), teacher := Peer("teacher", HOME))
    teacher.negotiate(net.relay, net.now)
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{teacher.theirs[0]}:{teacher.ufrag}"
    message.attributes["ICE-CONTROLLED"] = 7
    message.add_message_integrity(teacher.theirs[1].encode())
    size = net.relay.size()
    teacher.sent.append((bytes(message), HOME))
    net.run()
    assert [each.error_code for each in teacher.stun] == [487]
    assert net.relay.size() == size


def test_checks_beyond_a_window_s_bound_are_not_answered() -> None:
    net = _net(teacher := Peer("teacher", HOME))
    teacher.stun.clear()
    net.now += 1
    for _ in range(10 * leg.CHECKS_A_WINDOW_MAX):
        teacher.check()
    net.run()
    assert len(teacher.stun) == leg.CHECKS_A_WINDOW_MAX
    net.now += leg.PACKET_WINDOW_S
    teacher.check()
    net.run()
    assert len(teacher.stun) == leg.CHECKS_A_WINDOW_MAX + 1


def test_a_flood_of_authentic_packets_is_dropped_beyond_the_bound_and_the_next_window_is_as_before() -> None:
    net = _net(teacher := Peer("teacher", HOME), other := Peer("p1", ELSEWHERE))
    net.now += 1
    for sequence in range(3 * leg.PACKETS_A_WINDOW_MAX):
        teacher.send(rtp(AUDIO, sequence))
    other.send(rtp(AUDIO, 1))
    net.run()
    assert _audio(net) == leg.PACKETS_A_WINDOW_MAX
    assert _audio(net, "p1") == 1, "somebody else's packet is not held up"
    net.now += leg.PACKET_WINDOW_S
    teacher.send(rtp(AUDIO, 5_000))
    net.run()
    assert _audio(net) == leg.PACKETS_A_WINDOW_MAX + 1


def test_junk_from_an_invented_source_does_not_use_up_the_packets_of_the_one_who_has_it() -> None:
    net = _net(teacher := Peer("teacher", HOME))
    net.now += 1
    net.inject((rtp(AUDIO, sequence) for sequence in range(3 * leg.PACKETS_A_WINDOW_MAX)), HOME)
    teacher.send(rtp(AUDIO, 1))
    net.run()
    assert _audio(net) == 1


def test_bytes_queued_for_a_leg_and_for_all_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell that does not send for a while loses packets, and the relay holds no more than the bound."""
    monkeypatch.setattr(door, "LEG_QUEUED_BYTES_MAX", 20_000)
    monkeypatch.setattr(door, "QUEUED_BYTES_MAX", 1_000_000)
    watchers = [Peer(f"watch-{n}", ("198.51.100.2", 1 + n), sides=("teacher",)) for n in range(4)]
    net = _net(teacher := Peer("teacher", HOME), *watchers)
    for round_, (leg_bytes, all_bytes) in enumerate([(20_000, 80_000), (12_500, 50_000)]):
        net.now += 1
        for sequence in range(300):
            teacher.send(rtp(AUDIO, 1_000 * round_ + sequence, body=b"x" * 200))
        net._up()
        out = net.relay.outgoing()
        for watcher in watchers:
            assert 0.9 * leg_bytes < sum(len(each) for each, to in out if to == watcher.source) <= 1.05 * leg_bytes
        assert sum(len(each) for each, _ in out) <= 1.05 * all_bytes
        monkeypatch.setattr(door, "QUEUED_BYTES_MAX", 50_000)


def test_closing_a_leg_costs_the_same_however_many_there_are() -> None:
    """It takes out its own entries; the maps of the others are not rebuilt: the very same objects remain."""
    net = Net(relay())
    for number in range(8):
        net.connect(Peer(f"p{number}", ("198.51.100.3", 1 + number)))
    maps = {name: value for name, value in vars(net.relay._door).items() if isinstance(value, dict)}
    before = {name: dict(value) for name, value in maps.items()}
    net.relay.close(LegId("lesson", "p3", 1), net.now)
    gone = net.peers[3]
    for name, value in maps.items():
        assert getattr(net.relay._door, name) is value
        left = {key: owner for key, owner in before[name].items() if getattr(owner, "id", gone.leg) != gone.leg}
        assert {key: owner for key, owner in value.items() if hasattr(owner, "id")} == left
