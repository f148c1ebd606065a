"""How a field of the mutation root is made: of a command, its input and a kind of payload."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import strawberry

from ..resolvers.changes import change
from ..resolvers.commands import Request
from .given import as_given
from .info import Info
from .payloads import ManyPayload, Payload

_INPUT = strawberry.argument(description="What to write.")


def mutation_field(
    command: type[Request],
    taken: type[Any],
    payload: type[Payload | ManyPayload] = Payload,
    run: Callable[[Any, Any], Awaitable[Any]] = change,
    *,
    description: str,
) -> Any:
    """A field that takes an input, does its command and answers with a payload type of its own."""
    answer = _own(payload, command.operation)
    as_given(taken)

    async def resolve(info: Info, input: Any) -> Any:  # noqa: A002
        return answer.of(await run(info.context, command.of(input)))

    resolve.__annotations__ = {
        "info": Info,
        "input": Annotated[taken, _INPUT],
        "return": answer,
    }
    return strawberry.field(resolver=resolve, description=description)


def _own(payload: type[Any], mutation: str) -> Any:
    """The payload type of a mutation: `FooBarPayload` of `fooBar`."""
    name = f"{mutation[0].upper()}{mutation[1:]}Payload"
    made = type(name, (payload,), {"__doc__": f"Made of what came of `{mutation}`."})
    return strawberry.type(made, description=f"What came of `{mutation}`.")
