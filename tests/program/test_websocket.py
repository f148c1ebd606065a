"""GraphQL over WebSocket: the protocol, who is let in, what is refused and with which code, how it ends."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, AsyncExitStack, ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.request import urlopen

import pytest
import strawberry
import websockets

from projectgate.admission import LEAST, PARSING, READING
from projectgate.data.database import Database
from projectgate.transports import streams, websocket

from .conftest import SCHEMA, Mutation, Query, bearer, make_settings, token
from .gate import INIT, PROTOCOL, Gate, accepted, closed, heard, running, say, subscribe, until

pytestmark = pytest.mark.anyio

SUBSCRIBE = {"id": "1", "type": "subscribe", "payload": {"query": "{ caller }"}}
ORIGIN = "https://shop.example.com"


class Ticks:
    """Events that come when told to, with a cursor, and know whether they were ended."""

    def __init__(self) -> None:
        self.cursor = "WyJmZWVkIiw3XQ"
        self.coming: asyncio.Queue[int] = asyncio.Queue()
        self.ended = asyncio.Event()

    def __aiter__(self) -> Ticks:
        return self

    async def __anext__(self) -> int:
        return await self.coming.get()

    async def aclose(self) -> None:
        self.ended.set()


@strawberry.type
class Subscription:
    """Subscriptions that end in every way one can."""

    @strawberry.subscription
    async def count(self, to: int) -> AsyncIterator[int]:
        for number in range(to):
            yield number

    @strawberry.subscription(graphql_type=int)  # type: ignore[untyped-decorator]
    async def ticks(self, info: strawberry.Info) -> Any:
        return info.context.database.ticks

    @strawberry.subscription
    async def breaks(self) -> AsyncIterator[int]:
        yield 1
        raise RuntimeError("select * from secret_table")

    @strawberry.subscription
    async def odd(self) -> AsyncIterator[int]:
        yield 1
        yield "none"  # type: ignore[misc]
        yield 3


STREAMING = strawberry.Schema(Query, Mutation, Subscription)


@pytest.fixture
async def gate(unread_database: Database) -> AsyncIterator[Gate]:
    unread_database.ticks = Ticks()  # type: ignore[attr-defined]
    async with running(
        unread_database, STREAMING, allowed_origins=(ORIGIN,), subscriptions_per_connection=3
    ) as gate:
        yield gate


def ticks(gate: Gate) -> Ticks:
    found: Ticks = gate.app.state.database.ticks
    return found


async def ticks_begun(gate: Gate) -> None:
    """Returns once somebody waits for ticks."""
    await until(lambda: ticks(gate).coming._getters)  # type: ignore[attr-defined]


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


@pytest.mark.parametrize("name", ["Authorization", "authorization"])
async def test_a_token_of_connection_init_counts_before_one_of_the_header(
    gate: Gate, name: str
) -> None:
    async with gate.connect() as client:
        await say(client, INIT | {"payload": {name: f"Bearer {token(sub='eve')}"}})
        await heard(client)
        await subscribe(client, "{ caller }")
        assert (await heard(client))["payload"]["data"] == {"caller": "eve"}


@pytest.mark.parametrize(
    ("headers", "payload"),
    [
        ({}, None),
        ({}, {}),
        ({"authorization": "Bearer nonsense"}, None),
        ({}, {"authorization": "nonsense"}),
        (bearer(), {"authorization": "Bearer nonsense"}),
        ({}, bearer(roles=["Nobody"])),
        ({}, bearer(exp=datetime(2020, 1, 1, tzinfo=UTC))),
    ],
)
async def test_without_a_good_token_the_connection_is_closed(
    gate: Gate, headers: dict[str, str], payload: Any
) -> None:
    async with gate.connect(additional_headers=headers) as client:
        await say(client, INIT | ({} if payload is None else {"payload": payload}))
        code, reason = await closed(client)
        assert code == 4403
        assert "token" in reason or "Authorization" in reason


async def test_a_connection_ends_when_its_token_does_and_says_where_to_resume(gate: Gate) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=2)
    async with accepted(gate, additional_headers=bearer(exp=soon)) as client:
        await subscribe(client, "subscription { ticks }")
        code, reason = await closed(client)
    assert (code, reason) == (4403, "the token has expired: resume after WyJmZWVkIiw3XQ")


NOT_MESSAGES: list[str | bytes] = [
    "",
    "nonsense",
    "null",
    "1",
    "[]",
    '"text"',
    "{}",
    '{"type": 1}',
    '{"type": "start"}',
    '{"type": "connection_ack"}',
    '{"type": "subscribe"}',
    '{"type": "subscribe", "id": ""}',
    '{"type": "subscribe", "id": 1, "payload": {"query": "{ caller }"}}',
    '{"type": "subscribe", "id": "1"}',
    '{"type": "subscribe", "id": "1", "payload": []}',
    '{"type": "subscribe", "id": "1", "payload": {}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": 1}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": "{ caller }", "variables": []}}',
    '{"type": "complete"}',
    '{"type": "complete", "id": []}',
    "[" * 100_000,
    '{"type": "ping", "payload": 1' + "0" * 100_000 + "}",
    b'{"type": "ping"}',
    json.dumps({"type": "subscribe", "id": "1" * 256, "payload": {"query": "{ caller }"}}),
]


@pytest.mark.parametrize("message", NOT_MESSAGES, ids=lambda message: repr(message[:60]))
async def test_what_is_no_message_closes_the_connection_with_4400(
    gate: Gate, message: str | bytes
) -> None:
    async with accepted(gate) as client:
        await say(client, message)
        assert (await closed(client))[0] == 4400


async def test_an_operation_before_connection_init_closes_with_4401(gate: Gate) -> None:
    async with gate.connect() as client:
        await say(client, SUBSCRIBE)
        assert (await closed(client))[0] == 4401


async def test_a_second_connection_init_closes_with_4429(gate: Gate) -> None:
    async with accepted(gate) as client:
        await say(client, INIT)
        assert (await closed(client))[0] == 4429


async def test_an_id_that_is_in_use_closes_with_4409(gate: Gate) -> None:
    async with accepted(gate) as client:
        for _ in range(2):
            await subscribe(client, "subscription { ticks }", "same")
        assert await closed(client) == (4409, "Subscriber for same already exists")


async def test_without_connection_init_the_connection_is_closed_with_4408(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "INIT_SECONDS", 0.2)
    async with gate.connect() as client:
        await say(client, {"type": "ping"})
        assert await heard(client) == {"type": "pong"}
        assert (await closed(client))[0] == 4408


@pytest.mark.parametrize("protocols", [["graphql-ws"], ["nonsense"], None])
async def test_other_protocols_are_not_spoken(gate: Gate, protocols: Any) -> None:
    async with gate.connect(subprotocols=protocols) as client:
        assert (await closed(client))[0] == 4406


async def test_of_several_protocols_the_right_one_is_chosen(gate: Gate) -> None:
    async with accepted(gate, subprotocols=["graphql-ws", PROTOCOL]) as client:
        assert client.subprotocol == PROTOCOL


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1.evil"])
async def test_a_page_of_a_foreign_origin_gets_no_connection(gate: Gate, origin: str) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with gate.connect(origin=origin):
            pass
    response = refused.value.response
    assert response.status_code == 403
    assert json.loads(response.body)["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_pages_of_listed_origins_and_our_own_get_one(gate: Gate) -> None:
    for origin in (ORIGIN, gate.http):
        async with accepted(gate, origin=origin):
            pass


async def test_a_message_over_the_limit_closes_with_1009(gate: Gate) -> None:
    async with accepted(gate) as client:
        await subscribe(client, "{ caller }" + " " * 1_000_000)
        assert (await closed(client))[0] == 1009


async def test_before_connection_init_a_message_has_room_for_a_token_and_no_more(
    gate: Gate,
) -> None:
    async with gate.connect() as client:
        await say(client, {**INIT, "payload": {"padding": "x" * 15_900}})
        assert await heard(client) == {"type": "connection_ack"}
        # Afterwards there is room for a document and its variables.
        await subscribe(client, "query ($n: Int) { twice(number: $n) }", padding="x" * 500_000)
        assert (await heard(client))["type"] == "error"
    async with gate.connect() as client:
        await say(client, {"type": "ping", "payload": {"padding": "x" * 16_000}})
        code, reason = await closed(client)
        assert code == 1009
        assert "limit of 16000 bytes" in reason


async def test_before_connection_init_there_are_only_a_few_messages(gate: Gate) -> None:
    async with gate.connect() as client:
        for _ in range(9):
            await say(client, {"type": "ping"})
            assert await heard(client) == {"type": "pong"}
        await say(client, INIT)
        assert await heard(client) == {"type": "connection_ack"}
        for _ in range(20):
            await say(client, {"type": "ping"})
            assert await heard(client) == {"type": "pong"}
    async with gate.connect() as client:
        for _ in range(11):
            await say(client, {"type": "pong"})
        assert (await closed(client))[0] == 4400


async def test_numbers_of_a_ping_need_not_be_exact_and_those_of_an_operation_must(
    gate: Gate,
) -> None:
    async with accepted(gate) as client:
        await say(client, '{"type": "ping", "payload": {"a": 0.12345678901234567890}}')
        assert await heard(client) == {"type": "pong"}
        payload = '"payload": {"query": "{ caller }", "variables": {"a": 0.12345678901234567890}}'
        await say(client, '{"id": "1", "type": "subscribe", ' + payload + "}")
        code, reason = await closed(client)
        assert code == 4400
        assert "0.12345678901234567890 cannot be kept exactly" in reason


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


async def refused(client: websockets.ClientConnection) -> tuple[str, str]:
    """Id and code of the error that comes next."""
    answer = await heard(client)
    assert answer["type"] == "error"
    return answer["id"], answer["payload"][0]["extensions"]["code"]


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


async def test_operations_beyond_the_limit_of_a_connection_are_refused_and_others_go_on(
    gate: Gate,
) -> None:
    async with accepted(gate) as client:
        for name in "123":
            await subscribe(client, "subscription { ticks }", name)
        await subscribe(client, "subscription { ticks }", "4")
        answer = await heard(client)
        assert (answer["id"], answer["type"]) == ("4", "error")
        (error,) = answer["payload"]
        assert error["extensions"]["code"] == "TOO_MANY_SUBSCRIPTIONS"
        assert " 3 " in error["message"]
        await say(client, {"id": "1", "type": "complete"})
        await subscribe(client, "{ caller }", "5")
        assert (await heard(client))["id"] == "5"


async def test_connections_beyond_the_limit_of_a_caller_are_closed(
    unread_database: Database,
) -> None:
    async with (
        running(unread_database, SCHEMA, connections_per_caller=2) as gate,
        accepted(gate),
        accepted(gate) as second,
    ):
        async with gate.connect() as third:
            await say(third, INIT)
            code, reason = await closed(third)
            assert code == 1013
            assert "'ann' has 2 open streams, the limit" in reason
        async with accepted(gate, additional_headers=bearer(sub="eve")):
            pass
        await second.close()
        async with accepted(gate):
            pass


async def test_connections_beyond_the_limit_of_the_process_are_refused(
    unread_database: Database,
) -> None:
    async with running(unread_database, SCHEMA, connections=1) as gate:
        async with gate.connect() as waiting, accepted(gate):
            await say(waiting, INIT)
            assert (await closed(waiting))[0] == 1013
            with pytest.raises(websockets.InvalidStatus) as refused:
                async with gate.connect():
                    pass
        response = refused.value.response
        assert (response.status_code, response.headers["retry-after"]) == (503, "10")
        assert (
            json.loads(response.body)["errors"][0]["extensions"]["code"] == "TOO_MANY_CONNECTIONS"
        )


async def test_connections_without_connection_init_take_no_place_of_others(
    unread_database: Database,
) -> None:
    async with (
        running(unread_database, SCHEMA, connections=1, connections_per_caller=1) as gate,
        gate.connect(),
        gate.connect(),
        accepted(gate) as client,
    ):
        await subscribe(client, "{ caller }")
        assert (await heard(client))["payload"]["data"] == {"caller": "ann"}


CROWDED_OUT = (
    1013,
    "TOO_MANY_CONNECTIONS: 2 newer connections wait for their connection_init: connect again, and send it at once",
)


async def test_of_one_address_who_has_waited_longest_for_connection_init_gives_way(
    unread_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "ARRIVING_FROM_ONE", 2)
    async with (
        running(unread_database, SCHEMA) as gate,
        gate.connect(local_addr=("127.0.0.2", 0)) as elsewhere,
        accepted(gate) as known,
        gate.connect() as first,
        gate.connect() as second,
        accepted(gate) as third,
    ):
        assert await closed(first) == CROWDED_OUT
        # Who has said who it is takes no place there.
        async with accepted(gate), gate.connect():
            for client in (second, elsewhere):
                await say(client, INIT)
                assert await heard(client) == {"type": "connection_ack"}
            for client in (known, third):
                await subscribe(client, "{ caller }")
                assert (await heard(client))["payload"]["data"] == {"caller": "ann"}


async def test_of_all_addresses_who_has_waited_longest_for_connection_init_gives_way(
    unread_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "ARRIVING", 2)
    async with (
        running(unread_database, SCHEMA) as gate,
        gate.connect(local_addr=("127.0.0.2", 0)) as first,
        gate.connect(local_addr=("127.0.0.3", 0)) as second,
        gate.connect(local_addr=("127.0.0.4", 0)) as third,
    ):
        assert await closed(first) == CROWDED_OUT
        for client in (second, third):
            await say(client, INIT)
            assert await heard(client) == {"type": "connection_ack"}


async def test_who_gives_way_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it takes to end."""
    monkeypatch.setattr(streams, "ARRIVING", 2)
    found, asked = streams.Streams(make_settings()), list[str]()

    def arrived(name: str) -> AbstractContextManager[streams.Admit]:
        stream = streams.Stream(streams.Ending(5, "too late"), "restarting")
        return found.arrived(stream, name, lambda _: asked.append(name))

    with ExitStack() as block:
        for name in "abcd":
            block.enter_context(arrived(name))
        assert (asked, len(found)) == (["a", "b"], 2)
    assert not len(found)


