"""True cuts at random times and phases, against what evidence makes of the samples that come through (hypothesis)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from rooms.evidence import SUSPICION_MS, LessonEvidence
from rooms.quality import Sample

S = 1_000
QUIET = 25 * S
"""Between two cuts: longer than the window of the quarter rule."""


class Cut(NamedTuple):
    what: str
    """``teacher`` or ``sam``: that side's whole line, media with it. ``media``: both ways, control lines alive."""
    start: int
    end: int

    def holds(self, at: int) -> bool:
        return self.start <= at < self.end


@st.composite
def cuts(draw: Callable) -> list[Cut]:
    found, now = [], 10 * S
    for _ in range(draw(st.integers(1, 4))):
        start = now + QUIET + draw(st.integers(0, 2_000))
        end = start + draw(st.integers(5 * S, 15 * S))
        found.append(Cut(draw(st.sampled_from(["teacher", "sam", "media"])), start, end))
        now = end
    return found


def play(found: list[Cut], phases: dict[str, int]) -> list[tuple[str, str, int]]:
    """A lesson's samples, each side at its own phase and with jitter; media packets flow 20 ms apart."""
    evidence = LessonEvidence(["teacher", "sam"])
    told: list[tuple[str, str, int]] = []
    watermark = -(10**15)
    sides = ("teacher", "sam")
    packets = 0
    counts = dict.fromkeys(sides, 0)
    for side in sides:
        evidence.connected(side, "tab", 0)
    for now in range(20, found[-1].end + 30 * S, 20):
        if not any(cut.holds(now) for cut in found):
            packets += 1
        for side in sides:
            counts[side] = packets
            if (now - phases[side]) % S < 20 and not any(cut.what == side and cut.holds(now) for cut in found):
                evidence.heard(side, "tab", now)
                sample = Sample(camera="on", microphone="on", sent=packets, received=packets, connected=True)
                evidence.report(side, "tab", sample, now)
        if now % 500 == 0:
            for change in evidence.changes(now):
                assert watermark <= change.at <= now
                told.append((change.side, change.evidence, change.at))
            mark = evidence.complete_until(now)
            assert max(watermark, now - SUSPICION_MS) <= mark <= now
            watermark = mark
    return told


@settings(max_examples=40, deadline=None)
@given(cuts(), st.integers(0, 999), st.integers(0, 999))
def test_C_each_true_cut_is_told_once_with_onset_and_end_right_to_a_second(found, teacher, sam) -> None:
    told = [change for change in play(found, {"teacher": teacher, "sam": sam}) if change[2] > 10 * S]
    for cut in found:
        within = [change for change in told if cut.start - S <= change[2] <= cut.end + 4 * S]
        if cut.what == "media":
            assert {(side, evidence) for side, evidence, _ in within} == {
                (side, evidence) for side in ("teacher", "sam") for evidence in ("unknown", "ready")
            }
            worse = [at for _, evidence, at in within if evidence == "unknown"]
        else:
            worse = [at for side, evidence, at in within if (side, evidence) == (cut.what, "lost")]
            assert {side for side, evidence, _ in within if evidence == "lost"} == {cut.what}
            assert len(worse) == 1
        # A line's last beat is before the cut; the report of the second in which media ceased is after it.
        latest = cut.start + (S if cut.what == "media" else 20)
        assert all(cut.start - S <= at <= latest for at in worse)
        better = [at for _, evidence, at in within if evidence == "ready"]
        assert better
        assert all(cut.end <= at <= cut.end + 2_100 for at in better)
    near = [c for c in told if any(cut.start - S <= c[2] <= cut.end + 4 * S for cut in found)]
    assert near == told, "nothing is told where nothing was cut"
