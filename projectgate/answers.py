"""Answers over HTTP: JSON that no cache keeps, refusals with a status and a code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson
from graphql import GraphQLError
from starlette.responses import Response

from projectgate import request as http
from projectgate.auth import KeysUnavailable
from projectgate.refusals import shown
from projectgate.request import Rejected
from projectgate.resolvers.errors import Forbidden, Unauthenticated
from projectgate.schema.errors import formatted
from projectgate.schema.scalars import moment_text

_EVERY_ANSWER = {"cache-control": "no-store", "vary": "Accept, Accept-Encoding"}


class Answer(Response):
    """A JSON answer that no cache keeps: what a caller may see is the caller's own."""

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        """Sets what every answer has, and what is given for this one."""
        if headers:
            super().init_headers({**_EVERY_ANSWER, **headers})
            return
        self.raw_headers = [
            *_usual_headers(self.media_type or http.JSON),
            (b"content-length", str(len(self.body)).encode()),
        ]


@lru_cache(2)
def _usual_headers(media: str) -> list[tuple[bytes, bytes]]:
    """The headers of answers of a media type, but for their lengths."""
    usual = {**_EVERY_ANSWER, "content-type": media}
    return [(name.encode(), value.encode()) for name, value in usual.items()]


def answered(
    payload: Mapping[str, Any] | list[dict[str, Any]],
    media: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer that says a payload, or those of a batch."""
    return Answer(encoded(payload), status, headers, f"{media}; charset=utf-8")


def encoded(payload: Mapping[str, Any] | list[dict[str, Any]]) -> bytes:
    """JSON bytes of an answer."""
    try:
        return orjson.dumps(payload, option=orjson.OPT_UTC_Z)
    except TypeError:
        # Half a surrogate pair in a message, or a number beyond 64 bits: JSON has both.
        return json.dumps(payload, default=moment_text).encode()


def refused(rejected: Rejected, media: str = http.JSON) -> Response:
    """The answer to a request that is not one."""
    payload = {"errors": [shown(rejected.message, rejected.code)]}
    return answered(payload, media, rejected.status, rejected.headers)


def denied(
    error: Unauthenticated | Forbidden | KeysUnavailable, media: str = http.JSON
) -> Response:
    """The answer to a caller who is not let in, or whom we cannot check now."""
    if isinstance(error, KeysUnavailable):
        fault = formatted(GraphQLError("the token cannot be checked now", original_error=error))
        return answered({"errors": [fault]}, media, 503, {"retry-after": "10"})
    status, headers = 403, {}
    if isinstance(error, Unauthenticated):
        status, headers = 401, {"www-authenticate": "Bearer"}
    return answered({"errors": [shown(error.message, error.code)]}, media, status, headers)
