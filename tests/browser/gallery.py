"""The gallery (`npm run gallery`): each room state and page over recorded answers, on one page without a load."""

from __future__ import annotations

import asyncio
import mimetypes
import os
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, Route

from tests.browser.chromium import AXE_RULES, ROOT

BUILT = ROOT / "test-results" / "gallery"
ORIGIN = "http://localhost"
"""A secure context without a server: every request is answered from the built files."""
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
BUILD_S = 120
"""Vite takes two seconds; a cold machine some more."""

PAGES = (
    "page=/in&who=nobody",
    "page=/&who=nobody",
    "page=/&who=broken",
    "page=/&who=slow",
    "page=/&who=teacher",
    "page=/&who=family",
    "page=/&who=newcomer",
    "page=/&who=manager",
    "page=/&who=empty",
    "page=/&who=none",
    "page=/&who=many",
    "page=/&who=trouble",
    "page=/&who=stale",
    "page=/&who=safeguarding",
    "page=/&who=quiet",
    "page=/cases/c1&who=safeguarding",
    "page=/lessons/lesson-1/check-in&who=family",
    "page=/lessons/lesson-1/after&who=family",
    "page=/lessons/lesson-1/after&who=teacher",
    "page=/nothing&who=teacher",
)
"""Sign-in without a link, signed out, our failure, loading; each role's start, full and empty; the rest."""


async def build() -> None:
    """Build it from web/ as it is now.

    Raises:
        RuntimeError: with Vite's words, where web/ does not build.
    """
    made = await asyncio.create_subprocess_exec(
        "npm", "run", "--silent", "gallery", cwd=ROOT, env=os.environ, stdout=-1, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await asyncio.wait_for(made.communicate(), BUILD_S)
    if made.returncode != 0:
        raise RuntimeError(said.decode())


async def _answer(route: Route) -> None:
    path = BUILT / route.request.url.removeprefix(ORIGIN).split("?")[0].lstrip("/")
    file: Path = path if path.is_file() else BUILT / "gallery" / "index.html"
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    await route.fulfill(body=await asyncio.to_thread(file.read_bytes), content_type=kind)


class Gallery:
    """One page at one size and theme; it draws one state after the other."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @classmethod
    async def open(cls, browser: Browser, size: tuple[int, int], scheme: str = "light", **options: Any) -> Gallery:
        """The page, with axe and the measuring functions on it."""
        viewport = {"width": size[0], "height": size[1]}
        context = await browser.new_context(viewport=viewport, color_scheme=scheme, **options)  # type: ignore[arg-type]
        await context.route("**/*", _answer)
        page = await context.new_page()
        await page.goto(f"{ORIGIN}/gallery/index.html")
        await page.wait_for_function("window.draw !== undefined")
        await page.evaluate("document.fonts.load('16px \"Atkinson Hyperlegible Next Variable\"')")
        await page.add_script_tag(path=str(AXE))
        await page.add_script_tag(path=str(Path(__file__).with_name("measure.js")))
        return cls(page)

    async def rooms(self) -> list[dict[str, str]]:
        """Every recorded room: name, role, state, and the words of its status line."""
        rooms: list[dict[str, str]] = await self.page.evaluate("window.rooms")
        return rooms

    async def checks(self) -> list[str]:
        """Every recorded device check, as it is drawn."""
        return [f"check={name}" for name in await self.page.evaluate("window.checks")]

    async def draw(self, what: str) -> None:
        """Draw `room=NAME`, `check=NAME` or `page=/PATH&who=ROLE`."""
        await self.page.evaluate("(what) => window.draw(what)", what)

    async def measured(self, whats: list[str]) -> dict[str, Any]:
        """Draw each and measure it (measure.js)."""
        found: dict[str, Any] = await self.page.evaluate("(whats) => window.measureAll(whats)", whats)
        return found

    async def violations(self, whats: list[str], *rules: str) -> list[str]:
        """Draw each and ask axe, all its rules or these; one line a violation."""
        only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": AXE_RULES}
        ask = "([whats, only]) => window.axeAll(whats, only)"
        found: list[str] = await self.page.evaluate(ask, [whats, only])
        return found

    async def close(self) -> None:
        """Close its context."""
        await self.page.context.close()
