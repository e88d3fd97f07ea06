"""The addresses that one leg's browser was heard from, and which of them are proven to be its own. Pure.

Theory of operation
===================
An authenticated request proves who made it, not where they are: a source address can be invented by whoever sends.
So each address has to bring back something that was sent only there, a transaction id of 96 random bits, in an
answer made with the browser's own password. Until then nothing goes to it but one small question for each datagram
that came from it, and nothing is read from it but STUN.

| the browser asks from | then |
|---|---|
| a new address | we ask back; the answer proves it |
| a proven one with USE-CANDIDATE, while media goes to another | we ask once more; the answer switches to it |
| the address that media goes to | nothing |

Questions have no timer. Each is caused by a datagram from that address, so that a lost one is asked again when the
browser is next heard (every 50 to 500 ms while it connects), and so that no address receives more than it sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from signalling.relay.port import Source
from signalling.relay.stun import TRANSACTION_BYTES

PATHS_MAX: Final = 8
"""Addresses a leg: Wi-Fi, cable and mobile, each with IPv4 and IPv6, and two TURN servers."""
ASK_AGAIN_S: Final = 0.05
"""Between two questions to one address; browsers repeat their own checks no faster."""
QUESTION_S: Final = 5.0
"""How long an answer to one transaction id proves anything. Longer than any round trip that a lesson is held over."""
PATH_S: Final = 30.0
"""An address that was not heard from for so long is given up: ICE consent (RFC 7675)."""


class _Path(msgspec.Struct):
    heard_at: float
    proven: bool = False
    nominated: bool = False
    question: bytes = b""
    """The transaction id that has to come back; empty while nothing is asked."""
    begun_at: float = 0.0
    asked_at: float = 0.0


class Paths:
    """One leg's addresses. At most `PATHS_MAX`; the one that media goes to is never given up for a newer."""

    def __init__(self, entropy: Callable[[int], bytes]) -> None:
        self.current: Source | None = None
        """Where media goes; None until the first address is proven."""
        self._entropy = entropy
        self._paths: dict[Source, _Path] = {}

    def __iter__(self) -> Iterator[Source]:
        return iter(list(self._paths))

    def __len__(self) -> int:
        return len(self._paths)

    def proven(self, source: Source) -> bool:
        """Whether this address brought back what was sent to it."""
        path = self._paths.get(source)
        return path is not None and path.proven

    def heard(self, source: Source, nominated: bool, now: float) -> Source | None:
        """An authenticated request came from there. Returns the address that was given up for it, if one was."""
        lost = None
        path = self._paths.get(source)
        if path is None:
            lost = self._room()
            path = self._paths[source] = _Path(heard_at=now)
        path.heard_at = now
        if nominated and source != self.current:
            path.nominated = True
        return lost

    def question(self, source: Source, now: float) -> bytes | None:
        """The transaction id to ask this address with now; None if there is nothing to ask it, or not yet again."""
        path = self._paths.get(source)
        if path is None or (path.proven and (not path.nominated or source == self.current)):
            return None
        if path.question and now < path.begun_at + QUESTION_S:
            if now < path.asked_at + ASK_AGAIN_S:
                return None
        else:
            path.question, path.begun_at = self._entropy(TRANSACTION_BYTES), now
        path.asked_at = now
        return path.question

    def open_question(self, source: Source) -> bytes:
        """The transaction id that this address was asked and has not answered; empty without."""
        path = self._paths.get(source)
        return path.question if path is not None else b""

    def asked(self, source: Source, transaction: bytes, now: float) -> bool:
        """Whether this is what that address was asked, and lately enough for the answer to prove anything."""
        path = self._paths.get(source)
        return path is not None and path.question == transaction and now < path.begun_at + QUESTION_S

    def answered(self, source: Source) -> None:
        """It came back: the address is proven, and media goes there if the browser named it or there is no other."""
        path = self._paths[source]
        path.proven, path.question = True, b""
        if path.nominated or self.current is None:
            self.current = source
        path.nominated = False

    def use(self, source: Source) -> None:
        """Send media there: the DTLS handshake has just been completed from this proven address."""
        if self.proven(source):
            self.current = source

    def forget(self, source: Source) -> None:
        """Give an address up."""
        if self._paths.pop(source, None) is not None and source == self.current:
            self.current = None

    def stale(self, now: float) -> list[Source]:
        """The addresses, but for the one that media goes to, that were not heard from for `PATH_S`."""
        return [
            source for source, path in self._paths.items() if source != self.current and now >= path.heard_at + PATH_S
        ]

    def _room(self) -> Source | None:
        """Make room for one more: the one unheard for longest goes, unproven ones first."""
        if len(self._paths) < PATHS_MAX:
            return None
        others = (source for source in self._paths if source != self.current)
        oldest = min(others, key=lambda source: (self._paths[source].proven, self._paths[source].heard_at))
        del self._paths[oldest]
        return oldest
