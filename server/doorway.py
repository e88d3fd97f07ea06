"""How somebody comes into a live room and goes out of it: one active device a side, and observers beside it."""

from __future__ import annotations

import asyncio
from typing import Final

from rooms.commands import Command, Depart, Enter, SideIs
from rooms.lesson import TEACHER, Lesson, Role
from server.errors import OVERLOADED, TAKEN_OVER
from server.frames import Elsewhere, Join
from server.house import PolicyClock
from server.live_room import LiveRoom
from server.observers import OBSERVERS_MAX, Visits
from server.refusals import sentence
from server.roster import Roster
from server.seat import Admission, Answer, Client, Refused, Seat
from server.status_board import StatusBoard
from server.store.port import StoreBusy, StoreDown
from server.turn import NO_ICE_SERVERS, IceServersOf
from server.welcome import welcome
from server.work import Work, fact

OPENS_BEFORE_MS: Final = 900_000
"""B2: a room opens, and its booking is frozen, this long before T."""

COUNTED_MS: Final = 1_000
"""Until its first beat is due, a newcomer's line was heard often enough by asking to come in."""

ELSEWHERE: Final = Elsewhere()


def refused(code: str) -> Refused:
    """A join that may not be, in words."""
    return Refused(code, sentence(code))


def try_later(client: Client, code: str) -> Refused:
    """Refused for now only: the socket closes with a code that says come back, so it is nobody's no-show."""
    client.close(OVERLOADED)
    return refused(code)


def is_theirs(lesson: Lesson, admission: Admission) -> bool:
    """Whether this person has a place in this lesson."""
    actor = admission.actor
    if actor.role is Role.TEACHER:
        return actor.side == TEACHER
    return actor.role is Role.PUPIL_SIDE and any(pupil.id == actor.side for pupil in lesson.pupils)


