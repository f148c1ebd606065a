"""Documents from outside: what each one is, what is wrong with which field, and which ones a later one replaces."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from pydantic import ValidationError

from ..data.files import Broken, Placed
from ..data.omnium import Unstorable, storable
from ..data.project_types import ProjectType
from ..data.projects import Project
from .identities import repeated, without_null_ids

_VALUE_LENGTH = 60


class BadDocument(Exception):
    """A document that cannot be taken, with what is wrong with which field."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


def key_of(document: Any) -> tuple[bool, str] | None:
    """Whether a document is a type, and its id; None when it has none."""
    if not isinstance(document, dict):
        return None
    name = document.get("projectTypeId" if is_type(document) else "id")
    return (is_type(document), name) if isinstance(name, str) and name else None


def is_type(document: dict[str, Any]) -> bool:
    """Whether a document is that of a project type."""
    return "projectTypeId" in document and "id" not in document


def parsed(document: Any) -> Project | ProjectType:
    """The project or type of a document. Raises: BadDocument."""
    if isinstance(document, Broken):
        raise BadDocument([document.reason])
    if not isinstance(document, dict):
        raise BadDocument([f"{_shown(document)} is no JSON object"])
    try:
        document = storable(document)
    except Unstorable as fault:
        raise BadDocument([f"{_path(fault.path)}: {fault.reason}"]) from None
    if is_type(document) and document["projectTypeId"] in ("", None):
        raise BadDocument(["projectTypeId: is missing; it names the type"])
    try:
        if is_type(document):
            return ProjectType.of(document)
        project = Project.of(without_null_ids(document))
    except ValidationError as error:
        raise BadDocument(_faults(error)) from None
    faults = [f"{path}: {_shown(name)} is there twice" for path, name in repeated(project)]
    if not project.id:
        faults.insert(0, "id: is missing; it names the project")
    if faults:
        raise BadDocument(faults)
    return project


def _faults(error: ValidationError) -> list[str]:
    return [
        f"{_path(fault['loc'])}: {_reason(fault)}"
        for fault in error.errors(include_url=False, include_context=False)
    ]


# What is wrong in plain words, by the kind of fault.
_WORDS = {
    "bool_parsing": "is neither true nor false",
    "bool_type": "is neither true nor false",
    "datetime_type": "is no time such as 2026-01-31T12:00:00Z",
    "decimal_parsing": "is no number",
    "decimal_type": "is no number",
    "dict_type": "is no JSON object",
    "greater_than_equal": "is a whole number beyond 32 bits",
    "int_from_float": "is no whole number",
    "int_parsing": "is no whole number",
    "int_type": "is no whole number",
    "less_than": "is a whole number beyond 32 bits",
    "list_type": "is no list",
    "model_type": "is no JSON object",
    "string_type": "is no text",
}


def _reason(fault: Any) -> str:
    if fault["type"] == "missing":
        return "is missing"
    if fault["type"] in _WORDS:
        return f"{_shown(fault['input'])} {_WORDS[fault['type']]}"
    message = str(fault["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    return f"{_shown(fault['input'])} {message[:1].lower()}{message[1:]}"


def _path(segments: Sequence[str | int]) -> str:
    return ".".join(map(str, segments))


def _shown(value: Any) -> str:
    text = str(value)
    if not isinstance(value, Decimal):
        text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= _VALUE_LENGTH else f"{text[:_VALUE_LENGTH]}…"


@dataclass(frozen=True)
class Documents:
    """A named source of documents that can be read more than once."""

    name: str
    read: Callable[[], Iterable[Placed]]
    # The same in less time, where there is a way: numbers are not exact, and what is broken may look whole.
    skim: Callable[[], Iterable[Placed]] | None = None


class Survey(NamedTuple):
    """What reading all documents once told: how many there are, and which ones a later one stands in for."""

    total: int
    later: dict[tuple[int, int], tuple[int, int]]


def survey(sources: Sequence[Documents]) -> Survey:
    """Reads all documents for their ids only, once where none is repeated: memory grows by an id a document."""
    total = 0
    seen: set[tuple[bool, str]] = set()
    for source in sources:
        for _, document in (source.skim or source.read)():
            total += 1
            key = key_of(document)
            if key is None:
                continue
            if key in seen:
                return _exact_survey(sources)
            seen.add(key)
    return Survey(total, {})


def _exact_survey(sources: Sequence[Documents]) -> Survey:
    total = 0
    seen: dict[tuple[bool, str], tuple[int, int]] = {}
    later: dict[tuple[int, int], tuple[int, int]] = {}
    for number, source in enumerate(sources):
        for position, document in source.read():
            total += 1
            key = key_of(document)
            if key is None:
                continue
            # A later document that is bad does not keep the earlier one out.
            if key in seen and _is_good(document):
                later[seen[key]] = (number, position)
            if key not in seen or later.get(seen[key]) == (number, position):
                seen[key] = (number, position)
    return Survey(total, later)


def _is_good(document: Any) -> bool:
    try:
        parsed(document)
    except BadDocument:
        return False
    return True
