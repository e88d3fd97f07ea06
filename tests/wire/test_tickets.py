"""Join tickets: once, for 30 s of transport time, for whom the server stamped, and nobody else's."""

from __future__ import annotations

import hashlib
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rooms.lesson import Actor, Role
from server.frames import TICKET_CHARS_MAX
from server.seat import Admission
from server.tickets import TICKET_S, Tickets

ADA = Admission("lesson-1", Actor(Role.PUPIL_SIDE, "family-1", "Ada Lovelace", "sam"))


class Transport:
    """Monotonic seconds that a test moves."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def entropy(seed: str = "") -> object:
    """Bytes that never repeat, and are the same in every run."""
    count = 0

    def draw(size: int) -> bytes:
        nonlocal count
        count += 1
        return hashlib.sha256(f"{seed}{count}".encode()).digest()[:size]

    return draw


def tickets(clock: Transport, seed: str = "", secret: bytes = b"s" * 32) -> Tickets:
    return Tickets(secret, clock, entropy(seed))  # type: ignore[arg-type]


@pytest.fixture
def clock() -> Transport:
    return Transport()


@pytest.fixture
def door(clock: Transport) -> Tickets:
    return tickets(clock)


@pytest.mark.parametrize(
    "admission",
    [
        ADA,
        Admission("lesson-1", Actor(Role.TEACHER, "t", "Zoë Ñandú \U0001f3bb", "teacher")),
        Admission("l" * 64, Actor(Role.MANAGER, "m" * 64, "\U0001f3bb" * 100, None)),
    ],
)
def test_a_ticket_lets_in_whom_it_was_made_for(door: Tickets, admission: Admission) -> None:
    ticket = door.issue(admission)
    assert len(ticket) <= TICKET_CHARS_MAX
    assert set(ticket) <= set(string.ascii_letters + string.digits + "-_")
    assert door.redeem(ticket) == admission


def test_a_ticket_is_good_once(door: Tickets) -> None:
    first, second = door.issue(ADA), door.issue(ADA)
    assert door.redeem(first) == ADA
    assert door.redeem(first) is None
    assert door.redeem(second) == ADA


def test_a_ticket_lives_30_s_of_transport_time(door: Tickets, clock: Transport) -> None:
    last, late = door.issue(ADA), door.issue(ADA)
    clock.now_s += TICKET_S - 0.001
    assert door.redeem(last) == ADA
    clock.now_s += 0.001
    assert door.redeem(late) is None


def test_used_tickets_are_forgotten_once_they_have_expired_and_stay_refused(door: Tickets, clock: Transport) -> None:
    used = [door.issue(ADA) for _ in range(50)]
    for ticket in used:
        assert door.redeem(ticket) == ADA
    clock.now_s += TICKET_S
    assert door.redeem(door.issue(ADA)) == ADA
    assert len(door._used) == 1
    assert [door.redeem(ticket) for ticket in used] == [None] * 50


def test_when_too_many_were_used_the_next_waits_instead_of_being_let_in_twice(
    clock: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.tickets.USED_MAX", 3)
    door = tickets(clock)
    first = [door.issue(ADA) for _ in range(4)]
    assert [door.redeem(ticket) for ticket in first] == [ADA, ADA, ADA, None]
    assert door.redeem(first[0]) is None
    clock.now_s += TICKET_S
    assert door.redeem(door.issue(ADA)) == ADA


def test_another_process_or_secret_issues_other_tickets(clock: Transport, door: Tickets) -> None:
    ticket = door.issue(ADA)
    assert tickets(clock, seed="after a restart").redeem(ticket) is None
    assert tickets(clock, secret=b"t" * 32).redeem(ticket) is None


@settings(max_examples=300, deadline=None, database=None)
@given(st.integers(0, 10**6), st.integers(1, 127))
def test_a_changed_ticket_is_refused(at: int, by: int) -> None:
    door = tickets(Transport())
    ticket = door.issue(ADA)
    place = at % len(ticket)
    changed = ticket[:place] + chr((ord(ticket[place]) + by) % 128) + ticket[place + 1 :]
    # The last character of base64 holds bits that mean nothing: only a change of meaning has to be noticed.
    assert door.redeem(changed) in ((None, ADA) if place == len(ticket) - 1 else (None,))


@settings(max_examples=300, deadline=None, database=None)
@given(st.text(max_size=2_000))
def test_any_text_is_refused_without_an_exception(text: str) -> None:
    assert tickets(Transport()).redeem(text) is None


def test_a_short_secret_and_a_name_that_does_not_fit_are_mistakes_of_ours(clock: Transport, door: Tickets) -> None:
    with pytest.raises(ValueError, match="31 bytes"):
        tickets(clock, secret=b"s" * 31)
    with pytest.raises(ValueError, match="does not fit"):
        door.issue(Admission("l", Actor(Role.TEACHER, "t", "x" * 1_000, "teacher")))
