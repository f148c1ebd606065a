"""Searches in GraphQL: their answers, every field of the filter, and the errors of bad arguments."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType
from pydantic.alias_generators import to_camel

from projectgate.data import filters
from projectgate.data.database import Database
from projectgate.data.facets import ProjectFacetField
from projectgate.data.search import ProjectSortOrder
from projectgate.resolvers.access import READ, Caller
from projectgate.schema.build import schema
from tests.conftest import recorded
from tests.make.projects import NOON, make_project, some_projects, store
from tests.schema.conftest import Ask

pytestmark = pytest.mark.anyio

# One value for each field of the filter, in GraphQL, that the project below meets.
MET = {
    "projectId": '"project-1"',
    "projectNumber": '"P-1"',
    "projectTypeIds": '["bathroom"]',
    "statuses": '["Active"]',
    "active": "true",
    "isUrgent": "true",
    "stepIds": '["step"]',
    "stepName": '"Measure"',
    "customerId": '"c-1"',
    "customerName": '"hans"',
    "email": '"OLA@example.test"',
    "phone": '"22 33"',
    "city": '"oslo"',
    "postalCode": '"0150"',
    "contactPersonEmails": '["kari@example.test"]',
    "contactPersonPhones": '["44 55"]',
    "partnerId": '"partner-el"',
    "partnerName": '"el"',
    "rejectedPartnerIds": '["partner-ror"]',
    "excludeRejectedPartnerIds": '["partner-el"]',
    "storeIds": '["store-bergen"]',
    "mainStoreIds": '["store-oslo"]',
    "storeContact": '"per"',
    "tags": '{ any: ["a", "x"], all: ["a", "b"], none: ["c"] }',
    "externalIds": '["1"]',
    "externalIdsProvider": '"CRM"',
    "created": '{ from: "2026-01-15T12:00:00Z", to: "2026-01-15T13:00:01+01:00" }',
    "modified": '{ from: "2026-01-15T13:00:00+01:00" }',
    "deadline": '{ to: "2026-01-15T12:00:00.000001Z" }',
    "projectDate": '{ from: "2026-01-15T12:00:00Z" }',
    "projectValue": '{ min: "12.5", max: 13 }',
    "formEntries": '[{ key: "color" }]',
    "projectFormEntryAdvancedSearch": """{
        projectFormEntriesAdvancedFilter: [[{ key: "color", value: "red" }]]
        excludedFormEntries: [{ key: "size" }]
    }""",
    "addressFilter": """{
        purposes: ["Delivery"], zipCodeRanges: [{ zipCodeFrom: "5000", zipCodeTo: "5003" }]
    }""",
    "products": """{
        skuIds: ["SKU-001"], productIds: ["P1"], orderIds: ["10207"], statuses: ["Cancelled"]
        cancellationCodes: ["Defect"]
    }""",
    "and": '[{ projectId: "project-1" }, { active: true }]',
    "or": '[{ projectId: "nothing" }, { active: true }]',
    "not": '{ projectId: "nothing" }',
}


def met_project() -> Any:
    """A project that meets each of these."""
    return make_project(
        workflow_steps=[{"id": "step", "name": "Measure", "current": True}],
        customer={
            "id": "c-1",
            "name": "Ola Hansen",
            "email": "ola@example.test",
            "phone": "22 33",
            "address": {"city": "Oslo", "postal_code": "0150"},
        },
        contact_persons=[{"email": "Kari@example.test", "phone": "44 55"}],
        partners=[{"id": "partner-el", "name": "Elektro"}],
        rejected_by_partners=["partner-ror"],
        stores=[{"store_id": "store-bergen"}],
        store_contact={"first_name": "Per"},
        tags=["a", "b"],
        external_ids=[{"id": "1", "provider_name": "CRM"}],
        deadline=NOON,
        project_date=NOON,
        project_value="12.5",
        form_data=[{"key": "color", "value": "red"}],
        addresses=[{"postal_code": "5003", "purposes": ["Delivery"]}],
        products=[
            {
                "sku_id": "SKU-001",
                "product_id": "P1",
                "order_id": "10207",
                "status": "Cancelled",
                "cancellation_code": "Defect",
            }
        ],
    )


async def test_every_field_of_the_filter_reaches_the_search(database: Database, ask: Ask) -> None:
    names = {to_camel(field.name.rstrip("_")) for field in fields(filters.ProjectFilter)}
    assert set(MET) == names
    await store(database, [met_project()])
    for name, value in MET.items():
        for wanted, expected in ((f"{name}: {value}", 1), (f"not: {{ {name}: {value} }}", 0)):
            answer = await ask(f"{{ searchProjects(filter: {{ {wanted} }}) {{ totalHits }} }}")
            assert answer.errors == []
            assert answer.data["searchProjects"]["totalHits"] == expected, wanted


async def test_a_filter_in_a_variable_means_the_same_and_null_is_no_filter(
    database: Database, ask: Ask
) -> None:
    await store(database, [met_project()])
    query = "query ($f: ProjectFilter) { searchProjects(filter: $f) { totalHits } }"
    for wanted, expected in (
        ({"tags": {"none": ["a"]}}, 0),
        ({"not": {"tags": {"none": ["a"]}}}, 1),
        ({"or": []}, 0),
        (dict.fromkeys(MET), 1),
        (None, 1),
    ):
        answer = await ask(query, f=wanted)
        assert answer.data["searchProjects"]["totalHits"] == expected, wanted


async def test_a_numbered_page_answers_all_that_is_selected(database: Database, ask: Ask) -> None:
    await store(database, [make_project(id=f"p{number}", tags=["a"]) for number in range(5)])
    answer = await ask(
        """{
            searchProjects(query: "bathroom hansens", take: 2, page: 2, sortOrder: CREATED_DESCENDING) {
                result { id tags }
                totalHits
                facets { field values { value count } }
                pageInfo { page take totalPages hasNextPage }
            }
        }"""
    )
    assert answer.errors == []
    found = answer.data["searchProjects"]
    assert found["result"] == [{"id": "p2", "tags": ["a"]}, {"id": "p1", "tags": ["a"]}]
    assert found["totalHits"] == 5
    assert [facet["field"] for facet in found["facets"]] == [one.name for one in ProjectFacetField]
    assert found["facets"][-1]["values"] == [{"value": "a", "count": 5}]
    assert found["pageInfo"] == {"page": 2, "take": 2, "totalPages": 3, "hasNextPage": True}


async def test_cursors_lead_through_the_list(database: Database, ask: Ask) -> None:
    await store(database, some_projects(25))
    query = """query ($after: String) {
        projects(first: 10, after: $after, sortOrder: CUSTOMER_DESCENDING, filter: { not: { projectId: "x" } }) {
            edges { node { id } cursor }
            nodes { id }
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
            totalCount
            facets { field }
        }
    }"""
    ids: list[str] = []
    after = None
    for number in range(3):
        answer = await ask(query, after=after)
        assert answer.errors == []
        page = answer.data["projects"]
        assert page["totalCount"] == 25
        assert len(page["facets"]) == 7
        assert page["nodes"] == [edge["node"] for edge in page["edges"]]
        cursors = [edge["cursor"] for edge in page["edges"]]
        after = cursors[-1]
        assert page["pageInfo"] == {
            "hasNextPage": number < 2,
            "hasPreviousPage": number > 0,
            "startCursor": cursors[0],
            "endCursor": after,
        }
        ids += [node["id"] for node in page["nodes"]]
    assert len(set(ids)) == len(ids) == 25


async def test_sums_are_served_as_transactions(database: Database, ask: Ask) -> None:
    money = {"revenue": "10.0000000001", "cost": "1", "budget_revenue": "3"}
    await store(
        database,
        [
            make_project(
                id="a", transactions=[money], project_parts=[{"id": "p", "transactions": [money]}]
            ),
            make_project(id="b", change_orders=[{"id": "o", "transactions": [money, money]}]),
        ],
    )
    query = """{
        transactionSummary(%s) {
            totalHits
            projectTransactionSummary { id revenue }
            partsTransactionSummary { value }
            changeTransactionSummary { value budgetDeviation budgetDeviationPercent }
            totalTransactionSummary { revenue cost budgetRevenue budgetCost }
        }
    }"""
    answer = await ask(query % 'query: "bathroom"')
    assert answer.data["transactionSummary"] == {
        "totalHits": 2,
        "projectTransactionSummary": {"id": None, "revenue": "10.0000000001"},
        "partsTransactionSummary": {"value": "9.0000000001"},
        "changeTransactionSummary": {
            "value": "18.0000000002",
            "budgetDeviation": "12.0000000002",
            "budgetDeviationPercent": "200",
        },
        "totalTransactionSummary": {
            "revenue": "40.0000000004",
            "cost": "4",
            "budgetRevenue": "12",
            "budgetCost": "0",
        },
    }
    nothing = await ask(query % 'filter: { projectId: "c" }')
    assert nothing.data["transactionSummary"]["totalHits"] == 0
    assert nothing.data["transactionSummary"]["totalTransactionSummary"]["revenue"] == "0"


@pytest.mark.parametrize(
    ("field", "selection", "statements"),
    [
        ("searchProjects", "result { id } pageInfo { hasNextPage page }", 1),
        ("searchProjects", "totalHits pageInfo { totalPages }", 1),
        ("searchProjects", "result { id } totalHits facets { field }", 3),
        ("projects", "nodes { id } edges { cursor } pageInfo { hasNextPage endCursor }", 1),
        ("projects", "totalCount", 1),
        (
            "transactionSummary",
            "projectTransactionSummary { cost } totalTransactionSummary { cost }",
            1,
        ),
        ("transactionSummary", "totalHits", 1),
    ],
)
async def test_only_what_is_selected_costs_a_statement(
    database: Database, ask: Ask, field: str, selection: str, statements: int
) -> None:
    await store(database, some_projects(3))
    with recorded(database) as sent:
        answer = await ask(f"{{ {field} {{ {selection} }} }}")
    assert answer.errors == []
    assert len(sent) == statements


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        ("searchProjects(page: 0) { totalHits }", "BAD_USER_INPUT", "pages count from 1"),
        ("searchProjects(take: 101) { totalHits }", "BAD_USER_INPUT", "take is 101"),
        ("searchProjects(take: 11, page: 1000) { totalHits }", "BAD_USER_INPUT", "11,000"),
        ("projects(first: 1, last: 1) { totalCount }", "BAD_USER_INPUT", "give one of them"),
        ("projects(first: 101) { totalCount }", "BAD_USER_INPUT", "first is 101"),
        ('projects(after: "zzz") { totalCount }', "INVALID_CURSOR", "no cursor"),
        ('transactionSummary(query: "\\u0000") { totalHits }', "BAD_USER_INPUT", "U+0000"),
        ('projects(query: "\\ud800") { totalCount }', None, ""),
        (
            'searchProjects(filter: { email: "\\u0000" }) { totalHits }',
            "BAD_USER_INPUT",
            "filter.email",
        ),
    ],
)
async def test_bad_arguments_are_told(ask: Ask, asked: str, code: str | None, said: str) -> None:
    answer = await ask(f"{{ {asked} }}")
    assert answer.code == (code or "GRAPHQL_PARSE_FAILED")
    assert said in answer.message


async def test_a_lone_surrogate_in_a_variable_is_refused(ask: Ask) -> None:
    answer = await ask("query ($q: String) { projects(query: $q) { totalCount } }", q="a\ud800")
    assert answer.code == "BAD_USER_INPUT"
    assert "surrogate" in answer.message


@pytest.mark.parametrize(
    "field",
    ["searchProjects { totalHits }", "projects { totalCount }", "transactionSummary { totalHits }"],
)
async def test_who_has_no_role_is_forbidden(ask: Ask, field: str) -> None:
    answer = await ask(f"{{ {field} }}", Caller("nobody", frozenset()))
    assert answer.code == "FORBIDDEN"


async def test_two_callers_of_different_stores_get_different_answers(
    database: Database, ask: Ask
) -> None:
    money = {"revenue": "10"}
    await store(
        database,
        [
            make_project(id="a", store_id="store-oslo", tags=["o"], transactions=[money]),
            make_project(id="b", store_id="store-bergen", tags=["b"], transactions=[money, money]),
        ],
    )
    query = """{
        searchProjects { result { id } totalHits facets { field values { value } } }
        projects { nodes { id } totalCount facets { field values { value } } }
        transactionSummary { totalHits projectTransactionSummary { revenue } }
    }"""
    for scope, project, tag, revenue in (
        ("store-oslo", "a", "o", "10"),
        ("store-bergen", "b", "b", "20"),
    ):
        answer = await ask(query, Caller("c", frozenset({READ}), frozenset({scope})))
        assert answer.errors == []
        search, listed, sums = answer.data.values()
        assert search["result"] == listed["nodes"] == [{"id": project}]
        assert search["totalHits"] == listed["totalCount"] == sums["totalHits"] == 1
        assert search["facets"] == listed["facets"]
        assert search["facets"][-1] == {"field": "TAG", "values": [{"value": tag}]}
        assert sums["projectTransactionSummary"]["revenue"] == revenue


def test_the_enums_and_the_filter_are_those_of_the_data_and_are_described() -> None:
    types = schema._schema.type_map
    for name, enum in (
        ("ProjectSortOrder", ProjectSortOrder),
        ("ProjectFacetField", ProjectFacetField),
    ):
        made = types[name]
        assert isinstance(made, GraphQLEnumType)
        assert list(made.values) == [member.name for member in enum]
        assert all(value.description for value in made.values.values())
    made_filter = types["ProjectFilter"]
    assert isinstance(made_filter, GraphQLInputObjectType)
    assert set(made_filter.fields) == set(MET)
    for name, kind in types.items():
        if isinstance(kind, GraphQLInputObjectType):
            assert all(field.description for field in kind.fields.values()), name
