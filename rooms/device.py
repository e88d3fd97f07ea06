"""What is known of one device of a side: its line, its camera and microphone, and what it sends and receives.

A device's reports speak of that device alone. Nothing here knows of the other side.
"""

from __future__ import annotations

import enum
from typing import Final

import msgspec

from rooms.leg import Leg
from rooms.proof import FOREVER, GAP_MS, LOSS_MS, NEVER, SILENT_MS, Proof
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


class Own(msgspec.Struct, frozen=True, gc=False):
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


_LOST: Final = Standing.LOST
_UNSURE: Final = Standing.UNSURE
_FINE: Final = Standing.FINE
_CLOSED_WELL: Final = (Reason.AWAY,)
_BROKE: Final = (Reason.LINE,)
_SAYS_NOTHING: Final = (Reason.MEDIA,)


class Device:
    """One device that is, or was a moment ago, in the room."""

    __slots__ = (
        "before", "came_at", "camera", "closed_well", "joined_at", "line", "microphone", "open", "quality", "received",
        "received_count", "reported", "sent", "sent_count", "silent_by_choice",
    )  # fmt: skip

    def __init__(self, now: int) -> None:
        self.joined_at = now
        self.open = 0
        """Sockets of this device: a reload may open the next before the last one is known to be closed."""
        self.closed_well = False
        self.line = Proof()
        self.came_at = now
        """When the first of its open sockets joined."""
        self.before = (NEVER, False)
        """What `line.ok` and `closed_well` were before that."""
        self.camera = Part()
        self.microphone = Part()
        self.sent = Proof()
        self.received = Proof()
        self.sent_count: int | None = None
        self.received_count: int | None = None
        self.reported = NEVER
        self.silent_by_choice = False
        """Camera and microphone are both switched off: no packets are no evidence, while the connection stands."""
        self.quality = Quality()

    def come(self, now: int) -> None:
        """A socket of it joined."""
        if self.open == 0:
            self.came_at, self.before = now, (self.line.ok, self.closed_well)
        self.open += 1
        self.closed_well = False
        self.line.prove(now)

    def never_came(self) -> bool:
        """The socket that joined last was not let in; returns whether nothing of the device remains."""
        self.open -= 1
        if self.open > 0:
            return False
        ok, self.closed_well = self.before
        self.line.ok = ok
        self.line.gaps = [gap for gap in self.line.gaps if gap[1] <= ok]
        return ok < NEVER // 2

    def report(self, sample: Sample, *, started: bool, now: int) -> bool:
        """Take in one report; whether camera or microphone changed."""
        self.reported = now
        camera, microphone = self.camera, self.microphone
        changed = camera.report(sample.camera, started=started, now=now)
        changed |= microphone.report(sample.microphone, started=started, now=now)
        self.silent_by_choice = sample.connected and camera.state == "off" and microphone.state == "off"
        sent, received = sample.sent, sample.received
        # A smaller number than before is a new peer connection, which counts from 0.
        if sent != self.sent_count:
            if self.sent_count is not None and sent > 0:
                self.sent.prove(now)
            self.sent_count = sent
        if received != self.received_count:
            if self.received_count is not None and received > 0:
                self.received.prove(now)
            self.received_count = received
        self.quality.sample(sample, now)
        return changed

    def own(self, now: int, leg: Leg | None = None) -> Own:
        """How it stands at ``now``, by itself; ``leg``: what the relay has heard of its side."""
        line, reported = self.line, self.reported
        proven = line.ok
        if leg is not None and now - proven >= LOSS_MS and not self.closed_well:
            silent = leg.silent_since(proven)
            if silent is not None:
                # Cut together with media, the line was there until then; else it had fallen silent before.
                return Own(_LOST, silent if silent - proven < GAP_MS else proven, _BROKE, now, reported)
        if now - proven >= self._silent_ms() or (line.gaps and line.patchy(now)):
            return Own(_LOST, proven, _CLOSED_WELL if self.closed_well else _BROKE, now, reported)
        if not (self.camera.fine and self.microphone.fine):
            lost, proven = self._at_fault(now)
            if lost is not None:
                return lost
        # Only a line that was heard long after the last report shows that the reports ceased; else the line did.
        if line.ok - reported >= SILENT_MS:
            since = reported if reported > self.joined_at else self.joined_at
            return Own(_UNSURE, since, _SAYS_NOTHING, proven, reported)
        return Own(_FINE, now, (), proven, reported)

    def _silent_ms(self) -> int:
        """How long a silence is a loss: nothing is still under way on a socket that was closed in good order."""
        return LOSS_MS if self.closed_well else SILENT_MS

    def _at_fault(self, now: int) -> tuple[Own | None, int]:
        """How it stands if camera or microphone has been at fault for long; else None, and up to when it is proven."""
        proven = self.line.ok
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
        return (Own(_LOST, onset, lost, now, self.reported) if lost else None), proven

    def next_due(self, now: int) -> int:
        """A time before which time alone changes nothing here."""
        line = self.line
        due = line.ok + self._silent_ms()
        if due <= now:
            due = FOREVER  # silent for so long already: only hearing it changes that
        elif line.gaps:
            due = min(due, line.patchy_from(now))
        for part in (self.camera, self.microphone):
            if not part.fine and now - part.ok < LOSS_MS:
                due = min(due, part.ok + LOSS_MS)
        return due

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
        self.came_at += ms
        self.before = (self.before[0] + ms, self.before[1])
        self.reported += ms
        for proof in (self.line, self.sent, self.received):
            proof.shift(ms)
        self.camera.ok += ms
        self.microphone.ok += ms
        self.quality.shift(ms)
