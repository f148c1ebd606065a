"""How many operations a connection has room for, and how many connections a caller and the process."""

from __future__ import annotations

import asyncio
import json
from contextlib import AbstractContextManager, AsyncExitStack, ExitStack
from urllib.request import urlopen

import pytest
import websockets

from projectgate.data.database import Database
from projectgate.transports import streams
from tests.program.conftest import SCHEMA, bearer, make_settings
from tests.program.gate import INIT, Gate, accepted, closed, heard, running, say, subscribe

pytestmark = pytest.mark.anyio


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
