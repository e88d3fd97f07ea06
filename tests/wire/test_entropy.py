"""Randomness drawn in large pieces is given out once, whole, and never short."""

from __future__ import annotations

import pytest

from server import entropy
from server.entropy import POOL_BYTES, EntropyPool


def test_every_byte_is_given_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[bytes] = []

    def draw(size: int) -> bytes:
        drawn.append(bytes([len(drawn) + 1]) * size)
        return drawn[-1]

    monkeypatch.setattr(entropy.secrets, "token_bytes", draw)
    pool = EntropyPool()
    pieces = [pool(24) for _ in range(2 * POOL_BYTES // 24)]
    assert all(len(piece) == 24 and len(set(piece)) == 1 for piece in pieces), "no piece is of two drawings"
    assert [len(one) for one in drawn] == [POOL_BYTES] * 3
    assert all(pieces.count(piece) <= POOL_BYTES // 24 for piece in pieces)


def test_pieces_differ() -> None:
    pool = EntropyPool()
    assert len({pool(16) for _ in range(1_000)}) == 1_000
