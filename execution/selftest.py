"""A test at the start: a few operations through plans and through graphql-core, which must agree.

Plans lean on internals of three libraries. Their versions are pinned, yet an installation can have others; then it is
better to be slow than to be wrong.
"""

from __future__ import annotations

from typing import Any

import strawberry
import structlog
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from .executor import Engine
from .fields import loader_field

_LOG = structlog.get_logger(__name__)


@strawberry.interface
class _Named:
    name: str | None


@strawberry.type
class _Leaf(_Named):
    size: int


@strawberry.type
class _Tree(_Named):
    id: strawberry.ID
    leaves: list[_Leaf] = loader_field("leaves", "id", description="The leaves of a tree.")

    @strawberry.field
    async def parts(self, first: int = 2) -> list[_Named | None]:
        """Leaves, and nothing beside them."""
        return [*_LEAVES[:first], None]

    @strawberry.field
    def broken(self) -> str:
        """A null where none may be, for one of the trees."""
        return None if self.name == "ash" else "whole"  # type: ignore[return-value]


_LEAVES = [_Leaf(name="green", size=1), _Leaf(name=None, size=2), _Leaf(name="brown", size=3)]
_TREES = [_Tree(name="oak", id=strawberry.ID("1")), _Tree(name="ash", id=strawberry.ID("2"))]


@strawberry.type
class _Query:
    @strawberry.field
    def trees(self) -> list[_Tree]:
        """Two trees."""
        return _TREES

    @strawberry.field
    async def tree(self, id: strawberry.ID) -> _Tree | None:  # noqa: A002
        """A tree by its id."""
        return next((tree for tree in _TREES if tree.id == id), None)


@strawberry.type
class _Mutation:
    @strawberry.mutation
    async def grow(self, name: str) -> _Tree:
        """A new tree, which needs a name."""
        if not name:
            raise ValueError("a tree without a name")
        return _Tree(name=name, id=strawberry.ID("3"))


class _Leaves:
    """A loader that has the same leaves for every key."""

    async def load(self, _: Any) -> Any:
        """The leaves."""
        return _LEAVES


class _Context:
    """A context with one loader."""

    def __init__(self) -> None:
        self.forget()

    def narrow(self, _: Any) -> None:
        """Reads everything anyway."""

    def forget(self) -> None:
        """Makes the loader."""
        self.loaders = self
        self.leaves = _Leaves()


_OPERATIONS = (
    "{ trees { id name leaves { size name } a: leaves { __typename } } }",
    'query ($s: Boolean!) { tree(id: "1") { ...T broken @skip(if: $s) } } '
    "fragment T on _Tree { x: name parts { name } }",
    "{ trees { parts(first: 3) { __typename name ... on _Leaf { size } } } none: tree(id: 9) { id } }",
    "{ trees { name broken } }",
    'mutation { a: grow(name: "fir") { name leaves { size } } b: grow(name: "") { name } }',
    "{ __schema { queryType { name } } }",
)


async def check(engine: Engine) -> bool:
    """Whether plans and graphql-core agree; if not, the engine makes no plans from now on, and the log says so."""
    own = Engine()
    planned = strawberry.Schema(_Query, _Mutation, execution_context_class=own.executor_class())
    plain = strawberry.Schema(
        _Query, _Mutation, execution_context_class=StrawberryGraphQLCoreExecutionContext
    )
    for schema in (planned, plain):
        schema.process_errors = lambda *_: None  # type: ignore[method-assign]
    for text in _OPERATIONS:
        answers = []
        for schema in (planned, plain):
            # A fault of a plan that even graphql-core cannot answer after is a difference too.
            try:
                result = await schema.execute(text, {"s": False}, context_value=_Context())
                answers.append(
                    (repr(result.data), [error.formatted for error in result.errors or ()])
                )
            except Exception as error:  # noqa: BLE001
                answers.append((repr(error), []))
        if answers[0] != answers[1]:
            engine.enabled = False
            _LOG.error("plans are switched off: they disagree with graphql-core", operation=text)
            return False
    if not own.counters.runs:
        engine.enabled = False
        _LOG.error("plans are switched off: none could be made")
        return False
    return True
