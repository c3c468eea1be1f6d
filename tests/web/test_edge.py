"""What every answer carries, whatever the address."""

import json
import re

import httpx
import pytest

from mentorinaja.web.edge import _headers
from tests.support.accounts import signed_in
from tests.support.config import make_settings
from tests.support.site import Site

ADDRESSES = [
    "/login",
    "/register",
    "/",
    "/nope",
    "/try/fault",
    "/user/profile",
    "/static/nope.css",
    "/healthz",
    "/payment/x",
]


async def test_every_answer_has_the_security_headers(odd: Site) -> None:
    async with httpx.AsyncClient(base_url=odd.url) as client:
        for path in ADDRESSES:
            headers = (await client.get(path)).headers
            assert "default-src 'none'" in headers["content-security-policy"], path
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "same-origin"
            assert headers["x-frame-options"] == "DENY"
            assert "strict-transport-security" not in headers
            assert "__Host-" not in str(headers.get_list("set-cookie"))


async def test_only_payment_pages_let_midtrans_in(odd: Site) -> None:
    async with httpx.AsyncClient(base_url=odd.url) as client:
        for path in ADDRESSES:
            policy = (await client.get(path)).headers["content-security-policy"]
            assert (odd.simulator_url in policy) is path.startswith("/payment/"), path


def test_over_https_the_browser_is_told_to_stay_there() -> None:
    settings = make_settings("postgresql://x", base_url="https://mentorinaja.id")
    headers = dict(_headers(settings, payment=False))
    assert headers[b"strict-transport-security"] == b"max-age=31536000; includeSubDomains"
    assert b"upgrade-insecure-requests" in headers[b"content-security-policy"]
    policy = dict(_headers(settings, payment=True))[b"content-security-policy"].decode()
    assert f"script-src 'self' {settings.midtrans_app_url};" in policy
    assert f"frame-src {settings.midtrans_app_url};" in policy


async def test_every_answer_has_a_request_id_and_a_good_one_is_taken_over(odd: Site) -> None:
    async with httpx.AsyncClient(base_url=odd.url) as client:
        ids = [(await client.get("/nope")).headers["x-request-id"] for _ in range(2)]
        assert ids[0] != ids[1] and all(re.fullmatch(r"[0-9a-f]{16}", one) for one in ids)
        given = (await client.get("/nope", headers={"x-request-id": "abc-12345"})).headers
        assert given.get_list("x-request-id") == ["abc-12345"]
        for bad in ("x", "a b c d e f g h", "a" * 65, '{"a":"b"}12'):
            assert (await client.get("/nope", headers={"x-request-id": bad})).headers["x-request-id"] != bad


async def test_head_is_answered_like_get_without_a_body(odd: Site) -> None:
    async with httpx.AsyncClient(base_url=odd.url) as client:
        for path, status in (("/login", 200), ("/nope", 404), ("/healthz", 200), ("/user/profile", 303)):
            answer = await client.head(path)
            assert (answer.status_code, answer.content) == (status, b""), path


async def test_a_body_that_is_too_large_gets_413_and_its_page(odd: Site) -> None:
    async with httpx.AsyncClient(base_url=odd.url, timeout=30) as client:
        form = {"content-type": "application/x-www-form-urlencoded"}
        answer = await client.post("/login", content=b"a" * 20_000_000, headers=form)
        assert answer.status_code == 413 and "Kiriman terlalu besar" in answer.text

        async def endless() -> object:
            for _ in range(400):
                yield b"a" * 10_000

        answer = await client.post("/login", content=endless(), headers=form)  # type: ignore[arg-type]
        assert answer.status_code == 413
        files = {"email": ("a.bin", b"x" * 1_000_000)}
        assert (await client.post("/login", files=files)).status_code == 413


async def test_a_form_of_very_many_fields_is_refused(odd: Site) -> None:
    async with httpx.AsyncClient(base_url=odd.url) as client:
        answer = await client.post("/login", data={f"f{n}": "1" for n in range(1000)})
        assert answer.status_code == 400


async def test_the_host_a_request_names_is_never_believed(odd: Site) -> None:
    async with httpx.AsyncClient(base_url=odd.url) as client:
        for path in ("/login", "/user/profile", "/nope"):
            answer = await client.get(
                path, headers={"host": "evil.example", "x-forwarded-host": "evil.example"}
            )
            assert "evil.example" not in answer.text
            assert "evil.example" not in answer.headers.get("location", "")


async def test_nobody_is_told_what_serves_him(odd: Site) -> None:
    browser = await signed_in(odd, "budi@mentorinaja.test")
    answer = await browser.get("/try/fault")
    assert answer.status_code == 500
    for word in ("secret inside", "Traceback", "RuntimeError", "litestar", "asyncpg"):
        assert word not in answer.text


async def test_links_that_sign_in_are_not_logged(odd: Site, capfd: pytest.CaptureFixture[str]) -> None:
    import structlog

    from mentorinaja.logs import configure

    configure("info")
    try:
        token = "Wz" + "a" * 90
        async with httpx.AsyncClient(base_url=odd.url) as client:
            await client.get(f"/reset-password/{token}?email=budi%40x.id")
            await client.get("/nope/0123456789abcdef")
        lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    finally:
        structlog.reset_defaults()
    paths = [line["path"] for line in lines if line["event"] == "request"]
    assert paths == ["/reset-password/…", "/nope/0123456789abcdef"]
    assert all(line.get("request_id") for line in lines)
