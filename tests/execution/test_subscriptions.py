"""Subscriptions: their events come from a resolver, and each of them is executed by a plan, as by graphql-core."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import strawberry
from strawberry.types.execution import ExecutionResult, PreExecutionError

from projectgate.execution.documents import Documents
from tests.execution.compared import Pair, pair

pytestmark = pytest.mark.anyio


@strawberry.type
class Query:
    """A root that a schema has to have."""

    hello: str = "hello"


@strawberry.type
class Event:
    """What is told."""

    number: int

    @strawberry.field
    async def half(self) -> float | None:
        """Half of it; there is none of an odd one."""
        if self.number % 2:
            raise ValueError("odd")
        return self.number / 2


@strawberry.type
class Subscription:
    """The root of events."""

    @strawberry.subscription
    async def counted(self, to: int, start: int = 0) -> AsyncIterator[Event]:
        """Numbers, one after the other."""
        for number in range(start, to):
            yield Event(number=number)

    @strawberry.subscription
    async def refused(self) -> AsyncIterator[int]:
        """Nothing."""
        raise ValueError("no")
        yield 1

    @strawberry.subscription(graphql_type=int)  # type: ignore[untyped-decorator]
    async def silent(self) -> Any:
        """What is no stream."""
        return 1


@pytest.fixture
def tried() -> Pair:
    return pair(Query, subscription=Subscription)


async def told(tried: Pair, text: str, **variables: Any) -> list[Any]:
    """What is answered to each event: its data, and the places of its errors."""
    document = Documents(tried.schema).document(text)
    events = await document.subscribe(None, variables, None)
    assert not isinstance(events, ExecutionResult | PreExecutionError)
    answers = []
    async for event in events:
        result = await document.event(None, variables, None, event)
        answers.append((result.data, [error.path for error in result.errors or ()]))
    return answers


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("subscription { counted(to: 3) { number } }", {}),
        ("subscription ($to: Int!) { all: counted(to: $to, start: 1) { n: number __typename } }", {"to": 4}),
        ("subscription ($no: Boolean!) { counted(to: 2) { number @skip(if: $no) half } }", {"no": True}),
        ("subscription { ...Events } fragment Events on Subscription { counted(to: 2) { half } }", {}),
    ],
)  # fmt: skip
async def test_each_event_is_answered_as_by_graphql_core(
    tried: Pair, text: str, variables: dict[str, Any]
) -> None:
    compiled = await told(tried, text, **variables)
    tried.engine.enabled = False
    assert compiled == await told(tried, text, **variables)
    assert len(compiled) > 1


async def test_each_event_is_executed_by_a_plan_that_is_made_once(tried: Pair) -> None:
    answers = await told(tried, "subscription { counted(to: 5) { number } }")
    assert answers == [({"counted": {"number": number}}, []) for number in range(5)]
    counters = tried.engine.counters
    assert (counters.plans, counters.runs, counters.fallbacks, counters.bail_outs) == (1, 5, 0, 0)


async def test_an_event_with_an_error_is_one_of_its_own(tried: Pair) -> None:
    answers = await told(tried, "subscription { counted(to: 3) { half } }")
    assert [len(errors) for _, errors in answers] == [0, 1, 0]
    assert answers[1] == ({"counted": {"half": None}}, [["counted", "half"]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("subscription { silent }", "Subscription field must return AsyncIterable. Received: 1."),
        ("subscription { nothing }", "Cannot query field 'nothing' on type 'Subscription'."),
        ("subscription ($to: Int!) { counted(to: $to) { number } }", "'$to'"),
    ],
)
async def test_what_gives_no_events_is_told(tried: Pair, text: str, message: str) -> None:
    found = await Documents(tried.schema).document(text).subscribe(None, {}, None)
    assert isinstance(found, ExecutionResult | PreExecutionError)
    assert [message in error.message for error in found.errors or ()] == [True]
