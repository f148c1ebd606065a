"""A field whose value one of the operation's loaders gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import strawberry

# Where the metadata of a loader field is found on its definition.
LOADER = "loader"


def loader_field(name: str, key: str = "key", *, description: str) -> Any:
    """A field that is what the loader `name` of the context gives for the attribute `key` of the parent.

    It is a normal field, so any executor can run it; its metadata say what it does without running it.
    """

    async def resolve(root: strawberry.Parent[Any], info: strawberry.Info[Any, Any]) -> Any:
        return await getattr(info.context.loaders, name).load(getattr(root, key))

    return strawberry.field(
        resolver=_named(resolve, name), description=description, metadata={LOADER: (name, key)}
    )


def _named(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    function.__name__ = name
    return function
