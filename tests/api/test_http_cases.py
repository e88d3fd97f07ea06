"""Safeguarding cases over HTTP: who may read them, what they hold, and that reading is on record."""

from __future__ import annotations

import asyncio

from sqlalchemy import update

from rooms.lesson import TEACHER as TEACHER_SIDE
from rooms.lesson import Actor, Role
from server.app import Parts
from server.codec import Encoded
from server.config import Config
from server.errors import CloseReason
from server.frames import Ack, EndFrame, FlagFrame, Join, SayFrame, ServerFrame
from server.seat import Admission, Seat
from server.store.schema import safeguarding_case
from tests.api.browsing import Browser, Browsers, action, refusal, until
from tests.api.service import FAMILY, INVOLVED_SAFEGUARDING, MANAGER, NOW_OPEN, SAFEGUARDING, SAM, TEACHER

TEACHES = Actor(Role.TEACHER, TEACHER.id, TEACHER.name, TEACHER_SIDE)
SAMS = Actor(Role.PUPIL_SIDE, FAMILY.id, FAMILY.name, SAM)
WATCHES = Actor(Role.MANAGER, MANAGER.id, MANAGER.name)


class Listener:
    """A client that keeps what it is sent."""

    def __init__(self) -> None:
        self.acks: asyncio.Queue[Ack] = asyncio.Queue()
        self.shown: list[Encoded] = []

    def deliver(self, n: int, shown: Encoded) -> None:
        self.shown.append(shown)

    def send(self, frame: ServerFrame) -> None:
        if isinstance(frame, Ack):
            self.acks.put_nowait(frame)

    def close(self, reason: CloseReason) -> None:
        pass


class Participant:
    """Somebody in the room, over hosting itself."""

    def __init__(self, parts: Parts, seat: Seat, listener: Listener) -> None:
        self._parts = parts
        self._seat = seat
        self._listener = listener

    @classmethod
    async def enters(cls, parts: Parts, actor: Actor) -> Participant:
        await parts.services.hosting.open(NOW_OPEN)
        listener = Listener()
        join = Join(ticket="redeemed", device=f"device-{actor.person}")
        seat = await parts.services.hosting.join(Admission(NOW_OPEN, actor), join, listener)
        assert isinstance(seat, Seat), seat
        return cls(parts, seat, listener)

    async def asks(self, frame: SayFrame | FlagFrame | EndFrame) -> Ack:
        self._parts.services.hosting.receive(self._seat, frame)
        return await asyncio.wait_for(self._listener.acks.get(), 5)

    async def says(self, text: str) -> Ack:
        return await self.asks(SayFrame(action=action(), text=text))


GROOMING = "don't tell your mum we talk, this is our secret, send me a photo of you in your room"


async def unsafe_lesson(parts: Parts) -> None:
    """A greeting, then a message of the teacher that ends the lesson."""
    teacher, family = await Participant.enters(parts, TEACHES), await Participant.enters(parts, SAMS)
    assert (await family.says("Hello Ms Patel!")).ok
    await teacher.says(GROOMING)


async def test_D3_an_unsafe_message_makes_a_case_with_its_transcript(parts: Parts, safeguarding: Browser) -> None:
    await unsafe_lesson(parts)
    (row,) = (await safeguarding.get("/api/cases")).json()["cases"]
    assert (row["kind"], row["urgent"], row["opened_by_you"]) == ("hook_end", True, False)
    case = (await safeguarding.get(f"/api/cases/{row['id']}")).json()
    said = [(line["author"], line["text"], line["state"], line["cause"]) for line in case["transcript"]]
    assert said == [
        ("Alex Hall", "Hello Ms Patel!", "delivered", False),
        ("Ms Patel", GROOMING, "ended", True),
    ]
    assert {(one["name"], one["role"], one["side"]) for one in case["people"]} == {
        ("Ms Patel", "teacher", "teacher"),
        ("Alex Hall", "pupil_side", SAM),
    }
    assert case["why"]["ruling"] == "end"
    assert case["why"]["reviewer"]
    assert case["unchanged"]
    assert case["lesson"]["id"] == NOW_OPEN
    assert {"at": case["timeline"][0]["at"], "what": "here", "side": "teacher", "detail": ""} in case["timeline"]
    assert (await safeguarding.get("/api/cases")).json()["cases"][0]["opened_by_you"]


async def test_Q4_opening_a_case_is_on_the_audit_log_each_time(parts: Parts, safeguarding: Browser) -> None:
    await unsafe_lesson(parts)
    (row,) = (await safeguarding.get("/api/cases")).json()["cases"]
    assert await parts.stores.audit_log(Role.SAFEGUARDING, NOW_OPEN) == [], "the list alone opens nothing"
    for _ in range(2):
        await safeguarding.get(f"/api/cases/{row['id']}")
    entries = await parts.stores.audit_log(Role.SAFEGUARDING, NOW_OPEN)
    assert [(entry.person, entry.what, entry.whom) for entry in entries] == [
        (SAFEGUARDING.id, "opened_case", row["id"])
    ] * 2


