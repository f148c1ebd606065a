"""What is asked of the servers: the same rows of each, in the words that each understands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from .documents import ROOT, SEED, project_id, sku

PAGE, FLAT, WRITTEN = 20, 100, 3
# How many projects `one` reads and `m1` writes in turn.
DRAWN = 200
_OURS = ROOT / "tests" / "queries"
_POSTGRAPHILE = Path(__file__).parent / "peers" / "postgraphile"
NAMES = {
    "page": f"{PAGE} projects by creation, newest first, with products, partners and transactions",
    "one": "one project by id with the same",
    "flat": f"{FLAT} projects by creation, newest first, 6 fields",
    "m1": f"the status of {WRITTEN} products of one project, answered with all its products",
}

_M1 = """
mutation Status($input: UpdateProjectProductStatusInput!) {
  updateProjectProductStatus(input: $input) {
    changed
    project { id products { id name skuId quantity status orderId } }
    userErrors { code message }
  }
}
"""


class Content(NamedTuple):
    """Which rows an answer has: the id of a project, and those of its products, partners and transactions."""

    project: str
    products: tuple[str, ...]
    partners: tuple[str, ...]
    transactions: tuple[str, ...]


def drawn(projects: int) -> list[int]:
    """The places of the projects that are read and written one by one, the same for every server."""
    return Random(SEED).sample(range(projects), min(DRAWN, projects))


def bodies(workload: str, language: str, projects: int, lap: int = 0) -> list[str]:
    """The bodies of requests, to be sent in turn; of another lap, they write what no other lap has written."""
    if workload == "m1":
        statuses = [f"Status {lap} {turn}" for turn in "AB"]
        return [
            status_request(language, place, status)
            for status in statuses
            for place in drawn(projects)
        ]
    text = _text(workload, language)
    if workload in ("page", "flat"):
        variables: list[Any] = [{"first": PAGE if workload == "page" else FLAT}]
    else:
        variables = [{"id": project_id(place)} for place in drawn(projects)]
    return [json.dumps({"query": text, "variables": given}) for given in variables]


def status_request(language: str, place: int, status: str, lines: int = WRITTEN) -> str:
    """The body of a request that gives the first lines of a project a status."""
    variables = _written(language, place, status, lines)
    return json.dumps({"query": _text("m1", language), "variables": variables})


def expected(workload: str, language: str) -> str:
    """What every answer holds beside its rows: that something was written."""
    return '"changed":true' if workload == "m1" and language == "gateway" else '"id":"'


def _text(workload: str, language: str) -> str:
    if language == "postgraphile":
        return (_POSTGRAPHILE / f"{workload}.graphql").read_text()
    return _M1 if workload == "m1" else (_OURS / f"{workload}.graphql").read_text()


def _written(language: str, place: int, status: str, lines: int) -> dict[str, Any]:
    if language == "postgraphile":
        return {"id": project_id(place), "status": status}
    updates = [{"skuId": sku(place, line), "status": status} for line in range(lines)]
    return {"input": {"projectId": project_id(place), "productStatusUpdates": updates}}


def contents(data: Any) -> list[Content]:
    """Which rows an answer has, in its order."""
    return [
        Content(
            project["id"],
            *(
                tuple(row["id"] for row in project.get(name, ()))
                for name in ("products", "partners", "transactions")
            ),
        )
        for project in _projects(data)
    ]


def _projects(data: Any) -> Iterator[Any]:
    """The projects of an answer, wherever they are in it."""
    if isinstance(data, list):
        for item in data:
            yield from _projects(item)
    elif isinstance(data, dict):
        if "id" in data:
            yield data
        else:
            yield from _projects(list(data.values()))
