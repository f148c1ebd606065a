"""The operations of docs/schema.md, each with the answer that the page shows of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

PAGE = (Path(__file__).parent.parent.parent / "docs" / "schema.md").read_text()
CLAIM = "A worked claim, from creation to completion"


class Example(NamedTuple):
    """An operation, the text since the one before it, and what the page shows of its answer."""

    name: str
    operation: str
    before: str
    answer: dict[str, Any]


def schema_chapter(heading: str) -> str:
    """The text of a chapter."""
    return PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def examples(text: str) -> list[Example]:
    """The operations of a text in their order."""
    found: list[Example] = []
    before = ""
    for part in re.split(r"(^```\w+\n.*?^```\n)", text, flags=re.MULTILINE | re.DOTALL):
        language, _, block = part.removesuffix("```\n").partition("\n")
        if language == "```graphql":
            name = re.findall(r"\w+", block)[1]
            found.append(Example(name, block, before, {}))
            before = ""
        elif language == "```json":
            found[-1] = found[-1]._replace(answer=json.loads(block))
        else:
            before += part
    return found


def contains(answer: Any, shown: Any) -> bool:
    """Whether an answer has all that is shown of it: of an object some members, of a list some elements in order."""
    if isinstance(shown, dict):
        return isinstance(answer, dict) and all(
            name in answer and contains(answer[name], value) for name, value in shown.items()
        )
    if isinstance(shown, list):
        left = iter(answer)
        return all(any(contains(one, element) for one in left) for element in shown)
    return bool(answer == shown)
