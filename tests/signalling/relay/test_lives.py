"""How legs come and go: joined to a router, replaced, bounded, and gone without a trace after every kind of death."""

from __future__ import annotations

import pytest

from signalling.relay import leg
from signalling.relay import relay as relay_module
from signalling.relay.port import LegId, Refused, Source
from signalling.relay.router import OBSERVERS_MAX, PUBLISHERS_MAX
from tests.signalling.relay.peer import AUDIO, CERTIFICATE, VIDEO, Net, Peer, entropy, keyframe, relay, rtp

HOME: Source = ("198.51.100.1", 5_000)


def _net(*peers: Peer) -> Net:
    net = Net(relay())
    for peer in peers:
        net.connect(peer)
    return net


def _watch(number: int = 1, *sides: str) -> Peer:
    return Peer(f"watch-{number}", ("198.51.100.2", number), sides=sides or ("teacher",))


def test_rtp_goes_from_a_publisher_to_its_observers_and_to_nobody_else() -> None:
    both, one = _watch(1, "teacher", "p1"), _watch(2, "p1")
    net = _net(Peer("teacher", HOME), Peer("p1", ("198.51.100.1", 2)), both, one)
    elsewhere = net.connect(Peer("watch-9", ("198.51.100.9", 9), sides=("teacher",)), leg=LegId("other", "watch-9", 1))
    net.peers[0].send(keyframe(VIDEO, 1))
    net.peers[0].send(rtp(AUDIO, 1))
    net.run()
    assert [len(each.rtp) for each in (both, one, elsewhere)] == [2, 0, 0]
    net.peers[1].send(keyframe(VIDEO, 1))
    net.run()
    assert [len(each.rtp) for each in (both, one, elsewhere)] == [3, 1, 0]
    assert all(each.rtp == [] for each in net.peers[:2])


def test_the_answer_names_each_side_as_a_stream_and_every_address() -> None:
    both = _watch(1, "teacher", "p1")
    one = relay_module.Relay(
        certificate=CERTIFICATE, addresses=[("192.0.2.1", 7), ("2001:db8::1", 7)], entropy=entropy("x")
    )
    text = both.negotiate(one, 0.0)
    assert [line.split()[0] for line in text.split("\r\n") if line.startswith("a=msid:")] == (
        ["a=msid:teacher"] * 2 + ["a=msid:p1"] * 2
    )
    assert "192.0.2.1 7 typ host" in text
    assert "2001:db8::1 7 typ host" in text
    with pytest.raises(ValueError, match="address"):
        relay_module.Relay(certificate=CERTIFICATE, addresses=[], entropy=entropy("x"))


def test_a_newcomer_is_primed_once_its_handshake_is_done() -> None:
    net = _net(teacher := Peer("teacher", HOME))
    for sequence in range(1, 6):
        net.now += 0.07
        teacher.send(keyframe(VIDEO, 1) if sequence == 1 else rtp(VIDEO, sequence, payload_type=97))
        net.run()
    newcomer = net.connect(_watch())
    assert len(newcomer.rtp) == 5


def test_sides_that_hear_each_other_through_the_relay_are_not_kept_waiting_for_observers_pace() -> None:
    net = _net(Peer("teacher", HOME), Peer("p1", ("198.51.100.1", 2)), _watch(1, "teacher", "p1"))
    assert not net.relay.prompt
    from_the_teacher = net.connect(_watch(2, "teacher"))
    assert net.relay.prompt
    net.relay.close(from_the_teacher.leg, net.now)
    assert not net.relay.prompt


def test_the_view_is_the_server_s_own_count() -> None:
    net = Net(relay(), teacher := Peer("teacher", HOME))
    assert net.relay.view("lesson", "teacher", net.now) is None
    teacher.negotiate(net.relay, net.now)
    assert net.relay.view("lesson", "teacher", net.now) == (teacher.leg, False, 0, 0, None, None)
    net.connect(teacher)
    teacher.send(rtp(AUDIO, 1))
    net.run()
    net.now += 0.5
    teacher.send(keyframe(VIDEO, 1))
    net.run()
    net.inject([rtp(AUDIO, 9)], HOME)
    assert net.relay.view("lesson", "teacher", net.now) == (teacher.leg, True, 1, 1, 0.0, None)


