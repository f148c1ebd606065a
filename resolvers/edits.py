"""Puts the given fields of an input onto a project: what `patchProject` and `createProject` share.

Absent keeps. Null clears a field that can be null and is refused where it cannot. A list is replaced as a whole;
elements with ids (lines, parts, transactions ...) that bear the id of one that is there are that one, updated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..data.addresses import Address
from ..data.attachments import Asset
from ..data.change_orders import ChangeOrder
from ..data.check_list import CheckListItem
from ..data.contact_persons import ContactPerson
from ..data.customers import ProjectCustomer
from ..data.documents import Document
from ..data.entity_errors import EntityError
from ..data.form_data import FormEntry
from ..data.partners import ProjectPartner, SinglePartner
from ..data.parts import ProjectPart
from ..data.projects import Project
from ..data.properties import ExternalId
from ..data.stores import ProjectStore
from ..data.tasks import Task
from ..data.transactions import Transaction
from .inputs import Faults, Given, Path, listed, made, matched, require_unique_keys
from .products import replaced

SCALARS = frozenset(
    {
        "project_number",
        "name",
        "project_category",
        "sub_type",
        "status",
        "cancellation_code",
        "cancellation_reason",
        "deadline",
        "project_date",
        "external_reference",
        "public_url",
        "store_id",
        "project_value",
        "project_budget_value",
        "project_additional_value",
    }
)
_CALCULATED = {"project_value": "projectValue", "project_budget_value": "projectBudgetValue"}
_ONES: dict[str, type[Document]] = {
    "customer": ProjectCustomer,
    "store_contact": ContactPerson,
    "partner": SinglePartner,
}
_LISTS: dict[str, type[Document]] = {
    "external_ids": ExternalId,
    "contact_persons": ContactPerson,
    "stores": ProjectStore,
    "addresses": Address,
    "partners": ProjectPartner,
    "partner_check_list": CheckListItem,
    "form_data": FormEntry,
    "attachments": Asset,
    "errors": EntityError,
}


class _Key(NamedTuple):
    """A member that names the elements of a list, so it must be there and be there once."""

    name: str
    path: str


_KEYS = {"stores": _Key("store_id", "storeId"), "partners": _Key("id", "id")}


def edit(project: Project, given: Given, faults: Faults) -> None:
    """Puts the fields of an input onto a project; what is wrong with them is added to the faults."""
    for name in given.keys() & SCALARS:
        if name in _CALCULATED and project.has_transactions():
            faults.invalid(
                f"{_CALCULATED[name]} is calculated from the project's transactions; change those, "
                "or adjust projectAdditionalValue",
                [_CALCULATED[name]],
                "CALCULATED_FIELD",
            )
    _edit_scalars(project, {name: given[name] for name in given.keys() & SCALARS}, faults)
    for name in [name for name in _ONES if name in given]:
        value = given[name]
        path = [_camel(name)]
        before = getattr(project, name)
        one = None if value is None else made(_ONES[name], value, path, faults, before)
        setattr(project, name, one)
    for name in [name for name in _LISTS if name in given]:
        setattr(project, name, _plain_list(name, given[name], faults))
    if "tags" in given:
        project.tags = listed(given["tags"], ["tags"], faults)
    if "products" in given:
        project.products = replaced(project.products or [], given["products"], faults)
    _edit_money(project, given, faults)


def _camel(name: str) -> str:
    return Project.model_fields[name].alias or name


def _edit_scalars(project: Project, given: Given, faults: Faults) -> None:
    status = given.get("status")
    if status is not None and not status.strip():
        faults.invalid("status is blank; any other text will do", ["status"])
    kept = Project.model_construct(
        **{name: getattr(project, name) for name in Project.model_fields}
    )
    edited = made(Project, given, [], faults, kept)
    if edited is not None:
        for name in given:
            setattr(project, name, getattr(edited, name))


def _plain_list(name: str, given: Any, faults: Faults) -> list[Any]:
    path = [_camel(name)]
    elements = []
    for place, element in enumerate(listed(given, path, faults)):
        document = made(_LISTS[name], element, [*path, place], faults)
        if document is not None:
            require_unique_keys(getattr(document, "properties", None), [*path, place], faults)
            elements.append(document)
    key = _KEYS.get(name)
    if key is not None:
        _require_keys(elements, key, path, faults)
    return elements


def _require_keys(elements: list[Any], key: _Key, path: Path, faults: Faults) -> None:
    seen: set[str] = set()
    for place, element in enumerate(elements):
        value = getattr(element, key.name)
        if not value.strip():
            faults.invalid(f"{key.path} is blank", [*path, place, key.path])
        elif value in seen:
            faults.invalid(
                f"{value!r} is given twice", [*path, place, key.path], "DUPLICATE_UPDATE"
            )
        seen.add(value)


def _edit_money(project: Project, given: Given, faults: Faults) -> None:
    if "transactions" in given:
        project.transactions = _matched(
            Transaction, project.transactions, given["transactions"], ["transactions"], faults
        )
    for name, model in (("project_parts", ProjectPart), ("change_orders", ChangeOrder)):
        if name in given:
            setattr(
                project,
                name,
                _owners(model, getattr(project, name), given[name], _camel(name), faults),
            )


def _owners(model: type[Any], before: Any, given: Any, name: str, faults: Faults) -> list[Any]:
    """Parts or change orders, whose tasks and transactions are lists with ids of their own."""
    known = {owner.id: owner for owner in before or ()}

    def finish(owner: Any, element: Given, path: Path) -> None:
        old = known.get(element.get("id"))
        for field, kind in (("tasks", Task), ("transactions", Transaction)):
            there = getattr(old, field) if old else None
            kept = there
            if field in element:
                kept = _matched(kind, there, element[field], [*path, field], faults)
            setattr(owner, field, kept)
        require_unique_keys(owner.properties, path, faults)

    elements = listed(given, [name], faults)
    plain = [
        {field: value for field, value in element.items() if field not in ("tasks", "transactions")}
        for element in elements
    ]
    nested = {place: element for place, element in enumerate(elements)}

    def with_nested(owner: Any, _: Given, path: Path) -> None:
        finish(owner, nested[int(path[-1])], path)

    return matched(model, before, plain, [name], faults, finish=with_nested)


def _matched(model: type[Any], before: Any, given: Any, path: Path, faults: Faults) -> list[Any]:
    finish: Callable[[Any, Given, Path], None] | None = None
    if "properties" in model.model_fields:

        def finish(document: Any, _: Given, where: Path) -> None:
            require_unique_keys(document.properties, where, faults)

    return matched(model, before, listed(given, path, faults), path, faults, finish=finish)
