"""The family PIN (B1): six digits, hashed with Argon2id, and few tries, because six digits can be tried out."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import argon2
from sqlalchemy import Connection, select

from rooms.lesson import PersonId
from server.accounts.schema import person
from server.accounts.transactions import Transactions
from server.clock import Clock

PIN: Final = re.compile(r"[0-9]{6}", re.ASCII)
TRIES_MAX: Final = 5
"""PAGES.md: after 5, wait 2 minutes: a million PINs would take nine months of lessons on end."""
WAIT_MS: Final = 120_000
REMEMBERED_MAX: Final = 10_000
"""Accounts with wrong tries that are remembered: more than have a lesson within two minutes."""
HASHING: Final = 2
"""PINs hashed at a time, each in a thread and 19 MiB; `server.api.rates` bounds how many may wait."""

_hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""OWASP's setting: 19 MiB, about 20 ms, so that a few at a time harm nobody."""


class TooManyTries(Exception):
    """This account has to wait before it may try again in this lesson."""

    def __init__(self, wait_ms: int) -> None:
        super().__init__(f"wait {wait_ms} ms")
        self.wait_ms = wait_ms


def hash_pin(pin: str) -> str:
    """What is stored of a PIN. Takes about 20 ms: not on the event loop.

    Raises:
        ValueError: when it is not six digits.
    """
    if PIN.fullmatch(pin) is None:
        raise ValueError("a family PIN is six digits")
    return _hasher.hash(pin)


class Pins:
    """Checks PINs. A try counts before it is checked, so that many at once are not many for the price of one."""

    def __init__(self, transactions: Transactions, clock: Clock) -> None:
        self._transactions = transactions
        self._clock = clock
        self._hashing = ThreadPoolExecutor(HASHING, "pins")
        self._tries: dict[tuple[PersonId, str], list[int]] = {}
        """The times of the latest tries, per account and lesson; in memory: a restart forgives a few."""

    async def right(self, person_id: PersonId, lesson: str, pin: str) -> bool:
        """Whether it is that account's PIN.

        Raises:
            TooManyTries: after `TRIES_MAX` wrong ones, for `WAIT_MS`.
        """
        self._count((person_id, lesson))
        stored = await self._transactions.read(lambda connection: _stored(connection, person_id))
        if stored is None or PIN.fullmatch(pin) is None:
            return False
        right = await asyncio.get_running_loop().run_in_executor(self._hashing, _matches, stored, pin)
        if right:
            self._tries.pop((person_id, lesson), None)
        return right

    def close(self) -> None:
        """Wait for what is being hashed."""
        self._hashing.shutdown()

    def _count(self, key: tuple[PersonId, str]) -> None:
        now = self._clock.now_ms()
        tries = self._tries.pop(key, [])
        if tries and now - tries[-1] >= WAIT_MS:
            tries = []
        if len(tries) < TRIES_MAX:
            tries.append(now)
            self._remember(key, tries)
            return
        self._remember(key, tries)
        raise TooManyTries(tries[-1] + WAIT_MS - now)

    def _remember(self, key: tuple[PersonId, str], tries: list[int]) -> None:
        self._tries[key] = tries
        if len(self._tries) > REMEMBERED_MAX:
            del self._tries[next(iter(self._tries))]  # the one that tried longest ago


def _stored(connection: Connection, person_id: PersonId) -> str | None:
    return connection.execute(select(person.c.pin_hash).where(person.c.id == person_id)).scalar_one_or_none()


def _matches(stored: str, pin: str) -> bool:
    try:
        return _hasher.verify(stored, pin)
    except argon2.exceptions.VerifyMismatchError:
        return False