def test_the_view_says_how_long_a_leg_and_how_long_the_others_have_been_silent() -> None:
    net = _net(teacher := Peer("teacher", HOME), pupil := Peer("sam", ("198.51.100.2", 5_000)))
    assert net.relay.quiet_s(net.now) is None
    teacher.send(rtp(AUDIO, 1))
    net.run()
    net.now += 1
    pupil.send(rtp(AUDIO, 1))
    net.run()
    net.now += 2
    teacher.send(rtp(AUDIO, 2))
    teacher.send(rtp(AUDIO, 3))
    net.run()
    net.now += 4
    quiet = {}
    for side in ("teacher", "sam"):
        view = net.relay.view("lesson", side, net.now)
        assert view is not None
        quiet[side] = (round(view.quiet_s or -1, 6), round(view.others_quiet_s or -1, 6))
    assert quiet == {"teacher": (4, 6), "sam": (6, 4)}
    net.relay.close(teacher.leg, net.now)
    assert net.relay.view("lesson", "teacher", net.now) is None
    assert round(net.relay.quiet_s(net.now) or -1, 6) == 4


def test_a_newer_epoch_replaces_the_older_leg_and_observers_go_on() -> None:
    net = _net(Peer("teacher", HOME), observer := _watch())
    size = net.relay.size()
    old = net.peers[0]
    reloaded = Peer("teacher", ("198.51.100.1", 6_000))
    net.connect(reloaded, leg=LegId("lesson", "teacher", 2))
    assert old.bye
    assert net.relay.size() == size
    old.send(rtp(AUDIO, 1))
    reloaded.send(keyframe(VIDEO, 7))
    net.run()
    assert len(observer.rtp) == 1
    view = net.relay.view("lesson", "teacher", net.now)
    assert view is not None
    assert (view.leg.epoch, view.audio) == (2, 0)


def test_a_second_leg_of_the_same_epoch_replaces_the_first_and_an_older_epoch_is_refused() -> None:
    net = _net(Peer("teacher", HOME))
    again = Peer("teacher", ("198.51.100.1", 7))
    again.ufrag += "x"
    net.connect(again)
    with pytest.raises(Refused) as refused:
        Peer("teacher", ("198.51.100.1", 8)).negotiate(net.relay, net.now, leg=LegId("lesson", "teacher", 0))
    assert refused.value.code == "stale_epoch"
    assert net.relay.view("lesson", "teacher", net.now).connected  # type: ignore[union-attr]


def test_a_late_close_of_an_older_leg_does_not_touch_the_newer() -> None:
    net = _net(Peer("teacher", HOME))
    net.connect(Peer("teacher", ("198.51.100.1", 7)), leg=LegId("lesson", "teacher", 2))
    net.relay.close(LegId("lesson", "teacher", 1), net.now)
    assert net.relay.view("lesson", "teacher", net.now).leg.epoch == 2  # type: ignore[union-attr]


def test_an_offer_that_is_refused_changes_nothing() -> None:
    net = _net(teacher := Peer("teacher", HOME))
    size = net.relay.size()
    for text in ("", "v=0\r\n", "x" * 100_000):
        with pytest.raises(Refused):
            net.relay.publish(LegId("lesson", "teacher", 2), text, net.now)
        with pytest.raises(Refused):
            net.relay.watch(LegId("lesson", "watch-1", 1), ("teacher",), text, net.now)
    assert net.relay.size() == size
    teacher.send(rtp(AUDIO, 1))
    net.run()
    assert net.relay.view("lesson", "teacher", net.now).audio == 1  # type: ignore[union-attr]


def test_legs_a_lesson_and_in_all_are_bounded_and_a_person_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    net = Net(relay())

    def code(peer: Peer, lesson: str = "lesson") -> str:
        try:
            peer.negotiate(net.relay, net.now, leg=LegId(lesson, peer.leg.who, 1))
        except Refused as refused:
            return refused.code
        return ""

    assert [code(Peer(f"p{n}", HOME)) for n in range(PUBLISHERS_MAX + 1)] == [""] * PUBLISHERS_MAX + ["lesson_full"]
    assert [code(_watch(n)) for n in range(OBSERVERS_MAX + 1)] == [""] * OBSERVERS_MAX + ["lesson_full"]
    size = net.relay.size()
    assert [code(Peer("p1", HOME)) for _ in range(50)] == [""] * 50
    assert net.relay.size() == size, "a person has one leg, however often they ask"
    monkeypatch.setattr(relay_module, "LEGS_MAX", PUBLISHERS_MAX + OBSERVERS_MAX + 1)
    assert [code(Peer("p1", HOME), "other"), code(Peer("p1", HOME), "a third")] == ["", "relay_full"]


