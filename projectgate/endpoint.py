"""GraphQL over HTTP at one address: from a request to its answer.

Every answer is JSON, and every refusal has a code. Checked in this order: method, origin, media
types, token, body, document. A request error has no `data`; its status is 400 for
`application/graphql-response+json` and, as the draft asks for the sake of old clients, 200 for
`application/json` when the HTTP request itself was well formed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graphql import OperationType
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from projectgate import request as http
from projectgate.admission import Admission, Prepared
from projectgate.answers import Answer, answered, denied, refused
from projectgate.auth import Authenticator, KeysUnavailable
from projectgate.compression import compress
from projectgate.metrics import Metrics
from projectgate.operations import Operations
from projectgate.parameters import Operation, from_body, from_query_string
from projectgate.receipt import receipt_for
from projectgate.refusals import RequestError, shown
from projectgate.request import Rejected
from projectgate.resolvers.access import Caller
from projectgate.resolvers.context import Context
from projectgate.resolvers.errors import Forbidden, Unauthenticated
from projectgate.settings import Settings
from projectgate.transports.event_stream import EventStream, once
from projectgate.transports.events import Events
from projectgate.transports.streams import Streams

NOT_BEGUN = (
    "the batch took too long, and this operation was not begun: send fewer operations at once"
)


class GraphQLEndpoint:
    """The ASGI application at /graphql."""

    def __init__(
        self,
        admission: Admission,
        operations: Operations,
        authenticator: Authenticator,
        settings: Settings,
        metrics: Metrics,
        streams: Streams,
    ) -> None:
        self._admission = admission
        self._operations = operations
        self._metrics = metrics
        self._authenticator = authenticator
        self._settings = settings
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        response = await self.answer(scope, receive)
        if isinstance(response, Answer):
            await compress(response, scope)
        await response(scope, receive, send)

    async def answer(self, scope: Scope, receive: Receive) -> Response | EventStream:
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
                content = await http.body(scope, headers, receive, self._settings.body_limit)
                self._admission.read(caller, len(content))
                operation = from_body(content, self._settings.batch_limit)
                if isinstance(operation, list):
                    answers = await self._batch(scope, headers, operation, caller)
                    return answered(answers, _json(media))
            else:
                self._admission.read(caller, len(scope["query_string"]))
                operation = from_query_string(scope["query_string"])
            return await self._one(scope, headers, operation, caller, media)
        except Rejected as rejected:
            self._metrics.refused(rejected.code)
            return refused(rejected, _json(media))
        except RequestError as error:
            self._metrics.refused(error.code)
            if media == http.EVENT_STREAM:
                return once({"errors": error.errors})
            return answered(
                {"errors": error.errors}, media, _request_error_status(error.errors, media)
            )
        except (Unauthenticated, Forbidden, KeysUnavailable) as error:
            self._metrics.refused(getattr(error, "code", "INTERNAL"))
            return denied(error, _json(media))
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it

    async def _one(
        self,
        scope: Scope,
        headers: http.Headers,
        asked: Operation,
        caller: Caller,
        media: str,
    ) -> Response | EventStream:
        """The answer to one operation. Raises: Rejected, RequestError, Unauthenticated, KeysUnavailable."""
        state = scope["app"].state
        context = Context(state.database, caller, live=state.live)
        prepared = self._admission.prepared(asked, caller)
        subscribes = prepared.kind is OperationType.SUBSCRIPTION
        if subscribes and http.takes_event_stream(headers.get("accept")):
            _, end = await self._authenticator.session(http.values_of(scope, b"authorization"))
            events = Events(self._admission, self._operations, prepared, context)
            return EventStream(events, self._metrics, self._streams, caller, end)
        if scope["method"] == "GET":
            require_query(prepared.kind)
        payload = await self._operations.answer(prepared, context, receipt_for(headers, context))
        return once(payload) if media == http.EVENT_STREAM else answered(payload, media)

    async def _batch(
        self, scope: Scope, headers: http.Headers, asked: Sequence[Operation], caller: Caller
    ) -> list[dict[str, Any]]:
        """The answers to a batch, each as if it had come alone, one after the other in their order."""
        answers = []
        batch = await self._admission.batch(asked, caller)
        until = self._operations.deadline()
        for prepared in batch:
            if isinstance(prepared, RequestError):
                answers.append(self._answer_to(prepared))
                continue
            try:
                answers.append(await self._answered(scope, headers, prepared, caller, until))
            except RequestError as error:
                answers.append(self._answer_to(error))
        return answers

    def _answer_to(self, error: RequestError) -> dict[str, Any]:
        """The answer to an operation of a batch that is refused."""
        self._metrics.refused(error.code)
        return {"errors": error.errors}

    async def _answered(
        self,
        scope: Scope,
        headers: http.Headers,
        prepared: Prepared,
        caller: Caller,
        until: float,
    ) -> dict[str, Any]:
        if asyncio.get_running_loop().time() >= until:
            raise RequestError([shown(NOT_BEGUN, "DEADLINE_EXCEEDED")])
        context = Context(scope["app"].state.database, caller)
        return await self._operations.answer(
            prepared, context, receipt_for(headers, context), until
        )


def _json(media: str) -> str:
    """The type of what is no stream whatever the client takes: a refusal, a batch."""
    return http.JSON if media == http.EVENT_STREAM else media


def require_query(kind: OperationType) -> None:
    """Lets a query pass, which a GET may ask for. Raises: Rejected (405)."""
    if kind is not OperationType.QUERY:
        raise Rejected(
            405,
            "METHOD_NOT_ALLOWED",
            f"a {kind.value} is not run by a GET: send a POST",
            allow="POST",
        )


def _request_error_status(errors: Iterable[Mapping[str, Any]], media: str) -> int:
    codes = {error["extensions"]["code"] for error in errors}
    if "INTERNAL" in codes:
        return 500
    if "DEADLINE_EXCEEDED" in codes:
        return 504
    if "DOCUMENT_NOT_TRUSTED" in codes:
        return 403
    return 400 if media == http.GRAPHQL else 200
