"""Files of operations, as clients have them -> a manifest of trusted documents.

All *.graphql files of a folder are one pool: an operation takes the fragments that it needs from
any of them. Each is checked as a request for it would be.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import strawberry
from graphql import (
    DefinitionNode,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    print_ast,
    separate_operations,
)

from projectgate.admission import Admission
from projectgate.execution.parsing import parsed
from projectgate.faults import Fault
from projectgate.parameters import Operation
from projectgate.persisted import sha256
from projectgate.refusals import RequestError
from projectgate.resolvers.access import ADMIN, Caller
from projectgate.settings import Settings
from projectgate.trusted import Entry, Manifest, ManifestRefused, read

MANIFEST = "trusted-documents.json"
_CALLER = Caller("command line", frozenset({ADMIN}))


class Gathered(NamedTuple):
    """The manifest of a folder, and a line for each thing that is wrong with its files."""

    manifest: Manifest
    faults: list[str]


def gathered(folder: Path, schema: strawberry.Schema, settings: Settings) -> Gathered:
    """The manifest of a folder's operations. Raises: Fault, OSError."""
    pool = _Pool(folder)
    documents = separate_operations(DocumentNode(definitions=tuple(pool.definitions)))
    entries = [_entry(document) for _, document in sorted(documents.items())]
    open_to_all = {"trusted_documents": None, "rate_limit": 0}
    admission = Admission(schema, settings.model_copy(update=open_to_all))
    faults = pool.faults
    for entry in entries:
        try:
            admission.prepared(Operation(entry.body, entry.name, {}, {}), _CALLER)
        except RequestError as error:
            faults += [f"{pool.files[entry.name]}: {one['message']}" for one in error.errors]
    return Gathered(Manifest(operations=tuple(entries)), faults)


def stale(folder: Path, manifest: Manifest) -> Iterator[str]:
    """What the manifest in a folder says otherwise than the one that would be built now, in lines.

    Raises: Fault, OSError.
    """
    try:
        there = {entry.name: entry for entry in read(folder / MANIFEST).operations}
    except ManifestRefused as error:
        raise Fault(str(error)) from None
    now = {entry.name: entry for entry in manifest.operations}
    for name in sorted(there.keys() | now.keys()):
        if name not in there:
            yield f"{name}: not in the manifest"
        elif name not in now:
            yield f"{name}: in the manifest, and in no file"
        elif there[name] != now[name]:
            yield f"{name}: differs from the manifest"


def written(manifest: Manifest) -> str:
    """A manifest as its file has it."""
    return manifest.model_dump_json(indent=2) + "\n"


def _entry(document: DocumentNode) -> Entry:
    body = print_ast(document)
    (operation,) = (
        node for node in document.definitions if isinstance(node, OperationDefinitionNode)
    )
    assert operation.name is not None  # noqa: S101 - the pool has no other
    return Entry(
        id=sha256(body), name=operation.name.value, type=operation.operation.value, body=body
    )


class _Pool:
    """The operations and fragments of a folder: which file has which, and what cannot be used."""

    def __init__(self, folder: Path) -> None:
        self.definitions: list[DefinitionNode] = []
        self.faults: list[str] = []
        self.files: dict[str, Path] = {}
        self._fragments: dict[str, Path] = {}
        found = sorted(folder.rglob("*.graphql"))
        if not found:
            raise Fault(f"{folder} has no *.graphql files")
        for file in found:
            try:
                nodes = parsed(file.read_text(encoding="utf-8")).definitions
            except GraphQLSyntaxError as error:
                line, column = error.locations[0] if error.locations else (1, 1)
                self.faults.append(f"{file}:{line}:{column}: {error.message}")
            except UnicodeDecodeError:
                self.faults.append(f"{file}: not UTF-8")
            else:
                for node in nodes:
                    self._add(node, file)

    def _add(self, node: DefinitionNode, file: Path) -> None:
        if not isinstance(node, OperationDefinitionNode | FragmentDefinitionNode):
            self.faults.append(f"{file}: {node.kind} is neither an operation nor a fragment")
        elif node.name is None:
            self.faults.append(f"{file}: an operation has no name: give it one")
        else:
            name = node.name.value
            known = self.files if isinstance(node, OperationDefinitionNode) else self._fragments
            if name in known:
                self.faults.append(f"{file}: {name} is in {known[name]} already: rename one")
            else:
                known[name] = file
                self.definitions.append(node)
