"""Loaders: what is asked for together, again, by itself, and after a failure."""

from __future__ import annotations

import asyncio
import time

import pytest

from projectgate.resolvers.hearing import BATCHES, Batch
from projectgate.resolvers.loader import Loader

pytestmark = pytest.mark.anyio


class Reads:
    """A batch read that doubles its keys, with the batches it had; it fails as often as it is told."""

    def __init__(self, failures: int = 0) -> None:
        self.batches: list[list[int]] = []
        self.failures = failures
        self.loader: Loader[int, int] = Loader("doubles", self.load)

    async def load(self, keys: list[int]) -> list[int]:
        """Twice each key."""
        self.batches.append(keys)
        if self.failures:
            self.failures -= 1
            raise OSError("gone")
        return [key * 2 for key in keys]


async def test_keys_asked_for_in_any_way_are_read_once_and_together() -> None:
    reads = Reads()
    loader = reads.loader
    together = loader.load_all([1, 2, 3])
    again, one = loader.load_all([1, 2, 3]), loader.load(2)
    others, new = loader.load_all([3, 4]), loader.load(5)
    assert await together == await again == [2, 4, 6]
    assert (await one, await others, await new) == (4, [6, 8], 10)
    assert await loader.load_all([5, 1, 1]) == [10, 2, 2]
    assert reads.batches == [[1, 2, 3, 4, 5]]


async def test_what_was_read_without_it_is_not_read_again() -> None:
    reads = Reads()
    reads.loader.given([1, 2], [20, 40])
    assert await reads.loader.load_all([1, 2]) == [20, 40]
    assert await asyncio.gather(*map(reads.loader.load, [2, 3])) == [40, 6]
    assert reads.batches == [[3]]


async def test_a_key_that_repeats_is_read_once() -> None:
    reads = Reads()
    assert await reads.loader.load_all([1, 2, 1]) == [2, 4, 2]
    assert reads.batches == [[1, 2]]


async def test_after_a_failure_every_key_is_read_again() -> None:
    reads = Reads(failures=1)
    loader = reads.loader
    asked = [loader.load_all([1, 2]), loader.load(1), loader.load(3)]
    failed = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(error) for error in failed] == [OSError] * 3
    assert await loader.load_all([1, 2]) == [2, 4]
    assert await loader.load(3) == 6
    assert reads.batches == [[1, 2, 3], [1, 2], [3]]


async def test_asking_again_for_many_keys_takes_no_longer_than_their_number() -> None:
    reads = Reads()
    keys = list(range(20_000))
    first = reads.loader.load_all(keys)
    begun = time.perf_counter()
    again = reads.loader.load_all(keys[::-1])
    await asyncio.gather(first, again)
    # Looking each of them up in a list would take half a minute.
    assert time.perf_counter() - begun < 10
    assert len(reads.batches) == 1


async def test_a_batch_is_heard_when_it_is_sent_and_its_end_stands_in_it() -> None:
    reads = Reads(failures=1)
    heard: list[tuple[Batch, float | None]] = []
    with BATCHES.heard_by(lambda batch: heard.append((batch, batch.ended))):
        with pytest.raises(OSError, match="gone"):
            await reads.loader.load(1)
        await reads.loader.load_all([1, 2])
    assert [ended for _, ended in heard] == [None, None]
    (failed, _), (read, _) = heard
    assert (read.loader, read.keys, failed.keys) == ("doubles", 2, 1)
    assert failed.ended is not None
    assert read.ended is not None
    assert failed.ended < read.ended < time.perf_counter()
