"""A run of a plan: what a level asks for comes to an end."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from projectgate.execution.run import Load, _ask
from projectgate.resolvers.loader import Loader

pytestmark = pytest.mark.anyio


class Refusing:
    """A loader that takes no keys at all."""

    def load_all(self, keys: list[Any]) -> Any:
        """Raises."""
        raise TypeError(f"no {keys}")


async def test_what_was_asked_for_before_a_loader_refused_is_read_all_the_same() -> None:
    async def load(keys: list[int]) -> list[int]:
        return [key * 2 for key in keys]

    def load_of(loader: str) -> Load:
        complete: Any = lambda values, _: list(values)  # noqa: E731
        return Load(loader, [1, 2], [{}, {}], "key", complete, (), None)

    asked: list[Any] = []
    loads = [load_of("doubles"), load_of("refusing")]
    loaders = SimpleNamespace(doubles=Loader("doubles", load), refusing=Refusing())
    with pytest.raises(TypeError):
        _ask(loads, asked, SimpleNamespace(loaders=loaders))
    async with asyncio.timeout(5):
        assert await asked[0] == [2, 4]
