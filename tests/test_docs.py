"""What users are told exists, and what exists is told: settings, commands, make targets, links."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from typer.main import get_group

from projectgate import server
from projectgate.cli import app
from projectgate.connection import Connection
from projectgate.data.search import ProjectSortOrder
from projectgate.schema import limits, variables
from projectgate.settings import PREFIX, Settings
from projectgate.transports import event_stream, streams, websocket

ROOT = Path(__file__).parent.parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "explorer").glob("*.md")]
# Written apart, so that this file does not name them itself.
HOSTS = ("pypi" + ".org", "python" + "hosted", "registry." + "npmjs")
FOLDERS = ("/root" + "/", "/home" + "/")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()


def test_every_setting_is_documented_and_every_documented_setting_exists() -> None:
    documented = set(re.findall(rf"^\| `{PREFIX}([A-Z_]+)`", OPERATIONS, re.MULTILINE))
    assert documented == {name.upper() for name in Settings.model_fields}


def test_the_documented_description_of_a_setting_is_that_of_the_code() -> None:
    for name, field in Settings.model_fields.items():
        assert f"| {field.description} |" in OPERATIONS, name


def test_the_documented_default_of_a_setting_is_that_of_the_code() -> None:
    rows = dict(re.findall(rf"^\| `{PREFIX}([A-Z_]+)` \| (\S+) \|", OPERATIONS, re.MULTILINE))
    defaults = {name.upper(): field.default for name, field in Settings.model_fields.items()}
    assert rows == {
        name: "–" if default in (None, ()) else f"`{default}`" for name, default in defaults.items()
    }


def test_the_limits_and_times_that_are_promised_are_those_of_the_code() -> None:
    rows = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|", OPERATIONS, re.MULTILINE))
    for name, most in {
        "characters, lines, tokens, comments": (
            *(limits.CHARACTERS, limits.LINES.most),
            *(limits.TOKENS, limits.COMMENTS),
        ),
        "values of variables": (variables.MOST,),
        "digits": (limits.DIGITS.most,),
        "fields": (limits.FIELDS.most,),
        "depth": (limits.DEPTH.most,),
        "root fields": (limits.ROOT_FIELDS.most,),
        "aliases": (limits.ALIASES.most,),
        "fields of one response name": (limits.SAME_NAME.most,),
        "directives, fragments": (limits.DIRECTIVES.most, limits.FRAGMENTS.most),
    }.items():
        assert rows[name] == ", ".join(f"{number:,}" for number in most)
    for said in (
        f"below `__schema` and `__type` {limits.SCHEMA_DEPTH.most}, with these",
        f"its last | {Connection.head_seconds:g} s |",
        f"the end of the body | {Connection.body_seconds:g} s |",
        f"100 kB or all of it in every {Connection.read_seconds:g} s |",
        f"{websocket.INIT_SECONDS:g} s for `connection_init`",
        f"takes nothing for {websocket.SEND_SECONDS:g} seconds",
        f"takes nothing for {event_stream.SEND_SECONDS:g} seconds",
        f"event streams have a comment every {event_stream.HEARTBEAT:g}",
        f"After SIGTERM everything ends within {server.STOP:g} seconds",
        f"After {server.GRACE:g} seconds, on a WebSocket after {server.GRACE - streams.GOODBYE:g}",
    ):
        assert said in OPERATIONS


def test_every_command_is_documented_and_every_documented_command_exists() -> None:
    rows = re.findall(r"^\| `projectgate (\w+(?: print| check| build)?)", OPERATIONS, re.MULTILINE)
    commands = set()
    for name, command in get_group(app).commands.items():
        nested = getattr(command, "commands", None)
        commands |= {f"{name} {inner}" for inner in nested} if nested else {name}
    assert set(rows) == commands


def test_make_help_lists_the_targets_that_the_pages_name() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    targets = set(re.findall(r"^  (\w+) ", done.stdout, re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"`make (\w+)`", page.read_text())}
    assert {"run", "test", "check", "help"} <= targets
    assert named <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_every_sort_order_is_in_the_schema_with_a_description() -> None:
    sdl = (ROOT / "schema" / "schema.graphql").read_text()
    block = re.search(r"enum ProjectSortOrder \{(.*?)\n\}", sdl, re.DOTALL)
    assert block is not None
    values = re.findall(r'"""(?:.|\n)*?"""\n  ([A-Z_]+)', block[1])
    assert sorted(values) == sorted(ProjectSortOrder.__members__)


def test_the_repository_names_no_registry_and_no_path_of_a_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.split():
        path = ROOT / name
        if path.is_file():
            text = path.read_bytes().decode(errors="ignore")
            for word in (*HOSTS, *FOLDERS):
                assert word not in text, (name, word)


def test_the_layers_that_the_architecture_page_names_are_those_of_the_contract() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    line = re.search(r"Imports point downwards only: `([^`]+)`", page)
    assert line is not None
    named = [re.split(r",\s+", layer) for layer in re.split(r"\s+→\s+", line[1])]
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    layers = [re.split(r" [:|] ", layer) for layer in contracts[0]["layers"]]
    assert named == layers


def test_the_schema_page_lists_every_mutation() -> None:
    sdl = (ROOT / "schema" / "schema.graphql").read_text()
    block = re.search(r"\ntype Mutation \{(.*?)\n\}", sdl, re.DOTALL)
    assert block is not None
    mutations = re.findall(r"^  (\w+)\(", block[1], re.MULTILINE)
    page = (ROOT / "docs" / "schema.md").read_text()
    rows = re.findall(r"^\| [a-z ]+ \| ((?:`\w+` ?)+) \|$", page, re.MULTILINE)
    listed = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(listed) == sorted(mutations)


def test_the_tests_that_hold_the_promises_exist() -> None:
    rows = re.findall(
        r"^\|.*\| (`[\w./]+\.py::.*) \|$", OPERATIONS.partition("\n## Promises")[2], re.MULTILINE
    )
    assert len(rows) > 20
    for row in rows:
        text = ""
        for file, test in re.findall(r"`([\w./]*)::(\w+)`", row):
            if file:
                text = (ROOT / "tests" / "program" / file).resolve().read_text()
            assert re.search(rf"^(async )?def {test}\(", text, re.MULTILINE), test
