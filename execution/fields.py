"""What a field says of itself, so that a plan can do without calling its resolver, and read no more than it needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import strawberry

# Where the metadata of a loader field is found on its definition.
LOADER = "loader"
# Where the attributes are found that a resolver reads of its parent.
READS = "reads"


class Usage(NamedTuple):
    """What an operation reads of the objects of a type: attributes that it answers, and those that resolvers use.

    The former go nowhere but through the serialiser of their scalar.
    """

    answered: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()


def reads(*attributes: str) -> dict[str, Any]:
    """Metadata of a field whose resolver reads only these attributes of its parent, and no other row at all.

    A plan of such fields knows every attribute that is read, so rows can be loaded without the others.
    """
    return {READS: attributes}


class LoaderCall(NamedTuple):
    """What a loader field does, said so that it can be done without calling its resolver.

    `key` is the attribute of the parent that is the loader's key, or what makes the key of the parent. `then` makes
    the field's value of the parent and of what the loader gave; None where the two are the same.
    """

    loader: str
    key: str | Callable[[Any], Any]
    then: Callable[[Any, Any], Any] | None


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
