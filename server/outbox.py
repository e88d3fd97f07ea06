"""The worker that empties the outbox: each row is sent again and again until every reader's mail server took it (S1).

At least once: where a process dies between a mail server's yes and our own note of it, the mail goes out twice, under
the same Message-ID. Never less: a row is only ever marked, not taken out.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import smtplib
import ssl
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Final, Protocol, TypeVar
from urllib.parse import unquote, urlsplit

import msgspec
from sqlalchemy import Connection

from server.clock import Clock
from server.mail import Sender, build
from server.private_folder import make_private, open_private
from server.store.outbox_rows import Parcel, lease_due, put_off, read_parcel, set_delivered
from server.store.port import StoreBusy, StoreDown

T = TypeVar("T")

BACKOFF_MS: Final = (5_000, 15_000, 60_000, 300_000, 900_000, 3_600_000)
"""After the first, second, … failed attempt; then the last for ever. Restarts take seconds, greylisting minutes; an
hour keeps a mailbox that is full for days in view without a flood."""
LOOK_S = 1.0
"""Between two looks for due rows: an alert leaves within a second of its case, at one small read a second."""
SMTP_TIMEOUT_S = 4.0
"""For each answer of a mail server, of which a sending has about eight: well within the row's lease."""
SMTP_PORT = 25
SMTPS_PORT = 465
LOCAL_HOSTS: Final = frozenset({"127.0.0.1", "::1", "localhost"})
"""A password may go to these without TLS."""

_STATUS: Final = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
"""An enhanced status code (RFC 3463)."""

_log = logging.getLogger(__name__)


class PostError(Exception):
    """A message was not taken. The text is for the office, and holds no address, name or password."""


class Post(Protocol):
    """Takes one message to one address. Blocks; called in a thread."""

    def send(self, message: EmailMessage) -> None:
        """Send it.

        Raises:
            PostError: it was not taken; try again later.
        """
        ...


class FilePost:
    """Mail as ``.eml`` files in a folder: the default, for a demo and for those who look first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: EmailMessage) -> None:
        """Write it whole or not at all; the same message again overwrites its file."""
        name = str(message["Message-ID"]).strip("<>").replace("/", "_")
        try:
            make_private(self._folder)
            part = self._folder / f".{name}.part"
            with open(open_private(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as file:
                file.write(bytes(message))
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._folder / f"{name}.eml")
        except OSError as error:
            raise PostError(f"the mail folder: {error.strerror}") from error


class SmtpPost:
    """Mail by SMTP. ``smtps://``: TLS from the start; ``smtp://``: STARTTLS where offered, a must for a password."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("the mail server's address does not begin with smtp:// or smtps://")
        self._implicit_tls = parts.scheme == "smtps"
        self._host = parts.hostname
        self._port = parts.port or (SMTPS_PORT if self._implicit_tls else SMTP_PORT)
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")

    def send(self, message: EmailMessage) -> None:
        """Hand it to the server, for its one address."""
        try:
            with self._connect() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code, reply = next(iter(error.recipients.values()))
            raise PostError(_refusal(code, reply)) from error
        except smtplib.SMTPResponseException as error:
            raise PostError(_refusal(error.smtp_code, error.smtp_error)) from error
        except (smtplib.SMTPException, OSError) as error:
            raise PostError(f"the mail server does not answer: {type(error).__name__}") from error

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self._implicit_tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, timeout=SMTP_TIMEOUT_S, context=context)
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=SMTP_TIMEOUT_S)
        try:
            server.ehlo_or_helo_if_needed()
            encrypted = self._implicit_tls
            if not encrypted and server.has_extn("starttls"):
                server.starttls(context=context)
                encrypted = True
            if self._user:
                if not encrypted and self._host not in LOCAL_HOSTS:
                    raise PostError("the mail server offers no TLS, so it gets no password")
                server.login(self._user, self._password)
        except BaseException:
            server.close()
            raise
        return server


