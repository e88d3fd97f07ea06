"""What an answer says when it is not the one that was hoped for: a status, a stable code, and a sentence."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from starlette.responses import Response


class Said(msgspec.Struct, frozen=True):
    """The body of every answer that is not 2xx."""

    code: str
    """Stable: programs and tests go by it."""
    text: str
    """A sentence that a person can act on."""


class Problem(Exception):
    """Raised anywhere below a request; becomes its answer."""

    def __init__(self, status: int, code: str, text: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.text = text
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """The answer on the wire."""
        body = msgspec.json.encode(Said(self.code, self.text))
        return Response(body, self.status, self.headers, media_type="application/json")


def not_found() -> Problem:
    """Not there, and not allowed: the two read alike, so that nobody learns what exists."""
    return Problem(404, "not_found", "We cannot find that page.")


def signed_out() -> Problem:
    """Nobody is signed in, or not any more."""
    return Problem(401, "signed_out", "You are signed out. Sign in to go on.")


def bad_request(text: str) -> Problem:
    """The body is not what this address takes."""
    return Problem(400, "bad_request", text)


def too_many(wait_s: int) -> Problem:
    """Too much in a short time."""
    text = "Too many tries. Wait 2 minutes, then try again."
    return Problem(429, "too_many", text, {"retry-after": str(wait_s)})


def our_fault(phone: str) -> Problem:
    """Something broke here."""
    return Problem(500, "our_fault", _SORRY.format(number=phone))


def away(phone: str) -> Problem:
    """The store cannot be reached just now."""
    return Problem(503, "try_again", _SORRY.format(number=phone), {"retry-after": "5"})


_SORRY = "Sorry, there is a problem with the service. Try again in a few minutes, or ring the office on {number}."
