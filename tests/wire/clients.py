"""What clients send: one of every frame, and hypothesis strategies of good, mutated and garbage messages."""

from __future__ import annotations

import json
from typing import Any

import msgpack
from hypothesis import strategies as st

from server.codec import Codec, Wire

EVERY_FRAME: dict[str, dict[str, Any]] = {
    "join": {"ticket": "t" * 200, "device": "d", "resume": {"projection": 1, "n": 7}, "take_over": True},
    "beat": {"t": 12},
    "say": {"action": "a1", "text": "Hello \u2669 \U0001f3bb"},
    "release": {"action": "a2", "message": "m1"},
    "withhold": {"action": "a3", "message": "m1"},
    "flag": {"action": "a4", "message": "m1"},
    "start": {"action": "a5"},
    "keep_waiting": {"action": "a6"},
    "end_as_missed": {"action": "a7"},
    "end": {"action": "a8", "because": "agreed"},
    "explain": {"action": "a9", "because": "other", "pupil": None},
    "decide": {"action": "b1", "choose": "teach_on", "pupil": "sam"},
    "remove": {"action": "b2", "pupil": "sam"},
    "warn": {"action": "b3", "reason": "taking part in the lesson"},
    "leave": {"action": "b4"},
    "cannot_see": {"action": "b5"},
    "adult_out": {"action": "b6", "pupil": "sam"},
    "adult_seen": {"action": "b7", "pupil": "sam", "seen": False},
    "carry_on": {"action": "b8", "pupil": "sam"},
    "report": {
        "camera": "on",
        "microphone": "off",
        "sent": 1,
        "received": 2,
        "frames": 3,
        "connected": True,
        "t": 12,
        "sound": "music",
        "paths": [{"peer": "teacher", "direct": 7, "alive": True}],
    },
    "signal": {"to": "teacher", "generation": 1, "body": {"kind": "description", "sdp_type": "offer", "sdp": "v=0"}},
    "leg": {"n": 1, "sdp": "v=0"},
    "ice": {},
}
"""A good frame of every type, by type."""


def frame(kind: str, **changed: Any) -> dict[str, Any]:
    """A good frame with some fields changed."""
    return {"type": kind, **EVERY_FRAME[kind], **changed}


def pack(codec: Codec, value: object) -> Wire:
    """As a client writes it, by libraries that are not ours."""
    return json.dumps(value) if codec.text else msgpack.packb(value)


def unpack(message: Wire) -> Any:
    """As a client reads it."""
    return json.loads(message) if isinstance(message, str) else msgpack.unpackb(message)


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(["", " ", "\x00", "x" * 40, "é" * 1_001, "teacher", "sam", "join", "\u202e", "9" * 400]),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=8,
)
fields = st.sampled_from(
    ["type", "action", "text", "message", "pupil", "to", "generation", "body", "ticket", "resume", "sender", "n", "t"]
)


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """A good frame, with a field or two changed, added or dropped."""
    made = frame(draw(st.sampled_from(sorted(EVERY_FRAME))))
    for name in draw(st.lists(st.one_of(fields, st.sampled_from(sorted(made))), max_size=2)):
        if draw(st.booleans()):
            made[name] = draw(values)
        else:
            made.pop(name, None)
    return made


def messages(codec: Codec) -> st.SearchStrategy[Wire]:
    """Anything that a client may put on a socket, good and bad."""
    deep = st.integers(1, 19_990).map(lambda depth: "[" * depth if codec.text else b"\x91" * depth)
    hidden = st.integers(1, 15_000).map(
        lambda depth: '{"x":' + "[" * depth if codec.text else b"\x82\xa1x" + b"\x91" * depth
    )
    oversize = st.integers(20_001, 25_000).map(lambda size: " " * size if codec.text else b"\xc0" * size)
    packed = st.one_of(mutated(), values, st.sampled_from(sorted(EVERY_FRAME)).map(frame)).map(
        lambda value: pack(codec, value)
    )
    cut = packed.flatmap(lambda whole: st.integers(0, len(whole)).map(lambda at: whole[:at]))
    return st.one_of(packed, packed, cut, st.binary(max_size=60), st.text(max_size=60), deep, hidden, oversize)
