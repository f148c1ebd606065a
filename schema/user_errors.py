"""Why a mutation was refused: the errors that are part of its payload."""

from __future__ import annotations

from enum import Enum
from typing import Any

import strawberry

from ..resolvers import errors
from .products import ProjectProduct


@strawberry.enum(description="What kind of fault it is, for programs.")
class UserErrorCode(Enum):
    """The codes of api users; the same words as the codes of `resolvers.errors`."""

    EMPTY_INPUT = strawberry.enum_value(
        "EMPTY_INPUT", description="A list that must have elements has none."
    )
    INVALID_VALUE = strawberry.enum_value(
        "INVALID_VALUE",
        description=(
            "A value is badly formed, out of range, or null where that cannot be; also both or neither of two of which "
            "one is needed."
        ),
    )
    TOO_MANY = strawberry.enum_value(
        "TOO_MANY", description="A list is longer than its limit; the message says both numbers."
    )
    DUPLICATE_UPDATE = strawberry.enum_value(
        "DUPLICATE_UPDATE", description="The same line, or the same id, is given twice."
    )
    DUPLICATE_KEY = strawberry.enum_value(
        "DUPLICATE_KEY", description="A property key stands twice in one list."
    )
    CALCULATED_FIELD = strawberry.enum_value(
        "CALCULATED_FIELD",
        description="The field is calculated from the project's transactions and cannot be given.",
    )
    NOT_FOUND = strawberry.enum_value(
        "NOT_FOUND",
        description=(
            "There is no such project, type, step, partner, transaction, part … that you may see; `path` says which."
        ),
    )
    PRODUCT_NOT_FOUND = strawberry.enum_value(
        "PRODUCT_NOT_FOUND", description="The project has no product line with that sku or id."
    )
    AMBIGUOUS_PRODUCT = strawberry.enum_value(
        "AMBIGUOUS_PRODUCT", description="The sku is on several lines of the project."
    )
    PARTNER_NOT_ALLOWED = strawberry.enum_value(
        "PARTNER_NOT_ALLOWED", description="The project's type does not allow this partner."
    )
    STEP_MOVED = strawberry.enum_value(
        "STEP_MOVED", description="The step that `fromStepId` names is no longer current."
    )
    NO_NEXT_STEP = strawberry.enum_value(
        "NO_NEXT_STEP", description="The current step is the last one."
    )
    NO_PREVIOUS_STEP = strawberry.enum_value(
        "NO_PREVIOUS_STEP", description="The current step is the first one."
    )
    INVALID_STATE = strawberry.enum_value(
        "INVALID_STATE", description="The project's status does not allow the action."
    )
    VERSION_CONFLICT = strawberry.enum_value(
        "VERSION_CONFLICT", description="`expectedVersion` is not the project's current version."
    )
    IDEMPOTENCY_KEY_REUSED = strawberry.enum_value(
        "IDEMPOTENCY_KEY_REUSED",
        description="You used the key for another input within the last 24 hours.",
    )


@strawberry.interface(
    description="A reason why a mutation was refused. With one nothing was written."
)
class UserError:
    """Made of a `resolvers.errors.Refused`."""

    code: UserErrorCode = strawberry.field(description="What kind of fault it is, for programs.")
    message: str = strawberry.field(
        description="What is wrong, for people: the value, the limit and the way out."
    )
    path: list[str] = strawberry.field(
        description='Where in the input it is, such as `["products", "1", "skuId"]`; places in lists count from 0.'
    )


@strawberry.type(description="A value of the input that cannot be taken.")
class InvalidInput(UserError):
    """Made of `resolvers.errors.InvalidInput`, and of what has no type of its own."""


@strawberry.type(description="Something the input names that is not there, or not visible to you.")
class NotFound(UserError):
    """Made of `resolvers.errors.NotFound`."""


@strawberry.type(description="A sku that is on several lines of the project.")
class AmbiguousProduct(UserError):
    """Made of `resolvers.errors.AmbiguousProduct`."""

    candidates: list[ProjectProduct] = strawberry.field(
        description="The lines with the sku; name one by its `id`, as `lineId`."
    )


@strawberry.type(description="Somebody else wrote the project since the version you expected.")
class VersionConflict(UserError):
    """Made of `resolvers.errors.VersionConflict`."""

    current_version: int = strawberry.field(description="The project's version now.")
    changed_paths: list[str] = strawberry.field(
        description="What changed since the version you expected, each path once, as in `changes` of a payload."
    )


@strawberry.type(description="An action that the project's status or workflow does not allow.")
class InvalidState(UserError):
    """Made of `resolvers.errors.InvalidState`."""

    allowed_actions: list[str] = strawberry.field(
        description="The mutations of the workflow, the status and the partners that can succeed now, by name."
    )


USER_ERRORS = [InvalidInput, NotFound, AmbiguousProduct, VersionConflict, InvalidState]


def user_error(fault: errors.Refused) -> UserError:
    """The error a client reads of a refusal."""
    told: dict[str, Any] = {
        "code": UserErrorCode(fault.code),
        "message": fault.message,
        "path": fault.path,
    }
    match fault:
        case errors.AmbiguousProduct():
            candidates: Any = fault.candidates
            return AmbiguousProduct(**told, candidates=candidates)
        case errors.VersionConflict():
            return VersionConflict(
                **told, current_version=fault.current_version, changed_paths=fault.changed_paths
            )
        case errors.InvalidState():
            return InvalidState(**told, allowed_actions=fault.allowed_actions)
        case errors.NotFound():
            return NotFound(**told)
        case _:
            return InvalidInput(**told)
