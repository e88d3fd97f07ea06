"""Text as it is meant, whatever it is dressed up as: look-alikes, invisible characters, spaced letters, leetspeak.

Two forms come out, each with a map back to the original code points, so that what is found can be marked there:

- `plain`: characters made alike (NFKC, case, accents, look-alikes), invisible ones gone; punctuation kept. For numbers
  and addresses.
- `words`: in addition joined letters, digits read as letters, repeats, short forms; only words and single spaces. For
  what people say to one another.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator
from typing import Final, NamedTuple

TEXT_CHARS_MAX: Final = 4_000
"""Beyond this nothing is looked at: four times what the wire lets through, so that nothing else can be slow."""

_LOOK_ALIKES: Final = {
    look: letter
    for letter, looks in {
        "a": "аαɑ∂", "b": "ьвβƅ", "c": "сϲⅽ¢", "d": "ԁɗ", "e": "еєεҽ℮", "f": "ƒ", "g": "ɡց", "h": "һհн",
        "i": "іιıɩ¡ӏ", "j": "јʝ", "k": "кκ", "l": "ⅼƖ", "m": "мʍ", "n": "пηռ", "o": "оοσօ", "p": "рρ", "q": "ԛ",
        "r": "гɾ", "s": "ѕꜱ", "t": "тτ", "u": "υսц", "v": "ѵν", "w": "ԝшωѡ", "x": "хχ", "y": "уγүყ", "z": "ᴢʐ",
        "'": "’‘ʼ`´＇′", '"': "“”„″", "-": "‐‑‒–—―−", ".": "․。·•∙",
    }.items()
    for look in looks
}  # fmt: skip
"""What passes for a Latin letter at a glance: Cyrillic, Greek, Armenian, IPA and signs that NFKC leaves as they are."""
_ENCLOSED_ALPHABETS: Final = (0x1F150, 0x1F170, 0x1F1E6)
"""White letters in black circles, in black squares, and regional indicators: NFKC leaves these as they are."""
_DIGIT_LETTERS: Final = str.maketrans("013456789@$!|+€£", "oieasgtbgasiltel")
_DIGITS: Final = frozenset("013456789@$!|+€£")
_SHORT_FORMS: Final = {
    "u": "you", "ya": "you", "yu": "you", "ur": "your", "youre": "you are", "r": "are", "im": "i am", "ima": "i will",
    "gonna": "going to", "gunna": "going to", "wanna": "want to", "gimme": "give me", "lemme": "let me",
    "dont": "do not", "dnt": "do not", "cant": "can not", "wont": "will not", "pls": "please", "plz": "please",
    "ill": "i will", "ive": "i have", "id": "i would", "lets": "let us", "thats": "that is", "whats": "what is",
    "pic": "picture", "pics": "pictures", "photo": "picture", "photos": "pictures", "selfie": "picture of you",
    "mom": "mum", "mummy": "mum", "daddy": "dad", "cam": "camera", "vid": "video", "vids": "videos", "n": "and",
    "msg": "message", "tmrw": "tomorrow", "abt": "about", "bc": "because", "sum1": "someone", "2nite": "tonight",
    "insta": "instagram", "snap": "snapchat", "theres": "there is", "isnt": "is not", "doesnt": "does not",
    "didnt": "did not", "havent": "have not", "wouldnt": "would not", "shouldnt": "should not", "its": "it is",
    "theyre": "they are", "hes": "he is", "shes": "she is", "youve": "you have", "youd": "you would",
    "youll": "you will", "k": "ok", "cos": "because", "coz": "because", "gf": "girlfriend", "bf": "boyfriend",
}  # fmt: skip
"""How people type, as the patterns are written."""
_SPACED: Final = re.compile(r"(?<![^\s])(?:[^\W_][\s.\-_*,/|~]{1,2}){2,}[^\W_](?![^\s.,!?])")
_NOTES: Final = re.compile(r"[a-g]+\Z")
_REPEATS: Final = re.compile(r"(.)\1{2,}")
_TOKEN: Final = re.compile(r"\S+")
_ORDINARY: Final = re.compile(r"[a-z ]*\Z")
_INVISIBLE: Final = frozenset({"Cf", "Mn", "Me", "Cc", "Cs", "Co", "Cn"})


class Mapped(NamedTuple):
    """A text and, for each of its characters, the code point of the original that it comes from."""

    text: str
    origin: tuple[int, ...] | range

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where [start, end) of this text is in the original, as [start, end)."""
        if start >= end:
            return (0, 0)
        return self.origin[start], self.origin[end - 1] + 1


