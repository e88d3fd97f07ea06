"""Who is in the room: people, the device each uses, and epochs that fence a device's older connections."""

from __future__ import annotations

from typing import Final

import msgspec

from rooms.lesson import Actor, PersonId, SideId

PEOPLE_MAX: Final = 200
"""People who ever entered one room: a whole class with several adults a pupil stays far below."""


class Place(msgspec.Struct, frozen=True):
    """One person's newest connection on one side."""

    side: SideId
    device: str
    epoch: int
    here: bool


class Presence:
    """A tab is not a person: a newer device takes over, and what the older one still says is out of date.

    An account that holds two pupils of one lesson is two people here: each side has its own device.
    """

    __slots__ = ("_places",)

    def __init__(self) -> None:
        self._places: dict[tuple[PersonId, SideId], Place] = {}

    def refuses(self, by: Actor, epoch: int) -> str:
        """Why this person's device cannot enter: a stable code, or empty."""
        place = self._places.get(_key(by))
        if place is None:
            return "room_full" if len(self._places) >= PEOPLE_MAX else ""
        return "stale_epoch" if epoch < place.epoch else ""

    def is_current(self, by: Actor, device: str, epoch: int) -> bool:
        """Whether this device is the one that the person is here with."""
        place = self._places.get(_key(by))
        return place is not None and place.here and place.device == device and place.epoch == epoch

    def enter(self, by: Actor, device: str, epoch: int) -> None:
        """This device is the person's from now on."""
        self._places[_key(by)] = Place(by.side or "", device, epoch, True)

    def depart(self, by: Actor, device: str, epoch: int) -> None:
        """Gone; the epoch stays known, so that an older connection cannot come back."""
        if self.is_current(by, device, epoch):
            self._places[_key(by)] = Place(by.side or "", device, epoch, False)

    def here(self, side: SideId) -> bool:
        """Whether anybody of a side has a device in the room."""
        for place in self._places.values():  # noqa: SIM110  (a generator costs more than what it looks at)
            if place.here and place.side == side:
                return True
        return False


def _key(by: Actor) -> tuple[PersonId, SideId]:
    return by.person, by.side or ""
