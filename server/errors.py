"""Every error code and close code of the wire: a stable code, a sentence a person can act on, and what it closes.

Close codes: **44xx** mean "do not come back by yourself" (but 4401: with a new ticket, once); **45xx** mean "come
back with a new ticket and your cursor: nothing is lost". docs/protocol.md has the table; a test compares the two.
"""

from __future__ import annotations

from typing import Final

import msgspec


class CloseReason(msgspec.Struct, frozen=True):
    """Why a socket is closed: what its close frame carries."""

    code: int
    """WebSocket close code: 1009, 44xx or 45xx."""
    name: str
    """The stable name, the close frame's reason text: at most 123 bytes of ASCII."""
    text: str
    """A sentence that a person can act on; for documents and clients, not sent in the close frame."""

    @property
    def resumable(self) -> bool:
        """Whether the client comes back by itself, with its cursor."""
        return self.code >= FIRST_RESUMABLE


FIRST_RESUMABLE: Final = 4500

TOO_LARGE: Final = CloseReason(1009, "too_large", "That was more than one frame may hold.")
BAD_FRAMES: Final = CloseReason(4400, "bad_frames", "This page does not speak our language. Reload it.")
BAD_TICKET: Final = CloseReason(4401, "bad_ticket", "The way in had expired. Join again.")
REFUSED: Final = CloseReason(4403, "refused", "You cannot join this lesson now.")
JOIN_LATE: Final = CloseReason(4408, "join_late", "The page took too long to join. Join again.")
TAKEN_OVER: Final = CloseReason(4409, "taken_over", "You moved the lesson to another screen.")
OVER: Final = CloseReason(4410, "over", "This lesson has ended.")
ELSEWHERE: Final = CloseReason(4423, "elsewhere", "This lesson is open on another screen.")
TOO_FAST: Final = CloseReason(4429, "too_fast", "This page sent too much at once. Reload it.")
FAILED: Final = CloseReason(4500, "failed", "Our service had a problem. Coming back by itself.")
OVERLOADED: Final = CloseReason(4503, "overloaded", "Our service is very busy. Coming back by itself.")
SILENT: Final = CloseReason(4508, "silent", "We did not hear from you for 12 seconds. Coming back by itself.")
SLOW: Final = CloseReason(4509, "slow", "Your connection could not keep up. Coming back by itself.")
MOVED: Final = CloseReason(4510, "moved", "The lesson is being reloaded. Coming back by itself.")
RESTARTING: Final = CloseReason(4512, "restarting", "Our service is restarting. Coming back by itself.")

CLOSE_REASONS: Final[tuple[CloseReason, ...]] = (
    TOO_LARGE,
    BAD_FRAMES,
    BAD_TICKET,
    REFUSED,
    JOIN_LATE,
    TAKEN_OVER,
    OVER,
    ELSEWHERE,
    TOO_FAST,
    FAILED,
    OVERLOADED,
    SILENT,
    SLOW,
    MOVED,
    RESTARTING,
)
"""All of them. The WebSocket layer itself also uses 1000, 1001, 1002, 1006, 1007, 1009 and 1012 (a server stopping)."""


class WireError(msgspec.Struct, frozen=True):
    """What is answered to a frame that is not acted on."""

    code: str
    text: str
    closes: CloseReason | None = None
    """None: the socket stays open (until its strikes are used up)."""


UNREADABLE: Final = WireError("unreadable", "That frame is not in the agreed format.")
WRONG_CODEC: Final = WireError("wrong_codec", "Text frames belong to lesson.v1.json, binary ones to lesson.v1.msgpack.")
UNKNOWN_TYPE: Final = WireError("unknown_type", "There is no such frame.")
BAD_FIELD: Final = WireError("bad_field", "A field of that frame is missing, unknown, or not as it has to be.")
FRAME_TOO_LARGE: Final = WireError("too_large", TOO_LARGE.text, TOO_LARGE)
JOIN_FIRST: Final = WireError("join_first", "The first frame has to be a join.", BAD_FRAMES)
ALREADY_JOINED: Final = WireError("already_joined", "This socket has joined already.")
TICKET_REFUSED: Final = WireError("bad_ticket", BAD_TICKET.text, BAD_TICKET)
FRAME_TOO_FAST: Final = WireError("too_fast", "That was too quick. Wait a moment and try again.")
SERVICE_FAILED: Final = WireError("failed", FAILED.text, FAILED)

WIRE_ERRORS: Final[tuple[WireError, ...]] = (
    UNREADABLE,
    WRONG_CODEC,
    UNKNOWN_TYPE,
    BAD_FIELD,
    FRAME_TOO_LARGE,
    JOIN_FIRST,
    ALREADY_JOINED,
    TICKET_REFUSED,
    FRAME_TOO_FAST,
    SERVICE_FAILED,
)
"""What `server.connection` and `server.gateway` answer. Refusals of joins and actions are hosting's and the room's."""
