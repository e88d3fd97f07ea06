"""The responsible adult of one pupil side (B1): who has to be there, who is, and what that makes of the side."""

from __future__ import annotations

from typing import Literal

from rooms.commands import Evidence
from rooms.policy import Policy
from rooms.status import AdultState


class Adult:
    """Presence by the pupil's age: the check-in counts, not the teacher's click, unless the teacher contests it."""

    __slots__ = ("came", "gone_since_start", "name", "needed", "state", "stays")

    def __init__(self, age: int, policy: Policy) -> None:
        self.needed = age <= policy.adult_to_age
        self.stays = self.needed and age <= policy.adult_stays_to_age
        """12 and under: in the room for the whole lesson."""
        self.state: AdultState = "needed" if self.needed else "not_needed"
        self.name = ""
        self.came = False
        """A check-in counts: from 13 on one is enough, also if that adult leaves again."""
        self.gone_since_start = False
        """12 and under: they left a lesson that had started, and the teacher has not carried on since."""

    def clone(self) -> Adult:
        """An independent copy."""
        twin = Adult.__new__(Adult)
        twin.needed, twin.stays, twin.state = self.needed, self.stays, self.state
        twin.name, twin.came, twin.gone_since_start = self.name, self.came, self.gone_since_start
        return twin

    def check_in(self, name: str, how: Literal["pin", "sight"]) -> None:
        """By the family's PIN it counts at once, and settles a dispute; by sight only when the teacher has said yes."""
        self.name = name
        if how == "sight" and self.state not in ("in", "not_needed"):
            self.state = "by_sight"
        elif how == "pin":
            self._is_in()

    def leave(self, started: bool) -> None:
        """The adult left; who was never in cannot leave."""
        if self.state == "in":
            self.state = "out"
            self.gone_since_start = self.stays and started
        elif self.state in ("by_sight", "disputed"):
            self.state = "out" if self.came else "needed"

    def seen(self, yes: bool) -> None:
        """The teacher's answer to "Can you see the adult?": *no* contests the check-in, *yes* settles it."""
        if yes:
            self._is_in()
        elif self.state != "not_needed":
            self.state = "disputed"
            self.came = False

    def carry_on(self) -> None:
        """The teacher says that they are back, and goes on."""
        self.gone_since_start = False
        self._is_in()

    def _is_in(self) -> None:
        self.came = True
        if self.state != "not_needed":
            self.state = "in"

    @property
    def can_be_asked_about(self) -> bool:
        """Whether there is a check-in that the teacher can confirm or contest."""
        return self.state in ("by_sight", "in", "disputed") or (self.state == "out" and self.came)

    def makes_of(self, device_side: Evidence, started: bool) -> Evidence:
        """The class of the pupil side, from that of its devices. Once started, the adult's absence changes nothing."""
        if device_side != "ready" or started or not self.needed:
            return device_side
        if self.state == "disputed":
            return "unknown"
        if self.state == "in" or (self.came and not self.stays):
            return "ready"
        return "lost"
