"""Why an action or a join was refused, as a sentence that a person can act on. The codes are stable."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, str]] = {
    "over": "This lesson has ended.",
    "not_open": "This is not possible now.",
    "too_late": "The lesson's time has come: it starts by itself.",
    "not_ready": "Not everybody is ready yet.",
    "not_yours": "This is not yours to do.",
    "not_allowed": "This is not yours to do.",
    "unknown_pupil": "That pupil is not in this lesson.",
    "unknown_message": "That message is not there any more.",
    "not_held": "That message does not wait for anybody any more.",
    "not_releasable": "That message cannot be let through.",
    "too_many": "There was too much of this in one lesson. Please talk instead.",
    "room_full": "Too many people have been in this room.",
    "busy": "Our service is very busy. Try again in a moment.",
    "try_again": "That did not go through. Try again.",
    "early": "This lesson opens 15 minutes before it starts.",
    "full": "Our service is very busy. Coming back by itself.",
    "restarting": "Our service is restarting. Coming back by itself.",
}
OTHERWISE: Final = "This is not possible now."


def sentence(code: str) -> str:
    """The words for a code; a code without its own words reads as a plain no."""
    return SENTENCES.get(code, OTHERWISE)
