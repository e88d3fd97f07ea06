"""The messages that the service's mails become: plain text, and the same Message-ID however often they are built."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from server.mail_words import (
    Sender,
    Words,
    case_alert,
    note_for_office,
    note_on_case,
    outcome_for_family,
    outcome_for_office,
)
from server.store.outbox_rows import Parcel

__all__ = ["Sender", "build", "message_id"]

ADDRESS_DIGITS = 12
"""Hexadecimal characters of an address's hash in a Message-ID: the adults of one pupil get one each."""


def build(parcel: Parcel, to: str, sender: Sender) -> EmailMessage:
    """The message for one address. Built again it has the same Message-ID: a mailbox can drop a double.

    Raises:
        ValueError: for a row whose kind this program does not know, or that lacks what its words need.
    """
    words = _words(parcel, sender)
    message = EmailMessage(policy=SMTP)
    message["From"] = sender.address
    message["To"] = to
    message["Subject"] = words.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(parcel.created_at / 1_000, UTC))
    message["Message-ID"] = message_id(parcel.id, to, sender.address)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n\n".join(filter(None, (*words.paragraphs, sender.service))) + "\n")
    return message


def message_id(row: str, to: str, sender_address: str) -> str:
    """The same for the same row and address."""
    digest = hashlib.sha256(to.strip().lower().encode()).hexdigest()[:ADDRESS_DIGITS]
    return f"<{row}.{digest}@{sender_address.rpartition('@')[2]}>"


def _words(parcel: Parcel, sender: Sender) -> Words:
    case = f"{sender.url}/cases/{parcel.case_id}"
    lesson, outcome, note = parcel.lesson, parcel.outcome, parcel.note
    if parcel.kind == "case" and parcel.case_number is not None:
        return case_alert(parcel.case_number, case, urgent=parcel.urgent)
    if parcel.kind == "note" and parcel.case_number is not None:
        return note_on_case(parcel.case_number, case)
    if parcel.kind == "note" and note is not None and lesson is not None:
        return note_for_office(lesson, note, sender)
    if parcel.kind == "outcome" and outcome is not None and lesson is not None:
        write = outcome_for_family if parcel.audience == "family" else outcome_for_office
        return write(lesson, outcome, parcel.pupil, parcel.events, sender)
    raise ValueError(f"no words for a {parcel.kind!r} to {parcel.audience!r}")
