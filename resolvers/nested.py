"""What is nested in projects: the collections behind the loaders, and the GraphQL types of their rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..data import (
    addresses,
    attachments,
    change_orders,
    check_list,
    comments,
    contact_persons,
    customers,
    entity_errors,
    form_data,
    partners,
    parts,
    products,
    stores,
    tags,
    tasks,
    transactions,
    workflow_steps,
)
from ..data.collections import Collection

# Of each project a list of rows, or one row.
MANY: Mapping[str, Collection[Any]] = {
    "products": products.PRODUCTS,
    "partners": partners.PARTNERS,
    "rejected_by_partners": partners.REJECTING_PARTNERS,
    "all_transactions": transactions.TRANSACTIONS,
    "all_tasks": tasks.TASKS,
    "project_parts": parts.PARTS,
    "change_orders": change_orders.CHANGE_ORDERS,
    "workflow_steps": workflow_steps.WORKFLOW_STEPS,
    "contact_persons": contact_persons.CONTACT_PERSONS,
    "stores": stores.STORES,
    "addresses": addresses.ADDRESSES,
    "external_ids": tags.EXTERNAL_IDS,
    "tags": tags.TAGS,
    "form_data": form_data.FORM_DATA,
    "partner_check_list": check_list.CHECK_LIST,
    "attachments": attachments.ATTACHMENTS,
    "comments": comments.COMMENTS,
    "customer_comments": comments.CUSTOMER_COMMENTS,
    "errors": entity_errors.ERRORS,
}
ONE: Mapping[str, Collection[Any]] = {
    "partner": partners.SINGLE_PARTNERS,
    "customer": customers.CUSTOMERS,
    "store_contact": contact_persons.STORE_CONTACTS,
}
# Of each owner in a project, a part or a change order say, a list of rows.
OWNED: Mapping[str, Collection[Any]] = {
    "transactions": transactions.TRANSACTIONS,
    "tasks": tasks.TASKS,
}
# The GraphQL type that the rows of a loader are served as.
TYPES: Mapping[str, str] = {
    "products": "ProjectProduct",
    "partners": "ProjectPartner",
    "partner": "ProjectPartner",
    "transactions": "Transaction",
    "all_transactions": "Transaction",
    "tasks": "Task",
    "project_parts": "ProjectPart",
    "change_orders": "ChangeOrder",
    "workflow_steps": "WorkflowStep",
    "customer": "ProjectCustomer",
    "contact_persons": "ContactPerson",
    "store_contact": "ContactPerson",
    "stores": "ProjectStore",
    "addresses": "Address",
    "external_ids": "ExternalId",
    "form_data": "FormEntry",
    "partner_check_list": "CheckListItem",
    "attachments": "Asset",
    "comments": "Comment",
    "customer_comments": "Comment",
    "errors": "EntityError",
}
