"""Relaying a negotiation: who may send what to whom, and in which generation. Nothing is stored, nothing replayed.

Theory of operation
===================
Each pair (teacher, pupil) negotiates in *generations*. A generation belongs to one device of each side; it begins when
both are there, and a new one begins whenever either side's device or epoch changes, a side resumes (what was relayed
meanwhile is lost), or one asks for a fresh start because ICE failed. The browsers then close the old peer connection
and begin anew; an ICE restart within a generation is an ordinary offer and needs nothing here.

| a frame is relayed when | else dropped with |
|---|---|
| sender and addressee are a pair (`signalling.topology`) | ``not_a_pair`` |
| both are there | ``peer_gone`` |
| it comes from the device and epoch that the generation belongs to | ``stale_epoch`` |
| its generation is the pair's | ``old_generation`` (also for one that was never given out) |
| the sender has sent less than the bound in this generation | ``too_many`` |
| its size and shape pass (`signalling.sdp`) | that check's code |

A dropped frame changes nothing. The polite side of perfect negotiation, which gives way when two offers cross, is the
pupil's: fixed, so that both ends agree without asking.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from rooms.lesson import TEACHER, SideId
from signalling.sdp import candidate_fault, description_fault
from signalling.topology import may_talk, pairs, peers_of

DESCRIPTIONS_MAX: Final = 400
"""From one side in one generation: two hours on the relay's path, in which each side looks for a direct way once a
minute (an offer of one's own, an answer to the other's), and some for a change of network."""
CANDIDATES_MAX: Final = 10_000
"""From one side in one generation: 10 to 40 a gathering, for as many. They are counted and relayed, never kept; the
rate of a client's frames bounds what comes at once."""
RESTARTS_MAX: Final = 50
"""New generations that one side may ask for while it stays: one a minute for the better part of an hour."""

Drop = Literal[
    "", "not_a_pair", "peer_gone", "stale_epoch", "old_generation", "too_many", "too_long", "bad_characters",
    "not_sdp", "too_many_sections", "not_a_candidate",
]  # fmt: skip
"""Why a frame is not relayed; "" where it is."""


class PeerOf(msgspec.Struct, frozen=True, kw_only=True):
    """What one side is told of a peer."""

    side: SideId
    polite: bool
    """Whether the one who is told is the polite one."""
    generation: int


class _Present(msgspec.Struct):
    device: str
    epoch: int
    restarts: int = 0


class _Talk(msgspec.Struct):
    """One pair's current generation, and what each side has sent in it."""

    generation: int
    descriptions: dict[SideId, int]
    candidates: dict[SideId, int]


class Negotiation:
    """All pairs of one lesson. Soft state: after a restart of the service every pair begins a new generation."""

    def __init__(self, first_generation: int = 1) -> None:
        """Begin without anybody.

        Args:
            first_generation: Above every one that was given out before for this lesson (by a host that died): the
                policy clock's milliseconds will do. Generations only rise.
        """
        self._next = first_generation
        self._present: dict[SideId, _Present] = {}
        self._talks: dict[SideId, _Talk] = {}
        """By pupil."""

    def arrive(self, side: SideId, device: str, epoch: int) -> bool:
        """A side's device is in: new, taken over, reloaded or resumed. Its pairs begin a new generation.

        An older epoch than the one that is in is fenced: False, and nothing changes.
        """
        known = self._present.get(side)
        if known is not None and epoch < known.epoch:
            return False
        restarts = known.restarts if known is not None and known.device == device else 0
        self._present[side] = _Present(device, epoch, restarts)
        self._renew(side)
        return True

    def leave(self, side: SideId, epoch: int) -> bool:
        """A side's device is gone; False, and nothing changes, for one that was fenced before."""
        known = self._present.get(side)
        if known is None or known.epoch != epoch:
            return False
        del self._present[side]
        self._renew(side)
        return True

    def restart(self, side: SideId, to: SideId, epoch: int) -> Drop:
        """A side asks to begin anew with one peer, because ICE failed for good."""
        dropped = self._who(side, to, epoch)
        if dropped:
            return dropped
        known = self._present[side]
        if known.restarts >= RESTARTS_MAX:
            return "too_many"
        known.restarts += 1
        self._begin(side if to == TEACHER else to)
        return ""

    def describe(self, sender: SideId, to: SideId, generation: int, epoch: int, sdp_type: str, sdp: str) -> Drop:
        """Whether a session description is relayed; "" and counted, or why not."""
        dropped = self.accept(sender, to, generation, epoch) or description_fault(sdp_type, sdp)
        return dropped or self._count(sender, to, "descriptions")

    def trickle(self, sender: SideId, to: SideId, generation: int, epoch: int, candidate: str) -> Drop:
        """Whether an ICE candidate is relayed; "" and counted, or why not."""
        dropped = self.accept(sender, to, generation, epoch) or candidate_fault(candidate)
        return dropped or self._count(sender, to, "candidates")

    def accept(self, sender: SideId, to: SideId, generation: int, epoch: int) -> Drop:
        """Whether this sender may signal to that side now: pair, presence, epoch and generation. Counts nothing."""
        known = self._present.get(sender)
        talk = self._talks.get(sender if to == TEACHER else to)
        if talk is None or known is None or known.epoch != epoch or not may_talk(sender, to):
            return self._who(sender, to, epoch) or "old_generation"
        return "" if talk.generation == generation else "old_generation"

    def peers(self, side: SideId) -> tuple[PeerOf, ...]:
        """Whom this side negotiates with now, and in which generation."""
        return tuple(
            PeerOf(
                side=peer,
                polite=side != TEACHER,
                generation=self._talks[side if peer == TEACHER else peer].generation,
            )
            for peer in peers_of(side, self._present)
        )

    def _who(self, sender: SideId, to: SideId, epoch: int) -> Drop:
        if not may_talk(sender, to):
            return "not_a_pair"
        known = self._present.get(sender)
        if known is None or known.epoch != epoch:
            return "stale_epoch"
        if to not in self._present:
            return "peer_gone"
        return ""

    def _renew(self, side: SideId) -> None:
        """Begin anew in every pair of this side that is complete; forget those that are not."""
        complete = {pair.pupil: pair for pair in pairs(self._present)}
        for pupil in [pupil for pupil in self._talks if pupil not in complete]:
            del self._talks[pupil]
        for pupil, pair in complete.items():
            if side in pair:
                self._begin(pupil)

    def _begin(self, pupil: SideId) -> None:
        self._talks[pupil] = _Talk(self._next, {}, {})
        self._next += 1

    def _count(self, sender: SideId, to: SideId, what: Literal["descriptions", "candidates"]) -> Drop:
        talk = self._talks[sender if to == TEACHER else to]
        counts, most = (
            (talk.descriptions, DESCRIPTIONS_MAX) if what == "descriptions" else (talk.candidates, CANDIDATES_MAX)
        )
        sent = counts.get(sender, 0)
        if sent >= most:
            return "too_many"
        counts[sender] = sent + 1
        return ""
