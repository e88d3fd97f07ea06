"""Mail: sent again until it is taken, once it is stored; through a real SMTP server."""

from __future__ import annotations

import asyncio
import email
import email.policy
import socket
import ssl
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from rooms.events import Outcome, PartEnded
from rooms.verdict import Ruling
from server.mail import Sender
from server.outbox import BACKOFF_MS, FilePost, Outbox, Post, PostError, Round, SmtpPost, backoff_ms, open_post
from server.store import Stores, open_store
from server.store.outbox_rows import LEASE_MS, set_delivered
from server.store.schema import outbox
from tests.store.lessons import FAMILY, OFFICER, TEACHER, append, begun, freeze, put, said

SENDER = Sender(
    service="Hill Music",
    phone="01234 567890",
    address="lessons@music.example",
    url="https://music.example",
    zone=ZoneInfo("Europe/London"),
)
TEAM = "team@safe.example"
PARENTS = ("anna@home.example", "bob@home.example")
SECRET = "words that no mail may hold"


class At:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1_000

    def now_ms(self) -> int:
        return self.now


class Book:
    """Addresses, as the accounts would give them."""

    def __init__(self) -> None:
        self.of: dict[str, Sequence[str]] = {"safeguarding": (TEAM,), "office": ("desk@x.example",), "family": PARENTS}

    async def addresses(self, audience: str, lesson: str, pupil: str) -> Sequence[str]:
        assert lesson == "lesson-1"
        assert pupil == ("" if audience == "safeguarding" else "pupil-1")
        return self.of[audience]


