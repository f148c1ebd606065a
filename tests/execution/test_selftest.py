"""The test at the start: it passes as things are, and switches plans off when they go wrong."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from projectgate.execution import codegen, plan, selftest
from projectgate.execution.executor import CompiledExecutor, Engine

pytestmark = pytest.mark.anyio


async def test_plans_and_graphql_core_agree() -> None:
    engine = Engine()
    with capture_logs() as lines:
        assert await selftest.check(engine)
    assert engine.enabled
    assert lines == []


@pytest.mark.parametrize(
    ("target", "name", "fault"),
    [
        (codegen, "leaf", lambda *_: "'wrong'"),
        (CompiledExecutor, "build_resolve_info", lambda *_: 1 / 0),
        (CompiledExecutor, "_plan", lambda _: None),
        (plan, "ahead", lambda *_: 1 / 0),
        (selftest._Loaders, "given", lambda *_: [[]]),
        (selftest._Loaders, "together", lambda *_, **__: 1 / 0),
    ],
    ids=[
        "a wrong answer",
        "another library",
        "no plan at all",
        "no way to tell what is read along",
        "something else was read along",
        "what is read at once is given up",
    ],
)
async def test_plans_that_go_wrong_are_switched_off_and_the_log_says_so(
    monkeypatch: pytest.MonkeyPatch, target: Any, name: str, fault: Any
) -> None:
    monkeypatch.setattr(target, name, fault)
    engine = Engine()
    with capture_logs() as lines:
        assert not await selftest.check(engine)
    assert not engine.enabled
    assert [line["log_level"] for line in lines] == ["error"]
    assert "switched off" in lines[0]["event"]
