"""Project parts and change orders: documents that own tasks and transactions, which are lists with ids themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic.alias_generators import to_camel

from ..data.change_orders import ChangeOrder
from ..data.documents import Document
from ..data.parts import ProjectPart
from ..data.projects import Project
from ..data.tasks import Task
from ..data.transactions import Transaction
from .errors import InvalidInput, NotFound
from .inputs import Faults, Given, Path, listed, matched

OWNERS: dict[str, type[ProjectPart]] = {
    "project_parts": ProjectPart,
    "change_orders": ChangeOrder,
}
_OWNED: dict[str, type[Document]] = {"tasks": Task, "transactions": Transaction}


def owners(
    name: str,
    before: Sequence[Any] | None,
    elements: Sequence[Given],
    path: Path,
    faults: Faults,
    **hints: str,
) -> list[Any]:
    """The parts or change orders of an input's elements: with an id that one, updated; without one a new one."""
    known = {owner.id: owner for owner in before or ()}

    def finish(owner: Any, _: Given, where: Path) -> None:
        element = elements[int(where[-1])]
        old = known.get(element.get("id"))
        for field, model in _OWNED.items():
            there = getattr(old, field) if old else []
            if field in element:
                place = [*where, field]
                there = matched(model, there, listed(element[field], place, faults), place, faults)
            if owner is not None:
                setattr(owner, field, there)

    plain = [
        {field: value for field, value in element.items() if field not in _OWNED}
        for element in elements
    ]
    return matched(OWNERS[name], before, plain, path, faults, finish=finish, **hints)


def owner_of(project: Project, named: Given) -> Any:
    """The part or change order that an `owner` of an input names. Raises: InvalidInput, NotFound."""
    if len(named) != 1:
        given = "both" if named else "neither"
        raise InvalidInput(
            f"{given} of partId and changeOrderId given; give exactly one", ["owner"]
        )
    ((name, wanted),) = named.items()
    is_part = name == "part_id"
    there = project.project_parts if is_part else project.change_orders
    found = next((one for one in there or () if one.id == wanted), None)
    if found is None:
        what = "part" if is_part else "change order"
        raise NotFound(f"the project has no {what} {wanted!r}", ["owner", to_camel(name)])
    return found
