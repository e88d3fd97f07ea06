"""The transcripts of docs/protocol.md are what the server side does, and the document says what the code does."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest

from rooms.shown import Closing, Happened, Held, Message, Result, Unsent
from server import connection, errors, frames, gateway, outlet, wire_schema
from server.codec import CODECS, FRAME_BYTES_MAX, JSON, MSGPACK
from server.connection import Limits
from server.refusals import OTHERWISE, sentence
from signalling.relay.port import RefusedCode
from tests.wire.clients import EVERY_FRAME
from tests.wire.record import DOC, document, recorded
from tests.wire.scenes import FOLDER, SCENES, Script, written

AGAIN = "if this is what was meant: python -m tests.wire.record"


@pytest.fixture(scope="module")
def scenes() -> dict[str, Script]:
    return {name: recorded(name) for name in SCENES}


@pytest.mark.parametrize("name", SCENES)
def test_the_server_side_does_what_the_transcript_says(name: str, scenes: dict[str, Script]) -> None:
    assert written(scenes[name].lines) == (FOLDER / f"{name}.jsonl").read_text(), AGAIN


def test_the_document_shows_these_transcripts(scenes: dict[str, Script]) -> None:
    assert document(scenes) == DOC.read_text(), AGAIN
    assert {path.stem for path in FOLDER.glob("*.jsonl")} == set(SCENES)


def frames_of(script: Script) -> list[dict[str, Any]]:
    return [{key: value for key, value in line.items() if key != "open"} for line in script.lines]


@pytest.mark.parametrize("name", sorted(set(SCENES) - {"wrong", "late"}))
def test_both_subprotocols_carry_the_same_scene(name: str, scenes: dict[str, Script]) -> None:
    assert frames_of(recorded(name, MSGPACK)) == frames_of(scenes[name])


@pytest.mark.parametrize("name", ["chat", "held", "resume", "takeover", "negotiation", "leg", "ending", "hook", "flag"])
def test_Q1_every_frame_that_participants_receive_is_the_same_observed_or_not(name: str) -> None:
    watched = [line for line in recorded(name, observed=True).lines if line["client"] != "watching"]
    alone = recorded(name, observed=False).lines
    assert "watching" in {line["client"] for line in recorded(name, observed=True).lines}
    # The manager of the scene itself is there both times; a ticket is no frame that anybody receives.
    assert [line for line in watched if "send" not in line] == [line for line in alone if "send" not in line]


def test_D3_nothing_that_anybody_receives_holds_the_text_that_ended_the_lesson(scenes: dict[str, Script]) -> None:
    received = [line for line in scenes["hook"].lines if "send" not in line]
    assert "nobody may see" not in repr(received)
    assert "grooming" not in repr(received)


# The document and the code ----------------------------------------------------------------------------------

TEXT = DOC.read_text()


def rows(heading: str) -> list[list[str]]:
    """The table under a heading."""
    part = re.split(r"^#+ ", TEXT.split(f"# {heading}\n", 1)[1], flags=re.M)[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_document_has_every_close_code() -> None:
    said = {(int(row[0]), row[1].strip("`")) for row in rows("Close codes")}
    assert said == {(reason.code, reason.name) for reason in errors.CLOSE_REASONS}
    assert len({reason.code for reason in errors.CLOSE_REASONS}) == len(errors.CLOSE_REASONS)


def test_the_document_has_every_error_code_and_what_it_closes() -> None:
    said = {(row[0].strip("`"), row[2]) for row in rows("Error codes")}
    assert said == {(error.code, str(error.closes.code) if error.closes else "") for error in errors.WIRE_ERRORS}


def test_sentences_are_ones_that_a_person_can_read() -> None:
    for said in (*errors.CLOSE_REASONS, *errors.WIRE_ERRORS):
        assert said.text.endswith(".")
        assert len(said.text) < 120
    assert all(reason.name.isascii() and len(reason.name) < 124 for reason in errors.CLOSE_REASONS)


def test_the_document_names_every_frame_field_and_shown_kind() -> None:
    for kind, fields in EVERY_FRAME.items():
        assert f"`{kind}`" in TEXT
        assert all(f"`{field}`" in TEXT or f"`{field}" in TEXT for field in fields), kind
    for made in get_args(frames.ServerFrame):
        assert f"`{made.__struct_config__.tag}`" in TEXT
    for shown in (Message, Held, Unsent, Happened, Closing, Result):
        assert f"`{shown.__struct_config__.tag}`" in TEXT
    assert all(f"`{codec.subprotocol}`" in TEXT for codec in CODECS)
    assert JSON.text


def test_the_document_has_every_code_that_a_leg_is_refused_with() -> None:
    said = [code for row in rows("The leg") for code in re.findall(r"`(\w+)`", row[0])]
    ours = {"no_relay", "over", "not_relayed", "not_yours", "too_fast", "relay_failed"}
    assert sorted(said) == sorted(ours | set(get_args(RefusedCode)))
    assert all(sentence(code) != OTHERWISE for code in {*said} - {"too_fast"})


def test_the_document_has_the_limits_of_the_code() -> None:
    limits = Limits()
    said = {row[0].strip("`"): row[1] for row in rows("Limits")}
    assert said["`FRAME_BYTES_MAX`".strip("`")].startswith(f"{FRAME_BYTES_MAX:,}")
    assert said["TEXT_CHARS_MAX"].startswith(f"{frames.TEXT_CHARS_MAX:,}")
    assert said["SDP_CHARS_MAX` / `CANDIDATE_CHARS_MAX"] == f"{frames.SDP_CHARS_MAX:,} / {frames.CANDIDATE_CHARS_MAX}"
    assert said["ACTION_CHARS_MAX`, `DEVICE_CHARS_MAX"] == f"{frames.ACTION_CHARS_MAX}" == f"{frames.DEVICE_CHARS_MAX}"
    assert said["ID_CHARS_MAX` / `TICKET_CHARS_MAX"] == f"{frames.ID_CHARS_MAX} / {frames.TICKET_CHARS_MAX:,}"
    for name, rate in (("say", limits.say), ("actions", limits.act), ("signal", limits.signal), ("leg", limits.leg)):
        assert said[name] == f"{rate.per_s} a second, {rate.burst} at once"
    assert limits.beat == limits.report
    assert said["beat`, `report"] == f"each {limits.beat.per_s} a second, {limits.beat.burst} at once"
    assert said["all frames"] == f"{limits.volume.per_s:,} bytes a second, {limits.volume.burst:,} at once"
    assert said["wrong frames"] == f"{limits.strikes.burst} at once, then one in {1 / limits.strikes.per_s:.0f} s"
    assert said["JOIN_S_MAX` / `SILENT_S_MAX"] == f"{connection.JOIN_S_MAX:.0f} s / {connection.SILENT_S_MAX:.0f} s"
    assert said["BACKLOG_BYTES_MAX`, `SLOW_S_MAX"] == f"{outlet.BACKLOG_BYTES_MAX:,} bytes, {outlet.SLOW_S_MAX:.0f} s"
    assert said["LINGER_S_MAX"] == f"{outlet.LINGER_S_MAX:.0f} s"
    for bound in (gateway.PER_ADDRESS_MAX, gateway.CONNECTIONS_MAX, gateway.UNJOINED_MAX):
        assert f"{bound:,}" in TEXT


def test_a_peer_can_never_be_sent_more_than_its_backlog_holds_before_it_is_slow() -> None:
    """Frames count and bytes: whatever one client may send within `SLOW_S_MAX` fits into the other's backlog."""
    limits = Limits()
    assert limits.volume.burst + outlet.SLOW_S_MAX * limits.volume.per_s < outlet.BACKLOG_BYTES_MAX


def test_the_typescript_types_are_those_of_the_frames() -> None:
    assert wire_schema.TYPES.read_text() == wire_schema.typescript(), "run python -m server.wire_schema"
