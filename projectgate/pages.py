"""The explorer page and its files: GraphiQL when it is built, else a plain page of our own."""

from __future__ import annotations

import os
from pathlib import Path

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Receive, Scope, Send

from projectgate.compression import SMALLEST
from projectgate.request import LOOPBACK, host_name

DIRECTORY = Path(__file__).parent / "explorer"
PLAIN_FILES = ("plain.js", "plain.css")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "font-src 'self' data:; img-src 'self' data:; connect-src 'self'; worker-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# Named here because the tables of operating systems differ, and `nosniff` forgives no wrong type.
TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".wasm": "application/wasm",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}
FRESH = "no-cache"  # kept, but asked for anew each time
FOREVER = "public, max-age=31536000, immutable"  # the name has a hash of the content
SMALLER = (Middleware(GZipMiddleware, minimum_size=SMALLEST, compresslevel=6),)


def routes(token: str | None, directory: Path = DIRECTORY) -> list[BaseRoute]:
    """The routes of the explorer; its page is given `token`, if there is one."""
    built = directory / "dist"
    page = built / "index.html" if (built / "index.html").is_file() else directory / "plain.html"

    async def show(_request: Request) -> Response:
        """The page."""
        return _file(page, {"content-security-policy": POLICY})

    async def config(request: Request) -> Response:
        """What the page has to know. The token goes to pages of this machine only.

        A foreign page can point a name of its own at 127.0.0.1 and is then of the same origin;
        the name gives it away.
        """
        given = token if host_name(request.headers.get("host", "")) in LOOPBACK else None
        return JSONResponse(
            {"token": given, "endpoint": "/graphql"}, headers={"cache-control": "no-store"}
        )

    found: list[BaseRoute] = [
        Route("/", show, middleware=SMALLER),
        Route("/explorer/config.json", config),
    ]
    if page.parent == built:
        return [*found, Mount("/explorer", BuiltFiles(directory=built), middleware=SMALLER)]
    return [*found, *(_plain(directory / name) for name in PLAIN_FILES)]


class BuiltFiles(StaticFiles):
    """The files of the built explorer; those below assets/ never change."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """A file, or the word that the browser's copy is still right."""
        path = Path(full_path)
        lasting = path.parent.name == "assets"
        response = _file(
            path, {"cache-control": FOREVER if lasting else FRESH}, stat_result, status_code
        )
        if self.is_not_modified(response.headers, Headers(scope=scope)):
            return NotModifiedResponse(Headers(response.headers))
        return response


class WholeFile(FileResponse):
    """A file that is never sent in parts: no page needs one, and a bad wish for it would be refused in plain text."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the file."""
        headers = [header for header in scope["headers"] if header[0] != b"range"]
        await super().__call__({**scope, "headers": headers}, receive, send)


def _plain(path: Path) -> Route:
    async def show(_request: Request) -> Response:
        return _file(path, {})

    return Route(f"/explorer/{path.name}", show, middleware=SMALLER)


def _file(
    path: Path,
    headers: dict[str, str],
    stat_result: os.stat_result | None = None,
    status_code: int = 200,
) -> WholeFile:
    media = TYPES.get(path.suffix, "application/octet-stream")
    return WholeFile(
        path,
        status_code,
        {"cache-control": FRESH, "accept-ranges": "none", **headers},
        media_type=media,
        stat_result=stat_result,
    )
