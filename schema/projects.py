"""The project, with a field for each collection that is nested in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import strawberry

from ..data import statuses
from ..data.transactions import PROJECT, summary
from ..data.workflow_steps import WorkflowStep as WorkflowStepDocument
from ..execution.fields import loader_field, reads
from ..resolvers import actions, histories
from ..resolvers.projects import breakdown
from .actions import ProjectAction
from .addresses import Address
from .attachments import Asset
from .change_orders import ChangeOrder
from .check_list import CheckListItem
from .comments import Comment
from .contact_persons import ContactPerson
from .customers import ProjectCustomer
from .entity_errors import EntityError
from .form_data import FormEntry
from .info import Info
from .log import ProjectLogConnection
from .partners import ProjectPartner
from .parts import ProjectPart
from .products import ProjectProduct
from .properties import ExternalId
from .stores import ProjectStore
from .transactions import Transaction, ValueBreakdown
from .versions import ProjectVersionConnection
from .workflow_steps import WorkflowStep

_FIRST = strawberry.argument(description="How many, 1 to 100.")
_AFTER = strawberry.argument(
    description="The `endCursor` of the page before; null or absent for the newest."
)


def _values(_: Any, rows: Sequence[Any]) -> list[str]:
    return [row.value for row in rows]


def _own_level(project: Any) -> tuple[Any, str, str]:
    return project.key, PROJECT, ""


def _breakdown(project: Any, transactions: Sequence[Any]) -> Any:
    return breakdown(transactions, project.project_additional_value, project.project_value)


def _current_step(project: Any, steps: Sequence[Any]) -> Any:
    """The current one of the steps, or what the document says where none of them is."""
    if project.workflow_step is not None:
        return WorkflowStepDocument.of(project.workflow_step)
    return next((step for step in steps if step.current), None)


@strawberry.type(
    description=(
        "A project: activity that spans time and more than one order, such as a kitchen sale, a claim or a service. "
        "A field that is null was not given; a list without elements is empty, never null."
    )
)
class Project:
    """Served from `data.projects.ProjectRow`; what is nested is found by its `key`."""

    key: strawberry.Private[Any]

    id: strawberry.ID = strawberry.field(
        description="The id of the project, given by the order system."
    )
    version: int = strawberry.field(
        description=(
            "Counts the writes that changed the project, 1 at creation. Give it as `expectedVersion` of a mutation "
            "to make sure that nobody wrote in between."
        )
    )
    version_id: str | None = strawberry.field(
        description="The order system's own version id, which is opaque."
    )
    project_number: str | None = strawberry.field(
        description="The number people use; it need not be unique."
    )
    name: str | None = strawberry.field(description="The name of the project.")
    type: str | None = strawberry.field(
        description="The id of the project's type; the query `projectType` reads the type."
    )
    project_type_name: str | None = strawberry.field(
        description="The name of the type, copied when the project got it."
    )
    project_category: str | None = strawberry.field(
        description="The category, such as Claim or Service."
    )
    sub_type: str | None = strawberry.field(description="A finer kind within the type.")
    status: str | None = strawberry.field(
        description=(
            "The status: New, Active, OnHold, Completed, WorkflowCompleted, CancelledByCustomer, CancelledByPartner, "
            "CancelledByInternal, or one of the tenant's own. A string, because tenants configure it."
        )
    )

    @strawberry.field(
        metadata=reads("status"),
        description="Whether the project is finished or cancelled. A `status` of the tenant's own is neither.",
    )
    def is_terminal(self) -> bool:
        """Told by the status."""
        return statuses.is_terminal(self.status)

    @strawberry.field(
        metadata=reads("status"),
        description="Whether the project is neither finished nor cancelled nor on hold.",
    )
    def is_active(self) -> bool:
        """Told by the status."""
        return statuses.is_active(self.status)

    created: datetime = strawberry.field(description="When the project was created.")
    modified: datetime = strawberry.field(description="When the project was last changed.")
    canceled: datetime | None = strawberry.field(
        description="When the project was cancelled; null when it is not."
    )
    cancellation_code: str | None = strawberry.field(
        description="The code of the reason why it was cancelled."
    )
    cancellation_reason: str | None = strawberry.field(
        description="The reason why it was cancelled, in words."
    )
    deadline: datetime | None = strawberry.field(
        description="When the current workflow step is to be done."
    )
    project_date: datetime | None = strawberry.field(
        description="When the main activity takes place."
    )
    external_reference: str | None = strawberry.field(
        description="What another system calls the project."
    )
    external_ids: list[ExternalId] = loader_field(
        "external_ids", description="Ids that other systems have for the project, in their order."
    )

    tags: list[str] = loader_field(
        "tags", then=_values, description="Words that mark the project, in their order."
    )
    public_url: str | None = strawberry.field(
        description="The address of the project's public page."
    )
    customer: ProjectCustomer | None = loader_field(
        "customer", description="The customer; null when the project has none."
    )
    contact_persons: list[ContactPerson] = loader_field(
        "contact_persons", description="Persons to talk to, in their order."
    )
    store_contact: ContactPerson | None = loader_field(
        "store_contact",
        description="The person at the store who handles the project; null when there is none.",
    )
    store_id: str | None = strawberry.field(
        description="The id of the main store, which handles the project."
    )
    stores: list[ProjectStore] = loader_field(
        "stores",
        description="Stores that have access beside the main store, in their order.",
    )
    addresses: list[Address] = loader_field(
        "addresses", description="Addresses of the project, in their order."
    )
    partner: ProjectPartner | None = loader_field(
        "partner",
        description="The partner where the type allows one; null when there is none, and where `partners` is used.",
    )
    partners: list[ProjectPartner] = loader_field(
        "partners",
        description="The partners where the type allows several, in their order.",
    )

    has_multiple_partners: bool = loader_field(
        "partners",
        then=lambda _, partners: len(partners) > 1,
        description="Whether `partners` has more than one partner.",
    )
    rejected_by_partners: list[str] = loader_field(
        "rejected_by_partners",
        then=_values,
        description="The ids of partners that turned the project down, in their order.",
    )
    partner_check_list: list[CheckListItem] = loader_field(
        "partner_check_list", description="The check list of the partners, in its order."
    )
    products: list[ProjectProduct] = loader_field(
        "products", description="The lines of the product list, in list order; 1,000 at most."
    )
    project_parts: list[ProjectPart] = loader_field(
        "project_parts", description="Pieces of the work, in their order."
    )
    change_orders: list[ChangeOrder] = loader_field(
        "change_orders", description="Changes to the agreed work, in their order."
    )
    transactions: list[Transaction] = loader_field(
        "transactions",
        _own_level,
        reads=("key",),
        description="The money of the project itself, in the order given. Parts and change orders have their own.",
    )
    transaction_summary: Transaction = loader_field(
        "transactions",
        _own_level,
        then=lambda _, transactions: summary(transactions),
        description="The sum of `transactions`, of the project itself; all 0 when there are none.",
    )
    project_transaction_total: Transaction = loader_field(
        "all_transactions",
        then=lambda _, transactions: summary(transactions),
        description="The sum of all transactions: of the project itself, its parts and its change orders.",
    )
    project_value: Decimal = strawberry.field(
        description=(
            "The value of the project: of all its transactions, and `projectAdditionalValue`. Without any transaction "
            "it is the value the client gave."
        )
    )
    project_budget_value: Decimal = strawberry.field(
        description=(
            "The budgeted value of all transactions. Without any transaction it is the value the client gave."
        )
    )
    project_additional_value: Decimal = strawberry.field(
        description="What was added to the value by hand."
    )
    value_breakdown: ValueBreakdown = loader_field(
        "all_transactions",
        then=_breakdown,
        description="Where `projectValue` comes from, level by level.",
    )
    workflow_step: WorkflowStep | None = loader_field(
        "workflow_steps",
        then=_current_step,
        description="The step the project is at; null when no step is current.",
    )
    workflow_steps: list[WorkflowStep] = loader_field(
        "workflow_steps",
        description="The steps of the workflow, copied from the type, in their order.",
    )

    @strawberry.field(
        metadata=reads("id", "key"),
        graphql_type=ProjectLogConnection,
        description="What happened to the project, newest first; log items that documents brought come last.",
    )
    async def log(
        self,
        info: Info,
        first: Annotated[int, _FIRST] = 20,
        after: Annotated[str | None, _AFTER] = None,
    ) -> Any:
        """A page of the log."""
        return await histories.page(info.context.loaders.log, self, "log", first, after)

    @strawberry.field(
        metadata=reads("id", "key"),
        graphql_type=ProjectVersionConnection,
        description="The writes that changed the project, newest first.",
    )
    async def versions(
        self,
        info: Info,
        first: Annotated[int, _FIRST] = 20,
        after: Annotated[str | None, _AFTER] = None,
    ) -> Any:
        """A page of the versions."""
        return await histories.page(info.context.loaders.versions, self, "versions", first, after)

    @strawberry.field(
        graphql_type=list[ProjectAction],
        description=(
            "What you may do with the project now: every mutation of one project that is there, in their order. Of a "
            "project at a version it is told of what the project was then."
        ),
    )
    async def available_actions(root: strawberry.Parent[Any], info: Info) -> Any:  # noqa: N805
        """Told by the rules that the mutations follow themselves."""
        return await actions.available(info.context, root)

    comments: list[Comment] = loader_field(
        "comments", description="Comments that partners see, in their order."
    )
    customer_comments: list[Comment] = loader_field(
        "customer_comments", description="Comments that customers see, in their order."
    )
    form_data: list[FormEntry] = loader_field(
        "form_data", description="Entries of the public form, in their order; a key can repeat."
    )
    attachments: list[Asset] = loader_field(
        "attachments", description="Files that belong to the project, in their order."
    )
    attachments_root_directory: str | None = strawberry.field(
        description="Where the order system keeps the files."
    )
    errors: list[EntityError] = loader_field(
        "errors",
        description="What went wrong with the project in the order system, in the order recorded.",
    )
