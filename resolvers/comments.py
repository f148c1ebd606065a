"""What people say about a project: comments, and rows of its log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from ..data.comments import Comment
from ..data.ids import new_id
from ..data.log import LogItem
from .commands import Applied, Command, Draft
from .errors import NotFound

CUSTOMER = "ProjectCustomerComment"
INTERNAL = "ProjectInternalComment"
TYPES = (CUSTOMER, INTERNAL, "ProjectPartnerComment")


@dataclass(frozen=True, kw_only=True)
class AddProjectComment(Command):
    """Adds a comment; its type says who sees it. Source: POST Comments."""

    operation: ClassVar[str] = "addProjectComment"

    detail: str
    type: str = INTERNAL
    title: str | None = None
    parent_id: str | None = None

    def apply(self, draft: Draft) -> Applied:
        """Comments of customers are one list, all others another."""
        project, faults = draft.project, draft.faults
        if not self.detail.strip():
            faults.invalid("detail is blank; say something", ["detail"])
        if self.type not in TYPES:
            faults.invalid(f"type is {self.type!r}; it is one of {', '.join(TYPES)}", ["type"])
        name = "customer_comments" if self.type == CUSTOMER else "comments"
        there = getattr(project, name) or []
        if self.parent_id is not None and self.parent_id not in {one.id for one in there}:
            message = f"there is no comment {self.parent_id!r} of that kind to answer"
            faults.add(NotFound(message, ["parentId"]))
        comment = Comment.new(
            id=new_id(),
            object_id=project.id,
            object_type="Project",
            type=self.type,
            title=self.title,
            detail=self.detail,
            creator=draft.caller.name,
            user_id=draft.caller.name,
            parent_id=self.parent_id,
        )
        setattr(project, name, [*there, comment])
        return Applied({"added": [comment.id]})


@dataclass(frozen=True, kw_only=True)
class AddProjectLogItem(Command):
    """Adds a row to the log, which is the row of its own write. Source: PUT ProjectLogs/Add."""

    operation: ClassVar[str] = "addProjectLogItem"

    text: str
    comment: str | None = None
    data: str | None = None
    due_date: datetime | None = None
    due_text: str | None = None
    hidden: bool = False
    hidden_from_customer: bool = False
    hidden_from_partner: bool = False

    def apply(self, draft: Draft) -> Applied:
        """Nothing of the project itself differs."""
        if not self.text.strip():
            draft.faults.invalid("text is blank; say what happened", ["text"])
        note = LogItem.new(
            text=self.text,
            comment=self.comment,
            data=self.data,
            due_date=self.due_date,
            due_text=self.due_text,
            hidden=self.hidden,
            hidden_from_customer=self.hidden_from_customer,
            hidden_from_partner=self.hidden_from_partner,
        )
        return Applied(note=note, logged=True)
