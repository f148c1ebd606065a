"""The limit: what Python can answer when nobody asks for GraphQL.

Four statements on a pool, dicts made by hand, orjson, and an application without a framework. It answers the
operations of the benchmark in the shape that the gateway does, whatever else the query says.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import orjson
import uvicorn

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]

_FIELDS = "id, project_number, name, status, created"
_ONE = f"select {_FIELDS} from project where id = $1"  # noqa: S608
_PAGE = f"select {_FIELDS} from project order by created desc, id desc limit $1"  # noqa: S608
_FLAT = _PAGE.replace("created from", "created, trim_scale(project_value)::text from")
# Amounts come as the text they are answered as: reading them as decimals costs as much as all the rest.
_PRODUCTS = (
    "select project_id, id, name, sku_id, trim_scale(quantity)::text, status, order_id "
    "from project_product where project_id = any($1) order by project_id, position"
)
_PARTNERS = (
    "select project_id, id, name, role "
    "from project_partner where project_id = any($1) order by project_id, position"
)
_TRANSACTIONS = (
    "select project_id, id, description, trim_scale(revenue)::text, trim_scale(cost)::text "
    "from project_transaction where project_id = any($1) and level = 'project' "
    "order by project_id, owner_id, position"
)


class Limit:
    """The application."""

    def __init__(self) -> None:
        self._pool: Any = None

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Opens the pool at the start, then answers."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        data = await self._data(orjson.loads(body))
        answer = orjson.dumps({"data": data}, option=orjson.OPT_UTC_Z)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(answer)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self._pool = await asyncpg.create_pool(
            os.environ["DATABASE_URL"], min_size=10, max_size=10, reset=_nothing
        )
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._pool.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _data(self, request: dict[str, Any]) -> dict[str, Any]:
        given = request.get("variables") or {}
        if "id" in given:
            (found,) = await self._with_nested(await self._pool.fetch(_ONE, given["id"]))
            return {"project": found}
        if "query Flat" in request["query"]:
            rows = await self._pool.fetch(_FLAT, given.get("first", 100))
            nodes = [_project(row) | {"projectValue": row[5]} for row in rows]
            return {"projects": {"nodes": nodes}}
        rows = await self._pool.fetch(_PAGE, given.get("first", 20))
        return {"projects": {"nodes": await self._with_nested(rows)}}

    async def _with_nested(self, rows: list[Any]) -> list[dict[str, Any]]:
        projects = [_project(row) for row in rows]
        ids = [project["id"] for project in projects]
        async with self._pool.acquire() as connection:
            found = [
                await connection.fetch(text, ids) for text in (_PRODUCTS, _PARTNERS, _TRANSACTIONS)
            ]
        products, partners, transactions = (defaultdict(list) for _ in range(3))
        for owner, row_id, name, sku, quantity, status, order in found[0]:
            products[owner].append(
                {
                    "id": row_id,
                    "name": name,
                    "skuId": sku,
                    "quantity": quantity,
                    "status": status,
                    "orderId": order,
                }
            )
        for owner, row_id, name, role in found[1]:
            partners[owner].append({"id": row_id, "name": name, "role": role})
        for owner, row_id, description, revenue, cost in found[2]:
            transactions[owner].append(
                {"id": row_id, "description": description, "revenue": revenue, "cost": cost}
            )
        for project in projects:
            owner = project["id"]
            project["products"] = products[owner]
            project["partners"] = partners[owner]
            project["transactions"] = transactions[owner]
        return projects


def _project(row: Any) -> dict[str, Any]:
    return {
        "id": row[0],
        "projectNumber": row[1],
        "name": row[2],
        "status": row[3],
        "created": row[4],
    }


async def _nothing(_connection: Any) -> None:
    """Leaves a connection as it is; nobody changes its settings."""


if __name__ == "__main__":
    uvicorn.run(
        Limit(),
        port=int(os.environ["PORT"]),
        loop="uvloop",
        lifespan="on",
        http="httptools",
        log_level="warning",
        access_log=False,
    )
