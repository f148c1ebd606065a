"""Why a document does not fit a schema, found out with a bounded amount of work."""

from __future__ import annotations

from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OverlappingFieldsCanBeMergedRule,
    ValidationContext,
    specified_rules,
    validate,
)
from graphql.validation.validate import ValidationAbortedError
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

# Fields of one response name are compared in pairs; graphql-core would do half a million steps, which take a second.
STEPS = 50_000
# With more faults than these no names are suggested: to look for similar ones takes longer than everything else.
MOST_SUGGESTED = 5


class OverlappingFields(OverlappingFieldsCanBeMergedRule):
    """The rule that fields of one response name must be the same, which gives up where it takes too long."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = STEPS

    def enter_selection_set(self, *given: Any) -> None:
        """Compares the fields of a selection set."""
        try:
            super().enter_selection_set(*given)
        except ValidationAbortedError:
            if self.rule_context.remaining_complexity_budget >= 0:
                raise  # there are too many errors already
            raise ValidationAbortedError(
                f"to compare the fields of one response name takes more than {STEPS:,} steps, the limit: "
                "select each field once, or give some of them other names",
                extensions={"code": "QUERY_TOO_COMPLEX"},
            ) from None


RULES = (
    *(
        OverlappingFields if rule is OverlappingFieldsCanBeMergedRule else rule
        for rule in specified_rules
    ),
    MaybeNullValidationRule,
    OneOfInputValidationRule,
)


def faults(
    schema: GraphQLSchema, document: DocumentNode, *, hide_suggestions: bool = False
) -> list[GraphQLError]:
    """Where a document does not fit; with names that may have been meant, unless they are to be hidden."""
    found = validate(schema, document, RULES, hide_suggestions=True)
    if hide_suggestions or not 0 < len(found) <= MOST_SUGGESTED:
        return found
    return validate(schema, document, RULES)