class Readers(Protocol):
    """Whose addresses a mail goes to; the accounts know the families'."""

    async def addresses(self, audience: str, lesson: str, pupil: str) -> Sequence[str]:
        """Every address of ``safeguarding``, ``office``, or of the ``family`` of a lesson's pupil."""
        ...


class Rows(Protocol):
    """Transactions; `server.store.Stores` is one."""

    async def write(self, write: Callable[[Connection], T]) -> T:
        """Run one."""
        ...

    async def read(self, read: Callable[[Connection], T]) -> T:
        """Run a read-only one."""
        ...

    async def outbox_due_at(self) -> int | None:
        """When the earliest undelivered row is due, Unix ms."""
        ...


class Round(msgspec.Struct, frozen=True):
    """What one look came to."""

    delivered: int = 0
    put_off: int = 0


class Outbox:
    """Delivers what is due. One a process; several processes share the rows by leases."""

    def __init__(self, *, rows: Rows, post: Post, readers: Readers, sender: Sender, clock: Clock) -> None:
        self._rows = rows
        self._post = post
        self._readers = readers
        self._sender = sender
        self._clock = clock

    async def run(self) -> None:
        """Deliver for ever; ends by cancelling. A store that is away is waited for."""
        while True:
            try:
                await self.deliver_due()
            except (StoreDown, StoreBusy) as error:
                _log.warning("the outbox waits for the store: %s", error)
            except Exception:
                # The row that it broke on is leased and comes up again; the others must not wait for it.
                _log.exception("a mail could not be dealt with")
            await asyncio.sleep(LOOK_S)

    async def deliver_due(self) -> Round:
        """Try once everything that is due.

        Raises:
            StoreDown: what was sent meanwhile may be sent again, under the same Message-ID.
        """
        delivered = failed = 0
        while True:
            due_at = await self._rows.outbox_due_at()
            now = self._clock.now_ms()
            if due_at is None or due_at > now:
                return Round(delivered, failed)
            row = await self._rows.write(partial(lease_due, now=now))
            if row is None:
                return Round(delivered, failed)  # another process was quicker
            if await self._deliver(await self._rows.read(partial(read_parcel, row=row))):
                delivered += 1
            else:
                failed += 1

    async def _deliver(self, parcel: Parcel) -> bool:
        have = list(parcel.delivered_to)
        error = ""
        try:
            addresses = await self._readers.addresses(parcel.audience, parcel.lesson_id, parcel.pupil)
        except (StoreDown, StoreBusy) as failure:
            addresses, error = [], f"addresses could not be read: {failure}"
        else:
            if not addresses:
                error = "there is no address"
        for address in addresses:
            if address in have:
                continue
            try:
                await asyncio.to_thread(self._post.send, build(parcel, address, self._sender))
            except PostError as refusal:
                error = str(refusal)
            except ValueError as failure:
                error = f"it cannot be written: {failure}"
            else:
                have.append(address)
        now = self._clock.now_ms()
        if not error:
            await self._rows.write(lambda connection: set_delivered(connection, parcel.id, now, have))
            return True
        next_at = now + backoff_ms(parcel.attempts)
        _log.warning("mail %s is put off after attempt %d: %s", parcel.id, parcel.attempts, error)
        await self._rows.write(lambda connection: put_off(connection, parcel.id, next_at, error, have))
        return False


def backoff_ms(attempts: int) -> int:
    """How long to wait after so many attempts."""
    return BACKOFF_MS[min(attempts, len(BACKOFF_MS)) - 1]


def open_post(smtp_url: str | None, folder: Path) -> Post:
    """By SMTP where there is a URL, else into files.

    Raises:
        ValueError: for a URL that is none of ours; its text is not in the error, it may hold a password.
    """
    return SmtpPost(smtp_url) if smtp_url else FilePost(folder)


def _refusal(code: int, reply: bytes | str) -> str:
    """The codes alone: the words of a mail server often hold the address."""
    status = _STATUS.search(reply.decode("ascii", "replace") if isinstance(reply, bytes) else reply)
    return f"the mail server refused: {code}{' ' + status.group() if status else ''}"
