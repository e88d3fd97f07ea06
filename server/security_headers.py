"""What every HTTP answer carries, so that a browser refuses what no page of ours needs."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HSTS_S: Final = 63_072_000
"""Two years: what browsers' preload lists ask for. Sent with TLS only."""
IMMUTABLE: Final = "public, max-age=31536000, immutable"
"""For assets whose name holds their hash: another content has another name."""


def content_policy(origin: str) -> str:
    """The Content-Security-Policy: everything from this origin alone (P1: no third party is contacted by any page).

    The socket is named besides ``'self'``, because not every browser counts ws: as the same origin.
    """
    parts = urlsplit(origin)
    socket = f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}"
    return "; ".join(
        (
            "default-src 'self'",
            f"connect-src 'self' {socket}",
            "img-src 'self' data:",
            "media-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


class SecurityHeaders:
    """ASGI middleware around all HTTP. An answer's own Cache-Control stays; the default is no-store."""

    def __init__(self, app: ASGIApp, origin: str) -> None:
        self._app = app
        headers = {
            "content-security-policy": content_policy(origin),
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
            "permissions-policy": "camera=(self), microphone=(self), geolocation=(), payment=(), usb=()",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "x-frame-options": "DENY",
        }
        if origin.startswith("https://"):
            headers["strict-transport-security"] = f"max-age={HSTS_S}"
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to the start of the answer."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                names = {name.lower() for name, _ in given}
                given += self._headers
                if b"cache-control" not in names:
                    given.append((b"cache-control", b"no-store"))
                message = {**message, "headers": given}
            await send(message)

        await self._app(scope, receive, send_with_headers)
