"""Puts the given fields of an input onto a project: what `patchProject` and `createProject` share.

Absent keeps. Null clears a field that can be null and is refused where it cannot. A list is replaced as a whole;
elements with ids (lines, parts, transactions, stores ...) that bear the id of one that is there are that one, updated.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from pydantic.alias_generators import to_camel

from ..data.addresses import Address
from ..data.attachments import Asset
from ..data.change_orders import ChangeOrder
from ..data.check_list import CheckListItem
from ..data.contact_persons import ContactPerson
from ..data.customers import ProjectCustomer
from ..data.documents import KEY_LIMIT, Amount, Document
from ..data.entity_errors import EntityError
from ..data.form_data import FormEntry
from ..data.money import ZERO
from ..data.partners import ProjectPartner, SinglePartner
from ..data.parts import ProjectPart
from ..data.projects import Project
from ..data.properties import ExternalId
from ..data.stores import ProjectStore
from ..data.tasks import Task
from ..data.transactions import Transaction
from .inputs import Faults, Given, Path, listed, made, matched
from .products import replaced

SCALARS = (
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
    "project_additional_value",
)
_CALCULATED = ("project_value", "project_budget_value")
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
_OWNERS: dict[str, type[Document]] = {"project_parts": ProjectPart, "change_orders": ChangeOrder}
_OWNED: dict[str, type[Document]] = {"tasks": Task, "transactions": Transaction}


class _Values(Document):
    """The values of a project as a client may give them; calculated ones can be longer."""

    project_value: Amount = ZERO
    project_budget_value: Amount = ZERO


class _Key(NamedTuple):
    """A member that other systems name the elements of a list by; it may be there once only."""

    name: str
    required: bool


_KEYS = {
    "contact_persons": _Key("id", required=False),
    "stores": _Key("store_id", required=True),
    "partners": _Key("id", required=True),
    "attachments": _Key("asset_id", required=False),
}


def edit(project: Project, given: Given, faults: Faults) -> None:
    """Puts the fields of an input onto a project; what is wrong with them is added to the faults."""
    _edit_scalars(project, given, faults)
    for name in [name for name in _ONES if name in given]:
        setattr(project, name, _one(name, getattr(project, name), given[name], faults))
    for name in [name for name in _LISTS if name in given]:
        setattr(project, name, _plain_list(name, getattr(project, name), given[name], faults))
    if "tags" in given:
        project.tags = _tags(given["tags"], faults)
    if "products" in given:
        project.products = replaced(project.products or [], given["products"], faults)
    _edit_money(project, given, faults)
    # By the transactions that the project is to have: one write may remove them all and give the value instead.
    for name in [name for name in _CALCULATED if name in given and project.has_transactions()]:
        faults.invalid(
            f"{to_camel(name)} is calculated from the project's transactions; change those, "
            "or adjust projectAdditionalValue",
            [to_camel(name)],
            "CALCULATED_FIELD",
        )


def _edit_scalars(project: Project, given: Given, faults: Faults) -> None:
    status = given.get("status")
    if status is not None and not status.strip():
        faults.invalid("status is blank; any other text will do", ["status"])
    store = given.get("store_id")
    if store is not None and not store.strip():
        faults.invalid("storeId is blank; null means no main store", ["storeId"])
    # Only what is given is judged: the rest may have come otherwise from an import.
    required = {"created": project.created, "modified": project.modified}
    _set(project, made(Project, required | _named(SCALARS, given), [], faults), SCALARS, given)
    _set(project, made(_Values, _named(_CALCULATED, given), [], faults), _CALCULATED, given)


def _named(names: Iterable[str], given: Given) -> Given:
    return {name: given[name] for name in names if name in given}


def _set(project: Project, edited: Document | None, names: Iterable[str], given: Given) -> None:
    if edited is not None:
        for name in _named(names, given):
            setattr(project, name, getattr(edited, name))


def _one(name: str, before: Any, given: Given | None, faults: Faults) -> Any:
    if given is None:
        return None
    # Somebody else has nothing of who was there before.
    if before is not None and given.get("id", before.id) != before.id:
        before = None
    if name == "partner" and "id" in given:
        _require_key(_KEYS["partners"], given["id"], set(), ["partner"], faults)
    return made(_ONES[name], given, [to_camel(name)], faults, before)


def _plain_list(name: str, before: Any, given: Any, faults: Faults) -> list[Any]:
    path, key = [to_camel(name)], _KEYS.get(name)
    known = {getattr(element, key.name): element for element in before or ()} if key else {}
    seen: set[str] = set()
    elements = []
    for place, element in enumerate(listed(given, path, faults)):
        name_of_it = element.get(key.name) if key else None
        if key is not None:
            _require_key(key, name_of_it, seen, [*path, place], faults)
        there = known.get(name_of_it) if name_of_it else None
        document = made(_LISTS[name], element, [*path, place], faults, there)
        if document is not None:
            elements.append(document)
    return elements


def _require_key(key: _Key, value: str | None, seen: set[str], path: Path, faults: Faults) -> None:
    where = [*path, to_camel(key.name)]
    if value is None or not value.strip():
        if key.required:
            faults.invalid(f"{to_camel(key.name)} is blank; it names the element", where)
        return
    if value in seen:
        faults.invalid(f"{value!r} is given twice", where, "DUPLICATE_UPDATE")
    seen.add(value)


def _tags(given: Any, faults: Faults) -> list[str]:
    tags = listed(given, ["tags"], faults)
    for place, tag in enumerate(tags):
        if len(tag) > KEY_LIMIT:
            faults.invalid(
                f"a tag has {len(tag):,} characters; the limit is {KEY_LIMIT}", ["tags", place]
            )
    return tags


def _edit_money(project: Project, given: Given, faults: Faults) -> None:
    if "transactions" in given:
        project.transactions = _matched(
            Transaction, project.transactions, given["transactions"], ["transactions"], faults
        )
    for name in [name for name in _OWNERS if name in given]:
        setattr(project, name, _owners(name, getattr(project, name), given[name], faults))


def _owners(name: str, before: Any, given: Any, faults: Faults) -> list[Any]:
    """Parts or change orders, whose tasks and transactions are lists with ids of their own."""
    path = [to_camel(name)]
    elements = listed(given, path, faults)
    known = {owner.id: owner for owner in before or ()}

    def finish(owner: Any, _: Given, where: Path) -> None:
        element = elements[int(where[-1])]
        old = known.get(element.get("id"))
        for field, model in _OWNED.items():
            there = getattr(old, field) if old else []
            if field in element:
                there = _matched(model, there, element[field], [*where, field], faults)
            if owner is not None:
                setattr(owner, field, there)

    plain = [
        {field: value for field, value in element.items() if field not in _OWNED}
        for element in elements
    ]
    return matched(_OWNERS[name], before, plain, path, faults, finish=finish)


def _matched(model: type[Any], before: Any, given: Any, path: Path, faults: Faults) -> list[Any]:
    return matched(model, before, listed(given, path, faults), path, faults)
