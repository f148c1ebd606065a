"""Inputs of mutations of money and work: of transactions, tasks, project parts and change orders by themselves."""

from __future__ import annotations

import strawberry

from .given import WriteInput, optional
from .part_inputs import (
    ChangeOrderUpdateInput,
    NewChangeOrderInput,
    NewProjectPartInput,
    NewTransactionInput,
    ProjectPartUpdateInput,
    TaskFields,
    TransactionUpdateInput,
)


@strawberry.input(
    description="Whose list it is: a part or a change order of the project; exactly one of the two."
)
class OwnerInput:
    """Becomes what `resolvers.owners.owner_of` takes."""

    part_id: strawberry.ID | None = optional("The id of a part of the project.")
    change_order_id: strawberry.ID | None = optional("The id of a change order of the project.")


@strawberry.input
class _ProjectInput(WriteInput):
    """What every input here has."""

    project_id: strawberry.ID = strawberry.field(description="The id of the project.")


@strawberry.input
class _TransactionsInput(_ProjectInput):
    """What every input of transactions has."""

    owner: OwnerInput | None = optional(
        "Whose transactions they are: those of a part or a change order. Absent or null: the project's own."
    )


@strawberry.input(description="Transactions to add.")
class AddProjectTransactionsInput(_TransactionsInput):
    """Becomes `resolvers.transactions.AddProjectTransactions`."""

    transactions: list[NewTransactionInput] = strawberry.field(
        description="The new transactions, 1 to 1,000; they come after those there are."
    )


@strawberry.input(description="Transactions to change.")
class UpdateProjectTransactionsInput(_TransactionsInput):
    """Becomes `resolvers.transactions.UpdateProjectTransactions`."""

    transactions: list[TransactionUpdateInput] = strawberry.field(
        description="The changes, 1 to 1,000, each transaction once. The others stay as they are."
    )


@strawberry.input(description="Transactions to remove.")
class RemoveProjectTransactionsInput(_TransactionsInput):
    """Becomes `resolvers.transactions.RemoveProjectTransactions`."""

    transaction_ids: list[strawberry.ID] = strawberry.field(
        description="The ids of the transactions, 1 to 1,000, each once."
    )


@strawberry.input(description="Parts to add.")
class AddProjectPartsInput(_ProjectInput):
    """Becomes `resolvers.parts.AddProjectParts`."""

    parts: list[NewProjectPartInput] = strawberry.field(
        description="The new parts, 1 to 1,000; they come after those there are."
    )


@strawberry.input(description="Parts to change.")
class UpdateProjectPartsInput(_ProjectInput):
    """Becomes `resolvers.parts.UpdateProjectParts`."""

    parts: list[ProjectPartUpdateInput] = strawberry.field(
        description="The changes, 1 to 1,000, each part once. The others stay as they are."
    )


@strawberry.input(description="Parts to remove, with their tasks and transactions.")
class RemoveProjectPartsInput(_ProjectInput):
    """Becomes `resolvers.parts.RemoveProjectParts`."""

    part_ids: list[strawberry.ID] = strawberry.field(
        description="The ids of the parts, 1 to 1,000, each once."
    )


@strawberry.input(
    description=(
        "A change to a task: absent fields are kept and null clears. Who completed it and when is noted when "
        "`isCompleted` becomes true, and cleared when it becomes false."
    )
)
class UpdateProjectTaskInput(TaskFields, _ProjectInput):
    """Becomes `resolvers.tasks.UpdateProjectTask`."""

    task_id: strawberry.ID = strawberry.field(
        description="The id of the task, of a part or a change order."
    )
    owner: OwnerInput | None = optional(
        "Whose task it is. Absent or null: of whichever part or change order has it."
    )


@strawberry.input(description="Change orders to add.")
class AddChangeOrdersInput(_ProjectInput):
    """Becomes `resolvers.change_orders.AddChangeOrders`."""

    change_orders: list[NewChangeOrderInput] = strawberry.field(
        description="The new change orders, 1 to 1,000; they come after those there are."
    )


@strawberry.input(description="Change orders to change.")
class UpdateChangeOrdersInput(_ProjectInput):
    """Becomes `resolvers.change_orders.UpdateChangeOrders`."""

    change_orders: list[ChangeOrderUpdateInput] = strawberry.field(
        description="The changes, 1 to 1,000, each change order once. The others stay as they are."
    )


@strawberry.input(description="Change orders to remove, with their tasks and transactions.")
class RemoveChangeOrdersInput(_ProjectInput):
    """Becomes `resolvers.change_orders.RemoveChangeOrders`."""

    change_order_ids: list[strawberry.ID] = strawberry.field(
        description="The ids of the change orders, 1 to 1,000, each once."
    )
