"""Which way media goes, decided: a lesson whose networks are cut and mended, second by second."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rooms.lesson import TEACHER
from signalling.path import (
    ASKED_HOLD_MS,
    CEASED_MS,
    FIRST_MS,
    HEARD_MS,
    HOLD_MS,
    HOLD_MS_MAX,
    RELAY_GONE_MS,
    RETURN_MS,
    AtRelay,
    InRoom,
    Line,
    Paths,
    Told,
)

T = 1_800_000_000_000
SECOND = 1_000
SLACK_MS = 2 * SECOND
"""A report a second, and a look a second behind it."""


@dataclass
class Net:
    """What works of one second."""

    direct: bool = True
    """RTP from browser to browser, both ways."""
    back: bool = True
    """That of the pupil to the teacher."""
    alive: bool | None = None
    """What both say of the connection; None: as ``direct``."""
    legs: bool = True
    line: tuple[bool, bool] = (True, True)
    """The teacher's reports arrive, the pupil's."""
    lost: int = 0


@dataclass
class Lesson:
    """The teacher and Sam, with a report and a look a second."""

    pupils: tuple[str, ...] = ("sam",)
    silent: tuple[str, ...] = ()
    now: int = T
    packets: int = 0
    returned: int = 0
    present: dict[str, InRoom] = field(default_factory=dict)
    ways: list[str] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.paths = Paths(self.pupils)
        self.present = {side: InRoom("d", 1) for side in (TEACHER, *self.pupils)}

    @property
    def way(self) -> str:
        ways = {self.paths.between(TEACHER, "sam").way, self.paths.between("sam", TEACHER).way}
        assert len(ways) == 1
        return ways.pop()

    def second(self, net: Net) -> str:
        self.now += SECOND
        if net.direct and self.way == "direct":
            self.packets += 80 if "sam" not in self.silent else 0
            self.returned += 80 if net.back else 0
        alive = net.direct if net.alive is None else net.alive
        lines = {
            TEACHER: {"sam": Line(self.packets, alive, net.lost)},
            "sam": {TEACHER: Line(self.returned, alive, net.lost)},
        }
        for side, arrives in zip((TEACHER, "sam"), net.line, strict=True):
            if arrives:
                self.paths.report(side, lines[side], silent=side in self.silent, now=self.now)
        quiet = 0 if net.legs else 60_000
        legs = {side: AtRelay(True, None if side in self.silent else quiet) for side in self.present}
        self.told.append(self.paths.look(self.present, legs, self.now))
        self.ways.append(self.way)
        return self.way

    def run(self, seconds: int, net: Net | None = None) -> str:
        for _ in range(seconds):
            self.second(net or Net())
        return self.way

    def until(self, way: str, net: Net, at_most: int = 900) -> int:
        """How long it took, ms."""
        began = self.now
        for _ in range(at_most):
            if self.second(net) == way:
                return self.now - began
        raise AssertionError(f"not {way} within {at_most} s")


def within(took: int, limit_ms: int) -> bool:
    return limit_ms <= took <= limit_ms + SLACK_MS


CUT = Net(direct=False)


def test_direct_that_works_stays():
    lesson = Lesson()
    lesson.run(300)
    assert set(lesson.ways) == {"direct"}
    assert not any(told.anew for told in lesson.told)


def test_direct_media_that_ceases_goes_to_the_relay_after_three_seconds_and_both_are_told():
    lesson = Lesson()
    lesson.run(20)
    assert within(lesson.until("relay", CUT), CEASED_MS)
    assert lesson.told[-1] == Told(("sam",), True)


def test_one_direction_is_enough():
    lesson = Lesson()
    lesson.run(20)
    assert within(lesson.until("relay", Net(back=False, alive=True)), CEASED_MS)


def test_direct_that_never_came_goes_to_the_relay_after_eight_seconds():
    assert within(Lesson().until("relay", CUT), FIRST_MS)


def test_it_comes_back_once_the_connection_stood_for_ten_seconds():
    lesson = Lesson()
    lesson.until("relay", CUT)
    lesson.run(60, CUT)
    assert within(lesson.until("direct", Net()), HOLD_MS)
    lesson.run(120)
    assert lesson.ways.count("direct") > 120


def test_a_connection_that_comes_and_goes_is_not_followed():
    lesson = Lesson()
    lesson.until("relay", CUT)
    for _ in range(30):
        lesson.run(8, Net())
        assert lesson.run(2, CUT) == "relay"


def test_a_way_back_that_fails_is_tried_ever_less_often():
    lesson = Lesson()
    lesson.run(20)
    lesson.until("relay", CUT)
    stands_but_carries_nothing = Net(direct=False, alive=True)
    holds = []
    for _ in range(8):
        holds.append(lesson.until("direct", stands_but_carries_nothing))
        assert within(lesson.until("relay", stands_but_carries_nothing), RETURN_MS)
    assert all(within(hold, min(HOLD_MS * 2**n, HOLD_MS_MAX)) for n, hold in enumerate(holds)), holds
    lesson.until("direct", Net())
    lesson.run(121, Net())
    lesson.until("relay", CUT)
    assert within(lesson.until("direct", Net()), HOLD_MS)


def test_a_wifi_loss_that_takes_everything_along_moves_nobody():
    for seconds in range(1, 12):
        for line in ((True, True), (True, False), (False, False)):
            lesson = Lesson()
            lesson.run(20)
            lesson.run(seconds, Net(direct=False, legs=False, line=line))
            lesson.run(30)
            assert set(lesson.ways) == {"direct"}, (seconds, line)


def test_without_legs_there_is_no_other_way():
    lesson = Lesson()
    lesson.run(20)
    lesson.run(60, Net(direct=False, legs=False))
    assert set(lesson.ways) == {"direct"}


def test_a_relay_that_dies_gives_media_back_to_the_direct_way():
    lesson = Lesson()
    lesson.until("relay", CUT)
    assert lesson.until("direct", Net(legs=False)) <= CEASED_MS + SLACK_MS
    lesson = Lesson()
    lesson.until("relay", CUT)
    began = lesson.now
    while lesson.way == "relay":
        lesson.now += SECOND
        lesson.paths.look(lesson.present, {}, lesson.now)
    assert within(lesson.now - began, RELAY_GONE_MS)


def test_a_moment_in_which_the_relay_does_not_carry_ends_no_hold():
    lesson = Lesson()
    lesson.until("relay", CUT)
    assert lesson.run(5, Net()) == "relay"
    for _ in range(2):
        assert lesson.run(1, Net(legs=False)) == "relay"
        assert lesson.run(1, Net()) == "relay"
    lesson = Lesson()
    lesson.until("relay", CUT)
    assert lesson.run(5, Net()) == "relay"
    assert within(lesson.until("direct", Net(legs=False)), CEASED_MS)


def test_who_cannot_see_goes_to_the_relay_at_once_if_both_legs_flow():
    lesson = Lesson()
    lesson.run(20)
    assert lesson.paths.ask("sam", lesson.now) == ["sam"]
    assert lesson.way == "relay"
    assert lesson.paths.ask(TEACHER, lesson.now) == []
    assert within(lesson.until("direct", Net()), ASKED_HOLD_MS)
    lesson.run(5, Net(legs=False))
    assert lesson.paths.ask("sam", lesson.now) == []
    assert lesson.way == "direct"


def test_a_side_that_switched_everything_off_is_not_missed():
    lesson = Lesson(silent=("sam",))
    lesson.run(60, Net())
    assert set(lesson.ways) == {"direct"}
    assert within(lesson.until("relay", CUT), CEASED_MS)


def test_a_page_that_tells_nothing_of_its_paths_is_left_alone():
    lesson = Lesson()
    for _ in range(60):
        lesson.now += SECOND
        lesson.paths.report(TEACHER, {"sam": Line(0, False)}, silent=False, now=lesson.now)
        lesson.paths.report("sam", {}, silent=False, now=lesson.now)
        lesson.paths.look(lesson.present, {side: AtRelay(True, 0) for side in lesson.present}, lesson.now)
    assert lesson.way == "direct"


def test_who_reloads_finds_the_way_as_it_was_and_another_device_begins_anew():
    lesson = Lesson()
    lesson.until("relay", CUT)
    lesson.present = {TEACHER: InRoom("d", 1)}
    lesson.run(30, Net(line=(True, False)))
    assert lesson.way == "relay"
    lesson.present["sam"] = InRoom("d", 2)
    assert lesson.run(5, CUT) == "relay"
    lesson.present["sam"] = InRoom("phone", 3)
    assert lesson.run(1, CUT) == "direct"
    assert lesson.told[-1] == Told(("sam",), True)
    assert within(lesson.until("relay", CUT) + SECOND, FIRST_MS)


@pytest.mark.parametrize("side", [TEACHER, "sam"])
def test_both_are_told_when_another_device_of_a_side_begins_directly_what_was_relayed(side: str):
    lesson = Lesson(pupils=("sam", "kit"))
    lesson.until("relay", CUT)
    lesson.present[side] = InRoom("phone", 2)
    assert lesson.run(1, CUT) == "direct"
    assert lesson.told[-1] == Told(("sam",), True)
    lesson.present[side] = InRoom("tablet", 3)
    lesson.run(1, CUT)
    assert lesson.told[-1] == Told((), False)


def test_a_line_that_came_back_has_as_long_for_its_first_media_as_at_the_start():
    lesson = Lesson()
    lesson.run(20)
    lesson.present["sam"] = InRoom("d", 2)
    assert within(lesson.until("relay", CUT), FIRST_MS)


def test_a_jump_of_the_clock_changes_nothing():
    lesson = Lesson()
    lesson.run(20)
    lesson.now += 3_600_000
    lesson.paths.shift(3_600_000)
    lesson.run(20)
    lesson.until("relay", CUT)
    lesson.run(5, Net())
    lesson.now += 3_600_000
    lesson.paths.shift(3_600_000)
    assert lesson.run(3, Net()) == "relay"
    assert lesson.until("direct", Net()) <= HOLD_MS


def test_P2_pupils_have_no_way_to_one_another():
    lesson = Lesson(pupils=("sam", "kit"))
    lesson.paths.report("sam", {"kit": Line(7, True), "sam": Line(7, True), "x": Line(7, True)}, silent=False, now=T)
    assert lesson.paths.between("sam", "kit") == lesson.paths.between("kit", "sam")
    lesson.until("relay", CUT)
    assert lesson.paths.between(TEACHER, "kit").way == "direct"
    assert lesson.told[-1].moved == ("sam",)


def test_T2_a_receiver_that_loses_much_lowers_the_senders_picture_and_it_rises_again_when_all_arrives():
    lesson = Lesson()
    lesson.until("relay", CUT)
    first = lesson.paths.between("sam", TEACHER).kbps
    lesson.run(60, Net(direct=False, lost=150))
    lowest = lesson.paths.between("sam", TEACHER).kbps
    assert lowest < first / 3
    lesson.run(30, Net(direct=False, lost=50))
    assert lesson.paths.between("sam", TEACHER).kbps == lowest
    assert not any(told.anew for told in lesson.told[-30:])
    lesson.run(300, Net(direct=False))
    assert lesson.paths.between("sam", TEACHER).kbps > first


@pytest.mark.parametrize("side", [TEACHER, "sam"])
def test_only_the_receivers_own_loss_counts(side: str):
    lesson = Lesson()
    lesson.until("relay", CUT)
    peer = "sam" if side == TEACHER else TEACHER
    for _ in range(10):
        lesson.now += 2 * SECOND
        lesson.paths.report(side, {peer: Line(0, False, 500)}, silent=False, now=lesson.now)
    assert lesson.paths.between(peer, side).kbps < lesson.paths.between(side, peer).kbps


NETS = st.builds(
    Net,
    direct=st.booleans(),
    back=st.booleans(),
    alive=st.sampled_from([None, True, False]),
    legs=st.booleans(),
    line=st.tuples(st.booleans(), st.booleans()),
    lost=st.sampled_from([0, 10, 50, 200, 1_000]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(NETS, st.integers(1, 20)), max_size=25), st.lists(st.integers(0, 300), max_size=4))
@example([(Net(), 5), (CUT, 20), (Net(), 20)] * 5, [])
def test_whatever_the_networks_do(stretches: list[tuple[Net, int]], asked: list[int]):
    """To the relay only where both legs flow; never there and back within the hold while it carries; rates bounded."""
    lesson = Lesson()
    entered = None
    heard = [T, T]
    carried = T
    for net, seconds in stretches:
        for _ in range(seconds):
            before = lesson.way
            if len(lesson.ways) in asked and lesson.paths.ask("sam", lesson.now):
                entered = lesson.now
                assert before == "direct"
                before = "relay"
            after = lesson.second(net)
            heard = [lesson.now if arrives else at for arrives, at in zip(net.line, heard, strict=True)]
            carried = lesson.now if net.legs else carried
            if (before, after) == ("direct", "relay"):
                assert net.legs
                assert lesson.now - min(heard) <= HEARD_MS
                entered = lesson.now
            if (before, after) == ("relay", "direct"):
                assert entered is not None
                assert lesson.now - entered >= (HOLD_MS if lesson.now - carried < CEASED_MS else CEASED_MS)
            for one, other in ((TEACHER, "sam"), ("sam", TEACHER)):
                assert 100 <= lesson.paths.between(one, other).kbps <= 2_500


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(NETS, st.integers(1, 20)), max_size=15))
def test_after_whatever_came_before_media_finds_the_way_that_there_is(stretches: list[tuple[Net, int]]):
    lesson = Lesson()
    for net, seconds in stretches:
        lesson.run(seconds, net)
    assert lesson.run(15, CUT) == "relay"
    assert lesson.run((HOLD_MS_MAX + SLACK_MS) // SECOND, Net()) == "direct"
