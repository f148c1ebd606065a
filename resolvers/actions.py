"""What a caller may do with a project now: every mutation of one project, allowed or why not."""

from __future__ import annotations

from asyncio import gather
from typing import Any, NamedTuple, Protocol

from .access import admin_refusal
from .change_orders import AddChangeOrders, RemoveChangeOrders, UpdateChangeOrders
from .commands import Command
from .comments import AddProjectComment, AddProjectLogItem
from .context import Context
from .partners import (
    AcceptPartnerRequest,
    AddProjectPartners,
    DeclinePartnerRequest,
    RemoveProjectPartners,
)
from .parts import AddProjectParts, RemoveProjectParts, UpdateProjectParts
from .products import ReplaceProducts, UpdateProductStatus
from .situations import Situation, in_order, place_in
from .tasks import UpdateProjectTask
from .transactions import (
    AddProjectTransactions,
    RemoveProjectTransactions,
    UpdateProjectTransactions,
)
from .updates import PatchProject, UpdateProject
from .workflow import (
    AcceptWorkflowStep,
    ActivateProject,
    CancelProject,
    DeclineWorkflowStep,
    GoToWorkflowStep,
    UpdateProjectStatus,
)

# Every mutation of one project that is there, in the order they are told.
COMMANDS: list[type[Command]] = [
    UpdateProductStatus,
    ReplaceProducts,
    PatchProject,
    UpdateProject,
    UpdateProjectStatus,
    CancelProject,
    ActivateProject,
    AcceptWorkflowStep,
    DeclineWorkflowStep,
    GoToWorkflowStep,
    AddProjectPartners,
    RemoveProjectPartners,
    AcceptPartnerRequest,
    DeclinePartnerRequest,
    AddProjectTransactions,
    UpdateProjectTransactions,
    RemoveProjectTransactions,
    AddProjectParts,
    UpdateProjectParts,
    RemoveProjectParts,
    UpdateProjectTask,
    AddChangeOrders,
    UpdateChangeOrders,
    RemoveChangeOrders,
    AddProjectLogItem,
    AddProjectComment,
]


class Action(NamedTuple):
    """A mutation by its name, whether it can succeed, and if not the message that it would give."""

    name: str
    allowed: bool
    reason: str | None


class Row(Protocol):
    """A project's own row, as far as its situation needs it."""

    @property
    def key(self) -> Any:
        """What finds the rows nested in it."""
        ...

    @property
    def status(self) -> str | None:
        """The status."""
        ...

    @property
    def type(self) -> str | None:
        """The id of the type."""
        ...

    @property
    def workflow_step(self) -> Any:
        """The current step, where the document states it and none of the list is."""
        ...


async def available(context: Context, project: Row) -> list[Action]:
    """What the caller may do with a project, in the order of the mutations."""
    denied = admin_refusal(context.caller)
    situation = await _situation(context, project)
    actions = []
    for command in COMMANDS:
        refused = denied or command.guard(situation)
        reason = None if refused is None else refused.message
        actions.append(Action(command.operation, refused is None, reason))
    return actions


async def _situation(context: Context, project: Row) -> Situation:
    """The situation of a project from its rows, asked for at once, so that each loader has one batch for a level."""
    loaders, key = context.loaders, project.key
    kind, single, listed, *lists = await gather(
        _kind(context, project),
        loaders.partner.load(key),
        loaders.workflow_steps.load(key),
        loaders.partners.load(key),
        loaders.products.load(key),
        loaders.project_parts.load(key),
        loaders.change_orders.load(key),
        loaders.all_tasks.load(key),
        loaders.all_transactions.load(key),
    )
    partners, products, parts, change_orders, tasks, transactions = map(len, lists)
    steps, stated = in_order(listed), project.workflow_step
    return Situation(
        status=project.status,
        kind=kind,
        steps=steps,
        place=place_in(steps, stated and stated.get("id")),
        partners=partners + (single is not None),
        products=products,
        parts=parts,
        change_orders=change_orders,
        tasks=tasks,
        transactions=transactions,
    )


async def _kind(context: Context, project: Row) -> Any:
    return await context.loaders.project_type.load(project.type) if project.type else None
