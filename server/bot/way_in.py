"""The way into a lesson by HTTP (docs/http.md): sign-in link → session → lesson → check-in → join ticket."""

from __future__ import annotations

import asyncio
import json
import re
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass
from typing import Any, Final

from server.bot.error import EXIT_ASKED_WRONG, BotError

LINK: Final = re.compile(r"(https?://[^/\s?#@]+)/in#([A-Za-z0-9_-]{43})", re.ASCII)
ANSWER_S_MAX: Final = 10
"""A sign-in hashes nothing and a check-in hashes a PIN: what takes longer than this is not going to come."""
ANSWER_BYTES_MAX: Final = 1_000_000
"""50 lessons are 30 kB."""
PASSING: Final = frozenset({429, 500, 502, 503, 504})
"""Statuses after which the same may work a little later."""


class Refusal(BotError):
    """The service said no, in its own words."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text, EXIT_ASKED_WRONG)
        self.status = status
        self.reason = code
        """The stable code of docs/http.md."""

    @property
    def passing(self) -> bool:
        """Whether asking again later may help."""
        return self.status in PASSING


class Unreachable(BotError):
    """Nobody answers there."""


@dataclass(frozen=True)
class Place:
    """One lesson, as the start page shows it to this person."""

    lesson: str
    subject: str
    teacher: str
    pupil: str
    """Whose side; the first pupil's, if the person is the teacher."""
    first_name: str
    adult_checks_in: bool
    starts_at: int
    """Unix ms."""


class WayIn:
    """One person's session."""

    def __init__(self, link: str) -> None:
        """Read the link; nothing is sent.

        Raises:
            BotError: when it is no sign-in link.
        """
        found = LINK.fullmatch(link.strip())
        if found is None:
            raise BotError(
                "That is not a sign-in link. One looks like http://localhost:8080/in# and 43 characters: "
                "copy it whole.",
                EXIT_ASKED_WRONG,
            )
        self.origin: Final = found[1]
        self._token = found[2]
        self._cookie = ""
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self.name = ""
        self.role = ""

    async def sign_in(self) -> None:
        """Use the link up.

        Raises:
            Refusal: when it was used, or is too old.
            Unreachable: when nobody answers.
        """
        me = await self._ask("POST", "/api/sign-in", {"token": self._token})
        self.name, self.role = str(me["name"]), str(me["role"])

    async def place(self, lesson: str | None = None) -> Place:
        """The lesson to go to: the one that is named, else the one whose room is open, else the next.

        Raises:
            BotError: when the person has none, or takes no part in lessons.
        """
        if self.role not in ("teacher", "family"):
            raise BotError(
                f"This link signs in {self.name}, who takes no part in lessons: use the family's, or the teacher's.",
                EXIT_ASKED_WRONG,
            )
        cards = (await self._ask("GET", "/api/lessons"))["lessons"]
        cards = [card for card in cards if card["id"] == lesson or (lesson is None and card["state"] != "ended")]
        cards.sort(key=lambda card: (card["state"] != "open", card["starts_at"]))
        if not cards:
            raise BotError(f"{self.name} has no such lesson to go to.", EXIT_ASKED_WRONG)
        card = cards[0]
        pupil = card["pupils"][0]
        return Place(
            lesson=card["id"],
            subject=card["subject"],
            teacher=card["teacher_name"],
            pupil=pupil["id"],
            first_name=pupil["first_name"],
            adult_checks_in=self.role == "family" and pupil["adult"] != "not_needed" and pupil["adult_state"] != "in",
            starts_at=card["starts_at"],
        )

    async def check_in(self, place: Place, pin: str, name: str) -> None:
        """The adult's check-in (B1).

        Raises:
            Refusal: when the PIN is wrong, or was tried too often.
        """
        body = {"action": str(uuid.uuid4()), "pupil": place.pupil, "name": name, "pin": pin}
        await self._ask("POST", f"/api/lessons/{place.lesson}/check-in", body)

    async def ticket(self, place: Place) -> str:
        """A join ticket: single use, 30 s to live.

        Raises:
            Refusal: when the room is not open, or no longer.
            Unreachable: when nobody answers.
        """
        pupil = place.pupil if self.role == "family" else None
        return str((await self._ask("POST", f"/api/lessons/{place.lesson}/ticket", {"pupil": pupil}))["ticket"])

    async def came_to(self, place: Place) -> str | None:
        """What the lesson came to, in a few words; None while it is not over and settled."""
        after = await self._ask("GET", f"/api/lessons/{place.lesson}?pupil={place.pupil}")
        if after["card"]["state"] != "ended" or not after["settled"]:
            return None
        results = [one["outcome"] for one in after["results"] if one["pupil"] == place.pupil]
        return in_words(results[0]) if results else "nothing yet"

    async def _ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        return await asyncio.to_thread(self._blocking, method, path, body)

    def _blocking(self, method: str, path: str, body: object) -> dict[str, Any]:
        headers = {"Origin": self.origin, "Content-Type": "application/json", "Cookie": self._cookie}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.origin + path, data, headers, method=method)  # noqa: S310 - LINK: http(s)
        try:
            with self._opener.open(request, timeout=ANSWER_S_MAX) as answer:
                if (cookie := answer.headers["Set-Cookie"]) is not None:
                    self._cookie = cookie.partition(";")[0]
                return self._json(answer.read(ANSWER_BYTES_MAX))
        except urllib.error.HTTPError as refused:
            with refused:
                problem = self._json(refused.read(ANSWER_BYTES_MAX))
            raise Refusal(refused.code, str(problem.get("code", "")), str(problem.get("text", ""))) from None
        except OSError as problem:
            why = getattr(problem, "reason", problem)
            why = getattr(why, "strerror", None) or why
            raise Unreachable(f"No lesson room answers at {self.origin} ({why}). Is it running there?") from None

    def _json(self, body: bytes) -> dict[str, Any]:
        try:
            read = json.loads(body)
        except ValueError:
            read = None
        if not isinstance(read, dict):
            raise BotError(f"What answers at {self.origin} is no lesson room.", EXIT_ASKED_WRONG)
        return read


def in_words(outcome: dict[str, Any]) -> str:
    """An outcome: its rule, the charge, and whether there is another time."""
    again = "to be rescheduled" if outcome["reschedule"] else "not rescheduled"
    return f"{outcome['rule']}, {outcome['charge'].replace('_', ' ')}, {again}"