class Normal(NamedTuple):
    """Both forms of one message."""

    plain: Mapped
    words: Mapped
    tokens: frozenset[str]
    """The words, for a quick look at which rules could apply."""


def normalise(text: str, risky: frozenset[str] = frozenset()) -> Normal:
    """Both forms of a message.

    Args:
        text: As it was typed; cut at `TEXT_CHARS_MAX`.
        risky: Words worth reading into a disguise. Elsewhere repairs are left out where the word means something.
    """
    plain = _fold(text[:TEXT_CHARS_MAX])
    if _ORDINARY.match(plain.text) and not _REPEATS.search(plain.text) and not _SPACED.search(plain.text):
        words = _speak(plain, risky, mended=False)
    else:
        words = _speak(_join(plain, risky), risky, mended=True)
    return Normal(plain, words, frozenset(words.text.split()))


def _fold(text: str) -> Mapped:
    """Every character as the one that it looks like; invisible ones gone."""
    if text.isascii():
        return Mapped(text.lower().translate(_BLANKS), range(len(text)))
    chars: list[str] = []
    origin: list[int] = []
    for at, char in enumerate(text):
        for plain in _alike(char):
            chars.append(plain)
            origin.append(at)
    return Mapped("".join(chars), tuple(origin))


_BLANKS: Final = dict.fromkeys(range(32), " ") | {127: " "}


def _alike(char: str) -> str:
    if char.isascii():
        return " " if char < " " or char == "\x7f" else char.lower()
    known = _KNOWN.get(char)
    if known is None:
        known = _look(char)
        if len(_KNOWN) < _KNOWN_MAX:
            _KNOWN[char] = known
    return known


_KNOWN: Final[dict[str, str]] = {}
_KNOWN_MAX: Final = 4_096
"""Characters remembered; the rest are looked at again each time."""


def _look(char: str) -> str:
    """What one non-ASCII character looks like; nothing for an invisible one."""
    if char in "\u2028\u2029\u0085":
        return " "
    code = ord(char)
    for start in _ENCLOSED_ALPHABETS:
        if start <= code < start + 26:
            return chr(ord("a") + code - start)
    out = []
    for part in unicodedata.normalize("NFKD", _LOOK_ALIKES.get(char, char)):
        lower = _LOOK_ALIKES.get(part, part).casefold()
        for plain in lower:
            kept = _LOOK_ALIKES.get(plain, plain)
            if unicodedata.category(kept) not in _INVISIBLE:
                out.append(" " if kept.isspace() else kept)
    return "".join(out)


def _join(plain: Mapped, risky: frozenset[str]) -> Mapped:
    """Letters that stand alone, spaced or dotted, as one word; but not names of notes ("F A C E")."""
    text, origin = plain
    chars: list[str] = []
    kept: list[int] = []
    done = 0
    for found in _SPACED.finditer(text):
        joined = [(at, text[at]) for at in range(found.start(), found.end()) if text[at].isalnum()]
        if _NOTES.match("".join(char for _, char in joined)) or all(char.isdigit() for _, char in joined):
            continue
        chars += text[done : found.start()]
        kept += origin[done : found.start()]
        if joined[0][1] in "ai" and "".join(char for _, char in joined[1:]) in risky:
            chars += [joined[0][1], " "]
            kept += [origin[joined[0][0]]] * 2
            joined = joined[1:]
        chars += [char for _, char in joined]
        kept += [origin[at] for at, _ in joined]
        done = found.end()
    if not done:
        return plain
    chars += text[done:]
    kept += origin[done:]
    return Mapped("".join(chars), tuple(kept))


