"""Every mutation of one project, by its name, as something done to a draft."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import comments, fields, partners, products, work, workflow
from .drafts import Draft, Given, Refused
from .shown import GUARDS

Apply = Callable[[Draft, Given], None]


def _guarded(name: str, apply: Apply) -> Apply:
    """Refused first where no input can succeed."""

    def guarded(draft: Draft, given: Given) -> None:
        fault = work.refusal(name, draft.state, draft.kind)
        if fault is not None:
            raise Refused(fault)
        apply(draft, given)

    return guarded


def _owners(name: str, member: str, field: str) -> Apply:
    """The mutation of a list of parts or change orders."""
    done = next(done for verb, done in _OWNERS.items() if name.startswith(verb))

    def apply(draft: Draft, given: Given) -> None:
        done(draft, member, given[field], field)

    return _guarded(name, apply)


_OWNERS: dict[str, Callable[[Draft, str, list[Any], str], None]] = {
    "add": work.add_owners,
    "update": work.update_owners,
    "remove": work.remove_owners,
}
MUTATIONS: dict[str, Apply] = {
    "updateProjectProductStatus": products.set_statuses,
    "replaceProjectProducts": products.replace,
    "patchProject": fields.patch,
    "updateProject": fields.update,
    "updateProjectStatus": workflow.set_status,
    "cancelProject": workflow.cancel,
    "activateProject": workflow.activate,
    "acceptWorkflowStep": workflow.accept,
    "declineWorkflowStep": workflow.decline,
    "goToWorkflowStep": workflow.go_to,
    "addProjectPartners": partners.add,
    "removeProjectPartners": partners.remove,
    "acceptPartnerRequest": partners.accept,
    "declinePartnerRequest": partners.decline,
    "addProjectTransactions": work.add_transactions,
    "updateProjectTransactions": _guarded("updateProjectTransactions", work.update_transactions),
    "removeProjectTransactions": _guarded("removeProjectTransactions", work.remove_transactions),
    "addProjectParts": _owners("addProjectParts", "projectParts", "parts"),
    "updateProjectParts": _owners("updateProjectParts", "projectParts", "parts"),
    "removeProjectParts": _owners("removeProjectParts", "projectParts", "partIds"),
    "updateProjectTask": _guarded("updateProjectTask", work.update_task),
    "addChangeOrders": _owners("addChangeOrders", "changeOrders", "changeOrders"),
    "updateChangeOrders": _owners("updateChangeOrders", "changeOrders", "changeOrders"),
    "removeChangeOrders": _owners("removeChangeOrders", "changeOrders", "changeOrderIds"),
    "addProjectLogItem": comments.add_log_item,
    "addProjectComment": comments.add_comment,
}
# Those whose `comment` goes into the log.
ACTIONS = [name for name, guard in GUARDS.items() if guard is GUARDS["acceptWorkflowStep"]]
BY_DOCUMENT_ID = ("patchProject", "updateProject")
