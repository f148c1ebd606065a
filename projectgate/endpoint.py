"""GraphQL over HTTP at one address: from a request to its answer.

Every answer is JSON, and every refusal has a code. Checked in this order: method, origin, media
types, token, body, document. A request error has no `data`; its status is 400 for
`application/graphql-response+json` and, as the draft asks for the sake of old clients, 200 for
`application/json` when the HTTP request itself was well formed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import orjson
import strawberry
from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, OperationType, parse
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.types.execution import ExecutionResult, PreExecutionError

from projectgate import request as http
from projectgate.auth import Authenticator, KeysUnavailable
from projectgate.execution.documents import Document, Documents
from projectgate.execution.documents import introspects as introspects
from projectgate.receipt import Receipt, receipt_for
from projectgate.request import Operation, Rejected
from projectgate.resolvers.context import Context
from projectgate.resolvers.errors import Forbidden, Unauthenticated
from projectgate.schema.errors import formatted
from projectgate.schema.scalars import moment_text
from projectgate.settings import Settings

MESSAGE_LENGTH = 1_000
_EVERY_ANSWER = {"cache-control": "no-store", "vary": "Accept"}


class RequestError(Exception):
    """A document that is not run, though the HTTP request was well formed; with its errors."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(errors[0]["message"])
        self.errors = errors


class GraphQLEndpoint:
    """The ASGI application at /graphql."""

    def __init__(
        self, schema: strawberry.Schema, authenticator: Authenticator, settings: Settings
    ) -> None:
        self._schema = schema._schema
        self._documents = Documents(schema, parsed)
        self._authenticator = authenticator
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        response = await self.answer(scope, receive)
        await response(scope, receive, send)

    async def answer(self, scope: Scope, receive: Receive) -> Response:
        """The answer to one request, whatever its bytes."""
        media = http.JSON
        method, headers = scope["method"], http.headers_of(scope)
        try:
            http.require_method(method)
            http.require_known_origin(headers, self._settings.allowed_origins)
            media = http.answer_type(headers.get("accept"))
            if method == "POST":
                http.require_json_body(headers)
            else:
                http.require_preflight(headers)
            caller = await self._authenticator.caller(http.values_of(scope, b"authorization"))
            if method == "POST":
                content = await http.body(headers, receive, self._settings.body_limit)
                operation = http.from_body(content)
            else:
                operation = http.from_query_string(scope["query_string"])
            context = Context(scope["app"].state.database, caller)
            payload = await self._run(
                operation, context, receipt_for(headers, context), reading=method == "GET"
            )
            return answered(payload, media)
        except Rejected as rejected:
            return refused(rejected, media)
        except RequestError as error:
            return answered(
                {"errors": error.errors}, media, _request_error_status(error.errors, media)
            )
        except (Unauthenticated, Forbidden, KeysUnavailable) as error:
            return denied(error, media)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it

    async def _run(
        self, operation: Operation, context: Context, receipt: Receipt | None, *, reading: bool
    ) -> dict[str, Any]:
        """The answer to one operation, which must be a query where it is only `reading`.

        Raises: Rejected, RequestError.
        """
        document = self._documents.document(operation.query)
        definition = chosen(document, operation.name)
        if definition.operation is OperationType.SUBSCRIPTION:
            raise RequestError(
                [_shown("a subscription is not answered by a single response", "BAD_REQUEST")]
            )
        if reading and definition.operation is not OperationType.QUERY:
            raise Rejected(
                405,
                "METHOD_NOT_ALLOWED",
                "a mutation is not run by a GET: send a POST",
                allow="POST",
            )
        if self._settings.introspection == "off" and document.introspects:
            raise RequestError(
                [_shown("introspection is switched off here", "GRAPHQL_VALIDATION_FAILED")]
            )
        name = definition.name.value if definition.name else None
        if receipt is None:
            result = await document.execute(name, operation.variables, context)
            return payload_of(result)
        result = await receipt.executed(document, name, operation.variables)
        payload = payload_of(result)
        shown = receipt.shown(self._schema, document, definition, operation.variables)
        payload["extensions"] = {**payload.get("extensions", {}), "receipt": shown}
        return payload


