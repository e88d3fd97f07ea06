"""What a disguise comes to, and that it can be found again in the original."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.normalise import TEXT_CHARS_MAX, normalise
from moderation.risk_words import RISK_WORDS


def words(text: str) -> str:
    return normalise(text, RISK_WORDS).words.text


@pytest.mark.parametrize(
    ("disguise", "meant"),
    [
        ("SeCrEt", "secret"),
        ("ｓｅｃｒｅｔ", "secret"),
        ("𝓼𝓮𝓬𝓻𝓮𝓽", "secret"),
        ("ѕесrеt", "secret"),  # Cyrillic s, e, c, e
        ("sеcrεt", "secret"),  # Cyrillic e, Greek epsilon
        ("🅂🄴🄲🅁🄴🅃".replace("🅂", "🆂").replace("🄴", "🅴").replace("🄲", "🅲").replace("🅁", "🆁").replace("🅃", "🆃"), "secret"),
        ("s\u200be\u200bc\u200br\u200be\u200bt", "secret"),
        ("se\u00adcret", "secret"),
        ("\u202esecret\u202c", "secret"),
        ("s\u0336e\u0336c\u0336r\u0336e\u0336t\u0336", "secret"),
        ("sécrët", "secret"),
        ("s e c r e t", "secret"),
        ("s.e.c.r.e.t", "secret"),
        ("s-e-c-r-e-t", "secret"),
        ("s_e_c_r_e_t", "secret"),
        ("s3cr3t", "secret"),
        ("$ecret", "secret"),
        ("s*cret", "secret"),
        ("secreeeeet", "secret"),
        ("ssssecret", "secret"),
        ("5 3 c r 3 t", "secret"),
        ("k1ll", "kill"),
        ("bo11ock", "bollock"),
        ("tell me!!!", "tell me"),
        ("u r ok", "you are ok"),
        ("DON’T", "do not"),
    ],
)
def test_a_disguise_reads_as_what_is_meant(disguise: str, meant: str) -> None:
    assert words(disguise) == meant


@pytest.mark.parametrize(
    "plain",
    ["play bars 12 to 16", "the chord is F A C E", "4/4 at 120 bpm", "ok", "soooo good", "see you at 5pm 😊", "é"],
)
def test_ordinary_talk_keeps_its_sense(plain: str) -> None:
    assert words(plain).replace(" ", "")


def test_names_of_notes_stay_apart() -> None:
    assert words("now play F A D E D") == "now play f a d e d"


def test_a_find_is_marked_in_the_original_code_points() -> None:
    text = "ok 👍 that is s\u200be\u200bc\u200br\u200be\u200bt!"
    normal = normalise(text, RISK_WORDS)
    at = normal.words.text.index("secret")
    start, end = normal.words.span(at, at + 6)
    assert text[start:end] == "s\u200be\u200bc\u200br\u200be\u200bt"


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=300))
def test_every_character_of_both_forms_has_its_origin_in_the_text(text: str) -> None:
    normal = normalise(text, RISK_WORDS)
    for form in (normal.plain, normal.words):
        assert len(form.text) == len(form.origin)
        assert all(0 <= at < len(text) for at in form.origin)
        if form.text:
            start, end = form.span(0, len(form.text))
            assert 0 <= start < end <= len(text)


def test_no_more_than_the_bound_is_looked_at() -> None:
    assert len(normalise("é" * (TEXT_CHARS_MAX + 50)).plain.text) == TEXT_CHARS_MAX
