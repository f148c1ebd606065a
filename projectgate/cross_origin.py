"""Cross-origin rules (CORS): what pages of the listed origins may send and read."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

from projectgate.answers import refused
from projectgate.receipt import HEADER
from projectgate.request import FOREIGN_ORIGIN, PREFLIGHT_HEADERS, Rejected

METHODS = ("GET", "POST")
# The names of requests and their traces too, which a page may know before its request is sent.
SENT = (
    "Authorization",
    "Content-Type",
    HEADER,
    "X-Request-Id",
    "traceparent",
    "tracestate",
    *PREFLIGHT_HEADERS,
)
READ = ("Allow", "Retry-After", "WWW-Authenticate", "X-Request-Id")
PREFLIGHT_AGE = 7200  # seconds; the longest that Chromium keeps


class CrossOrigin(CORSMiddleware):
    """Cross-origin rules for the listed origins; a preflight that is refused is told why in JSON."""

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=METHODS,
            allow_headers=SENT,
            expose_headers=READ,
            max_age=PREFLIGHT_AGE,
        )

    def preflight_response(self, request_headers: Headers) -> Response:
        """The answer to a browser that asks for leave."""
        response = super().preflight_response(request_headers)
        if response.status_code == HTTPStatus.OK:
            return Response(
                status_code=HTTPStatus.NO_CONTENT, headers=_without_body(response.headers)
            )
        return refused(Rejected(403, "FORBIDDEN", self._reason(request_headers)))

    def _reason(self, asked: Headers) -> str:
        """Why a preflight is refused, and what to do."""
        if not self.is_allowed_origin(asked["origin"]):
            return FOREIGN_ORIGIN
        method = asked["access-control-request-method"]
        if method not in METHODS:
            return f"a page may not send {method[:50]!r}: send {' or '.join(METHODS)}"
        for item in asked.get("access-control-request-headers", "").split(","):
            name = item.strip()[:50]
            if name.lower() not in self.allow_headers:
                known = ", ".join(SENT)
                return f"a page may not send the header {name!r}: leave it out; it may send {known}"
        return "a page of the public network may not call a server of a private one"


def _without_body(headers: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in headers.items()
        if name not in ("content-length", "content-type")
    }
