"""From samples to what evidence says of a side: ready, lost or unknown, each with its true onset (POLICY.md C).

Soft state, held by the host, never logged: only a change of class becomes a command. All times are the policy clock's,
in Unix milliseconds, and are given; nothing here reads a clock.

Theory of operation
===================
A side stands by its best *device*; a device by itself is

| device by itself | when |
|---|---|
| lost: away   | never came, left, or its socket was closed in good order and it did not return within 3 s |
| lost: line   | not heard for 4.5 s (a beat comes every second; one that was lost comes late), or for 3 s where the   |
|              | relay hears nothing of its side either, or over a quarter of the last 20 s lost in gaps |
| lost: camera, microphone | its own report says missing, blocked, in use, ended (before *started*: off) for 3 s |
|              | or from the first |
| unsure: media | in the room, but no report yet; or heard for 4.5 s after its last report           |
| fine         | else |

A side is then

| side | when |
|---|---|
| lost         | every one of its devices is lost; but within 10 s of a takeover that found the side not lost: |
| unknown: takeover | that |
| lost: media  | *dark*: fine, but its media demonstrably reaches neither the other side nor us               |
| unknown: media | unsure; or fine, somebody of the other side is neither lost nor dark, and media between the two is |
|              | not shown to flow; or fine and nobody is there, and media does not reach us, as far as we know |
| unknown: path | as above, for 10 s after another path was asked for: a word, never a class |
| ready        | fine, and media flows; or fine, the other side is lost or dark, and media reaches us (C3 can run) |

*Media flows* between the teacher and a pupil as long as both report more packets sent and more received, or the one
that does not send has switched camera and microphone off after *started* and its connection stands. It has ceased once
both are proven (heard, devices fine) for 4.5 s after the last of it: so a cut cable is a lost line and not a loss of
media, whichever report came last. When two sides first meet, the one that was ready before stays so for those 4.5 s.
The teacher needs media with one of the pupils who are not lost; a pupil with the teacher.

*Media reaches us* while packets come on the side's leg to the media relay (`rooms.leg`): the server's own view, on
which fault for media rests. A side is dark once its leg was silent for 3 s (or for over a quarter of the last 20 s), in
which its line was heard and the relay heard others, unless media with the other side is shown to flow, or its own
browser says that it receives, or it sends nothing by choice. Where nothing shows that the relay hears, or there is no
word of it, nobody is dark. A side that has just come, or to whom somebody has, has 15 s for its media to come; so has
everybody when the relay is back. Two sides whose media reaches us and not each other are both unknown: nobody's fault,
and the server lets media through itself. Without a relay every side's media reaches us as far as we know, and none is
dark: a media cut with both control lines alive is unknown.

*What a report can do.* A browser's report makes its own side lost (its devices), keeps both sides unknown (media), or
keeps its own side from being dark. It never enters the other side's devices, line or leg, and only these make a side
lost. Thus one that can still receive and not send is unknown at first: the other side ceases to send within 30 s
(RFC 7675), then it receives nothing either and becomes dark.

*Dates.* A worse class dates from the last evidence of the better, found 3 to 4.5 s later: of darkness the last packet
on its leg, or the second before media was last shown to flow. A better one dates from the fact that shows it; where it
is better because the other side turns out lost, from that loss.

*Watermark.* `complete_until` is the time before which no change can date any more (at it, one still may). For a side
that is lost it is now; for another the least of what keeps it from being worse: its last beat, its last fault-free
report, the last media. It never goes back, and is never more than 12 s behind.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rooms.commands import Evidence, SideIs
from rooms.device import Device, Reason, Standing
from rooms.leg import Leg
from rooms.lesson import TEACHER, SideId
from rooms.proof import FOREVER, LOSS_MS, NEVER
from rooms.quality import Sample
from rooms.sides import Pair, Side

__all__ = ["LessonEvidence", "Reason", "Sample"]

SUSPICION_MS: Final = 12_000
"""Nothing is ever dated further back than this: the bound on how late a limit can act."""
TAKEOVER_MS: Final = 10_000
"""C: a side is unknown in a takeover for this long at most."""
PATH_MS: Final = 10_000
"""How long another path is tried before the word for it is *media* again: ICE with a restart takes 1 to 8 s."""
DEVICES_MAX: Final = 8
"""Of one side: a pupil and adults, a tab each and some that were just closed. Beyond it the one silent longest goes."""


class LessonEvidence:
    """What evidence says of every side of one lesson."""

    def __init__(self, sides: Iterable[SideId], *, relay: bool = False) -> None:
        """Everybody starts as away.

        Args:
            sides: ``"teacher"`` and the pupils' ids.
            relay: whether there is a media relay, whose view `leg` brings.
        """
        self._sides = {name: Side(name, Leg() if relay else None) for name in sides}
        teacher = self._sides[TEACHER]
        self._pairs = [Pair(teacher, side) for side in self._sides.values() if side is not teacher]
        for pair in self._pairs:
            teacher.pairs.append(pair)
            pair.pupil.pairs.append(pair)
        self._all = tuple(self._sides.values())
        self._changes: list[SideIs] = []
        self._now = NEVER
        self._due = NEVER
        """Before this, time alone changes nothing."""
        self._calm_until = NEVER
        """Before this a beat, or a report of devices that are as they were, changes nothing."""
        self._unjudged = False
        """A fact came in that may change something, and that the next look is to find."""
        self._judged_at = NEVER
        """The instant of the last judgement, if nothing has come in since."""
        self._watermark = NEVER
        self._resumed_at = NEVER

    # Facts ----------------------------------------------------------------------------------------------

    def connected(self, side: SideId, device: str, now: int) -> None:
        """A socket of this device joined. The same device again is a reload, or a line that came back."""
        now = self._until(now)
        devices = self._sides[side].devices
        if device not in devices:
            if len(devices) >= DEVICES_MAX:
                del devices[min(devices, key=lambda name: devices[name].line.ok)]
            devices[device] = Device(now)
        devices[device].come(now)
        self._judge(now)

    def never_came(self, side: SideId, device: str, now: int) -> None:
        """A socket that `connected` told of was not let in: forget at once what came of it."""
        now = self._until(now)
        where = self._sides[side]
        known = where.devices.get(device)
        if known is None or known.open == 0:
            return
        if where.leg is not None:
            where.leg.never_came(known.came_at)
        if known.never_came():
            del where.devices[device]
        self._judge(now)

    def disconnected(self, side: SideId, device: str, now: int, clean: bool) -> None:
        """That socket is gone. Closed in good order, it was there until ``now``; broken, until it was last heard."""
        now = self._until(now)
        known = self._sides[side].devices.get(device)
        if known is None or known.open == 0:
            return
        known.open -= 1
        if known.open == 0 and clean:
            known.line.prove(now)
            known.closed_well = True
        self._judge(now)

    def heard(self, side: SideId, device: str, now: int) -> None:
        """Any frame or beat of a device that is in; others are passed over."""
        if self._now < now < self._due:
            self._now = now
        else:
            now = self._until(now)
        where = self._sides[side]
        known = where.devices.get(device)
        if known is None or known.open == 0:
            return
        known.line.prove(now)
        if now >= self._calm_until or where.evidence == "lost":
            self._judge(now)
        else:
            self._judged_at = NEVER

    def report(self, side: SideId, device: str, sample: Sample, now: int) -> None:
        """A browser's report of the last second; it is a frame like any other, too."""
        if self._now < now < self._due:
            self._now = now
        else:
            now = self._until(now)
        where = self._sides[side]
        known = where.devices.get(device)
        if known is None or known.open == 0:
            return
        silent = known.silent_by_choice
        known.line.prove(now)
        changed = known.report(sample, started=where.started, now=now)
        if silent and not known.silent_by_choice and where.leg is not None:
            where.leg.come(now)
        if changed or now >= self._calm_until or where.evidence == "lost":
            self._judge(now)
        else:
            self._judged_at = NEVER
            self._unjudged |= known.silent_by_choice != silent

    def leg(self, side: SideId, at: int | None, others_at: int | None, now: int) -> None:
        """What the relay says of a side that has come once; about once a second. Without a relay it is passed over.

        Args:
            side: whose leg it is.
            at: when the last RTP came on it; None: none yet, or it has no leg.
            others_at: when the last came on any other leg, of any lesson; None: never, the relay is not heard from, or
                it refused this side's leg: then its silence is nobody's fault.
            now: when the relay was asked.
        """
        now = self._until(now)
        where = self._sides[side]
        if where.leg is None:
            return
        if where.leg.told(at, others_at, now) and where.devices:
            self._judge(now)
        else:
            self._judged_at = NEVER

    def left(self, side: SideId, now: int, device: str | None = None) -> None:
        """Leave was pressed: away at once. Without ``device``: the whole side."""
        now = self._until(now)
        self._sides[side].drop(device, now)
        self._sides[side].takeover_until = NEVER
        self._judge(now)

    def takeover(self, side: SideId, now: int, old: str | None = None) -> None:
        """Another device takes over, and ``old`` (or every one) is fenced. Call it before the new one's `connected`.

        A side that is lost stays so until the new device shows better, and a second takeover within one does not
        lengthen it: so changing devices again and again keeps no clock from running.
        """
        now = self._until(now)
        where = self._sides[side]
        where.drop(old, now)
        if where.evidence != "lost" and now >= where.takeover_until:
            where.takeover_until = now + TAKEOVER_MS
        if where.leg is not None:
            where.leg.forget(now)
        self._judge(now)

    def path_switching(self, side: SideId, now: int) -> None:
        """Another path is being tried. Changes no class: only what it is called while media does not flow."""
        now = self._until(now)
        self._sides[side].path_until = now + PATH_MS
        self._judge(now)

    def set_started(self, side: SideId, started: bool) -> None:
        """Whether this side's lesson has *started*: from then on, own mute and camera off are never a loss."""
        where = self._sides[side]
        if where.started == started:
            return
        where.started = started
        for device in where.devices.values():
            for part in (device.camera, device.microphone):
                if part.state == "off":
                    part.report("off", started=started, now=self._now)
        self._judge(self._now)

    def shift(self, ms: int) -> None:
        """The policy clock jumped forward by ``ms`` in a test: what was heard a second ago still was."""
        if self._now == NEVER:
            return
        for side in self._sides.values():
            side.away_since += ms
            side.takeover_until += ms
            side.path_until += ms
            if side.leg is not None:
                side.leg.shift(ms)
            for device in side.devices.values():
                device.shift(ms)
        for pair in self._pairs:
            pair.shift(ms)
        self._now += ms
        self._judge(self._now)

    def resumed_platform(self, now: int) -> None:
        """The service can hear again. Nothing dates into the gap, and every side's class is told anew."""
        now = max(now, self._now)
        self._now = now
        self._resumed_at = now
        for side in self._sides.values():
            side.tell_again = True
            if side.leg is not None:
                side.leg.restart(now)
            for device in side.devices.values():
                device.restart(now)
        self._judge(now)

    def tell_again(self, side: SideId) -> None:
        """A change that `changes` gave did not get to the room: the next look tells what the side is by then."""
        self._sides[side].tell_again = True
        self._unjudged = True
        self._judged_at = NEVER

    # Answers --------------------------------------------------------------------------------------------

    @property
    def changed(self) -> bool:
        """Whether a change was found that `changes` has not told yet; looks at nothing: it may be asked each frame."""
        return bool(self._changes)

    def changes(self, now: int) -> list[SideIs]:
        """Every change of class or of its reasons since the last call, in order of finding; ``at`` is the onset."""
        now = self._until(now)
        if self._unjudged:
            self._judge(now)
        if not self._changes:
            return []
        told, self._changes = self._changes, []
        return told

    def complete_until(self, now: int) -> int:
        """The watermark: no change that is still to come dates before this. Ask for `changes` first."""
        now = self._until(now)
        if self._judged_at != now:
            self._judge(now)
        mark = min((self._proven(side, now) for side in self._sides.values()), default=now)
        mark = min(now, max(mark, now - SUSPICION_MS))
        for change in self._changes:
            mark = min(mark, change.at)
        self._watermark = max(self._watermark, mark)
        return self._watermark

    def weak(self, now: int) -> tuple[SideId, ...]:
        """The sides whose connection is weak, of those with a line. Worse after 3 s, better after 10 s."""
        found: tuple[SideId, ...] = ()
        for side in self._all:
            for device in side.devices.values():
                if device.quality.weak:
                    live = [device for device in side.devices.values() if device.open and not device.line.lost(now)]
                    if live and all(device.quality.weak for device in live):
                        found = (*found, side.name)
                    break
        return found

    # Judging --------------------------------------------------------------------------------------------

    def _until(self, now: int) -> int:
        """Before a fact: let time bring what it brings up to ``now``; and time does not go back."""
        now = max(now, self._now)
        self._now = now
        if now >= self._due:
            self._judge(now)
        return now

    def _judge(self, now: int) -> None:
        """Judge every side at ``now`` and note what changed."""
        newly_lost = NEVER
        for side in self._all:
            was_here = side.here
            side.look(now)
            if was_here and not side.here:
                newly_lost = max(newly_lost, side.own.onset)
        for pair in self._pairs:
            pair.look(now)
        newly_lost = max(newly_lost, self._look_at_media(now))
        for side in self._all:
            self._tell(side, now, newly_lost)
        self._due = self._next_due(now)
        self._calm_until = self._calm(now)
        self._judged_at = now
        self._unjudged = False

    def _look_at_media(self, now: int) -> int:
        """Find who is dark, once the pairs have been looked at; the latest onset of those who were not."""
        newly_dark = NEVER
        for side in self._all:
            if side.leg is None:
                continue
            was_dark = side.dark
            side.look_at_media()
            if side.dark and not was_dark:
                newly_dark = max(newly_dark, side.dark_since)
            elif was_dark and not side.dark:
                side.meet_again(now)
        return newly_dark

    def _tell(self, side: Side, now: int, newly_lost: int) -> None:
        """Note the side's class, if it changed: a worse one from its onset, a better one from what shows it."""
        evidence, reasons, onset = self._class_of(side, now)
        if evidence == "ready":
            side.takeover_until = NEVER
        if evidence == side.evidence and reasons == side.reasons and not side.tell_again:
            return
        if evidence == side.evidence and reasons == side.reasons:
            at = side.since  # told again
        elif _RANK[evidence] < _RANK[side.evidence]:
            at = max(onset, newly_lost) if evidence == "unknown" else onset
        elif evidence == "ready" and newly_lost > NEVER // 2 and (side.evidence, side.reasons) in _UNKNOWN_FLOW:
            at = newly_lost if side.leg is None else max(newly_lost, side.leg.flows_since)
        else:
            at = now
        at = min(now, max(at, side.since, self._watermark, self._resumed_at))
        side.evidence, side.reasons, side.since, side.tell_again = evidence, reasons, at, False
        self._changes.append(SideIs(side=side.name, evidence=evidence, at=at, reasons=reasons))

    def _class_of(self, side: Side, now: int) -> tuple[Evidence, tuple[str, ...], int]:
        """The class of a side that was looked at, its reasons, and since when it is no better."""
        own = side.own
        if not side.here:
            return "lost", own.reasons, own.onset
        word = _PATH if now < side.path_until else _MEDIA
        if own.standing is Standing.UNSURE:
            return "unknown", own.reasons if own.reasons != _MEDIA else word, own.onset
        alone, shown = True, NEVER
        for pair in side.pairs:
            if pair.met:
                if pair.through(side.name):
                    return "ready", (), now
                if not pair.other(side).dark:
                    alone, shown = False, max(shown, pair.shown(side.name))
        if side.dark:
            return "lost", _MEDIA, side.dark_since
        if alone and side.reaches_us():
            return "ready", (), now
        return "unknown", word, shown if side.leg is None or not alone else side.leg.ok

    def _proven(self, side: Side, now: int) -> int:
        """Up to when nothing can still make this side worse than it was told to be."""
        if side.evidence == "lost":
            return now
        proven = min(side.own.proven, side.lit_until(now))
        if side.evidence == "ready":
            proven = min(proven, side.own.reported)
            met = [pair.shown(side.name) for pair in side.pairs if pair.met and pair.through(side.name)]
            if met:
                proven = min(proven, max(met))
            elif side.leg is not None and not side.silent_by_choice():
                proven = min(proven, side.leg.ok)
        return proven

    def _next_due(self, now: int) -> int:
        """Before this, time alone changes nothing: all until then costs a look at this number."""
        due = FOREVER
        for side in self._all:
            if now < side.takeover_until:
                due = min(due, side.takeover_until)
            if now < side.path_until:
                due = min(due, side.path_until)
            for device in side.devices.values():
                by_itself = device.next_due(now)
                if by_itself < due:
                    due = by_itself
        for pair in self._pairs:
            if pair.met:
                due = min(due, pair.next_due(now))
        return due

    def _calm(self, now: int) -> int:
        """Until when an ordinary sample changes nothing. Of a lost side that is its own devices' to change, always."""
        calm = now + LOSS_MS
        for side in self._all:
            if side.dark:
                return now
            if side.evidence == "ready":
                calm = min(calm, side.own.reported + LOSS_MS)
            elif side.evidence == "unknown" and side.devices:
                return now
        for pair in self._pairs:
            if pair.patchy and pair.met:
                return now
            if pair.met:
                calm = min(calm, max(pair.shown(TEACHER), pair.shown(pair.pupil.name)) + LOSS_MS)
        return calm


_MEDIA: Final = (Reason.MEDIA,)
_PATH: Final = (Reason.PATH,)
_UNKNOWN_FLOW: Final = (("unknown", _MEDIA), ("unknown", _PATH))
_RANK: Final[dict[Evidence, int]] = {"lost": 0, "unknown": 1, "ready": 2}
