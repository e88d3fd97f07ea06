"""The ends of a lesson's line as evidence sees them: a side with its devices, and a teacher-pupil pair."""

from __future__ import annotations

from operator import attrgetter
from typing import Final

from msgspec.structs import replace

from rooms.commands import Evidence
from rooms.device import Device, Own, Reason, Standing
from rooms.leg import Leg
from rooms.lesson import SideId
from rooms.proof import CADENCE_MS, FOREVER, NEVER, SILENT_MS, Proof

CLAIM_MS: Final = 2 * CADENCE_MS
"""Two reports in which nothing more was received: a browser that says so no longer says that media gets through."""

_NOTHING: Final = Proof()
"""What a side without devices has ever sent or received."""
_LOST: Final = Standing.LOST
_AWAY: Final = (Reason.AWAY,)


class Side:
    """One side: its devices, and what was last told of it."""

    __slots__ = (
        "away_since", "came_at", "dark", "dark_since", "devices", "evidence", "here", "leg", "name", "own", "pairs",
        "path_until", "reasons", "since", "started", "takeover_until", "tell_again",
    )  # fmt: skip

    def __init__(self, name: SideId, leg: Leg | None = None) -> None:
        self.name = name
        self.leg = leg
        """What the media relay has heard of it; None where there is no relay."""
        self.devices: dict[str, Device] = {}
        self.pairs: list[Pair] = []
        """Those that it is one of."""
        self.started = False
        self.away_since = NEVER
        self.takeover_until = NEVER
        self.path_until = NEVER
        self.evidence: Evidence = "lost"
        self.reasons: tuple[str, ...] = _AWAY
        self.since = NEVER
        self.tell_again = False
        self.own = Own(_LOST, NEVER, _AWAY, NEVER, NEVER)
        self.here = False
        """Not lost by itself: somebody with whom media could flow."""
        self.came_at = NEVER
        """When it last ceased to be lost by itself."""
        self.dark = False
        """It is here, and its media demonstrably reaches nobody, not even us; since `dark_since`."""
        self.dark_since = NEVER

    def look(self, now: int) -> None:
        """Judge the side by itself, by its best device."""
        devices = self.devices
        if len(devices) == 1:
            (device,) = devices.values()
            own = device.own(now, self.leg)
        elif not devices:
            own = Own(_LOST, self.away_since, _AWAY, now, NEVER)
        else:
            own = _best([device.own(now, self.leg) for device in devices.values()])
        if own.standing is _LOST:
            if now < self.takeover_until:
                own = Own(Standing.UNSURE, now, (Reason.TAKEOVER,), now, own.reported)
            else:
                onset = max(own.onset, self.away_since, self.takeover_until)
                own = own if onset == own.onset else replace(own, onset=onset)
        self.own = own
        was_here = self.here
        self.here = own.standing is not _LOST
        if self.here and not was_here:
            self.came_at = now
            if self.leg is not None:
                self.leg.come(now)

    def look_at_media(self) -> None:
        """Judge whether it is dark, once its pairs have been looked at.

        Fault rests on what the relay hears of this side, and its own browser may deny it; the other side's may not add
        to it. While it says that it receives media, its packets have reached the other side within 30 s: else that one
        would have ceased to send (RFC 7675).
        """
        self.dark = False
        leg, own = self.leg, self.own
        if leg is None or own.standing is not Standing.FINE or self.silent_by_choice():
            return
        got = self.received()
        received = got.ok
        if own.proven - received < CLAIM_MS and not (got.gaps and got.patchy(own.proven)):
            return
        since = leg.gone_since(own.proven, received)
        if since is None or any(pair.met and pair.through(self.name) for pair in self.pairs):
            return
        self.dark, self.dark_since = True, max(since, self._no_darker_before(received))

    def meet_again(self, now: int) -> None:
        """It is no longer dark: for the others as if it had only just come."""
        self.came_at = now
        for pair in self.pairs:
            if pair.met and not pair.through(self.name):
                pair.meet(now)

    def lit_until(self, now: int) -> int:
        """It will never be found dark before this."""
        if self.leg is None or self.silent_by_choice():
            return now
        received = self.received().ok
        return max(self.leg.proven(received, now), self._no_darker_before(received))

    def _no_darker_before(self, received: int) -> int:
        """Media was shown to flow, or received, in the second before this."""
        shown = max((pair.shown(self.name) for pair in self.pairs if pair.met), default=NEVER)
        return max(shown, received) - CADENCE_MS

    def reaches_us(self) -> bool:
        """Whether its media does, as far as can be asked of it; a side that sends nothing by choice is not asked."""
        return self.leg is None or self.leg.flows or self.silent_by_choice()

    def drop(self, device: str | None, now: int) -> None:
        """A device, or all of them, is gone for good at ``now``."""
        if device is None:
            self.devices.clear()
        elif self.devices.pop(device, None) is None:
            return
        self.away_since = now

    def silent_by_choice(self) -> bool:
        """After *started*: everything switched off, over a connection that stands. No packets are no evidence then."""
        return self.started and any(device.silent_by_choice for device in self.devices.values())

    def sent(self) -> Proof:
        """Of the device that sent last; a side without devices has never sent."""
        if len(self.devices) == 1:
            (device,) = self.devices.values()
            return device.sent
        return max((device.sent for device in self.devices.values()), key=_ok, default=_NOTHING)

    def received(self) -> Proof:
        """Of the device that received last."""
        if len(self.devices) == 1:
            (device,) = self.devices.values()
            return device.received
        return max((device.received for device in self.devices.values()), key=_ok, default=_NOTHING)


