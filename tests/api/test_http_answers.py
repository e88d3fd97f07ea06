"""What every answer has in common, whatever was sent: headers, shapes, and no traceback."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from server.api.resource import BODY_BYTES_MAX
from server.app import Parts
from tests.api.browsing import Answer, Browser, refusal
from tests.api.service import NOW_OPEN

PATHS = [
    "/",
    "/in",
    f"/lessons/{NOW_OPEN}",
    f"/lessons/{NOW_OPEN}/check-in",
    f"/lessons/{NOW_OPEN}/watch",
    f"/lessons/{NOW_OPEN}/after",
    "/cases",
    "/cases/abc",
    "/nothing/here",
    "/api/me",
    "/api/nothing",
    "/api",
    "/healthz",
    "/assets/index-B0wX3k9q.js",
    "/assets/none.js",
    "/assets/../index.html",
]
POSTS = {
    "/api/sign-in": {"token": "x"},
    "/api/sign-out": {},
    f"/api/lessons/{NOW_OPEN}/ticket": {},
    f"/api/lessons/{NOW_OPEN}/check-in": {"action": "a", "pupil": "p-sam", "name": "Alex", "pin": "000000"},
    f"/api/lessons/{NOW_OPEN}/explain": {"action": "a", "because": "other"},
    f"/api/lessons/{NOW_OPEN}/decide": {"action": "a", "choose": "abort", "pupil": "p-sam"},
    f"/api/lessons/{NOW_OPEN}/note": {"action": "a", "text": "x"},
}


def assert_headers(answer: Answer) -> None:
    headers = answer.headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'self'; connect-src 'self' ws://localhost:8080;")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["permissions-policy"].startswith("camera=(self), microphone=(self)")
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "strict-transport-security" not in headers
    assert len(headers.get_list("cache-control")) == 1


@pytest.mark.parametrize("path", PATHS)
async def test_headers_on_every_kind_of_answer(stranger: Browser, path: str) -> None:
    for answer in (await stranger.get(path), await stranger.post(path, {}), await stranger.client.put(path)):
        assert_headers(answer)


async def test_what_browsers_may_keep(stranger: Browser) -> None:
    kept = {path: (await stranger.get(path)).headers["cache-control"] for path in PATHS}
    assert kept["/api/me"] == kept["/api/nothing"] == kept["/healthz"] == "no-store"
    assert kept["/"] == kept[f"/lessons/{NOW_OPEN}"] == "no-cache"
    assert kept["/assets/index-B0wX3k9q.js"] == "public, max-age=31536000, immutable"
    assert (await stranger.get("/assets/plain.txt")).headers["cache-control"] == "no-store"


async def test_pages_are_one_client(stranger: Browser) -> None:
    pages = [await stranger.get(path) for path in PATHS[:8]]
    assert {page.status_code for page in pages} == {200}
    assert len({page.text for page in pages}) == 1
    missing = await stranger.get("/nothing/here")
    assert missing.status_code == 404
    assert missing.text == pages[0].text
    assert refusal(await stranger.get("/api/nothing")) == (404, "not_found")


@pytest.mark.parametrize("path", ["/assets/../index.html", "/assets/%2e%2e/%2e%2e/app.db", "/assets//etc/passwd"])
async def test_assets_stay_in_their_folder(stranger: Browser, path: str) -> None:
    answer = await stranger.get(path)
    assert answer.status_code in (200, 404)
    assert "SQLite" not in answer.text
    assert "root:" not in answer.text


async def test_a_method_that_is_not_there_names_those_that_are(family: Browser) -> None:
    answer = await family.client.delete("/api/lessons")
    assert refusal(answer) == (405, "wrong_method")
    assert answer.headers["allow"] == "GET, HEAD"
    assert (await family.get("/api/sign-in")).headers["allow"] == "POST"
    assert (await family.client.head("/api/lessons")).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'{"token": 1}',
        b'{"token": null}',
        b'{"token": "x", "more": 1}',
        b'{"token": "' + b"x" * 200 + b'"}',
        b"\xff\xfe",
        b'{"token": "\\ud800"}',
        b"[" * 30_000,
    ],
)
async def test_a_body_of_another_shape_is_refused_without_being_quoted(stranger: Browser, body: bytes) -> None:
    answer = await stranger.post("/api/sign-in", body)
    assert refusal(answer) in ((400, "bad_request"), (410, "link_used"))
    assert "xxx" not in answer.text


async def test_a_body_without_end_is_cut_off(stranger: Browser) -> None:
    answer = await stranger.post("/api/sign-in", b" " * (BODY_BYTES_MAX + 1))
    assert refusal(answer) == (413, "too_large")
    assert refusal(await stranger.post("/api/sign-in", b" " * BODY_BYTES_MAX)) == (400, "bad_request")


@pytest.mark.parametrize("odd", ["a b", "a%00b", "é", "x" * 65, "a.b", "%2e%2e", "'--"])
async def test_an_id_that_cannot_be_one_is_of_nothing(family: Browser, safeguarding: Browser, odd: str) -> None:
    assert refusal(await family.get(f"/api/lessons/{odd}")) == (404, "not_found")
    assert refusal(await family.post(f"/api/lessons/{odd}/ticket", {})) == (404, "not_found")
    assert refusal(await safeguarding.get(f"/api/cases/{odd}")) == (404, "not_found")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def bodies(draw: st.DrawFn, path: str) -> bytes:
    """Bytes, any JSON, or the right body with one field turned into something else or taken out."""
    kind = draw(st.sampled_from(("bytes", "json", "field", "field", "missing")))
    if kind == "bytes":
        return draw(st.binary(max_size=200))
    if kind == "json":
        return json.dumps(draw(JSON)).encode()
    body = dict(POSTS[path])
    if body:
        name = draw(st.sampled_from(sorted(body)))
        if kind == "missing":
            del body[name]
        else:
            body[name] = draw(JSON)
    return json.dumps(body).encode()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_no_body_whatever_is_our_fault(family: Browser, teacher: Browser, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(set(POSTS) - {"/api/sign-out"})))
    browser = data.draw(st.sampled_from((family, teacher)))
    answer = await browser.post(path, data.draw(bodies(path)))
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        refusal(answer)


async def test_the_log_does_not_take_anybodys_letters_for_a_method(stranger: Browser) -> None:
    with capture_logs() as logged:
        await stranger.client.request("LETTERS" * 100, "/api/me")
        await stranger.get("/api/me")
    assert [line["method"] for line in logged if line["event"] == "request"] == ["other", "GET"]


async def test_health_says_when_it_stops(parts: Parts, stranger: Browser) -> None:
    assert (await stranger.get("/healthz")).json() == {"ok": True}
    await parts.drain()
    answer = await stranger.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"ok": False})
