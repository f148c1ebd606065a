"""The loaders of one operation: a line for each nested collection."""

from __future__ import annotations

from collections.abc import Collection

from ..data import (
    access,
    addresses,
    attachments,
    change_orders,
    check_list,
    comments,
    contact_persons,
    customers,
    entity_errors,
    form_data,
    log,
    partners,
    parts,
    products,
    project_types,
    projects,
    stores,
    tags,
    tasks,
    transactions,
    versions,
    workflow_steps,
)
from ..data.collections import Source
from .batch import Owned, by_key, many, newest, one


class Loaders:
    """What is nested in projects, by project; made inside the running loop."""

    def __init__(self, source: Source, visible_stores: Collection[str] | None) -> None:
        visible = access.visible(visible_stores)
        self.project = by_key(lambda ids: projects.by_id(source, ids, visible))
        self.project_type = by_key(lambda ids: project_types.by_id(source, ids))
        self.products = many(source, products.PRODUCTS)
        self.partners = many(source, partners.PARTNERS)
        self.partner = one(source, partners.SINGLE_PARTNERS)
        self.rejected_by_partners = many(source, partners.REJECTING_PARTNERS)
        self.transactions = Owned(source, transactions.TRANSACTIONS)
        self.all_transactions = many(source, transactions.TRANSACTIONS)
        self.tasks = Owned(source, tasks.TASKS)
        self.all_tasks = many(source, tasks.TASKS)
        self.project_parts = many(source, parts.PARTS)
        self.change_orders = many(source, change_orders.CHANGE_ORDERS)
        self.workflow_steps = many(source, workflow_steps.WORKFLOW_STEPS)
        self.customer = one(source, customers.CUSTOMERS)
        self.contact_persons = many(source, contact_persons.CONTACT_PERSONS)
        self.store_contact = one(source, contact_persons.STORE_CONTACTS)
        self.stores = many(source, stores.STORES)
        self.addresses = many(source, addresses.ADDRESSES)
        self.external_ids = many(source, tags.EXTERNAL_IDS)
        self.tags = many(source, tags.TAGS)
        self.form_data = many(source, form_data.FORM_DATA)
        self.partner_check_list = many(source, check_list.CHECK_LIST)
        self.attachments = many(source, attachments.ATTACHMENTS)
        self.comments = many(source, comments.COMMENTS)
        self.customer_comments = many(source, comments.CUSTOMER_COMMENTS)
        self.errors = many(source, entity_errors.ERRORS)
        self.log = newest(source, log.LOG.table.name, log.newest)
        self.versions = newest(source, versions.VERSIONS.name, versions.newest)
