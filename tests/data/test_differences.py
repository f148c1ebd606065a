"""What differs between two states: found, told, and applied again."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projectgate.data.base import dumps
from projectgate.data.differences import Change, apply, differences
from tests.make.projects import example_projects, some_projects

# How long an example takes says more about the machine than about us.
unhurried = settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])

_names = st.sampled_from(["name", "status", "tags", "lines", "customer", "stores", "é"])
# No booleans beside numbers: JSON tells 1 from true, Python's comparison does not.
_scalars = st.none() | st.integers(-(2**63), 2**63 - 1) | st.text("ab]é\u2028", max_size=2)


def _keyed(key: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    element = st.dictionaries(_names, values, max_size=3)
    pairs = st.tuples(st.sampled_from(["x", "y", "z", "1", "]", ""]), element)
    return st.lists(pairs, max_size=5).map(
        lambda found: [item | {key: name} if name else item for name, item in found]
    )


def _nested(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return (
        st.dictionaries(_names, values, max_size=3)
        | st.lists(values, max_size=3)
        | _keyed("id", values)
        | _keyed("storeId", values)
    )


documents = st.dictionaries(_names, st.recursive(_scalars, _nested, max_leaves=20), max_size=5)


def known(value: Any) -> Any:
    """A value up to what readers see as the same: null, [] and absent."""
    if isinstance(value, dict):
        return {name: known(item) for name, item in value.items() if item not in (None, [])}
    return [known(item) for item in value] if isinstance(value, list) else value


def applied(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """The first state with the differences to the second applied, as they come out of a database."""
    changes = json.loads(dumps(differences(before, after)))
    state = copy.deepcopy(before)
    apply(state, [Change(*change) for change in changes])
    return state


@unhurried
@given(documents, documents)
def test_differences_applied_to_the_state_before_give_the_state_after(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    """For any two states."""
    assert known(applied(before, after)) == known(after)


@unhurried
@given(documents, documents)
def test_neither_state_is_touched(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Finding differences reads only."""
    copies = copy.deepcopy((before, after))
    differences(before, after)
    assert (before, after) == copies


@unhurried
@given(documents)
def test_a_state_does_not_differ_from_itself(state: dict[str, Any]) -> None:
    """Nor from a copy."""
    assert differences(state, copy.deepcopy(state)) == []


def test_differences_lead_between_real_projects() -> None:
    """From each example to the next, and from nothing to each."""
    states = [project.state() for project in [*example_projects(), *some_projects(100)]]
    for before, after in zip([{}, *states], states, strict=False):
        assert known(applied(before, after)) == known(after)
        assert known(applied({}, after)) == known(after)


LINES = [{"id": "a", "status": "Active"}, {"id": "b", "status": "Active"}]


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"name": "x"}, {"name": "y"}, [("name", "x", "y")]),
        ({"name": "x"}, {}, [("name", "x", None)]),
        ({}, {"name": "x"}, [("name", None, "x")]),
        ({"name": None}, {}, []),
        ({"tags": []}, {"tags": None}, []),
        ({"customer": {"name": "x"}}, {"customer": {"name": "y"}}, [("customer.name", "x", "y")]),
        (
            {"customer": {"name": "x"}},
            {"customer": None},
            [("customer", {"name": "x"}, None)],
        ),
        ({"tags": ["a"]}, {"tags": ["a", "b"]}, [("tags", ["a"], ["a", "b"])]),
        (
            {"products": LINES},
            {"products": [LINES[0], {"id": "b", "status": "Sent"}]},
            [("products[b].status", "Active", "Sent")],
        ),
        (
            {"products": LINES},
            {"products": LINES[:1]},
            [("products[b]", LINES[1], None)],
        ),
        (
            {"products": LINES[:1]},
            {"products": LINES},
            [("products[b]", None, LINES[1])],
        ),
        (
            {"products": LINES},
            {"products": LINES[::-1]},
            [("products[]", ["a", "b"], ["b", "a"])],
        ),
        (
            {"products": LINES},
            {"products": [{"id": "c"}, LINES[1]]},
            [
                ("products[a]", LINES[0], None),
                ("products[c]", None, {"id": "c"}),
                ("products[]", ["a", "b"], ["c", "b"]),
            ],
        ),
        (
            {"stores": [{"storeId": "s", "name": "x"}]},
            {"stores": [{"storeId": "s", "name": "y"}]},
            [("stores[s].name", "x", "y")],
        ),
        (
            {"formData": [{"key": "k", "value": "1"}]},
            {"formData": [{"key": "k", "value": "2"}]},
            [("formData", [{"key": "k", "value": "1"}], [{"key": "k", "value": "2"}])],
        ),
        (
            {"parts": [{"id": "p", "tasks": [{"id": "t", "text": "x"}]}]},
            {"parts": [{"id": "p", "tasks": [{"id": "t", "text": "y"}]}]},
            [("parts[p].tasks[t].text", "x", "y")],
        ),
    ],
)
def test_a_difference_is_told_by_path_and_values(
    before: dict[str, Any], after: dict[str, Any], found: list[tuple[str, Any, Any]]
) -> None:
    """As small as the keys of lists allow."""
    changes = differences(before, after)
    assert [(change.path, change.before, change.after) for change in changes] == found
