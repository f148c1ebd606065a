"""The operations that we give away: in tests/queries, on the pages, in the README and in the explorer."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

from graphql import GraphQLError, OperationDefinitionNode, parse, validate

from projectgate.schema.build import schema
from tests.make.operations import Made
from tests.program.pages import CLAIM, schema_chapter
from tests.program.test_errors_page import GIVEN

ROOT = Path(__file__).parents[2]
FOLDERS = (ROOT / "tests" / "queries", ROOT / "explorer" / "src" / "examples")
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))


@cache
def documents(kind: str) -> dict[str, Made]:
    """Those of a kind, as `query`, by name, in order. Not the worked claim, whose parts need each other."""
    return {name: made for name, made in [*_in_folders(), *_on_pages()] if _kind(made.text) == kind}


def _in_folders() -> list[tuple[str, Made]]:
    found = []
    for folder in FOLDERS:
        for path in sorted(folder.glob("*.graphql")):
            beside = path.with_suffix(".json")
            variables = json.loads(beside.read_text()) if beside.exists() else {}
            found.append((f"{folder.name}/{path.stem}", Made(path.read_text(), variables)))
    return found


def _on_pages() -> list[tuple[str, Made]]:
    found = []
    for path in PAGES:
        page = path.read_text().replace(schema_chapter(CLAIM), "")
        sent = re.findall(r"--data '(\{\"query\".*?\})'$", page, re.MULTILINE)
        texts = [
            *(json.loads(body)["query"] for body in sent),
            *re.findall(r"^```graphql\n(.*?)^```", page, re.MULTILINE | re.DOTALL),
        ]
        for place, text in enumerate(texts):
            title = re.match(r"(?:query|mutation) (\w+)", text)
            name = title[1] if title else str(place)
            found.append((f"{path.name}/{name}", Made(text, GIVEN.get(name, {}))))
    return found


def _kind(text: str) -> str | None:
    """Which kind of operation a text is; None where the page shows what cannot be executed."""
    try:
        document = parse(text)
    except GraphQLError:
        return None
    operations = [
        node for node in document.definitions if isinstance(node, OperationDefinitionNode)
    ]
    if validate(schema._schema, document) or len(operations) != 1:
        return None
    return operations[0].operation.value
