"""The explorer: its page, its files, and what the page is told."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette

from projectgate import pages
from projectgate.data.database import Database
from tests.program.conftest import (
    Serve,
    build,
    open_client,
)

pytestmark = pytest.mark.anyio


POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "font-src 'self' data:; img-src 'self' data:; connect-src 'self'; worker-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@pytest.mark.parametrize(
    ("demo", "explorer", "status"),
    [
        (True, "auto", 200),
        (True, "off", 404),
        (True, "on", 200),
        (False, "auto", 404),
        (False, "on", 200),
    ],
)
async def test_the_explorer_is_there_in_demo_mode_or_when_set(
    serve: Serve, demo: bool, explorer: str, status: int
) -> None:
    client = serve(demo=demo, explorer=explorer)
    for path in ("/", "/explorer/config.json"):
        assert (await client.get(path)).status_code == status


async def test_the_page_has_the_strict_policy(serve: Serve) -> None:
    response = await serve(demo=True).get("/")
    assert response.headers["content-security-policy"] == POLICY
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("part", ["bytes=0-4", "bytes=5-1", "bytes=x", "bytes=999999999-", "x"])
async def test_a_file_is_never_sent_in_parts(serve: Serve, part: str) -> None:
    client = serve(demo=True)
    whole, response = await client.get("/"), await client.get("/", headers={"range": part})
    assert (response.status_code, response.content) == (200, whole.content)
    assert response.headers["accept-ranges"] == "none"


async def test_the_page_of_demo_mode_is_given_the_token_on_this_machine_only(
    unread_database: Database,
) -> None:
    app = build(unread_database, demo=True)
    async with open_client(app) as client:
        for host in ("localhost:8000", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST", "127.0.0.1"):
            response = await client.get("/explorer/config.json", headers={"host": host})
            assert response.json() == {"token": app.state.demo_token, "endpoint": "/graphql"}
            assert response.headers["cache-control"] == "no-store"
        for host in (
            "evil.example.com:8000",
            "localhost.evil.example.com",
            "127.0.0.1.evil.example.com",
            "[",
            "[",
        ):
            response = await client.get("/explorer/config.json", headers={"host": host})
            assert response.json() == {"token": None, "endpoint": "/graphql"}


async def test_a_foreign_page_cannot_read_the_token(unread_database: Database) -> None:
    async with open_client(build(unread_database, demo=True)) as client:
        headers = {"host": "localhost:8000", "origin": "https://evil.example.com"}
        response = await client.get("/explorer/config.json", headers=headers)
    assert "access-control-allow-origin" not in response.headers


async def test_without_demo_the_page_is_given_no_token(serve: Serve) -> None:
    response = await serve(explorer="on").get(
        "/explorer/config.json", headers={"host": "localhost:8000"}
    )
    assert response.json() == {"token": None, "endpoint": "/graphql"}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with a built explorer and the plain page."""
    for name, content in {
        "plain.html": "plain",
        "plain.js": "js",
        "plain.css": "css",
        "dist/index.html": "built",
        "dist/logo.svg": "<svg/>",
        "dist/assets/page-4f2a.js": "script",
        "dist/assets/page-4f2a.css": "style",
        "dist/assets/editor.worker-77.js": "worker",
        "dist/assets/codicon-1.ttf": "font",
        "dist/assets/a-2.woff2": "font",
        "dist/assets/a-2.wasm": "wasm",
        "dist/assets/a-2.unknown": "?",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    return tmp_path


def show(files: Path) -> httpx2.AsyncClient:
    """A client of the explorer in a folder."""
    return open_client(Starlette(routes=pages.routes("a token", files)))


async def test_the_built_page_is_shown_when_there_is_one(files: Path) -> None:
    async with show(files) as client:
        assert (await client.get("/")).text == "built"


async def test_the_plain_page_stands_in_and_has_its_files(files: Path) -> None:
    (files / "dist/index.html").unlink()
    async with show(files) as client:
        assert (await client.get("/")).text == "plain"
        for name, media in (("plain.js", "text/javascript"), ("plain.css", "text/css")):
            response = await client.get(f"/explorer/{name}")
            assert response.status_code == 200
            assert response.headers["content-type"] == f"{media}; charset=utf-8"
            assert response.headers["cache-control"] == "no-cache"


async def test_the_plain_page_is_in_the_package() -> None:
    for name in ("plain.html", *pages.PLAIN_FILES):
        assert (pages.DIRECTORY / name).is_file()


@pytest.mark.parametrize(
    ("path", "media"),
    [
        ("assets/page-4f2a.js", "text/javascript; charset=utf-8"),
        ("assets/page-4f2a.css", "text/css; charset=utf-8"),
        ("assets/editor.worker-77.js", "text/javascript; charset=utf-8"),
        ("assets/codicon-1.ttf", "font/ttf"),
        ("assets/a-2.woff2", "font/woff2"),
        ("assets/a-2.wasm", "application/wasm"),
        ("assets/a-2.unknown", "application/octet-stream"),
    ],
)
async def test_files_with_a_hash_in_their_name_are_kept_forever_under_their_own_type(
    files: Path, path: str, media: str
) -> None:
    async with show(files) as client:
        response = await client.get(f"/explorer/{path}")
        assert (response.status_code, response.headers["content-type"]) == (200, media)
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_other_files_are_asked_for_again_and_not_sent_twice(files: Path) -> None:
    async with show(files) as client:
        response = await client.get("/explorer/logo.svg")
        assert (response.headers["content-type"], response.headers["cache-control"]) == (
            "image/svg+xml",
            "no-cache",
        )
        again = await client.get(
            "/explorer/logo.svg", headers={"if-none-match": response.headers["etag"]}
        )
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path", ["../plain.html", "%2e%2e/plain.html", "..%2fplain.html", "assets/../../plain.js",
             "assets", "none.js", "%00", "assets/%2fetc%2fpasswd", "x" * 300],
)  # fmt: skip
async def test_no_path_leads_out_of_the_folder(files: Path, path: str) -> None:
    async with show(files) as client:
        assert (await client.get(f"/explorer/{path}")).status_code == 404
