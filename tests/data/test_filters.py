"""Every filter against a plain Python predicate over the same documents, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import timedelta
from decimal import Decimal

import pytest

from projectgate.data import conditions
from projectgate.data.database import Database
from projectgate.data.filters import (
    AddressFilter,
    AmountRange,
    FormEntryFilter,
    FormEntrySearch,
    ProductFilter,
    ProjectFilter,
    TagFilter,
    TimeRange,
    ZipCodeRange,
    fingerprint,
    parts,
)
from projectgate.data.projects import Project
from tests.make.answers import (
    contact_name,
    current_step,
    customer_addresses,
    ended,
    entries,
    has_words,
    partners,
    shown_name,
    stores,
)
from tests.make.projects import NOON, ids_of, make_project, many_projects, store

pytestmark = pytest.mark.anyio

Predicate = Callable[[Project], bool]
DAY = timedelta(days=1)


CASES: list[tuple[ProjectFilter, Predicate]] = [
    (ProjectFilter(project_id="project-123"), lambda p: p.id == "project-123"),
    (ProjectFilter(project_number="P-1"), lambda p: p.project_number == "P-1"),
    (ProjectFilter(project_type_ids=["claim", "x"]), lambda p: p.type in ("claim", "x")),
    (ProjectFilter(statuses=["New", "Venter"]), lambda p: p.status in ("New", "Venter")),
    (ProjectFilter(active=True), lambda p: not ended(p) and p.status != "OnHold"),
    (
        ProjectFilter(is_urgent=True),
        lambda p: p.deadline is not None and p.deadline < NOON and not ended(p),
    ),
    (
        ProjectFilter(step_ids=["step-0", "claim-step-2"]),
        lambda p: bool(s := current_step(p)) and s.id in ("step-0", "claim-step-2"),
    ),
    (
        ProjectFilter(step_name="Åse Ærlig"),
        lambda p: bool(s := current_step(p)) and s.name == "Åse Ærlig",
    ),
    (ProjectFilter(customer_id="c-1"), lambda p: bool(p.customer and p.customer.id == "c-1")),
    (ProjectFilter(customer_name="ase AERL"), lambda p: has_words([shown_name(p)], "ase AERL")),
    (ProjectFilter(customer_name="zo"), lambda p: has_words([shown_name(p)], "zo")),
    (
        ProjectFilter(email="OLA@EXAMPLE.test"),
        lambda p: bool(p.customer and (p.customer.email or "").lower() == "ola@example.test"),
    ),
    (
        ProjectFilter(phone="+47 92604698"),
        lambda p: bool(p.customer and p.customer.phone == "+47 92604698"),
    ),
    (
        ProjectFilter(city="strasse"),
        lambda p: has_words((a.city for a in customer_addresses(p)), "strasse"),
    ),
    (
        ProjectFilter(city="oslo"),
        lambda p: has_words((a.city for a in customer_addresses(p)), "oslo"),
    ),
    (
        ProjectFilter(postal_code="0150"),
        lambda p: any(a.postal_code == "0150" for a in customer_addresses(p)),
    ),
    (
        ProjectFilter(contact_person_emails=["kari+x@example.test", "Ø@example.test", "x@x"]),
        lambda p: any(
            (c.email or "").lower() in ("kari+x@example.test", "ø@example.test")
            for c in p.contact_persons or []
        ),
    ),
    (
        ProjectFilter(contact_person_phones=["22 33 44 55"]),
        lambda p: any(c.phone == "22 33 44 55" for c in p.contact_persons or []),
    ),
    (
        ProjectFilter(partner_id="partner-el"),
        lambda p: any(one.id == "partner-el" for one in partners(p)),
    ),
    (
        ProjectFilter(partner_name="ostby son"),
        lambda p: has_words((one.name for one in partners(p)), "ostby son"),
    ),
    (
        ProjectFilter(rejected_partner_ids=["partner-el", "partner-ror"]),
        lambda p: bool({"partner-el", "partner-ror"} & set(p.rejected_by_partners or [])),
    ),
    (
        ProjectFilter(exclude_rejected_partner_ids=["partner-el", "partner-ror"]),
        lambda p: not {"partner-el", "partner-ror"} & set(p.rejected_by_partners or []),
    ),
    (
        ProjectFilter(store_ids=["store-oslo", "store-arhus"]),
        lambda p: bool({"store-oslo", "store-arhus"} & stores(p)),
    ),
    (ProjectFilter(main_store_ids=["store-oslo"]), lambda p: p.store_id == "store-oslo"),
    (ProjectFilter(store_contact="brien o"), lambda p: has_words([contact_name(p)], "brien o")),
    (
        ProjectFilter(tags=TagFilter(any=["haster", "gave"])),
        lambda p: bool({"haster", "gave"} & set(p.tags or [])),
    ),
    (
        ProjectFilter(tags=TagFilter(all=["haster", "gave", "gave"])),
        lambda p: {"haster", "gave"} <= set(p.tags or []),
    ),
    (ProjectFilter(tags=TagFilter(none=["haster"])), lambda p: "haster" not in (p.tags or [])),
    (
        ProjectFilter(tags=TagFilter(any=["VIP"], all=["haster"], none=["gave"])),
        lambda p: {"VIP", "haster"} <= set(p.tags or []) and "gave" not in (p.tags or []),
    ),
    (
        ProjectFilter(external_ids=["1", "42"]),
        lambda p: any(one.id in ("1", "42") for one in p.external_ids or []),
    ),
    (
        ProjectFilter(external_ids_provider="ERP"),
        lambda p: any(one.provider_name == "ERP" for one in p.external_ids or []),
    ),
    (
        ProjectFilter(external_ids=["1"], external_ids_provider="ERP"),
        lambda p: any((one.id, one.provider_name) == ("1", "ERP") for one in p.external_ids or []),
    ),
    (ProjectFilter(created=TimeRange(NOON, NOON + DAY)), lambda p: NOON <= p.created < NOON + DAY),
    (ProjectFilter(modified=TimeRange(from_=NOON)), lambda p: p.modified >= NOON),
    (
        ProjectFilter(deadline=TimeRange(to=NOON + DAY)),
        lambda p: p.deadline is not None and p.deadline < NOON + DAY,
    ),
    (
        ProjectFilter(project_date=TimeRange(NOON - DAY, NOON + 2 * DAY)),
        lambda p: p.project_date is not None and NOON - DAY <= p.project_date < NOON + 2 * DAY,
    ),
    (
        ProjectFilter(project_value=AmountRange(Decimal("0.0000000001"), Decimal(7))),
        lambda p: Decimal("0.0000000001") <= p.project_value <= 7,
    ),
    (
        ProjectFilter(project_value=AmountRange(max=Decimal("-12.5"))),
        lambda p: p.project_value <= Decimal("-12.5"),
    ),
    (
        ProjectFilter(form_entries=[FormEntryFilter("color", "red"), FormEntryFilter("size")]),
        lambda p: any(e == ("color", "red") or e[0] == "size" for e in entries(p)),
    ),
    (
        ProjectFilter(
            project_form_entry_advanced_search=FormEntrySearch(
                [
                    [FormEntryFilter("color", "red"), FormEntryFilter("size", "L")],
                    [FormEntryFilter("size", "red")],
                ],
                [FormEntryFilter("color", "L")],
            )
        ),
        lambda p: (
            ({("color", "red"), ("size", "L")} <= set(entries(p)) or ("size", "red") in entries(p))
            and ("color", "L") not in entries(p)
        ),
    ),
    (
        ProjectFilter(address_filter=AddressFilter(["Delivery", "x"])),
        lambda p: any("Delivery" in (a.purposes or []) for a in p.addresses or []),
    ),
    (
        ProjectFilter(
            address_filter=AddressFilter(
                ["Billing"], [ZipCodeRange("0150", "1299"), ZipCodeRange("5003", "5003")]
            )
        ),
        lambda p: any(
            "Billing" in (a.purposes or [])
            and ("0150" <= (a.postal_code or "") <= "1299" or a.postal_code == "5003")
            for a in p.addresses or []
        ),
    ),
    (
        ProjectFilter(address_filter=AddressFilter(zip_code_ranges=[ZipCodeRange()])),
        lambda p: any(a.postal_code is not None for a in p.addresses or []),
    ),
    (ProjectFilter(address_filter=AddressFilter()), lambda p: bool(p.addresses)),
    (
        ProjectFilter(products=ProductFilter(sku_ids=["SKU-001"])),
        lambda p: any(line.sku_id == "SKU-001" for line in p.products or []),
    ),
    (
        ProjectFilter(
            products=ProductFilter(["SKU-001"], ["P1"], ["10207", "10208"], ["Active", "Cancelled"])
        ),
        lambda p: any(
            line.sku_id == "SKU-001"
            and line.product_id == "P1"
            and line.order_id in ("10207", "10208")
            and line.status in ("Active", "Cancelled")
            for line in p.products or []
        ),
    ),
    (
        ProjectFilter(products=ProductFilter(cancellation_codes=["Defect"])),
        lambda p: any(line.cancellation_code == "Defect" for line in p.products or []),
    ),
    (ProjectFilter(products=ProductFilter()), lambda p: bool(p.products)),
    (
        ProjectFilter(and_=[ProjectFilter(), ProjectFilter(statuses=["New"])]),
        lambda p: p.status == "New",
    ),
    (
        ProjectFilter(
            or_=[ProjectFilter(statuses=["New"]), ProjectFilter(store_ids=["store-oslo"])]
        ),
        lambda p: p.status == "New" or "store-oslo" in stores(p),
    ),
]

# Filters that find everything or nothing, whatever there is.
IDLE: list[tuple[ProjectFilter, bool]] = [
    (ProjectFilter(), True),
    (ProjectFilter(project_id="PROJECT-123"), False),
    (ProjectFilter(statuses=[]), False),
    (ProjectFilter(active=False), True),
    (ProjectFilter(is_urgent=False), True),
    (ProjectFilter(customer_name=" !? "), True),
    (ProjectFilter(email=""), False),
    (ProjectFilter(contact_person_emails=[]), False),
    (ProjectFilter(exclude_rejected_partner_ids=[]), True),
    (ProjectFilter(store_ids=[]), False),
    (ProjectFilter(tags=TagFilter()), True),
    (ProjectFilter(tags=TagFilter(any=[])), False),
    (ProjectFilter(tags=TagFilter(all=[], none=[])), True),
    (ProjectFilter(deadline=TimeRange()), True),
    (ProjectFilter(form_entries=[]), False),
    (ProjectFilter(project_form_entry_advanced_search=FormEntrySearch([])), False),
    (ProjectFilter(project_form_entry_advanced_search=FormEntrySearch([[]])), True),
    (ProjectFilter(address_filter=AddressFilter(purposes=[])), False),
    (ProjectFilter(address_filter=AddressFilter(zip_code_ranges=[])), False),
    (ProjectFilter(and_=[]), True),
    (ProjectFilter(or_=[]), False),
    (ProjectFilter(not_=ProjectFilter()), False),
]


def test_every_field_of_the_filter_has_a_condition_and_a_case() -> None:
    names = {field.name for field in fields(ProjectFilter)}
    assert set(conditions.CONDITIONS) == names
    tried = {
        name for wanted, _ in [*CASES, *IDLE] for name in names if getattr(wanted, name) is not None
    }
    assert tried == names


async def test_each_filter_finds_what_a_plain_predicate_finds(
    filled: tuple[Database, list[Project]],
) -> None:
    database, projects = filled
    for wanted, predicate in CASES:
        condition = conditions.condition(wanted, database.dialect, NOON)
        expected = {project.id for project in projects if predicate(project)}
        assert await ids_of(database, condition) == expected, wanted


async def test_not_is_the_complement_of_each_filter_nulls_included(
    filled: tuple[Database, list[Project]],
) -> None:
    database, projects = filled
    for wanted, predicate in CASES:
        condition = conditions.condition(ProjectFilter(not_=wanted), database.dialect, NOON)
        expected = {project.id for project in projects if not predicate(project)}
        assert await ids_of(database, condition) == expected, wanted


async def test_all_filters_of_a_level_must_hold(filled: tuple[Database, list[Project]]) -> None:
    database, projects = filled
    for wanted, predicate in CASES:
        both = ProjectFilter(
            and_=[wanted], or_=[wanted, ProjectFilter(tags=TagFilter(any=["VIP"]))]
        )
        condition = conditions.condition(both, database.dialect, NOON)
        expected = {project.id for project in projects if predicate(project)}
        assert await ids_of(database, condition) == expected, wanted


async def test_filters_that_ask_nothing_find_all_and_empty_lists_find_none(
    filled: tuple[Database, list[Project]],
) -> None:
    database, projects = filled
    for wanted, everything in IDLE:
        for asked, expected in ((wanted, everything), (ProjectFilter(not_=wanted), not everything)):
            condition = conditions.condition(asked, database.dialect, NOON)
            assert len(await ids_of(database, condition)) == len(projects) * expected, asked


def test_each_filter_is_tried_on_projects_that_meet_it_and_on_others() -> None:
    projects = many_projects()
    for wanted, predicate in CASES:
        assert {predicate(project) for project in projects} == {True, False}, wanted


async def test_the_longest_lists_and_texts_allowed_run(database: Database) -> None:
    await store(database, [make_project(tags=["t7"], contact_persons=[{"email": "m7@x.test"}])])
    many = [f"t{number}" for number in range(500)]
    mails = [f"m{number}@x.test" for number in range(500)]
    entries = [FormEntryFilter("k", value) for value in many]
    wanted = ProjectFilter(
        tags=TagFilter(any=many),
        contact_person_emails=mails,
        not_=ProjectFilter(form_entries=entries),
        or_=[ProjectFilter(statuses=many), ProjectFilter(tags=TagFilter(any=many))] * 20,
    )
    condition = conditions.condition(wanted, database.dialect, NOON)
    assert await ids_of(database, condition) == {"project-1"}


def test_equal_searches_have_one_fingerprint_and_different_ones_do_not() -> None:
    seen = {fingerprint(None, wanted) for wanted, _ in CASES}
    assert len(seen) == len(CASES)
    assert fingerprint("Bad  oslo", None) == fingerprint("oslo bád", ProjectFilter())
    assert fingerprint("bad", None) != fingerprint(None, None)
    assert fingerprint(None, ProjectFilter(not_=ProjectFilter(active=True))) not in seen


def test_the_parts_of_a_filter_are_named_as_in_the_api() -> None:
    wanted = ProjectFilter(
        or_=[ProjectFilter(products=ProductFilter(sku_ids=["a", "b"])), ProjectFilter()],
        not_=ProjectFilter(created=TimeRange(from_=NOON)),
    )
    found = {part.path: part.depth for part in parts(wanted)}
    assert found["filter"] == 1
    assert found["filter.or[0].products.skuIds[1]"] == 2
    assert found["filter.not.created.from"] == 2
