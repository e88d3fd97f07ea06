"""Every frame of the wire, typed. `docs/protocol.md` says what each means; the TypeScript types are made from here."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from rooms.commands import Because, Choice
from rooms.lesson import Kind, SideId
from rooms.shown import Closing, Happened, Held, Message, Result, Unsent
from rooms.status import PartStatus, SideStatus
from signalling.ice import IceServer as IceServer
from signalling.path import Way

ACTION_CHARS_MAX = 36
"""An action id: a UUID in its usual form."""
TEXT_CHARS_MAX = 1_000
"""A chat message, in code points: more than anybody types in a lesson, little enough to review in a millisecond."""
SDP_CHARS_MAX = 16_384
"""A session description: a browser's with two media sections is 2 to 6 kB."""
CANDIDATE_CHARS_MAX = 512
"""One ICE candidate line."""
TICKET_CHARS_MAX = 1_024
"""Base64 of three ids, a name of up to 100 characters and a signature."""
ID_CHARS_MAX = 64
DEVICE_CHARS_MAX = 36

PRINTABLE = r"^[!-~]+\Z"
"""Ids are printable ASCII without spaces: they reach logs and databases."""
VISIBLE = r"^(?=\s*\S)[^\x00]+\Z"
"""What people write is not blank, and holds no NUL, which PostgreSQL cannot store."""

WarningReason = Literal[
    "how we speak to each other",
    "messages that are not about the lesson",
    "what can be seen in the picture",
    "clothes, as for school",
    "other people coming in",
    "taking part in the lesson",
]
"""What a conduct warning may ask for (docs/pages.md: a short list). A child reads it and no reviewer has, so it is
never anybody's own words (D3). The same list is in web/words.ts."""

Action = Annotated[str, Meta(min_length=1, max_length=ACTION_CHARS_MAX, pattern=PRINTABLE)]
Id = Annotated[str, Meta(min_length=1, max_length=ID_CHARS_MAX, pattern=PRINTABLE)]
MAX_N = 2**53
"""Numbers are exact in JavaScript up to here."""
Count = Annotated[int, Meta(ge=0, le=MAX_N)]


# From the client --------------------------------------------------------------------------------------------


class FromClient(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True, forbid_unknown_fields=True, gc=False
):
    """The base of what a client may send. Values without cycles: the garbage collector need not walk them."""


class Cursor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far a client has come: the projection's version, and the number of the last event it has."""

    projection: Count
    n: Count


class Join(FromClient, frozen=True, kw_only=True, tag="join"):
    """The first frame, within 5 s of opening."""

    ticket: Annotated[str, Meta(min_length=1, max_length=TICKET_CHARS_MAX, pattern=PRINTABLE)]
    device: Annotated[str, Meta(min_length=1, max_length=DEVICE_CHARS_MAX, pattern=PRINTABLE)]
    """Random, made once per tab: a reload of the same tab is the same device."""
    resume: Cursor | None = None
    take_over: bool = False
    """The person said yes to using this screen instead of the other one."""


class Beat(FromClient, frozen=True, kw_only=True, tag="beat"):
    """Sent every second in which no `Report` says as much; the server answers with its own time."""

    t: Count
    """Anything; comes back as it was."""


class Asking(FromClient, frozen=True, kw_only=True):
    """An action: acknowledged once its effect is durable; a repeat of the same id is harmless."""

    action: Action


class SayFrame(Asking, frozen=True, kw_only=True, tag="say"):
    """A chat message: reviewed, then shown to everyone in the room, held, or not sent."""

    text: Annotated[str, Meta(min_length=1, max_length=TEXT_CHARS_MAX, pattern=VISIBLE)]


class ReleaseFrame(Asking, frozen=True, kw_only=True, tag="release"):
    """The teacher lets a held message of a pupil side through."""

    message: Id


class WithholdFrame(Asking, frozen=True, kw_only=True, tag="withhold"):
    """The teacher does not let a held message through."""

    message: Id


class FlagFrame(Asking, frozen=True, kw_only=True, tag="flag"):
    """The teacher's one click on a message that causes concern: ends the lesson, opens a case (D3)."""

    message: Id


class StartFrame(Asking, frozen=True, kw_only=True, tag="start"):
    """The teacher starts before T, once both sides are ready."""


