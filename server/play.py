"""``lessonroom play FILE…``: scenarios through the same `Room` that serves lessons, without server, disk or sleeping.

Evidence of an instant is told before anybody's action of that instant is judged, whenever the service learnt of it
(``known_at``): everything is as if all had been known at once. What the lag changes is when an ending could be done,
and that is what ``acted_at`` says.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TextIO

from rooms import commands as c
from rooms.course import Course, RoomEnding
from rooms.events import Opened
from rooms.lesson import TEACHER, Actor, Role
from rooms.room import Room
from server.scenario import Fact, Malformed, Scenario, read

DIGITS_MAX: Final = 400
"""Of a whole number in a file: more than any double has. Python refuses to read some thousands of them."""
EXIT_OK: Final = 0
EXIT_MALFORMED: Final = 2

_ROLES: Final = {TEACHER: Role.TEACHER, "manager": Role.MANAGER, "hook": Role.HOOK, "office": Role.OFFICE}


def play_files(paths: Sequence[str | Path], out: TextIO) -> int:
    """Play every scenario of every file, one JSON line each. 2 if one was malformed or a file could not be read."""
    status = EXIT_OK
    for path in paths:
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            print(f"lessonroom play: cannot read {path}: {error.strerror}", file=sys.stderr)
            status = EXIT_MALFORMED
            continue
        for found in _objects(data, lines=str(path).endswith(".jsonl")):
            line = _result(found)
            status = EXIT_MALFORMED if "error" in line else status
            out.write(json.dumps(line) + "\n")
    return status


def _result(found: dict[str, Any] | Malformed) -> dict[str, Any]:
    if isinstance(found, Malformed):
        return {"name": None, "error": found.error, "field": found.field}
    try:
        return play(read(found))
    except Malformed as error:
        name = found.get("name")
        return {"name": name if isinstance(name, str) else None, "error": error.error, "field": error.field}


# Reading ----------------------------------------------------------------------------------------------------


def _objects(data: bytes, *, lines: bool) -> Iterator[dict[str, Any] | Malformed]:
    """One object over the whole file, or one a line."""
    whole = _parse(data.removeprefix(b"\xef\xbb\xbf"), first_line=1)
    rows = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    if isinstance(whole, dict) or not (lines or _looks_like_lines(rows)):
        yield whole
        return
    for number, row in enumerate(rows, start=1):
        if row.strip():
            yield _parse(row, first_line=number)


def _looks_like_lines(rows: list[bytes]) -> bool:
    """Whether a file that is no JSON document as a whole has a document of its own on its first line."""
    first = next((row.strip() for row in rows if row.strip()), b"")
    filled = sum(1 for row in rows if row.strip())
    return filled > 1 and ((first.startswith(b"{") and first.endswith(b"}")) or isinstance(_parse(first, 1), dict))


def _parse(data: bytes, first_line: int) -> dict[str, Any] | Malformed:
    try:
        text = data.decode("utf-8")
        value = json.loads(text, parse_constant=_no_constant, parse_int=_whole_number)
    except json.JSONDecodeError as error:
        return Malformed("bad_json", f"line {first_line + error.lineno - 1}")
    except UnicodeDecodeError as error:
        before = data.count(b"\n", 0, error.start)
        return Malformed("bad_json", f"line {first_line + before}")
    except _NotJson as error:
        return Malformed("bad_json", f"line {first_line + _line_of(text, str(error))}")
    except RecursionError:
        return Malformed("bad_json", f"line {first_line}")
    return value if isinstance(value, dict) else Malformed("bad_json", f"line {first_line}")


class _NotJson(ValueError):
    """``NaN`` and ``Infinity`` are no JSON."""


def _no_constant(word: str) -> float:
    raise _NotJson(word)


def _line_of(text: str, word: str) -> int:
    return text.count("\n", 0, max(0, text.find(word)))


def _whole_number(digits: str) -> int | float:
    return int(digits) if len(digits) <= DIGITS_MAX else float("inf")


# Playing ----------------------------------------------------------------------------------------------------


def play(scenario: Scenario) -> dict[str, Any]:
    """One scenario, through `Room.decide` and `Room.apply`."""
    facts = [fact for fact in scenario.facts if scenario.until is None or fact.at <= scenario.until]
    stops_at = _stops_at(scenario, facts)
    opens_at = min([0, stops_at, *(fact.at for fact in facts)])
    room = Room(Opened(at=opens_at, lesson=scenario.lesson))
    refused: list[tuple[int, str]] = []
    for instant in _instants(facts):
        at = facts[instant[0]].at
        told = [n for n in instant if not facts[n].by]
        done = [n for n in instant if facts[n].by]
        for n in told:
            _apply(room, _evidence(facts[n]), at)
        for n in done:
            # What follows from the one before, at the same instant, comes before the next.
            _apply(room, c.Tick(complete_until=at), at)
            code = _apply(room, _action(facts[n], n), at)
            if code:
                refused.append((n, code))
    _apply(room, c.Tick(complete_until=stops_at), stops_at)
    return _line(scenario, room, [(facts[n], code) for n, code in refused])


def _stops_at(scenario: Scenario, facts: list[Fact]) -> int:
    if scenario.until is not None:
        return scenario.until
    latest = scenario.lesson.ends_at + scenario.lesson.policy.overrun_ms
    return max([latest, *(fact.at for fact in facts)])


def _instants(facts: list[Fact]) -> Iterator[list[int]]:
    """The facts' places, an instant at a time."""
    together: list[int] = []
    for n, fact in enumerate(facts):
        if together and facts[together[0]].at != fact.at:
            yield together
            together = []
        together.append(n)
    if together:
        yield together


