"""Cheap checks of what is relayed, made on every frame. A description stays an opaque blob: nothing reads it.

The browsers judge what it says; here only its size and shape are bounded, so that relaying cannot be used to carry
something else, or to make a browser parse without end.
"""

from __future__ import annotations

from typing import Final, Literal

SDP_CHARS_MAX: Final = 16_384
"""A browser's description with two media sections is 2 to 6 kB; with 20 candidates in it, under 10."""
CANDIDATE_CHARS_MAX: Final = 512
"""A candidate line is under 250 characters, an IPv6 one with its related address and extensions too."""
MEDIA_SECTIONS_MAX: Final = 8
"""Camera, microphone, a second sound source and a screen, each once more while one is being replaced."""
Fault = Literal["", "too_long", "bad_characters", "not_sdp", "too_many_sections", "not_a_candidate"]
"""Why something is not relayed: a stable code, or "" where it is."""
_BAD: Final = bytes({*range(0x20), 0x7F} - set(b"\r\n"))
"""Control characters but CR and LF; RFC 8866 allows none of them in what browsers write."""


def description_fault(sdp_type: str, sdp: str) -> Fault:
    """Why a session description is not relayed: a stable code, or "" for a good one.

    Codes: ``too_long``, ``bad_characters``, ``not_sdp``, ``too_many_sections``.
    """
    if len(sdp) > SDP_CHARS_MAX:
        return "too_long"
    if sdp_type == "rollback":
        return "" if not sdp else "not_sdp"
    if not sdp.startswith("v=0"):
        return "not_sdp"
    if _has_bad(sdp):
        return "bad_characters"
    if sdp.count("\nm=") > MEDIA_SECTIONS_MAX:
        return "too_many_sections"
    return ""


def _has_bad(text: str) -> bool:
    """Whether a control character is in it. Bytes with some deleted: a tenth of a regular expression's time on 2 kB."""
    data = text.encode("utf-8", "surrogatepass")
    return len(data.translate(None, _BAD)) != len(data)


def candidate_fault(candidate: str) -> Fault:
    """Why an ICE candidate is not relayed: a stable code, or "". An empty one is end-of-candidates.

    Codes: ``too_long``, ``bad_characters``, ``not_a_candidate``.
    """
    if len(candidate) > CANDIDATE_CHARS_MAX:
        return "too_long"
    if not candidate:
        return ""
    if not candidate.startswith(("candidate:", "a=candidate:")):
        return "not_a_candidate"
    if "\n" in candidate or "\r" in candidate or _has_bad(candidate):
        return "bad_characters"
    return ""
