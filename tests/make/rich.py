"""A project that has something for every mutation to be done to, and inputs with lists of any length."""

from __future__ import annotations

from typing import Any

from projectgate.data.projects import Project
from tests.make.mutations import Input
from tests.make.projects import make_project


def make_rich(name: str = "project-1", each: int = 2, **changes: Any) -> Project:
    """A project of the type claim at the middle one of three steps, with `each` of everything."""

    def every(kind: str, **fields: Any) -> list[dict[str, Any]]:
        return [{"id": f"{kind}-{place}", **fields} for place in range(each)]

    def owners(kind: str) -> list[dict[str, Any]]:
        return [
            {
                "id": f"{kind}-{place}",
                "title": kind,
                "tasks": [{"id": f"{kind}-{place}-task", "text": "do"}],
                "transactions": [{"id": f"{kind}-{place}-money", "cost": "2.5"}],
            }
            for place in range(each)
        ]

    values: dict[str, Any] = {
        "id": name,
        "type": "claim",
        "workflow_steps": [
            {"id": f"s{place}", "index": place, "name": f"Step {place}", "current": place == 1}
            for place in range(3)
        ],
        "products": [
            line | {"sku_id": f"SKU-{place}"}
            for place, line in enumerate(every("line", name="Tap", quantity=1, status="Active"))
        ],
        "partners": every("partner", name="Rør"),
        "transactions": every("money", revenue="10.25", cost=3),
        "project_parts": owners("part"),
        "change_orders": owners("order"),
        "comments": every("comment", detail="x"),
    }
    return make_project(**(values | changes))


def listed_inputs(project: Project, count: int) -> dict[str, Input]:
    """For every mutation that takes a list, an input with `count` elements; removals are from the end."""
    named = {"projectId": project.id}

    def last(elements: Any) -> list[str]:
        return [element.id for element in elements][-count:]

    lines = last(project.products)
    new_lines = [{"skuId": f"NEW-{place}", "name": "Basin"} for place in range(count)]
    new_money = [{"revenue": "1.5"}] * count
    new_owners = [
        {"title": "New", "tasks": [{"text": "do"}], "transactions": new_money[:1]}
    ] * count
    lists = {
        "name": "Listed",
        "products": new_lines,
        "tags": [f"tag-{place}" for place in range(count)],
        "partners": [{"id": f"new-{place}"} for place in range(count)],
        "transactions": new_money,
        "projectParts": new_owners,
        "changeOrders": new_owners,
    }
    status = [{"lineId": line, "status": "Sent"} for line in lines]
    return {
        "updateProjectProductStatus": named | {"productStatusUpdates": status},
        "updateManyProjectProductStatus": {
            "items": [named | {"productStatusUpdates": status}],
            "errorPolicy": "REJECT_FAILED",
        },
        "replaceProjectProducts": named | {"products": new_lines},
        "patchProject": {"id": project.id} | lists,
        "updateProject": {"id": project.id, "storeId": project.store_id} | lists,
        "createProject": {"projectTypeId": "claim"} | lists,
        "addProjectPartners": named | {"partners": lists["partners"]},
        "removeProjectPartners": named | {"partnerIds": last(project.partners)},
        "addProjectTransactions": named | {"transactions": new_money},
        "updateProjectTransactions": named
        | {"transactions": [{"id": one, "cost": "9"} for one in last(project.transactions)]},
        "removeProjectTransactions": named | {"transactionIds": last(project.transactions)},
        "addProjectParts": named | {"parts": new_owners},
        "updateProjectParts": named
        | {"parts": [{"id": one, "title": "x"} for one in last(project.project_parts)]},
        "removeProjectParts": named | {"partIds": last(project.project_parts)},
        "addChangeOrders": named | {"changeOrders": new_owners},
        "updateChangeOrders": named
        | {"changeOrders": [{"id": one, "title": "x"} for one in last(project.change_orders)]},
        "removeChangeOrders": named | {"changeOrderIds": last(project.change_orders)},
    }