def _apply(room: Room, command: c.Command, at: int) -> str:
    decision = room.decide(command, at)
    for event in decision.events:
        room.apply(event)
    return decision.refused


def _evidence(fact: Fact) -> c.Command:
    if fact.platform:
        return c.PlatformIs(up=fact.platform == "up", at=fact.at)
    return c.SideIs(side=fact.side, evidence=fact.evidence, at=fact.at)


def _action(fact: Fact, n: int) -> c.Command:
    """What somebody does, as the server would stamp it."""
    role = _ROLES.get(fact.by, Role.PUPIL_SIDE)
    side = fact.by if role in (Role.TEACHER, Role.PUPIL_SIDE) else None
    by = Actor(role=role, person=fact.by, name=fact.by, side=side)
    asked: dict[str, Any] = {"by": by, "action": str(n)}
    if role is Role.HOOK:
        return c.HookEnds(pupil=fact.pupil)
    if fact.does == "teacher_leaves":
        return c.TeacherLeaves(by=by)
    if fact.does == "adult_in":
        return c.AdultIn(**asked, pupil=fact.by, name="")
    if fact.does == "adult_out":
        return c.AdultOut(**asked, pupil=fact.by)
    carried = {name: getattr(fact, name) for name in _CARRIES.get(fact.does, ())}
    return _COMMANDS[fact.does](**asked, **carried)


_COMMANDS: Final[dict[str, type[c.Asked]]] = {
    "start": c.Start,
    "keep_waiting": c.KeepWaiting,
    "end": c.End,
    "end_as_missed": c.EndAsMissed,
    "flag": c.Flag,
    "warn": c.Warn,
    "explain": c.Explain,
    "decide": c.Decide,
    "remove": c.Remove,
    "overrule": c.Overrule,
    "leave": c.Leave,
}
_CARRIES: Final[dict[str, tuple[str, ...]]] = {
    "end": ("because", "pupil"),
    "flag": ("pupil",),
    "explain": ("because", "pupil"),
    "decide": ("choose", "pupil"),
    "remove": ("pupil", "because"),
    "overrule": ("pupil", "charge", "reason"),
}
"""What an action takes along."""


# Printing ---------------------------------------------------------------------------------------------------


def _line(scenario: Scenario, room: Room, refused: list[tuple[Fact, str]]) -> dict[str, Any]:
    course = room.settled_course()
    ending = course.ending
    line: dict[str, Any] = {
        "name": scenario.name,
        "ended_at": _s(ending.at) if ending else None,
        "rule": course.rule() if ending else "open",
        "pupils": {pupil: _pupil(course, pupil) for pupil in course.parts},
    }
    if refused:
        line["refused"] = [{"at": _s(fact.at), "does": fact.does, "code": code} for fact, code in refused]
    if ending and scenario.lag and (ending.ending.how in ("clock", "time") or _closed_at_end(course, ending)):
        line["acted_at"] = _s(ending.at + scenario.lag)
    return line


def _closed_at_end(course: Course, ending: RoomEnding) -> bool:
    return ending.ending.how == "closing" and ending.at == course.lesson.ends_at


def _pupil(course: Course, pupil: str) -> dict[str, Any]:
    part = course.parts[pupil]
    found = part.outcome
    charged = course.lesson.kind.charged
    return {
        "rule": found.rule if found else "open",
        "charge": found.charge if found else "undecided" if charged else "none",
        "reschedule": bool(found and found.reschedule),
        "minutes_owed": found.minutes_owed if found else 0,
        "clocks": {
            "teacher": _s(part.clocks.teacher),
            "pupil": _s(part.clocks.pupil),
            "nobody": _s(part.clocks.nobody),
        },
        "live_s": _s(part.live_ms + part.pending_live_ms(course.at)),
        "interrupted_s": _s(part.interrupted_ms),
    }


def _s(ms: int) -> float:
    return ms / 1_000
