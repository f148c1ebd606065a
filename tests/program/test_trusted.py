"""Trusted documents: a server that runs what is in a manifest, and the commands that make it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner, Result

from projectgate.app import create_app
from projectgate.cli import app as commands
from projectgate.data.database import Database
from projectgate.persisted import sha256
from projectgate.settings import SettingsRefused
from tests.program.conftest import (
    GRAPHQL,
    JSON,
    PREFLIGHT,
    SCHEMA,
    Serve,
    bearer,
    build,
    get,
    is_refused,
    make_settings,
    open_client,
)
from tests.program.gate import accepted, heard, running, say, subscribe

pytestmark = pytest.mark.anyio

ECHO = "query Echo($t: String!) {\n  echo(text: $t)\n}"
WRITE = "mutation Write { write }"


def manifest(*operations: tuple[str, str], **members: Any) -> str:
    """A manifest of operations, by their ids."""
    return json.dumps(
        {
            "format": "apollo-persisted-query-manifest",
            "version": 1,
            "operations": [
                {"id": name, "name": "Any", "type": "query", "body": body, "more": 7}
                for name, body in operations
            ],
            **members,
        }
    )


@pytest.fixture
def trusting(serve: Serve, tmp_path: Path) -> httpx2.AsyncClient:
    """A client with an admin's token of a server that trusts two documents."""
    file = tmp_path / "manifest.json"
    file.write_text(manifest(("echo-1", ECHO), (sha256(WRITE), WRITE)))
    return serve(headers=bearer(roles=["ProjectAdmin"]), trusted_documents=file, batch_limit=10)


async def send(
    client: httpx2.AsyncClient, /, accept: str = GRAPHQL, **members: Any
) -> httpx2.Response:
    return await client.post("/graphql", json=members, headers={"accept": accept})


