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
STEPS = 30_000
# So many faults are looked for: each may write out a whole input object, and look through the text for its lines.
MOST_FAULTS = 20
# Of a document with more faults, or a longer one, no names are suggested, for which it is validated once more: to look
# for similar names takes longer than everything else.
MOST_SUGGESTED, LONGEST_SUGGESTED = 5, 500


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
    found = validate(schema, document, RULES, MOST_FAULTS, hide_suggestions=True)
    if hide_suggestions:
        for error in found:
            # Of a field without a selection graphql-core says it all the same.
            error.message = error.message.partition(" Did you mean ")[0]
    if hide_suggestions or not 0 < len(found) <= MOST_SUGGESTED:
        return found
    if document.token_count > LONGEST_SUGGESTED:
        return found
    return validate(schema, document, RULES)