async def test_strangers_that_come_and_stay_keep_no_client_out(
    unread_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "ARRIVING", 5)
    async with running(unread_database, SCHEMA) as gate, AsyncExitStack() as strangers:
        for number in range(20):
            await strangers.enter_async_context(
                gate.connect(local_addr=(f"127.0.0.{2 + number}", 0))
            )
            async with accepted(gate) as client:
                await subscribe(client, "{ caller }")
                assert (await heard(client))["payload"]["data"] == {"caller": "ann"}
        assert len(gate.app.state.streams) <= 5 + 1
        text = (await asyncio.to_thread(urlopen, f"{gate.http}/metrics")).read().decode()
        assert 'code="TOO_MANY_CONNECTIONS"' in text


async def test_a_drain_closes_every_connection_with_the_cursor_to_resume_from(gate: Gate) -> None:
    async with accepted(gate) as client, accepted(gate) as idle, gate.connect() as unknown:
        await subscribe(client, "subscription { ticks }")
        await ticks(gate).coming.put(1)
        await heard(client)
        await gate.app.state.streams.drain()
        assert len(gate.app.state.streams) == 0
        assert await closed(client) == (
            1012,
            "the server restarts: resume after WyJmZWVkIiw3XQ",
        )
        assert await closed(idle) == (1012, "the server restarts")
        assert await closed(unknown) == (1012, "the server restarts")
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with gate.connect():
                pass
        assert refused.value.response.status_code == 503


