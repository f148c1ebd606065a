"""The workflow steps of a project, copied from its type, one of them current."""

from __future__ import annotations

from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from .collections import Collection
from .documents import Document, Key, Time, Whole, Word
from .properties import ExternalId


class WorkflowStep(Document):
    """A step of the workflow. Source: WorkflowStep."""

    id: Key = ""
    index: Whole = 0
    name: Word | None = None
    description: Word | None = None
    current: bool = False
    start_date: Time = None
    date_completed: Time = None
    accept_text: Word | None = None
    decline_text: Word | None = None
    date_text: Word | None = None
    is_comments_disabled: bool = False
    hidden_from_customer: bool = False
    hidden_from_partner: bool = False
    external_ids: list[ExternalId] | None = None

    @property
    def own_deadline(self) -> datetime | None:
        """When the step is to be done, where its document says so: REST has no such member, tenants may."""
        try:
            return _TIME.validate_python(self.unknown.get("deadline"))
        except ValidationError:
            return None


_TIME: TypeAdapter[datetime | None] = TypeAdapter(Time)

WORKFLOW_STEPS = Collection("project_workflow_step", WorkflowStep)
