"""What must hold of every simulated lesson, whatever befell it."""

from __future__ import annotations

from collections import Counter

from rooms.audience import Viewer, project
from rooms.events import (
    ByPerson,
    Ended,
    EndPressed,
    Event,
    Flagged,
    HookEnded,
    MessageDropped,
    MissedPressed,
    OutcomeChanged,
    PartEnded,
    Shut,
    WaitKept,
)
from rooms.lesson import TEACHER
from rooms.prefix import Prefix
from server.frames import Ack, StatusFrame, Welcome
from tests.simulation.facts import ready_ms
from tests.simulation.people import Person
from tests.simulation.world import LESSON, World

HALT_WITHIN_MS = 1_000


def check(world: World) -> list[str]:
    """Everything that is wrong."""
    wrong = list(world.failures)
    events = world.log.events(LESSON)
    if not events:
        return wrong
    wrong += _one_ending(world, events)
    wrong += _nobody_charged_wrongly(world, events)
    for person in world._everybody():
        wrong += _saw_the_log_only(world, person, events)
        wrong += _nothing_before_durable(person, events)
    wrong += _halted_in_time(world, events)
    return wrong


def _one_ending(world: World, events: list[Event]) -> list[str]:
    wrong = []
    if sum(isinstance(event, Ended) for event in events) != 1:
        wrong.append(f"{sum(isinstance(event, Ended) for event in events)} endings of the room")
    if sum(isinstance(event, Shut) for event in events) != 1:
        wrong.append("not shut exactly once")
    parts = Counter(event.pupil for event in events if isinstance(event, PartEnded))
    for pupil in world.lesson.pupils:
        if parts[pupil.id] != 1:
            wrong += [f"{parts[pupil.id]} endings for {pupil.id}"]
    if world.spool.orders:
        wrong.append(f"left in the spool: {world.spool.orders}")
    return wrong


def _nobody_charged_wrongly(world: World, events: list[Event]) -> list[str]:
    wrong = []
    for event in events:
        if isinstance(event, PartEnded) and event.outcome.rule == "C3" and event.outcome.charge == "charged":
            waited = ready_ms(world.facts, TEACHER, world.lesson.starts_at, event.at)
            if waited <= world.lesson.policy.start_limit_ms:
                wrong.append(f"C3 charged {event.pupil} though a ready teacher waited {waited} ms only")
    return wrong


def _saw_the_log_only(world: World, person: Person, events: list[Event]) -> list[str]:
    """Each number is what the log says it is, and was durable when it was delivered."""
    prefix, shown = Prefix(), []
    actor = person.actor
    viewer = Viewer(actor.role, actor.person, actor.side)
    texts = world.log.texts(LESSON)
    for index, event in enumerate(events):
        one = project(event, viewer, prefix, texts)
        if one is not None:
            shown.append((index, one))
        prefix.apply(event)
    wrong = []
    for received in person.received:
        if received.n is None:
            continue
        index, one = shown[received.n - 1] if received.n <= len(shown) else (0, None)
        if one != received.frame:
            wrong.append(f"{actor.person} saw as {received.n} {received.frame}, the log has {one}")
        elif index >= received.durable:
            wrong.append(f"{actor.person} saw {received.frame} before it was durable")
    if person.seat is not None and person.n != len(shown):
        wrong.append(f"{actor.person} stands at {person.n} of {len(shown)}")
    return wrong


def _actions(person: Person, events: list[Event]) -> dict[str, int]:
    """Where in the log each of this person's actions stands."""
    actions = {}
    for index, event in enumerate(events):
        if (isinstance(event, ByPerson) and event.by.person == person.actor.person) or (
            isinstance(event, MessageDropped) and event.by is not None and event.by.person == person.actor.person
        ):
            actions[event.action] = index
    return actions


def _nothing_before_durable(person: Person, events: list[Event]) -> list[str]:
    wrong = []
    actions = _actions(person, events)
    shut = _index(events, Shut)
    kept = _index(events, WaitKept)
    outcomes = {
        event.pupil: index for index, event in reversed(list(enumerate(events))) if isinstance(event, PartEnded)
    }
    for received in person.received:
        frame = received.frame
        if isinstance(frame, Ack) and frame.ok:
            if actions.get(frame.action, len(events)) >= received.durable:
                wrong.append(f"acknowledged {frame.action} before it was durable")
        elif isinstance(frame, StatusFrame):
            if frame.phase == "ended" and shut >= received.durable:
                wrong.append("a status said ended before that was durable")
            for part in frame.parts:
                if part.outcome is not None and outcomes.get(part.pupil, len(events)) >= received.durable:
                    wrong.append("a status told an outcome before it was durable")
                if part.kept_waiting and kept >= received.durable:
                    wrong.append("a status told of keep waiting before that was durable")
    return wrong


def _index(events: list[Event], kind: type[Event]) -> int:
    return next((index for index, event in enumerate(events) if isinstance(event, kind)), len(events))


def _halted_in_time(world: World, events: list[Event]) -> list[str]:
    """Who was in when an ending was pressed had Halt within a second, whatever the store did."""
    pressed = {event.action for event in events if isinstance(event, EndPressed | Flagged | MissedPressed)}
    ended_by_hook = any(isinstance(event, HookEnded) for event in events)
    shut = events[_index(events, Shut)] if _index(events, Shut) < len(events) else None
    wrong = []
    if shut is None or shut.by is None:
        return wrong
    for at, person, frame in world._kept_asked:
        if frame.action not in pressed or ended_by_hook:
            continue
        if not any(isinstance(event, ByPerson) and event.action == frame.action for event in _with_shut(events)):
            continue
        if person.halted_at is None or person.halted_at > at + HALT_WITHIN_MS:
            wrong.append(f"{person.actor.person} pressed an ending at {at} and was halted at {person.halted_at}")
    return wrong


def _with_shut(events: list[Event]) -> list[Event]:
    """The actions that stand right before the doors shut: those that shut them."""
    index = _index(events, Shut)
    return events[max(0, index - 1) : index]


def summary(world: World) -> Counter:
    """What kinds of lesson came up: a simulation that never gets anywhere proves nothing."""
    seen: Counter = Counter()
    for event in world.log.events(LESSON):
        seen[type(event).__name__] += 1
        if isinstance(event, PartEnded):
            seen[f"rule {event.outcome.rule}"] += 1
        elif isinstance(event, OutcomeChanged):
            seen["outcome changed"] += 1
    seen["welcomes"] = sum(isinstance(r.frame, Welcome) for person in world.people for r in person.received)
    seen["crashes"] = world.crashes
    return seen
