"""Every HTTP path, and what answers it: docs/http.md in one table."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send

from server.api.pages import Pages, page_routes
from server.api.problem import not_found
from server.config import Config


def routes(config: Config) -> list[BaseRoute]:
    """All of them, in the order in which they are tried."""
    return [
        Route("/healthz", _health),
        Mount("/api", _Nothing()),
        *page_routes(config.static_dir),
        Mount("/", _NoPage(config)),
    ]


async def _health(request: Request) -> Response:
    return Response(b'{"ok":true}', media_type="application/json")


class _Nothing:
    """Under /api where nothing is."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await not_found().response()(scope, receive, send)


class _NoPage:
    """A path of no page: the client says so itself, in its own words."""

    def __init__(self, config: Config) -> None:
        self._pages = Pages(config.static_dir)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._pages.response(404)(scope, receive, send)
