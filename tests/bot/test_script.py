"""The bot's script of troubles, its picture and its scale, each by itself."""

from __future__ import annotations

import array
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.pipeline import Pipeline
from moderation.reviewer import Draft
from rooms.verdict import Ruling
from server.bot.command import HELLO
from server.bot.error import BotError
from server.bot.tracks import A4_HZ, C_MAJOR, NOTE_S, SAMPLES_A_SECOND, Picture, Scale, scale, scene
from server.bot.trouble import BAD_MESSAGE, HELD_MESSAGE, TROUBLES, Script, Step, step

STEPS = st.builds(
    Step, st.sampled_from(sorted(TROUBLES.values(), key=lambda one: one.name)), st.integers(-900, 9_999), st.none()
)


@given(STEPS, st.integers(0, 9_999))
def test_a_step_reads_as_it_is_written(one: Step, for_s: int) -> None:
    assert step(str(one)) == one
    if one.trouble.lasts:
        lasting = Step(one.trouble, one.at_s, for_s)
        assert step(str(lasting)) == lasting
    assert step(one.trouble.name) == Step(one.trouble, one.trouble.at_s, None)


@pytest.mark.parametrize("text", ["", "x", "cut-media@", "cut-media@1.5", "cut-media@1+", "@3", "bad-message@5+5", "²"])
def test_what_is_no_step_is_said_with_the_names(text: str) -> None:
    with pytest.raises(BotError, match="cut-media, cut-line"):
        step(text)


@given(st.lists(st.builds(Step, st.just(TROUBLES["cut-line"]), st.integers(-20, 20), st.integers(0, 9)), max_size=6))
def test_each_step_is_begun_once_when_its_time_has_come_and_healed_once_after(steps: list[Step]) -> None:
    script, begun, healed = Script(steps), [], []
    for second in range(-25, 40):
        for _, begins in script.due(second):
            (begun if begins else healed).append(second)
    assert begun == sorted(one.at_s for one in steps)
    # One that lasts no time is healed at the same look.
    assert sorted(healed) == sorted(one.at_s + (one.for_s or 0) for one in steps)


def test_D_the_messages_are_what_the_built_in_review_makes_of_them() -> None:
    review = Pipeline().review
    assert review(Draft(HELLO)).ruling is Ruling.ALLOW
    assert review(Draft(HELD_MESSAGE)).ruling is Ruling.HOLD
    assert review(Draft(BAD_MESSAGE)).ruling is Ruling.END


def test_the_scale_is_c_major_up_and_down_without_clipping() -> None:
    samples = array.array("h", scale())
    length = round(NOTE_S * SAMPLES_A_SECOND)
    assert len(samples) == length * len(C_MAJOR)
    for note, semitone in enumerate(C_MAJOR):
        played = samples[note * length : (note + 1) * length]
        rising = sum(1 for before, after in itertools.pairwise(played) if before < 0 <= after)
        assert rising / NOTE_S == pytest.approx(A4_HZ * 2 ** (semitone / 12), abs=2 / NOTE_S)
        assert 5_000 < max(played) < 16_000


async def test_the_picture_moves_and_both_tracks_keep_their_time() -> None:
    picture, sound = Picture(), Scale()
    pictures = [await picture.recv() for _ in range(4)]
    sounds = [await sound.recv() for _ in range(4)]
    assert len({bytes(one.planes[0]) for one in pictures}) == 4
    assert [(one.width, one.height) for one in pictures] == [(480, 360)] * 4
    assert all(later.pts > earlier.pts for earlier, later in itertools.pairwise(pictures))
    assert all(one.sample_rate == SAMPLES_A_SECOND and one.samples == 960 for one in sounds)
    assert len(scene(480, 360).grey) == 360
