"""The root of mutations. Every one of them needs the role ProjectAdmin."""

from __future__ import annotations

import strawberry

from ..resolvers import (
    change_orders,
    changes,
    comments,
    creation,
    many,
    partners,
    parts,
    products,
    tasks,
    transactions,
    updates,
    workflow,
)
from . import (
    comment_inputs,
    partner_inputs,
    product_inputs,
    project_inputs,
    work_inputs,
    workflow_inputs,
)
from .mutation_field import mutation_field
from .payloads import ElementsPayload, LinesPayload, ManyPayload


@strawberry.type(
    description=(
        "What can be written. Every mutation needs the role ProjectAdmin, writes all it was asked to or nothing, "
        "and adds one version and one log row."
    )
)
class Mutation:
    """One field a mutation: its command, its input, and what its payload has beside the project."""

    update_project_product_status = mutation_field(
        products.UpdateProductStatus,
        product_inputs.UpdateProjectProductStatusInput,
        description=(
            "Sets the status of single product lines, each named by its sku or its id. Quantity, name and all else of "
            "the lines stay as they are."
        ),
    )
    replace_project_products = mutation_field(
        products.ReplaceProducts,
        product_inputs.ReplaceProjectProductsInput,
        LinesPayload,
        description=(
            "Replaces the product list of a project: lines with an `id` are kept and updated, lines without one are "
            "new, lines left out are removed. Give `expectedVersion`, so that a stale list cannot wipe out newer lines."
        ),
    )
    patch_project = mutation_field(
        updates.PatchProject,
        project_inputs.PatchProjectInput,
        LinesPayload,
        description="Changes the fields of a project that are given and leaves the others alone.",
    )
    update_project = mutation_field(
        updates.UpdateProject,
        project_inputs.UpdateProjectInput,
        LinesPayload,
        description=(
            "Gives a project all the fields of an update: one that is absent is cleared, but for the products. To "
            "change single fields use `patchProject`. Give `expectedVersion`, so that a stale form cannot wipe out "
            "what is newer."
        ),
    )
    create_project = mutation_field(
        creation.CreateProject,
        project_inputs.CreateProjectInput,
        run=changes.create,
        description="Makes a project of a type, at the first step of the type's workflow.",
    )
    update_project_status = mutation_field(
        workflow.UpdateProjectStatus,
        workflow_inputs.UpdateProjectStatusInput,
        description="Sets the status of a project to any text. No workflow step moves.",
    )
    cancel_project = mutation_field(
        workflow.CancelProject,
        workflow_inputs.CancelProjectInput,
        description=(
            "Cancels a project that is going or on hold: its status becomes CancelledBy…, `canceled` is now. The "
            "workflow stays where it is, and so does the deadline."
        ),
    )
    activate_project = mutation_field(
        workflow.ActivateProject,
        workflow_inputs.ActivateProjectInput,
        description=(
            "Takes up a project that is on hold or cancelled: its status becomes Active, at the step it is at. Of a "
            "cancelled one `canceled`, code and reason are cleared; the log keeps them in `data`."
        ),
    )
    accept_workflow_step = mutation_field(
        workflow.AcceptWorkflowStep,
        workflow_inputs.AcceptWorkflowStepInput,
        description=(
            "Completes the current workflow step and goes on to the next one; a New project becomes Active. On the "
            "last step the project is Completed if its type has `finishOnLastStep`, else the answer is NO_NEXT_STEP. "
            "Give `fromStepId` or an `idempotencyKey`, so that sending it twice does not go two steps."
        ),
    )
    decline_workflow_step = mutation_field(
        workflow.DeclineWorkflowStep,
        workflow_inputs.DeclineWorkflowStepInput,
        description=(
            "Goes back to the workflow step before, which is completed no more. A finished project is Active again. On "
            "the first step the answer is NO_PREVIOUS_STEP."
        ),
    )
    go_to_workflow_step = mutation_field(
        workflow.GoToWorkflowStep,
        workflow_inputs.GoToWorkflowStepInput,
        description=(
            "Goes to any workflow step; steps in between stay as they are. Going on completes the step that is left. A "
            "New or finished project becomes Active. At the current step nothing moves."
        ),
    )
    add_project_partners = mutation_field(
        partners.AddProjectPartners,
        partner_inputs.AddProjectPartnersInput,
        description=(
            "Adds partners to a project, as its type allows: none, one (the single `partner`) or several (`partners`), "
            "and which."
        ),
    )
    remove_project_partners = mutation_field(
        partners.RemoveProjectPartners,
        partner_inputs.RemoveProjectPartnersInput,
        description="Takes partners off a project.",
    )
    accept_partner_request = mutation_field(
        partners.AcceptPartnerRequest,
        partner_inputs.AcceptPartnerRequestInput,
        description=(
            "Records that a partner takes the project on, and goes on to the next workflow step if there is one; a New "
            "project becomes Active, and the partner is no longer in `rejectedByPartners`. The deadline stays. Each "
            "answer is recorded, also the same one again."
        ),
    )
    decline_partner_request = mutation_field(
        partners.DeclinePartnerRequest,
        partner_inputs.DeclinePartnerRequestInput,
        description=(
            "Records that a partner turns the project down, in `rejectedByPartners`, and goes back to the workflow "
            "step before if there is one. The deadline stays, and so does the partner until it is removed. Each answer "
            "is recorded, also the same one again."
        ),
    )
    add_project_transactions = mutation_field(
        transactions.AddProjectTransactions,
        work_inputs.AddProjectTransactionsInput,
        ElementsPayload,
        description="Adds transactions to a project, a part or a change order. The project's value follows.",
    )
    update_project_transactions = mutation_field(
        transactions.UpdateProjectTransactions,
        work_inputs.UpdateProjectTransactionsInput,
        ElementsPayload,
        description=(
            "Changes the given fields of transactions of a project, a part or a change order. The project's value "
            "follows."
        ),
    )
    remove_project_transactions = mutation_field(
        transactions.RemoveProjectTransactions,
        work_inputs.RemoveProjectTransactionsInput,
        ElementsPayload,
        description=(
            "Removes transactions of a project, a part or a change order. The project's value follows; with the last "
            "transaction it becomes `projectAdditionalValue`, and can be given again."
        ),
    )
    add_project_parts = mutation_field(
        parts.AddProjectParts,
        work_inputs.AddProjectPartsInput,
        ElementsPayload,
        description="Adds parts to a project, with their tasks and transactions.",
    )
    update_project_parts = mutation_field(
        parts.UpdateProjectParts,
        work_inputs.UpdateProjectPartsInput,
        ElementsPayload,
        description="Changes the given fields of parts of a project.",
    )
    remove_project_parts = mutation_field(
        parts.RemoveProjectParts,
        work_inputs.RemoveProjectPartsInput,
        ElementsPayload,
        description="Removes parts of a project, with their tasks and transactions.",
    )
    update_project_task = mutation_field(
        tasks.UpdateProjectTask,
        work_inputs.UpdateProjectTaskInput,
        description="Changes the given fields of a task of a part or a change order, or says that it is done.",
    )
    add_change_orders = mutation_field(
        change_orders.AddChangeOrders,
        work_inputs.AddChangeOrdersInput,
        ElementsPayload,
        description="Adds change orders to a project, with their tasks and transactions.",
    )
    update_change_orders = mutation_field(
        change_orders.UpdateChangeOrders,
        work_inputs.UpdateChangeOrdersInput,
        ElementsPayload,
        description="Changes the given fields of change orders of a project.",
    )
    remove_change_orders = mutation_field(
        change_orders.RemoveChangeOrders,
        work_inputs.RemoveChangeOrdersInput,
        ElementsPayload,
        description="Removes change orders of a project, with their tasks and transactions.",
    )
    add_project_log_item = mutation_field(
        comments.AddProjectLogItem,
        comment_inputs.AddProjectLogItemInput,
        description=(
            "Adds a row to the log of a project. It is a write like any other, with a version, but `changes` is empty: "
            "nothing else of the project differs."
        ),
    )
    add_project_comment = mutation_field(
        comments.AddProjectComment,
        comment_inputs.AddProjectCommentInput,
        ElementsPayload,
        description="Adds a comment to a project, for customers, for partners or for the business itself.",
    )
    update_many_project_product_status = mutation_field(
        many.UpdateManyProductStatus,
        product_inputs.UpdateManyProjectProductStatusInput,
        ManyPayload,
        many.update_many,
        description=(
            "Sets the status of product lines of up to 100 projects in one transaction: with REJECT_ALL all or none, "
            "with REJECT_FAILED every project that can be. Each project written gets a version and a log row."
        ),
    )
