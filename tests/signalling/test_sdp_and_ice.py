from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.ice import IceConfig, turn_password
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


def test_turn_credentials_are_coturns_and_expire() -> None:
    config = IceConfig(stun_urls=("stun:a",), turn_urls=("turn:b",), turn_secret="s3cret", credential_s=600)
    stun, turn = config.servers("p7f3", now_ms=1_700_000_000_999)
    assert (stun.urls, stun.username, stun.credential) == (("stun:a",), None, None)
    assert turn.username == "1700000600:p7f3"
    expected = base64.b64encode(hmac.new(b"s3cret", b"1700000600:p7f3", hashlib.sha1).digest()).decode()
    assert turn.credential == expected == turn_password("s3cret", "1700000600:p7f3")
    assert "s3cret" not in repr(config) + repr(turn)


def test_two_people_have_different_credentials() -> None:
    config = IceConfig(turn_urls=("turn:b",), turn_secret="s")
    assert config.servers("a", 0)[0].credential != config.servers("b", 0)[0].credential
    assert IceConfig().servers("a", 0) == ()


@pytest.mark.parametrize(
    "settings",
    [
        {"stun_urls": ("http://x",)},
        {"turn_urls": ("turn:b",)},
        {"turn_urls": ("turn:b",), "turn_secret": "s", "credential_s": 0},
        {"stun_urls": tuple(f"stun:{n}" for n in range(9))},
    ],
)
def test_settings_that_no_browser_would_take_are_refused_at_the_start(settings: dict) -> None:
    with pytest.raises(ValueError, match=r"ICE server|turn_secret|credential_s"):
        IceConfig(**settings)
