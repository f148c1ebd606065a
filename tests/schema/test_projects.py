"""The project and all that is nested in it, from documents to JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from projectgate.data.database import Database
from projectgate.resolvers.access import ADMIN, READ, Caller
from projectgate.resolvers.changes import change
from projectgate.resolvers.context import Context
from projectgate.resolvers.products import StatusUpdate, UpdateProductStatus
from tests.conftest import recorded
from tests.make.documents import (
    make_document,
    make_full_document,
    project_documents,
    store_documents,
)
from tests.schema.conftest import ADMIN_CALLER, READER, Ask
from tests.schema.whole import TOLD, expected, fields, selected, selection

pytestmark = pytest.mark.anyio

Read = Callable[..., Awaitable[Any]]


WHOLE = selection("Project", without=TOLD)[1:-1]


def whole_projects(ids: list[str], chosen: str, arguments: str = "") -> str:
    """One operation that reads many projects by id, with one selection."""
    roots = (
        f'p{n}: project(id: "{name}"{arguments}) {{ ...chosen }}' for n, name in enumerate(ids)
    )
    return f"{{ {' '.join(roots)} }} fragment chosen on Project {{ {chosen} }}"


def check(data: dict[str, Any], documents: list[dict[str, Any]]) -> None:
    """Compares whole projects with their documents."""
    for project, document in zip(data.values(), documents, strict=True):
        assert project == expected("Project", document, without=TOLD), document["id"]


async def test_every_field_of_every_example_document_is_answered_as_the_document_has_it(
    database: Database, read: Read
) -> None:
    documents = project_documents()
    await store_documents(database, documents)
    ids = [document["id"] for document in documents]

    check(await read(whole_projects(ids, WHOLE)), documents)


async def test_a_document_with_everything_at_every_depth_is_answered_as_it_is(
    database: Database, read: Read
) -> None:
    document = make_full_document("project-1", each=3)
    await store_documents(database, [document])

    check(await read(whole_projects(["project-1"], WHOLE)), [document])


async def test_a_project_without_anything_has_empty_lists_and_nulls(
    database: Database, read: Read
) -> None:
    lists = [
        name
        for name, field in fields("Project").items()
        if str(field.type).startswith("[") and name not in TOLD
    ]
    bare = make_document("project-1")
    nulls = (
        bare
        | {"id": "project-2"}
        | dict.fromkeys([*lists, "customer", "storeContact", "partner", "workflowStep"])
    )
    empties = bare | {"id": "project-3"} | {name: [] for name in lists}
    await store_documents(database, [bare, nulls, empties])

    data = await read(whole_projects(["project-1", "project-2", "project-3"], WHOLE))

    for project in data.values():
        assert {name: project[name] for name in lists} == {name: [] for name in lists}
        for name in ("customer", "storeContact", "partner", "workflowStep", "name"):
            assert project[name] is None


async def test_nothing_nested_costs_a_statement_unless_it_is_selected(
    database: Database, read: Read
) -> None:
    await store_documents(database, [make_full_document("project-1")])
    leaves = " ".join(
        name for name, field in fields("Project").items() if "{" not in selected(name, field)
    )
    derived = {"tags", "rejectedByPartners", "hasMultiplePartners"}

    with recorded(database) as sent:
        await read(
            f'{{ project(id: "project-1") {{ {" ".join(set(leaves.split()) - derived)} }} }}'
        )

    assert len(sent) == 1


@pytest.mark.parametrize(
    ("status", "terminal", "active"),
    [
        ("New", False, True),
        ("Active", False, True),
        ("Waiting for the plumber", False, True),
        (None, False, True),
        ("active", False, True),
        ("OnHold", False, False),
        ("Completed", True, False),
        ("WorkflowCompleted", True, False),
        ("CancelledByCustomer", True, False),
        ("CancelledByPartner", True, False),
        ("CancelledByInternal", True, False),
    ],
)
async def test_a_status_says_whether_the_project_goes_on(
    database: Database, read: Read, status: str | None, terminal: bool, active: bool
) -> None:
    await store_documents(database, [make_document(status=status)])

    data = await read('{ project(id: "project-1") { status isTerminal isActive } }')

    assert data["project"] == {"status": status, "isTerminal": terminal, "isActive": active}


@pytest.mark.parametrize(
    ("customer", "expected_kind", "name"),
    [
        ({"customerId": "1"}, "PRIVATE", None),
        (
            {"customerId": "1", "firstName": "Kari", "lastName": "Nordmann"},
            "PRIVATE",
            "Kari Nordmann",
        ),
        ({"customerId": "1", "lastName": "Nordmann", "name": ""}, "PRIVATE", "Nordmann"),
        ({"customerId": "1", "firstName": "Kari", "fullName": "Kari N."}, "PRIVATE", "Kari N."),
        ({"customerId": "1", "fullName": "Kari N.", "name": "Bad AS"}, "BUSINESS", "Bad AS"),
        ({"customerId": "1", "taxId": "914"}, "BUSINESS", None),
    ],
)
async def test_a_customer_is_a_business_by_its_name_or_tax_id(
    database: Database, read: Read, customer: dict[str, Any], expected_kind: str, name: str | None
) -> None:
    await store_documents(database, [make_document(customer=customer)])

    data = await read('{ project(id: "project-1") { customer { id kind displayName } } }')

    assert data["project"]["customer"] == {"id": "1", "kind": expected_kind, "displayName": name}


async def test_the_step_of_the_document_counts_where_no_step_of_the_list_is_current(
    database: Database, read: Read
) -> None:
    alone = {"id": "s", "name": "Alone", "startDate": "2026-01-05T10:00:00+02:00"}
    steps = [{"id": "a", "name": "A"}, {"id": "b", "name": "B", "current": True}]
    await store_documents(
        database,
        [
            make_document("project-1", workflowStep=alone, workflowSteps=None),
            make_document("project-2", workflowSteps=steps),
            make_document("project-3", workflowSteps=steps[:1]),
        ],
    )

    data = await read(
        whole_projects(["project-1", "project-2", "project-3"], "workflowStep { name startDate }")
    )

    assert [project["workflowStep"] for project in data.values()] == [
        {"name": "Alone", "startDate": "2026-01-05T08:00:00Z"},
        {"name": "B", "startDate": None},
        None,
    ]


async def test_an_unknown_project_is_null(database: Database, read: Read) -> None:
    await store_documents(database, [make_document()])

    assert await read('{ a: project(id: "Project-1") { id } b: project(id: "") { id } }') == {
        "a": None,
        "b": None,
    }


@pytest.mark.parametrize("stores", [frozenset(), frozenset({"store-bergen"})])
@pytest.mark.parametrize("at_version", ["", ", atVersion: 1"])
async def test_a_project_outside_the_callers_stores_is_as_if_it_were_not_there(
    database: Database, ask: Ask, stores: frozenset[str], at_version: str
) -> None:
    await store_documents(
        database, [make_document(storeId="store-oslo", stores=[{"storeId": "store-tromso"}])]
    )
    query = f'{{ project(id: "project-1"{at_version}) {{ id products {{ id }} }} }}'

    outside = await ask(query, Caller("ann", frozenset({READ}), stores))

    assert (outside.data, outside.errors) == ({"project": None}, [])
    for store_id in ("store-oslo", "store-tromso"):
        inside = await ask(
            query, Caller("bob", frozenset({READ}), frozenset({store_id, "store-x"}))
        )
        assert inside.data == {"project": {"id": "project-1", "products": []}}


async def cancelled(database: Database, sku: str, code: str) -> None:
    """Cancels a line, as a mutation does."""
    update = StatusUpdate(status="Cancelled", sku_id=sku, cancellation_code=code)
    command = UpdateProductStatus(project_id="project-1", product_status_updates=[update])
    outcome = await change(Context(database, ADMIN_CALLER), command)
    assert outcome.changed


LINES = [
    {"id": "line-1", "skuId": "SKU-001", "quantity": 1, "status": "Active"},
    {"id": "line-2", "skuId": "SKU-002", "quantity": 2, "status": "Active"},
]


async def test_a_project_at_a_version_is_what_that_write_left(
    database: Database, read: Read
) -> None:
    document = make_full_document("project-1") | {"products": LINES}
    await store_documents(database, [document])
    await cancelled(database, "SKU-001", "Defect")
    await cancelled(database, "SKU-002", "Late")
    chosen = "version modified products { skuId status cancellationCode }"

    data = await read(
        "{"
        + "".join(
            f'v{n}: project(id: "project-1", atVersion: {n}) {{ {chosen} }}' for n in (1, 2, 3, 4)
        )
        + f'now: project(id: "project-1", atVersion: null) {{ {chosen} }}'
        + "}"
    )

    active = {"status": "Active", "cancellationCode": None}
    defect = {"status": "Cancelled", "cancellationCode": "Defect"}
    late = {"status": "Cancelled", "cancellationCode": "Late"}
    assert data["v1"]["products"] == [{"skuId": "SKU-001"} | active, {"skuId": "SKU-002"} | active]
    assert data["v2"]["products"] == [{"skuId": "SKU-001"} | defect, {"skuId": "SKU-002"} | active]
    assert data["v3"]["products"] == [{"skuId": "SKU-001"} | defect, {"skuId": "SKU-002"} | late]
    assert data["v3"] == data["now"]
    assert data["v4"] is None
    assert [data[name]["version"] for name in ("v1", "v2", "v3")] == [1, 2, 3]
    assert data["v1"]["modified"] == "2026-01-02T08:00:00Z"


async def test_everything_nested_is_there_at_a_version_too(database: Database, read: Read) -> None:
    documents = [make_full_document("project-1") | {"products": LINES}, *project_documents()]
    await store_documents(database, documents)
    await cancelled(database, "SKU-001", "Defect")
    ids = [document["id"] for document in documents]

    check(await read(whole_projects(ids, WHOLE, ", atVersion: 1")), documents)


async def test_the_log_and_versions_of_a_project_at_a_version_end_there(
    database: Database, read: Read
) -> None:
    await store_documents(database, [make_document(products=LINES)])
    await cancelled(database, "SKU-001", "Defect")
    chosen = "log { nodes { text } } versions { nodes { version } }"

    data = await read(f'{{ project(id: "project-1", atVersion: 1) {{ {chosen} }} }}')

    assert data["project"] == {
        "log": {"nodes": [{"text": "import"}]},
        "versions": {"nodes": [{"version": 1}]},
    }


@pytest.mark.parametrize("version", [0, -1, -(2**31)])
async def test_a_version_below_1_is_an_error_that_says_the_limit(ask: Ask, version: int) -> None:
    answer = await ask(f'{{ project(id: "project-1", atVersion: {version}) {{ id }} }}')

    assert answer.data == {"project": None}
    assert answer.code == "BAD_USER_INPUT"
    assert f"atVersion is {version}" in answer.message
    assert "1 or more" in answer.message


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
@pytest.mark.parametrize("field", ["project", "projectType"])
async def test_an_id_that_no_database_can_store_is_an_error_of_its_argument(
    ask: Ask, text: str, field: str
) -> None:
    answer = await ask(f"query ($id: ID!) {{ {field}(id: $id) {{ id }} }}", id=text)

    assert answer.data == {field: None}
    assert answer.code == "BAD_USER_INPUT"
    assert "id" in answer.message


@pytest.mark.parametrize("roles", [frozenset(), frozenset({"Other"})])
@pytest.mark.parametrize("name", list(fields("Query")))
async def test_no_root_field_answers_a_caller_without_a_known_role(
    ask: Ask, name: str, roles: frozenset[str]
) -> None:
    field = fields("Query")[name]
    required = [arg for arg, kind in field.args.items() if str(kind.type) == "ID!"]
    arguments = "(" + ", ".join(f'{arg}: "x"' for arg in required) + ")" if required else ""

    answer = await ask(f"{{ {name}{arguments} {{ __typename }} }}", Caller("ann", roles))

    assert answer.code == "FORBIDDEN"
    assert "ProjectRead" in answer.message


async def test_an_admin_reads_too(database: Database, read: Read) -> None:
    await store_documents(database, [make_document()])
    admin = Caller("ann", frozenset({ADMIN}))

    assert await read('{ project(id: "project-1") { id } }', admin) == {
        "project": {"id": "project-1"}
    }


@pytest.mark.parametrize(
    ("caller", "viewer"),
    [
        (READER, {"name": "reader", "roles": ["ProjectRead"], "storeIds": None}),
        (
            Caller("ann", frozenset({READ, ADMIN}), frozenset({"b", "a"})),
            {"name": "ann", "roles": ["ProjectAdmin", "ProjectRead"], "storeIds": ["a", "b"]},
        ),
        (
            Caller("", frozenset({READ}), frozenset()),
            {"name": "", "roles": ["ProjectRead"], "storeIds": []},
        ),
    ],
)
async def test_the_viewer_is_the_bearer_of_the_token(
    read: Read, caller: Caller, viewer: dict[str, Any]
) -> None:
    assert await read("{ viewer { name roles storeIds } }", caller) == {"viewer": viewer}
