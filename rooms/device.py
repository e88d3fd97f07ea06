"""What is known of one device of a side: its line, its camera and microphone, and what it sends and receives.

A device's reports speak of that device alone. Nothing here knows of the other side.
"""

from __future__ import annotations

import enum
from typing import NamedTuple

from rooms.proof import LOSS_MS, NEVER, Proof
from rooms.quality import Quality, Sample


class Reason(enum.StrEnum):
    """Why a side is not ready; the codes that `rooms.commands.SideIs.reasons` carries."""

    AWAY = "away"
    """Nobody of that side is in the room: never came, left, or closed the page."""
    LINE = "line"
    """The control connection broke or fell silent."""
    MEDIA = "media"
    """Nothing shows yet, or any more, that sound and picture get through."""
    CAMERA = "camera"
    MICROPHONE = "microphone"
    PATH = "path"
    """As ``media``, while another path is being tried."""
    TAKEOVER = "takeover"
    """Another device of the same person is taking over."""


class Standing(enum.IntEnum):
    """How far a device, or a side by its best device, is ready by itself: without regard to the other side."""

    LOST = 0
    UNSURE = 1
    """It is here, but has not reported (lately)."""
    FINE = 2


class Own(NamedTuple):
    """A standing and its dates."""

    standing: Standing
    onset: int
    """Since when it is no better than this: the last evidence of better. Unix ms."""
    reasons: tuple[str, ...]
    proven: int
    """Up to here nothing that comes later can still show it lost. Unix ms."""
    reported: int
    """The last report; `NEVER` before the first."""


class Part:
    """A camera or a microphone. A fault that lasts less than 3 s is none (another one was being plugged in)."""

    __slots__ = ("fine", "ok", "state")

    def __init__(self) -> None:
        self.state = ""
        self.fine = True
        self.ok = NEVER
        """The last report that it works."""

    def report(self, state: str, *, started: bool, now: int) -> bool:
        """Take in what the browser says of it; whether that differs from before. *Off* counts once started (C)."""
        fine = state == "on" or (state == "off" and started)
        changed = fine != self.fine
        self.state = state
        self.fine = fine
        if fine:
            self.ok = now
        return changed


class Device:
    """One device that is, or was a moment ago, in the room."""

    __slots__ = (
        "camera", "closed_well", "joined_at", "line", "linked", "microphone", "open", "quality", "received",
        "received_count", "reported", "sent", "sent_count",
    )  # fmt: skip

    def __init__(self, now: int) -> None:
        self.joined_at = now
        self.open = 0
        """Sockets of this device: a reload may open the next before the last one is known to be closed."""
        self.closed_well = False
        self.line = Proof()
        self.camera = Part()
        self.microphone = Part()
        self.sent = Proof()
        self.received = Proof()
        self.sent_count: int | None = None
        self.received_count: int | None = None
        self.reported = NEVER
        self.linked = False
        self.quality = Quality()

    @property
    def silent_by_choice(self) -> bool:
        """Camera and microphone are both switched off: no packets are no evidence, while the connection stands."""
        return self.linked and self.camera.state == "off" and self.microphone.state == "off"

    def report(self, sample: Sample, *, started: bool, now: int) -> bool:
        """Take in one report; whether camera or microphone changed."""
        self.reported = now
        self.linked = sample.connected
        changed = self.camera.report(sample.camera, started=started, now=now)
        changed |= self.microphone.report(sample.microphone, started=started, now=now)
        if _grew(self.sent_count, sample.sent):
            self.sent.prove(now)
        if _grew(self.received_count, sample.received):
            self.received.prove(now)
        self.sent_count = sample.sent
        self.received_count = sample.received
        self.quality.sample(sample, now)
        return changed

    def own(self, now: int) -> Own:
        """How it stands at ``now``, by itself."""
        proven = self.line.ok
        if self.line.lost(now):
            reason = Reason.AWAY if self.closed_well else Reason.LINE
            return Own(Standing.LOST, proven, (reason,), now, self.reported)
        lost: tuple[str, ...] = ()
        onset = now
        for reason, part in ((Reason.CAMERA, self.camera), (Reason.MICROPHONE, self.microphone)):
            if part.fine:
                continue
            if now - part.ok >= LOSS_MS:
                lost += (reason,)
                onset = min(onset, part.ok if part.ok > NEVER // 2 else self.reported)
            else:
                proven = min(proven, part.ok)
        if lost:
            return Own(Standing.LOST, onset, lost, now, self.reported)
        # Only a line that was heard 3 s after the last report shows that the reports ceased; else the line did.
        if self.line.ok - self.reported >= LOSS_MS:
            since = max(self.reported, self.joined_at)
            return Own(Standing.UNSURE, since, (Reason.MEDIA,), proven, self.reported)
        return Own(Standing.FINE, now, (), proven, self.reported)

    def next_due(self, now: int) -> int:
        """A time before which time alone changes nothing here."""
        if self.line.flapped:
            return now
        due = self.line.ok + LOSS_MS
        for part in (self.camera, self.microphone):
            if not part.fine and now - part.ok < LOSS_MS:
                due = min(due, part.ok + LOSS_MS)
        return due if due > now else now + 1_000

    def restart(self, now: int) -> None:
        """After time in which the service heard nobody: what worked before still does, until 3 s show otherwise."""
        if not self.open:
            return
        for proof in (self.line, self.sent, self.received):
            if proof.ok > NEVER // 2:
                proof.restart(now)
        if self.reported > NEVER // 2:
            self.reported = now
            self.camera.ok = now if self.camera.fine else self.camera.ok
            self.microphone.ok = now if self.microphone.fine else self.microphone.ok

    def shift(self, ms: int) -> None:
        """The clock jumped forward."""
        self.joined_at += ms
        self.reported += ms
        for proof in (self.line, self.sent, self.received):
            proof.shift(ms)
        self.camera.ok += ms
        self.microphone.ok += ms
        self.quality.shift(ms)


def _grew(before: int | None, count: int) -> bool:
    """Whether packets came since the last report; a smaller number is a new peer connection that counts from 0."""
    return before is not None and count != before and count > 0
