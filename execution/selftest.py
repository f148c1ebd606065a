"""A test at the start: a few operations through plans and through graphql-core, which must agree.

Plans lean on internals of three libraries. Their versions are pinned, yet an installation can have others; then it is
better to be slow than to be wrong.
"""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, NamedTuple

import orjson
import strawberry
import structlog
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from .documents import Documents
from .executor import Engine
from .fields import Needs, along, loader_field

_LOG = structlog.get_logger(__name__)


@strawberry.enum
class _Wood(Enum):
    HARD = "hard"


@strawberry.interface
class _Named:
    name: str | None


@strawberry.type
class _Leaf(_Named):
    size: int


@strawberry.type
class _Bird:
    tags: list[str | None]


@strawberry.type
class _Tree(_Named):
    id: strawberry.ID
    planted: datetime = datetime(2026, 1, 31, 12, tzinfo=UTC)
    height: Decimal | None = Decimal("12.5")
    wood: _Wood = _Wood.HARD
    leaves: list[_Leaf] = loader_field("leaves", description="The leaves of a tree.")
    fallen: list[_Leaf] = loader_field("fallen", description="Those that it has no more.")

    @property
    def key(self) -> str:
        """The key of its loaders."""
        return self.id

    @strawberry.field
    async def parts(self, first: int = 2) -> list[_Named | None]:
        """Leaves, and nothing beside them."""
        return [*_LEAVES[:first], None]

    @strawberry.field
    def guests(self) -> list[Annotated[_Bird | _Leaf, strawberry.union("_Guest")]]:
        """Objects of a union."""
        return [_Bird(tags=["a", None]), *_LEAVES[:1]]

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

    @strawberry.field(metadata=along())  # type: ignore[untyped-decorator]
    async def tree(self, info: strawberry.Info, id: strawberry.ID) -> _Tree | None:  # noqa: A002
        """A tree by its id, which may be read with what is nested in it."""
        found: _Tree | None = await info.context.loaders.along("tree", id)
        return found


@strawberry.type
class _Mutation:
    @strawberry.mutation
    async def grow(self, name: str) -> _Tree:
        """A new tree, which needs a name."""
        if not name:
            raise ValueError("a tree without a name")
        return _Tree(name=name, id=strawberry.ID("3"))


class _Loader:
    """A loader that has leaves for a tree."""

    def __init__(self, *of: list[_Leaf]) -> None:
        self._of = of

    async def load(self, key: str) -> list[_Leaf]:
        """The leaves of a tree."""
        return self._of[int(key)]


class _Prospect(NamedTuple):
    """A tree of which only the key is known."""

    key: str


class _Loaders:
    """Two loaders, and what reads without them where a plan says what it needs."""

    def __init__(self, needs: Needs | None) -> None:
        self._needs = needs
        self._along: dict[tuple[str, str], list[_Leaf]] = {}
        self.leaves = _Loader([], _LEAVES[:2], _LEAVES, _LEAVES[2:])
        self.fallen = _Loader([], _LEAVES[1:], [], _LEAVES)

    async def along(self, _: str, key: str) -> _Tree | None:
        """A tree by its id, and with it what its leaves are."""
        for loader, key_of in self._needs.ahead if self._needs else ():
            own = key_of(_Prospect(key))
            self._along[loader, own] = await getattr(self, loader).load(own)
        return next((tree for tree in _TREES if tree.id == key), None)

    def given(self, loader: str, keys: list[str]) -> list[Any] | None:
        """What was read along for keys of a loader, None where they were not."""
        found = [self._along.get((loader, key)) for key in keys]
        return None if None in found else found

    async def together(self, asked: list[tuple[str, list[str]]]) -> list[list[Any]]:
        """What loaders give for keys, at once."""
        return [[await getattr(self, name).load(key) for key in keys] for name, keys in asked]


class _Context:
    """A context with two loaders."""

    def __init__(self) -> None:
        self.forget()

    def narrow(self, needs: Needs | None) -> None:
        """Makes loaders that know what is needed."""
        self.loaders = _Loaders(needs)

    def forget(self) -> None:
        """Makes the loaders."""
        self.narrow(None)


_OPERATIONS = (
    "{ trees { id name planted height wood leaves { size name } a: leaves { __typename } } }",
    '{ tree(id: "2") { key: id leaves { size } fallen { name } again: leaves { name } } }',
    '{ a: tree(id: "1") { leaves { size } fallen { name } } b: tree(id: "2") { fallen { size } } }',
    "{ trees { guests { __typename ... on _Bird { tags } ... on _Leaf { size } } } }",
    'query ($s: Boolean!) { tree(id: "1") { ...T broken @skip(if: $s) } } '
    "fragment T on _Tree { x: name parts { name } }",
    "{ trees { parts(first: 3) { __typename name ... on _Leaf { size } } } none: tree(id: 9) { id } }",
    "{ trees { name broken } }",
    'mutation { a: grow(name: "fir") { name leaves { size } } b: grow(name: "") { name } }',
    "{ __schema { queryType { name } } }",
)
_SCALARS: dict[object, Any] = {
    datetime: strawberry.scalar(
        name="DateTime",
        serialize=lambda value: orjson.dumps(value, option=orjson.OPT_UTC_Z)[1:-1].decode(),
    ),
    Decimal: strawberry.scalar(name="Decimal", serialize=str),
}


def _schema(executor_class: Any) -> strawberry.Schema:
    return _Quiet(
        _Query,
        _Mutation,
        config=StrawberryConfig(scalar_map=_SCALARS),
        execution_context_class=executor_class,
    )


class _Quiet(strawberry.Schema):
    """A schema whose errors are nobody's but the test's."""

    def process_errors(self, errors: Any, execution_context: Any = None) -> None:
        """Leaves them alone."""


async def check(engine: Engine) -> bool:
    """Whether plans and graphql-core agree; if not, the engine makes no plans from now on, and the log says so.

    A document is executed twice, since the second time much of the first is used again. Whatever has no error must be
    answered by its plan: where plans are given up for no reason, things are not as they were thought to be either.
    """
    own = Engine()
    documents = Documents(_schema(own.executor_class()))
    plain = _schema(StrawberryGraphQLCoreExecutionContext)
    for text in _OPERATIONS:
        variables = {"s": False} if "$s" in text else {}
        expected = await _answer(plain.execute(text, variables, context_value=_Context()))
        for _ in range(2):
            document, before = documents.document(text), own.counters.runs
            if await _answer(document.execute(None, variables, _Context())) != expected:
                return _off(engine, "they disagree with graphql-core", operation=text)
            _, errors = expected
            if own.counters.runs == before and not errors and not document.introspects:
                return _off(engine, "one could not be made, or was given up", operation=text)
    return True


async def _answer(executing: Awaitable[Any]) -> tuple[bytes, list[Any]]:
    # A fault of a plan that even graphql-core cannot answer after is a difference too.
    try:
        result = await executing
        data = orjson.dumps(result.data, option=orjson.OPT_UTC_Z)
        return data, [error.formatted for error in result.errors or ()]
    except Exception as error:  # noqa: BLE001
        return repr(error).encode(), []


def _off(engine: Engine, reason: str, **details: str) -> bool:
    engine.enabled = False
    _LOG.error(f"plans are switched off: {reason}", **details)
    return False
