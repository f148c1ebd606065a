"""The SQL of a search: one condition on projects for what the caller sees, the free text and the filter.

A filter is a table: each of its fields has a line that makes the condition.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    and_,
    distinct,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    true,
    tuple_,
)

from . import access, statuses, texts, words
from .addresses import ADDRESSES
from .among import among
from .collections import Collection
from .customers import CUSTOMERS
from .filters import (
    AddressFilter,
    AmountRange,
    FormEntryFilter,
    FormEntrySearch,
    ProductFilter,
    ProjectFilter,
    TagFilter,
    TimeRange,
    ZipCodeRange,
)
from .form_data import FORM_DATA
from .partners import PARTNERS, REJECTING_PARTNERS, SINGLE_PARTNERS
from .products import PRODUCTS
from .projects import PROJECTS
from .tags import EXTERNAL_IDS, TAGS

Condition = ColumnElement[bool]


class Search(NamedTuple):
    """What a condition depends on beside its own value."""

    dialect: str
    now: datetime
    wanted: ProjectFilter


Maker = Callable[[Any, Search], Condition]


def condition(wanted: ProjectFilter, dialect: str, now: datetime) -> Condition:
    """The condition that a project meets a filter. `now` is what makes a project urgent."""
    search = Search(dialect, now, wanted)
    given = ((name, getattr(wanted, name)) for name in CONDITIONS)
    made = (CONDITIONS[name](value, search) for name, value in given if value is not None)
    return and_(true(), *made)


def free_text(query: str | None, dialect: str, field: str = "") -> Condition:
    """The condition that every word of a text begins a word of a project, or of a field of it; true without a word."""
    terms = list(dict.fromkeys(words.prefixes(query, field)))
    return texts.matching(dialect, terms) if terms else true()


def _has(search: Search, collection: Collection[Any], *conditions: Condition) -> Condition:
    """The condition that a project has a row that meets all conditions."""
    table = collection.table
    if search.dialect == "sqlite":
        # It can start from the rows of IN; EXISTS would be asked for each project.
        return PROJECTS.c.id.in_(select(table.c.project_id).where(*conditions))
    # It plans EXISTS both ways, also below OR and NOT, where IN would collect all rows first.
    return exists().where(table.c.project_id == PROJECTS.c.id, *conditions)


def _equal(column: Column[Any]) -> Maker:
    return lambda value, _: column == value


def _any_of(column: Column[Any]) -> Maker:
    return lambda values, _: among(column, values)


def _words_of(field: str) -> Maker:
    return lambda text, search: free_text(text, search.dialect, field)


def _whole(field: str) -> Maker:
    return lambda value, search: texts.matching(search.dialect, [words.whole(value, field)])


def _any_whole(field: str) -> Maker:
    def make(values: Sequence[str], search: Search) -> Condition:
        terms = [words.whole(value, field) for value in values]
        return texts.matching(search.dialect, terms, every=False) if terms else false()

    return make


def _during(column: Column[Any]) -> Maker:
    def make(wanted: TimeRange, _: Search) -> Condition:
        begun = true() if wanted.from_ is None else column >= wanted.from_
        return begun if wanted.to is None else and_(begun, column < wanted.to)

    return make


def _amount(column: Column[Any]) -> Maker:
    def make(wanted: AmountRange, _: Search) -> Condition:
        enough = true() if wanted.min is None else column >= wanted.min
        return enough if wanted.max is None else and_(enough, column <= wanted.max)

    return make


# A project without a status is neither finished nor on hold.
_STATUS = func.coalesce(PROJECTS.c.status, "")


def _active(wanted: bool, _: Search) -> Condition:
    return _STATUS.not_in(statuses.NOT_ACTIVE) if wanted else true()


def _urgent(wanted: bool, search: Search) -> Condition:
    if not wanted:
        return true()
    return and_(PROJECTS.c.deadline < search.now, _STATUS.not_in(statuses.TERMINAL))


def _customer(customer_id: str, search: Search) -> Condition:
    return _has(search, CUSTOMERS, CUSTOMERS.table.c.id == customer_id)


def _partner(partner_id: str, search: Search) -> Condition:
    return or_(
        _has(search, PARTNERS, PARTNERS.table.c.id == partner_id),
        _has(search, SINGLE_PARTNERS, SINGLE_PARTNERS.table.c.id == partner_id),
    )


def _rejected(partner_ids: Sequence[str], search: Search) -> Condition:
    return _has(search, REJECTING_PARTNERS, among(REJECTING_PARTNERS.table.c.value, partner_ids))


def _tags(wanted: TagFilter, search: Search) -> Condition:
    tag = TAGS.table.c
    met: list[Condition] = [true()]
    if wanted.any is not None:
        met.append(_has(search, TAGS, among(tag.value, wanted.any)))
    if wanted.all:
        every = select(tag.project_id).where(among(tag.value, wanted.all)).group_by(tag.project_id)
        count = func.count(distinct(tag.value))
        met.append(PROJECTS.c.id.in_(every.having(count == len(set(wanted.all)))))
    if wanted.none is not None:
        met.append(not_(_has(search, TAGS, among(tag.value, wanted.none))))
    return and_(*met)


def _external_ids(ids: Sequence[str], search: Search) -> Condition:
    external, provider = EXTERNAL_IDS.table.c, search.wanted.external_ids_provider
    of_provider = true() if provider is None else external.provider_name == provider
    return _has(search, EXTERNAL_IDS, among(external.id, ids), of_provider)


def _external_ids_provider(provider: str, search: Search) -> Condition:
    return _has(search, EXTERNAL_IDS, EXTERNAL_IDS.table.c.provider_name == provider)


def _form_entries(entries: Sequence[FormEntryFilter], search: Search) -> Condition:
    entry = FORM_DATA.table.c
    keys = [wanted.key for wanted in entries if wanted.value is None]
    pairs = [(wanted.key, wanted.value) for wanted in entries if wanted.value is not None]
    return _has(
        search,
        FORM_DATA,
        or_(
            among(entry.key, keys) if keys else false(),
            tuple_(entry.key, entry.value).in_(pairs) if pairs else false(),
        ),
    )


def _form_entry_search(wanted: FormEntrySearch, search: Search) -> Condition:
    met: list[Condition] = [true()]
    if wanted.project_form_entries_advanced_filter is not None:
        groups = (
            and_(true(), *(_form_entries([entry], search) for entry in group))
            for group in wanted.project_form_entries_advanced_filter
        )
        met.append(or_(false(), *groups))
    if wanted.excluded_form_entries is not None:
        met.append(not_(_form_entries(wanted.excluded_form_entries, search)))
    return and_(*met)


def _within(codes: ZipCodeRange) -> Condition:
    code = ADDRESSES.table.c.postal_code
    low = code.is_not(None) if codes.zip_code_from is None else code >= codes.zip_code_from
    return low if codes.zip_code_to is None else and_(low, code <= codes.zip_code_to)


def _address(wanted: AddressFilter, search: Search) -> Condition:
    met: list[Condition] = []
    if wanted.purposes is not None:
        each = func.json_each if search.dialect == "sqlite" else func.json_array_elements_text
        purpose = each(ADDRESSES.table.c.purposes).table_valued("value").c.value
        met.append(exists().where(purpose.in_(wanted.purposes)))
    if wanted.zip_code_ranges is not None:
        met.append(or_(false(), *map(_within, wanted.zip_code_ranges)))
    return _has(search, ADDRESSES, *met)


_LINE = {
    "sku_ids": PRODUCTS.table.c.sku_id,
    "product_ids": PRODUCTS.table.c.product_id,
    "order_ids": PRODUCTS.table.c.order_id,
    "statuses": PRODUCTS.table.c.status,
    "cancellation_codes": PRODUCTS.table.c.cancellation_code,
}


def _products(wanted: ProductFilter, search: Search) -> Condition:
    given = ((column, getattr(wanted, name)) for name, column in _LINE.items())
    return _has(search, PRODUCTS, *(among(column, v) for column, v in given if v is not None))


def _inner(wanted: ProjectFilter, search: Search) -> Condition:
    return condition(wanted, search.dialect, search.now)


CONDITIONS: dict[str, Maker] = {
    "project_id": _equal(PROJECTS.c.id),
    "project_number": _equal(PROJECTS.c.project_number),
    "project_type_ids": _any_of(PROJECTS.c.type),
    "statuses": _any_of(PROJECTS.c.status),
    "active": _active,
    "is_urgent": _urgent,
    "step_ids": _any_of(PROJECTS.c.workflow_step_id),
    "step_name": _equal(PROJECTS.c.workflow_step_name),
    "customer_id": _customer,
    "customer_name": _words_of(words.CUSTOMER),
    "email": _whole(words.EMAIL),
    "phone": _whole(words.PHONE),
    "city": _words_of(words.CITY),
    "postal_code": _whole(words.POSTAL_CODE),
    "contact_person_emails": _any_whole(words.CONTACT_EMAIL),
    "contact_person_phones": _any_whole(words.CONTACT_PHONE),
    "partner_id": _partner,
    "partner_name": _words_of(words.PARTNER),
    "rejected_partner_ids": _rejected,
    "exclude_rejected_partner_ids": lambda ids, search: not_(_rejected(ids, search)),
    "store_ids": lambda ids, _: access.in_stores(ids),
    "main_store_ids": _any_of(PROJECTS.c.store_id),
    "store_contact": _words_of(words.STORE_CONTACT),
    "tags": _tags,
    "external_ids": _external_ids,
    "external_ids_provider": _external_ids_provider,
    "created": _during(PROJECTS.c.created),
    "modified": _during(PROJECTS.c.modified),
    "deadline": _during(PROJECTS.c.deadline),
    "project_date": _during(PROJECTS.c.project_date),
    "project_value": _amount(PROJECTS.c.project_value),
    "form_entries": _form_entries,
    "project_form_entry_advanced_search": _form_entry_search,
    "address_filter": _address,
    "products": _products,
    "and_": lambda inner, search: and_(true(), *(_inner(one, search) for one in inner)),
    "or_": lambda inner, search: or_(false(), *(_inner(one, search) for one in inner)),
    # The complement: what is unknown because a field is null does not match, so it is included.
    "not_": lambda inner, search: _inner(inner, search).is_not(true()),
}
