"""The troubles that the bot makes on request, and when: the whole list, for its help, its keys and its options."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from server.bot.error import EXIT_ASKED_WRONG, BotError

BAD_MESSAGE: Final = "I am going to stab you tomorrow"
"""A threat in plain words, which the built-in reviewers end a lesson for whoever wrote it."""
HELD_MESSAGE: Final = "My number is 01632 960 961, ring me after the lesson"
"""A phone number (of the range that is kept for fiction), which they hold."""
MESSAGES: Final = {"held-message": HELD_MESSAGE, "bad-message": BAD_MESSAGE}


@dataclass(frozen=True)
class Trouble:
    """One kind."""

    name: str
    key: str
    at_s: int
    """When it comes where no time is given, seconds from the lesson's start."""
    lasts: bool
    """Whether it goes on until it is healed."""
    what: str


MIDWAY_S: Final = 90
"""A lesson that began at its time is live from 10 s on and has *started* at 70 s: this is safely midway."""
TROUBLES: Final = {
    one.name: one
    for one in (
        Trouble("leave-before-start", "l", -10, True, "press Leave, and stay away (late: the pupil's clock runs, C3)"),
        Trouble("cut-media", "m", MIDWAY_S, True, "no picture or sound in either direction, chat goes on"),
        Trouble("cut-line", "c", MIDWAY_S, True, "the control line goes dead, picture and sound go on"),
        Trouble("camera-off", "v", MIDWAY_S, True, "the camera is switched off (trouble only before it has started)"),
        Trouble("camera-unplugged", "u", MIDWAY_S, True, "the camera stops by itself, and the bot says so"),
        Trouble("adult-out", "a", MIDWAY_S, True, "the adult leaves; healed by a check-in with the PIN"),
        Trouble("held-message", "h", MIDWAY_S, False, "a phone number in the chat, which is held for the teacher"),
        Trouble("bad-message", "b", MIDWAY_S, False, "a threat in the chat, which ends the lesson and opens a case"),
    )
}
_STEP: Final = re.compile(r"([a-z-]+)(?:@(-?\d{1,5}))?(?:\+(\d{1,5}))?", re.ASCII)


@dataclass(frozen=True)
class Step:
    """One trouble in a script."""

    trouble: Trouble
    at_s: int
    """Seconds from the lesson's start."""
    for_s: int | None
    """How long; None: until it is healed by hand, or the lesson ends."""

    def __str__(self) -> str:
        """As `step` reads it."""
        return f"{self.trouble.name}@{self.at_s}" + ("" if self.for_s is None else f"+{self.for_s}")


def step(text: str) -> Step:
    """Read ``NAME[@SECONDS][+SECONDS]``.

    Raises:
        BotError: when it is none.
    """
    found = _STEP.fullmatch(text)
    trouble = None if found is None else TROUBLES.get(found[1])
    if found is None or trouble is None or (found[3] is not None and not trouble.lasts):
        raise BotError(
            f"{text!r} is no trouble. Write NAME, NAME@SECONDS or NAME@SECONDS+SECONDS: from the lesson's start, and "
            f"for how long, if it lasts; the names are {', '.join(TROUBLES)}.",
            EXIT_ASKED_WRONG,
        )
    at_s = trouble.at_s if found[2] is None else int(found[2])
    return Step(trouble, at_s, None if found[3] is None else int(found[3]))


def by_key(text: str) -> Trouble | None:
    """The trouble that a typed letter or name means."""
    return next((one for one in TROUBLES.values() if text in (one.key, one.name)), None)


class Script:
    """Steps, each done once when its time has come, and healed once when that has."""

    def __init__(self, steps: list[Step]) -> None:
        self._begin = sorted(steps, key=lambda one: one.at_s)
        self._heal: list[tuple[float, Trouble]] = []

    def due(self, at_s: float) -> list[tuple[Trouble, bool]]:
        """What is to begin (True) or to be healed (False) by now; whichever came first is first.

        Args:
            at_s: seconds since the lesson's start, by the server's clock.
        """
        done: list[tuple[Trouble, bool]] = []
        while self._begin and self._begin[0].at_s <= at_s:
            begun = self._begin.pop(0)
            done.append((begun.trouble, True))
            if begun.for_s is not None:
                self._heal.append((at_s + begun.for_s, begun.trouble))
        for heal in [one for one in self._heal if one[0] <= at_s]:
            self._heal.remove(heal)
            done.append((heal[1], False))
        return done
