"""Whatever browsers report, and in whatever order facts come: promises that hold for every sequence (hypothesis)."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from rooms.evidence import SUSPICION_MS, LessonEvidence
from rooms.quality import Sample

SIDES = ("teacher", "sam", "kim")
STATES = st.sampled_from(["on", "off", "blocked", "missing", "in_use", "ended"])
SAMPLES = st.builds(
    Sample,
    camera=STATES,
    microphone=STATES,
    sent=st.integers(0, 500),
    received=st.integers(0, 500),
    lost_permille=st.integers(0, 1000),
    rtt_ms=st.integers(0, 60_000),
    kbps_out=st.integers(0, 5_000),
    connected=st.booleans(),
)


def honest(second: int) -> Sample:
    return Sample(camera="on", microphone="on", sent=second * 60, received=second * 60, connected=True)


WHAT = st.one_of(
    st.tuples(st.just("report"), SAMPLES),
    st.tuples(st.sampled_from(["connected", "closed", "broken", "left", "takeover", "path", "heard"]), st.none()),
)


def act(evidence: LessonEvidence, side: str, device: str, what: str, sample: Sample | None, now: int) -> None:
    match what:
        case "report":
            assert sample is not None
            evidence.report(side, device, sample, now)
        case "connected":
            evidence.connected(side, device, now)
        case "closed" | "broken":
            evidence.disconnected(side, device, now, clean=what == "closed")
        case "left":
            evidence.left(side, now)
        case "takeover":
            evidence.takeover(side, now)
        case "path":
            evidence.path_switching(side, now)
        case _:
            evidence.heard(side, device, now)


@settings(max_examples=300, deadline=None)
@given(
    liar_is_pupil=st.booleans(),
    lies=st.lists(st.tuples(st.integers(0, 2_000), WHAT), max_size=60),
    started=st.booleans(),
    relay=st.sampled_from(["none", "hears both", "hears no leg of the honest one", "dead"]),
)
def test_C_nothing_that_one_sides_browsers_do_ever_makes_the_other_side_lost(
    liar_is_pupil, lies, started, relay
) -> None:
    """Nor where the server cannot see the honest one's media itself, as that comes through TURN alone."""
    evidence = LessonEvidence(["teacher", "sam"], relay=relay != "none")
    liar, honest_one = ("sam", "teacher") if liar_is_pupil else ("teacher", "sam")
    evidence.set_started("sam", started)
    evidence.set_started("teacher", started)
    evidence.connected(honest_one, "tab", 0)
    now, told, next_second = 0, [], 1
    for wait, (what, sample) in [*lies, (15_000, ("heard", None))]:
        now += wait
        while next_second * 1_000 <= now:
            at = next_second * 1_000
            evidence.report(honest_one, "tab", honest(next_second), at)
            if relay != "none":
                others_at = None if relay == "dead" else at - 20
                evidence.leg(honest_one, at - 10 if relay == "hears both" else None, others_at, at)
                evidence.leg(liar, at - 30 if what == "connected" else None, others_at, at)
            told += evidence.changes(at)
            next_second += 1
        act(evidence, liar, "lie", what, sample, now)
        told += evidence.changes(now)
    assert [c for c in told if c.side == honest_one and c.evidence == "lost"] == []


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 4_000),
            st.sampled_from(SIDES),
            st.sampled_from(["a", "b"]),
            WHAT,
            st.sampled_from(["look", "poll", "nothing", "shift", "resumed"]),
            st.tuples(st.none() | st.integers(0, 6_000), st.none() | st.integers(0, 6_000)),
        ),
        max_size=80,
    ),
    st.booleans(),
)
def test_C_the_watermark_never_goes_back_and_nothing_ever_dates_before_it(facts, relay) -> None:
    evidence = LessonEvidence(SIDES, relay=relay)
    now, watermark = 0, -(10**15)
    classes = dict.fromkeys(SIDES, "lost")
    last = dict.fromkeys(SIDES, -(10**15))
    for wait, side, device, (what, sample), then, (quiet_ms, others_ms) in facts:
        now += wait
        at, others_at = (None if ms is None else now - ms for ms in (quiet_ms, others_ms))
        evidence.leg(side, at, others_at, now)
        act(evidence, side, device, what, sample, now)
        if then == "shift":
            now += 100_000
            evidence.shift(100_000)
        if then == "resumed":
            evidence.resumed_platform(now)
        if then == "nothing":
            continue
        for change in evidence.changes(now) if then == "poll" else []:
            assert watermark <= change.at <= now
            assert last[change.side] <= change.at, "a side's classes come in order of time"
            last[change.side] = change.at
            classes[change.side] = change.evidence
        mark = evidence.complete_until(now)
        assert watermark <= mark <= now
        assert then != "poll" or mark >= now - SUSPICION_MS
        watermark = mark
    for _ in range(3):
        now += 15_000
        evidence.changes(now)
    assert {s.evidence for s in evidence._sides.values()} == {"lost"}, "nothing was heard for 45 s"
