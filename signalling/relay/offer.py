"""A browser's offer, reduced to what the relay uses. Everything in it is bounded before it is read (RFC 8866, 8829).

A parser of our own: a leg needs a dozen attributes of the hundreds of lines, and each that is read here is checked
here. What it does not know it skips, as RFC 8866 asks; what it knows and cannot take it refuses with a code.
"""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec

from signalling.relay.port import Refused, RefusedCode
from signalling.relay.streams import Kind

OFFER_CHARS_MAX: Final = 65_536
"""Chromium offers a publisher's two sections in 6 kB, an observer's in 3 kB each: eight sides are under 50 kB."""
LINE_CHARS_MAX: Final = 1_024
"""The longest lines that browsers write are a picture's payload types and a sha-512 fingerprint, under 250."""
LINES_MAX: Final = 4_096
"""120 a section of Chromium's, in 16 sections."""
SECTIONS_MAX: Final = 16
"""Sound and picture of eight sides; a room has a teacher and seldom more than three pupils."""
CODECS_MAX: Final = 64
"""Payload types of one section: Chromium offers 33."""
SSRCS_MAX: Final = 8
"""SSRC attributes' sources in one section: the stream, and its retransmissions."""

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
_DIRECTIONS: Final[dict[str, Direction]] = {
    "a=sendrecv": "sendrecv",
    "a=sendonly": "sendonly",
    "a=recvonly": "recvonly",
    "a=inactive": "inactive",
}
_KINDS: Final[dict[str, Kind]] = {"audio": "audio", "video": "video"}
_CODECS: Final[dict[Kind, str]] = {"audio": "opus/48000/2", "video": "vp8/90000"}
"""What the room allows: every browser has both, and neither needs a licence."""
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,32}")
"""A mid (RFC 5888 calls it a token); browsers write one or two digits."""
_ICE: Final = re.compile(r"[A-Za-z0-9+/]{4,256}")
"""ice-char of RFC 8839, whose bounds these are."""
_SHA256: Final = re.compile(r"(?:[0-9A-F]{2}:){31}[0-9A-F]{2}")
_BAD: Final = re.compile(r"[^\x20-\x7e\r\n]")
"""What browsers write in an offer is ASCII, but for a session name that none of them uses."""


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """One media section."""

    kind: Kind
    mid: str
    direction: Direction
    payload_type: int
    """Of the one codec that the room allows for this kind."""
    stereo: bool
    """Whether the offer's own Opus line asks for stereo: music mode."""
    ssrc: int | None
    """The stream's, where the offer sends; not that of its retransmissions, which are not accepted."""


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What is used of an offer: one transport for all its sections."""

    sections: tuple[Section, ...]
    ufrag: str
    pwd: str
    """The browser's ICE credentials (RFC 8839)."""
    fingerprint: str
    """SHA-256 of the browser's DTLS certificate, as ``AB:CD:…``."""


def parse_offer(text: str) -> Offer:
    """Read an offer.

    Raises:
        Refused: with the code of the first thing that is wrong with it; nothing else is ever raised.
    """
    session, blocks = _blocks(text)
    sections = tuple(_section(block) for block in blocks)
    mids = [section.mid for section in sections]
    bundle = next((line[15:].split() for line in session if line.startswith("a=group:BUNDLE ")), [])
    if len(set(mids)) != len(mids) or sorted(bundle) != sorted(mids):
        raise Refused("not_bundled")
    transports = {_transport(session, block) for block in blocks}
    if len(transports) != 1:
        raise Refused("not_bundled")
    ufrag, pwd, fingerprint = transports.pop()
    return Offer(sections=sections, ufrag=ufrag, pwd=pwd, fingerprint=fingerprint)


def _blocks(text: str) -> tuple[list[str], list[list[str]]]:
    """The session's lines, and each section's with its m-line first."""
    if len(text) > OFFER_CHARS_MAX:
        raise Refused("too_long")
    if _BAD.search(text):
        raise Refused("bad_offer")
    lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    if lines[0] != "v=0":
        raise Refused("bad_offer")
    if len(lines) > LINES_MAX or max(map(len, lines)) > LINE_CHARS_MAX:
        raise Refused("too_long")
    if any(line[1:2] != "=" or "\r" in line for line in lines):
        raise Refused("bad_offer")
    starts = [at for at, line in enumerate(lines) if line.startswith("m=")]
    if len(starts) > SECTIONS_MAX:
        raise Refused("too_many_streams")
    if not starts:
        raise Refused("bad_offer")
    ends = [*starts[1:], len(lines)]
    return lines[: starts[0]], [lines[start:end] for start, end in zip(starts, ends, strict=True)]