class KeepWaitingFrame(Asking, frozen=True, kw_only=True, tag="keep_waiting"):
    """The teacher keeps waiting: C3 no longer acts by itself before E."""


class EndAsMissedFrame(Asking, frozen=True, kw_only=True, tag="end_as_missed"):
    """The teacher ends what *keep waiting* holds open."""


class EndFrame(Asking, frozen=True, kw_only=True, tag="end"):
    """The teacher's one click; an observer's *End for safety* is the same frame."""

    because: Because | None = None


class ExplainFrame(Asking, frozen=True, kw_only=True, tag="explain"):
    """How it ended, said afterwards by the teacher who ended it, once; with ``pupil``, of a removal."""

    because: Because
    pupil: Id | None = None


class DecideFrame(Asking, frozen=True, kw_only=True, tag="decide"):
    """The teacher's choice once more than 5 minutes were lost (C6)."""

    choose: Choice
    pupil: Id


class RemoveFrame(Asking, frozen=True, kw_only=True, tag="remove"):
    """The teacher removes one pupil for good."""

    pupil: Id
    because: Because | None = None


class WarnFrame(Asking, frozen=True, kw_only=True, tag="warn"):
    """A conduct warning on record, shown to the family (D1); without ``pupil``, to every family."""

    reason: WarningReason
    pupil: Id | None = None


class LeaveFrame(Asking, frozen=True, kw_only=True, tag="leave"):
    """This side leaves; it can come back."""


class CannotSeeFrame(Asking, frozen=True, kw_only=True, tag="cannot_see"):
    """*I can't see or hear them*: asks for another path, changes nothing else by itself."""


class AdultOutFrame(Asking, frozen=True, kw_only=True, tag="adult_out"):
    """By the pupil side, or by the teacher who marks it. Checking in is HTTP: a PIN never travels here."""

    pupil: Id


class AdultSeenFrame(Asking, frozen=True, kw_only=True, tag="adult_seen"):
    """The teacher's answer to "Can you see the adult?" (B1)."""

    pupil: Id
    seen: bool


class CarryOnFrame(Asking, frozen=True, kw_only=True, tag="carry_on"):
    """The teacher carries on with a lesson that paused because the adult left (B1)."""

    pupil: Id


DeviceState = Literal["on", "off", "blocked", "missing", "in_use", "ended"]
"""``off``: switched off or muted by the person. The others speak of the device itself."""


Sound = Literal["talking", "music"]
"""How a side sends its sound (T1). ``music``: nothing taken away from it, stereo, a high bit rate. ``talking``: for
loudspeakers, with echo cancelling, noise suppression and gain control."""


PATHS_MAX = 8
"""Peers of one page: a teacher's are the pupils of a room."""


class PathReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """How media from one peer has come in the last second."""

    peer: Id
    direct: Count
    """RTP packets received over the direct connection so far."""
    alive: bool
    """The direct connection is *connected*, and something came over it in the last 6 s: RTP, or an answer of ICE's."""
    lost_permille: Annotated[int, Meta(ge=0, le=1000)] = 0
    """Of what came through the relay in the last second."""


class Report(FromClient, frozen=True, kw_only=True, tag="report"):
    """The browser's own view, once a second, from getStats: of its own devices, sending and receiving only."""

    camera: DeviceState
    microphone: DeviceState
    sent: Count
    """Packets sent so far to the other side(s), audio and video, by the path that is in use."""
    received: Count
    """Packets received so far, audio and video."""
    frames: Count
    """Frames decoded so far."""
    lost_permille: Annotated[int, Meta(ge=0, le=1000)] = 0
    """Of what was sent in the last second, as the far end reports it (remote-inbound fractionLost)."""
    rtt_ms: Annotated[int, Meta(ge=0, le=60_000)] = 0
    kbps_out: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    """availableOutgoingBitrate."""
    connected: bool = False
    """Media has a connection: a peer's is *connected*, or comes through the relay."""
    paths: Annotated[tuple[PathReport, ...], Meta(max_length=PATHS_MAX)] = ()
    """Of each peer. A page that does not say stays on the direct path."""
    sound: Sound | None = None
    """How this page sends its sound."""
    sound_turn: Count = 0
    """From a teacher: names the press that last set everybody's sound (when it was, Unix ms); 0 before the first. Each
    page obeys a press once, so that a side can set its own back."""
    t: Count | None = None
    """With it this is a `Beat`, too, and answered as one."""


