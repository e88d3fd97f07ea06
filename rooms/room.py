"""A lesson room: told commands it answers with events; its state is exactly the fold of its events.

Theory of operation
-------------------
`decide(command, now)` says what happens and changes nothing that counts; `apply(event)` takes an event in, after it was
decided or read from the log. `decide` never raises on anybody's input.

There are two courses (`rooms.course`). The *settled* one is played only up to the watermark, where evidence of every
side is complete; what it derives (`Live`, `Started`, `PartEnded`, `Ended`, ...) is exact, and charges come from it.
The *provisional* one is the settled one with all that is known, played to now; what people see and may press comes from
it. An action that it refuses is refused, and not logged. One that it takes in has its effect at once, and an end shuts
the doors at once (`Shut`); if complete evidence later says that the lesson was over before, the action is `Voided`.

Playing the settled course further is not an event: how far it was played never changes what follows, because facts are
dated after the watermark (`_fact_at`), so a fold that plays only as far as each derived event comes to the same.

Chat and presence stand beside the courses and never touch them: a message costs a few dictionary look-ups.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rooms import actions, messages, requests, standing
from rooms import commands as c
from rooms import events as e
from rooms.chat import Chat
from rooms.course import Course, RoomEnding
from rooms.decision import REPEATED, TOO_MANY, Decision
from rooms.lesson import TEACHER, Lesson, PersonId, SideId
from rooms.presence import Presence
from rooms.status import Status
from rooms.verdict import Ruling

if TYPE_CHECKING:
    from rooms.audience import Viewer

ACTIONS_KEPT: Final = 4_096
"""Ids of the newest actions that a repeat is known by: a client repeats within seconds, not thousands of actions."""
SMALL_ACTIONS_MAX: Final = 10_000
"""Recorded actions that end and decide nothing, in one room: more than one a second over two hours. Endings, decisions
and reasons are always taken, whatever came before."""
EVIDENCE_REASONS_MAX: Final = 8
"""Reasons kept of one change of class: there are seven codes."""

OVER: Final = actions.OVER

COURSE_EVENTS: Final = (
    e.EvidenceChanged, e.PlatformChanged, e.AdultCheckedIn, e.AdultLeft, e.AdultWasSeen, e.CarriedOn, e.Left,
    e.StartPressed, e.WaitKept, e.MissedPressed, e.EndPressed, e.Flagged, e.HookEnded, e.TeacherLeft, e.Explained,
    e.Decided, e.Removed, e.Overruled,
)  # fmt: skip
"""Facts and actions that a course is fed with."""
DERIVED_EVENTS: Final = (
    e.Live, e.BackToStart, e.Started, e.Interrupted, e.Resumed, e.DecisionOpened, e.Voided, e.PartEnded,
    e.OutcomeChanged, e.Ended,
)  # fmt: skip
"""What follows from them."""
_BY_PERSON: Final = frozenset(e.ByPerson.__subclasses__())
"""To be remembered by their action's id. Looked up by their very type: `isinstance` would cost as much as the rest."""
_HOLD: Final = Ruling.HOLD
ENDINGS: Final = (c.End, c.Flag, c.HookEnds, c.TeacherLeaves)
"""Always taken while the doors are open, also if the provisional course is over: nothing delays the end button."""
SMALL: Final = (
    c.KeepWaiting, c.Warn, c.Leave, c.CannotSee, c.AdultIn, c.AdultOut, c.AdultSeen, c.CarryOn,
)  # fmt: skip


class _Action(msgspec.Struct, frozen=True, gc=False):
    """By what an action is known. No tuple: one a message is kept, and the garbage collector would walk each."""

    person: PersonId
    action: str


