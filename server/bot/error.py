"""What the bot cannot go on from."""

from __future__ import annotations

from typing import Final

EXIT_ASKED_WRONG: Final = 2
"""A link, a PIN or an option is wrong: as argparse itself exits."""
EXIT_AWAY: Final = 1
"""The server, or a way into the lesson, is not there."""


class BotError(Exception):
    """A sentence for whoever started it, and the process's exit code."""

    def __init__(self, text: str, code: int = EXIT_AWAY) -> None:
        super().__init__(text)
        self.code = code
