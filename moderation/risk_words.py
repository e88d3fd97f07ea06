"""Every word that some rule knows: a disguise is read into these, and only into these."""

from __future__ import annotations

from typing import Final

from moderation import cues, disclosure, lexicon

RISK_WORDS: Final = lexicon.WORDS | cues.RISK_WORDS | disclosure.RISK_WORDS
