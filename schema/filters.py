"""What projects can be filtered by, as inputs. Their fields are those of `data.filters`, which they turn into."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import strawberry

from ..data import filters
from ..resolvers.filters import DEPTH_LIMIT, FIELD_LIMIT, LIST_LIMIT, TEXT_LIMIT, WORD_LIMIT

_WORDS = "Each word must begin a word of it, without case and accents; a text without any word is no filter."


def _given(description: str, name: str | None = None) -> Any:
    """A field of an input that may be left out."""
    return strawberry.field(default=None, name=name, description=description)


@strawberry.input(description="A span of time; an end that is absent or null is open.")
class DateTimeRange:
    """Becomes `filters.TimeRange`."""

    from_: datetime | None = _given("From this moment on, the moment included.", name="from")
    to: datetime | None = _given("Until this moment, the moment not included.")


@strawberry.input(description="A range of amounts; an end that is absent or null is open.")
class DecimalRange:
    """Becomes `filters.AmountRange`."""

    min: Decimal | None = _given("At least this much.")
    max: Decimal | None = _given("At most this much.")


@strawberry.input(
    description="Which tags a project has; all that is given must hold. Tags are compared exactly."
)
class ProjectTagFilter:
    """Becomes `filters.TagFilter`."""

    any: list[str] | None = _given("At least one of these; an empty list matches no project.")
    all: list[str] | None = _given("Every one of these.")
    none: list[str] | None = _given("Not one of these.")


@strawberry.input(
    description=(
        "Projects with a product line that meets all that is given: one and the same line. `{}` is any line. Values "
        "are compared exactly."
    )
)
class ProjectProductFilter:
    """Becomes `filters.ProductFilter`."""

    sku_ids: list[str] | None = _given("The line has one of these skus.")
    product_ids: list[str] | None = _given("The line has one of these product ids.")
    order_ids: list[str] | None = _given("The line comes from one of these orders.")
    statuses: list[str] | None = _given("The line has one of these statuses.")
    cancellation_codes: list[str] | None = _given("The line has one of these cancellation codes.")


@strawberry.input(description="An entry of the public form. Key and value are compared exactly.")
class FormEntryFilter:
    """Becomes `filters.FormEntryFilter`."""

    key: str = strawberry.field(description="The key of the entry.")
    value: str | None = _given("The value of the entry; absent or null: any, and none.")


@strawberry.input(description="Entries of the public form, in groups; all that is given must hold.")
class ProjectFormEntryAdvancedSearch:
    """Becomes `filters.FormEntrySearch`."""

    project_form_entries_advanced_filter: list[list[FormEntryFilter]] | None = _given(
        "Groups of entries: of at least one group, the project has every entry."
    )
    excluded_form_entries: list[FormEntryFilter] | None = _given(
        "The project has not one of these entries."
    )


@strawberry.input(
    description=(
        "Postal codes from one to another, both included. They are compared as texts, character by character, so give "
        "both ends as many characters as the codes of the country have. An end that is absent or null is open."
    )
)
class ZipCodeRange:
    """Becomes `filters.ZipCodeRange`."""

    zip_code_from: str | None = _given("The first code.")
    zip_code_to: str | None = _given("The last code.")


@strawberry.input(
    description=(
        "Projects with an address, among `addresses`, that meets all that is given: one and the same address. `{}` is "
        "any address."
    )
)
class ProjectAddressFilter:
    """Becomes `filters.AddressFilter`."""

    purposes: list[str] | None = _given("The address has one of these purposes, such as Delivery.")
    zip_code_ranges: list[ZipCodeRange] | None = _given(
        "The postal code of the address is in one of these ranges."
    )


@strawberry.input(
    description=(
        "What the projects must meet: all that is given, except inside `or` and `not`. A list means any of its values; "
        "an empty list matches no project. Absent or null is no filter. Values are compared exactly unless it says "
        f"otherwise. Limits: {DEPTH_LIMIT} filters inside each other, {FIELD_LIMIT} fields and 5,000 values in all, "
        f"{LIST_LIMIT} values in a list, {TEXT_LIMIT:,} characters and {WORD_LIMIT} words in a text."
    )
)
class ProjectFilter:
    """Becomes `filters.ProjectFilter`."""

    project_id: strawberry.ID | None = _given("The id of the project.")
    project_number: str | None = _given("The number of the project.")
    project_type_ids: list[strawberry.ID] | None = _given("The id of the project's type.")
    statuses: list[str] | None = _given("The status of the project.")
    active: bool | None = _given(
        "True: neither finished nor cancelled nor on hold. False is no filter; `not: {active: true}` finds the others."
    )
    is_urgent: bool | None = _given(
        "True: the deadline is past, and the project is neither finished nor cancelled. False is no filter."
    )
    step_ids: list[strawberry.ID] | None = _given("The id of the current workflow step.")
    step_name: str | None = _given("The name of the current workflow step.")
    customer_id: str | None = _given("The id of the customer.")
    customer_name: str | None = _given(f"The name of the customer, its `displayName`. {_WORDS}")
    email: str | None = _given("The e-mail address of the customer, compared without case.")
    phone: str | None = _given("The phone number of the customer, written as it is stored.")
    city: str | None = _given(f"The cities of the customer's addresses. {_WORDS}")
    postal_code: str | None = _given("The postal code of one of the customer's addresses.")
    contact_person_emails: list[str] | None = _given(
        "The e-mail address of a contact person, compared without case."
    )
    contact_person_phones: list[str] | None = _given(
        "The phone number of a contact person, written as it is stored."
    )
    partner_id: str | None = _given("The id of a partner, of `partner` or one of `partners`.")
    partner_name: str | None = _given(f"The names of the partners. {_WORDS}")
    rejected_partner_ids: list[str] | None = _given(
        "The id of a partner that turned the project down."
    )
    exclude_rejected_partner_ids: list[str] | None = _given(
        "Only projects that none of these partners turned down; an empty list excludes no project."
    )
    store_ids: list[str] | None = _given("The id of the main store, or of an additional one.")
    main_store_ids: list[str] | None = _given("The id of the main store.")
    store_contact: str | None = _given(f"First and last name of the store contact. {_WORDS}")
    tags: ProjectTagFilter | None = _given("The tags of the project.")
    external_ids: list[str] | None = _given("An id that another system has for the project.")
    external_ids_provider: str | None = _given(
        "The system that has an id for the project; with `externalIds`, it is the one that has such an id."
    )
    created: DateTimeRange | None = _given("When the project was created.")
    modified: DateTimeRange | None = _given("When the project was last changed.")
    deadline: DateTimeRange | None = _given(
        "When the current step is to be done; with an end given, a project without a deadline does not match."
    )
    project_date: DateTimeRange | None = _given(
        "When the main activity takes place; with an end given, a project without a date does not match."
    )
    project_value: DecimalRange | None = _given("The value of the project.")
    form_entries: list[FormEntryFilter] | None = _given("An entry of the public form.")
    project_form_entry_advanced_search: ProjectFormEntryAdvancedSearch | None = _given(
        "Groups of entries of the public form."
    )
    address_filter: ProjectAddressFilter | None = _given("An address of the project.")
    products: ProjectProductFilter | None = _given("A line of the product list.")
    and_: list[ProjectFilter] | None = _given("Every one of these filters must be met.", name="and")
    or_: list[ProjectFilter] | None = _given(
        "At least one of these filters must be met; an empty list matches no project.", name="or"
    )
    not_: ProjectFilter | None = _given(
        "The complement: every project that does not match, also where it has null in the field asked about.",
        name="not",
    )

    def command(self) -> filters.ProjectFilter:
        """The filter as plain data."""
        made: filters.ProjectFilter = _plain(self)
        return made


_BECOMES: dict[type, type] = {
    DateTimeRange: filters.TimeRange,
    DecimalRange: filters.AmountRange,
    ProjectTagFilter: filters.TagFilter,
    ProjectProductFilter: filters.ProductFilter,
    FormEntryFilter: filters.FormEntryFilter,
    ProjectFormEntryAdvancedSearch: filters.FormEntrySearch,
    ZipCodeRange: filters.ZipCodeRange,
    ProjectAddressFilter: filters.AddressFilter,
    ProjectFilter: filters.ProjectFilter,
}


def _plain(value: Any) -> Any:
    """An input as plain data, whatever is in it likewise."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    model = _BECOMES.get(type(value))
    if model is None:
        return value
    return model(**{name: _plain(inner) for name, inner in vars(value).items()})
