"""Partners: what a project's type allows, adding and removing them, and what they answer."""

from __future__ import annotations

from typing import Any

import pytest

from projectgate.data.database import Database
from projectgate.data.projects import Project
from projectgate.resolvers.changes import change, create
from projectgate.resolvers.commands import Command
from projectgate.resolvers.creation import CreateProject
from projectgate.resolvers.partners import (
    AcceptPartnerRequest,
    AddProjectPartners,
    DeclinePartnerRequest,
    RemoveProjectPartners,
)
from projectgate.resolvers.updates import PatchProject, UpdateProject
from tests.make.projects import make_project
from tests.make.writes import (
    dump,
    ids,
    imported,
    imported_types,
    make_type,
    stored,
    told,
    writing,
)

pytestmark = pytest.mark.anyio

SEVERAL = make_type(id="several")
ONE = make_type(id="one", can_have_multiple_partners=False)
NONE = make_type(id="none", is_partner_disabled=True)
SOME = make_type(id="some", available_partner_ids=["a", "b"])


async def fill(database: Database, project: Project) -> None:
    """Puts in the types, and a project of one of them."""
    await imported_types(database, SEVERAL, ONE, NONE, SOME)
    await imported(database, project)


def add(*names: str, **fields: Any) -> AddProjectPartners:
    """The command that adds partners."""
    return AddProjectPartners(
        project_id="project-1", partners=[{"id": name, **fields} for name in names]
    )


async def partners_of(database: Database) -> tuple[str | None, list[str]]:
    """The ids of the single partner and of the others."""
    project = (await stored(database)).project
    return project.partner.id if project.partner else None, ids(project.partners)


@pytest.mark.parametrize(
    ("type_id", "single", "several"),
    [("several", None, ["a", "b"]), (None, None, ["a", "b"]), ("unknown", None, ["a", "b"])],
)
async def test_several_partners_are_a_list(
    database: Database, type_id: str | None, single: str | None, several: list[str]
) -> None:
    """Also where the type is not known here, and so forbids nothing."""
    await fill(database, make_project(type=type_id))

    outcome = await change(writing(database), add("a", "b", name="AS"))

    assert outcome.faults == []
    assert await partners_of(database) == (single, several)


async def test_the_partner_of_a_type_with_one_is_the_single_one(database: Database) -> None:
    await fill(database, make_project(type="one"))

    await change(writing(database), add("a", name="Rør"))

    project = (await stored(database)).project
    assert project.partner is not None
    assert (project.partner.id, project.partner.name) == ("a", "Rør")
    assert project.partners == []


# What each type refuses, wherever the partners are given: the type, the partners there, those given, the places of the
# faults, and the rule that the message names.
REFUSALS: list[tuple[str, list[str], list[str], list[int], str]] = [
    ("none", [], ["a"], [0], "isPartnerDisabled"),
    ("none", [], ["a", "b"], [0, 1], "isPartnerDisabled"),
    ("some", [], ["a", "c"], [1], "availablePartnerIds"),
    ("one", [], ["a", "b"], [0, 1], "canHaveMultiplePartners"),
    ("one", ["z"], ["z", "a"], [1], "canHaveMultiplePartners"),
]


@pytest.mark.parametrize(("type_id", "there", "given", "places", "rule"), REFUSALS)
@pytest.mark.parametrize("mutation", ["add", "patch", "update", "create"])
async def test_what_the_type_does_not_allow_is_refused_by_every_mutation_and_says_which_rule(
    database: Database,
    mutation: str,
    type_id: str,
    there: list[str],
    given: list[str],
    places: list[int],
    rule: str,
) -> None:
    await fill(database, make_project(type=type_id, partners=[{"id": one} for one in there]))
    partners = [{"id": one} for one in given]
    commands: dict[str, Command] = {
        "add": AddProjectPartners(project_id="project-1", partners=partners),
        "patch": PatchProject(project_id="project-1", given={"partners": partners}),
        "update": UpdateProject(
            project_id="project-1", given={"partners": partners, "store_id": "store-oslo"}
        ),
    }
    before = await dump(database)

    if mutation == "create":
        made = CreateProject(project_type_id=type_id, given={"partners": partners})
        outcome = await create(writing(database), made)
        # Nobody is there before, so every partner of a type that has one is new.
        places = [0, 1] if there else places
    elif mutation == "add" and type_id == "none":
        # No input at all can succeed, so the list is told and not the places in it.
        outcome = await change(writing(database), commands[mutation])
        assert told(outcome) == [("PARTNER_NOT_ALLOWED", "partners")]
        assert rule in outcome.faults[0].message
        return
    else:
        outcome = await change(writing(database), commands[mutation])

    assert told(outcome) == [("PARTNER_NOT_ALLOWED", f"partners.{place}.id") for place in places]
    for fault in outcome.faults:
        assert rule in fault.message
        assert repr(type_id) in fault.message
    assert await dump(database) == before


