"""What the hook answers (D3): verdicts of the built-in reviewers on lines written for this test."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.categories import REASON, Category
from moderation.pipeline import Draft, Pipeline
from rooms.verdict import Ruling, Verdict

PIPELINE = Pipeline()


def review(text: str, *, teacher: bool = False, age: int | None = 11, history: tuple[str, ...] = ()) -> Verdict:
    return PIPELINE.review(Draft(text, teacher, age, history))


@pytest.mark.parametrize(
    "text",
    [
        "Please play from the upbeat to bar 12, and watch the F sharp.",
        "my bow slipped and hit the music stand",
        "I nearly killed the reed, sorry!",
        "can you hear me? the sound is breaking up",
        "That was beautiful, well done. Same again for next week.",
        "is your mum there?",
        "Is your grown-up in the room?",
        "count 1 2 3 4 5 6 7 8 9 10 11 12",
        "G major, then 3/4 at 96, bars 120 to 145",
        "my finger hurts when i press the c string",
        "im dying of laughter 😂",
        "turn your camera on please, i only see black",
        "the ISBN is 9781848495357",
        "I'll send you a picture of the fingering chart",
        "my stupid metronome is fast again",
        "shall we do the Scunthorpe festival piece?",
        "please tell your mum that the lesson is at 5 next week",
        "she hits the snare too hard",
        "we moved house last week",
        "bring your music to the next lesson",
    ],
)
@pytest.mark.parametrize("teacher", [True, False])
def test_D3_ordinary_lesson_talk_passes(text: str, teacher: bool) -> None:
    assert review(text, teacher=teacher).ruling is Ruling.ALLOW


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("what the fuck was that", "profanity"),
        ("f.u.c.k this piece", "profanity"),
        ("fuuuuuck", "profanity"),
        ("5h1t", "profanity"),
        ("ｓｈｉｔ", "profanity"),
        ("sh\u200bit", "profanity"),
        ("s h i t happens", "profanity"),
        ("f**k off", "profanity"),
        ("fu ck", "profanity"),
        ("call me on 07700 900321", "personal_data"),
        ("0 7 7 0 0 9 0 0 3 2 1", "personal_data"),
        ("my number: oh seven seven double zero nine hundred three two one", "personal_data"),
        ("write to me, kim.flute@example.org", "personal_data"),
        ("kim at example dot org", "personal_data"),
        ("we live at 12 Rosemary Lane", "personal_data"),
        ("SG4 0ZZ", "personal_data"),
        ("add me on snapchat", "platform"),
        ("have you got whatsapp?", "platform"),
        ("look for @kimplaysflute", "platform"),
        ("what is your home address", "contact"),
        ("nobody likes you", "bullying"),
        ("you are so ugly", "bullying"),
    ],
)
def test_D_settled_what_may_be_released_is_held_with_its_reason(text: str, category: str) -> None:
    verdict = review(text)
    assert (verdict.ruling, verdict.category) == (Ruling.HOLD, category)
    assert verdict.reason == REASON[Category(category)]
    assert verdict.releasable
    assert verdict.reviewer
    assert verdict.spans
    assert all(0 <= start < end <= len(text) for start, end in verdict.spans)


@pytest.mark.parametrize(
    "text",
    [
        "send me nudes",
        "s3nd m3 nud3s",
        "take your top off",
        "what are you wearing right now",
        "i am going to kill you after school",
        "im gonna stab you",
        "go and kill yourself",
        "k y s",
        "kill all the jews",
        "send me a picture of you in your underwear",
        "do what i say or i will post your pictures",
    ],
)
@pytest.mark.parametrize("teacher", [True, False])
def test_D3_what_is_plainly_severe_ends_the_lesson_whoever_writes_it(text: str, teacher: bool) -> None:
    verdict = review(text, teacher=teacher)
    assert verdict.ruling is Ruling.END
    assert not verdict.releasable


@pytest.mark.parametrize("text", ["i'll kill you if you play that again lol", "i am going to murder you haha"])
def test_D3_a_threat_in_jest_is_held_and_ends_nothing(text: str) -> None:
    assert review(text).ruling is Ruling.HOLD


@pytest.mark.parametrize(
    "text",
    [
        "i want to die",
        "i have been cutting myself",
        "nobody would miss me if i was gone",
        "my dad hits me when i play badly",
        "my stepdad comes into my room at night",
        "im scared to go home",
        "he touched me and told me not to tell",
        "my fucking dad hit me again and he said he will kill me",
        "i w4nt to d1e",
    ],
)
def test_D_settled_a_disclosure_is_escalated_and_never_cut_off_nor_kept_back(text: str) -> None:
    verdict = review(text)
    assert (verdict.ruling, verdict.category) == (Ruling.ESCALATE, "disclosure")


def test_D_settled_a_disclosure_does_not_shield_a_teacher() -> None:
    assert review("i want to die. send me nudes", teacher=True).ruling is Ruling.END
    assert review("i want to die. send me nudes", teacher=False).ruling is Ruling.ESCALATE


@pytest.mark.parametrize("text", ["i wanna die this is so embarrassing lol", "my brother beats me at chess"])
def test_D_settled_what_is_no_disclosure_is_not_escalated(text: str) -> None:
    assert review(text).ruling is Ruling.ALLOW


def test_D3_one_sign_of_an_approach_is_held_and_two_together_end() -> None:
    assert review("this is our little secret").ruling is Ruling.HOLD
    assert review("i will buy you a new phone").ruling is Ruling.HOLD
    both = review("i will buy you a new phone, but do not tell your mum")
    assert (both.ruling, both.category) == (Ruling.END, "grooming")


def test_D3_signs_are_read_together_over_an_authors_last_messages() -> None:
    assert review("do not tell your mum", history=("i will buy you a new phone",)).ruling is Ruling.END
    assert review("do not tell your mum", history=("well played",) * 12).ruling is Ruling.HOLD
    assert review("well played", history=("i will buy you a new phone", "do not tell your mum")).ruling is Ruling.ALLOW


def test_sexual_words_among_adults_are_held_not_ended() -> None:
    assert review("what are you wearing", age=18).ruling is Ruling.HOLD
    assert review("what are you wearing", age=None).ruling is Ruling.END


@pytest.mark.parametrize("word", ["gay", "muslim", "jewish", "black", "trans", "disabled", "girl", "autistic"])
def test_words_for_groups_of_people_are_no_evidence(word: str) -> None:
    for line in (f"my friend is {word}", f"i am {word} and i love the cello", f"the composer was {word}"):
        assert review(line).ruling is Ruling.ALLOW


def test_spans_mark_the_original_text() -> None:
    text = "well 👍 that was s\u200bh\u200bi\u200bt, sorry"
    [(start, end)] = review(text).spans
    assert text[start:end] == "s\u200bh\u200bi\u200bt"


def test_every_category_has_words_for_the_held_card() -> None:
    assert set(REASON) == set(Category)
    assert all(reason and not reason.endswith(".") for reason in REASON.values())


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=200), st.booleans(), st.lists(st.text(max_size=60), max_size=12))
def test_any_text_gets_a_verdict_with_spans_inside_it(text: str, teacher: bool, history: list[str]) -> None:
    verdict = review(text, teacher=teacher, history=tuple(history))
    assert verdict.ruling in Ruling
    assert verdict.category != "unchecked"
    assert all(0 <= start < end <= len(text) for start, end in verdict.spans)


@pytest.mark.parametrize(
    "unit", ["a", "a ", "a.", "aaa ", "1", "1 ", "f* ", "a*b ", "a@", "you are so ", "i will ", "my he ", "ａ"]
)
def test_the_worst_thousand_characters_stay_under_the_deadline(unit: str) -> None:
    draft = Draft((unit * 1_000)[:1_000])
    took = []
    for _ in range(3):
        begin = time.thread_time()
        assert PIPELINE.review(draft).category != "unchecked"
        took.append(time.thread_time() - begin)
    assert min(took) < 0.05


@pytest.mark.parametrize(
    "text",
    [
        "i am going to beat you in the competition",
        "we are going to smash them at the festival",
        "you look hot, open a window?",
        "this violin has a nice body and a warm sound",
        "my mum is going to kill me if i forget my book again",
        "shoot, i forgot the repeat",
        "you are going to kill it at the concert",
        "i will hurt my wrist like this",
        "please take your shoes off when you practise pedals",
    ],
)
def test_D3_idioms_of_lessons_end_nothing(text: str) -> None:
    assert review(text).ruling in (Ruling.ALLOW, Ruling.HOLD)


@pytest.mark.parametrize(
    "text",
    ["kms", "i took too many tablets", "dad hit my mum last night", "someone online asked me to send pictures"],
)
def test_D_settled_more_ways_to_tell_of_harm(text: str) -> None:
    assert review(text).ruling is Ruling.ESCALATE


@pytest.mark.parametrize(
    "text",
    [
        "you asked me to send a picture of the score",
        "i feel sick today",
        "my plan to practise failed",
        "miss told me to send the video of my piece",
    ],
)
def test_D_settled_and_ways_that_are_none(text: str) -> None:
    assert review(text).ruling is not Ruling.ESCALATE
