"""What an HTTP request has to be to be answered at all, or the reason why it is not.

Follows the GraphQL over HTTP draft: media types by q-values, UTF-8 JSON bodies, GET for queries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NoReturn, TypeAlias
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
EVENT_STREAM = "text/event-stream"
FOREIGN_ORIGIN = (
    "pages of this origin may not call here: have it added to PROJECTGATE_ALLOWED_ORIGINS"
)
PREFLIGHT_HEADERS = ("apollo-require-preflight", "x-graphql-preflight")
HEADERS_KEPT = 200  # values of a header that are looked at once; clients send few of them
LONGEST_HEADER = 1_000  # characters of a header that names media types or codings
LOOPBACK = ("localhost", "127.0.0.1", "::1")

# Where the server says in the scope of a request that it is refused, also while the body is awaited: a `Rejected`.
REFUSED = "projectgate.refused"

Headers: TypeAlias = Mapping[str, str]


class Rejected(Exception):
    """A request that is not answered: status, code for programs, message for people."""

    def __init__(self, status: int, code: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def headers_of(scope: Scope) -> Headers:
    """The headers of a request by their names in lower case; of one that is sent twice, all that it says.

    Starlette's own looks through all of them for each that is asked for, and gives the first.
    """
    headers = scope["headers"]
    found = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
    if len(found) == len(headers):
        return found
    several = defaultdict[bytes, list[bytes]](list)
    for name, value in headers:
        several[name].append(value)
    # As HTTP has it. Where only one value makes sense, together they make none that passes a check.
    return {
        name.decode("latin-1"): b", ".join(values).decode("latin-1")
        for name, values in several.items()
    }


def values_of(scope: Scope, wanted: bytes) -> list[str]:
    """All the values of one header."""
    return [value.decode("latin-1") for name, value in scope["headers"] if name == wanted]


def host_name(host: str) -> str | None:
    """The name of a `Host` header without its port, None where there is none."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def is_local(scope: Scope) -> bool:
    """Whether a request comes from this machine, and asks for this machine.

    Of what a proxy passes on, the first is the proxy's own address; the second often gives it away.
    """
    client, hosts = scope["client"], values_of(scope, b"host")
    return (
        client is not None
        and client[0] in LOOPBACK
        and [host_name(host) in LOOPBACK for host in hosts] == [True]
    )


def answer_type(accept: str | None) -> str:
    """The media type of the answer: what the `Accept` header weighs most. Raises: Rejected (406).

    A stream only where no JSON is accepted: many clients list all that they could read.

    No header: the GraphQL type, as the draft has it since 2025. Only wildcards: plain JSON, which
    every client knows.
    """
    if accept is None or not accept.strip():
        return GRAPHQL
    if len(accept) > LONGEST_HEADER:
        raise Rejected(
            406,
            "NOT_ACCEPTABLE",
            f"the Accept header has {len(accept):,} characters; the limit is {LONGEST_HEADER:,}: name {GRAPHQL} alone",
        )
    return _weighed_most(accept)


@lru_cache(HEADERS_KEPT)
def _weighed_most(accept: str) -> str:
    weights = _weights(accept)

    def rank(offer: str) -> tuple[float, int, bool]:
        for distance, media in enumerate((offer, "application/*", "*/*")):
            if media in weights:  # the nearest range decides, not the heaviest
                # Between equals: the type that was named; of two that were named, the GraphQL type.
                return weights[media], -distance, offer == (JSON if distance else GRAPHQL)
        return 0.0, -3, False

    chosen = max((JSON, GRAPHQL), key=rank)
    if rank(chosen)[0] == 0:
        if takes_event_stream(accept):
            return EVENT_STREAM
        raise Rejected(
            406,
            "NOT_ACCEPTABLE",
            f"the Accept header takes no answer of ours: add {GRAPHQL} or {JSON}",
        )
    return chosen


@lru_cache(HEADERS_KEPT)
def takes_event_stream(accept: str | None) -> bool:
    """Whether an `Accept` header names streams of events."""
    return accept is not None and _weights(accept).get(EVENT_STREAM, 0) > 0


def _weights(accept: str) -> dict[str, float]:
    return dict(pair for part in accept.split(",") if (pair := weighed(part)) is not None)


