"""Who may relay what to whom, in which generation."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signalling.negotiation import CANDIDATES_MAX, DESCRIPTIONS_MAX, RESTARTS_MAX, Negotiation
from signalling.topology import Pair, may_talk, pairs

SDP = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
HOST = "candidate:1 1 udp 2122260223 192.0.2.1 54321 typ host"


def both() -> tuple[Negotiation, int]:
    negotiation = Negotiation()
    negotiation.arrive("teacher", "t", 1)
    negotiation.arrive("sam", "s", 1)
    return negotiation, negotiation.peers("sam")[0].generation


def test_P2_the_teacher_talks_with_each_pupil_and_pupils_never_with_one_another() -> None:
    assert pairs(["sam", "teacher", "kim"]) == (Pair("teacher", "kim"), Pair("teacher", "sam"))
    assert pairs(["sam", "kim"]) == ()
    assert not may_talk("sam", "kim")
    assert not may_talk("teacher", "teacher")


def test_P2_a_pupils_signal_to_another_pupil_is_dropped() -> None:
    negotiation, _ = both()
    negotiation.arrive("kim", "k", 1)
    for generation in range(10):
        assert negotiation.accept("sam", "kim", generation, 1) == "not_a_pair"
        assert negotiation.describe("sam", "sam", generation, 1, "offer", SDP) == "not_a_pair"
    assert [peer.side for peer in negotiation.peers("sam")] == ["teacher"]


def test_the_pupil_is_polite_and_both_are_told_the_same_generation() -> None:
    negotiation, generation = both()
    [of_teacher] = negotiation.peers("teacher")
    [of_sam] = negotiation.peers("sam")
    assert (of_teacher.polite, of_sam.polite) == (False, True)
    assert of_teacher.generation == of_sam.generation == generation


def test_an_offer_and_its_candidates_are_relayed_in_their_generation_only() -> None:
    negotiation, generation = both()
    assert negotiation.describe("sam", "teacher", generation, 1, "offer", SDP) == ""
    assert negotiation.trickle("teacher", "sam", generation, 1, HOST) == ""
    assert negotiation.trickle("teacher", "sam", generation - 1, 1, HOST) == "old_generation"
    assert negotiation.trickle("teacher", "sam", generation + 1, 1, HOST) == "old_generation"


def test_nothing_goes_to_or_from_a_side_that_is_away() -> None:
    negotiation, generation = both()
    assert negotiation.leave("sam", 1)
    assert negotiation.accept("teacher", "sam", generation, 1) == "peer_gone"
    assert negotiation.accept("sam", "teacher", generation, 1) == "stale_epoch"
    assert negotiation.peers("teacher") == ()


def test_a_reload_a_takeover_and_a_resume_each_begin_a_new_generation() -> None:
    negotiation, generation = both()
    for device, epoch in (("s", 1), ("s", 2), ("phone", 3)):
        assert negotiation.arrive("sam", device, epoch)
        newer = negotiation.peers("teacher")[0].generation
        assert newer > generation
        assert negotiation.accept("teacher", "sam", generation, 1) == "old_generation"
        generation = newer


def test_an_older_epoch_is_fenced() -> None:
    negotiation, _ = both()
    negotiation.arrive("sam", "phone", 2)
    generation = negotiation.peers("sam")[0].generation
    assert negotiation.accept("sam", "teacher", generation, 1) == "stale_epoch"
    assert not negotiation.arrive("sam", "s", 1)
    assert not negotiation.leave("sam", 1)
    assert negotiation.peers("sam")[0].generation == generation


def test_one_pupils_reload_does_not_disturb_another() -> None:
    negotiation, generation = both()
    negotiation.arrive("kim", "k", 1)
    assert negotiation.peers("sam")[0].generation == generation
    negotiation.arrive("kim", "k", 2)
    assert negotiation.accept("sam", "teacher", generation, 1) == ""


def test_a_fresh_start_is_a_new_generation_and_bounded() -> None:
    negotiation, generation = both()
    for _ in range(RESTARTS_MAX):
        assert negotiation.restart("sam", "teacher", 1) == ""
    assert negotiation.restart("sam", "teacher", 1) == "too_many"
    assert negotiation.peers("sam")[0].generation == generation + RESTARTS_MAX
    negotiation.arrive("sam", "s", 2)
    assert negotiation.restart("sam", "teacher", 2) == "too_many", "a reload of the same device buys no more"


@pytest.mark.parametrize(
    ("most", "send"),
    [
        (DESCRIPTIONS_MAX, lambda n, g, who, to: n.describe(who, to, g, 1, "offer", SDP)),
        (CANDIDATES_MAX, lambda n, g, who, to: n.trickle(who, to, g, 1, HOST)),
    ],
)
def test_what_one_side_may_send_in_a_generation_is_bounded_and_the_other_side_unaffected(most, send) -> None:
    negotiation, generation = both()
    assert [send(negotiation, generation, "sam", "teacher") for _ in range(most)] == [""] * most
    assert send(negotiation, generation, "sam", "teacher") == "too_many"
    assert send(negotiation, generation, "teacher", "sam") == ""


def test_a_new_host_goes_on_above_the_generations_of_the_last() -> None:
    negotiation = Negotiation(first_generation=1_700_000_000_000)
    negotiation.arrive("teacher", "t", 1), negotiation.arrive("sam", "s", 1)
    assert negotiation.peers("sam")[0].generation >= 1_700_000_000_000


SIDES = st.sampled_from(["teacher", "sam", "kim"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("arrive"), SIDES, st.sampled_from("ab"), st.integers(0, 3)),
        st.tuples(st.just("leave"), SIDES, st.integers(0, 3)),
        st.tuples(st.just("restart"), SIDES, SIDES, st.integers(0, 3)),
        st.tuples(st.just("accept"), SIDES, SIDES, st.integers(0, 12), st.integers(0, 3)),
    ),
    max_size=60,
)


@settings(max_examples=400, deadline=None)
@given(STEPS)
def test_generations_only_rise_and_nothing_is_accepted_outside_the_current_one(steps) -> None:
    negotiation = Negotiation()
    highest: dict[frozenset[str], int] = {}
    for name, *arguments in steps:
        outcome = getattr(negotiation, name)(*arguments)
        current: dict[frozenset[str], int] = {}
        for side in ("teacher", "sam", "kim"):
            for peer in negotiation.peers(side):
                pair = frozenset({side, peer.side})
                assert "teacher" in pair
                assert current.setdefault(pair, peer.generation) == peer.generation, "both ends agree"
        for pair, generation in current.items():
            assert generation >= highest.get(pair, 0)
            highest[pair] = generation
        if name == "accept" and outcome == "":
            sender, to, generation, _ = arguments
            assert current[frozenset({sender, to})] == generation
