"""One line a request: what was asked, the answer and how long it took. No query, no token, no id, nobody's words."""

from __future__ import annotations

import time
from typing import Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Those that browsers send. Another may be any letters, as many as a head holds."""

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
            method = scope["method"] if scope["method"] in METHODS else "other"
            _log.info("request", method=method, route=route, status=status, ms=took_ms)