async def test_S2_whom_a_case_is_about_never_sees_it_in_whatever_role(
    parts: Parts, browsers: Browsers, safeguarding: Browser, teacher: Browser, family: Browser, manager: Browser
) -> None:
    await unsafe_lesson(parts)
    (row,) = (await safeguarding.get("/api/cases")).json()["cases"]
    involved = await browsers.signed_in(INVOLVED_SAFEGUARDING)
    assert (await involved.get("/api/cases")).json()["cases"] == []
    answers = [await browser.get(f"/api/cases/{row['id']}") for browser in (involved, teacher, family, manager)]
    answers.append(await safeguarding.get("/api/cases/none"))
    assert [refusal(answer) for answer in answers] == [(404, "not_found")] * 5
    assert len({answer.text for answer in answers}) == 1
    for browser in (teacher, family, manager):
        assert refusal(await browser.get("/api/cases")) == (404, "not_found")
    assert await parts.stores.audit_log(Role.SAFEGUARDING, NOW_OPEN) == []


async def test_S2_who_took_part_stays_out_though_no_longer_booked(parts: Parts, browsers: Browsers) -> None:
    was_there = Actor(Role.PUPIL_SIDE, SAFEGUARDING.id, SAFEGUARDING.name, SAM)
    guest, teacher = await Participant.enters(parts, was_there), await Participant.enters(parts, TEACHES)
    assert (await guest.says("Hello")).ok
    await teacher.says(GROOMING)
    browser = await browsers.signed_in(SAFEGUARDING)
    assert (await browser.get("/api/cases")).json()["cases"] == []
    (line,) = await parts.stores.cases(SAFEGUARDING.id)
    assert refusal(await browser.get(f"/api/cases/{line.id}")) == (404, "not_found")
    assert await parts.stores.audit_log(Role.SAFEGUARDING, NOW_OPEN) == []


async def test_D3_a_flag_names_who_flagged_and_has_their_note(
    parts: Parts, safeguarding: Browser, teacher: Browser, config: Config
) -> None:
    flags, family = await Participant.enters(parts, TEACHES), await Participant.enters(parts, SAMS)
    await family.says("I do not want to play this")
    read = await parts.services.hosting.read(NOW_OPEN)
    assert read is not None
    (message,) = read.texts
    assert (await flags.asks(FlagFrame(action=action(), message=message))).ok
    (row,) = (await safeguarding.get("/api/cases")).json()["cases"]
    case = (await safeguarding.get(f"/api/cases/{row['id']}")).json()
    assert (case["kind"], case["why"]["reviewer"]) == ("flag", "Ms Patel")
    assert [line["cause"] for line in case["transcript"]] == [True]
    assert case["notes"] == []
    note = "It was the third time this month."
    assert (await teacher.post(f"/api/lessons/{NOW_OPEN}/note", {"action": "a", "text": note})).status_code == 204
    case = (await safeguarding.get(f"/api/cases/{row['id']}")).json()
    assert [(one["name"], one["text"]) for one in case["notes"]] == [("Ms Patel", note)]
    assert case["unchanged"]

    async def mails() -> list[str]:
        return [mail.read_text() for mail in config.mail_dir.glob("*.eml")]

    sent = await until(lambda found: len(found) >= 2, mails)
    assert [note in mail for mail in sent] == [False] * 2, "no word of it by mail"
    assert sum("has a new note" in mail for mail in sent) == 1


async def test_D9_a_managers_ending_is_a_case_too(parts: Parts, safeguarding: Browser, family: Browser) -> None:
    await Participant.enters(parts, SAMS)
    manager = await Participant.enters(parts, WATCHES)
    assert (await manager.asks(EndFrame(action=action()))).ok
    (row,) = (await safeguarding.get("/api/cases")).json()["cases"]
    case = (await safeguarding.get(f"/api/cases/{row['id']}")).json()
    assert (case["kind"], case["why"]["reviewer"]) == ("ended_by_staff", "Jordan Ellis")
    after = (await family.get(f"/api/lessons/{NOW_OPEN}")).json()
    assert [line["detail"] for line in after["timeline"] if line["what"] == "ended"] == ["neutral"]
    assert "Ellis" not in str(after)


async def test_S2_changed_evidence_is_told(parts: Parts, safeguarding: Browser) -> None:
    await unsafe_lesson(parts)
    (row,) = (await safeguarding.get("/api/cases")).json()["cases"]
    path = f"/api/cases/{row['id']}"
    assert (await safeguarding.get(path)).json()["unchanged"]
    await parts.stores.write(
        lambda connection: connection.execute(update(safeguarding_case).values(evidence_digest=b"\0" * 32))
    )
    assert not (await safeguarding.get(path)).json()["unchanged"]
