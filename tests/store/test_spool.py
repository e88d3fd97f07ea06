"""Orders that the store has not taken yet."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rooms.commands import Command, End, Flag, HookEnds
from server import spool as spool_module
from server.spool import Spool, SpoolFull
from server.store.port import MessageText
from tests.store.lessons import MANAGER, TEACHER

END = End(by=TEACHER, action="a-1", because="conduct", pupil="pupil-1")


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = Spool(tmp_path / "var" / "spool")
    yield opened
    opened.close()


def test_an_order_is_read_again_as_it_was_by_another_process(spool: Spool, tmp_path: Path) -> None:
    orders: list[tuple[str, tuple[Command, ...]]] = [
        ("lesson-1", (END,)),
        ("lesson-2", (Flag(by=TEACHER, action="a-2", message="m-1"), HookEnds(pupil="pupil-1"))),
        ("lesson-1", (End(by=MANAGER, action="a-3"),)),
    ]
    names = [spool.put(lesson, commands) for lesson, commands in orders]
    spool.flush()
    again = Spool(tmp_path / "var" / "spool")
    assert [order[:3] for order in again.pending()] == [
        (name, *order) for name, order in zip(names, orders, strict=True)
    ]
    again.close()


def test_half_a_file_that_a_crash_left_is_no_order(tmp_path: Path) -> None:
    part = tmp_path / f"{0:020d}-00000000.part"
    part.write_bytes(b"half")
    again = Spool(tmp_path)
    assert again.pending() == []
    assert not part.exists()
    again.close()


def test_what_is_done_is_gone_and_may_be_done_twice(spool: Spool) -> None:
    first, second = spool.put("a", [END]), spool.put("b", [END])
    spool.remove(first)
    spool.remove(first)
    assert [order.name for order in spool.pending()] == [second]


def test_an_order_that_was_put_survives_kill_9(tmp_path: Path) -> None:
    program = """
        import os, sys
        from rooms.commands import HookEnds
        from server.spool import Spool
        spool = Spool(sys.argv[1])
        spool.put("lesson-1", [HookEnds()])
        spool.flush()
        os.kill(os.getpid(), 9)
    """
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    ended = subprocess.run([sys.executable, "-c", textwrap.dedent(program), str(tmp_path)], env=environment)
    assert ended.returncode == -9
    again = Spool(tmp_path)
    assert [(order.lesson, order.commands) for order in again.pending()] == [("lesson-1", (HookEnds(),))]
    again.close()


@pytest.mark.parametrize("damage", [b"", b"\xc1", b"\x82\xa6lesson\xa1x\xa8commands\x91\x80", b"x" * 70_000])
def test_what_cannot_be_read_is_set_aside_and_the_rest_is_replayed(
    spool: Spool, tmp_path: Path, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = spool.put("bad", [END]), spool.put("good", [END])
    spool.flush()
    folder = tmp_path / "var" / "spool"
    (folder / f"{bad}.order").write_bytes(damage)
    (folder / "notes.txt").write_text("not ours")
    assert [order.name for order in spool.pending()] == [good]
    assert (folder / f"{bad}.unreadable").read_bytes() == damage
    assert "set aside" in caplog.text
    assert [order.name for order in spool.pending()] == [good]


def test_it_is_bounded_and_counts_what_a_start_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool_module, "ENTRIES_MAX", 3)
    first = Spool(tmp_path)
    names = [first.put("a", [END]) for _ in range(2)]
    first.close()
    second = Spool(tmp_path)
    second.put("a", [END])
    with pytest.raises(SpoolFull):
        second.put("a", [END])
    second.remove(names[0])
    second.flush()
    second.put("a", [END])
    assert len(second.pending()) == 3
    second.close()


def test_an_order_that_is_too_long_is_refused(spool: Spool) -> None:
    with pytest.raises(ValueError, match="commands"):
        spool.put("a", [END] * (spool_module.COMMANDS_MAX + 1))
    with pytest.raises(ValueError, match="bytes"):
        spool.put("a", [Flag(by=TEACHER, action="x", message="m" * spool_module.ENTRY_BYTES_MAX)])
    assert spool.pending() == []


def test_a_name_is_no_path(spool: Spool) -> None:
    for name in ("../../etc/passwd", "", "x", f"{0:020d}-zzzzzzzz"):
        with pytest.raises(ValueError, match="no order's name"):
            spool.remove(name)


def test_put_returns_while_the_disk_stands_still(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    fsync = os.fsync

    def stalled(handle: int) -> None:
        go.wait(20)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", stalled)
    name = spool.put("a", [END])  # a blocked put would wait for the event in vain
    go.set()
    assert [order.name for order in spool.pending()] == [name]


def test_a_disk_that_fails_is_logged_and_frees_the_place(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fails)
        spool.put("a", [END])
        spool.flush()
    assert "No space left" in caplog.text
    monkeypatch.setattr(spool_module, "ENTRIES_MAX", 1)
    name = spool.put("b", [END])
    assert [(order.name, order.lesson) for order in spool.pending()] == [(name, "b")]


def test_S1_the_text_of_a_message_that_ends_a_lesson_is_kept_with_its_order_and_is_its_owners_alone(
    tmp_path: Path,
) -> None:
    texts = {"m1": MessageText(text="what was said", salt=b"salt")}
    spool = Spool(tmp_path)
    name = spool.put("a", [END], texts)
    spool.close()
    assert (tmp_path / f"{name}.order").stat().st_mode & 0o077 == 0
    again = Spool(tmp_path)
    assert [order.texts for order in again.pending()] == [texts]
    again.close()
