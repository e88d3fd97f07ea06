"""One lesson between real browsers: Chromium publishes what a page's leg does, and watches after a click."""

from __future__ import annotations

import os
import shutil
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.media_process import Spent, measured, running

FLAGS = [
    "--no-sandbox", "--use-fake-device-for-media-stream=fps=15", "--use-fake-ui-for-media-stream", "--disable-gpu",
    "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--autoplay-policy=no-user-gesture-required", "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding",
    "--allow-loopback-in-peer-connection",
    # The page is answered by the benchmark and not by an address, so that its sockets to this machine would be refused.
    "--disable-features=WebRtcHideLocalIpsWithMdns,LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets",
]  # fmt: skip
NAMES = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser")
PAGE = Path(__file__).with_name("media_page.html")
URL = "http://localhost:1/"
"""Answered by the benchmark itself: a page on localhost may use a camera."""
WARM_CLICKS, CLICKS = 2, 9
BETWEEN_CLICKS_S = 0.37
"""No divisor of the time between keyframes, so that clicks fall anywhere between two."""
WARM_S, MEASURED_S = 3.0, 8.0
FLOWS_S = 30.0


def chromium() -> str | None:
    """The browser, or None."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@dataclass(frozen=True)
class Lesson:
    """What one lesson between browsers cost one server, and how soon it was seen."""

    alone: Spent
    watched: Spent
    sent: float
    """RTP packets a second from the two sides."""
    came: int
    """To the observer, in the stretch."""
    first_ms: list[float]

    @property
    def us_out(self) -> float:
        return self.watched.server_s * 1e6 / max(1, self.came)

    @property
    def us_alone_s(self) -> float:
        return self.alone.server_s * 1e6 / self.alone.seconds

    @property
    def first_median_ms(self) -> float:
        return statistics.median(self.first_ms)


class Pages:
    """Three people's browsers."""

    def __init__(self, browser: Any, kind: str, port: int) -> None:
        self.sides = [self._page(browser), self._page(browser)]
        self.manager = self._page(browser)
        for side, page in enumerate(self.sides):
            page.evaluate("([kind, port, side]) => publish(kind, port, 0, side)", [kind, port, side])
        self.manager.evaluate("([kind, port]) => open(kind, port)", [kind, port])
        for page in self.sides:
            _until(lambda page=page: _packets(page)["sent"] > 100 and _packets(page)["width"] == 640)

    def _page(self, browser: Any) -> Page:
        page: Page = browser.new_context(permissions=["camera", "microphone"]).new_page()
        page.route("**/*", lambda route: route.fulfill(body=PAGE.read_text(), content_type="text/html"))
        page.goto(URL)
        return page

    def sent(self) -> int:
        return sum(int(_packets(page)["sent"]) for page in self.sides)

    def click(self) -> float:
        """From the click until both pictures are shown, ms."""
        self.manager.evaluate("() => ready(0)")
        self.manager.click("button")
        took: float = self.manager.evaluate("() => window.seen")
        return took

    def leave(self) -> None:
        self.manager.evaluate("() => leave()")


def _packets(page: Page) -> dict[str, float]:
    found: dict[str, float] = page.evaluate("() => packets()")
    return found


def _until(check: Callable[[], bool]) -> None:
    ends = time.monotonic() + FLOWS_S
    while not check():
        if time.monotonic() > ends:
            raise TimeoutError("no media between the browsers and the server")
        time.sleep(0.1)


def lesson(server: Any, kind: str, port: int) -> Lesson:
    """Hold one lesson, first with nobody watching."""
    cores = set(range(os.cpu_count() or 1))
    with sync_playwright() as playwright, running(server, port, cores) as process:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        try:
            pages = Pages(browser, kind, port)
            time.sleep(WARM_S)
            before = pages.sent()
            alone = measured(process.pid, lambda: time.sleep(MEASURED_S))
            sent = (pages.sent() - before) / alone.seconds
            first = []
            for number in range(WARM_CLICKS + CLICKS):
                took = pages.click()
                if number >= WARM_CLICKS:
                    first.append(took)
                if number < WARM_CLICKS + CLICKS - 1:
                    pages.leave()
                    time.sleep(BETWEEN_CLICKS_S)
            time.sleep(WARM_S)
            began = _packets(pages.manager)["came"]
            watched = measured(process.pid, lambda: time.sleep(MEASURED_S))
            came = int(_packets(pages.manager)["came"] - began)
        finally:
            browser.close()
    return Lesson(alone, watched, sent, came, first)
