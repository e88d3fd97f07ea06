"""The pictures in docs/pictures: each page, and the room's main states, drawn by the gallery."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from playwright.async_api import Browser

from tests.browser.chromium import ROOT
from tests.browser.gallery import Gallery

FOLDER = ROOT / "docs" / "pictures"
SIZE_MAX = 150_000
"""Bytes of one picture: the docs stay quick to load, and the repository small."""
PHONE = (360, 740)
ON_ITS_SIDE = (740, 360)
TABLET = (768, 1024)
DESKTOP = (1280, 800)


class Picture(NamedTuple):
    """One file in docs/pictures."""

    name: str
    size: tuple[int, int]
    what: str
    """As the gallery draws it."""
    says: str
    """What it shows, for the list."""
    scheme: str = "light"
    press: str = ""
    """A button to press first."""


PICTURES = (
    Picture("room-desktop", DESKTOP, "room=live-t&chat=1", "A lesson in progress, with the chat"),
    Picture("room-phone", PHONE, "room=live-p", "The same on the family's phone"),
    Picture("room-phone-chat", PHONE, "room=live-t&chat=1", "The chat on a phone: a sheet under the picture"),
    Picture("room-phone-on-its-side", ON_ITS_SIDE, "room=live-t&chat=0", "A phone on its side"),
    Picture("room-tablet-chat", TABLET, "room=live-t&chat=1", "A tablet on a music stand"),
    Picture("room-before", DESKTOP, "room=before-ready-t", "Before the start: both sides are ready"),
    Picture("room-waiting", DESKTOP, "room=other-clock-t", "The pupil side's clock runs, as the teacher sees it"),
    Picture("room-own-clock-phone", PHONE, "room=own-clock-p", "The same clock, as the family sees it"),
    Picture("room-nobodys-clock-phone", PHONE, "room=nobody-platform-p", "Nobody's clock: our service has a problem"),
    Picture("room-settling", DESKTOP, "room=settling-t&chat=0", "Ten seconds before the start: is the grown-up seen?"),
    Picture("room-shared", DESKTOP, "room=shared-clock-t&chat=0", "Two pupils, each with a word and a clock"),
    Picture("room-lost", DESKTOP, "room=lost-theirs-t&chat=0", "The pupil's side is lost after the start"),
    Picture("room-decide", DESKTOP, "room=lost-decision-t&chat=0", "Five minutes lost: the choice", press="Decide now"),
    Picture("room-paused-phone", PHONE, "room=paused-p", "Paused: the grown-up left the room"),
    Picture("room-camera-phone", PHONE, "room=blocked-p", "The browser blocks the camera", press="Show me how"),
    Picture(
        "room-devices-phone", PHONE, "room=own-black-p", "Menus of camera, microphone, speaker", press="Choose another"
    ),
    Picture("room-held", DESKTOP, "room=live-t&chat=1&held=1", "A held message waits for the teacher", "dark"),
    Picture("room-ended", DESKTOP, "room=ended-by-you-t", "Ended by the teacher's one click"),
    Picture("room-ended-phone", PHONE, "room=ended-neutral-p", "The closing sentence"),
    Picture("room-missed-phone", PHONE, "room=C3-p", "Not started, and what it comes to"),
    Picture("start-teacher", DESKTOP, "page=/&who=teacher", "The teacher's day"),
    Picture("start-family-phone", PHONE, "page=/&who=family", "The family's lessons"),
    Picture("device-check-phone", PHONE, "check=new", "The device check, before anything is asked for"),
    Picture("device-check", DESKTOP, "check=quiet", "The device check: a note that is too quiet"),
    Picture("device-check-refused", DESKTOP, "check=blocked", "The browser refused", "dark"),
    Picture("get-ready-phone", PHONE, "check=ready", "Get ready: nine lines"),
    Picture("get-ready-trouble", DESKTOP, "check=ready-trouble", "What will not work; it never blocks"),
    Picture("check-in-phone", PHONE, "page=/lessons/lesson-1/check-in&who=family", "The grown-up checks in"),
    Picture("after-phone", PHONE, "page=/lessons/lesson-1/after&who=teacher", "After the lesson"),
    Picture("live-lessons", DESKTOP, "page=/&who=trouble", "A people manager's live lessons, trouble first"),
    Picture("live-lessons-phone", PHONE, "page=/&who=trouble", "The same on a phone", "dark"),
    Picture("live-lessons-few", TABLET, "page=/&who=manager", "Few lessons, all but one well"),
    Picture("live-lessons-many", DESKTOP, "page=/&who=many", "Many lessons", "dark"),
    Picture("live-lessons-none", DESKTOP, "page=/&who=empty", "No lessons now, and when the next begin"),
    Picture("watch", DESKTOP, "room=watch-live", "A people manager watches"),
    Picture("cases", DESKTOP, "page=/cases&who=safeguarding", "The safeguarding team's cases"),
    Picture("case", DESKTOP, "page=/cases/c1&who=safeguarding", "One case", "dark"),
)


def listed() -> str:
    """docs/pictures/README.md."""
    rows = [f"| [{p.name}]({p.name}.png) | {p.says} | {p.size[0]} × {p.size[1]}, {p.scheme} |" for p in PICTURES]
    return "\n".join(
        [
            "# Pictures",
            "",
            "Every page, and the room in its main states, drawn by the gallery (`npm run gallery`) over recorded",
            "answers; who is in them is drawn too. Taken by `pytest tests/browser/test_pages.py --pictures`.",
            "",
            "| picture | what it shows | size |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


async def take(browser: Browser, picture: Picture) -> None:
    """Draw it, write its file, and the list."""
    gallery = await Gallery.open(browser, picture.size, picture.scheme, reduced_motion="reduce")
    await gallery.draw(picture.what)
    if picture.press:
        await gallery.page.get_by_role("button", name=picture.press).first.click()
    # A drawn camera sends five pictures a second.
    await gallery.page.wait_for_timeout(400)
    FOLDER.mkdir(parents=True, exist_ok=True)
    await gallery.page.screenshot(path=FOLDER / f"{picture.name}.png")
    await asyncio.to_thread((FOLDER / "README.md").write_text, listed())
    await gallery.close()