async def test_the_single_partner_given_to_a_patch_follows_the_type_too(database: Database) -> None:
    await fill(database, make_project(type="some"))

    outcome = await change(
        writing(database), PatchProject(project_id="project-1", given={"partner": {"id": "c"}})
    )

    assert told(outcome) == [("PARTNER_NOT_ALLOWED", "partner.id")]
    assert "a, b" in outcome.faults[0].message


async def test_partners_that_are_there_are_not_judged_again(database: Database) -> None:
    """They may have come otherwise from an import."""
    await fill(database, make_project(type="some", partners=[{"id": "x"}, {"id": "y"}]))

    outcome = await change(
        writing(database),
        PatchProject(project_id="project-1", given={"partners": [{"id": "y"}, {"id": "a"}]}),
    )

    assert outcome.faults == []
    assert await partners_of(database) == (None, ["y", "a"])


async def test_a_partner_that_is_there_is_updated_and_the_same_again_changes_nothing(
    database: Database,
) -> None:
    await fill(database, make_project(type="several", partners=[{"id": "a", "email": "a@x"}]))

    assert (await change(writing(database), add("a", name="Rør"))).changed
    assert not (await change(writing(database), add("a", name="Rør"))).changed

    (partner,) = (await stored(database)).project.partners or []
    assert (partner.name, partner.email) == ("Rør", "a@x")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], [("EMPTY_INPUT", "partners")]),
        ([str(number) for number in range(1001)], [("TOO_MANY", "partners")]),
        (["a", "a"], [("DUPLICATE_UPDATE", "partners.1.id")]),
        (
            [" ", "x" * 301],
            [("INVALID_VALUE", "partners.0.id"), ("INVALID_VALUE", "partners.1.id")],
        ),
    ],
)
async def test_bad_lists_of_partners_are_refused(
    database: Database, names: list[str], expected: list[tuple[str, str]]
) -> None:
    await fill(database, make_project(type="several"))

    assert told(await change(writing(database), add(*names))) == expected


async def test_partners_are_removed_from_both_places_whatever_the_type(database: Database) -> None:
    await fill(
        database,
        make_project(type="none", partner={"id": "a"}, partners=[{"id": "b"}, {"id": "c"}]),
    )

    def remove(*names: str) -> RemoveProjectPartners:
        return RemoveProjectPartners(project_id="project-1", partner_ids=list(names))

    bad = await change(writing(database), remove("b", "z", "b"))
    assert told(bad) == [("NOT_FOUND", "partnerIds.1"), ("DUPLICATE_UPDATE", "partnerIds.2")]
    await change(writing(database), remove("a", "c"))
    assert await partners_of(database) == (None, ["b"])
    await change(writing(database), remove("b"))
    assert await partners_of(database) == (None, [])
    none = await change(writing(database), remove("b"))
    assert told(none) == [("NOT_FOUND", "partnerIds")]


async def test_who_turned_a_project_down_is_kept_until_it_takes_it_on(database: Database) -> None:
    """Declining records the rejection once and leaves the partner; accepting takes it back."""
    await fill(database, make_project(type="several", partners=[{"id": "a"}, {"id": "b"}]))
    no = DeclinePartnerRequest(project_id="project-1", partner_id="b", comment="no time")

    async def rejected() -> list[str] | None:
        return (await stored(database)).project.rejected_by_partners

    await change(writing(database), no)
    await change(writing(database), no)
    await change(writing(database), DeclinePartnerRequest(project_id="project-1", partner_id="a"))
    assert await rejected() == ["b", "a"]
    assert await partners_of(database) == (None, ["a", "b"])
    await change(writing(database), AcceptPartnerRequest(project_id="project-1", partner_id="b"))
    assert await rejected() == ["a"]


@pytest.mark.parametrize("command", [AcceptPartnerRequest, DeclinePartnerRequest])
async def test_only_a_partner_of_the_project_can_answer(database: Database, command: Any) -> None:
    await fill(database, make_project(type="several", partner={"id": "a"}))

    other = await change(writing(database), command(project_id="project-1", partner_id="z"))
    own = await change(writing(database), command(project_id="project-1", partner_id="a"))

    assert told(other) == [("NOT_FOUND", "partnerId")]
    assert "'a'" in other.faults[0].message
    assert own.faults == []


async def test_the_log_of_an_answer_names_the_partner(database: Database) -> None:
    await fill(database, make_project(type="several", partners=[{"id": "a", "name": "Rør"}]))

    await change(writing(database), AcceptPartnerRequest(project_id="project-1", partner_id="a"))

    rows = (await dump(database))["project_log"]
    assert any('{"partnerId":"a","partnerName":"Rør"}' in row for row in rows)
