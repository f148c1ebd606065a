"""Random inputs of every mutation, as clients send them: most can be done, some are wrong in one way or another.

Each takes a source of chance and the project as the model has it. The same numbers, the same inputs: a `Random`, or
one that hypothesis makes and shrinks.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from . import actions, fields, lines, work

Make = Callable[[Random, dict[str, Any]], dict[str, Any]]

INPUTS: dict[str, Make] = {
    "updateProjectProductStatus": lines.status_updates,
    "replaceProjectProducts": lines.replacement,
    "patchProject": fields.patch,
    "updateProject": fields.update,
    "updateProjectStatus": actions.status,
    "cancelProject": actions.cancel,
    "activateProject": actions.plain,
    "acceptWorkflowStep": actions.step,
    "declineWorkflowStep": actions.step,
    "goToWorkflowStep": actions.named_step,
    "addProjectPartners": actions.new_partners,
    "removeProjectPartners": actions.partner_ids,
    "acceptPartnerRequest": actions.answer,
    "declinePartnerRequest": actions.answer,
    "addProjectTransactions": work.new_transactions,
    "updateProjectTransactions": work.transaction_updates,
    "removeProjectTransactions": work.transaction_ids,
    "addProjectParts": work.new_owners("parts"),
    "updateProjectParts": work.owner_updates("projectParts", "parts"),
    "removeProjectParts": work.owner_ids("projectParts", "partIds"),
    "updateProjectTask": work.task,
    "addChangeOrders": work.new_owners("changeOrders"),
    "updateChangeOrders": work.owner_updates("changeOrders", "changeOrders"),
    "removeChangeOrders": work.owner_ids("changeOrders", "changeOrderIds"),
    "addProjectLogItem": actions.log_item,
    "addProjectComment": actions.comment,
}
