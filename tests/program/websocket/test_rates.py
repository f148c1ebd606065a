"""The rate limit of a caller over WebSocket: messages, operations and events beyond it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from projectgate.admission import LEAST, PARSING, READING
from projectgate.data.database import Database
from tests.program.conftest import bearer
from tests.program.gate import accepted, closed, heard, refused, running, say, subscribe, until
from tests.program.ticking import STREAMING, Ticks, ticks, ticks_begun
from tests.program.websocket.conftest import SUBSCRIBE

pytestmark = pytest.mark.anyio

TICKS = "subscription { ticks }"


@pytest.mark.parametrize(
    "message",
    [{"type": "ping"}, {"type": "pong", "payload": {}}],
)
async def test_messages_beyond_the_limit_of_a_caller_end_the_connection_with_the_cursor(
    unread_database: Database, message: Any
) -> None:
    unread_database.ticks = Ticks()  # type: ignore[attr-defined]
    limit = READING * len(TICKS) + 20 * LEAST
    async with running(unread_database, STREAMING, rate_limit=limit) as gate:
        async with accepted(gate) as client:
            await subscribe(client, TICKS)
            for _ in range(19):
                await say(client, message)
            await ticks_begun(gate)
            async with accepted(gate, additional_headers=bearer(sub="eve")) as other:
                await say(other, {"type": "ping"})
                assert await heard(other) == {"type": "pong"}
            await say(client, message)
            code, reason = await closed(client)
        assert code == 1013
        assert re.fullmatch(r"RATE_LIMITED: wait \d+ s: resume after WyJmZWVkIiw3XQ", reason)


async def test_every_kb_of_a_message_counts(unread_database: Database) -> None:
    small, large = 5, 16
    limit = READING * len("{ caller }") + 2 * LEAST + (small + large) * PARSING
    async with (
        running(unread_database, STREAMING, rate_limit=limit) as gate,
        accepted(gate) as client,
    ):
        for size in (small, large):
            await say(client, SUBSCRIBE | {"more": "x" * size * 1000})
            assert (await heard(client))["payload"]["data"] == {"caller": "ann"}
            assert (await heard(client))["type"] == "complete"
        # Beyond the limit the operation is refused that a message asks for; a large one is not looked at.
        await say(client, SUBSCRIBE | {"more": "x" * small * 1000})
        assert await refused(client) == ("1", "RATE_LIMITED")
        await say(client, SUBSCRIBE | {"more": "x" * large * 1000})
        code, reason = await closed(client)
        assert code == 1013
        assert re.fullmatch(r"RATE_LIMITED: wait \d+ s", reason)


async def test_beyond_the_limit_of_a_caller_operations_are_refused_and_others_go_on(
    unread_database: Database,
) -> None:
    unread_database.ticks = Ticks()  # type: ignore[attr-defined]
    limit = READING * len(TICKS) + LEAST
    async with (
        running(unread_database, STREAMING, rate_limit=limit) as gate,
        accepted(gate) as client,
    ):
        await subscribe(client, TICKS)
        await ticks_begun(gate)
        for padding in ("", "#" * 3000):
            await subscribe(client, TICKS + padding, "2")
            assert await refused(client) == ("2", "RATE_LIMITED")
        assert not ticks(gate).ended.is_set()
        # Who wants less is not refused.
        await say(client, {"id": "1", "type": "complete"})
        await until(ticks(gate).ended.is_set)
        await subscribe(client, TICKS, "1")
        assert await refused(client) == ("1", "RATE_LIMITED")


async def test_operations_that_a_connection_has_no_room_for_count_too(
    unread_database: Database,
) -> None:
    unread_database.ticks = Ticks()  # type: ignore[attr-defined]
    limit = READING * len(TICKS) + 4 * LEAST
    async with (
        running(
            unread_database, STREAMING, rate_limit=limit, subscriptions_per_connection=1
        ) as gate,
        accepted(gate) as client,
    ):
        await subscribe(client, TICKS)
        await ticks_begun(gate)
        for code in 3 * ["TOO_MANY_SUBSCRIPTIONS"] + ["RATE_LIMITED"]:
            await subscribe(client, TICKS, "2")
            assert await refused(client) == ("2", code)


async def test_events_beyond_the_limit_of_a_caller_end_its_subscription_with_the_cursor(
    unread_database: Database,
) -> None:
    unread_database.ticks = Ticks()  # type: ignore[attr-defined]
    limit = READING * len(TICKS) + 3 * LEAST
    async with (
        running(unread_database, STREAMING, rate_limit=limit) as gate,
        accepted(gate) as client,
    ):
        await subscribe(client, TICKS)
        for number in range(3):
            await ticks(gate).coming.put(number)
        answers = [await heard(client) for _ in range(3)]
        assert [one["type"] for one in answers] == ["next", "next", "error"]
        (error,) = answers[2]["payload"]
        assert error["extensions"] == {"code": "RATE_LIMITED", "cursor": "WyJmZWVkIiw3XQ"}
        await until(ticks(gate).ended.is_set)
        # The connection is as good as before, and what is asked for on it is refused like any operation.
        await subscribe(client, "{ caller }", "2")
        assert await refused(client) == ("2", "RATE_LIMITED")
