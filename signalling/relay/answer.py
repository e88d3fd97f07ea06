"""The relay's answers: to a publisher's offer and to an observer's (RFC 8829; ICE-lite, RFC 8445; DTLS-SRTP, RFC 5763).

Theory of operation
===================
The browser offers, the relay answers, and it answers with as little as will do, so that there is little that could go
differently from one browser to the next:

- one codec a section, Opus or VP8, and no format for retransmissions: a packet asked for again comes under its number;
- towards publishers the feedback that the relay itself sends: NACK, PLI, and REMB as a fixed cap. No transport-wide
  congestion control: nothing here would answer it;
- no header extensions: sections are told apart by SSRC, which both sides declare, so not by mid; nothing here reads the
  others, and what is not settled cannot pass to observers.

A publisher offers at most one sound and one picture. An observer offers sound and picture of each side in the order in
which the sides were named to it, and is told each stream's side as the name of the media stream it belongs to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from signalling.relay.offer import Offer, Section, parse_offer
from signalling.relay.port import Address, Refused
from signalling.relay.streams import CNAME, RELAY_SSRC, Published, Stream, Subscription

__all__ = ["Local", "observer_answer", "parse_offer", "published", "publisher_answer", "subscriptions"]

SIDES_MAX: Final = 8
"""That one observer's leg may carry: a teacher and seven pupils."""
SPEECH: Final = "minptime=10;useinbandfec=1"
"""What the relay's answer asks of Opus for speech; the leg's bit rate is the page's to set."""
MUSIC: Final = "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1;maxaveragebitrate=256000;usedtx=0"
"""For a publisher that offers stereo: the line that was measured to bring true stereo at 256 kbit/s; it has to stand in
the answer of the one who receives."""
_SIDE: Final = re.compile(r"[A-Za-z0-9._~-]{1,64}")
"""A side's id as a token of SDP (RFC 8830 bounds a stream's at 64): the server's own, and looked at all the same."""
PRIORITY: Final = 2_130_706_431
"""Of the first candidate: a host's on UDP at the highest local preference (RFC 8445, 5.1.2.1)."""
_SSRC_DRAWS_MAX: Final = 64
"""Draws for one leg's SSRCs; the chance that sixteen of 2^32 collide even once is 3 in 10^8."""


class Local(msgspec.Struct, frozen=True, kw_only=True):
    """The relay's end of one leg."""

    ufrag: str
    pwd: str
    fingerprint: str
    """SHA-256 of the relay's certificate, as ``AB:CD:…``."""
    addresses: tuple[Address, ...]
    """What candidates name, the preferred first."""


def published(offer: Offer) -> Published:
    """What a publisher's offer will send.

    Raises:
        Refused: ``too_many_streams`` for more than one sound and one picture; ``bad_offer`` where nothing is sent,
            where a section only receives, or where two streams, or a stream and the relay, share an SSRC.
    """
    kinds = [section.kind for section in offer.sections]
    if len(set(kinds)) != len(kinds):
        raise Refused("too_many_streams")
    streams = []
    for section in offer.sections:
        if section.direction == "recvonly":
            raise Refused("bad_offer")
        if section.direction == "inactive":  # a page without a camera
            continue
        if section.ssrc is None:
            raise Refused("bad_offer")
        streams.append(
            Stream(
                kind=section.kind,
                ssrc=section.ssrc,
                payload_type=section.payload_type,
            )
        )
    if not streams:
        raise Refused("bad_offer")
    ssrcs = {stream.ssrc for stream in streams}
    if len(ssrcs) != len(streams) or RELAY_SSRC in ssrcs or 0 in ssrcs:
        raise Refused("bad_offer")
    return Published(streams=tuple(streams))


