"""Everything that can go wrong and be told to a caller, as one tree.

    ProjectGateError            .code and .message, safe to show
      Unauthenticated           UNAUTHENTICATED: no token, or one that does not verify
      Forbidden                 FORBIDDEN: the caller lacks the role or the store
      BadUserInput              BAD_USER_INPUT, INVALID_CURSOR: a query argument that cannot be answered
      Refused                   a write that did not happen; becomes a userError of the payload; .path in the input
        InvalidInput            EMPTY_INPUT, INVALID_VALUE, TOO_MANY, DUPLICATE_UPDATE ...
        NotFound                NOT_FOUND, PRODUCT_NOT_FOUND
        AmbiguousProduct        AMBIGUOUS_PRODUCT: carries the candidate lines
        VersionConflict         VERSION_CONFLICT: carries the current version and the changed paths
        InvalidState            INVALID_STATE, NO_NEXT_STEP, NO_PREVIOUS_STEP: carries the actions that are allowed
    RefusedTogether             several Refused of one request, reported at once

The codes are those of `UserErrorCode` and of `extensions.code`. Anything else is INTERNAL: logged, never shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..data.products import ProductRow


LONGEST = 1000


class ProjectGateError(Exception):
    """An error with a code for programs and a message for people."""

    code = "INTERNAL"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        # A message quotes what was given; of something very long the beginning and the end will do.
        long = len(message) > LONGEST
        self.message = (
            f"{message[: LONGEST // 2]} … {message[-LONGEST // 2 :]}" if long else message
        )
        if code is not None:
            self.code = code


class Unauthenticated(ProjectGateError):
    """No bearer token, or one that does not verify."""

    code = "UNAUTHENTICATED"


class Forbidden(ProjectGateError):
    """The caller is known, but lacks the role or the store."""

    code = "FORBIDDEN"


class BadUserInput(ProjectGateError):
    """A query argument that cannot be answered: a page, a limit, a cursor."""

    code = "BAD_USER_INPUT"


class Refused(ProjectGateError):
    """A write that did not happen, with the path of the fault in the input."""

    def __init__(
        self, message: str, path: Iterable[str | int] = (), *, code: str | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.path = [str(step) for step in path]


class InvalidInput(Refused):
    """A value of the input that is badly formed, out of range or given twice."""

    code = "INVALID_VALUE"


class NotFound(Refused):
    """Something the input names that is not there, or not visible to the caller."""

    code = "NOT_FOUND"


class AmbiguousProduct(Refused):
    """A sku that stands on several lines, with those lines."""

    code = "AMBIGUOUS_PRODUCT"

    def __init__(
        self, message: str, path: Iterable[str | int], candidates: Sequence[ProductRow]
    ) -> None:
        super().__init__(message, path)
        self.candidates = list(candidates)


class VersionConflict(Refused):
    """An `expectedVersion` that is not current, with what changed since."""

    code = "VERSION_CONFLICT"

    def __init__(
        self,
        message: str,
        path: Iterable[str | int],
        current_version: int,
        changed_paths: Sequence[str],
    ) -> None:
        super().__init__(message, path)
        self.current_version = current_version
        self.changed_paths = list(changed_paths)


class InvalidState(Refused):
    """An action that the project's state does not allow, with those it does."""

    code = "INVALID_STATE"

    def __init__(
        self,
        message: str,
        path: Iterable[str | int],
        allowed_actions: Sequence[str],
        *,
        code: str | None = None,
    ) -> None:
        super().__init__(message, path, code=code)
        self.allowed_actions = list(allowed_actions)


class RefusedTogether(Exception):
    """All faults of one request, in the order of the input."""

    def __init__(self, faults: Sequence[Refused]) -> None:
        super().__init__("; ".join(fault.message for fault in faults))
        self.faults = list(faults)
