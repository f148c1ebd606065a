"""A project as the schema shows it: amounts and times as text, sums, the current step, and what can be done with it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from . import money, partners, products, work, workflow
from .drafts import State

# What is asked of a project to compare it with `shown`.
TRANSACTION = (
    "id description revenue cost budgetRevenue budgetCost value budgetValue budgetDeviation "
    "budgetDeviationPercent"
)
TASK = (
    "id text comment isCompleted completed completedById completedByName created "
    "properties { key value }"
)
OWNER = (
    "id title description status cartIds properties { key value } created modified "
    f"tasks {{ {TASK} }} transactions {{ {TRANSACTION} }} transactionSummary {{ {TRANSACTION} }}"
)
COMMENT = "id type title detail creator parentId"
SELECTED = f"""
    id version type projectTypeName projectCategory subType status name projectNumber externalReference publicUrl
    created modified canceled cancellationCode cancellationReason deadline projectDate storeId tags rejectedByPartners
    projectValue projectBudgetValue projectAdditionalValue hasMultiplePartners
    externalIds {{ id providerName }} formData {{ key value }}
    customer {{ id displayName email }} storeContact {{ id firstName lastName }}
    partner {{ id name role }} partners {{ id name role }}
    products {{ id name skuId productId quantity status cancellationCode cancellationReason orderId
                properties {{ key value }} }}
    projectParts {{ {OWNER} }} changeOrders {{ {OWNER} approved approvedBy }}
    transactions {{ {TRANSACTION} }} transactionSummary {{ {TRANSACTION} }} projectTransactionTotal {{ {TRANSACTION} }}
    valueBreakdown {{ project parts changeOrders additional total }}
    workflowStep {{ id }} workflowSteps {{ id index name current startDate dateCompleted }}
    comments {{ {COMMENT} }} customerComments {{ {COMMENT} }}
    availableActions {{ name allowed }}
    log(first: 1) {{ nodes {{ text user date comment dueDate previousWorkflowStepName newWorkflowStepName }} }}
    versions(first: 1) {{ nodes {{ version operation actor at }} }}
"""
GUARDS = {
    "updateProjectProductStatus": products.refusal,
    **dict.fromkeys(workflow.ACTIONS, workflow.refusal),
    **dict.fromkeys(("addProjectPartners", "removeProjectPartners"), partners.refusal),
}
OTHERS = [
    "replaceProjectProducts",
    "patchProject",
    "updateProject",
    "addProjectTransactions",
    "updateProjectTransactions",
    "removeProjectTransactions",
    "addProjectParts",
    "updateProjectParts",
    "removeProjectParts",
    "updateProjectTask",
    "addChangeOrders",
    "updateChangeOrders",
    "removeChangeOrders",
    "addProjectLogItem",
    "addProjectComment",
]


def written(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, Decimal):
        text = f"{value:f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return "0" if not value else text
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, dict):
        return {name: written(item) for name, item in value.items()}
    return [written(item) for item in value] if isinstance(value, list) else value


def allowed(state: State, kind: dict[str, Any]) -> dict[str, bool]:
    """Which mutations can succeed, by name."""
    guards = dict.fromkeys(OTHERS, work.refusal) | GUARDS
    return {name: guard(name, state, kind) is None for name, guard in guards.items()}


def shown(state: State, kind: dict[str, Any], version: int, last: dict[str, Any]) -> State:
    """All that `SELECTED` asks; `last` is the write of the version, with what it noted in the log."""
    current, levels = workflow.current_of(state), money.levels(state)
    breakdown = {name: money.summary(rows)["value"] for name, rows in levels.items()}
    additional = state["projectAdditionalValue"]
    at = {"at": last["at"], "actor": last["actor"], "operation": last["operation"]}
    log = {
        "text": last["operation"],
        **dict.fromkeys(("comment", "dueDate", "previousWorkflowStepName", "newWorkflowStepName")),
        **last["note"],
        "user": last["actor"],
        "date": last["at"],
    }
    found = state | {
        "version": version,
        "hasMultiplePartners": len(state["partners"]) > 1,
        "customer": _customer(state["customer"]),
        "transactions": list(map(_transaction, state["transactions"])),
        "transactionSummary": _summary(state["transactions"]),
        "projectTransactionTotal": _summary(money.every(state)),
        "valueBreakdown": breakdown | {"additional": additional, "total": state["projectValue"]},
        "workflowStep": current and {"id": current["id"]},
        **{name: list(map(_owner, state[name])) for name in work.OWNERS},
        "availableActions": allowed(state, kind),
        "log": {"nodes": [log]},
        "versions": {"nodes": [at | {"version": version}]},
    }
    return {name: written(value) for name, value in found.items()}


def name_of(customer: State | None) -> str | None:
    """The name of a customer: of the business, else the full one, else first and last name."""
    if customer is None:
        return None
    return customer["name"] or customer["fullName"] or _joined(customer)


def _joined(person: State) -> str | None:
    return " ".join(filter(None, (person["firstName"], person["lastName"]))) or None


def _customer(customer: State | None) -> State | None:
    if customer is None:
        return None
    names = {"displayName": name_of(customer)}
    return names | {"id": customer["id"], "email": customer["email"]}


def _transaction(row: State) -> State:
    return row | {name: money.summary([row])[name] for name in work.CALCULATED}


def _summary(rows: list[State]) -> State:
    return {"id": None, "description": None} | money.summary(rows)


def _owner(owner: State) -> State:
    rows = owner["transactions"]
    return owner | {
        "transactions": list(map(_transaction, rows)),
        "transactionSummary": _summary(rows),
    }


def sort_keys(state: State) -> dict[str, Any]:
    """What projects sort by, under the names of the columns: texts with their case folded."""
    contact, step = state["storeContact"], workflow.current_of(state)
    named = [one["name"] for one in (state["partner"], *state["partners"][:1]) if one]
    texts = {
        "project_type_name_key": state["projectTypeName"],
        "customer_key": name_of(state["customer"]),
        "partner_key": next(filter(None, named), None),
        "store_contact_key": contact and _joined(contact),
        "workflow_step_key": step and step["name"],
    }
    return {name: text.casefold() if text else None for name, text in texts.items()} | {
        "created": state["created"],
        "modified": state["modified"],
        "deadline": state["deadline"],
        "project_value": state["projectValue"],
        "workflow_step_id": step and step["id"],
    }