def subscriptions(offer: Offer, sides: Sequence[str], entropy: Callable[[int], bytes]) -> tuple[Subscription, ...]:
    """What an observer's offer will be sent: its sections are sound and picture of each side, in that order.

    Args:
        offer: The observer's.
        sides: Distinct, in the order of the sections.
        entropy: ``n`` random bytes; SSRCs come from it.

    Raises:
        Refused: ``too_many_streams`` for more than `SIDES_MAX`; ``bad_offer`` where the sections are not theirs, or one
            does not receive.
    """
    if len(sides) > SIDES_MAX or len(set(sides)) != len(sides):
        raise Refused("too_many_streams")
    if not all(_SIDE.fullmatch(side) for side in sides):
        raise Refused("bad_offer")
    wanted = [(side, kind) for side in sides for kind in ("audio", "video")]
    if [kind for _, kind in wanted] != [section.kind for section in offer.sections]:
        raise Refused("bad_offer")
    if any(section.direction not in ("recvonly", "sendrecv") for section in offer.sections):
        raise Refused("bad_offer")
    # The observer's own receiver reports bear an SSRC that its offer names where it sends anything at all.
    ssrcs = _ssrcs(len(wanted), {section.ssrc for section in offer.sections if section.ssrc is not None}, entropy)
    return tuple(
        Subscription(side=side, kind=section.kind, ssrc=ssrc, payload_type=section.payload_type)
        for (side, _), section, ssrc in zip(wanted, offer.sections, ssrcs, strict=True)
    )


def _ssrcs(count: int, taken: set[int], entropy: Callable[[int], bytes]) -> list[int]:
    drawn: dict[int, None] = {}
    for _ in range(_SSRC_DRAWS_MAX):
        if len(drawn) == count:
            return list(drawn)
        ssrc = int.from_bytes(entropy(4), "big")
        if ssrc not in taken and ssrc not in (0, RELAY_SSRC):
            drawn[ssrc] = None
    if len(drawn) == count:
        return list(drawn)
    raise Refused("bad_offer")


def publisher_answer(offer: Offer, local: Local) -> str:
    """The answer to an offer that `published` took."""
    return _answer(offer, local, (_receiving(section) for section in offer.sections))


def observer_answer(offer: Offer, streams: Sequence[Subscription], local: Local) -> str:
    """The answer to an offer that `subscriptions` took.

    A side's sound and picture are of one media stream, named as the side: ``event.streams[0].id``.
    """
    pairs = zip(offer.sections, streams, strict=True)
    return _answer(offer, local, (_sending(section, stream) for section, stream in pairs))


def _answer(offer: Offer, local: Local, sections: Iterable[list[str]]) -> str:
    mids = " ".join(section.mid for section in offer.sections)
    lines = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=ice-lite", f"a=group:BUNDLE {mids}"]
    transport = [
        f"a=ice-ufrag:{local.ufrag}", f"a=ice-pwd:{local.pwd}", f"a=fingerprint:sha-256 {local.fingerprint}",
        "a=setup:passive", "a=rtcp-mux", "a=rtcp-rsize",
        # On every section: aiortc, for one, takes them from the last.
        *(
            f"a=candidate:{number} 1 udp {PRIORITY - 256 * number} {host} {port} typ host"
            for number, (host, port) in enumerate(local.addresses)
        ),
        "a=end-of-candidates",
    ]  # fmt: skip
    for own in sections:
        lines += own + transport
    return "\r\n".join(lines) + "\r\n"


def _section(section: Section, direction: str) -> list[str]:
    payload_type = section.payload_type
    lines = [
        f"m={section.kind} 9 UDP/TLS/RTP/SAVPF {payload_type}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{section.mid}",
        f"a={direction}",
    ]
    if section.kind == "audio":
        line = MUSIC if section.stereo else SPEECH
        return [*lines, f"a=rtpmap:{payload_type} opus/48000/2", f"a=fmtp:{payload_type} {line}"]
    return [
        *lines,
        f"a=rtpmap:{payload_type} VP8/90000",
        f"a=rtcp-fb:{payload_type} nack",
        f"a=rtcp-fb:{payload_type} nack pli",
    ]


def _receiving(section: Section) -> list[str]:
    lines = _section(section, "inactive" if section.direction == "inactive" else "recvonly")
    if section.kind == "video":
        lines.append(f"a=rtcp-fb:{section.payload_type} goog-remb")
    return lines


def _sending(section: Section, stream: Subscription) -> list[str]:
    track = f"{stream.side}-{stream.kind}"
    return [
        *_section(section, "sendonly"),
        f"a=msid:{stream.side} {track}",
        f"a=ssrc:{stream.ssrc} cname:{CNAME}-{stream.side}",
        f"a=ssrc:{stream.ssrc} msid:{stream.side} {track}",
    ]
