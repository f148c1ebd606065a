"""What a project's type says about its partners: none, one or several, and which.

Source: OmniumProjectType `isPartnerDisabled`, `canHaveMultiplePartners`, `availablePartnerIds`. Only partners that a
write brings are judged: those that are there may have come otherwise from an import.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..data.projects import Project
from .errors import InvalidInput, Refused
from .inputs import Faults, Given
from .situations import Kind

NOT_ALLOWED = "PARTNER_NOT_ALLOWED"


def partner_ids(project: Project) -> list[str]:
    """The ids of all partners of a project, the single one first."""
    single = [project.partner.id] if project.partner else []
    return list(dict.fromkeys([*single, *(partner.id for partner in project.partners or ())]))


def none_allowed(kind: Kind | None, path: Sequence[str | int]) -> Refused | None:
    """The fault of any partner at all, where the type has none."""
    if kind is None or not kind.is_partner_disabled:
        return None
    return InvalidInput(
        f"the type {kind.id!r} has no partners (isPartnerDisabled)", path, code=NOT_ALLOWED
    )


Named = tuple[Sequence[str | int], str]


def judge_partners(
    project: Project,
    named: Iterable[Named],
    there: Sequence[str],
    kind: Kind | None,
    faults: Faults,
) -> None:
    """Adds a fault for each partner that the type does not allow.

    `project` is as it would be written, `named` are the ids that the input names with their places in it, and `there`
    the ids of the partners before.
    """
    for path, partner_id in named:
        if kind is None or partner_id in there:
            continue
        refused = none_allowed(kind, path)
        if refused is not None:
            faults.add(refused)
            continue
        if kind.available_partner_ids and partner_id not in kind.available_partner_ids:
            faults.invalid(
                f"the type {kind.id!r} does not allow the partner {partner_id!r} (availablePartnerIds); "
                f"it allows {', '.join(kind.available_partner_ids)}",
                path,
                NOT_ALLOWED,
            )
        others = [one for one in partner_ids(project) if one != partner_id]
        if others and not kind.can_have_multiple_partners:
            faults.invalid(
                f"the type {kind.id!r} allows one partner (canHaveMultiplePartners), and the project would have "
                f"{', '.join(map(repr, others))} beside {partner_id!r}; remove the others first",
                path,
                NOT_ALLOWED,
            )


def partners_named(given: Given) -> Iterator[Named]:
    """The partners that the fields of a project name, with their places in the input."""
    single = given.get("partner")
    if single and "id" in single:
        yield ["partner", "id"], single["id"]
    for place, partner in enumerate(given.get("partners") or ()):
        yield ["partners", place, "id"], partner["id"]
