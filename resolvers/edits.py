"""Puts the given fields of an input onto a project: what patching, updating and making one share.

Absent keeps. Null clears a field that can be null and is refused where it cannot. A list is replaced as a whole;
elements with ids (lines, parts, transactions, stores ...) that bear the id of one that is there are that one, updated.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from pydantic.alias_generators import to_camel

from ..data.addresses import Address
from ..data.attachments import Asset
from ..data.check_list import CheckListItem
from ..data.contact_persons import ContactPerson
from ..data.customers import ProjectCustomer
from ..data.documents import KEY_LIMIT, Amount, Document
from ..data.entity_errors import EntityError
from ..data.form_data import FormEntry
from ..data.money import ZERO
from ..data.partners import ProjectPartner, SinglePartner
from ..data.projects import Project
from ..data.properties import ExternalId
from ..data.stores import ProjectStore
from ..data.transactions import Transaction
from .inputs import Faults, Given, Path, listed, made, matched
from .owners import OWNERS, owners
from .partner_rules import judge_partners, partner_ids, partners_named
from .products import replaced
from .situations import Kind

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
CALCULATED = ("project_value", "project_budget_value")
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


def edit(project: Project, given: Given, kind: Kind | None, faults: Faults) -> None:
    """Puts the fields of an input onto a project of a type; what is wrong with them is added to the faults."""
    partners = partner_ids(project)
    edit_scalars(project, given, faults)
    for name in [name for name in _ONES if name in given]:
        setattr(project, name, _one(name, getattr(project, name), given[name], faults))
    for name in [name for name in _LISTS if name in given]:
        setattr(project, name, _plain_list(name, getattr(project, name), given[name], faults))
    if "tags" in given:
        project.tags = _tags(given["tags"], faults)
    if "products" in given:
        project.products = replaced(project.products or [], given["products"], faults)
    judge_partners(project, partners_named(given), partners, kind, faults)
    _edit_money(project, given, faults)
    # By the transactions that the project is to have: one write may remove them all and give the value instead.
    for name in [name for name in CALCULATED if name in given and project.has_transactions()]:
        faults.invalid(
            f"{to_camel(name)} is calculated from the project's transactions; change those, "
            "or adjust projectAdditionalValue",
            [to_camel(name)],
            "CALCULATED_FIELD",
        )


def edit_scalars(project: Project, given: Given, faults: Faults) -> None:
    """Puts those of the given fields onto a project that are single values."""
    status = given.get("status")
    if status is not None and not status.strip():
        faults.invalid("status is blank; any other text will do", ["status"])
    store = given.get("store_id")
    if store is not None and not store.strip():
        faults.invalid("storeId is blank; null means no main store", ["storeId"])
    # Only what is given is judged: the rest may have come otherwise from an import.
    required = {"created": project.created, "modified": project.modified}
    _set(project, made(Project, required | _named(SCALARS, given), [], faults), SCALARS, given)
    _set(project, made(_Values, _named(CALCULATED, given), [], faults), CALCULATED, given)


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
        require_key("partners", given["id"], set(), ["partner"], faults)
    return made(_ONES[name], given, [to_camel(name)], faults, before)


def _plain_list(name: str, before: Any, given: Any, faults: Faults) -> list[Any]:
    path, key = [to_camel(name)], _KEYS.get(name)
    known = {getattr(element, key.name): element for element in before or ()} if key else {}
    seen: set[str] = set()
    elements = []
    for place, element in enumerate(listed(given, path, faults)):
        name_of_it = element.get(key.name) if key else None
        if key is not None:
            require_key(name, name_of_it, seen, [*path, place], faults)
        there = known.get(name_of_it) if name_of_it else None
        document = made(_LISTS[name], element, [*path, place], faults, there)
        if document is not None:
            elements.append(document)
    return elements


def require_key(name: str, value: str | None, seen: set[str], path: Path, faults: Faults) -> None:
    """Adds a fault where the key of an element of a list is blank, or has been seen in it."""
    key = _KEYS[name]
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
        path = ["transactions"]
        elements = listed(given["transactions"], path, faults)
        project.transactions = matched(Transaction, project.transactions, elements, path, faults)
    for name in [name for name in OWNERS if name in given]:
        path = [to_camel(name)]
        elements = listed(given[name], path, faults)
        setattr(project, name, owners(name, getattr(project, name), elements, path, faults))