def _nothing_is_left(net: Net) -> None:
    net.run()
    assert net.relay.size() == 0
    assert net.relay.next_tick() is None
    assert net.relay.view("lesson", "teacher", net.now) is None
    net.inject([b"\x80" * 100, b"\x16" * 100], HOME)
    assert net.relay.outgoing() == []


def test_death_by_never_connecting() -> None:
    net = Net(relay(), teacher := Peer("teacher", HOME))
    teacher.negotiate(net.relay, net.now)
    teacher.check()
    net.run()
    teacher.hello()
    net.relay.receive(teacher.sent.pop()[0], HOME, net.now)
    net.relay.outgoing()
    net.wait(leg.CONNECT_S - 0.1)
    assert net.relay.view("lesson", "teacher", net.now) is not None
    net.wait(0.2)
    _nothing_is_left(net)


def test_death_by_silence_of_ice_though_media_comes() -> None:
    """RFC 7675: without consent nothing may be sent on."""
    net = _net(teacher := Peer("teacher", HOME))
    sent = iter(range(1, 1_000))
    net.wait(leg.CONSENT_S - 0.1, each=lambda: teacher.send(rtp(AUDIO, next(sent))))
    assert net.relay.view("lesson", "teacher", net.now) is not None
    net.wait(0.2)
    assert teacher.bye
    _nothing_is_left(net)


def test_death_by_no_media_though_ice_lives() -> None:
    net = _net(teacher := Peer("teacher", HOME))
    net.wait(leg.MEDIA_S - 0.1, each=teacher.check)
    assert net.relay.view("lesson", "teacher", net.now) is not None
    net.wait(0.2)
    assert teacher.bye
    _nothing_is_left(net)


def test_an_observer_may_be_silent_as_long_as_ice_lives() -> None:
    """Before anybody publishes it has nothing to report."""
    net = _net(observer := _watch())
    net.wait(4 * leg.MEDIA_S, each=observer.check)
    assert not observer.bye
    net.relay.close(observer.leg, net.now)
    _nothing_is_left(net)


def test_death_by_close_notify() -> None:
    net = _net(teacher := Peer("teacher", HOME), observer := _watch())
    teacher.close()
    observer.close()
    net.run()
    _nothing_is_left(net)


def test_death_by_a_fatal_alert() -> None:
    net = Net(relay(), teacher := Peer("teacher", HOME))
    teacher.negotiate(net.relay, net.now)
    teacher.check()
    net.run()
    teacher.hello()
    net._up()
    net.relay.outgoing()
    net.inject([b"\x15\xfe\xfd\x00\x00" + (9).to_bytes(6, "big") + b"\x00\x02\x02\x28"], HOME)
    net.run()
    _nothing_is_left(net)


def test_death_by_replacement() -> None:
    net = _net(Peer("teacher", HOME))
    newer = net.connect(Peer("teacher", ("198.51.100.1", 7)), leg=LegId("lesson", "teacher", 2))
    net.relay.close(newer.leg, net.now)
    _nothing_is_left(net)


def test_death_by_the_lesson_s_end_all_legs_are_dropped_and_told() -> None:
    net = _net(Peer("teacher", HOME), Peer("p1", ("198.51.100.1", 2)), _watch())
    other = net.connect(Peer("p9", ("198.51.100.9", 9)), leg=LegId("other", "p9", 1))
    for peer in net.peers[:2]:
        peer.send(keyframe(VIDEO, 1))
    net.run()
    net.relay.close_lesson("lesson", net.now)
    net.relay.close_lesson("lesson", net.now)
    net.run()
    assert [peer.bye for peer in net.peers] == [True, True, True, False]
    net.relay.close(other.leg, net.now)
    _nothing_is_left(net)


def test_sixty_lessons_leave_nothing() -> None:
    """Every way of ending, over and over: entries of everything are back at nought."""
    net = Net(relay())
    for number in range(60):
        lesson = f"lesson {number}"
        teacher = net.connect(Peer("teacher", ("198.51.100.1", 1 + number)), leg=LegId(lesson, "teacher", 1))
        observer = Peer("watch", ("198.51.100.2", 1 + number), sides=("teacher",))
        net.connect(observer, leg=LegId(lesson, "watch", 1))
        teacher.send(keyframe(VIDEO, 1))
        net.run()
        if number % 3 == 0:
            net.relay.close_lesson(lesson, net.now)
        elif number % 3 == 1:
            teacher.close()
            observer.close()
        net.run()
        net.peers.clear()
    net.wait(leg.CONSENT_S + 1)
    assert net.relay.size() == 0
    assert net.relay.next_tick() is None