class Mailbox:
    """An SMTP server's handler: takes mail, or refuses as many as it is told, by address."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, EmailMessage]] = []
        self.refuse: dict[str, str] = {}
        self.refusals = 0

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuse:
            self.refusals += 1
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        [to] = envelope.rcpt_tos
        self.taken.append((to, message))
        return "250 taken"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def mailbox(port: int) -> Iterator[Mailbox]:
    handler = Mailbox()
    controller = Controller(handler, "127.0.0.1", port)
    controller.start()
    yield handler
    controller.stop()


def worker(stores: Stores, post: Post, clock: At, book: Book | None = None) -> Outbox:
    return Outbox(rows=stores, post=post, readers=book or Book(), sender=SENDER, clock=clock)


def smtp(port: int) -> SmtpPost:
    return SmtpPost(f"smtp://127.0.0.1:{port}")


async def open_case(stores: Stores) -> None:
    epoch = await begun(stores)
    await put(stores, append("lesson-1", epoch, 1, said("m-1", Ruling.END, SECRET), texts={"m-1": SECRET}))


async def missed(stores: Stores) -> None:
    epoch = await begun(stores)
    part = PartEnded(at=7, pupil="pupil-1", outcome=Outcome(rule="C3", charge="charged"))
    await put(stores, append("lesson-1", epoch, 1, [part]))


async def test_S1_the_alert_has_number_urgency_and_link_and_no_name_nor_chat(
    stores: Stores, mailbox: Mailbox, port: int
) -> None:
    await open_case(stores)
    assert await worker(stores, smtp(port), At()).deliver_due() == Round(delivered=1)
    [(to, message)] = mailbox.taken
    [case] = await stores.cases(OFFICER.person)
    assert to == TEAM
    assert message["Subject"] == "Urgent: safeguarding case 1"
    assert f"https://music.example/cases/{case.id}" in message.get_content()
    whole = message.as_string()
    for hidden in (SECRET, TEACHER.name, FAMILY.name, "Sam", "Violin", "lesson-1"):
        assert hidden not in whole
    assert case.delivery.delivered_at == 1_000


async def test_S1_a_refused_mail_is_sent_again_later(stores: Stores, mailbox: Mailbox, port: int) -> None:
    await open_case(stores)
    clock = At()
    box = worker(stores, smtp(port), clock)
    mailbox.refuse[TEAM] = "452 4.2.2 team@safe.example is full"
    assert await box.deliver_due() == Round(put_off=1)
    [case] = await stores.cases(OFFICER.person)
    assert (case.delivery.delivered_at, case.delivery.attempts) == (None, 1)
    assert case.delivery.next_at == 1_000 + BACKOFF_MS[0]
    clock.now = case.delivery.next_at - 1
    assert await box.deliver_due() == Round()
    mailbox.refuse.clear()
    clock.now += 1
    assert await box.deliver_due() == Round(delivered=1)
    assert len(mailbox.taken) == 1
    [case] = await stores.cases(OFFICER.person)
    assert case.delivery.delivered_at == clock.now
    clock.now += 10_000_000
    assert await box.deliver_due() == Round()


async def test_what_a_mail_server_says_is_kept_without_the_address(
    stores: Stores, mailbox: Mailbox, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    await open_case(stores)
    mailbox.refuse[TEAM] = "452 4.2.2 team@safe.example is full"
    await worker(stores, smtp(port), At()).deliver_due()
    [row] = await stores.read(lambda c: c.execute(outbox.select()).all())
    assert row.last_error == "the mail server refused: 452 4.2.2"
    assert TEAM not in caplog.text


async def test_S1_a_mail_server_that_is_away_and_comes_back_gets_everything(stores: Stores) -> None:
    await open_case(stores)
    clock, port = At(), free_port()
    box = worker(stores, smtp(port), clock)
    for attempt in range(1, 9):
        assert await box.deliver_due() == Round(put_off=1)
        [case] = await stores.cases(OFFICER.person)
        assert case.delivery.next_at - clock.now == backoff_ms(attempt)
        clock.now = case.delivery.next_at
    handler = Mailbox()
    controller = Controller(handler, "127.0.0.1", port)
    controller.start()
    assert await box.deliver_due() == Round(delivered=1)
    controller.stop()
    assert len(handler.taken) == 1


async def test_S1_undelivered_mail_survives_a_restart(url: str, mailbox: Mailbox, port: int) -> None:
    stores = open_store(url, freeze=freeze)
    await open_case(stores)
    mailbox.refuse[TEAM] = "452 full"
    await worker(stores, smtp(port), At()).deliver_due()
    stores.close()
    mailbox.refuse.clear()
    again, clock = open_store(url, freeze=freeze), At()
    clock.now += BACKOFF_MS[0]
    assert await worker(again, smtp(port), clock).deliver_due() == Round(delivered=1)
    again.close()
    assert len(mailbox.taken) == 1


async def test_a_worker_that_dies_in_between_sends_again_under_the_same_id(
    stores: Stores, mailbox: Mailbox, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await open_case(stores)
    clock = At()
    with monkeypatch.context() as patch:

        def dies(*_: object, **__: object) -> None:
            raise RuntimeError("the process ended here")

        patch.setattr("server.outbox.set_delivered", dies)
        with pytest.raises(RuntimeError):
            await worker(stores, smtp(port), clock).deliver_due()
    assert await worker(stores, smtp(port), clock).deliver_due() == Round()  # the lease still runs
    clock.now += LEASE_MS
    assert await worker(stores, smtp(port), clock).deliver_due() == Round(delivered=1)
    (_, first), (_, second) = mailbox.taken
    assert first["Message-ID"] == second["Message-ID"]
    assert first.as_bytes() == second.as_bytes()


async def test_two_workers_share_the_rows(stores: Stores, url: str, mailbox: Mailbox, port: int) -> None:
    await missed(stores)
    other = open_store(url, freeze=freeze)
    rounds = await asyncio.gather(
        worker(stores, smtp(port), At()).deliver_due(), worker(other, smtp(port), At()).deliver_due()
    )
    other.close()
    assert sum(one.delivered for one in rounds) == 2
    assert sorted(to for to, _ in mailbox.taken) == ["anna@home.example", "bob@home.example", "desk@x.example"]


async def test_C5_each_adult_gets_an_own_mail_and_one_refusal_troubles_only_one(
    stores: Stores, mailbox: Mailbox, port: int
) -> None:
    await missed(stores)
    clock = At()
    box = worker(stores, smtp(port), clock)
    mailbox.refuse["bob@home.example"] = "452 full"
    assert await box.deliver_due() == Round(delivered=1, put_off=1)
    mailbox.refuse.clear()
    clock.now += BACKOFF_MS[0]
    assert await box.deliver_due() == Round(delivered=1)
    assert sorted(to for to, _ in mailbox.taken) == ["anna@home.example", "bob@home.example", "desk@x.example"]
    family = [message for to, message in mailbox.taken if to in PARENTS]
    assert {message["To"] for message in family} == set(PARENTS)
    assert len({message["Message-ID"] for message in family}) == 2
    assert "PARENTS" not in family[0].as_string()
    assert "It is recorded as a missed lesson and charged." in family[0].get_content()


async def test_no_address_yet_is_no_reason_to_lose_a_mail(stores: Stores, mailbox: Mailbox, port: int) -> None:
    await open_case(stores)
    clock, book = At(), Book()
    book.of["safeguarding"] = ()
    box = worker(stores, smtp(port), clock, book)
    assert await box.deliver_due() == Round(put_off=1)
    book.of["safeguarding"] = (TEAM,)
    clock.now += BACKOFF_MS[0]
    assert await box.deliver_due() == Round(delivered=1)


async def test_a_cases_alert_goes_before_other_mail(stores: Stores, mailbox: Mailbox, port: int) -> None:
    await missed(stores)
    epoch = await stores.log.claim("lesson-1")
    late = append("lesson-1", epoch, 2, said("m-1", Ruling.END), texts={"m-1": "x"}, recorded_at=2_000)
    await put(stores, late)
    clock = At()
    clock.now = 3_000
    await worker(stores, smtp(port), clock).deliver_due()
    assert mailbox.taken[0][0] == TEAM


async def test_a_row_that_cannot_be_read_does_not_hold_up_the_others(
    stores: Stores, mailbox: Mailbox, port: int
) -> None:
    await missed(stores)
    bad = outbox.c.audience == "office"
    await stores.write(lambda c: c.execute(outbox.update().where(bad).values(payload=b"\xff", next_at=0)))
    box = worker(stores, smtp(port), At())
    with pytest.raises(msgspec.DecodeError):
        await box.deliver_due()
    assert await box.deliver_due() == Round(delivered=1)


async def test_files_are_written_whole(stores: Stores, tmp_path: Path) -> None:
    await open_case(stores)
    folder = tmp_path / "var" / "mail"
    assert await worker(stores, FilePost(folder), At()).deliver_due() == Round(delivered=1)
    [path] = folder.iterdir()
    assert path.suffix == ".eml"
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert message["To"] == TEAM
    FilePost(folder).send(message)  # the same again
    assert list(folder.iterdir()) == [path]


def test_a_folder_that_cannot_be_written_is_an_error_that_is_tried_again(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    message = EmailMessage()
    message["Message-ID"] = "<a@b>"
    with pytest.raises(PostError, match="mail folder"):
        FilePost(blocked / "mail").send(message)


def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword) -> AuthResult:
    return AuthResult(success=data == LoginPassword(b"user@x", b"p:w"), handled=False)


def test_a_password_goes_to_this_machine_or_over_tls_only(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = Mailbox()
    controller = Controller(handler, "127.0.0.1", port, authenticator=authenticate, auth_require_tls=False)
    controller.start()
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = "a@b.example", "c@d.example", "<1@b.example>"
    try:
        SmtpPost(f"smtp://user%40x:p%3Aw@127.0.0.1:{port}").send(message)
        assert len(handler.taken) == 1
        with pytest.raises(PostError, match="535"):
            SmtpPost(f"smtp://user%40x:wrong@127.0.0.1:{port}").send(message)
        monkeypatch.setattr("server.outbox.LOCAL_HOSTS", frozenset())
        with pytest.raises(PostError, match="no TLS"):
            SmtpPost(f"smtp://user%40x:p%3Aw@127.0.0.1:{port}").send(message)
    finally:
        controller.stop()
    assert len(handler.taken) == 1


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_mail_goes_over_tls_where_the_server_has_it(
    port: int, scheme: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    tls: list[bool] = []

    class Looks(Mailbox):
        async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
            tls.append(session.ssl is not None or scheme == "smtps")
            return await super().handle_DATA(server, session, envelope)

    handler = Looks()
    options = {"ssl_context": context} if scheme == "smtps" else {"tls_context": context}
    controller = Controller(handler, "127.0.0.1", port, **options)
    controller.start()
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = "a@b.example", "c@d.example", "<1@b.example>"
    post = SmtpPost(f"{scheme}://localhost:{port}")
    try:
        with pytest.raises(PostError, match="SSLCertVerificationError"):
            post.send(message)  # a certificate that nobody vouches for
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        post.send(message)
    finally:
        controller.stop()
    assert tls == [True]


def test_the_configured_post(tmp_path: Path) -> None:
    assert isinstance(open_post(None, tmp_path), FilePost)
    assert isinstance(open_post("smtps://u:p@mail.example", tmp_path), SmtpPost)
    with pytest.raises(ValueError, match="smtp://") as refused:
        open_post("http://user:topsecret@mail.example", tmp_path)
    assert "topsecret" not in str(refused.value)


async def test_a_row_already_delivered_is_left_alone(stores: Stores) -> None:
    await open_case(stores)
    [row] = await stores.read(lambda c: c.execute(outbox.select()).all())
    await stores.write(lambda c: set_delivered(c, row.id, 2_000, [TEAM]))
    assert await stores.outbox_due_at() is None
