"""Signs that a line is not meant as it stands."""

from __future__ import annotations

import re
from typing import Final

from moderation.normalise import Normal

_SIGNS: Final = re.compile(
    r"(?<!\w)(?:lo+l|lmf?ao|rofl|(?:ha){2,}h?|he(?:he)+|jk|j/k|joking|kidding|joke|xd+|:[-']?[dp]|;-?\))(?!\w)|[😂🤣😆😅😜😝🙈]"
)


def is_joking(text: Normal) -> bool:
    """Whether the author marks it as a joke. Softens an ending to a hold, never more than that."""
    return _SIGNS.search(text.plain.text) is not None
