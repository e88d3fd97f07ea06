"""What one look at a live lesson tells, for the live wall: how it stands, and each side's last five minutes.

Soft state of the host, kept beside the room: what the status board draws for the participants anyway is noted here, so
that nothing is folded, and hardly anything drawn, when somebody looks. Nothing that a participant receives reads it.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from rooms.events import ClockName
from rooms.lesson import TEACHER, Kind, Lesson, SideId
from rooms.status import PartStatus, Phase, SideStatus, Status

BAND_MS: Final = 300_000
"""How far back a band goes, ms: the five minutes after which a clock acts."""
MARKS_MAX: Final = 32
"""Changes that one band keeps: one each 10 s for five minutes. What is older is then not known any more."""
DRAWN_EVERY_MS: Final = 1_000
"""However many people look: a lesson that nobody is told of is drawn anew this often at most."""

Standing = Literal["fine", "weak", "here", "lost", "unknown", "ours"]
"""Of a side: ``here`` is in the room and not ready, ``lost`` is not there, ``ours`` is time of our own trouble."""
Running = ClockName | Literal["lost"]
"""A start clock, or the interruptions, which are counted as well (C6)."""
_NO_LINE: Final = frozenset({"away", "line"})


class TilePart(msgspec.Struct, frozen=True):
    """How one pupil's part stands. Whose it is, is not said."""

    phase: Phase
    clock: Running | None
    """What runs."""
    clock_ms: int
    """As it stood at ``Tile.at``; it goes on from there."""
    limit_ms: int
    """Where it acts, or opens the decision."""
    paused: bool
    decides: bool
    """C6 is open."""


class TileSide(msgspec.Struct, frozen=True):
    """One side's last minutes. Pupils stand in the order of the booking, without a name."""

    teacher: bool
    band: tuple[tuple[int, Standing], ...]
    """From when (Unix ms) it stood how; the last goes on. Before the first it is not known."""


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """One lesson on the live wall: no child's name, nothing that was said, no mark of a case. Times are Unix ms."""

    id: str
    teacher_name: str
    subject: str
    kind: Kind
    starts_at: int
    ends_at: int
    at: int
    """When this was so."""
    platform_up: bool
    parts: tuple[TilePart, ...]
    sides: tuple[TileSide, ...]


class Band:
    """How one side stood, change by change."""

    __slots__ = ("_known", "marks")

    def __init__(self) -> None:
        self.marks: list[tuple[int, Standing]] = []
        self._known: tuple[str, int] | None = None
        """Class and onset that were noted last."""

    def note(self, side: SideStatus, standing: Standing, now: int) -> None:
        """It stands like this at ``now``. A change of class counts from its onset, anything else from now."""
        marks = self.marks
        known = (side.evidence, side.since)
        ours = standing == "ours" or (bool(marks) and marks[-1][1] == "ours")
        at = side.since if known != self._known and not ours else now
        self._known = known
        if not marks or marks[-1][1] != standing:
            while marks and marks[-1][0] >= at:
                marks.pop()
            if not marks or marks[-1][1] != standing:
                marks.append((at, standing))
        while len(marks) > 1 and (len(marks) > MARKS_MAX or marks[1][0] <= now - BAND_MS):
            del marks[0]


def standing_of(side: SideStatus, weak: tuple[SideId, ...], platform_up: bool) -> Standing:
    """How a side stands, in one word."""
    if not platform_up:
        return "ours"
    if side.evidence == "ready":
        if not side.here:
            return "lost"  # gone this moment, and evidence of it is still to be found: in an empty room nobody looks
        return "weak" if side.side in weak else "fine"
    if side.evidence == "unknown":
        return "unknown"
    return "lost" if not side.here or not _NO_LINE.isdisjoint(side.reasons) else "here"


class Glance:
    """One live lesson's."""

    __slots__ = ("_bands", "_lesson", "_tile", "drawn_at", "holds_until", "sequence", "status")

    def __init__(self, lesson: Lesson) -> None:
        self._lesson = lesson
        self._bands = {side: Band() for side in (TEACHER, *(pupil.id for pupil in lesson.pupils))}
        self._tile: msgspec.Raw | None = None
        self.status: Status | None = None
        """The last that was drawn, for whomever."""
        self.drawn_at = 0
        self.holds_until = 0
        """Until when time alone changes nothing of it. Unix ms."""
        self.sequence = -1
        """How many events the room had then."""

    def note(self, status: Status, weak: tuple[SideId, ...], holds_until: int, sequence: int) -> None:
        """How the room stands was drawn."""
        self.status = status
        self.drawn_at = status.now
        self.holds_until = holds_until
        self.sequence = sequence
        self._tile = None
        for side in status.sides:
            self._bands[side.side].note(side, standing_of(side, weak, status.platform_up), status.now)

    def stale(self, sequence: int, now: int) -> bool:
        """Whether it has to be drawn, because nobody was told what may have changed since."""
        if self.status is None:
            return True
        changed = sequence != self.sequence or now >= self.holds_until
        return changed and now - self.drawn_at >= DRAWN_EVERY_MS

    @property
    def made(self) -> bool:
        """Whether the tile is made already."""
        return self._tile is not None

    @property
    def tile(self) -> msgspec.Raw | None:
        """The tile as JSON, made once for all who look; None before anything was noted."""
        if self._tile is None and self.status is not None:
            self._tile = msgspec.Raw(msgspec.json.encode(self._drawn(self.status)))
        return self._tile

    def _drawn(self, status: Status) -> Tile:
        lesson = self._lesson
        return Tile(
            id=lesson.id,
            teacher_name=lesson.teacher_name,
            subject=lesson.subject,
            kind=lesson.kind,
            starts_at=lesson.starts_at,
            ends_at=lesson.ends_at,
            at=status.now,
            platform_up=status.platform_up,
            parts=tuple(self._part(part) for part in status.parts),
            sides=tuple(TileSide(side == TEACHER, tuple(band.marks)) for side, band in self._bands.items()),
        )

    def _part(self, part: PartStatus) -> TilePart:
        policy = self._lesson.policy
        limit_ms = policy.start_limit_ms
        clock: Running | None = part.clock
        clock_ms = 0
        match part.clock:
            case "teacher":
                clock_ms = part.clocks.teacher
            case "pupil":
                clock_ms = part.clocks.pupil
            case "nobody":
                clock_ms = part.clocks.nobody
            case None if part.phase == "interrupted":
                clock, clock_ms, limit_ms = "lost", part.interrupted_ms, policy.interrupted_limit_ms
        return TilePart(part.phase, clock, clock_ms, limit_ms, part.paused, part.decision == "open")
