"""Who is let in over WebSocket, and for how long: tokens and origins."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import websockets

from tests.program.conftest import bearer, token
from tests.program.gate import INIT, Gate, accepted, closed, heard, say, subscribe
from tests.program.websocket.conftest import ORIGIN

pytestmark = pytest.mark.anyio


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