def _section(block: list[str]) -> Section:
    media = block[0][2:].split()
    kind = _KINDS.get(media[0]) if media else None
    if kind is None or len(media) < 4:
        raise Refused("bad_offer")
    if media[2] != "UDP/TLS/RTP/SAVPF" or "a=rtcp-mux" not in block:
        raise Refused("bad_offer")
    if media[1] == "0" and "a=bundle-only" not in block:
        raise Refused("bad_offer")
    if len(media) - 3 > CODECS_MAX:
        raise Refused("too_long")
    if any(line.startswith(("a=simulcast:", "a=rid:")) for line in block):
        raise Refused("too_many_streams")
    mid = _one(block, "a=mid:", "not_bundled")
    if not _TOKEN.fullmatch(mid):
        raise Refused("not_bundled")
    directions = [_DIRECTIONS[line] for line in block if line in _DIRECTIONS]
    if len(directions) > 1:
        raise Refused("bad_offer")
    payload_type = _payload_type(block, kind, media[3:])
    return Section(
        kind=kind,
        mid=mid,
        direction=directions[0] if directions else "sendrecv",
        payload_type=payload_type,
        stereo="stereo=1" in _parameters(block, payload_type),
        ssrc=_ssrc(block),
    )


def _payload_type(block: list[str], kind: Kind, offered: list[str]) -> int:
    for number in offered:
        if f"a=rtpmap:{number} {_CODECS[kind]}" in (line.lower() for line in block if line.startswith("a=rtpmap:")):
            found = _number(number, 127, "no_codec")
            if 64 <= found <= 95:  # would be read as RTCP beside it (RFC 5761, 4)
                raise Refused("no_codec")
            return found
    raise Refused("no_codec")


def _parameters(block: list[str], payload_type: int) -> list[str]:
    start = f"a=fmtp:{payload_type} "
    found = next((line[len(start) :] for line in block if line.startswith(start)), "")
    return [parameter.strip().lower() for parameter in found.split(";")]


def _ssrc(block: list[str]) -> int | None:
    """The section's stream: the first of a retransmission group, else the only one."""
    seen = dict.fromkeys(
        _number(line[7:].partition(" ")[0], 0xFFFF_FFFF, "bad_offer") for line in block if line.startswith("a=ssrc:")
    )
    groups = [line[13:].split() for line in block if line.startswith("a=ssrc-group:")]
    if len(seen) > SSRCS_MAX or len(groups) > SSRCS_MAX:
        raise Refused("too_long")
    if any(len(group) != 3 or group[0] != "FID" for group in groups) or len(groups) > 1:
        raise Refused("too_many_streams")
    repair = {_number(group[2], 0xFFFF_FFFF, "bad_offer") for group in groups}
    streams = [ssrc for ssrc in seen if ssrc not in repair]
    if len(streams) > 1:
        raise Refused("too_many_streams")
    return streams[0] if streams else None


def _transport(session: list[str], block: list[str]) -> tuple[str, str, str]:
    """ICE credentials and fingerprint of a section, or of the session where it has none (RFC 8839, 8122)."""
    lines = session + block
    setups = {line[8:] for line in lines if line.startswith("a=setup:")}
    if not setups <= {"actpass", "active"} or not setups:  # the relay is passive
        raise Refused("bad_offer")
    ufrag = _last(lines, "a=ice-ufrag:")
    pwd = _last(lines, "a=ice-pwd:")
    fingerprint = _last(lines, "a=fingerprint:sha-256 ").upper()
    if not (_ICE.fullmatch(ufrag) and _ICE.fullmatch(pwd) and len(pwd) >= 22 and _SHA256.fullmatch(fingerprint)):
        raise Refused("bad_offer")
    return ufrag, pwd, fingerprint


def _last(lines: list[str], start: str) -> str:
    return next((line[len(start) :] for line in reversed(lines) if line.startswith(start)), "")


def _one(lines: list[str], start: str, code: RefusedCode) -> str:
    found = [line[len(start) :] for line in lines if line.startswith(start)]
    if len(found) != 1:
        raise Refused(code)
    return found[0]


def _number(text: str, most: int, code: RefusedCode) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= most):
        raise Refused(code)
    return int(text)