class Doorway:
    """Joins and goings of all rooms."""

    def __init__(
        self,
        *,
        clock: PolicyClock,
        roster: Roster,
        board: StatusBoard,
        visits: Visits,
        time_zone: str,
        ice_servers: IceServersOf,
        relay: bool,
    ) -> None:
        self._clock = clock
        self._roster = roster
        self._board = board
        self._visits = visits
        self._time_zone = time_zone
        self._ice_servers = ice_servers
        self._relay = relay
        self._visit_of: dict[Seat, str] = {}

    # Participants ---------------------------------------------------------------------------------------------

    async def enter(
        self, live: LiveRoom, admission: Admission, join: Join, client: Client
    ) -> Seat | Refused | Elsewhere:
        """Let a participant's device in; returns once that is durable and it has been welcomed."""
        actor, side = admission.actor, admission.actor.side
        if side is None or not is_theirs(live.lesson, admission):
            return refused("not_yours")
        if live.halted:
            return refused("over")
        current = live.arriving.get(side) or live.seats.get(side)
        if current is not None and current.device != join.device and not join.take_over:
            return ELSEWHERE
        epoch = live.epochs.get(side, 0) + 1
        live.epochs[side] = epoch
        now = self._clock.now_ms()
        seat = Seat(admission, join.device, epoch, client, now, join.resume)
        enter = Enter(by=actor, device=join.device, epoch=epoch)
        commands: tuple[Command, ...] = (enter,)
        if current is None:
            if live.room.decide(enter, now).refused:
                return await self._seated(live, seat, commands)  # evidence never hears of who may not come in
            # What evidence makes of a newcomer goes into the same append: one of its own cost as much as the entering.
            # What it found before is told by itself, as it stands whether or not they are let in.
            live.hear_evidence(now)
            seat.counted = True
            live.evidence.connected(side, seat.device, now)
            commands += tuple(live.evidence.changes(now))
        elif current.actor.person != actor.person:
            commands += (Depart(by=current.actor, device=current.device, epoch=current.epoch),)
        return await self._seated(live, seat, commands)

    async def _seated(self, live: LiveRoom, seat: Seat, commands: tuple[Command, ...]) -> Seat | Refused:
        entered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def answered(answer: Answer) -> None:
            if not answer.ok:
                self._not_told(live, commands)
            elif not seat.gone:
                self._settle_in(live, seat)
            if not entered.done():
                entered.set_result(answer)

        live.submit(Work(commands, answer=answered, seat=seat))
        try:
            answer = await entered
        except asyncio.CancelledError:
            self.leave(live, seat, clean=False)
            raise
        if answer.ok:
            return seat
        self._turned_away(live, seat)
        if answer.code in ("busy", "try_again"):
            return try_later(seat.client, answer.code)
        return Refused(answer.code, answer.text)

    def arrived(self, live: LiveRoom, seat: Seat) -> None:
        """It is durable that this device is in: fence the one it replaces, then `Welcome` and the replay."""
        now = self._clock.now_ms()
        side = seat.viewer.side
        if not seat.observes and side is not None:
            replaced = live.take_place(seat, side)
            if replaced is not None:
                self._fence(live, replaced, seat, now)
            if seat.counted:
                if now - seat.since >= COUNTED_MS:
                    live.evidence.heard(side, seat.device, now)
            else:
                seat.counted = True
                live.evidence.connected(side, seat.device, now)
        welcome(
            seat,
            live.lesson,
            live.events[: seat.prefix],
            live.texts,
            now,
            self._time_zone,
            NO_ICE_SERVERS if seat.observes else self._ice_servers(seat.actor.person),
            self._relay,
        )

    def _fence(self, live: LiveRoom, replaced: Seat, by: Seat, now: int) -> None:
        side = replaced.viewer.side or ""
        if replaced.device == by.device:
            live.evidence.disconnected(side, replaced.device, now, clean=False)
        else:
            live.evidence.takeover(side, now, replaced.device)
        replaced.gone = True
        replaced.client.close(TAKEN_OVER)

    def _not_told(self, live: LiveRoom, commands: tuple[Command, ...]) -> None:
        """What evidence made of a newcomer was refused with them: it has said so once, and is to say it again."""
        for command in commands:
            if isinstance(command, SideIs):
                live.evidence.tell_again(command.side)

    def _turned_away(self, live: LiveRoom, seat: Seat) -> None:
        """It was not let in: for evidence it never came."""
        if seat.counted:
            seat.counted = False
            now = self._clock.now_ms()
            live.evidence.never_came(seat.viewer.side or "", seat.device, now)
            live.hear_evidence(now)
            live.look_soon()

    def _uncount(self, live: LiveRoom, seat: Seat, *, clean: bool) -> None:
        """Its line is gone: evidence counts it no more."""
        if seat.counted:
            seat.counted = False
            live.evidence.disconnected(seat.viewer.side or "", seat.device, self._clock.now_ms(), clean)

    def _settle_in(self, live: LiveRoom, seat: Seat) -> None:
        """After the replay, and what was committed with the entering: with whom to negotiate, how the room stands."""
        if not seat.observes:
            self._roster.arrived(live, seat)
            live.hear_evidence(self._clock.now_ms())
        self._board.tell_one(live, seat)

    # Observers ------------------------------------------------------------------------------------------------

    async def observe(self, live: LiveRoom, admission: Admission, join: Join, client: Client) -> Seat | Refused:
        """Let an observer watch. Nothing here touches the room, its randomness, or a participant's seat."""
        if len(live.observers) >= OBSERVERS_MAX:
            return refused("full")
        try:
            visit = await self._visits.begin(admission.actor, live.id)
        except (StoreBusy, StoreDown):
            return try_later(client, "try_again")
        if len(live.observers) >= OBSERVERS_MAX:
            self._visits.end(admission.actor, live.id, visit)
            return refused("full")
        seat = Seat(admission, join.device, 0, client, self._clock.now_ms(), join.resume)
        self._visit_of[seat] = visit
        answer = await self._seated(live, seat, ())
        if isinstance(answer, Refused):
            self._end_visit(seat)
        return answer

    def _end_visit(self, seat: Seat) -> None:
        visit = self._visit_of.pop(seat, None)
        if visit is not None:
            self._visits.end(seat.actor, seat.lesson, visit)

    # Going ----------------------------------------------------------------------------------------------------

    def leave_nowhere(self, seat: Seat) -> None:
        """A socket is gone after its room was: only an observer's visit is still to be ended."""
        seat.gone = True
        self._end_visit(seat)

    def leave(self, live: LiveRoom, seat: Seat, *, clean: bool) -> None:
        """A socket is gone, whoever closed it. A fenced one's going says nothing of its side."""
        fenced, seat.gone = seat.gone, True
        live.remove(seat)
        if seat.observes:
            self._end_visit(seat)
            return
        if fenced:
            return
        now = self._clock.now_ms()
        self._uncount(live, seat, clean=clean)
        live.submit(fact(Depart(by=seat.actor, device=seat.device, epoch=seat.epoch)))
        self._roster.left(live, seat)
        live.hear_evidence(now)
        live.look_soon()
