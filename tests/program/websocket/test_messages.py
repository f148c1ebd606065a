"""The protocol of the WebSocket: which messages are taken when, how large, and with which code the others end it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from projectgate.transports import websocket
from tests.program.gate import INIT, PROTOCOL, Gate, accepted, closed, heard, say, subscribe
from tests.program.websocket.conftest import SUBSCRIBE

pytestmark = pytest.mark.anyio

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


@pytest.mark.parametrize(("name", "told"), [("same", "same"), ("half \ud800", r"half \ud800")])
async def test_an_id_that_is_in_use_closes_with_4409(gate: Gate, name: str, told: str) -> None:
    async with accepted(gate) as client:
        for _ in range(2):
            await subscribe(client, "subscription { ticks }", name)
        assert await closed(client) == (4409, f"Subscriber for {told} already exists")


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
