"""What people say: comments, which are of customers or not, and rows of the log."""

from __future__ import annotations

from .drafts import Draft, Given, moment

CUSTOMER = "ProjectCustomerComment"
TYPES = (CUSTOMER, "ProjectInternalComment", "ProjectPartnerComment")


def add_comment(draft: Draft, given: Given) -> None:
    """At the end of its list; it may answer one of the same list."""
    kind, parent = given.get("type", "ProjectInternalComment"), given.get("parentId")
    there = draft.state["customerComments" if kind == CUSTOMER else "comments"]
    if not given["detail"].strip():
        draft.fault("INVALID_VALUE", "detail")
    if kind not in TYPES:
        draft.fault("INVALID_VALUE", "type")
    if parent is not None and parent not in [one["id"] for one in there]:
        draft.fault("NOT_FOUND", "parentId")
    comment = {
        "id": draft.made_id(),
        "type": kind,
        "title": given.get("title"),
        "detail": given["detail"],
        "creator": draft.actor,
        "parentId": parent,
    }
    there.append(comment)
    draft.details["added"] = [comment["id"]]


def add_log_item(draft: Draft, given: Given) -> None:
    """The row of the log is the write."""
    if not given["text"].strip():
        draft.fault("INVALID_VALUE", "text")
    due = given.get("dueDate")
    draft.note |= {"text": given["text"], "dueDate": moment(due) if due else None}
    draft.always = True