def hashed(digest: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": digest}}


@pytest.mark.parametrize(
    "named",
    [
        {"query": ECHO},
        {"documentId": "echo-1"},
        {"documentId": f"sha256:{sha256(ECHO)}"},
        {"extensions": hashed(sha256(ECHO))},
        {"query": ECHO, "extensions": hashed(sha256(ECHO))},
    ],
)
async def test_what_is_in_the_manifest_is_run_however_it_is_named(
    trusting: httpx2.AsyncClient, named: dict[str, Any]
) -> None:
    response = await send(trusting, variables={"t": "a"}, **named)
    assert response.json()["data"] == {"echo": "a"}
    if "query" not in named:
        fields = {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in named.items()
        }
        response = await get(trusting, PREFLIGHT, variables='{"t":"b"}', **fields)
        assert response.json()["data"] == {"echo": "b"}


async def test_the_rules_of_a_get_hold_for_trusted_documents(trusting: httpx2.AsyncClient) -> None:
    response = await get(trusting, {**PREFLIGHT, "accept": GRAPHQL}, documentId=sha256(WRITE))
    is_refused(response, 405, "METHOD_NOT_ALLOWED")
    is_refused(await get(trusting, {}, documentId="echo-1"), 400, "BAD_REQUEST")
    assert (await send(trusting, documentId=sha256(WRITE))).json()["data"] == {"write": "written"}


@pytest.mark.parametrize(
    "members",
    [
        {"query": "{ caller }"},
        {"query": ECHO + " "},
        {"query": "{"},
        {"query": ""},
        {"query": "{ __typename }"},
        {"query": "query IntrospectionQuery { __schema { description } }"},
        {"documentId": ""},
        {"documentId": "echo-2"},
        {"documentId": sha256(ECHO)},
        {"documentId": f"sha256:{sha256('{ caller }')}"},
        {"extensions": hashed(sha256("{ caller }"))},
        {"extensions": hashed("")},
        {"query": "{ caller }", "extensions": hashed(sha256("{ caller }"))},
    ],
)
async def test_what_is_not_in_the_manifest_is_403_and_not_run(
    trusting: httpx2.AsyncClient, members: dict[str, Any]
) -> None:
    for _ in range(2):  # nothing is kept from the first time
        for accept in (GRAPHQL, JSON):
            is_refused(await send(trusting, accept, **members), 403, "DOCUMENT_NOT_TRUSTED")


async def test_a_hash_that_is_not_that_of_the_text_is_refused(trusting: httpx2.AsyncClient) -> None:
    response = await send(trusting, query=ECHO, extensions=hashed(sha256(WRITE)))
    is_refused(response, 400, "BAD_REQUEST")


async def test_a_batch_has_trusted_documents_only(trusting: httpx2.AsyncClient) -> None:
    items = [{"documentId": "echo-1", "variables": {"t": "a"}}, {"query": "{ caller }"}]
    first, second = (await trusting.post("/graphql", json=items)).json()
    assert first["data"] == {"echo": "a"}
    assert second["errors"][0]["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"


async def test_a_web_socket_has_trusted_documents_only(
    unread_database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "manifest.json"
    file.write_text(manifest(("echo-1", ECHO)))
    async with (
        running(unread_database, SCHEMA, trusted_documents=file) as gate,
        accepted(gate) as client,
    ):
        await subscribe(client, "{ caller }", "1")
        refusal = await heard(client)
        assert refusal["payload"][0]["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"
        payload = {"documentId": "echo-1", "variables": {"t": "a"}}
        await say(client, {"id": "2", "type": "subscribe", "payload": payload})
        assert (await heard(client))["payload"]["data"] == {"echo": "a"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read"),
        ("", "is no manifest"),
        ("{", "is no manifest"),
        ("[]", "is no manifest"),
        ("\udcff", "is no manifest"),
        (manifest(format="something-else"), "`format`"),
        (manifest(version=2), "`version`"),
        (manifest(operations={}), "`operations`"),
        (manifest(operations=[{"id": 7, "name": "A", "type": "query", "body": ""}]), "`operations.0.id`"),
        (manifest(operations=[{"id": "a"}]), "`operations.0.name`"),
        (manifest(("a", ECHO), ("a", WRITE)), "2 operations with the id 'a'"),
    ],
)  # fmt: skip
def test_a_manifest_that_cannot_be_used_stops_the_start(
    tmp_path: Path, text: str | None, said: str
) -> None:
    file = tmp_path / "manifest.json"
    if text is not None:
        file.write_text(text, errors="surrogateescape")
    with pytest.raises(SettingsRefused, match="PROJECTGATE_TRUSTED_DOCUMENTS") as caught:
        build(trusted_documents=file)
    assert said in str(caught.value)


def test_a_manifest_may_be_empty(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(manifest())
    assert build(trusted_documents=tmp_path / "manifest.json")


# The commands


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs a command in a folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(commands, ["trusted", *arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of operations that fit the schema, in files of all kinds."""
    for name, text in {
        "project.graphql": "query Project($id: ID!) { project(id: $id) { ...Head products { skuId } } }",
        "many.graphql": "query Who { viewer { name } }\nmutation Status($input: UpdateProjectStatusInput!)"
        " { updateProjectStatus(input: $input) { changed } }",
        "deep/er/fragments.graphql": "fragment Head on Project { id ...Name }\n"
        "fragment Name on Project { name }\nfragment Unused on Viewer { name }",
        "deep/notes.txt": "{{{",
    }.items():
        (tmp_path / "app" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "app" / name).write_text(text)
    return tmp_path / "app"


def test_build_writes_each_operation_with_its_fragments(
    run: Callable[..., Result], folder: Path
) -> None:
    done = run("build", "app")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "3 operations are in app/trusted-documents.json\n"
    written = json.loads((folder / "trusted-documents.json").read_text())
    assert (written["format"], written["version"]) == ("apollo-persisted-query-manifest", 1)
    operations = written["operations"]
    assert [(one["name"], one["type"]) for one in operations] == [
        ("Project", "query"), ("Status", "mutation"), ("Who", "query"),
    ]  # fmt: skip
    assert all(one["id"] == sha256(one["body"]) for one in operations)
    assert "fragment Head" in operations[0]["body"]
    assert "fragment Name" in operations[0]["body"]
    assert "Unused" not in operations[0]["body"]
    assert operations[2]["body"] == "query Who {\n  viewer {\n    name\n  }\n}"


async def test_what_build_writes_a_server_runs(
    run: Callable[..., Result], folder: Path, database: Database
) -> None:
    run("build", "app")
    file = folder / "trusted-documents.json"
    ids = {one["name"]: one["id"] for one in json.loads(file.read_text())["operations"]}
    app = create_app(make_settings(trusted_documents=file), database=database)
    async with open_client(app, headers=bearer()) as client:
        response = await send(client, documentId=f"sha256:{ids['Who']}")
        assert response.json()["data"] == {"viewer": {"name": "ann"}}
        response = await send(client, documentId=ids["Project"], variables={"id": "none"})
        assert response.json()["data"] == {"project": None}
        is_refused(await send(client, query="{ viewer { name } }"), 403, "DOCUMENT_NOT_TRUSTED")


def test_check_has_nothing_to_say_of_a_manifest_that_was_just_built(
    run: Callable[..., Result], folder: Path
) -> None:
    run("build", "app")
    done = run("check", "app")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "Nothing to do.\n")


def test_check_has_a_line_for_each_difference(run: Callable[..., Result], folder: Path) -> None:
    run("build", "app")
    (folder / "project.graphql").unlink()
    (folder / "many.graphql").write_text(
        "query Who { viewer { name roles } }\nquery New { viewer { name } }"
    )
    done = run("check", "app")
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "New: not in the manifest",
        "Project: in the manifest, and in no file",
        "Status: in the manifest, and in no file",
        "Who: differs from the manifest",
    ]
    assert done.stderr == "4 faults\n"


FAULTY = [
    ("query A { viewer { shoeSize } }", "app/x.graphql: Cannot query field 'shoeSize' on type 'Viewer'."),
    ("query A { viewer { ...None } }", "app/x.graphql: Unknown fragment 'None'."),
    (
        "query A {\n  viewer { } }",
        "app/x.graphql:2:12: Syntax Error: Expected Name, found '}': a selection names one field at least.",
    ),
    ("query A {\n  viewer {", "app/x.graphql:2:11: Syntax Error: Expected Name, found <EOF>."),
    ("{ viewer { name } }", "app/x.graphql: an operation has no name: give it one"),
    ("query Who { viewer { name } }", "app/x.graphql: Who is in app/many.graphql already: rename one"),
    ("fragment Head on Viewer { name }",
     "app/x.graphql: Head is in app/deep/er/fragments.graphql already: rename one"),
    ("type T { a: Int }", "app/x.graphql: object_type_definition is neither an operation nor a fragment"),
    ("query A { " + "\n".join(f"a{number}: viewer {{ name }}" for number in range(51)) + " }",
     "app/x.graphql: the document has 51 fields of the root"),
    ("query A { searchProjects(take: 100) { result { log(first: 100) { nodes { id } } "
     "versions(first: 100) { nodes { version changes { path } } } } } }",
     "app/x.graphql: the operation costs "),
    ("\udcff", "app/x.graphql: not UTF-8"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line"), FAULTY)
@pytest.mark.parametrize("command", ["build", "check"])
def test_an_operation_that_could_not_be_run_is_a_line_and_exit_code_1(
    run: Callable[..., Result], folder: Path, command: str, text: str, line: str
) -> None:
    run("build", "app")
    before = (folder / "trusted-documents.json").read_text()
    # What sorts last is the one that is told to be there already.
    (folder / "x.graphql").write_text(text, errors="surrogateescape")
    done = run(command, "app")
    assert done.exit_code == 1
    assert any(told.startswith(line) for told in done.stdout.splitlines()), done.stdout
    assert (folder / "trusted-documents.json").read_text() == before


def test_a_manifest_that_is_not_there_or_none_is_exit_code_2(
    run: Callable[..., Result], folder: Path
) -> None:
    done = run("check", "app")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "trusted-documents.json: No such file" in done.stderr
    (folder / "trusted-documents.json").write_text("{}")
    done = run("check", "app")
    assert done.exit_code == 2
    assert "is no manifest" in done.stderr
    assert run("build", "app").exit_code == 0


@pytest.mark.parametrize("command", ["build", "check"])
def test_a_folder_without_operations_is_exit_code_2(
    run: Callable[..., Result], tmp_path: Path, command: str
) -> None:
    for name in (".", "none"):
        done = run(command, name)
        assert done.exit_code == 2
        assert done.stderr == f"projectgate: {name} has no *.graphql files\n"
