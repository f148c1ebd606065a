"""All mutations in any order, with inputs right and wrong, on each database and in a model in plain Python beside it.

After each step the answer (project, changes, errors), what readers then see and what the tables hold must be what the
model says: states, steps, money, lists, sort keys, one version and one log row for each write. At the end of each
example every version of its projects must read as its write returned it.

The steps are always the same ones, and a failure is told with all of them. With `PROJECTGATE_TEST_STEPS=5000` there
are about so many, new ones each time, and the steps to a failure are made fewer, which takes minutes. The line that the
test prints says how many mutations were compared, and what came of them.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import anyio.from_thread
import anyio.to_thread
import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from projectgate.data.database import Database
from projectgate.resolvers.access import READ, Caller
from tests.make.compared import Compared, filled
from tests.make.inputs import requests
from tests.make.inputs.chance import happens
from tests.make.inputs.requests import EXISTING
from tests.make.mutations import text_of
from tests.make.writes import admin
from tests.model.world import CREATE, MANY
from tests.schema.conftest import answered

PHASES = (Phase.generate, Phase.shrink)
VARIABLE = "PROJECTGATE_TEST_STEPS"
ASKED = int(os.environ.get(VARIABLE, "0"))
pytestmark = [pytest.mark.anyio, pytest.mark.timeout(0 if ASKED else 600)]
STEPS_OF_AN_EXAMPLE = 50
CHANCE = st.randoms(use_true_random=False)
PLACE = st.integers(0, 3)
MOST_PROJECTS = 4


class Mutations(RuleBasedStateMachine):
    """Two projects of different types at first; a rule for each mutation is added below."""

    database: Database
    counts: Counter[tuple[str, str]]

    def __init__(self) -> None:
        super().__init__()
        self.both = Compared(self.database, self.counts)

    @initialize(kinds=st.permutations(["claim", "bathroom", "lead"]), chance=CHANCE)
    def begin(self, kinds: list[str], chance: Random) -> None:
        """Two projects of different types, with something of everything or with nothing."""
        for kind in kinds[:2]:
            anyio.from_thread.run(self.both.begin, kind, chance)

    def step(self, mutation: str, given: dict[str, Any]) -> None:
        """Does one mutation to both, and compares all there is."""
        note(f"{mutation} {given}")
        anyio.from_thread.run(self._step, mutation, given)

    async def _step(self, mutation: str, given: dict[str, Any]) -> None:
        told = await self.both.do(mutation, given)
        # What a step that writes nothing could have changed after all is seen after the next one that does.
        await self.both.check(read=any(answer.version for answer in told.answers))

    def project(self, place: int) -> str:
        """One of the projects."""
        return self.both.ids[place % len(self.both.ids)]

    @rule(chance=CHANCE)
    @precondition(lambda self: len(self.both.ids) < MOST_PROJECTS)
    def create_project(self, chance: Random) -> None:
        self.step(CREATE, requests.new(chance, self.both.world))

    @rule(chance=CHANCE)
    def update_many(self, chance: Random) -> None:
        self.step(MANY, requests.many(chance, self.both.world))

    @rule(chance=CHANCE, again=st.booleans())
    @precondition(lambda self: self.both.sent)
    def use_a_key_again(self, chance: Random, again: bool) -> None:
        """For the same input, maybe as a dry run, or for another one."""
        mutation, given = chance.choice(self.both.sent)
        key = {"idempotencyKey": given["idempotencyKey"]}
        if again:
            self.step(mutation, given | {"dryRun": happens(chance, 30)})
        else:
            other = chance.choice(EXISTING)
            self.step(other, requests.one(chance, self.both.world, other, self.project(0)) | key)

    @rule(hours=st.sampled_from([1, 12, 23, 24]))
    def wait(self, hours: int) -> None:
        """Keys are forgotten after a day."""
        self.both.now += timedelta(hours=hours)

    @rule(chance=CHANCE, mutation=st.sampled_from(EXISTING), place=PLACE)
    def somebody_else(self, chance: Random, mutation: str, place: int) -> None:
        """Who may only read, or sees none of the projects, writes nothing and learns nothing."""
        given = requests.one(chance, self.both.world, mutation, self.project(place))
        anyio.from_thread.run(self._refused, mutation, given)
        anyio.from_thread.run(self.both.check)

    async def _refused(self, mutation: str, given: dict[str, Any]) -> None:
        reader = self.both.context(Caller("rune", frozenset({READ})))
        text = text_of(mutation, "userErrors { code path }")
        answer = await answered(reader, text, {"input": given})
        assert answer.code == "FORBIDDEN"
        elsewhere = self.both.context(admin("bo", "store-elsewhere"))
        answer = await answered(elsewhere, text, {"input": given})
        assert answer.errors == []
        codes = {error["code"] for error in answer.data[mutation]["userErrors"]}
        # A text that no database can store is told before anything is looked for.
        assert codes in ({"NOT_FOUND"}, {"INVALID_VALUE"})
        assert codes == {"NOT_FOUND"} or "\0" in repr(given) or "\\x00" in repr(given)

    def teardown(self) -> None:
        anyio.from_thread.run(self.both.check)
        for project_id in self.both.ids:
            anyio.from_thread.run(self.both.check_history, project_id)


def _rule(mutation: str) -> Callable[..., None]:
    def do(self: Any, chance: Random, place: int) -> None:
        self.step(mutation, requests.one(chance, self.both.world, mutation, self.project(place)))

    do.__name__ = mutation
    return rule(chance=CHANCE, place=PLACE)(do)


def _machine(database: Database, counts: Counter[tuple[str, str]]) -> type[Mutations]:
    """The machine with a rule for each mutation of one project."""
    rules: dict[str, Any] = {mutation: _rule(mutation) for mutation in EXISTING}
    return type("AllMutations", (Mutations,), rules | {"database": database, "counts": counts})


async def test_every_mutation_does_what_the_model_says(
    database: Database,
    request: pytest.FixtureRequest,
    capfd: pytest.CaptureFixture[str],
    record_property: Callable[..., None],
) -> None:
    """Same states, same errors, same money, no lost write; each mutation written and refused."""
    steps = ASKED or 400
    await filled(database)
    counts = Counter[tuple[str, str]]()
    machine = _machine(database, counts)
    chosen = settings(
        max_examples=max(steps // STEPS_OF_AN_EXAMPLE, 1),
        stateful_step_count=STEPS_OF_AN_EXAMPLE,
        derandomize=not ASKED,
        phases=PHASES if ASKED else PHASES[:-1],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    await anyio.to_thread.run_sync(lambda: run_state_machine_as_test(machine, settings=chosen))
    await _complete(database, counts)
    outcomes = Counter[str]()
    for (_, outcome), number in counts.items():
        outcomes[outcome] += number
    record_property("steps", counts.total())
    told = f"{database.dialect}: {counts.total()} mutations compared, {dict(outcomes)}"
    with capfd.disabled():
        request.config.get_terminal_writer().line(f" {told}")
    assert outcomes.keys() == {"written", "refused", "unchanged", "dry run", "recalled"}


def _missed(counts: Counter[tuple[str, str]]) -> list[str]:
    """The mutations that were not yet both written and refused."""
    outcomes = ("written", "refused")
    every = [*EXISTING, CREATE, MANY]
    return [one for one in every if not all(counts[one, outcome] for outcome in outcomes)]


async def _complete(database: Database, counts: Counter[tuple[str, str]]) -> None:
    """Goes on by chance until each mutation was written and refused, which must not take long."""
    random, both = Random(1), Compared(database, counts)
    await both.begin("claim", random)
    await both.do(CREATE, {"projectTypeId": "no-such-type"})
    while missed := _missed(counts):
        assert counts.total() < 10_000, missed
        wanted = next((one for one in missed if one in EXISTING), EXISTING[0])
        await both.do(wanted, requests.one(random, both.world, wanted, both.ids[0]))
        await both.do(*requests.any_of(random, both.world))
        await both.check(read=False)
    await both.check()
