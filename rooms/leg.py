"""One side's media as it reaches our own relay, and whether the relay can be believed to have heard it.

What the relay says is the server's own evidence: nobody else can make authentic packets of this side's, and nobody else
can stop them. But silence at the relay speaks against a side only if the relay hears at all, shown by packets of some
other leg meanwhile; and only after what a connection needs to come about.

Everything changes by what is told (`Leg.told`), about once a second; nothing by time alone.
"""

from __future__ import annotations

from typing import Final

from rooms.proof import LOSS_MS, NEVER, SILENT_MS, WINDOW_MS, Proof

CONNECT_MS: Final = 15_000
"""Until media has to come: 10 s for a handshake on a bad line (`signalling.relay.leg.CONNECT_S`), and another try."""
CONNECT_AGAIN_MS: Final = 60_000
"""A side that came, and whose media did not, has that wait again when it comes again, but only so long after the last:
so coming and going keeps no clock from running."""
DEAF_MS: Final = 2_000
"""No packet of any other leg for so long: the relay may have been deaf, or this process so busy that it looked late:
silence until then is nobody's. Two looks, one a second, so that a machine that is busy is not thought deaf."""
GAP_MS: Final = 1_000
"""A silence that was seen for less than this is jitter: a leg sends 50 packets a second."""
GAPS_KEPT_MAX: Final = WINDOW_MS // GAP_MS
"""More of these do not fit into the window."""
APART_MS: Final = LOSS_MS
"""Its own browser received media so much later than its leg was heard: this leg is no measure of the side's media. A
firewall may let nothing but TURN through. As a report speaks of the second before it, and may itself be late, less is
no difference."""


class Leg:
    """What the relay has heard of one side. All times are the policy clock's, Unix ms."""

    __slots__ = ("_asked", "_began", "_blind", "_came_at", "_came_before", "_flows", "_heard", "_proof", "flows_since")

    def __init__(self) -> None:
        self._proof = Proof()
        """Authentic RTP of this side's."""
        self._began = NEVER
        """Since when media can be expected, and the relay has been proven to hear without a break."""
        self._came_at = NEVER
        """When the side's own coming began such a wait."""
        self._came_before = NEVER
        """What `_came_at` was before that."""
        self._heard = NEVER
        """RTP of another leg: so far the relay is proven to hear."""
        self._blind = True
        """The relay says nothing."""
        self._asked = NEVER
        self._flows = False
        self.flows_since = NEVER
        """The first packet that showed it, after it did not."""

    def told(self, at: int | None, others_at: int | None, now: int) -> bool:
        """The relay was asked. Returns whether that may change what is thought of the side.

        Args:
            at: when the last RTP came; None: none ever, or there is no leg.
            others_at: when the last came on any other leg, of any lesson; None: never, or the relay is not heard from.
            now: when it was asked.
        """
        proof, flowed, was_blind = self._proof, self._flows, self._blind
        self._hear(others_at, now)
        if at is not None and at > proof.ok:
            self._came(at)
        self._asked = now
        silent_ms = now - proof.ok
        self._flows = silent_ms < SILENT_MS and not (proof.gaps and proof.patchy(min(now, self._heard)))
        if self._flows and not flowed:
            self.flows_since = proof.ok
        return silent_ms >= LOSS_MS or not flowed or not self._flows or was_blind is not self._blind

    def _hear(self, others_at: int | None, now: int) -> None:
        """What shows that the relay hears."""
        if others_at is None:
            self._blind = True
            return
        if self._blind or (others_at - self._heard >= DEAF_MS and not self._ceased()):
            self._proof.gaps.clear()
            self.begin(now)
        self._blind = False
        if others_at > self._heard:
            self._heard = others_at

    def _came(self, at: int) -> None:
        """A packet, after a silence that is known from when the relay was last asked."""
        proof, until = self._proof, min(self._asked, self._heard)
        silent_ms = until - proof.ok
        if silent_ms >= SILENT_MS:
            proof.gaps.clear()
        elif silent_ms >= GAP_MS and proof.ok > self._began:
            proof.gaps.append((proof.ok, until))
            del proof.gaps[:-GAPS_KEPT_MAX]
        proof.ok = at

    def begin(self, now: int) -> None:
        """Media needs a while to come, as the relay, or the other side, has only just come."""
        self._began = now

    def come(self, now: int) -> None:
        """As `begin`, and it is the side itself that came."""
        if self._proof.ok >= self._came_at or now - self._came_at >= CONNECT_AGAIN_MS:
            self._came_before = self._came_at
            self._came_at = self._began = now

    def never_came(self, at: int) -> None:
        """Who came at ``at`` was not let in: the wait that their coming began is to be had by their next."""
        if self._came_at == at:
            self._came_at = self._came_before

    def forget(self, now: int) -> None:
        """Another device takes over: what the old one sent says nothing of it."""
        self.come(now)
        self._proof.restart(NEVER)
        self._flows = False

    def restart(self, now: int) -> None:
        """After time in which the service heard nobody: what flowed still does, until the relay says otherwise."""
        self._blind = True
        self._began = self._asked = now
        if self._flows:
            self._proof.restart(now)

    def shift(self, ms: int) -> None:
        """The clock jumped forward."""
        self._proof.shift(ms)
        self._began += ms
        self._came_at += ms
        self._came_before += ms
        self._heard += ms
        self._asked += ms
        self.flows_since += ms

    # Answers --------------------------------------------------------------------------------------------

    @property
    def flows(self) -> bool:
        """Whether media of this side reaches us, so far as not known otherwise."""
        return self._flows

    @property
    def ok(self) -> int:
        """The last RTP of this side's; `NEVER` before the first."""
        return self._proof.ok

    def silent_since(self, line: int) -> int | None:
        """Since when neither a line last heard at ``line`` nor media has come, if that is 3 s for certain; else None.

        Media is not sent again as TCP's segments are: where it is silent as well, nothing is still under way.
        """
        ok = self._proof.ok
        if self._blind or ok <= self._began:
            return None
        since = max(ok, line)
        return since if self._heard - since >= LOSS_MS else None

    def gone_since(self, proven: int, received: int) -> int | None:
        """Since when media demonstrably does not reach us from a side that is there; None: it does, or who knows.

        Args:
            proven: up to here the side is known to be there.
            received: until then its own browser says that it received media.
        """
        if self._blind:
            return None
        proof, until = self._proof, min(proven, self._heard)
        begins = self._begins(received)
        if proof.ok > begins:
            ceased = until - proof.ok >= LOSS_MS or (proof.gaps and proof.patchy(until))
            return proof.ok if ceased else None
        since = begins + CONNECT_MS
        return since if until >= since else None

    def proven(self, received: int, now: int) -> int:
        """`gone_since` will never be a time before this."""
        if self._blind or (self._asked - self._heard >= DEAF_MS and not self._ceased()):
            return now  # what is heard next begins anew
        proof, begins = self._proof, self._begins(received)
        # Where none has come, one that came after the relay was asked would count from then on.
        since = proof.ok if proof.ok > begins else min(begins + CONNECT_MS, max(self._asked, self._began))
        return min(now, since)

    def _begins(self, received: int) -> int:
        """From when on media of this side is missed, if none has come."""
        return received if received > self._began and received - self._proof.ok >= APART_MS else self._began

    def _ceased(self) -> bool:
        """By all that the relay has said, whatever browsers say."""
        if self._blind:
            return False
        if self._proof.ok > self._began:
            return self._heard - self._proof.ok >= LOSS_MS
        return self._heard >= self._began + CONNECT_MS
