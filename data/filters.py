"""What projects can be filtered by, as plain data.

Everything given must hold. A list means "any of these" and an empty one matches no project; None is no filter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic.alias_generators import to_camel

from .base import dumps
from .words import words


@dataclass(frozen=True)
class TimeRange:
    """From a moment on, and until just before another."""

    from_: datetime | None = None
    to: datetime | None = None


@dataclass(frozen=True)
class AmountRange:
    """At least and at most, both included."""

    min: Decimal | None = None
    max: Decimal | None = None


@dataclass(frozen=True)
class TagFilter:
    """At least one of `any`, every one of `all`, not one of `none`."""

    any: list[str] | None = None
    all: list[str] | None = None
    none: list[str] | None = None


@dataclass(frozen=True)
class ProductFilter:
    """What one and the same product line must meet."""

    sku_ids: list[str] | None = None
    product_ids: list[str] | None = None
    order_ids: list[str] | None = None
    statuses: list[str] | None = None
    cancellation_codes: list[str] | None = None


@dataclass(frozen=True)
class FormEntryFilter:
    """An entry of the form with this key, and this value if one is given."""

    key: str
    value: str | None = None


@dataclass(frozen=True)
class FormEntrySearch:
    """All entries of at least one group, and none of the excluded ones. Source: projectFormEntryAdvancedSearch."""

    project_form_entries_advanced_filter: list[list[FormEntryFilter]] | None = None
    excluded_form_entries: list[FormEntryFilter] | None = None


@dataclass(frozen=True)
class ZipCodeRange:
    """Postal codes from one to another, both included, compared as texts."""

    zip_code_from: str | None = None
    zip_code_to: str | None = None


@dataclass(frozen=True)
class AddressFilter:
    """What one and the same address of the project must meet."""

    purposes: list[str] | None = None
    zip_code_ranges: list[ZipCodeRange] | None = None


@dataclass(frozen=True)
class ProjectFilter:
    """The filters of the REST search, and what it lacks. Source: ProjectSearchRequest, in its order."""

    project_id: str | None = None
    project_number: str | None = None
    project_type_ids: list[str] | None = None
    statuses: list[str] | None = None
    active: bool | None = None
    is_urgent: bool | None = None
    step_ids: list[str] | None = None
    step_name: str | None = None
    customer_id: str | None = None
    customer_name: str | None = None
    email: str | None = None
    phone: str | None = None
    city: str | None = None
    postal_code: str | None = None
    contact_person_emails: list[str] | None = None
    contact_person_phones: list[str] | None = None
    partner_id: str | None = None
    partner_name: str | None = None
    rejected_partner_ids: list[str] | None = None
    exclude_rejected_partner_ids: list[str] | None = None
    store_ids: list[str] | None = None
    main_store_ids: list[str] | None = None
    store_contact: str | None = None
    tags: TagFilter | None = None
    external_ids: list[str] | None = None
    external_ids_provider: str | None = None
    created: TimeRange | None = None
    modified: TimeRange | None = None
    deadline: TimeRange | None = None
    project_date: TimeRange | None = None
    project_value: AmountRange | None = None
    form_entries: list[FormEntryFilter] | None = None
    project_form_entry_advanced_search: FormEntrySearch | None = None
    address_filter: AddressFilter | None = None
    products: ProductFilter | None = None
    and_: list[ProjectFilter] | None = None
    or_: list[ProjectFilter] | None = None
    not_: ProjectFilter | None = None


# What a value is when it is no filter and no list.
SINGLE = (str, bool, datetime, Decimal)


@dataclass(frozen=True)
class Part:
    """A value somewhere in a filter: where, under API names, how many filters deep, and what."""

    path: str
    depth: int
    value: Any


def parts(value: Any, path: str = "filter", depth: int = 0) -> Iterator[Part]:
    """Everything given in a filter, outermost first: filters, lists and single values."""
    depth += isinstance(value, ProjectFilter)
    yield Part(path, depth, value)
    if is_dataclass(value):
        for field in fields(value):
            inner = getattr(value, field.name)
            if inner is not None:
                yield from parts(inner, f"{path}.{to_camel(field.name.rstrip('_'))}", depth)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from parts(item, f"{path}[{index}]", depth)


def fingerprint(query: str | None, wanted: ProjectFilter | None) -> str:
    """A short text that is the same for the same search, in any process."""
    return _NO_SEARCH if query is None and wanted is None else _fingerprint(query, wanted)


def _fingerprint(query: str | None, wanted: ProjectFilter | None) -> str:
    given = [
        (part.path, part.value if isinstance(part.value, SINGLE) else None)
        for part in parts(wanted or ProjectFilter())
    ]
    return hashlib.sha256(dumps([sorted(set(words(query))), given])).hexdigest()[:16]


_NO_SEARCH = _fingerprint(None, None)
