"""Project types, and what projects of a type start with."""

from __future__ import annotations

import strawberry

from ..data.check_list import CheckListItem as CheckListDocument
from ..data.project_types import DefaultProperty as DefaultPropertyDocument
from ..data.workflow_steps import WorkflowStep as WorkflowStepDocument
from .check_list import CheckListItem
from .nested import documents_field, words_field
from .workflow_steps import WorkflowStep


@strawberry.type(
    description="A property that projects of a type start with. A field that is null was not given."
)
class DefaultProperty:
    """Served from `data.project_types.DefaultProperty`."""

    key: str | None = strawberry.field(description="The name of the property.")
    value: str | None = strawberry.field(
        description="The value a project starts with: a string, whatever `valueType` says."
    )
    key_group: str | None = strawberry.field(description="The group the property is shown in.")
    value_type: str | None = strawberry.field(
        description="How to read `value`: String, Number, Boolean, DateTime, Xhtml or a type of the tenant's own."
    )
    value_options: list[str] = words_field(
        "value_options", description="The values to choose from; none means any value."
    )
    read_only: bool = strawberry.field(description="Whether users cannot change the value.")
    is_multi_select_enabled: bool = strawberry.field(
        description="Whether several of `valueOptions` can be chosen."
    )
    is_custom_value_option_allowed: bool = strawberry.field(
        description="Whether a value outside `valueOptions` can be given."
    )


@strawberry.type(
    description=(
        "A kind of project. It decides the workflow, the partners and what projects start with. Every caller sees "
        "every type. A field that is null was not given."
    )
)
class ProjectType:
    """Served from rows of `data.project_types.PROJECT_TYPES`."""

    id: strawberry.ID = strawberry.field(
        description="The id of the type, which `Project.type` has. REST calls it projectTypeId."
    )
    name: str | None = strawberry.field(
        description="The name of the type. REST calls it projectTypeName."
    )
    description: str | None = strawberry.field(
        description="What the type is for. REST calls it projectTypeDescription."
    )
    project_category: str | None = strawberry.field(
        description="The category of its projects, such as Claim or Service."
    )
    active: bool = strawberry.field(
        description="Whether new projects can have the type. `createProject` refuses an inactive one."
    )
    workflow_steps: list[WorkflowStep] = documents_field(
        "workflow_steps",
        WorkflowStepDocument,
        description="The steps that a new project gets a copy of, in their order.",
    )
    finish_on_last_step: bool = strawberry.field(
        description="Whether accepting the last step completes the project."
    )
    can_have_multiple_partners: bool = strawberry.field(
        description="Whether projects use `partners`, which can be several, instead of the single `partner`."
    )
    is_partner_disabled: bool = strawberry.field(
        description="Whether projects of the type have no partners at all."
    )
    available_partner_ids: list[str] = words_field(
        "available_partner_ids",
        description="The ids of the partners to choose from; none means every partner.",
    )
    partner_check_list: list[CheckListItem] = documents_field(
        "partner_check_list",
        CheckListDocument,
        description="The check list that partners of a new project get, in its order.",
    )
    internal_check_list: list[CheckListItem] = documents_field(
        "internal_check_list",
        CheckListDocument,
        description="The check list for the stores' own people, in its order.",
    )
    default_properties: list[DefaultProperty] = documents_field(
        "default_properties",
        DefaultPropertyDocument,
        description="The properties that a new project starts with, in their order.",
    )
    default_order_type: str | None = strawberry.field(
        description="The type of orders made from its projects."
    )
    set_delivery_address_to_main_store_address: bool = strawberry.field(
        description="Whether goods are delivered to the main store instead of the customer."
    )
    terms: str | None = strawberry.field(description="The terms that customers accept.")
    public_url: str | None = strawberry.field(
        description="The address of the public page of its projects."
    )
