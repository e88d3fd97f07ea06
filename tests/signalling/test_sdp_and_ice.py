from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.ice import IceConfig, IceServer, turn_password
from signalling.sdp import CANDIDATE_CHARS_MAX, MEDIA_SECTIONS_MAX, SDP_CHARS_MAX, candidate_fault, description_fault

GOOD = "v=0\r\ns=-\r\n"
SECTION = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n"


@pytest.mark.parametrize(
    ("kind", "sdp", "fault"),
    [
        ("offer", GOOD + SECTION * MEDIA_SECTIONS_MAX, ""),
        ("offer", GOOD + SECTION * (MEDIA_SECTIONS_MAX + 1), "too_many_sections"),
        ("answer", GOOD + "a=" + "x" * SDP_CHARS_MAX, "too_long"),
        ("answer", GOOD + "a=\x00", "bad_characters"),
        ("answer", GOOD + "a=\x1b[2J", "bad_characters"),
        ("answer", "hello, here is my number", "not_sdp"),
        ("answer", "", "not_sdp"),
        ("rollback", "", ""),
        ("rollback", GOOD, "not_sdp"),
    ],
)
def test_a_description_is_bounded_in_size_and_shape(kind: str, sdp: str, fault: str) -> None:
    assert description_fault(kind, sdp) == fault


@pytest.mark.parametrize(
    ("candidate", "fault"),
    [
        ("", ""),
        ("candidate:1 1 udp 1 192.0.2.1 9 typ host", ""),
        ("candidate:1 1 udp 1 2001:db8::1 9 typ srflx raddr :: rport 0", ""),
        ("hello", "not_a_candidate"),
        ("candidate:1\r\na=evil", "bad_characters"),
        ("candidate:" + "1" * CANDIDATE_CHARS_MAX, "too_long"),
    ],
)
def test_a_candidate_is_one_bounded_line(candidate: str, fault: str) -> None:
    assert candidate_fault(candidate) == fault


@given(st.text(), st.sampled_from(["offer", "answer", "rollback", "x"]))
def test_no_text_makes_the_checks_fail_to_answer(text: str, kind: str) -> None:
    assert isinstance(description_fault(kind, text), str)
    assert description_fault("offer", GOOD + text) in ("", "bad_characters", "too_many_sections", "too_long")
    assert isinstance(candidate_fault(text), str)


STUN = IceServer(urls=("stun:a",))


def test_turn_credentials_are_coturns_and_expire() -> None:
    config = IceConfig(stun=(STUN,), turn_urls=("turn:b",), turn_secret=b"s3cret", credential_s=600)
    stun, turn = config.servers("p7f3", now_ms=1_700_000_000_999)
    assert stun == STUN
    assert turn.username is not None
    expires, alias = turn.username.split(":")
    assert expires == "1700000600"
    assert "p7f3" not in alias
    signed = base64.b64encode(hmac.new(b"s3cret", turn.username.encode(), hashlib.sha1).digest()).decode()
    assert turn.credential == signed == turn_password(b"s3cret", turn.username)
    assert "s3cret" not in repr(config) + repr(turn)
    assert config.life_s == 600


def test_a_credential_lives_for_minutes() -> None:
    assert 300 <= IceConfig(turn_urls=("turn:b",), turn_secret=b"s").life_s <= 900
    assert IceConfig(stun=(STUN,)).life_s == 0


def test_an_alias_is_a_persons_own_and_stays_while_the_credential_changes() -> None:
    config = IceConfig(turn_urls=("turn:b",), turn_secret=b"s")

    def given(person: str, now_ms: int) -> tuple[str, str]:
        (turn,) = config.servers(person, now_ms)
        assert turn.username is not None
        assert turn.credential is not None
        return turn.username.partition(":")[2], turn.credential

    assert given("a", 0)[0] == given("a", 60_000)[0] != given("b", 0)[0]
    assert len({given("a", 0)[1], given("a", 60_000)[1], given("b", 0)[1]}) == 3
    other = IceConfig(turn_urls=("turn:b",), turn_secret=b"another")
    assert (other.servers("a", 0)[0].username or "").partition(":")[2] != given("a", 0)[0]
    assert IceConfig().servers("a", 0) == ()


@pytest.mark.parametrize(
    "settings",
    [
        {"stun": (IceServer(urls=("http://x",)),)},
        {"turn_urls": ("turn:b",)},
        {"turn_urls": ("turn:b",), "turn_secret": b"s", "credential_s": 0},
        {"stun": tuple(IceServer(urls=(f"stun:{n}",)) for n in range(9))},
    ],
)
def test_settings_that_no_browser_would_take_are_refused_at_the_start(settings: dict) -> None:
    with pytest.raises(ValueError, match=r"ICE server|turn_secret|credential_s"):
        IceConfig(**settings)
