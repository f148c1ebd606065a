"""What a search looks at and should find, in plain Python, without the program's own way of finding it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

from projectgate.data.projects import Project


def folded_words(text: str | None) -> list[str]:
    """The words of a text, written down again without looking at the program's way."""
    for letter, plain in (("ø", "o"), ("æ", "ae"), ("þ", "th")):
        text = (text or "").casefold().replace(letter, plain)
    plain_text = unicodedata.normalize("NFKD", text or "").casefold()
    kept = "".join(char for char in plain_text if unicodedata.category(char) != "Mn")
    return "".join(char if char.isalnum() else " " for char in kept).split()


def has_words(texts: Iterable[str | None], query: str) -> bool:
    """Whether each word of a query begins a word of the texts."""
    there = [word for text in texts for word in folded_words(text)]
    return all(any(word.startswith(asked) for word in there) for asked in folded_words(query))


def full_name(person: Any) -> str | None:
    """First and last name of a person."""
    return " ".join(name for name in (person.first_name, person.last_name) if name) or None


def shown_name(project: Project) -> str | None:
    """The name of the customer."""
    customer = project.customer
    if customer is None:
        return None
    return customer.name or customer.full_name or full_name(customer)


def contact_name(project: Project) -> str | None:
    """The name of the store contact."""
    contact = project.store_contact
    return None if contact is None else full_name(contact)


def partners(project: Project) -> list[Any]:
    """All partners, of either kind."""
    return [*([project.partner] if project.partner else []), *(project.partners or [])]


def customer_addresses(project: Project) -> list[Any]:
    """All addresses of the customer."""
    customer = project.customer
    if customer is None:
        return []
    return [*([customer.address] if customer.address else []), *(customer.addresses or [])]


def current_step(project: Project) -> Any:
    """The current step."""
    steps = [step for step in project.workflow_steps or [] if step.current]
    return project.workflow_step or (steps[0] if steps else None)


def ended(project: Project) -> bool:
    """Finished or cancelled."""
    return project.status in (
        "Completed",
        "WorkflowCompleted",
        "CancelledByCustomer",
        "CancelledByPartner",
        "CancelledByInternal",
    )


def entries(project: Project) -> list[tuple[str | None, str | None]]:
    """The entries of the form."""
    return [(entry.key, entry.value) for entry in project.form_data or []]


def stores(project: Project) -> set[str | None]:
    """The main store and the additional ones."""
    return {project.store_id, *(one.store_id for one in project.stores or [])}


def searched(project: Project) -> list[str | None]:
    """The texts that a free text looks at."""
    return [
        project.id,
        project.project_number,
        project.name,
        project.external_reference,
        shown_name(project),
        *(partner.name for partner in partners(project)),
        *(text for line in project.products or [] for text in (line.name, line.sku_id)),
        *(project.tags or []),
    ]