class Room:
    """One lesson's room, from its first event on. All times are Unix milliseconds."""

    def __init__(self, opened: e.Opened) -> None:
        self.lesson: Lesson = opened.lesson
        self.chat = Chat()
        self.presence = Presence()
        self.shut: e.Shut | None = None
        self.ended: e.Ended | None = None
        self.watermark = opened.at - 1
        """Evidence is complete up to and including this; soft state, told by `Tick`."""
        self._last = opened.at
        self._settled = Course(opened.lesson, opened.at)
        self._settled.derived = []
        self._ahead: Course | None = None
        """The provisional course; None until it is asked for again."""
        self._told: dict[SideId, c.Evidence] = {TEACHER: "lost", **{pupil.id: "lost" for pupil in opened.lesson.pupils}}
        self._up = True
        self._actions: dict[_Action, None] = {}
        """In the order in which they came."""
        self._small_actions = 0
        self._gone: set[SideId] = set()
        """Pupils whose part is over, by the log."""
        self._asked_back: set[SideId] = set()
        self._warned: dict[str, str] = {}
        self._deadline: int | None = None
        self._deadline_known = False

    @classmethod
    def fold(cls, events: Iterable[e.Event]) -> Room:
        """The room that a log leads to. Its first event is `Opened`; anything else is the caller's mistake."""
        log = iter(events)
        opened = next(log, None)
        if not isinstance(opened, e.Opened):
            raise ValueError(f"a log begins with Opened, not with {opened!r}")
        room = cls(opened)
        for event in log:
            room.apply(event)
        return room

    # Deciding -----------------------------------------------------------------------------------------------

    def decide(self, command: c.Command, now: int) -> Decision:
        """What comes of a command: events to log and apply, or a refusal. Total over commands, phases and roles."""
        decider = _DECIDERS.get(type(command))
        if decider is None:
            return Decision(refused="unknown_command")
        # Not `max(...)`: at every message that costs as much as the decision.
        if now < self._last:
            now = self._last
        if now < self.watermark:
            now = self.watermark
        return decider(self, command, now)

    def _side_is(self, command: c.SideIs, now: int) -> Decision:
        if command.side not in self._told:
            return Decision(refused=requests.UNKNOWN_PUPIL)
        if self._told[command.side] == command.evidence:
            return REPEATED
        reasons = command.reasons[:EVIDENCE_REASONS_MAX]
        at = self._fact_at(command.at, now)
        return Decision((e.EvidenceChanged(at=at, side=command.side, evidence=command.evidence, reasons=reasons),))

    def _platform_is(self, command: c.PlatformIs, now: int) -> Decision:
        if command.up == self._up:
            return REPEATED
        return Decision((e.PlatformChanged(at=self._fact_at(command.at, now), up=command.up),))

    def _fact_at(self, at: int, now: int) -> int:
        """A fact's true time. What is settled stays: evidence that comes too late counts from the watermark on."""
        return max(min(at, now), self.watermark + 1)

    def _enter(self, command: c.Enter, now: int) -> Decision:
        refused = requests.refusal(self.lesson, command)
        if not refused and (self.shut or command.by.side in self._gone):
            refused = OVER
        refused = refused or self.presence.refuses(command.by, command.epoch)
        if refused:
            return Decision(refused=refused)
        if self.presence.is_current(command.by, command.device, command.epoch):
            return REPEATED
        return Decision((e.Entered(at=now, by=command.by, device=command.device, epoch=command.epoch),))

    def _depart(self, command: c.Depart, now: int) -> Decision:
        if not self.presence.is_current(command.by, command.device, command.epoch):
            return REPEATED
        return Decision((e.Departed(at=now, by=command.by, device=command.device, epoch=command.epoch),))

    # People's actions ---------------------------------------------------------------------------------------

    def _act(self, command: Any, now: int) -> Decision:  # noqa: ANN401  (one of the keys of EVENT_OF)
        """An action on the lesson's course."""
        hook = isinstance(command, c.HookEnds)
        refused = "" if hook else requests.refusal(self.lesson, command)
        if hook and command.pupil is not None and command.pupil not in self._told:
            refused = requests.UNKNOWN_PUPIL
        if refused:
            return Decision(refused=refused)
        if isinstance(command, c.Asked) and self.is_repeat(command):
            return REPEATED
        if isinstance(command, SMALL) and self._small_actions >= SMALL_ACTIONS_MAX:
            return Decision(refused=TOO_MANY)
        if isinstance(command, c.Flag) and command.pupil is None:
            command = msgspec.structs.replace(command, pupil=self._author_side(command.message))
        return self.take_in(requests.EVENT_OF[type(command)](command, now), isinstance(command, ENDINGS))

    def _author_side(self, message: str) -> SideId | None:
        """The pupil whose side wrote it: a flagged message ends the lesson because of that one."""
        kept = self.chat.messages.get(message)
        return None if kept is None or kept.side == TEACHER else kept.side

    def take_in(self, event: e.Event, ends: bool) -> Decision:
        """What comes of an event on the course; ``ends``: it is an ending, which nothing delays."""
        course = self._course(event.at)
        afterwards = isinstance(event, e.Decided | e.Explained | e.Overruled)
        refused = OVER if self.shut and not afterwards else actions.refusal(course, event)
        if refused and not (ends and not self.shut):
            return Decision(refused=refused)
        if self.shut is None and (ends or _may_close(course, event)):
            return self._closing(course, event)
        return Decision((event,))

    def _closing(self, course: Course, event: e.Event) -> Decision:
        """An action that ends the room: the doors shut with it."""
        after = course.clone()
        after.feed(event)
        after.advance(event.at)
        if after.ending is None:
            return Decision((event,))
        return Decision((event, *self._shutting(after, event.at)), halts=True)

    def _shutting(self, course: Course, at: int) -> list[e.Event]:
        """The doors shut, and held messages are not sent any more."""
        by = course.ending.by if course.ending else None
        asks_why = standing.asks_why(course)
        dropped = [e.MessageDropped(at=at, message=message, why="ended") for message in self.chat.held()]
        return [e.Shut(at=at, rule=course.rule(), by=by, asks_why=asks_why), *dropped]

    def is_repeat(self, command: c.Asked) -> bool:
        """Whether this person's log holds that action."""
        return _Action(command.by.person, command.action) in self._actions

    def has_side(self, side: SideId) -> bool:
        """Whether that is a side of this lesson."""
        return side in self._told

    def over_for(self, side: SideId) -> bool:
        """Whether the doors are shut, or that side's part is over, by the log."""
        return self.shut is not None or side in self._gone

    # Time ---------------------------------------------------------------------------------------------------

    def _tick(self, command: c.Tick, now: int) -> Decision:
        """Settle up to the watermark, and do what is due by now."""
        self.watermark = max(self.watermark, min(command.complete_until, now))
        due = self._settled.next_due()
        if due is not None and due <= self.watermark:
            self._deadline_known = False
        self._settled.advance(self.watermark)
        expired = [e.MessageDropped(at=now, message=message, why="expired") for message in self.chat.expired(now)]
        events = [*expired, *self._ask_back(now), *self._settle(now)]
        return Decision(tuple(events), halts=any(isinstance(event, e.Shut) for event in events))

    def _settle(self, now: int) -> list[e.Event]:
        """What the settled course derived and the log does not hold yet; the doors shut where it is over."""
        course = self._settled
        events = list(course.derived or ())
        if self.shut is None:
            shutting = self._due_to_shut(course, now)
            first = next((n for n, event in enumerate(events) if _ends_room(event, course)), len(events))
            events[first:first] = shutting
        if course.ending is not None and self.ended is None:
            at = course.ending.at
            events.append(e.Ended(at=at, rule=course.rule(), acted_at=self._acted_at(course.ending, now)))
        return events

    def _acted_at(self, ending: RoomEnding, now: int) -> int:
        """When the doors shut for this ending; now, if it had to be awaited, or another had shut them before."""
        if self.shut and (ending.at == self.shut.at or ending.ending.how == "closing"):
            return self.shut.at
        return max(ending.at, now)

    def _due_to_shut(self, course: Course, now: int) -> list[e.Event]:
        if course.ending is not None:
            return self._shutting(course, now)
        closes_at = course.closes_at()
        if now >= closes_at > self.lesson.ends_at:
            return self._shutting(self._course(now), now)
        return []

    def _ask_back(self, now: int) -> list[e.Event]:
        """B1, B3: five minutes before the end each adult who is not to be there all the time is asked to come."""
        ends_at = self.lesson.ends_at
        if not ends_at - self.lesson.policy.near_end_ms <= now < ends_at or self.shut is not None:
            return []
        course = self._course(now)
        return [e.AdultAskedBack(at=now, pupil=pupil) for pupil in self._to_ask_back(course)]

    def _to_ask_back(self, course: Course) -> list[SideId]:
        return [
            part.pupil
            for part in course.remaining()
            if part.started and not part.adult.stays and part.pupil not in self._asked_back
        ]

    def next_deadline(self) -> int | None:
        """The earliest instant at which a `Tick` with ``now = complete_until =`` that instant would yield events."""
        if not self._deadline_known:
            self._deadline = self._course_deadline()
            self._deadline_known = True
        expiry = self.chat.next_expiry()
        if expiry is None or self._deadline is None:
            return expiry if self._deadline is None else self._deadline
        return min(expiry, self._deadline)

    def _course_deadline(self) -> int | None:
        """Plays a copy forward until something follows. Bounded: each step is an instant at which something is due."""
        if self._settled.derived or (self._settled.over and self.ended is None):
            return self._settled.at
        course = self._settled.clone()
        course.derived = []
        asks_at = self.lesson.ends_at - self.lesson.policy.near_end_ms
        while (due := course.next_due()) is not None:
            if course.at <= asks_at < due and self._to_ask_back(course):
                return asks_at
            course.play(due)
            if course.derived or (course.over and self.ended is None):
                return due
        return None

    # Applying -----------------------------------------------------------------------------------------------

    def apply(self, event: e.Event) -> None:
        """Take in one event of the log."""
        kind = type(event)
        applier = _APPLIERS.get(kind)
        if applier is not None:
            applier(self, event)
        if kind in _BY_PERSON:
            self._remember(event)

    def _remember(self, action: Any) -> None:  # noqa: ANN401  (one of _BY_PERSON, or a message that was withheld)
        actions_known = self._actions
        actions_known[_Action(action.by.person, action.action)] = None
        if len(actions_known) > ACTIONS_KEPT:
            del actions_known[next(iter(actions_known))]

    def _feed(self, event: e.Event) -> None:
        self._deadline_known = False
        self._settled.feed(event)
        if self._ahead is not None:
            if event.at < self._ahead.at or (isinstance(event, _FACTS) and event.at == self._ahead.at):
                self._ahead = None
            else:
                self._ahead.feed(event)
        if isinstance(event, e.EvidenceChanged):
            self._told[event.side] = event.evidence
        elif isinstance(event, e.PlatformChanged):
            self._up = event.up
        else:
            self._last = max(self._last, event.at)
            self._small_actions += 1
            if isinstance(event, e.Left):
                self._told[event.by.side or TEACHER] = "lost"

    def _follow(self, event: e.Event) -> None:
        """Something that follows: play the settled course to it, and strike it from what is still to be logged."""
        self._deadline_known = False
        self._settled.advance(event.at)
        derived = self._settled.derived or []
        for n, waiting in enumerate(derived):
            if waiting == event:
                del derived[n]
                break
        if isinstance(event, e.PartEnded):
            self._gone.add(event.pupil)
        elif isinstance(event, e.Ended):
            self.ended = event

    def _shuts(self, event: e.Shut) -> None:
        self.shut = event
        self._deadline_known = False
        self._last = max(self._last, event.at)

    def _removed(self, event: e.Removed) -> None:
        self._feed(event)
        self._gone.add(event.pupil)

    def _submitted(self, event: e.MessageSubmitted) -> None:
        if event.at > self._last:
            self._last = event.at
        self.chat.submit(event.message, event.by.person, event.by.side or TEACHER)

    def _judged(self, event: e.MessageJudged) -> None:
        if event.verdict.ruling is _HOLD and self.shut is None:
            self.chat.hold(event.message, event.verdict, event.at)
        else:
            self.chat.judged(event.message, event.verdict)

    def _dropped(self, event: e.MessageDropped) -> None:
        self.chat.settle(event.message, "dropped")
        if event.by is not None:
            self._remember(event)

    def _was_warned(self, event: e.Warned) -> None:
        self._warned[event.pupil or ""] = event.reason
        self._recorded(event)

    def _recorded(self, event: e.Event) -> None:
        self._last = max(self._last, event.at)
        self._small_actions += 1

    def _was_asked_back(self, event: e.AdultAskedBack) -> None:
        self._asked_back.add(event.pupil)
        self._deadline_known = False

    # Looking ------------------------------------------------------------------------------------------------

    def _course(self, now: int) -> Course:
        """The provisional course at ``now``: begun again from the settled one if somebody looked further ahead."""
        if self._ahead is None or self._ahead.at > now:
            self._ahead = self._settled.clone()
        self._ahead.advance(now)
        return self._ahead

    def status(self, now: int) -> Status:
        """How the room stands."""
        settled = self.ended is not None and not self._settled.derived
        course = self._course(now)
        return standing.room_status(course, self.presence, self.shut, settled, self._asked_back, self._warned)

    def holds_until(self, now: int) -> int:
        """Until when `status` and `can` read as they do at ``now``, but for what runs, if nothing happens. Unix ms."""
        return standing.holds_until(self._course(now))

    def can(self, viewer: Viewer, now: int) -> tuple[str, ...]:
        """The names of the actions that would be accepted from this viewer now."""
        return standing.names(self._course(now), viewer, self.shut is not None)

    def settled_course(self) -> Course:
        """The exact course as far as it is settled: for replays and pages that explain an outcome."""
        return self._settled


