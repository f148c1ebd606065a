"""The parameters of a GraphQL request -> the operation that they ask for, or the reason why they are none.

They come as a JSON object, as several in an array, or in a query string; numbers are read exactly.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple, NoReturn
from urllib.parse import parse_qsl

import orjson

from projectgate.request import Rejected

PARAMETERS = ("query", "operationName", "variables", "extensions", "documentId")
INTEGERS = range(-(2**63), 2**64)  # what orjson reads and writes as whole numbers
# Numbers of one text that a look does not tell to be kept: each costs a microsecond or two.
LONG_NUMBERS = 5_000


class Operation(NamedTuple):
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
    if query is not None and not isinstance(query, str):
        _bad(f"`query` is {_kind(query)}: it must be a string with the GraphQL document")
    name = members.get("operationName")
    if name is not None and not isinstance(name, str):
        _bad(f"`operationName` is {_kind(name)}: it must be a string or absent")
    for parameter in ("variables", "extensions"):
        value = members.get(parameter)
        if value is not None and not isinstance(value, dict):
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


def read_json(content: bytes, what: str, *, exact: bool = True) -> Any:
    """The value that JSON bytes stand for. Raises: Rejected (400).

    A money amount must not change on its way in: a number that a double or 64 bits do not hold is refused. With
    `exact=False` it is rounded, for what nobody reads.
    """
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        # A number beyond all measure is JSON, and told for what it is. What looks like one may be none.
        with suppress(ValueError):
            require_exact(content)
        # orjson refuses half a surrogate pair, which is told as a fault of its field.
        if b"\\u" not in content:
            _bad(f"{what} is not JSON in UTF-8: {error}")
    else:
        if exact and not _is_plain(value):
            require_exact(content)
        return value
    try:
        return json.loads(content.decode(), parse_constant=_constant)
    except RecursionError:
        _bad(f"{what} is nested too deeply")
    except ValueError as error:
        _bad(f"{what} is not JSON in UTF-8: {error}")


# What is kept as it is written, and how deep and among how many values of each level it is looked for: in the JSON of
# most requests. orjson makes a float of a whole number that 64 bits do not hold.
_KEPT = frozenset({str, int, bool, type(None)})
_DEPTH, _FEW = 3, 20


def _is_plain(value: Any, depth: int = _DEPTH) -> bool:
    """Whether JSON is small and without a number that could have changed."""
    if type(value) in _KEPT:
        return True
    if depth == 0 or type(value) is float or len(value) > _FEW:
        return False
    for one in value.values() if type(value) is dict else value:
        if type(one) not in _KEPT and not _is_plain(one, depth - 1):
            return False
    return True


# What is before a number that is not told at a glance to be kept: 64 bits hold 18 digits, and a double gives back 15
# with an exponent far from its limits. In one pass, in which little is tried twice: only what has no alternatives is
# possessive, since Python 3.11.4 and before go wrong else. So many pieces at once, since each takes room.
_PIECES = 5_000
_plain = re.compile(
    rb'(?:[^"0-9]++|"[^"\\]*+(?:\\.[^"\\]*+)*+"|[0-9]{1,18}+(?![0-9.eE])'
    rb"|(?![0-9.]{16})[0-9]++(?:\.[0-9]++)?(?:[eE][+-]?1?[0-9]{1,2})?(?![0-9.eE])){0,%d}" % _PIECES,
    re.DOTALL,
).match
_NUMBER = re.compile(rb"[0-9][0-9.eE+-]*+")


def require_exact(content: bytes) -> None:
    """Lets JSON pass in which every number is kept as it is written. Raises: Rejected (400)."""
    place = 0
    for _ in range(LONG_NUMBERS + 1):
        place = _after_plain(content, place)
        number = None if place == len(content) else _NUMBER.match(content, place)
        if number is None:
            return  # the end, or that of what is no JSON
        sign = "-" if content[place - 1 : place] == b"-" else ""
        text = sign + number[0].decode()
        if not _is_kept(text):
            shown = text if len(text) <= 50 else f"{text[:50]}…"
            _bad(f"the number {shown} cannot be kept exactly as a JSON number: send it as a string")
        place = number.end()
    _bad(f"more than {LONG_NUMBERS:,} numbers have over 14 digits: send them as strings")


def _after_plain(content: bytes, place: int) -> int:
    """The place from which on something is not told at a glance to be kept, or the end."""
    while (end := _plain(content, place).end()) > place:  # type: ignore[union-attr]
        place = end
    return place


def _is_kept(text: str) -> bool:
    """Whether a number comes out again as it went in."""
    if text.removeprefix("-").isdecimal():
        return len(text) <= 20 and int(text) in INTEGERS
    again = repr(float(text))
    try:
        return again == text or Decimal(again) == Decimal(text)
    except InvalidOperation:  # an exponent beyond all measure
        return False


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


def _kind(value: Any) -> str:
    kinds = {"NoneType": "null", "bool": "a boolean", "str": "a string", "list": "an array"}
    kinds["dict"] = "an object"
    return kinds.get(type(value).__name__, "a number")


def _bad(message: str) -> NoReturn:
    raise Rejected(400, "BAD_REQUEST", message)
