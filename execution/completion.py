"""Completion of many values at once: the parts that a plan puts together.

A `Complete` turns the values of a field, one for each parent, into answers of the same number and order. It raises
whenever graphql-core might not have answered: a null where none may be, an exception as a value, something to await.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import iscoroutine
from itertools import chain
from types import NoneType
from typing import Any, TypeAlias, cast

from graphql import GraphQLAbstractType, GraphQLResolveInfo, Undefined
from graphql.pyutils import is_awaitable

from .rows import Groups, Unpacked
from .run import Run, Unanswerable

Complete: TypeAlias = Callable[[Sequence[Any], Run], list[Any]]
InfoOf: TypeAlias = Callable[[Run], GraphQLResolveInfo[Any]]
ResolveType: TypeAlias = Callable[[Any, GraphQLResolveInfo[Any], GraphQLAbstractType], Any]


def examine(values: Iterable[Any], known: set[type]) -> None:
    """Adds the classes of values to the known ones, if their values are what a selection can be made of.

    Raises: Unanswerable.
    """
    for value in values:
        refuse_unusual(value)
        known.add(type(value))


def refuse_unusual(value: Any) -> None:
    """Leaves to graphql-core what is no plain value: null, an exception, something to await. Raises: Unanswerable."""
    if value is None or value is Undefined:
        raise Unanswerable("a null where none may be")
    if isinstance(value, Exception):
        raise Unanswerable("an exception as a value")
    if is_awaitable(value):
        if iscoroutine(value):
            value.close()
        raise Unanswerable("something to await where a value was expected")


# What most lists are; a tuple with names for its places is one too.
_LISTS = frozenset({list, tuple})


def nullable(complete: Complete) -> Complete:
    """Completes values of which some may be null."""

    def completed(values: Sequence[Any], run: Run) -> list[Any]:
        if NoneType not in map(type, values):
            return complete(values, run)
        answers = iter(complete([value for value in values if value is not None], run))
        return [None if value is None else next(answers) for value in values]

    return completed


def lists(complete: Complete, unpacked: Unpacked | None = None) -> Complete:
    """Completes lists: the items of all of them together, so that what is nested in them is loaded together.

    `unpacked` answers the same where nothing is nested in them.
    """

    def completed(values: Sequence[Any], run: Run) -> list[Any]:
        if unpacked is not None and hasattr(values, "lines"):
            answered = unpacked.lists(cast("Groups", values))
            if answered is not None:
                return answered
        if not _LISTS.issuperset(map(type, values)):
            for value in values:
                if not isinstance(value, (list, tuple)):
                    refuse_unusual(value)
                    raise Unanswerable("something else than a list")
        if len(values) == 1:
            return [complete(list(values[0]), run)]
        answers = complete(list(chain.from_iterable(values)), run)
        found, start = [], 0
        for value in values:
            end = start + len(value)
            found.append(answers[start:end])
            start = end
        return found

    return completed


def confirmed(
    complete: Complete, is_type_of: Callable[[Any, GraphQLResolveInfo[Any]], Any], info_of: InfoOf
) -> Complete:
    """Completes objects of a type that says itself which they are."""

    def completed(values: Sequence[Any], run: Run) -> list[Any]:
        info = info_of(run)
        for value in values:
            refuse_unusual(value)
            if is_type_of(value, info) is not True:
                raise Unanswerable("an object of another type")
        return complete(values, run)

    return completed


def by_type(
    abstract: GraphQLAbstractType,
    resolve_type: ResolveType,
    branches: Mapping[str, Complete],
    info_of: InfoOf,
) -> Complete:
    """Completes objects of an interface or union, those of one type together."""

    def completed(values: Sequence[Any], run: Run) -> list[Any]:
        if not values:
            return []
        info = info_of(run)
        places: dict[str, list[int]] = {}
        for place, value in enumerate(values):
            refuse_unusual(value)
            name = resolve_type(value, info, abstract)
            if not isinstance(name, str) or name not in branches:
                refuse_unusual(name)
                raise Unanswerable("an object of a type that is none of the possible ones")
            places.setdefault(name, []).append(place)
        answers: list[Any] = [None] * len(values)
        for name, found in places.items():
            completed_ones = branches[name]([values[place] for place in found], run)
            for place, answer in zip(found, completed_ones, strict=True):
                answers[place] = answer
        return answers

    return completed
