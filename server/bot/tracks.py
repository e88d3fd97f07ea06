"""What the bot's camera and microphone give: a moving picture and a played scale, both made from plain bytes.

Each track paces itself by the monotonic clock; one that was not asked for a while goes on from now, without a burst.
"""

from __future__ import annotations

import array
import asyncio
import functools
import math
import time
from collections.abc import Iterator
from fractions import Fraction
from typing import Final, NamedTuple

import av
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

FRAMES_A_SECOND: Final = 15
VIDEO_CLOCK: Final = 90_000
"""RTP's for video (RFC 7741)."""
SAMPLES_A_SECOND: Final = 48_000
"""Opus' own."""
PTIME_S: Final = 0.02
SAMPLES_A_FRAME: Final = round(SAMPLES_A_SECOND * PTIME_S)
NOTE_S: Final = 0.5
FADE_S: Final = 0.02
"""At each note's ends, so that it does not click."""
LOUDNESS: Final = 8_000
"""Of 32,767: a quarter, about -12 dBFS."""
A4_HZ: Final = 440.0
C_MAJOR: Final = (-9, -7, -5, -4, -2, 0, 2, 3, 2, 0, -2, -4, -5, -7)
"""Semitones from A4: C4 up to C5 and down again, as a beginner plays it."""


class Paced(MediaStreamTrack):
    """A track that waits for its own next moment."""

    def __init__(self, period_s: float) -> None:
        super().__init__()
        self._period_s = period_s
        self._began = time.monotonic()
        self._count = -1

    async def _next(self) -> int:
        """Wait for the next period, and return its number from the beginning."""
        if self.readyState != "live":
            raise MediaStreamError
        due = int((time.monotonic() - self._began) / self._period_s)
        self._count = max(self._count + 1, due)
        await asyncio.sleep(self._began + self._count * self._period_s - time.monotonic())
        return self._count


class Picture(Paced):
    """A pupil's outline before a wall, with a bow that moves from side to side."""

    kind = "video"

    def __init__(self, width: int = 480, height: int = 360) -> None:
        super().__init__(1 / FRAMES_A_SECOND)
        self._size = (width, height)

    async def recv(self) -> av.VideoFrame:
        """The next picture."""
        number = await self._next()
        width, height = self._size
        frame = av.VideoFrame(width, height, "yuv420p")
        thick = width // 24
        swing = (1 + math.sin(number / FRAMES_A_SECOND * math.pi)) / 2
        left = round(swing * (width - thick))
        bow = bytes([235]) * thick
        still = scene(width, height)
        rows = [row[:left] + bow + row[left + thick :] for row in still.grey]
        for plane, data in zip(frame.planes, (b"".join(rows), still.blue, still.red), strict=True):
            plane.update(_padded(data, plane.width, plane.line_size))
        frame.pts = number * VIDEO_CLOCK // FRAMES_A_SECOND
        frame.time_base = Fraction(1, VIDEO_CLOCK)
        return frame


class Scale(Paced):
    """C major, up and down, over and over."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__(PTIME_S)

    async def recv(self) -> av.AudioFrame:
        """The next 20 ms."""
        number = await self._next()
        played = scale()
        begin = number * SAMPLES_A_FRAME * 2 % len(played)
        frame = av.AudioFrame(format="s16", layout="mono", samples=SAMPLES_A_FRAME)
        frame.planes[0].update(played[begin : begin + SAMPLES_A_FRAME * 2])
        frame.sample_rate = SAMPLES_A_SECOND
        frame.pts = number * SAMPLES_A_FRAME
        frame.time_base = Fraction(1, SAMPLES_A_SECOND)
        return frame


@functools.cache
def scale() -> bytes:
    """The whole scale, 16-bit samples of the machine's order; a whole number of frames. 0.2 s of work, once."""
    return array.array("h", (sample for semitone in C_MAJOR for sample in _note(semitone))).tobytes()


def _note(semitone: int) -> Iterator[int]:
    hertz = A4_HZ * 2 ** (semitone / 12)
    length = round(NOTE_S * SAMPLES_A_SECOND)
    fade = FADE_S * SAMPLES_A_SECOND
    for n in range(length):
        loud = LOUDNESS * min(1.0, n / fade, (length - n) / fade)
        yield round(loud * math.sin(2 * math.pi * hertz * n / SAMPLES_A_SECOND))


class Scene(NamedTuple):
    """What does not move: luma by rows, and the two chroma planes."""

    grey: list[bytes]
    blue: bytes
    red: bytes


@functools.cache
def scene(width: int, height: int) -> Scene:
    """A head and shoulders before a wall. Drawn once a size."""
    grey = [_row(y, width, height, 1, person=90, wall=150 + 50 * y // height) for y in range(height)]
    half = range(0, height, 2)
    blue = b"".join(_row(y, width, height, 2, person=150, wall=118) for y in half)
    red = b"".join(_row(y, width, height, 2, person=110, wall=138) for y in half)
    return Scene(grey, blue, red)


def _row(y: int, width: int, height: int, step: int, *, person: int, wall: int) -> bytes:
    """One row, of which the middle is the person: a circle's head, an ellipse's shoulders."""
    head = (height * 0.18) ** 2 - (y - height * 0.4) ** 2
    shoulders = 1 - ((y - height) / (height * 0.38)) ** 2
    half = max(math.sqrt(max(head, 0.0)), width * 0.32 * math.sqrt(max(shoulders, 0.0)))
    across, middle = width // step, 2 * round(half / step)
    left = (across - middle) // 2
    return bytes([wall]) * left + bytes([person]) * middle + bytes([wall]) * (across - left - middle)


def _padded(data: bytes, width: int, line: int) -> bytes:
    """A plane's rows may be longer in memory than they are wide."""
    if width == line:
        return data
    return b"".join(data[at : at + width].ljust(line, b"\0") for at in range(0, len(data), width))
