"""Every HTTP path, and what answers it: docs/http.md in one table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send

from server.accounts.people import AccountRole
from server.accounts.scope import WATCHERS
from server.api import after, cases, check_in, connection_test, lessons, relay_test, session, wall
from server.api.pages import Pages, page_routes
from server.api.problem import not_found
from server.api.resource import Post, Resource
from server.api.services import Services

_SAFEGUARDING = (AccountRole.SAFEGUARDING,)
_BOOKED = (AccountRole.TEACHER, AccountRole.FAMILY)
_WATCHERS = tuple(WATCHERS)
_IN_LESSONS = (*_BOOKED, *_WATCHERS)


def routes(services: Services, health: Callable[[Request], Awaitable[Response]]) -> list[BaseRoute]:
    """All of them, in the order in which they are tried."""
    return [
        Route("/healthz", health),
        *_api(services),
        Mount("/api", _Nothing()),
        *page_routes(services.config.static_dir),
        Mount("/", _NoPage(Pages(services.config.static_dir))),
    ]


def _api(services: Services) -> list[BaseRoute]:
    lesson = "/api/lessons/{lesson}"
    transfers = connection_test.Gate()
    legs = relay_test.RelayTest(services.relay)
    return [
        Route("/api/sign-in", Resource(services, post=Post(session.SignInBody, session.sign_in), public=True)),
        Route("/api/sign-out", Resource(services, post=Post(session.Empty, session.sign_out), public=True)),
        Route("/api/me", Resource(services, get=session.me)),
        Route("/api/connection-test", Resource(services, get=connection_test.plan, roles=_BOOKED)),
        Route("/api/connection-test/download", connection_test.Download(services, transfers)),
        Route("/api/connection-test/upload", connection_test.Upload(services, transfers)),
        Route("/api/connection-test/leg", Resource(services, post=Post(relay_test.Offer, legs.offer), roles=_BOOKED)),
        Route("/api/lessons", Resource(services, get=lessons.lessons, roles=_BOOKED)),
        Route("/api/wall", Resource(services, get=wall.wall, roles=_WATCHERS)),
        Route(lesson, Resource(services, get=after.after, roles=_IN_LESSONS)),
        Route(f"{lesson}/ticket", Resource(services, post=Post(lessons.TicketBody, lessons.ticket), roles=_IN_LESSONS)),
        Route(
            f"{lesson}/check-in", Resource(services, post=Post(check_in.CheckInBody, check_in.check_in), roles=_BOOKED)
        ),
        Route(f"{lesson}/explain", Resource(services, post=Post(after.ExplainBody, after.explain), roles=_BOOKED)),
        Route(f"{lesson}/decide", Resource(services, post=Post(after.DecideBody, after.decide), roles=_BOOKED)),
        Route(f"{lesson}/note", Resource(services, post=Post(after.NoteBody, after.note), roles=_BOOKED)),
        Route("/api/cases", Resource(services, get=cases.cases, roles=_SAFEGUARDING)),
        Route("/api/cases/{case}", Resource(services, get=cases.case, roles=_SAFEGUARDING)),
    ]


class _Nothing:
    """Under /api where nothing is."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await not_found().response()(scope, receive, send)


class _NoPage:
    """A path of no page: the client says so itself, in its own words."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._pages.response(404)(scope, receive, send)
