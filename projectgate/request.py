"""HTTP bytes -> one GraphQL operation to run, or the reason why they are none.

Follows the GraphQL over HTTP draft: media types by q-values, UTF-8 JSON bodies, GET for queries.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, NoReturn, TypeAlias
from urllib.parse import parse_qsl, urlsplit

import orjson
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
EVENT_STREAM = "text/event-stream"
PREFLIGHT_HEADERS = ("apollo-require-preflight", "x-graphql-preflight")
PARAMETERS = ("query", "operationName", "variables", "extensions", "documentId")
HEADERS_KEPT = 200  # values of a header that are looked at once; clients send few of them
LOOPBACK = ("localhost", "127.0.0.1", "::1")
INTEGERS = range(-(2**63), 2**64)  # what orjson reads and writes as whole numbers

Headers: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Operation:
    """What a request asks for: a document, and which of its operations with which variables.

    The document is a text, or named by the SHA-256 of one or by an identifier. A text beside a hash
    is one to be kept under it.
    """

    query: str | None
    name: str | None
    variables: dict[str, Any]
    extensions: dict[str, Any]
    sha256: str | None = None
    document_id: str | None = None


class Rejected(Exception):
    """A request that is not answered: status, code for programs, message for people."""

    def __init__(self, status: int, code: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def headers_of(scope: Scope) -> Headers:
    """The headers of a request by their names in lower case; of one that is sent twice, the first.

    Starlette's own looks through all of them for each that is asked for.
    """
    return {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in reversed(scope["headers"])
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


@lru_cache(HEADERS_KEPT)
def answer_type(accept: str | None) -> str:
    """The media type of the answer: what the `Accept` header weighs most. Raises: Rejected (406).

    A stream only where no JSON is accepted: many clients list all that they could read.

    No header: the GraphQL type, as the draft has it since 2025. Only wildcards: plain JSON, which
    every client knows.
    """
    if accept is None or not accept.strip():
        return GRAPHQL
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
        raise Rejected(
            403,
            "FORBIDDEN",
            "pages of this origin may not call here: have it added to PROJECTGATE_ALLOWED_ORIGINS",
            vary="Origin",
        )


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


@lru_cache(HEADERS_KEPT)
def _is_plain_json(content_type: str) -> bool:
    media, *parameters = (piece.strip().lower() for piece in content_type.split(";"))
    charsets = [
        piece.partition("=")[2].strip().strip('"')
        for piece in parameters
        if piece.startswith("charset")
    ]
    return media == JSON and all(charset in ("utf-8", "utf8") for charset in charsets)


def require_preflight(headers: Headers) -> None:
    """Lets a GET pass that a browser asks leave for, and not one that any page can send.

    Raises: Rejected (400).
    """
    media = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != JSON and not any(name in headers for name in PREFLIGHT_HEADERS):
        raise Rejected(
            400,
            "BAD_REQUEST",
            f"a GET needs the header `Content-Type: {JSON}`, `Apollo-Require-Preflight: true` or "
            "`X-GraphQL-Preflight: true`, which keeps foreign pages from sending it",
        )


async def body(headers: Headers, receive: Receive, limit: int) -> bytes:
    """The body of a request, up to `limit` bytes. Raises: Rejected (413), ClientDisconnect."""
    announced = headers.get("content-length", "")
    if announced.isdecimal() and len(announced) < 20 and int(announced) > limit:
        _too_large(limit)
    content, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        content += message.get("body", b"")
        if len(content) > limit:
            _too_large(limit)
        more = message.get("more_body", False)
    return bytes(content)


def _too_large(limit: int) -> NoReturn:
    message = f"the body is larger than {limit:,} bytes, the limit here: send less at once"
    # The connection stays open, so that a client which reads no answer before it has sent all gets this one.
    raise Rejected(413, "PAYLOAD_TOO_LARGE", message)


def from_body(content: bytes, most: int = 0) -> Operation | list[Operation]:
    """The operation in a JSON body, or those in an array of `most` at most. Raises: Rejected (400)."""
    if not content.strip():
        _bad("the body is empty: send a JSON object with the field `query`")
    members = read_json(content, "the body")
    if isinstance(members, list):
        return _batch(members, most)
    if not isinstance(members, dict):
        _bad(f"the body is {_kind(members)}: send a JSON object with the field `query`")
    return operation_of(members)


def _batch(items: list[Any], most: int) -> list[Operation]:
    """The operations of a batch. One that is none refuses them all: the client is at fault, and no answer is lost."""
    if not most:
        _bad("the body is an array: operations are not batched here, send one JSON object for each")
    if not 0 < len(items) <= most:
        _bad(f"the body is an array of {len(items):,} operations: a batch has 1 to {most}")
    batch = []
    for place, item in enumerate(items, 1):
        if not isinstance(item, dict):
            _bad(
                f"operation {place} of the batch is {_kind(item)}: it must be an object with `query`"
            )
        try:
            batch.append(operation_of(item))
        except Rejected as rejected:
            _bad(f"operation {place} of the batch: {rejected.message}")
    return batch


def from_query_string(content: bytes) -> Operation:
    """The operation in the query string of a GET. Raises: Rejected (400)."""
    try:
        pairs = parse_qsl(
            content.decode(), keep_blank_values=True, errors="strict", max_num_fields=100
        )
    except ValueError:
        _bad("the query string is not URL-encoded UTF-8, or has over 100 fields")
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members and name in PARAMETERS:
            _bad(f"`{name}` is given more than once: give it once")
        members[name] = value
    for name in ("variables", "extensions"):
        if name in members:
            members[name] = (
                read_json(members[name].encode(), f"`{name}`") if members[name] else None
            )
    return operation_of(members)


def operation_of(members: dict[str, Any]) -> Operation:
    """The operation that the members of a request object say. Raises: Rejected (400)."""
    query = members.get("query")
    if not isinstance(query, str | None):
        _bad(f"`query` is {_kind(query)}: it must be a string with the GraphQL document")
    name = members.get("operationName")
    if not isinstance(name, str | None):
        _bad(f"`operationName` is {_kind(name)}: it must be a string or absent")
    for parameter in ("variables", "extensions"):
        value = members.get(parameter)
        if not isinstance(value, dict | None):
            _bad(f"`{parameter}` is {_kind(value)}: it must be a JSON object or absent")
    variables, extensions = members.get("variables") or {}, members.get("extensions") or {}
    sha256, document_id = _named(members, extensions)
    if query is None and sha256 is None and document_id is None:
        _bad("the field `query` is missing: it holds the GraphQL document")
    # An empty name is no name, as the draft says of GET.
    return Operation(query, name or None, variables, extensions, sha256, document_id)


def _named(members: dict[str, Any], extensions: dict[str, Any]) -> tuple[str | None, str | None]:
    """The hash and the identifier that name a document: Apollo's extension, or the draft's `documentId`."""
    document_id, persisted = members.get("documentId"), extensions.get("persistedQuery")
    if document_id is None and persisted is None:
        return None, None
    if document_id is None:
        given = persisted if isinstance(persisted, dict) else {}
        sha256 = given.get("sha256Hash")
        if given.get("version") != 1 or not isinstance(sha256, str):
            _bad(
                "`extensions.persistedQuery` must be an object with a version that is 1 and a string: "
                'write {"version": 1, "sha256Hash": "…"}'
            )
        return sha256, None
    if not isinstance(document_id, str):
        _bad(f"`documentId` is {_kind(document_id)}: it must be a string or absent")
    if persisted is not None or members.get("query") is not None:
        _bad("`documentId` names the document: send no `query` and no `persistedQuery` with it")
    method, _, digest = document_id.partition(":")
    return digest if method == "sha256" else None, document_id


def read_json(content: bytes, what: str) -> Any:
    """The value that JSON bytes stand for, exactly. Raises: Rejected (400).

    orjson rounds numbers that no double holds and refuses half a surrogate pair. The slower reader
    of the standard library takes over where one of these can be in play: a money amount must not
    change on its way in, and half a pair is told as a fault of its field.
    """
    try:
        value = orjson.loads(content)
        if not _has_float(value):
            return value
    except orjson.JSONDecodeError as error:
        if b"\\u" not in content:
            _bad(f"{what} is not JSON in UTF-8: {error}")
    try:
        return json.loads(
            content.decode(), parse_float=_float, parse_int=_integer, parse_constant=_constant
        )
    except RecursionError:
        _bad(f"{what} is nested too deeply")
    except ValueError as error:
        _bad(f"{what} is not JSON in UTF-8: {error}")


def _has_float(value: Any) -> bool:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, float):
            return True
    return False


def _float(text: str) -> float:
    try:
        exact = Decimal(text) == Decimal(repr(float(text)))
    except InvalidOperation:  # an exponent beyond all measure
        exact = False
    if not exact:
        _inexact(text)
    return float(text)


def _integer(text: str) -> int:
    if len(text) > 20 or int(text) not in INTEGERS:
        _inexact(text)
    return int(text)


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


def _inexact(text: str) -> NoReturn:
    shown = text if len(text) <= 50 else f"{text[:50]}…"
    _bad(f"the number {shown} cannot be kept exactly as a JSON number: send it as a string")


def _kind(value: Any) -> str:
    kinds = {"NoneType": "null", "bool": "a boolean", "str": "a string", "list": "an array"}
    kinds["dict"] = "an object"
    return kinds.get(type(value).__name__, "a number")


def _bad(message: str) -> NoReturn:
    raise Rejected(400, "BAD_REQUEST", message)