class Description(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="description", forbid_unknown_fields=True, gc=False
):
    """A session description (RFC 8829); opaque to the server but for its size."""

    sdp_type: Literal["offer", "answer", "rollback"]
    sdp: Annotated[str, Meta(max_length=SDP_CHARS_MAX)]


class Candidate(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="candidate", forbid_unknown_fields=True, gc=False
):
    """One trickled ICE candidate (RFC 8838); an empty string is end-of-candidates."""

    candidate: Annotated[str, Meta(max_length=CANDIDATE_CHARS_MAX)]
    sdp_mid: Annotated[str, Meta(max_length=16)] | None = None
    sdp_m_line_index: Annotated[int, Meta(ge=0, le=31)] | None = None


class SignalFrame(FromClient, frozen=True, kw_only=True, tag="signal"):
    """Negotiation towards one peer of the roster; relayed, never stored."""

    to: Id
    generation: Count
    """Of the pair's negotiation, from `PeersFrame`; a frame of an older one is dropped."""
    body: Description | Candidate


class LegFrame(FromClient, frozen=True, kw_only=True, tag="leg"):
    """This page's peer connection to the relay, offered: a participant's sends, an observer's receives."""

    n: Count
    """Counts a page's legs, so that an answer finds its offer. The latest takes the place of the one before."""
    sdp: str
    """The offer, whole: nothing is trickled. Its size is looked at behind the frame's own bound (`SDP_CHARS_MAX`), so
    that one that is too long has an answer of its own."""
    of: Id | None = None
    """A peer with whom the path is ``relay``: this leg receives that peer's sound and picture."""


class IceFrame(FromClient, frozen=True, kw_only=True, tag="ice"):
    """This page's TURN credentials are half used up: it asks for others."""


ClientFrame = (
    Join
    | Beat
    | SayFrame
    | ReleaseFrame
    | WithholdFrame
    | FlagFrame
    | StartFrame
    | KeepWaitingFrame
    | EndAsMissedFrame
    | EndFrame
    | ExplainFrame
    | DecideFrame
    | RemoveFrame
    | WarnFrame
    | LeaveFrame
    | CannotSeeFrame
    | AdultOutFrame
    | AdultSeenFrame
    | CarryOnFrame
    | Report
    | SignalFrame
    | LegFrame
    | IceFrame
)


# From the server --------------------------------------------------------------------------------------------


class FromServer(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True, gc=False):
    """The base of what the server sends."""


class PupilInfo(msgspec.Struct, frozen=True):
    """A pupil, as a room shows one."""

    id: SideId
    first_name: str
    adult_word: str
    """"grown-up", "adult" or "member of staff" (PAGES.md)."""


class LessonInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What does not change in a lesson's room."""

    id: str
    kind: Kind
    charged: bool
    subject: str
    teacher_name: str
    pupils: tuple[PupilInfo, ...]
    """To a pupil side: its own only."""
    starts_at: int
    ends_at: int
    start_limit_ms: int
    keep_waiting_from_ms: int
    interrupted_limit_ms: int
    near_end_ms: int
    time_zone: str
    """IANA name, for every time that is shown."""


class You(msgspec.Struct, frozen=True, kw_only=True):
    """Who the server takes this client for."""

    role: Literal["teacher", "pupil_side", "observer"]
    side: SideId | None
    name: str
    epoch: int


class Welcome(FromServer, frozen=True, kw_only=True, tag="welcome"):
    """The answer to `Join`, always the first frame. Then `EventFrame`s from ``n`` + 1, `PeersFrame`, `StatusFrame`."""

    you: You
    lesson: LessonInfo
    cursor: Cursor
    """Where this client now stands: its own where ``resumed``, else the snapshot's."""
    resumed: bool
    """False: forget what you had; what follows from n = 1 (or the snapshot's first) is all there is."""
    now: int
    beat_ms: int
    ice_servers: tuple[IceServer, ...]
    ice_life_s: int
    """How long the credentials among them live, seconds; 0 where there are none."""
    relay: bool
    """There is a media relay: open a leg to it by `LegFrame`. Without one, nobody can look in."""


