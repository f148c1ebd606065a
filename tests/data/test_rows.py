"""Rows that are made late are the rows that are made at once, and are made once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from projectgate.data.collections import grouped
from projectgate.data.rows import Groups, Lines

VALUES = st.lists(st.tuples(st.sampled_from("abc"), st.integers()).map(list), max_size=9)
MADE: Counter[tuple[Any, ...]] = Counter()


def row(values: Iterable[Any]) -> tuple[Any, ...]:
    """A row, which is counted."""
    made = tuple(values)
    MADE[made] += 1
    return made


@given(VALUES)
def test_a_row_is_made_when_somebody_looks_at_one_and_once(values: list[list[Any]]) -> None:
    MADE.clear()
    lines = Lines(values, row)
    assert len(lines) == len(values)
    assert not MADE
    assert list(lines) == [lines[place] for place in range(len(values))] == list(map(tuple, values))
    assert Counter(map(tuple, values)) == MADE


@given(VALUES, st.permutations("abcd"))
def test_each_key_has_its_rows_in_their_order(values: list[list[Any]], keys: list[str]) -> None:
    found = {
        key: list(map(tuple, rows))
        for key, rows in groupby(sorted(values, key=itemgetter(0)), itemgetter(0))
    }
    wanted = [found.get(key, []) for key in keys]
    late = grouped(Lines(values, row), keys)
    assert isinstance(late, Groups)
    assert len(late) == len(keys)
    assert list(late) == [late[place] for place in range(len(keys))] == wanted
    assert all(one is again for one, again in zip(late, late, strict=True))
    assert list(grouped(list(map(tuple, values)), keys)) == wanted


def test_the_rows_of_one_key_are_its_list() -> None:
    assert list(grouped([("a", 1), ("a", 2)], ["a"])) == [[("a", 1), ("a", 2)]]
    assert list(grouped(Lines([], row), ["a"])) == [[]]