_FACTS: Final = (e.EvidenceChanged, e.PlatformChanged)


def _may_close(course: Course, event: e.Event) -> bool:
    """Whether an action other than an end can end the room: the last part's, or what was held open."""
    if isinstance(event, e.MissedPressed):
        return True
    ends_part = isinstance(event, e.Removed) or (isinstance(event, e.Decided) and event.choose != "teach_on")
    return ends_part and len(course.remaining()) == 1 and not course.over


def _ends_room(event: e.Event, course: Course) -> bool:
    ending = course.ending
    return isinstance(event, e.PartEnded) and ending is not None and event.at == ending.at


Decider = Callable[[Room, Any, int], Decision]
_DECIDERS: Final[dict[type[c.Command], Decider]] = {
    c.SideIs: Room._side_is,
    c.PlatformIs: Room._platform_is,
    c.Tick: Room._tick,
    c.Enter: Room._enter,
    c.Depart: Room._depart,
    c.Say: messages.say,
    c.Judge: messages.judge,
    c.Release: messages.release,
    c.Withhold: messages.withhold,
    **dict.fromkeys(requests.EVENT_OF, Room._act),
}

Applier = Callable[[Room, Any], None]
_APPLIERS: Final[dict[type[e.Event], Applier]] = {
    **dict.fromkeys(COURSE_EVENTS, Room._feed),
    **dict.fromkeys(DERIVED_EVENTS, Room._follow),
    e.Removed: Room._removed,
    e.Shut: Room._shuts,
    e.Entered: lambda room, event: room.presence.enter(event.by, event.device, event.epoch),
    e.Departed: lambda room, event: room.presence.depart(event.by, event.device, event.epoch),
    e.MessageSubmitted: Room._submitted,
    e.MessageJudged: Room._judged,
    e.MessageDelivered: lambda room, event: room.chat.settle(event.message, "delivered"),
    e.MessageDropped: Room._dropped,
    e.Warned: Room._was_warned,
    e.PathAsked: Room._recorded,
    e.AdultAskedBack: Room._was_asked_back,
}
