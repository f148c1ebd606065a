"""Lines of check lists."""

from __future__ import annotations

from datetime import datetime

import strawberry


@strawberry.type(description="A line of a check list. A field that is null was not given.")
class CheckListItem:
    """Served from `data.check_list.CheckListItem` and its rows."""

    text: str | None = strawberry.field(description="What is to be checked.")
    comment: str | None = strawberry.field(description="A remark on it.")
    is_completed: bool = strawberry.field(description="Whether it is ticked off.")
    completed: datetime | None = strawberry.field(
        description="When it was ticked off; null while it is not."
    )
    completed_by_id: str | None = strawberry.field(description="The id of who ticked it off.")
    completed_by_name: str | None = strawberry.field(description="The name of who ticked it off.")