def payload_of(result: ExecutionResult | PreExecutionError) -> dict[str, Any]:
    """What an answer says of what came of an operation. Raises: RequestError, when it was not executed."""
    errors = result.errors or []
    if isinstance(result, PreExecutionError):
        raise RequestError(_told(errors, "GRAPHQL_VALIDATION_FAILED"))
    # No data and no path: the variables did not fit. An error of a field has the field's path.
    if result.data is None and errors and all(error.path is None for error in errors):
        raise RequestError(_told(errors))
    payload: dict[str, Any] = {"errors": _told(errors)} if errors else {}
    payload["data"] = result.data
    if result.extensions:
        payload["extensions"] = result.extensions
    return payload


def parsed(query: str) -> DocumentNode:
    """The document that a text is. Raises: RequestError."""
    try:
        return parse(query)
    except GraphQLError as error:
        raise RequestError(_told([error])) from None


def chosen(document: Document, name: str | None) -> OperationDefinitionNode:
    """The operation of a document to run: the named one, or its only one. Raises: RequestError."""
    operations = document.operations
    if name is not None:
        operations = [
            node for node in operations if node.name is not None and node.name.value == name
        ]
        message = f"the document has no operation named {name[:100]!r}"
    elif operations:
        count = len(operations)
        message = f"the document has {count} operations: name the one to run in `operationName`"
    else:
        message = "the document has no operation, only definitions that one could use"
    # Two of one name are for validation to tell.
    if not operations or (name is None and len(operations) > 1):
        raise RequestError([_shown(message, "OPERATION_RESOLUTION_FAILURE")])
    return operations[0]


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
    payload: Mapping[str, Any],
    media: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer that says a payload."""
    return Answer(encoded(payload), status, headers, f"{media}; charset=utf-8")


def encoded(payload: Mapping[str, Any]) -> bytes:
    """JSON bytes of an answer."""
    try:
        return orjson.dumps(payload, option=orjson.OPT_UTC_Z)
    except TypeError:
        # Half a surrogate pair in a message, or a number beyond 64 bits: JSON has both.
        return json.dumps(payload, default=moment_text).encode()


def refused(rejected: Rejected, media: str = http.JSON) -> Response:
    """The answer to a request that is not one."""
    payload = {"errors": [_shown(rejected.message, rejected.code)]}
    return answered(payload, media, rejected.status, rejected.headers)


def denied(
    error: Unauthenticated | Forbidden | KeysUnavailable, media: str = http.JSON
) -> Response:
    """The answer to a caller who is not let in, or whom we cannot check now."""
    if isinstance(error, KeysUnavailable):
        shown = formatted(GraphQLError("the token cannot be checked now", original_error=error))
        return answered({"errors": [shown]}, media, 503, {"retry-after": "10"})
    status, headers = 403, {}
    if isinstance(error, Unauthenticated):
        status, headers = 401, {"www-authenticate": "Bearer"}
    return answered({"errors": [_shown(error.message, error.code)]}, media, status, headers)


def _shown(message: str, code: str) -> dict[str, Any]:
    return {"message": message, "extensions": {"code": code}}


def _told(errors: Iterable[GraphQLError], code: str | None = None) -> list[dict[str, Any]]:
    """Errors as they are told, with a code for GraphQL's own.

    A message quotes what was sent, so it is kept short.
    """
    errors = list(errors)
    for fault in errors:
        if code is not None and fault.original_error is None:
            fault.extensions = {"code": code, **(fault.extensions or {})}
    told = [formatted(fault) for fault in errors]
    for error in told:
        if len(error["message"]) > MESSAGE_LENGTH:
            error["message"] = f"{error['message'][:MESSAGE_LENGTH]}…"
    return told


def _request_error_status(errors: Iterable[Mapping[str, Any]], media: str) -> int:
    if any(error["extensions"]["code"] == "INTERNAL" for error in errors):
        return 500
    return 400 if media == http.GRAPHQL else 200
