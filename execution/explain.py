"""How an operation would be executed: the source of its plan and what it reads, or why it has none."""

from __future__ import annotations

from typing import Any

import strawberry
from graphql import specified_rules
from strawberry.schema.schema import validate_document

from .executor import CompiledExecutor
from .operation import Operation
from .parsing import parsed
from .plan import Choices, Fallback


def explained(
    schema: strawberry.Schema, text: str, variables: dict[str, Any], name: str | None = None
) -> str:
    """The plan of an operation of a text, as Python that says in comments what it is.

    Raises: GraphQLError, the first that is wrong with the text or its variables.
    """
    document = parsed(text)
    faults = validate_document(schema._schema, document, tuple(specified_rules))
    executor = faults or CompiledExecutor.build(
        schema._schema, document, raw_variable_values=variables, operation_name=name
    )
    if isinstance(executor, list):
        raise executor[0]
    # As the server has it, which writes JSON.
    operation = Operation(
        executor.schema,
        executor.fragments,
        executor.operation,
        executor.variable_values,
        native=True,
    )
    definition = operation.definition
    named = f" {definition.name.value}" if definition.name else ""
    title = f"# {definition.operation.value}{named}"
    plan = Choices(operation).plan(operation)
    if isinstance(plan, Fallback):
        return f"{title}: not compiled but executed by graphql-core: {plan.reason}\n"
    lines = [f"{title}: compiled"]
    if plan.root is not None and plan.needs is None:
        lines.append("# reads whole rows")
    else:
        lines += [
            f"# reads of {kind}: {', '.join(sorted(read.answered | read.used))}"
            for kind, read in (plan.needs.reads if plan.needs else {}).items()
            if read.answered or read.used
        ]
    for number, field in enumerate(plan.serial, 1):
        value = field.answer or f"{field.complete.__name__}({field.key} of the root)"
        lines.append(f"# {number}. {field.key!r}: {value}")
    return "\n".join([*lines, "", plan.source])