class Pair:
    """The teacher and one pupil: whether media flows between the two."""

    __slots__ = ("_kept", "flow", "met", "patchy", "pupil", "since", "teacher")

    def __init__(self, teacher: Side, pupil: Side) -> None:
        self.teacher = teacher
        self.pupil = pupil
        self.met = False
        """Neither is lost by itself."""
        self.since = NEVER
        self.flow = NEVER
        """Up to here media is shown to have flowed both ways."""
        self.patchy = False
        self._kept: dict[SideId, int] = {}

    def look(self, now: int) -> None:
        """Bring the pair up to date, once both sides have been looked at."""
        teacher, pupil = self.teacher, self.pupil
        met = teacher.here and pupil.here
        if met and not self.met:
            self.meet(now)
        self.met = met
        if met:
            self.patchy = False
            there, back = self._flow(teacher, pupil, now), self._flow(pupil, teacher, now)
            self.flow = there if there < back else back

    def meet(self, now: int) -> None:
        """The two begin to have media with one another: it has a while to come, and who was ready stays so."""
        self.since = now
        self._kept = {}
        for side in (self.teacher, self.pupil):
            if side.evidence == "ready":
                self._kept[side.name] = now
            if side.leg is not None and side.came_at != now:
                side.leg.begin(now)  # for one that came itself, `come` has decided

    def _flow(self, sender: Side, receiver: Side, now: int) -> int:
        """Up to when media is shown to have flowed this way."""
        if sender.started and sender.silent_by_choice():
            return min(now, sender.own.reported)
        sent, received = sender.sent(), receiver.received()
        if (sent.gaps and sent.patchy(now)) or (received.gaps and received.patchy(now)):
            self.patchy = True
        return min(now, sent.ok, received.ok)

    def next_due(self, now: int) -> int:
        """A time before which time alone makes media no more patchy, and no less."""
        if self.patchy:
            return now
        due = FOREVER
        for sender, receiver in ((self.teacher, self.pupil), (self.pupil, self.teacher)):
            if sender.started and sender.silent_by_choice():
                continue
            # Of all devices: which one of a side's sent or received last may change with any report.
            for device in sender.devices.values():
                if device.sent.gaps:
                    due = min(due, device.sent.patchy_from(now))
            for device in receiver.devices.values():
                if device.received.gaps:
                    due = min(due, device.received.patchy_from(now))
        return due

    def other(self, side: Side) -> Side:
        """The other one of the two."""
        return self.pupil if side is self.teacher else self.teacher

    def shown(self, side: SideId) -> int:
        """Up to when media does not speak against this side: it flowed, or the two had only just met."""
        return self.flow if self.flow > self.since else self._kept.get(side, NEVER)

    def through(self, side: SideId) -> bool:
        """Whether media flows, as far as this side is concerned."""
        if self.patchy:
            return False
        shown = self.shown(side)
        if shown < _LONG_AGO:
            return False
        return min(self.teacher.own.proven, self.pupil.own.proven) - shown < SILENT_MS

    def shift(self, ms: int) -> None:
        """The clock jumped forward."""
        self.since += ms
        self._kept = {side: at + ms for side, at in self._kept.items()}


_LONG_AGO: Final = NEVER // 2
_ok = attrgetter("ok")


def _best(owns: list[Own]) -> Own:
    """The best of several devices; as proven as the most proven of those that are not lost."""
    best = max(owns, key=lambda own: (own.standing, own.onset))
    if best.standing is _LOST:
        return best
    return replace(best, proven=max(own.proven for own in owns if own.standing is not _LOST))
