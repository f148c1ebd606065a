"""What clients send cannot make plans that take seconds, or that stay and take all memory."""

from __future__ import annotations

from typing import Any

import pytest

from projectgate.execution import documents as kept
from projectgate.execution.codegen import MOST_FIELDS
from projectgate.execution.documents import KEPT_LENGTH, Documents
from projectgate.execution.executor import KEPT_FIELDS, LONGEST_KEPT, Engine
from projectgate.execution.operation import Operation
from tests.execution import world
from tests.execution.test_plans import executed, pair

pytestmark = pytest.mark.anyio


async def test_fragments_that_multiply_fields_are_left_to_graphql_core(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wide = range(14)
    text = "\n".join(
        [
            f"{{ {' '.join(f'r{n}: things(first: 0) {{ ...R }}' for n in wide)} }}",
            f"fragment R on Thing {{ {' '.join(f's{n}: some {{ ...S }}' for n in wide)} }}",
            f"fragment S on Thing {{ {' '.join(f't{n}: some {{ id }}' for n in wide)} }}",
        ]
    )
    collected: list[Any] = []
    below = Operation.below

    def counted(operation: Operation, *given: Any) -> Any:
        collected.append(given)
        return below(operation, *given)

    monkeypatch.setattr(Operation, "below", counted)

    assert await executed(pair(), text) == "fallback"
    # Of 14 x 14 x 14 fields that the text stands for no more are looked at than a plan may have.
    assert 0 < len(collected) <= MOST_FIELDS


async def test_a_long_text_is_not_compiled_for_each_execution() -> None:
    names = " ".join(f"name_of_a_field_{number}: id" for number in range(MOST_FIELDS // 2))
    text = f"{{ things {{ {names} }} }}"
    assert len(text) > LONGEST_KEPT
    tried = pair()
    for _ in range(2):
        assert await executed(tried, text) == "fallback"
    assert tried.engine.counters.plans == 0


async def test_plans_that_are_kept_have_so_many_fields_together() -> None:
    tried = pair()
    each = 900
    for number in range(KEPT_FIELDS // each + 20):
        fields = " ".join(f"f{field}: id" for field in range(each - 1))
        await tried.schema.execute(
            f"{{ things{' ' * (number + 1)}{{ {fields} }} }}", context_value=world.Context()
        )
    engine = tried.engine
    assert engine._fields == sum(choices.fields for choices in engine._choices.values())
    assert KEPT_FIELDS - each <= engine._fields <= KEPT_FIELDS


async def test_texts_that_are_kept_have_so_many_characters_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kept, "KEPT_LENGTH", KEPT_LENGTH // 50)
    documents = Documents(pair().schema)
    for number in range(100):
        documents.document(f"{{ a{number:0500}: __typename }}")
        assert sum(map(len, documents._kept)) == documents._length <= KEPT_LENGTH // 50
    assert len(documents._kept) == KEPT_LENGTH // 50 // len("{ a: __typename }".ljust(517))


async def test_nothing_that_a_caller_sent_is_kept() -> None:
    tried = pair()
    query = "query ($t: String!, $n: Int) { things { repeated(text: $t, times: $n) } }"
    for number in range(3):
        assert await executed(tried, query, t=f"secret {number}", n=number) == "plan"
    seen = repr([vars(value) for value in everything(tried.engine)])
    assert "secret" not in seen


def everything(engine: Engine) -> list[Any]:
    """The calls of all plans that are kept."""
    found = []
    for choices in engine._choices.values():
        for plan in choices._plans.values():
            root = getattr(plan, "root", None)
            names = root.__globals__ if root is not None else {}
            found += [
                value.__self__
                for name, value in names.items()
                if name.startswith("arguments_of") and hasattr(value, "__self__")
            ]
    assert found
    return found


async def test_arguments_of_the_document_itself_are_converted_once() -> None:
    tried = pair()
    for _ in range(3):
        assert await executed(tried, '{ things { repeated(text: "a", times: 2) } }') == "plan"
    converted = [list(call._converted.values()) for call in everything(tried.engine)]
    assert [{"text": "a", "times": 2, "filter": None}] in converted
