"""Random requests: a mutation with its whole input, for one of the projects that the model has."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.model.drafts import Given
from tests.model.mutations import BY_DOCUMENT_ID
from tests.model.world import MANY, World

from . import INPUTS
from .chance import UNKNOWN, happens
from .fields import creation

# Every mutation of one project that is there.
EXISTING = list(INPUTS)


def named(mutation: str, project_id: str) -> Given:
    """The part of an input that names the project."""
    return {"id" if mutation in BY_DOCUMENT_ID else "projectId": project_id}


def one(random: Random, world: World, mutation: str, project_id: str) -> Given:
    """An input of a mutation of one project, with the options that all of them have."""
    given = INPUTS[mutation](random, world.state(project_id))
    wanted = UNKNOWN if happens(random, 2) else project_id
    return (
        given
        | named(mutation, wanted)
        | _version(random, world, project_id, 12)
        | _options(random, world)
    )


def plain(random: Random, world: World, mutation: str, project_id: str) -> Given:
    """The same without any of the options."""
    return INPUTS[mutation](random, world.state(project_id)) | named(mutation, project_id)


def new(random: Random, world: World) -> Given:
    """An input of a new project."""
    return creation(random) | _options(random, world)


def many(random: Random, world: World) -> Given:
    """An input of many projects: of each some lines, now and then one twice or unknown, or none at all."""
    there, items = list(world.projects), []
    least = 0 if happens(random, 10) else 1
    for project_id in random.sample(there, random.randint(least, min(2, len(there)))):
        item = INPUTS["updateProjectProductStatus"](random, world.state(project_id))
        wanted = random.choice([UNKNOWN, there[0]]) if happens(random, 8) else project_id
        items.append(item | {"projectId": wanted} | _version(random, world, project_id, 8))
    policy = random.choice(["REJECT_ALL", "REJECT_FAILED", "REJECT_FAILED"])
    chosen: dict[str, Any] = {"errorPolicy": policy} if happens(random, 80) else {}
    return {"items": items} | chosen | _options(random, world)


def any_of(random: Random, world: World) -> tuple[str, Given]:
    """A request for some mutation of some projects."""
    mutation = random.choice([*EXISTING, MANY])
    if mutation == MANY:
        return mutation, many(random, world)
    return mutation, one(random, world, mutation, random.choice(list(world.projects)))


def _options(random: Random, world: World) -> Given:
    """Now and then a key, or a dry run."""
    options: Given = {}
    if happens(random, 20):
        # Keys belong to callers, who are the same in all examples of a test.
        options["idempotencyKey"] = f"{next(iter(world.projects))} {world.made_id()}"
    if happens(random, 10):
        options["dryRun"] = True
    return options


def _version(random: Random, world: World, project_id: str, stale: int) -> Given:
    """Now and then the version that is current, or one that is not."""
    current = len(world.projects[project_id])
    if happens(random, stale):
        return {"expectedVersion": random.choice([0, 1, current - 1, current + 1])}
    return {"expectedVersion": current} if happens(random, 20) else {}