def weighed(part: str) -> tuple[str, float] | None:
    """What a part of a header names and its weight; None when malformed or of a charset not spoken here."""
    media, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weight = 1.0
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        value = value.strip().strip('"')
        if name.strip() == "charset" and value not in ("utf-8", "utf8"):
            return None
        if name.strip() == "q":
            try:
                weight = float(value)
            except ValueError:
                return None
            if not 0 <= weight <= 1:
                return None
    return media, weight


def require_clear_head(version: str, headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Lets a head pass that everybody on the way reads alike: whose address, and where its body ends.

    Raises: Rejected (400).
    """
    names = [name for name, _ in headers]
    hosts = names.count(b"host")
    if hosts > 1 or (hosts == 0 and version == "1.1"):
        raise Rejected(400, "BAD_REQUEST", f"the request has {hosts} `Host` headers: send one")
    if b"transfer-encoding" in names:
        codings = [value.lower() for name, value in headers if name == b"transfer-encoding"]
        if codings != [b"chunked"]:
            raise Rejected(
                400, "BAD_REQUEST", "the only Transfer-Encoding that is read here is `chunked`"
            )


def require_method(method: str) -> None:
    """Lets GET and POST pass. Raises: Rejected (405)."""
    if method not in ("GET", "POST"):
        message = "this address takes a POST, or a GET for a query"
        raise Rejected(405, "METHOD_NOT_ALLOWED", message, allow="GET, POST")


def require_known_origin(headers: Headers, allowed: tuple[str, ...]) -> None:
    """Lets our own pages, those of allowed origins and clients that are no browser pass.

    Raises: Rejected (403).
    """
    origin = headers.get("origin")
    if origin is None or origin in allowed:
        return
    # The scheme is left out: behind a proxy that speaks TLS we do not see it.
    host = origin.partition("://")[2].lower()
    if not host or host != headers.get("host", "").lower():
        raise Rejected(403, "FORBIDDEN", FOREIGN_ORIGIN)


def require_json_body(headers: Headers) -> None:
    """Lets a POST with a plain JSON body pass: a form or text could come from any page.

    Raises: Rejected (415).
    """
    if not _is_plain_json(headers.get("content-type", "")):
        raise Rejected(
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            f"the body must be JSON in UTF-8: send the header `Content-Type: {JSON}`",
        )
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Rejected(
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            "a compressed body is not read here: send it without Content-Encoding",
            accept_encoding="identity",
        )


def _is_plain_json(content_type: str) -> bool:
    return len(content_type) <= LONGEST_HEADER and _names_plain_json(content_type)


@lru_cache(HEADERS_KEPT)
def _names_plain_json(content_type: str) -> bool:
    media, *parameters = (piece.strip().lower() for piece in content_type.split(";"))
    charsets = [
        piece.partition("=")[2].strip().strip('"')
        for piece in parameters
        if piece.startswith("charset")
    ]
    # A comma: it was sent twice.
    return (
        media == JSON
        and "," not in content_type
        and all(charset in ("utf-8", "utf8") for charset in charsets)
    )


def require_preflight(headers: Headers) -> None:
    """Lets a GET pass that a browser asks leave for, and not one that any page can send.

    Raises: Rejected (400).
    """
    plain_json = _is_plain_json(headers.get("content-type", ""))
    if not plain_json and not any(name in headers for name in PREFLIGHT_HEADERS):
        raise Rejected(
            400,
            "BAD_REQUEST",
            f"a GET needs the header `Content-Type: {JSON}`, `Apollo-Require-Preflight: true` or "
            "`X-GraphQL-Preflight: true`, which keeps foreign pages from sending it",
        )


async def body(scope: Scope, headers: Headers, receive: Receive, limit: int) -> bytes:
    """The body of a request, up to `limit` bytes. Raises: Rejected (413, or as the server says), ClientDisconnect."""
    announced = headers.get("content-length", "")
    if announced.isdecimal() and len(announced) < 20 and int(announced) > limit:
        _too_large(limit)
    content = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        if REFUSED in scope:
            raise scope[REFUSED]
        piece: bytes = message.get("body", b"")
        if len(content) + len(piece) > limit:
            _too_large(limit)
        if message.get("more_body", False):
            content += piece
        else:
            # Most come in one piece.
            return bytes(content + piece) if content else piece


def _too_large(limit: int) -> NoReturn:
    message = f"the body is larger than {limit:,} bytes, the limit here: send less at once"
    # The connection stays open, so that a client which reads no answer before it has sent all gets this one.
    raise Rejected(413, "PAYLOAD_TOO_LARGE", message)
