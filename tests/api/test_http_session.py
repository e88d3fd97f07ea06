"""Signing in and out over HTTP, and who may ask for anything at all."""

from __future__ import annotations

import msgspec
import pytest

from server.accounts.people import deactivate
from server.accounts.sign_in import LINK_MS
from server.app import Parts, assembled
from server.clock import SystemClock
from server.config import Config
from tests.api.browsing import Browser, Browsers, refusal
from tests.api.service import FAMILY, NOW_OPEN, TEACHER, furnish


async def test_a_link_signs_in_once(parts: Parts, browsers: Browsers) -> None:
    token = await parts.services.sign_in.link(TEACHER.id)
    browser = browsers.new()
    answer = await browser.sign_in(token)
    assert answer.status_code == 200
    me = answer.json()
    assert me["name"] == "Ms Patel"
    assert me["role"] == "teacher"
    assert me["service"] == {"name": "Music service", "phone": "01632 960 001", "time_zone": "Europe/London"}
    assert (await browser.get("/api/me")).json() | {"now": 0} == me | {"now": 0}
    second = await browsers.new().sign_in(token)
    assert refusal(second) == (410, "link_used")
    assert second.json()["text"] == "This link has been used. Sign in, or get a new link."


async def test_an_old_link_says_so(parts: Parts, stranger: Browser, clock: SystemClock) -> None:
    token = await parts.services.sign_in.link(TEACHER.id)
    clock.jump(LINK_MS)
    assert refusal(await stranger.sign_in(token)) == (410, "link_expired")


async def test_the_cookie_is_out_of_scripts_and_other_sites_reach(parts: Parts, stranger: Browser) -> None:
    answer = await stranger.sign_in(await parts.services.sign_in.link(TEACHER.id))
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("lessonroom=")
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie
    assert "secure" not in cookie
    assert "domain" not in cookie


async def test_behind_tls_the_cookie_is_secure_and_browsers_are_told_to_insist(
    config: Config, clock: SystemClock
) -> None:
    tls = msgspec.structs.replace(config, public_url="https://lessons.example", tls_proxy=("127.0.0.1",))
    async with assembled(tls, clock) as parts, Browsers(parts) as browsers:
        await parts.stores.write(lambda connection: furnish(connection, clock.now_ms()))
        browser = browsers.new()
        answer = await browser.sign_in(await parts.services.sign_in.link(TEACHER.id))
        assert (await browser.get("/api/me")).status_code == 200
        given = browser.client.cookies["__Host-lessonroom"]
        set_by_another = await browsers.new().client.get("/api/me", headers={"cookie": f"lessonroom={given}"})
        assert refusal(set_by_another) == (401, "signed_out"), "a name that any host of the domain can set"
        out = await browser.post("/api/sign-out", {})
        assert out.headers["set-cookie"].startswith('__Host-lessonroom=""')
    assert answer.headers["set-cookie"].startswith("__Host-lessonroom=")
    assert "secure" in answer.headers["set-cookie"].lower()
    assert answer.headers["strict-transport-security"] == "max-age=63072000"
    assert "connect-src 'self' wss://lessons.example;" in answer.headers["content-security-policy"]


async def test_signing_out_ends_the_session_at_the_server(parts: Parts, family: Browser) -> None:
    cookie = family.client.cookies["lessonroom"]
    assert (await family.post("/api/sign-out", {})).status_code == 204
    assert "lessonroom" not in family.client.cookies
    family.client.cookies.set("lessonroom", cookie)
    assert refusal(await family.get("/api/me")) == (401, "signed_out")
    assert (await family.post("/api/sign-out", {})).status_code == 204


async def test_signing_in_again_ends_the_session_that_the_browser_had(parts: Parts, family: Browser) -> None:
    before = family.client.cookies["lessonroom"]
    assert (await family.sign_in(await parts.services.sign_in.link(FAMILY.id))).status_code == 200
    assert await parts.services.sign_in.who(before) is None


async def test_A3_who_has_left_is_signed_out_at_once(parts: Parts, teacher: Browser, clock: SystemClock) -> None:
    assert (await teacher.get("/api/me")).status_code == 200
    await parts.stores.write(lambda connection: deactivate(connection, TEACHER.id, clock.now_ms()))
    assert refusal(await teacher.get("/api/me")) == (401, "signed_out")


@pytest.mark.parametrize(
    "path", ["/api/me", "/api/lessons", f"/api/lessons/{NOW_OPEN}", "/api/lessons/none", "/api/cases", "/api/cases/x"]
)
async def test_signed_out_nothing_is_said_about_anything(stranger: Browser, path: str) -> None:
    assert refusal(await stranger.get(path)) == (401, "signed_out")


@pytest.mark.parametrize("cookie", ["", "x", "A" * 43, "A" * 5_000, "é"])
async def test_a_cookie_that_is_none_of_ours_is_signed_out(stranger: Browser, cookie: str) -> None:
    answer = await stranger.client.get("/api/me", headers=[(b"cookie", b"lessonroom=" + cookie.encode())])
    assert refusal(answer) == (401, "signed_out")


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "http://localhost:8080.evil.example"])
async def test_another_sites_page_gets_nothing_done(parts: Parts, stranger: Browser, origin: str | None) -> None:
    token = await parts.services.sign_in.link(TEACHER.id)
    answer = await stranger.post("/api/sign-in", {"token": token}, origin=origin)
    assert refusal(answer) == (403, "wrong_origin")
    assert "set-cookie" not in answer.headers
    assert (await stranger.sign_in(token)).status_code == 200, "the link is still good"


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
async def test_a_form_gets_nothing_done(parts: Parts, stranger: Browser, content_type: str | None) -> None:
    answer = await stranger.post("/api/sign-in", b'{"token": "x"}', content_type=content_type)
    assert refusal(answer) == (415, "not_json")


async def test_tries_from_one_address_are_counted_and_anothers_are_not(browsers: Browsers) -> None:
    browser, elsewhere = browsers.new("198.51.100.8"), browsers.new("198.51.100.9")
    for _ in range(60):
        assert refusal(await browser.sign_in("A" * 43)) == (410, "link_used")
    answer = await browser.sign_in("A" * 43)
    assert refusal(answer) == (429, "too_many")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert refusal(await elsewhere.sign_in("A" * 43)) == (410, "link_used")
