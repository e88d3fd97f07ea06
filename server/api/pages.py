"""The built web client: one page for every page path, and its assets under names that hold their hash."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from server.security_headers import IMMUTABLE

PAGES: Final = (
    "/",
    "/in",
    "/lessons/{lesson}",
    "/lessons/{lesson}/device-check",
    "/lessons/{lesson}/check-in",
    "/lessons/{lesson}/watch",
    "/lessons/{lesson}/after",
    "/cases",
    "/cases/{case}",
)
"""docs/http.md's table. The client draws the page; another path gets the same client with 404."""
HASHED: Final = re.compile(r"-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$")
"""How the build names an asset by its content; only such a name may be kept for ever."""
NOT_BUILT: Final = "The web client is not built yet. Run: make setup\n"


class Pages:
    """The client's one page. Read at each request: it is one small file, and a rebuild shows at once."""

    def __init__(self, static: Path) -> None:
        self._index = static / "index.html"

    def response(self, status: int = 200) -> Response:
        """The page, to be checked again at each visit, because it names the newest assets."""
        if not self._index.is_file():
            return PlainTextResponse(NOT_BUILT, 503)
        return FileResponse(self._index, status, {"cache-control": "no-cache"}, media_type="text/html")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One of the pages of the table."""
        if scope["method"] in ("GET", "HEAD"):
            await self.response()(scope, receive, send)
        else:
            await PlainTextResponse("Pages are read with GET.", 405, {"allow": "GET, HEAD"})(scope, receive, send)


class Assets(StaticFiles):
    """Files of the build. `StaticFiles` itself keeps requests inside the folder."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        """As it is, kept for ever if its name changes with its content."""
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        path = getattr(response, "path", "")
        if HASHED.search(str(path)):
            response.headers["cache-control"] = IMMUTABLE
        return response


def page_routes(static: Path) -> list[BaseRoute]:
    """Routes of every page and asset."""
    pages = Pages(static)
    routes: list[BaseRoute] = [Route(path, pages) for path in PAGES]
    routes.append(Mount("/assets", Assets(directory=static / "assets", check_dir=False)))
    return routes
