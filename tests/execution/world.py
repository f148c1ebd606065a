"""A schema in which much goes wrong, depending on the ids: what both executors are tried on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any

import strawberry
from aiodataloader import DataLoader
from strawberry.permission import BasePermission

from projectgate.execution.fields import loader_field, reads

IDS = [str(number) for number in range(8)]


class Broken(Exception):
    """What a resolver raises."""


class Row:
    """A row of the world; what it is and does follows from its id."""

    def __init__(self, number: int) -> None:
        self.id = str(number)
        self.number = number
        self.name: Any = f"row {number}" if number % 3 else None
        self.weight: Any = Decimal(number) / 4 if number % 4 else None
        self.made = datetime(2026, 1, 1 + number % 28, tzinfo=UTC)
        self.color = Color.RED if number % 2 else Color.BLUE
        self.words = ["a", "b", None] if number % 5 == 0 else ["c"]
        self.odd: Any = _odd(number)
        self.grid = [[number, number + 1], []] if number != 5 else [[number, None]]
        # Attributes that only some of the types have.
        self.pages = number * 10
        self.sharp = number % 2 == 0


def _odd(number: int) -> Any:
    """Values that no Int can be, and some that it can."""
    return [1, "2", 3, None, True, 3.0, Broken("as a value"), 2**40, "two"][number % 9]


class Color(Enum):
    """A color."""

    RED = "red"
    BLUE = "blue"


Color = strawberry.enum(Color)  # type: ignore[misc]


class Context:
    """What an operation works with; `log` has what was done, `batches` the keys of each batch of each loader."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.batches: list[tuple[str, list[Any]]] = []
        self.narrowed: Any = None
        self.forget()

    def narrow(self, needs: Any) -> None:
        """Notes what will be read."""
        self.narrowed = None if needs is None else needs.reads

    def forget(self) -> None:
        """Starts with new loaders."""
        self.loaders = Loaders(self)


