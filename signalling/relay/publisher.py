"""One publisher's leg as the router sees it: what comes from it, and the only control that it is ever sent.

Nothing in here knows of observers. So what a publisher can count (keyframe requests, NACKs, its bit rate's bound) is
the same, watched or not.
"""

from __future__ import annotations

from typing import Final

from signalling.relay import rtcp
from signalling.relay.streams import CNAME, RELAY_SSRC, Kind, Published
from signalling.relay.track import Track

REPORT_S: Final = 1.0
"""Between receiver reports: browsers' own pace for pictures, and what their loss-based rate control goes by."""
KEYFRAME_S: Final = 2.0
"""Between keyframe requests: the longest that a newcomer without a cache, or an observer who lost too much, waits; a
priming is then at most 30 pictures. A keyframe at half size is 8 to 12 kB: a fifth of a leg's 200 kbit/s; each second
it would be two fifths."""
KEYFRAME_RETRY_S: Final = 0.5
"""While there has not been any: the first may have been lost before the leg was up."""
CAP_BIT_S: Final = 2_500_000
"""REMB, always the same: a leg's own bound is its encodings' (200 kbit/s), and only media through the relay at full
quality comes near. Without one Chromium climbs from 300 kbit/s by 8 % a second."""
PACKETS_S_MAX: Final = 1_200
"""Taken from one leg: full picture and sound are 320 a second, a keyframe's burst 60 on top."""
COMPOUNDS_S_MAX: Final = 50
"""RTCP taken from one leg, publisher's or observer's: browsers send 1 to 15 a second, the more the more is lost."""
FRACTION: Final = 1 << 32
"""NTP time counts in 2^-32 s."""
_NTP_MASK: Final = (1 << 64) - 1


class Budget:
    """So many a second, counted in whole seconds from the first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._left = most
        self._until = float("-inf")

    def spend(self, now: float) -> bool:
        """Whether one more is within the bound."""
        if now >= self._until:
            self._until = now + 1.0
            self._left = self._most
        self._left -= 1
        return self._left >= 0


class Publisher:
    """One leg that sends."""

    def __init__(self, published: Published) -> None:
        self.tracks = {stream.ssrc: Track(stream) for stream in published.streams}
        self.last_at: float | None = None
        self.packets = Budget(PACKETS_S_MAX)
        self.compounds = Budget(COMPOUNDS_S_MAX)
        self._report_due: float | None = None
        self._keyframe_due: float | None = None
        self._by_kind = {track.stream.kind: track for track in self.tracks.values()}
        self._video = self._by_kind.get("video")
        self._pictured = False
        """Whether a keyframe has come."""
        self._clock_by: int | None = None

    def track(self, kind: Kind) -> Track | None:
        """Its stream of a kind, if it sends one."""
        return self._by_kind.get(kind)

    def came(self, track: Track, *, keyframe: bool, now: float) -> None:
        """A packet was taken in: the first starts the clocks of what is sent."""
        self.last_at = now
        if self._report_due is None:
            self._report_due = now
        if track is self._video:
            if keyframe and not self._pictured:
                self._pictured = True
                self._keyframe_due = now + KEYFRAME_S
            elif self._keyframe_due is None:
                self._keyframe_due = now

    def reported(self, track: Track, report: rtcp.SenderReport, now: float) -> tuple[int, int]:
        """A sender report came: its moment by the relay's clock, and its timestamp.

        The publisher's own wall clock stays with it: all its streams are shifted by one amount, found at its first
        report, so that sound and picture keep their distance, and a reload on another device is no leap.
        """
        if self._clock_by is None:
            self._clock_by = int(now * FRACTION) - report.ntp
        moment = ((report.ntp + self._clock_by) & _NTP_MASK, report.timestamp)
        track.reception.reported(report.ntp, now)
        track.reports = [*track.reports[-1:], moment]
        return moment

    def next_tick(self) -> float | None:
        """When `tick` has something to say."""
        # Asked fifty times a second for each lesson, so without a generator.
        first = self._report_due
        if self._keyframe_due is not None and (first is None or self._keyframe_due < first):
            first = self._keyframe_due
        for track in self.tracks.values():
            due = track.reception.due
            if due is not None and (first is None or due < first):
                first = due
        return first

    def tick(self, now: float) -> list[bytes]:
        """What the publisher is sent now: missing packets asked for, a keyframe, reports."""
        out = []
        for track in self.tracks.values():
            lost = track.reception.missing(now)
            if lost and track is self._video:
                out.append(rtcp.nack(RELAY_SSRC, track.stream.ssrc, lost))
            if track.cache is not None:
                track.cache.trim(now)
        if self._video is not None and self._keyframe_due is not None and now >= self._keyframe_due:
            out.append(rtcp.pli(RELAY_SSRC, self._video.stream.ssrc))
            self._keyframe_due = _next(self._keyframe_due, KEYFRAME_S if self._pictured else KEYFRAME_RETRY_S, now)
        if self._report_due is not None and now >= self._report_due:
            out.append(self._report(now))
            self._report_due = _next(self._report_due, REPORT_S, now)
        return out

    def _report(self, now: float) -> bytes:
        heard = [track for track in self.tracks.values() if track.reception.highest >= 0]
        blocks = [track.reception.block(track.stream.ssrc, now) for track in heard]
        return (
            rtcp.receiver_report(RELAY_SSRC, blocks)
            + rtcp.description(RELAY_SSRC, CNAME)
            + rtcp.remb(RELAY_SSRC, CAP_BIT_S, list(self.tracks))
        )


def _next(due: float, every: float, now: float) -> float:
    """The next moment of a cadence: from the last, unless that one is so long past that it would be caught up."""
    return due + every if now < due + every else now + every
