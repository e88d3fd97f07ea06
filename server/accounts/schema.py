"""The accounts' tables, on the store's metadata. Times are Unix milliseconds. Of a family: A5, nothing else."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, true

from server.store.schema import metadata

person = Table(
    "person",
    metadata,
    Column("id", String, primary_key=True),
    Column("role", String, nullable=False),
    Column("name", String, nullable=False),
    Column("email", String, nullable=False, unique=True),
    Column("active", Boolean, nullable=False),
    Column("pin_hash", Text),
    Column("watches_all", Boolean, nullable=False, default=True, server_default=true()),
    comment="An account (A1). pin_hash: Argon2id of the family PIN. Not active: has left, every session over (A3).",
)

watch_scope = Table(
    "watch_scope",
    metadata,
    Column("person", String, ForeignKey("person.id"), primary_key=True),
    Column("teacher", String, ForeignKey("person.id"), primary_key=True),
    comment="Whose lessons a watcher (A6) may watch, where person.watches_all is false: these and no others.",
)

pupil = Table(
    "pupil",
    metadata,
    Column("id", String, primary_key=True),
    Column("full_name", String, nullable=False),
    Column("first_name", String, nullable=False),
    Column("born_on", String, nullable=False),
    comment="born_on is ISO 8601, set by the office, used only for the age on a lesson's date (A5).",
)

pupil_adult = Table(
    "pupil_adult",
    metadata,
    Column("pupil", String, ForeignKey("pupil.id"), primary_key=True),
    Column("person", String, ForeignKey("person.id"), primary_key=True, index=True),
    comment="Whose account holds which pupil: several adults a pupil, several pupils an adult (A1).",
)

booking = Table(
    "booking",
    metadata,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("teacher", String, ForeignKey("person.id"), nullable=False),
    Column("starts_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("confirmed", Boolean, nullable=False),
    Index(None, "teacher", "starts_at"),
    Index(None, "starts_at"),
    comment="A lesson as booked; its log freezes it when it opens.",
)

booking_pupil = Table(
    "booking_pupil",
    metadata,
    Column("booking", String, ForeignKey("booking.id"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("pupil", String, ForeignKey("pupil.id"), nullable=False, index=True),
    comment="Who is taught in it, in the order in which pages name them.",
)

sign_in_link = Table(
    "sign_in_link",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("person", String, ForeignKey("person.id"), nullable=False, index=True),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    comment="A single-use link: only SHA-256 of its 256 random bits is kept.",
)

session = Table(
    "session",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("person", String, ForeignKey("person.id"), nullable=False, index=True),
    Column("started_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    comment="Signed-in browsers: only SHA-256 of the cookie's 256 random bits is kept.",
)

TABLES: Final = (person, watch_scope, pupil, pupil_adult, booking, booking_pupil, sign_in_link, session)
"""In the order in which they can be made."""
