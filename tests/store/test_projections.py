"""What follows from events, in the same transaction; and the pages that read it."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import update

from moderation import cases
from rooms.commands import Because
from rooms.events import (
    Clocks,
    Ended,
    EndPressed,
    Explained,
    Flagged,
    HookEnded,
    Outcome,
    OutcomeChanged,
    Overruled,
    PartEnded,
    Shut,
)
from rooms.lesson import Actor, Role
from rooms.verdict import Ruling
from server.store import Stores, open_store
from server.store.notes import NOTE_CHARACTERS_MAX
from server.store.outbox_rows import lease_due, read_parcel
from server.store.port import Appended
from server.store.projections import project
from server.store.schema import outbox, safeguarding_case
from tests.store.lessons import FAMILY, MANAGER, OFFICER, TEACHER, Evidence, append, begun, pressed, put, said

OFFICE = Actor(Role.OFFICE, "person-o", "Mx Desk")
HEAD = Actor(Role.ADMINISTRATOR, "person-a", "Ms Head")
SECRET = "nobody may read this in a mail"


async def outbox_rows(stores: Stores) -> list[tuple[str, str, str]]:
    rows = await stores.read(lambda c: c.execute(outbox.select().order_by(outbox.c.audience)).all())
    return [(row.kind, row.audience, row.pupil) for row in rows]


@pytest.mark.parametrize(("ruling", "kind"), [(Ruling.END, "hook_end"), (Ruling.ESCALATE, "disclosure")])
async def test_S1_a_message_that_ends_or_escalates_opens_an_urgent_case(
    stores: Stores, ruling: Ruling, kind: str
) -> None:
    epoch = await begun(stores)
    events = [*said("m-1", text="hello"), *said("m-2", ruling, SECRET), HookEnded(at=2, message="m-2")]
    [answer] = await put(stores, append("lesson-1", epoch, 1, events, texts={"m-1": "hello", "m-2": SECRET}))
    assert answer is Appended.COMMITTED
    [line] = await stores.cases(OFFICER.person)
    assert (line.kind, line.urgent, line.lesson, line.opened_at) == (kind, True, "lesson-1", 1_000)
    assert (line.delivery.delivered_at, line.delivery.next_at, line.delivery.attempts) == (None, 1_000, 0)
    assert await outbox_rows(stores) == [("case", "safeguarding", "")]


@pytest.mark.parametrize("ruling", [Ruling.ALLOW, Ruling.HOLD])
async def test_other_rulings_open_no_case(stores: Stores, ruling: Ruling) -> None:
    epoch = await begun(stores)
    await put(stores, append("lesson-1", epoch, 1, said("m-1", ruling), texts={"m-1": "x"}))
    assert await stores.cases(OFFICER.person) == []
    assert await outbox_rows(stores) == []


async def test_D3_a_flag_opens_a_case_with_its_transcript_frozen(stores: Stores) -> None:
    epoch = await begun(stores)
    await put(
        stores,
        append("lesson-1", epoch, 1, said("m-1", text=SECRET), texts={"m-1": SECRET}),
        append("lesson-1", epoch, 4, [Flagged(at=3, by=TEACHER, action="f", message="m-1"), Shut(at=3, rule="D3")]),
        append("lesson-1", epoch, 6, [Ended(at=3, rule="D3", acted_at=3)]),
    )
    [line] = await stores.cases(OFFICER.person)
    case = await stores.case(line.id, OFFICER, 5_000)
    assert case is not None
    assert (case.line.kind, case.message, case.raised_by, case.unchanged) == ("flag", "m-1", TEACHER.person, True)
    evidence = msgspec.msgpack.decode(case.evidence, type=Evidence)
    # As this append left the log: with its own events, without what came later.
    assert evidence.kinds == ["Opened", "MessageSubmitted", "MessageJudged", "MessageDelivered", "Flagged", "Shut"]
    assert evidence.texts == {"m-1": SECRET}


async def test_S2_Q2_a_case_keeps_its_copy_and_shows_a_change(stores: Stores) -> None:
    epoch = await begun(stores)
    await put(stores, append("lesson-1", epoch, 1, said("m-1", Ruling.END, SECRET), texts={"m-1": SECRET}))
    [line] = await stores.cases(OFFICER.person)
    await stores.write(lambda c: c.exec_driver_sql("DELETE FROM message"))
    case = await stores.case(line.id, OFFICER, 5_000)
    assert case is not None
    assert (SECRET.encode() in case.evidence, case.unchanged) == (True, True)
    await stores.write(lambda c: c.execute(update(safeguarding_case).values(evidence=b"\x80")))
    case = await stores.case(line.id, OFFICER, 5_000)
    assert case is not None
    assert not case.unchanged


@pytest.mark.parametrize(("by", "cases"), [(MANAGER, 1), (HEAD, 1), (OFFICER, 1), (TEACHER, 0)])
async def test_D9_an_end_by_staff_opens_a_case_and_is_on_the_audit_log(stores: Stores, by: Actor, cases: int) -> None:
    epoch = await begun(stores)
    await put(stores, append("lesson-1", epoch, 1, [EndPressed(at=3, by=by, action="e")]))
    found = await stores.cases(OFFICER.person)
    assert [(line.kind, line.urgent) for line in found] == [("ended_by_staff", False)] * cases
    audited = [(entry.person, entry.what) for entry in await stores.audit_log(Role.SAFEGUARDING, "lesson-1")]
    assert audited == [(by.person, "ended_lesson")] * cases


async def test_Q4_opening_a_case_is_on_record_and_the_list_knows(stores: Stores) -> None:
    epoch = await begun(stores)
    for n in range(2):
        events = said(f"m-{n}", Ruling.END)
        await put(stores, append("lesson-1", epoch, 1 + 2 * n, events, texts={f"m-{n}": "x"}))
    second, first = await stores.cases(OFFICER.person)
    assert (first.number, second.number) == (1, 2)
    opened = await stores.case(second.id, OFFICER, 5_000)
    assert opened is not None
    assert not opened.line.opened_by_you  # not before this time
    [entry] = await stores.audit_log(Role.SAFEGUARDING)
    assert (entry.at, entry.person, entry.what, entry.whom, entry.lesson) == (
        5_000,
        OFFICER.person,
        "opened_case",
        second.id,
        "lesson-1",
    )
    assert [line.number for line in await stores.cases(OFFICER.person)] == [1, 2]  # the unopened one comes first
    assert [line.opened_by_you for line in await stores.cases(OFFICER.person)] == [False, True]
    assert [line.opened_by_you for line in await stores.cases("somebody-else")] == [False, False]


async def test_no_such_case_writes_nothing(stores: Stores) -> None:
    assert await stores.case("nothing", OFFICER, 5_000) is None
    assert await stores.audit_log(Role.SAFEGUARDING) == []


def ended(rule: str, charge: str = "not_charged", **more: object) -> PartEnded:
    outcome = Outcome(rule=rule, charge=charge, clocks=Clocks(teacher=300_001), **more)
    return PartEnded(at=7, pupil="pupil-1", outcome=outcome)


@pytest.mark.parametrize("rule", ["C2", "C3", "C7"])
async def test_C5_an_abort_is_mailed_to_office_and_family(stores: Stores, rule: str) -> None:
    epoch = await begun(stores)
    await put(stores, append("lesson-1", epoch, 1, [ended(rule, reschedule=True)]))
    assert await outbox_rows(stores) == [("outcome", "family", "pupil-1"), ("outcome", "office", "pupil-1")]


MAILED = [
    ("C6", "not_charged", {"reschedule": True}, "family office"),
    ("C6", "charged", {"minutes_owed": 9}, "family office"),
    ("C6", "undecided", {"decides": "teacher"}, ""),
    ("early", "not_charged", {"reschedule": True}, "family office"),
    ("early", "charged", {"minutes_owed": 9}, "family"),
    ("early", "undecided", {"decides": "teacher"}, ""),
    ("held", "charged", {"minutes_owed": 6}, "family"),
    ("A3", "not_charged", {"reschedule": True}, "family office"),
    ("A3", "none", {}, ""),
    ("D1", "charged", {}, "family office"),
    ("D1", "undecided", {"decides": "office"}, "family office"),
    ("D1", "none", {}, "family office"),
    ("D2", "undecided", {"decides": "office"}, "family office"),
    ("D3", "undecided", {"decides": "office"}, "office"),
    ("D9", "undecided", {"decides": "office"}, "office"),
    ("auto", "undecided", {"decides": "office"}, "office"),
]


@pytest.mark.parametrize(("rule", "charge", "more", "to"), MAILED)
async def test_C5_C6_D1_D2_who_is_mailed_what_a_lesson_came_to(
    stores: Stores, rule: str, charge: str, more: dict[str, object], to: str
) -> None:
    epoch = await begun(stores)
    await put(stores, append("lesson-1", epoch, 1, [ended(rule, charge, **more)]))
    assert [audience for _, audience, _ in await outbox_rows(stores)] == to.split()


@pytest.mark.parametrize(
    ("outcome", "to"),
    [
        (Outcome(rule="C6", charge="charged", minutes_owed=4), "family office"),
        (Outcome(rule="held", charge="charged"), "family"),
        (Outcome(rule="D1", charge="charged"), "family office"),
        (Outcome(rule="D9", charge="not_charged", overruled=True), "family"),
        (Outcome(rule="C6", charge="undecided", decides="teacher"), ""),
    ],
)
async def test_C6_a_family_that_was_told_somebody_decides_is_mailed_what_was_decided(
    stores: Stores, outcome: Outcome, to: str
) -> None:
    epoch = await begun(stores)
    await put(stores, append("lesson-1", epoch, 1, [OutcomeChanged(at=8, pupil="pupil-1", outcome=outcome)]))
    assert [audience for _, audience, _ in await outbox_rows(stores)] == to.split()


async def test_C5_a_lesson_that_was_held_is_not_mailed(stores: Stores) -> None:
    epoch = await begun(stores)
    await put(stores, append("lesson-1", epoch, 1, [ended("held", "charged")]))
    assert await outbox_rows(stores) == []
    [entry] = await stores.ledger("lesson-1")
    assert (entry.outcome.charge, entry.at, entry.recorded_at, entry.sequence) == ("charged", 7, 1_000, 2)


async def test_O1_the_ledger_is_appended_to_with_name_and_reason(stores: Stores) -> None:
    epoch = await begun(stores)
    first = ended("early", "undecided").outcome
    explained = Outcome(rule="early", charge="charged")
    overruled = Outcome(rule="early", charge="not_charged", overruled=True)
    because: Because = "other"
    await put(
        stores,
        append("lesson-1", epoch, 1, [PartEnded(at=7, pupil="pupil-1", outcome=first)]),
        append(
            "lesson-1",
            epoch,
            2,
            [
                Explained(at=8, by=TEACHER, action="x", because=because),
                OutcomeChanged(at=8, pupil="pupil-1", outcome=explained),
            ],
        ),
        append(
            "lesson-1",
            epoch,
            4,
            [
                Overruled(at=9, by=OFFICE, action="o", pupil="pupil-1", charge="not_charged", reason="line was down"),
                OutcomeChanged(at=9, pupil="pupil-1", outcome=overruled),
            ],
        ),
    )
    rows = await stores.ledger("lesson-1")
    assert [row.outcome for row in rows] == [first, explained, overruled]
    assert [(row.decided_by, row.reason) for row in rows] == [
        ("", ""),
        (TEACHER.name, ""),
        (OFFICE.name, "line was down"),
    ]
    log = await stores.audit_log(Role.SAFEGUARDING)
    assert [(entry.what, entry.whom) for entry in log] == [("overruled", "pupil-1")]


def test_the_same_append_makes_the_same_rows() -> None:
    one = append("lesson-1", 1, 4, [*said("m-1", Ruling.END), ended("C2")], texts={"m-1": "x"})
    assert project(one) == project(one)
    other = append("lesson-2", 1, 4, [*said("m-1", Ruling.END), ended("C2")], texts={"m-1": "x"})
    ids = {mail.id for rows in (project(one), project(other)) for mail in rows.mails}
    assert len(ids) == 6


def test_most_events_have_no_rows() -> None:
    assert not project(append("lesson-1", 1, 1, [pressed("x")]))


async def test_Q1_a_visit_is_recorded_with_who_when_and_how_long(stores: Stores) -> None:
    await stores.visit_began(MANAGER, "lesson-1", "v-1", 1_000)
    await stores.visit_began(MANAGER, "lesson-1", "v-2", 2_000)
    await stores.visit_ended(MANAGER, "lesson-1", "v-1", 4_000)
    first, second = await stores.drop_ins(Role.SAFEGUARDING, "lesson-1")
    assert (first.person, first.began_at, first.ended_at) == (MANAGER.person, 1_000, 4_000)
    assert (second.began_at, second.ended_at) == (2_000, None)
    assert await stores.drop_ins(Role.SAFEGUARDING, "lesson-2") == []


async def test_Q1_an_administrators_visit_is_read_by_the_safeguarding_team_alone(stores: Stores) -> None:
    for by, visit, at in ((MANAGER, "v-1", 1_000), (HEAD, "v-2", 2_000)):
        await stores.visit_began(by, "lesson-1", visit, at)
        await stores.visit_ended(by, "lesson-1", visit, at + 500)
    await stores.audit(HEAD, "opened_case", "case-1", 3_000, "lesson-1")

    async def reads(reader: Role) -> tuple[list[str], list[str]]:
        visits = await stores.drop_ins(reader, "lesson-1")
        log = await stores.audit_log(reader, "lesson-1")
        return [visit.person for visit in visits], [f"{line.person} {line.what}" for line in reversed(log)]

    theirs = [f"{MANAGER.person} visit_began", f"{MANAGER.person} visit_ended"]
    heads = ["person-a visit_began", "person-a visit_ended"]
    opened = ["person-a opened_case"]
    assert await reads(Role.SAFEGUARDING) == ([MANAGER.person, "person-a"], [*theirs, *heads, *opened])
    assert await reads(Role.ADMINISTRATOR) == ([MANAGER.person], [*theirs, *opened])
    for reader in set(Role) - {Role.SAFEGUARDING, Role.ADMINISTRATOR}:
        assert await reads(reader) == ([], []), reader


async def test_C5_a_note_is_mailed_to_the_office(stores: Stores) -> None:
    await begun(stores)
    await stores.add_note("lesson-1", TEACHER, "The line was noisy.", 3_000, action="n-1")
    await stores.add_note("lesson-1", TEACHER, "The line was noisy.", 3_000, action="n-2")
    assert await outbox_rows(stores) == [("note", "office", "")] * 2
    row = await stores.write(lambda connection: lease_due(connection, 3_000))
    assert row is not None
    parcel = await stores.read(lambda connection: read_parcel(connection, row))
    assert parcel.note is not None
    assert (parcel.note.text, parcel.lesson_id, parcel.case_number) == ("The line was noisy.", "lesson-1", None)


async def test_C5_a_note_asked_again_is_one_note_and_one_mail(stores: Stores) -> None:
    for _ in range(2):
        await stores.add_note("lesson-1", TEACHER, "The line was noisy.", 3_000, action="a-1")
    await stores.add_note("lesson-1", TEACHER, "It was the router.", 3_000, action="a-1")
    await stores.add_note("lesson-2", TEACHER, "The line was noisy.", 3_000, action="a-1")
    await stores.add_note("lesson-1", MANAGER, "The line was noisy.", 3_000, action="a-1")
    assert [(note.person, note.text) for note in await stores.notes("lesson-1")] == [
        (TEACHER.person, "The line was noisy."),
        (TEACHER.person, "It was the router."),
        (MANAGER.person, "The line was noisy."),
    ], "no words are lost: other words under the same action are another note"
    assert await outbox_rows(stores) == [("note", "office", "")] * 4


async def test_D3_a_note_on_a_flag_goes_to_the_safeguarding_team_and_leaves_the_list_as_it_was(stores: Stores) -> None:
    epoch = await begun(stores)
    await put(stores, append("lesson-1", epoch, 1, [Flagged(at=3, by=TEACHER, action="f", message="m-1")]))
    await stores.add_note("lesson-1", TEACHER, SECRET, 3_000, action="n-3")
    assert sorted(await outbox_rows(stores)) == [("case", "safeguarding", ""), ("note", "safeguarding", "")]
    [line] = await stores.cases(OFFICER.person)
    assert (line.number, line.delivery.next_at) == (1, 1_000)
    await stores.add_note("lesson-1", MANAGER, "of somebody else", 3_000, action="n-4")
    assert ("note", "office", "") in await outbox_rows(stores)


async def test_notes_marks_and_free_audit_lines(stores: Stores) -> None:
    await stores.add_note("lesson-1", TEACHER, "The line was noisy.", 3_000, action="n-5")
    [note] = await stores.notes("lesson-1")
    assert (note.text, note.name, note.at) == ("The line was noisy.", TEACHER.name, 3_000)
    with pytest.raises(ValueError, match="characters"):
        await stores.add_note("lesson-1", TEACHER, "x" * (NOTE_CHARACTERS_MAX + 1), 3_000, action="n-6")
    await stores.mark("node-1", 1_000)
    await stores.mark("node-1", 2_000)
    await stores.mark("node-2", 1_500)
    assert await stores.marks() == {"node-1": 2_000, "node-2": 1_500}
    await stores.audit(TEACHER, "saw_phone_number", FAMILY.person, 9_000, "lesson-1")
    assert [entry.what for entry in await stores.audit_log(Role.SAFEGUARDING, "lesson-1")] == ["saw_phone_number"]


async def test_each_of_two_cases_in_one_append_is_frozen_at_its_own_cause(url: str) -> None:
    """With the evidence that moderation freezes: its cause is the latest event that opens cases."""
    stores = open_store(url)
    epoch = await begun(stores)
    events = [
        *said("m-1", Ruling.ESCALATE, "first"),
        *said("m-2", Ruling.END, "second"),
        HookEnded(at=2, message="m-2"),
    ]
    await put(stores, append("lesson-1", epoch, 1, events, texts={"m-1": "first", "m-2": "second"}))
    found = []
    for line in sorted(await stores.cases(OFFICER.person), key=lambda line: line.number):
        case = await stores.case(line.id, OFFICER, 5_000)
        assert case is not None
        assert case.unchanged
        evidence = cases.decode(case.evidence)
        found.append((evidence.cause.kind, evidence.cause.message, [line.text for line in evidence.transcript]))
    stores.close()
    # The second was submitted before it was judged, so the first case knows it too, but not what it came to.
    assert found == [("escalated", "m-1", ["first", "second"]), ("ended_by_review", "m-2", ["first", "second"])]


async def test_no_word_of_a_message_is_logged_when_it_cannot_be_stored(
    stores: Stores, caplog: pytest.LogCaptureFixture
) -> None:
    epoch = await begun(stores)
    unstorable = f"{SECRET} \ud800"
    assert await put(stores, append("lesson-1", epoch, 1, said("m-1"), texts={"m-1": unstorable})) == [Appended.UNKNOWN]
    assert "lesson-1" in caplog.text
    assert SECRET not in caplog.text
