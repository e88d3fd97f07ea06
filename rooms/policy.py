"""The numbers of one service's policy: another service has other numbers, the rules stay (POLICY.md)."""

from __future__ import annotations

import msgspec

SECOND_MS = 1_000


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every number of POLICY.md, in milliseconds or years. A lesson keeps the policy it was opened with."""

    start_limit_ms: int = 300 * SECOND_MS
    """C2, C3, C7: a start clock above this acts."""
    limit_runs_ms: int = 15 * SECOND_MS
    """A clock acts only once it has run this long without a break, so that nobody is cut off after a warning."""
    keep_waiting_from_ms: int = 240 * SECOND_MS
    """C3: from here on the pupil's clock the teacher may keep waiting."""
    settle_ms: int = 10 * SECOND_MS
    """Both sides ready for this long makes the lesson live, or ends an interruption."""
    started_after_ms: int = 60 * SECOND_MS
    """Live for this long in total: the lesson has started."""
    protected_after_ms: int = 60 * SECOND_MS
    """C3: a pupil side ready this long on the teacher's clock is never charged."""
    come_back_ms: int = 30 * SECOND_MS
    """After the platform is up, a side not ready since is unknown for this long."""
    interrupted_limit_ms: int = 300 * SECOND_MS
    """C6: interruptions above this open the teacher's decision."""
    overrun_ms: int = 600 * SECOND_MS
    """A lesson that is live at E runs on for this long at most."""
    near_end_ms: int = 300 * SECOND_MS
    """Ended by the teacher with this much or less to E: held. Also when the adult is asked back (B1)."""
    taught_least_ms: int = 300 * SECOND_MS
    """Live for less than this when the teacher ends it for *other*: not charged."""
    adult_to_age: int = 15
    """B1: up to this age an adult checks in."""
    adult_stays_to_age: int = 12
    """B1: of those, up to this age the adult must also stay until the lesson has started."""
    held_ms: int = 60 * SECOND_MS
    """D: a held message that nobody released for this long is not sent."""
