"""What a field says of itself, so that a plan can do without calling its resolver, and read no more than it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

import strawberry
from graphql import GraphQLField
from strawberry.types.field import StrawberryField

# Where the metadata of a loader field is found on its definition.
LOADER = "loader"
# Where the attributes are found that a resolver reads of its parent.
READS = "reads"

# Where a field of the root says that what is asked of its object may be read along with it.
ALONG = "along"


class Usage(NamedTuple):
    """What an operation reads of the objects of a type: attributes that it answers, and those that resolvers use.

    The former go nowhere but through the serialiser of their scalar.
    """

    answered: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()


class Usages:
    """What an operation reads of objects, by their type, while it is found out."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[set[str], set[str]]] = {}
        self._known = True

    def add(self, kind: str, answered: Sequence[str] = (), used: Sequence[str] | None = ()) -> None:
        """Adds attributes of a type. `used` is None where a resolver reads what nobody knows."""
        if used is None:
            self._known = False
            return
        found = self._found.setdefault(kind, (set(), set()))
        found[0].update(answered)
        found[1].update(used)

    def all(self) -> dict[str, Usage] | None:
        """What is read of the objects of each type; None when not all of it is known."""
        if not self._known:
            return None
        return {
            kind: Usage(frozenset(answered), frozenset(used))
            for kind, (answered, used) in self._found.items()
        }


def reads(*attributes: str) -> dict[str, Any]:
    """Metadata of a field whose resolver reads only these attributes of its parent, and no other row at all.

    A plan of such fields knows every attribute that is read, so rows can be loaded without the others.
    """
    return {READS: attributes}


def along() -> dict[str, Any]:
    """Metadata of a field of the root which gives one object, read by `along` of the context's loaders.

    Where nothing else is asked for, a plan says what will be loaded for that object, so that it can be read along.
    """
    return {**reads(), ALONG: True}


class LoaderCall(NamedTuple):
    """What a loader field does, said so that it can be done without calling its resolver.

    `key` is the attribute of the parent that is the loader's key, or what makes the key of the parent. `then` makes
    the field's value of the parent and of what the loader gave; None where the two are the same.
    """

    loader: str
    key: str | Callable[[Any], Any]
    then: Callable[[Any, Any], Any] | None

    @property
    def key_of(self) -> Callable[[Any], Any]:
        """What makes the loader's key of a parent."""
        return attrgetter(self.key) if isinstance(self.key, str) else self.key


class Needs:
    """What a plan needs of a context: what it reads of the objects of each type.

    `ahead` has the loaders, and what makes their keys, that it asks for the one object that its operation is about.
    `kept` is for the context: what it makes of all this once, for all runs of the plan.
    """

    __slots__ = ("ahead", "kept", "reads")

    def __init__(
        self,
        reads: Mapping[str, Usage],
        ahead: Sequence[tuple[str, Callable[[Any], Any]]] = (),
    ) -> None:
        self.reads = reads
        self.ahead = ahead
        self.kept: dict[Any, Any] = {}


def loader_field(
    loader: str,
    key: str | Callable[[Any], Any] = "key",
    *,
    description: str,
    then: Callable[[Any, Any], Any] | None = None,
    graphql_type: Any = None,
    reads: tuple[str, ...] | None = None,
) -> Any:
    """A field that is what a loader of the context gives for a key of the parent.

    `reads` has the attributes of the parent that a `key` which is no attribute reads; None: not known. It is a normal
    field, so any executor can run it; its metadata say what it does without running it.
    """

    async def resolve(root: strawberry.Parent[Any], info: strawberry.Info[Any, Any]) -> Any:
        found = getattr(root, key) if isinstance(key, str) else key(root)
        value = await getattr(info.context.loaders, loader).load(found)
        return value if then is None else then(root, value)

    resolve.__name__ = loader
    return strawberry.field(
        resolver=resolve,
        graphql_type=graphql_type,
        description=description,
        metadata={
            LOADER: LoaderCall(loader, key, then),
            **({} if reads is None else {READS: reads}),
        },
    )


def is_attribute(field: GraphQLField, definition: StrawberryField) -> bool:
    """Whether a field has no resolver but Strawberry's own, which reads an attribute."""
    is_default = getattr(field.resolve, "_is_default", False)
    return definition.is_basic_field and is_default and not _is_own(definition)


def is_wrapped(definition: StrawberryField) -> bool:
    """Whether permissions, extensions, directives or a way of its own go around the function of a field."""
    around = definition.extensions or definition.permission_classes or definition.directives
    return bool(around) or _is_own(definition)


def _is_own(definition: StrawberryField) -> bool:
    """Whether the class of a field has a way of its own to the field's value."""
    return type(definition).get_result is not StrawberryField.get_result
