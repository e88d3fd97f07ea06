"""Every room state and page as a picture, held by what can be measured of it (PAGES, section 8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browser.chromium import AXE_RULES
from tests.browser.gallery import PAGES, Gallery, build
from tests.browser.house import DESKTOP, PHONE

NARROW = (320, 640)
ON_ITS_SIDE = (740, 360)
TABLET = (768, 1024)
SIZES = (NARROW, PHONE, ON_ITS_SIDE, TABLET, DESKTOP)


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def _built() -> None:
    await build()


KINDS = ("sideways", "small", "nearEnd", "overPicture", "cut", "tiny")


def faults(found: dict[str, Any], *kinds: str) -> Iterator[str]:
    """What was found of these kinds, or of any, a line each."""
    for what, measured in found.items():
        for kind in kinds or KINDS:
            for fault in measured[kind]:
                yield f"{what}: {fault}"


async def every(gallery: Gallery) -> list[str]:
    """All rooms, with the chat closed and open, all device checks, and all pages."""
    rooms = [f"room={room['name']}" for room in await gallery.rooms()]
    assert len(rooms) > 70
    return [
        *rooms,
        "room=live-t&chat=1&held=1",
        "room=live-p&chat=1&held=1",
        "room=own-clock-p&chat=1",
        *await gallery.checks(),
        *PAGES,
    ]


@pytest.mark.parametrize("size", [PHONE, DESKTOP])
async def test_no_state_and_no_page_has_an_axe_violation(browser: Browser, size: tuple[int, int]) -> None:
    light = await Gallery.open(browser, size)
    assert await light.violations(await every(light)) == []
    await light.close()


@pytest.mark.parametrize("size", [PHONE, DESKTOP])
async def test_every_text_can_be_read_in_the_dark(browser: Browser, size: tuple[int, int]) -> None:
    """The themes differ in nothing but their colours."""
    dark = await Gallery.open(browser, size, "dark")
    assert await dark.violations(await every(dark), "color-contrast", "link-in-text-block") == []
    await dark.close()


DIALOGS = (
    ("room=live-t", "More"),
    ("room=live-p", "More"),
    ("room=live-t", "Why may this lesson be observed?"),
    ("room=own-clock-adult-p", "Help me fix it"),
    ("room=own-clock-p", "Help me fix it"),
    ("room=blocked-p", "Show me how"),
    ("room=own-black-p", "Choose another"),
    ("room=lost-decision-t", "Decide now"),
    ("room=kept-t", "Record as missed"),
    ("room=watch-live", "End for safety"),
)


@pytest.mark.parametrize("size", [PHONE, DESKTOP])
async def test_a_dialog_can_be_read_closed_and_left_where_it_was_opened(
    browser: Browser, size: tuple[int, int]
) -> None:
    gallery = await Gallery.open(browser, size)
    for what, button in DIALOGS:
        await gallery.draw(what)
        opener = gallery.page.get_by_role("button", name=button).locator("visible=true").first
        await opener.click()
        dialog = gallery.page.get_by_role("dialog")
        await dialog.wait_for()
        found = await gallery.page.evaluate("(only) => window.ask(only)", {"type": "tag", "values": AXE_RULES})
        assert found == [], (what, button)
        assert await gallery.page.evaluate("window.faultsNow()") == [], (what, button)
        await gallery.page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
        await expect(opener).to_be_focused()
    await gallery.close()


async def test_axe_finds_what_is_wrong(browser: Browser) -> None:
    gallery = await Gallery.open(browser, PHONE)
    await gallery.page.add_style_tag(content=".status { color: #444 !important }")
    found = await gallery.violations(["room=live-t"], "color-contrast")
    assert [line.split(": ")[1] for line in found] == ["color-contrast"]
    await gallery.close()


@pytest.mark.parametrize("size", SIZES)
async def test_every_state_keeps_its_place_its_words_and_its_edges(browser: Browser, size: tuple[int, int]) -> None:
    gallery = await Gallery.open(browser, size)
    rooms = {f"room={room['name']}": room for room in await gallery.rooms()}
    found = await gallery.measured(await every(gallery))
    await gallery.close()
    assert list(faults(found)) == []
    assert {what: m["headings"] for what, m in found.items() if m["headings"] != 1} == {}
    assert {what: m["primaries"] for what, m in found.items() if m["primaries"] > 1} == {}
    for what, room in rooms.items():
        said = found[what]["words"]
        assert said == {key: room[key] for key in ("state", "headline", "second")}, what
        assert "{" not in said["headline"] + said["second"]
    keeps_place(rooms, found, size)


def keeps_place(rooms: dict[str, Any], found: dict[str, Any], size: tuple[int, int]) -> None:
    """End and Leave stand at the same pixels in every state, 16 px from the edge, as do controls and notice."""
    at: dict[str, set[tuple[int, ...]]] = defaultdict(set)
    for what, room in rooms.items():
        places = found[what]["places"]
        if room["state"].startswith("ended") or room["role"] == "observer":
            assert places["end"] is None, what
            continue
        at[room["role"]].add(tuple(places["end"]))
        # Two pictures one above the other need more than a very small screen has: there the room scrolls.
        if size == NARROW and what.startswith("room=shared"):
            continue
        # On a phone a room of two pupils has one row less of controls: in each of its states, and none moves.
        at["controls of two" if what.startswith("room=shared") else "controls"].add(tuple(places["controls"]))
        at["notice"].add(tuple(places["notice"]))
        height = places["status"][3] - places["status"][1]
        at["calm" if room["state"] in ("live", "time_over") else "status"].add((places["status"][1], height))
    expected = {"teacher", "pupil_side", "controls", "notice", "calm", "status"}
    expected |= set() if size == NARROW else {"controls of two"}
    assert {name for name, places in at.items() if len(places) == 1} | {"status"} == expected, dict(at)
    for role in ("teacher", "pupil_side"):
        left, top, right, bottom = next(iter(at[role]))
        assert right == size[0] - 16
        assert bottom - top == 48
        assert right - left >= 132
    if size in (TABLET, DESKTOP):
        assert len(at["status"] | at["calm"]) == 1
    if size == PHONE:
        # Section 5: two lines while the lesson is live, else room for the longest sentence.
        assert at["calm"] == {(56, 64)}
        assert at["status"] == {(56, 64), (56, 208)}


@pytest.mark.parametrize("size", [NARROW, ON_ITS_SIDE])
async def test_the_longest_names_fit(browser: Browser, size: tuple[int, int]) -> None:
    gallery = await Gallery.open(browser, size)
    rooms = [f"room={room['name']}&long=1" for room in await gallery.rooms()]
    assert list(faults(await gallery.measured([*rooms, "room=live-p&chat=1&long=1"]))) == []
    await gallery.close()


KEYBOARD_UP = 420
"""Px that a phone of 740 leaves above its keyboard."""


async def test_with_the_keyboard_up_picture_end_and_send_are_all_seen(browser: Browser) -> None:
    gallery = await Gallery.open(browser, PHONE)
    for what in ("room=live-t&chat=1", "room=own-clock-p&chat=1", "room=lost-theirs-p&chat=1&long=1"):
        await gallery.draw(what)
        # As `visualViewport` tells it: the page itself is not resized.
        await gallery.page.evaluate(
            """(height) => {
                Object.defineProperty(visualViewport, 'height', { value: height, configurable: true });
                visualViewport.dispatchEvent(new Event('resize'));
            }""",
            KEYBOARD_UP,
        )
        for seen in ("#ending button", ".compose .button", "#write", ".status .headline", ".frame"):
            box = await gallery.page.locator(seen).first.bounding_box()
            assert box is not None
            assert box["y"] >= 0, (what, seen)
            assert box["y"] + box["height"] <= KEYBOARD_UP, (what, seen)
        picture = await gallery.page.locator(".frame").first.bounding_box()
        assert picture is not None
        assert picture["height"] >= 96, what
    await gallery.close()


@pytest.mark.parametrize("size", [PHONE, DESKTOP])
async def test_twice_the_text_is_cut_nowhere(browser: Browser, size: tuple[int, int]) -> None:
    gallery = await Gallery.open(browser, size)
    await gallery.page.add_style_tag(content="html { font-size: 200% }")
    whats = ["room=live-t", "room=own-clock-p", "room=settling-t", "room=C3-p", *await gallery.checks(), *PAGES]
    found = await gallery.measured(whats)
    assert list(faults(found, "sideways", "cut")) == []
    await gallery.close()
