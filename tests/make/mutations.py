"""An input for every mutation: one that fits a project, and how many elements its list has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from projectgate.data.project_types import ProjectType
from projectgate.data.projects import Project

Input = dict[str, Any]

# What stands where a project has nothing to name.
NOBODY = "nobody"


def text_of(mutation: str, selected: str) -> str:
    """The text of one mutation with its input as variable."""
    kind = f"{mutation[0].upper()}{mutation[1:]}Input!"
    return f"mutation ($input: {kind}) {{ {mutation}(input: $input) {{ {selected} }} }}"


def fitting_inputs(project: Project, kind: ProjectType | None = None) -> dict[str, Input]:
    """For every mutation of one project an input that succeeds if any can, by the mutation's name."""
    lines = [line.id for line in project.products or ()]
    partner = _partner(project)
    steps = [step for step in project.workflow_steps or () if not step.current]
    steps = steps or list(project.workflow_steps or ())
    owner, transaction = next(_owned(project, "transactions"), (None, None))
    task_owner, task = next(_owned(project, "tasks"), (None, None))
    named = {"projectId": project.id}
    part = next(iter(project.project_parts or ()), None)
    order = next(iter(project.change_orders or ()), None)
    return {
        "updateProjectProductStatus": named
        | {"productStatusUpdates": [{"lineId": _first(lines), "status": "Sent"}]},
        "replaceProjectProducts": named | {"products": [{"skuId": "NEW", "quantity": "1.5"}]},
        "patchProject": {"id": project.id, "name": "Patched"},
        "updateProject": {"id": project.id, "name": "Updated", "storeId": project.store_id},
        "updateProjectStatus": named | {"status": "Parked"},
        "cancelProject": named | {"cancelledBy": "CUSTOMER"},
        "activateProject": named,
        "acceptWorkflowStep": named,
        "declineWorkflowStep": named,
        "goToWorkflowStep": named | {"workflowStepId": _first([step.id for step in steps])},
        "addProjectPartners": named
        | {"partners": [{"id": partner or _allowed(kind), "role": "R"}]},
        "removeProjectPartners": named | {"partnerIds": [partner or NOBODY]},
        "acceptPartnerRequest": named | {"partnerId": partner or NOBODY},
        "declinePartnerRequest": named | {"partnerId": partner or NOBODY},
        "addProjectTransactions": named | {"transactions": [{"revenue": "12.5", "cost": 2}]},
        "updateProjectTransactions": named
        | {"owner": owner, "transactions": [{"id": _id(transaction), "revenue": "3.25"}]},
        "removeProjectTransactions": named | {"owner": owner, "transactionIds": [_id(transaction)]},
        "addProjectParts": named | {"parts": [{"title": "New", "tasks": [{"text": "do"}]}]},
        "updateProjectParts": named | {"parts": [{"id": _id(part), "title": "Changed"}]},
        "removeProjectParts": named | {"partIds": [_id(part)]},
        "updateProjectTask": named
        | {"owner": task_owner, "taskId": _id(task), "comment": "changed", "isCompleted": True},
        "addChangeOrders": named
        | {"changeOrders": [{"title": "New", "transactions": [{"cost": "0.1"}]}]},
        "updateChangeOrders": named | {"changeOrders": [{"id": _id(order), "approvedBy": "Kari"}]},
        "removeChangeOrders": named | {"changeOrderIds": [_id(order)]},
        "addProjectLogItem": named | {"text": "Called", "hidden": True},
        "addProjectComment": named | {"detail": "When?", "type": "ProjectCustomerComment"},
    }


def inputs_of_all(project: Project, kind: ProjectType) -> dict[str, Input]:
    """The same, and an input for each of the other mutations."""
    inputs = fitting_inputs(project, kind)
    status = inputs["updateProjectProductStatus"]
    return inputs | {
        "createProject": {"projectTypeId": kind.id, "storeId": project.store_id, "name": "Made"},
        "updateManyProjectProductStatus": {"items": [status]},
    }


def _first(names: list[str]) -> str:
    return names[0] if names else NOBODY


def _id(element: Any) -> str:
    return NOBODY if element is None else str(element.id)


def _partner(project: Project) -> str | None:
    there = [*([project.partner] if project.partner else []), *(project.partners or ())]
    return there[0].id if there else None


def _allowed(kind: ProjectType | None) -> str:
    """A partner that a type allows."""
    allowed = kind.available_partner_ids if kind else None
    return allowed[0] if allowed else "new"


def _owned(project: Project, name: str) -> Iterator[tuple[Input | None, Any]]:
    """The tasks or transactions of a project, each with the owner that an input names."""
    for one in getattr(project, name, None) or ():
        yield None, one
    for key, owners in (
        ("partId", project.project_parts),
        ("changeOrderId", project.change_orders),
    ):
        for owner in owners or ():
            for one in getattr(owner, name) or ():
                yield {key: owner.id}, one
