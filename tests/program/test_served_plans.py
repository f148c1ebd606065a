"""What the server answers to queries, to the byte: what graphql-core's answer is as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projectgate.app import create_app
from projectgate.data.database import Database
from projectgate.operations import payload_of
from projectgate.refusals import RequestError
from projectgate.resolvers.access import Caller
from projectgate.resolvers.context import Context
from projectgate.schema.build import engine
from tests.conftest import migrated
from tests.execution.compared import written
from tests.make.examples import examples, trying
from tests.make.operations import Made
from tests.make.projects import NOON
from tests.program.conftest import bearer, make_settings, open_client
from tests.schema.compared import PAIR, fill
from tests.schema.conftest import READER
from tests.schema.documents import documents
from tests.schema.test_plans import REFUSED
from tests.schema.test_random_queries import ANY_MAKER, NESTED_MAKER, OSLO, USUAL_MAKER

# graphql-core leaves coroutines behind where an error ends an operation.
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.xdist_group("served_plans"),
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

# `make fuzz` tries many more.
EXAMPLES = examples(40)
SEEN: Counter[str] = Counter()


class Server(NamedTuple):
    """The application in this process, and the database that it reads."""

    client: httpx2.AsyncClient
    database: Database


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
async def server(
    template: Callable[[str, str], Any],
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> AsyncIterator[Server]:
    """A server of a database of each kind with a few projects of every kind, at a noon that lasts."""
    folder = tmp_path_factory.mktemp("served")
    async with migrated(request.param, template, folder, request) as database:
        await fill(database, made_up=10, full=12)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("projectgate.endpoint.Context", partial(Context, clock=lambda: NOON))
            app = create_app(make_settings(rate_limit=0, cost_limit=10**9), database=database)
            async with open_client(app) as client:
                yield Server(client, database)


@pytest.fixture
def most_operations_are_answered_by_plans() -> Iterator[None]:
    """Fails when too many of the operations at random were refused for their size, or all had no error."""
    before = SEEN.copy()
    yield
    seen = SEEN - before
    assert seen["plan"] > EXAMPLES / 2
    assert seen["bail-out"] > 0
    assert not seen["fallback"]


async def compare(server: Server, made: Made, caller: Caller) -> str:
    """Holds an answer of the server against that of graphql-core, and says how it came about."""
    judged = await PAIR.result(made, Context(server.database, caller, lambda: NOON))
    before = engine.counters.runs, engine.counters.bail_outs
    body = {"query": made.text, "variables": made.variables}
    response = await server.client.post("/graphql", json=body, headers=_headers(caller))
    runs, bail_outs = engine.counters.runs - before[0], engine.counters.bail_outs - before[1]
    answer = response.json()
    if "data" not in answer:
        (error,) = answer["errors"]
        assert error["extensions"]["code"] == "QUERY_TOO_COMPLEX"
        return "refused"
    try:
        payload = payload_of(judged)
    except RequestError as refused:
        payload = {"errors": refused.errors}
    payload["extensions"] = answer["extensions"]
    assert response.content.decode() == written(payload), made
    return {(1, 0): "plan", (0, 1): "bail-out"}.get((runs, bail_outs), "fallback")


def _headers(caller: Caller) -> dict[str, str]:
    stores = None if caller.stores is None else sorted(caller.stores)
    return bearer(sub=caller.name, roles=sorted(caller.roles), stores=stores)


@pytest.mark.parametrize("name", documents("query"))
async def test_a_document_is_answered_with_the_bytes_of_graphql_cores_answer(
    server: Server, name: str
) -> None:
    for caller in (READER, OSLO):
        for _ in ("new", "kept"):
            way = await compare(server, documents("query")[name], caller)
            assert way == ("bail-out" if name in REFUSED else "plan")


@pytest.mark.usefixtures("most_operations_are_answered_by_plans")
@trying(EXAMPLES)
@given(
    st.one_of(
        USUAL_MAKER.operations("query", depth=4),
        ANY_MAKER.operations("query", depth=3),
        NESTED_MAKER.operations("query", depth=4, roots=1),
    ),
    st.sampled_from([READER, READER, OSLO]),
)
async def test_a_query_is_answered_with_the_bytes_of_graphql_cores_answer(
    server: Server, made: Made, caller: Caller
) -> None:
    SEEN[await compare(server, made, caller)] += 1