class EventFrame(FromServer, frozen=True, kw_only=True, tag="event"):
    """One durable thing that this viewer is shown; ``n`` is dense."""

    n: int
    event: Message | Held | Unsent | Happened | Closing | Result


Can = Literal[
    "say",
    "start",
    "keep_waiting",
    "end",
    "end_as_missed",
    "explain",
    "decide",
    "teach_on",
    "remove",
    "warn",
    "leave",
    "cannot_see",
    "adult_out",
    "adult_seen",
    "carry_on",
    "flag",
    "check_in",
    "phone",
]


class SideSound(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How one side's page says that it sends its sound."""

    side: SideId
    sound: Sound
    turn: int
    """The teacher's last press that set everybody's sound (`Report.sound_turn`); 0 of a pupil side."""


class StatusFrame(FromServer, frozen=True, kw_only=True, tag="status"):
    """How the room stands: sent when it changes, and again after a resume. Carries no number."""

    now: int
    platform_up: bool
    parts: tuple[PartStatus, ...]
    """To a pupil side: its own only."""
    sides: tuple[SideStatus, ...]
    weak: tuple[SideId, ...]
    """Sides whose connection is weak, of those that this viewer sees."""
    sounds: tuple[SideSound, ...]
    """Of the sides that this viewer sees, and whose page has said."""
    closes_at: int
    phase: Literal["open", "ending", "ended"]
    """``ending``: media has stopped, the end is not yet stored."""
    settled: bool
    can: tuple[Can, ...]
    """What this viewer may press now."""


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    """One other side to negotiate media with."""

    side: SideId
    name: str
    polite: bool
    """Whether *this client* is the polite one of the pair (perfect negotiation)."""
    generation: int
    path: Way
    """Which way media goes: from browser to browser, or through the relay."""
    kbps: int
    """What this client may spend on the picture that goes to this peer by the relay, kbit/s."""


class PeersFrame(FromServer, frozen=True, kw_only=True, tag="peers"):
    """Whom to negotiate media with now: a peer that is gone is to be closed, a new generation starts afresh.

    The path of a pair may change while its generation stays.
    """

    peers: tuple[Peer, ...]


class RelayedSignal(FromServer, frozen=True, kw_only=True, tag="signal"):
    """Negotiation from a peer, as it came in."""

    sender: SideId
    generation: int
    body: Description | Candidate


class LegAnswer(FromServer, frozen=True, kw_only=True, tag="leg_answer"):
    """The relay's answer to a `LegFrame`."""

    n: int
    sdp: str
    """With every candidate in it. Towards an observer, ``a=msid`` of a section names the side that it carries."""


class LegRefused(FromServer, frozen=True, kw_only=True, tag="leg_refused"):
    """No leg for this `LegFrame`. The lesson goes on without it."""

    n: int
    code: str
    text: str


class IceServersFrame(FromServer, frozen=True, kw_only=True, tag="ice_servers"):
    """The answer to `IceFrame`, in place of those of the welcome."""

    ice_servers: tuple[IceServer, ...]
    ice_life_s: int


class Ack(FromServer, frozen=True, kw_only=True, tag="ack"):
    """The answer to an action, once its effect is durable."""

    action: str
    ok: bool
    code: str = ""
    """Why not: a stable code."""
    text: str = ""
    """A sentence that a person can act on."""


class ErrorFrame(FromServer, frozen=True, kw_only=True, tag="error"):
    """Something was wrong with a frame; the socket may close after it with the code's close code."""

    code: str
    text: str


class Halt(FromServer, frozen=True, kw_only=True, tag="halt"):
    """Stop camera, microphone and every peer connection now. Comes before the end is stored."""


class BeatBack(FromServer, frozen=True, kw_only=True, tag="beat"):
    """The answer to a `Beat`, or to a `Report` with ``t``: that ``t``, and the server's time."""

    t: int
    now: int


class Elsewhere(FromServer, frozen=True, kw_only=True, tag="elsewhere"):
    """To a `Join` without ``take_over`` while the person has another device in: ask, then join again with it."""


ServerFrame = (
    Welcome
    | EventFrame
    | StatusFrame
    | PeersFrame
    | RelayedSignal
    | LegAnswer
    | LegRefused
    | IceServersFrame
    | Ack
    | ErrorFrame
    | Halt
    | BeatBack
    | Elsewhere
)