class Loaders:
    """The loaders of an operation."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def __getattr__(self, name: str) -> DataLoader[Any, Any]:
        """The loader of a name, made when it is first asked for."""
        if name not in _READS:
            raise AttributeError(name)

        async def load(keys: list[Any]) -> list[Any]:
            self._context.batches.append((name, list(keys)))
            await asyncio.sleep(0)
            return [_READS[name](int(key)) for key in keys]

        loader: DataLoader[Any, Any] = DataLoader(load)
        setattr(self, name, loader)
        return loader


def _some(number: int) -> Any:
    return [Row((number * 2 + step) % 11) for step in range(number % 4)]


def _one(number: int) -> Any:
    if number == 5:
        return Broken(f"no row for {number}")
    return None if number in (3, 7) else Row((number + 1) % 9)


def _mixed(number: int) -> Any:
    return None if number % 8 == 6 else [None, *_some(number)]


_READS = {"some": _some, "one": _one, "mixed": _mixed}


class Even(BasePermission):
    """Lets pass what belongs to even rows."""

    message = "odd rows are not for you"

    def has_permission(self, source: Any, info: Any, **_: Any) -> bool:
        """Whether the row is even."""
        info.context.log.append(f"permission {source.id}")
        return bool(source.number % 2 == 0)


@strawberry.input
class Filter:
    """What rows must be."""

    color: Color | None = None
    weights: list[Decimal] | None = None
    inner: Filter | None = None


@strawberry.interface
class Named:
    """What has a name."""

    id: strawberry.ID
    name: str | None


@strawberry.type
class Thing(Named):
    """What most rows are."""

    @classmethod
    def is_type_of(cls, value: Any, _info: Any) -> bool:
        """Whether a value is a row."""
        return isinstance(value, Row)

    number: int
    weight: Decimal | None
    made: datetime
    color: Color
    words: list[str | None]
    odd: int | None
    grid: list[list[int]]

    some: list[Annotated[Thing, strawberry.lazy("tests.execution.world")]] = loader_field(
        "some", "id", description="Some things."
    )
    one: Annotated[Thing, strawberry.lazy("tests.execution.world")] | None = loader_field(
        "one", "id", description="A thing or none."
    )
    certain: Annotated[Thing, strawberry.lazy("tests.execution.world")] = loader_field(
        "one", "id", description="A thing, they say."
    )
    mixed: list[Annotated[Thing, strawberry.lazy("tests.execution.world")] | None] | None = (
        loader_field("mixed", lambda row: row.id, reads=("id",), description="Some, or none.")
    )
    how_many: int = loader_field(
        "some", "id", then=lambda row, found: len(found) // (row.number - 4), description="A count."
    )

    @strawberry.field(metadata=reads("number"))  # type: ignore[untyped-decorator]
    def doubled(self) -> int:
        """Twice the number."""
        return self.number * 2

    @strawberry.field
    def needed(self) -> int:
        """The number, but for the sixth."""
        return self.number if self.number != 6 else None  # type: ignore[return-value]

    @strawberry.field
    async def slow(root: strawberry.Parent[Any], info: strawberry.Info) -> str | None:  # noqa: N805
        """A text that takes a few turns of the loop, and sometimes fails then."""
        for _ in range(root.number % 3):
            await asyncio.sleep(0)
        info.context.log.append(f"slow {root.id}")
        if root.number == 7:
            raise Broken(f"slow {root.id}")
        return f"slow {root.id}"

    @strawberry.field
    async def later(
        self, info: strawberry.Info
    ) -> list[Annotated[Thing, strawberry.lazy("tests.execution.world")]]:
        """Things that a loader gives to a resolver."""
        found: list[Thing] = await info.context.loaders.some.load(self.id)
        return found

    @strawberry.field
    def promised(self) -> str | None:
        """Something to await, though it does not say so."""

        async def told() -> str:
            return "told"

        return told() if self.number == 3 else "at once"  # type: ignore[return-value]

    @strawberry.field(permission_classes=[Even])  # type: ignore[untyped-decorator]
    def secret(self) -> str | None:
        """What only even rows tell."""
        return f"secret {self.id}"

    @strawberry.field
    def repeated(self, text: str, times: int = 1, filter: Filter | None = None) -> str:  # noqa: A002
        """A text, some times over, with what was asked for."""
        inner = "" if filter is None or filter.inner is None else repr(filter.inner.color)
        return text * times + inner

    @strawberry.field
    def named(self) -> Named | None:
        """The row as one of the types that have names."""
        found: Named | None = _as_named(self.number)
        return found

    @strawberry.field
    def either(self) -> list[Annotated[Book | Tool, strawberry.union("Either")]]:
        """Rows of a union."""
        return [_as_named(self.number + step, strict=True) for step in range(3)]


@strawberry.type
class Book(Named):
    """A row with pages."""

    pages: int
    about: Thing | None


@strawberry.type
class Tool(Named):
    """A row with an edge."""

    sharp: bool
    color: Color


def _as_named(number: int, *, strict: bool = False) -> Any:
    row = Row(number % 9)
    if number > 5 and not strict:
        return [row, Broken("as a name"), 7][number % 3]
    if number % 3 == 0:
        about: Any = row
        return Book(id=strawberry.ID(row.id), name=row.name, pages=row.pages, about=about)
    return Tool(id=strawberry.ID(row.id), name=row.name, sharp=row.sharp, color=row.color)


@strawberry.type
class Query:
    """The root."""

    @strawberry.field(metadata=reads())  # type: ignore[untyped-decorator]
    def things(self, first: int = 3) -> list[Thing]:
        """The first things."""
        if first < 0:
            raise Broken(f"first is {first}")
        return [Row(number) for number in range(first)]  # type: ignore[misc]

    @strawberry.field(metadata=reads())  # type: ignore[untyped-decorator]
    async def thing(self, info: strawberry.Info, id: strawberry.ID) -> Thing | None:  # noqa: A002
        """A thing by its id, which a loader finds."""
        return await info.context.loaders.one.load(id) if id.isdigit() else None

    @strawberry.field
    def all_named(self) -> list[Named]:
        """Rows of an interface."""
        return [_as_named(number, strict=True) for number in range(4)]

    @strawberry.field
    def nothing(self, id: strawberry.ID) -> Thing:  # noqa: A002
        """Null for some ids, though it says otherwise."""
        return None if id in "567" else Row(int(id))  # type: ignore[return-value]

    @strawberry.field
    def hello(self, names: Sequence[str] = ("you",), filter: Filter | None = None) -> list[str]:  # noqa: A002
        """Greetings."""
        return [f"hello {name} {'' if filter is None else filter.color}" for name in names]


@strawberry.type
class Mutation:
    """The root of writes."""

    @strawberry.mutation
    async def put(self, info: strawberry.Info, id: strawberry.ID) -> Thing | None:  # noqa: A002
        """Notes an id; some cannot be noted."""
        await asyncio.sleep(0)
        info.context.log.append(f"put {id}")
        if id.endswith("5"):
            raise Broken(f"put {id}")
        return Row(int(id)) if id.isdigit() else None  # type: ignore[return-value]

    @strawberry.mutation
    def sure(self, info: strawberry.Info, number: int) -> Thing:
        """Notes a number, of which some give nothing."""
        info.context.log.append(f"sure {number}")
        return Row(number) if number != 3 else None  # type: ignore[return-value]
