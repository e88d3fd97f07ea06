"""The ends of a lesson's line as evidence sees them: a side with its devices, and a teacher-pupil pair."""

from __future__ import annotations

from typing import Final

from rooms.commands import Evidence
from rooms.device import Device, Own, Reason, Standing
from rooms.lesson import SideId
from rooms.proof import LOSS_MS, NEVER, Proof

_NOTHING: Final = Proof()
"""What a side without devices has ever sent or received."""


class Side:
    """One side: its devices, and what was last told of it."""

    __slots__ = (
        "away_since", "devices", "evidence", "name", "own", "path_until", "reasons", "since", "started",
        "takeover_until", "tell_again",
    )  # fmt: skip

    def __init__(self, name: SideId) -> None:
        self.name = name
        self.devices: dict[str, Device] = {}
        self.started = False
        self.away_since = NEVER
        self.takeover_until = NEVER
        self.path_until = NEVER
        self.evidence: Evidence = "lost"
        self.reasons: tuple[str, ...] = (Reason.AWAY,)
        self.since = NEVER
        self.tell_again = False
        self.own = Own(Standing.LOST, NEVER, (Reason.AWAY,), NEVER, NEVER)

    @property
    def here(self) -> bool:
        """Not lost by itself: somebody with whom media could flow."""
        return self.own.standing is not Standing.LOST

    def look(self, now: int) -> None:
        """Judge the side by itself, by its best device."""
        owns = [device.own(now) for device in self.devices.values()]
        if not owns:
            own = Own(Standing.LOST, self.away_since, (Reason.AWAY,), now, NEVER)
        else:
            own = owns[0] if len(owns) == 1 else _best(owns)
        if own.standing is Standing.LOST:
            own = own._replace(onset=max(own.onset, self.away_since, min(self.takeover_until, now)))
            if now < self.takeover_until:
                own = Own(Standing.UNSURE, now, (Reason.TAKEOVER,), now, own.reported)
        self.own = own

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
        return max((device.sent for device in self.devices.values()), key=_ok, default=_NOTHING)

    def received(self) -> Proof:
        """Of the device that received last."""
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
        met = self.teacher.here and self.pupil.here
        if met and not self.met:
            self.since = now
            self._kept = {side.name: now for side in (self.teacher, self.pupil) if side.evidence == "ready"}
        self.met = met
        if not met:
            return
        flow = now
        self.patchy = False
        for sender, receiver in ((self.teacher, self.pupil), (self.pupil, self.teacher)):
            if sender.silent_by_choice():
                flow = min(flow, sender.own.reported)
                continue
            for proof in (sender.sent(), receiver.received()):
                flow = min(flow, proof.ok)
                self.patchy |= proof.patchy(now)
        self.flow = flow

    def shown(self, side: SideId) -> int:
        """Up to when media does not speak against this side: it flowed, or the two had only just met."""
        return self.flow if self.flow > self.since else self._kept.get(side, NEVER)

    def through(self, side: SideId) -> bool:
        """Whether media flows, as far as this side is concerned."""
        shown = self.shown(side)
        if shown < NEVER // 2 or self.patchy:
            return False
        return min(self.teacher.own.proven, self.pupil.own.proven) - shown < LOSS_MS

    def shift(self, ms: int) -> None:
        """The clock jumped forward."""
        self.since += ms
        self._kept = {side: at + ms for side, at in self._kept.items()}


def _ok(proof: Proof) -> int:
    return proof.ok


def _best(owns: list[Own]) -> Own:
    """The best of several devices; as proven as the most proven of those that are not lost."""
    best = max(owns, key=lambda own: (own.standing, own.onset))
    if best.standing is Standing.LOST:
        return best
    return best._replace(proven=max(own.proven for own in owns if own.standing is not Standing.LOST))
