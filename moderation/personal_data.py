# ruff: noqa: E501 - a phrase is data: broken over lines it is harder to check against what people write
"""Personal details in chat: numbers, addresses, accounts. Held: chat is no place for them (D8, A5)."""

from __future__ import annotations

import re
from typing import Final

from moderation.categories import Category
from moderation.normalise import Normal
from moderation.reviewer import Draft, verdict
from rooms.verdict import Ruling, Verdict

PHONE_DIGITS_MIN: Final = 9
PHONE_DIGITS_MAX: Final = 15
"""E.164."""
_BOOK: Final = ("978", "979")
"""An ISBN is no telephone number."""
_QUICK: Final = re.compile(r"[\d@]|\b(?:dot|at|hundred|double|oh|zero|nought|live|address|password|gg|postcode)\b|\.\w")
"""One of these is in everything that is looked for below: most messages stop here."""
_PHONE: Final = re.compile(r"(?<![\w.])\+?\(?\d[\d \-().]{7,22}\d(?!\w)")
_GROUPS: Final = re.compile(r"\d+")
_NUMBER_WORD: Final = r"(?:oh|o|zero|nought|one|two|three|four|five|six|seven|eight|nine|double|triple|treble|hundred)"
_SPOKEN: Final = re.compile(
    rf"\b(?:(?:oh|o|zero|nought) {_NUMBER_WORD}(?: {_NUMBER_WORD}){{5,}}|(?:{_NUMBER_WORD} ){{3,}}hundred(?: {_NUMBER_WORD}){{3,}})\b"
)
_EMAIL: Final = re.compile(r"(?<![\w.+\-])[\w.+\-]{1,64} ?(?:@|\(at\)|\[at\]) ?[\w\-]{1,63} ?(?:\.|\(dot\)) ?[a-z]{2,}")
_SPOKEN_EMAIL: Final = re.compile(r"(?<![\w.])[\w.]{1,64} at \w{1,63} dot (?:com|co|org|net|uk|me)\b")
_POSTCODE: Final = re.compile(r"\b[a-z]{1,2}\d[a-z\d]? ?\d[abd-hjlnp-uw-z]{2}\b")
_STREET: Final = re.compile(
    r"\b\d{1,4}[a-z]?,? (?:[a-z']+ ){1,3}(?:road|street|avenue|lane|crescent|terrace|rd|ave)\b"
    r"|\b(?:live|lives|living|address is|home is|round) (?:at|on|in|is)? ?(?:number |flat )?\d{1,4}[a-z]?,? "
    r"(?:[a-z']+ ){0,3}(?:close|drive|way|court|gardens|place|grove|hill|park|mews|house)\b"
    r"|\bi live (?:on|in) (?:[a-z']+ ){1,2}(?:road|street|avenue|lane|close|crescent|terrace)\b"
)
_ACCOUNT: Final = re.compile(
    r"(?<![\w.])@[a-z][\w.]{2,30}|\b\w{3,32}#\d{4}\b"
    r"|\b(?:discord\.gg|t\.me|wa\.me|snapchat\.com|instagram\.com|chat\.whatsapp\.com)(?:/\S*)?"
)
_SECRET: Final = re.compile(r"\bmy (?:password|passcode|pin|login) is\b")
_LINK: Final = re.compile(
    r"https?://\d{1,3}(?:\.\d{1,3}){3}|\.(?:exe|apk|scr|bat|msi)\b|\b(?:bit\.ly|tinyurl\.com)/\S+"
)
_HELD: Final = (_EMAIL, _SPOKEN_EMAIL, _POSTCODE, _STREET, _SECRET, _SPOKEN)


class PersonalData:
    """Phone numbers, mail and home addresses, accounts elsewhere, unsafe links."""

    name = "personal-data 1"

    def review(self, draft: Draft, text: Normal) -> Verdict | None:
        """Hold what gives a person away, or leads elsewhere."""
        plain = text.plain.text
        if not _QUICK.search(plain):
            return None
        spans = [text.plain.span(*span) for span in _phones(plain)]
        spans += [text.plain.span(*found.span()) for pattern in _HELD for found in pattern.finditer(plain)]
        if spans:
            return verdict(Ruling.HOLD, Category.PERSONAL_DATA, self.name, tuple(sorted(spans)))
        for pattern, category in ((_ACCOUNT, Category.PLATFORM), (_LINK, Category.LINK)):
            found = pattern.search(plain)
            if found:
                return verdict(Ruling.HOLD, category, self.name, (text.plain.span(*found.span()),))
        return None


def _phones(plain: str) -> list[tuple[int, int]]:
    """Runs of digits as long as a telephone number, written as one: not a count ("1 2 3 4 5 6 7 8 9 10"), not a page list."""
    spans = []
    for found in _PHONE.finditer(plain):
        groups = _GROUPS.findall(found[0])
        digits = sum(map(len, groups))
        if not PHONE_DIGITS_MIN <= digits <= PHONE_DIGITS_MAX:
            continue
        spelled = all(len(group) == 1 for group in groups) and groups[0] == "0" and digits >= PHONE_DIGITS_MIN + 1
        if (
            spelled
            or (max(map(len, groups)) >= 3 and found[0][0] in "0+(")
            or (len(groups) == 1 and digits >= PHONE_DIGITS_MIN + 1 and not found[0].startswith(_BOOK))
        ):
            spans.append(found.span())
    return spans
