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
    "no_relay": "This service has no media relay.",
    "not_relayed": "Media with them goes straight from browser to browser.",
    "relay_failed": "The media relay had a problem. The lesson goes on without it.",
    "relay_full": "The media relay is very busy. Try again in a moment.",
    "lesson_full": "Too many people have media in this lesson.",
    "stale_epoch": "This lesson is open on another screen.",
    "too_long": "That offer of media is longer than we take.",
    "bad_offer": "That offer of media is not one that we take.",
    "no_codec": "This browser offers no sound or picture that the relay knows. Use another browser.",
    "not_bundled": "This browser offers no bundled media. Use another browser.",
    "too_many_streams": "That offer holds more sound or pictures than a lesson has.",
    "restarting": "Our service is restarting. Coming back by itself.",
}
OTHERWISE: Final = "This is not possible now."


def sentence(code: str) -> str:
    """The words for a code; a code without its own words reads as a plain no."""
    return SENTENCES.get(code, OTHERWISE)
