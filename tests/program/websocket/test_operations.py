"""Operations over WebSocket: answers, events, errors, and how each of them ends."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.program.conftest import bearer
from tests.program.gate import Gate, accepted, heard, say, subscribe
from tests.program.ticking import ticks

pytestmark = pytest.mark.anyio


async def test_a_query_is_answered_and_completed(gate: Gate) -> None:
    async with accepted(gate) as client:
        await subscribe(client, "{ caller }", "one")
        assert await heard(client) == {
            "id": "one",
            "type": "next",
            "payload": {"data": {"caller": "ann"}, "extensions": {"cost": 1}},
        }
        assert await heard(client) == {"id": "one", "type": "complete"}


async def test_a_mutation_runs_with_the_callers_role(gate: Gate) -> None:
    async with accepted(gate) as client:
        await subscribe(client, "mutation { write }")
        answer = await heard(client)
        assert answer["payload"]["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    headers = bearer(roles=["ProjectAdmin"])
    async with accepted(gate, additional_headers=headers) as client:
        await subscribe(client, "mutation { write }")
        assert (await heard(client))["payload"]["data"] == {"write": "written"}


async def test_a_subscription_gives_every_event_and_ends(gate: Gate) -> None:
    async with accepted(gate) as client:
        await subscribe(
            client, "subscription Of($to: Int!) { count(to: $to) }", variables={"to": 3}
        )
        answers = [await heard(client) for _ in range(4)]
    assert [one.get("payload") for one in answers] == [
        *({"data": {"count": number}, "extensions": {"cost": 1}} for number in range(3)),
        None,
    ]
    assert answers[-1] == {"id": "1", "type": "complete"}


async def test_an_event_that_cannot_be_told_is_an_error_of_its_own(gate: Gate) -> None:
    async with accepted(gate) as client:
        await subscribe(client, "subscription { odd }")
        answers = [(await heard(client)).get("payload") for _ in range(4)]
    cost = {"extensions": {"cost": 1}}
    assert answers[0] == {"data": {"odd": 1}, **cost}
    assert answers[1]["errors"][0]["extensions"] == {"code": "INTERNAL"}
    assert "none" not in json.dumps(answers[1])
    assert answers[2:] == [{"data": {"odd": 3}, **cost}, None]


async def test_a_subscription_that_breaks_says_nothing_of_why(gate: Gate) -> None:
    async with accepted(gate) as client:
        await subscribe(client, "subscription { breaks }")
        await heard(client)
        answer = await heard(client)
        assert answer["type"] == "error"
        (error,) = answer["payload"]
        assert error["extensions"] == {"code": "INTERNAL"}
        assert "secret" not in json.dumps(answer)
        # The connection is as good as before.
        await subscribe(client, "{ caller }")
        assert (await heard(client))["payload"]["data"] == {"caller": "ann"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { count }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription ($to: Int!) { count(to: $to) }", "BAD_USER_INPUT"),
        ("query A { caller } query B { caller }", "OPERATION_RESOLUTION_FAILURE"),
    ],
)
async def test_what_cannot_be_executed_is_an_error_message(
    gate: Gate, query: str, code: str
) -> None:
    async with accepted(gate) as client:
        await subscribe(client, query)
        answer = await heard(client)
        assert (answer["type"], answer["id"]) == ("error", "1")
        assert answer["payload"][0]["extensions"]["code"] == code


async def test_a_completed_operation_ends_and_its_id_is_free(gate: Gate) -> None:
    async with accepted(gate) as client:
        await subscribe(client, "subscription { ticks }")
        await ticks(gate).coming.put(1)
        assert (await heard(client))["payload"]["data"] == {"ticks": 1}
        await say(client, {"id": "1", "type": "complete"})
        await subscribe(client, "{ caller }")
        assert (await heard(client))["payload"]["data"] == {"caller": "ann"}
        async with asyncio.timeout(30):
            await ticks(gate).ended.wait()


async def test_a_subscription_ends_with_its_connection(gate: Gate) -> None:
    async with accepted(gate) as client:
        await subscribe(client, "subscription { ticks }")
        await ticks(gate).coming.put(1)
        await heard(client)
    async with asyncio.timeout(30):
        await ticks(gate).ended.wait()
