"""graphql-core's execution in turns, so that an answer that takes long to complete holds nobody up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from graphql import GraphQLNamedType, get_named_type, is_abstract_type, is_object_type
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

# So many fields are completed in a turn, which takes some 30 ms.
FIELDS = 10_000


class ExecutorInTurns(StrawberryGraphQLCoreExecutionContext):
    """Strawberry's executor, but that others have their turn while it completes long lists.

    Of what is there already graphql-core completes all at once. A list with more fields than are left of a turn is
    given to it as something to wait for, item by item. Nothing of the answer differs, but that errors of such a list
    may come after those of fields behind it.
    """

    # How many fields were completed, what is left of this turn, and whose turn is next.
    completed = 0
    _left = FIELDS
    _next: asyncio.Lock | None = None

    def execute_fields(self, *arguments: Any) -> Any:
        """The answers of an object's fields, which are counted."""
        fields = len(arguments[3])
        self.completed += fields
        self._left -= fields
        return super().execute_fields(*arguments)

    def complete_list_value(
        self,
        return_type: Any,
        field_details_list: Any,
        info: Any,
        path: Any,
        result: Any,
        *rest: Any,
    ) -> Any:
        """The answers of a list's items."""
        if (
            isinstance(result, list | tuple)
            and len(result) * self._fields(get_named_type(return_type), field_details_list)
            > self._left
            and asyncio._get_running_loop() is not None
        ):
            result = self._in_turns(result)
        return super().complete_list_value(
            return_type, field_details_list, info, path, result, *rest
        )

    def _fields(self, kind: GraphQLNamedType, field_details_list: Any) -> int:
        """How many fields of an item are asked for, of the kind with most of them; 1 for a leaf."""
        kinds: Sequence[Any] = [kind] if is_object_type(kind) else []
        if is_abstract_type(kind):
            kinds = self.schema.get_possible_types(kind)
        return max(
            (
                len(self.collect_subfields(one, field_details_list).grouped_field_set)
                for one in kinds
            ),
            default=1,
        )

    async def _in_turns(self, items: Sequence[Any]) -> AsyncIterator[Any]:
        for item in items:
            if self._left <= 0:
                await self._turn()
            yield item

    async def _turn(self) -> None:
        """Waits until the others have had theirs; of the lists of one answer one goes on at a time."""
        if self._next is None:
            self._next = asyncio.Lock()
        async with self._next:
            if self._left <= 0:
                await asyncio.sleep(0)
                self._left = FIELDS
