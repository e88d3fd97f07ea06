"""A relay without datagrams: answers an offer with who is asked for, at once or when a test says so, and keeps the
calls."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from server.house import RelayAway
from signalling.relay.port import LegId, LegView, Refused


class FakeRelay:
    """`server.house.MediaRelay`; what does not begin as an offer does is refused, and it fails when a test says so."""

    def __init__(self) -> None:
        self.legs: dict[tuple[str, str], LegId] = {}
        self.sides: dict[LegId, tuple[str, ...]] = {}
        """Of each observer's leg."""
        self.calls: list[str] = []
        self.fails = self.away = False
        self.quiet_at: dict[str, float] = {}
        """Sides from which nothing has come since then, on the loop's clock."""
        self.hears = True
        """Whether packets of others show that it does; None is all that a relay says that is not heard from."""
        self.answers = asyncio.Event()
        """Cleared: what is asked is done, and the answer is on its way until it is set."""
        self.answers.set()

    async def publish(self, leg: LegId, offer: str) -> str:
        self._take(leg, offer, "publish")
        await self.answers.wait()
        return f"v=0\r\ns={leg.who} sends\r\n"

    async def watch(self, leg: LegId, sides: Sequence[str], offer: str) -> str:
        self._take(leg, offer, "watch")
        self.sides[leg] = tuple(sides)
        await self.answers.wait()
        return "v=0\r\n" + "".join(f"a=msid:{side}\r\n" for side in sides)

    def close(self, leg: LegId) -> None:
        self._may_fail("close")
        if self.legs.get(leg[:2]) == leg:
            del self.legs[leg[:2]]

    def close_lesson(self, lesson: str) -> None:
        self._may_fail("close_lesson")
        self.legs = {key: leg for key, leg in self.legs.items() if leg.lesson != lesson}

    def view(self, lesson: str, side: str) -> LegView | None:
        leg = self.legs.get((lesson, side))
        if leg is None:
            return None
        now = asyncio.get_running_loop().time()
        quiet_s = now - self.quiet_at.get(side, now)
        return LegView(leg, connected=True, audio=1, video=1, quiet_s=quiet_s, others_quiet_s=self.quiet_s())

    def quiet_s(self) -> float | None:
        return 0.0 if self.hears else None

    def who(self) -> list[str]:
        """Whose legs there are; an observer's name is chance."""
        return sorted("watch" if who.startswith("watch-") else who for _, who in self.legs)

    def _take(self, leg: LegId, offer: str, call: str) -> None:
        self._may_fail(call)
        before = self.legs.get(leg[:2])
        if before is not None and before.epoch > leg.epoch:
            raise Refused("stale_epoch")
        if not offer.startswith("v=0"):
            raise Refused("bad_offer")
        self.legs[leg[:2]] = leg

    def _may_fail(self, call: str) -> None:
        self.calls.append(call)
        if self.fails:
            raise ZeroDivisionError("a fault of the relay's")
        if self.away and call in ("publish", "watch"):
            raise RelayAway("there is no way to it")