async def test_a_connection_that_ends_before_it_is_accepted_is_refused_with_503(gate: Gate) -> None:
    """As where the server stops while the handshake waits to be answered."""
    accepting, sent = asyncio.Event(), []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        if message["type"] == "websocket.accept":
            accepting.set()
            await asyncio.Event().wait()
        sent.append(message)

    scope = {
        "type": "websocket",
        "path": "/graphql",
        "headers": [(b"host", b"gate.test")],
        "subprotocols": [PROTOCOL],
        "client": ("127.0.0.1", 1),
        "extensions": {"websocket.http.response": {}},
    }
    serving = asyncio.create_task(gate.app(scope, receive, send))
    await accepting.wait()
    await gate.app.state.streams.drain()
    await serving
    start, body = sent
    assert start["status"] == 503
    (error,) = json.loads(body["body"])["errors"]
    assert error["extensions"] == {"code": "SERVER_RESTARTING"}


async def test_nothing_is_left_of_connections_that_came_and_went(gate: Gate) -> None:
    """However they went: closed, cut, in the middle of an operation, before the first message."""

    async def visit(number: int) -> None:
        async with gate.connect() as client:
            if number % 4:
                await say(client, INIT)
                await subscribe(client, "subscription { ticks }")
            if number % 4 == 2:
                await heard(client)
            if number % 2:
                client.transport.abort()

    before = len(asyncio.all_tasks())
    for _ in range(10):
        await asyncio.gather(*map(visit, range(20)))
    await until(lambda: len(asyncio.all_tasks()) <= before and not len(gate.app.state.streams))
