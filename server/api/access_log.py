"""One line a request: what was asked, the answer and how long it took. No query, no token, no id, nobody's words."""

from __future__ import annotations

import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = structlog.stdlib.get_logger("http")


class AccessLog:
    """ASGI middleware. It writes the route (``/api/lessons/{lesson}``), never the address that was typed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and write once the answer has begun and ended."""
        began = time.perf_counter()
        status = 0

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            route = getattr(scope.get("route"), "path", "")
            took_ms = round((time.perf_counter() - began) * 1_000, 1)
            _log.info("request", method=scope["method"], route=route, status=status, ms=took_ms)