def _speak(plain: Mapped, risky: frozenset[str], *, mended: bool) -> Mapped:
    """Words and single spaces: digits read as letters, repeats collapsed, short forms written out."""
    chars: list[str] = []
    origin: list[int] = []
    for start, end in _tokens(plain.text):
        token = plain.text[start:end]
        where: list[int] = list(plain.origin[start:end])
        if mended:
            token, where = _mend(token, where, risky)
        token = _SHORT_FORMS.get(token, token)
        if not token:
            continue
        if chars:
            chars.append(" ")
            origin.append(where[0])
        chars.append(token)
        if len(token) == len(where):
            origin += where
        else:
            origin += [where[0]] * (len(token) - 1) + [where[-1]]
    return Mapped("".join(chars), tuple(origin))


def _tokens(text: str) -> Iterator[tuple[int, int]]:
    return (found.span() for found in _TOKEN.finditer(text))


def _mend(token: str, where: list[int], risky: frozenset[str]) -> tuple[str, list[int]]:
    """One token without its disguise; where it has none, without its punctuation."""
    start, end = 0, len(token)
    while start < end and not (token[start].isalnum() or token[start] in "@$"):
        start += 1
    while end > start and not (token[end - 1].isalnum() or token[end - 1] in "@$"):
        end -= 1
    token, where = token[start:end], where[start:end]
    if not token.isalpha():
        if _DIGITS.intersection(token) and any(char.isalpha() for char in token) and token not in _SHORT_FORMS:
            token = _read_digits(token, risky)
        pairs = [(char, at) for char, at in zip(token, where, strict=True) if char.isalnum() or char == "*"]
        inner = "".join(char for char, _ in pairs)
        if inner != token and inner not in risky and not _apostrophes_only(token):
            return _apart(token, where)
        token, where = inner, [at for _, at in pairs]
        if "*" in token:
            token = _unstar(token, risky)
    if _REPEATS.search(token):
        token, where = _shorten(token, where, risky)
    return token, where


@functools.lru_cache(maxsize=4)
def _by_shape(risky: frozenset[str]) -> dict[tuple[int, str], list[str]]:
    """The risky words of each length and first letter, and of each length: what a star could stand for."""
    shapes: dict[tuple[int, str], list[str]] = {}
    for word in sorted(risky):
        for first in (word[0], "*"):
            shapes.setdefault((len(word), first), []).append(word)
    return shapes


def _unstar(token: str, risky: frozenset[str]) -> str:
    """The risky word that stars hide ("s*cret", "f**k"), if two letters and more of it are left."""
    if len(token) - token.count("*") >= 2:
        for word in _by_shape(risky).get((len(token), token[0]), ()):
            if all(char in ("*", letter) for char, letter in zip(token, word, strict=True)):
                return word
    return token


def _read_digits(token: str, risky: frozenset[str]) -> str:
    """Digits as letters; a 1 is an i, or an l where that makes a word worth knowing."""
    read = token.translate(_DIGIT_LETTERS)
    if "1" in token and read not in risky:
        other = token.replace("1", "l").translate(_DIGIT_LETTERS)
        if other in risky:
            return other
    return read


def _apostrophes_only(token: str) -> bool:
    return all(char.isalnum() or char in "'*" for char in token)


def _apart(token: str, where: list[int]) -> tuple[str, list[int]]:
    """Punctuation within a token parts words ("hello,you")."""
    return "".join(char if char.isalnum() or char == "*" else " " for char in token if char != "'"), [
        at for char, at in zip(token, where, strict=True) if char != "'"
    ]


def _shorten(token: str, where: list[int], risky: frozenset[str]) -> tuple[str, list[int]]:
    """Three and more of a letter as two where that is a word worth knowing, else as one."""
    runs: list[tuple[int, int]] = []
    start = 0
    for end in range(1, len(token) + 1):
        if end == len(token) or token[end] != token[start]:
            runs.append((start, end))
            start = end
    for most in (2, 1):
        kept = [at for begin, end in runs for at in range(begin, end if end - begin < 3 else begin + most)]
        short = "".join(token[at] for at in kept)
        if most == 1 or short in risky:
            break
    return short, [where[at] for at in kept]
