"""Commands that fill databases and read them: real processes, real files, both databases."""

from __future__ import annotations

import json
import os
import pty
import re
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from sqlalchemy import func, select

from projectgate.data.database import Database
from projectgate.data.projects import PROJECTS
from tests.make.documents import make_document
from tests.make.exchange import loads
from tests.program.commands.conftest import PROJECTS_FILE, TYPES, Run, command, environment

pytestmark = pytest.mark.anyio


async def _count(database: Database) -> int:
    (row,) = await database.run(select(func.count()).select_from(PROJECTS))
    return int(row[0])


async def test_migrate_makes_the_tables_and_can_be_run_again(run: Run, empty_url: str) -> None:
    for _ in range(2):
        done = await run("migrate", database_url=empty_url)
        assert re.fullmatch(r"The database is at migration \d{4}\.\n", done.stdout)
        assert (done.returncode, done.stderr) == (0, "")
    assert (await run("export", database_url=empty_url)).stdout == "[]\n"


async def test_the_examples_go_in_come_out_and_go_in_again_unchanged(with_database: Run) -> None:
    first = await with_database("import", TYPES, PROJECTS_FILE)
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == "66 documents: 66 new, 0 changed, 0 equal\n"
    again = await with_database("import", TYPES, PROJECTS_FILE)
    assert again.stdout == "66 documents: 0 new, 0 changed, 66 equal\n"
    for form in ("json", "ndjson"):
        out = await with_database("export", "--format", form)
        assert (out.returncode, out.stderr) == (0, "")
        back = await with_database("import", "-", given=out.stdout)
        assert back.stdout == "66 documents: 0 new, 0 changed, 66 equal\n"
        assert (await with_database("export", "--format", form)).stdout == out.stdout


async def test_a_bad_document_is_exit_code_1_told_on_standard_error_and_the_rest_is_in(
    with_database: Run, tmp_path: Path, database: Database
) -> None:
    documents = [
        make_document("a"),
        make_document("b", deadline="soon"),
        3,
        make_document("c"),
        make_document("a"),
    ]
    (tmp_path / "some.json").write_text(json.dumps(documents))
    done = await with_database("import", "some.json")
    assert done.returncode == 1
    assert done.stdout == "5 documents: 2 new, 0 changed, 0 equal, 1 superseded, 2 bad\n"
    assert done.stderr.splitlines() == [
        "some.json, document 1 (a): left out, document 5 has the same id and is later",
        'some.json, document 2 (b): deadline: "soon" is not a time such as 2026-01-31T12:00:00Z',
        "some.json, document 3: 3 is no JSON object",
    ]
    assert await _count(database) == 2


async def test_strict_leaves_everything_out(with_database: Run, database: Database) -> None:
    lines = f"{json.dumps(make_document('a'))}\n{{\n"
    done = await with_database("import", "--strict", "-", given=lines)
    assert done.returncode == 1
    assert done.stdout == "2 documents: 1 bad; nothing was written\n"
    assert done.stderr.startswith("standard input, document 2: the line is not JSON")
    assert await _count(database) == 0


async def test_an_import_killed_in_the_middle_leaves_whole_projects_and_can_be_run_again(
    with_database: Run, database: Database, tmp_path: Path
) -> None:
    lines = [
        json.dumps(make_document(f"p{number}", products=[{"skuId": "a"}])) for number in range(1500)
    ]
    (tmp_path / "many.ndjson").write_text("\n".join(lines))
    url = database.url.render_as_string(hide_password=False)
    process = await anyio.open_process(
        command("import", "many.ndjson"), cwd=tmp_path, env=environment(database_url=url)
    )
    async with process:
        with anyio.fail_after(90):
            while not await _count(database):  # noqa: ASYNC110
                await anyio.sleep(0.005)
        process.kill()
    count = await _count(database)
    assert 0 < count < 1500
    assert count % 200 == 0
    done = await with_database("import", "many.ndjson")
    assert done.stdout == f"1,500 documents: {1500 - count:,} new, 0 changed, {count:,} equal\n"


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_seed_makes_the_same_projects_for_the_same_number(with_database: Run) -> None:
    first = await with_database("seed", "--projects", "30")
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == "36 documents: 36 new, 0 changed, 0 equal\n"
    assert (
        await with_database("seed", "--projects", "30")
    ).stdout == "36 documents: 0 new, 0 changed, 36 equal\n"
    other = await with_database("seed", "--projects", "30", "--random-seed", "2")
    assert other.stdout == "36 documents: 0 new, 29 changed, 7 equal\n"
    found = loads((await with_database("export")).stdout)
    assert len(found) == 36
    assert "project-123" in [document.get("id") for document in found]


async def test_whoever_stops_reading_an_export_sees_no_traceback(
    with_database: Run, database: Database
) -> None:
    await with_database("seed", "--projects", "60")
    url = database.url.render_as_string(hide_password=False)
    cut_off = " ".join(command("export")) + " | head -c 100"
    done = await anyio.run_process(
        ["bash", "-c", cut_off], env=environment(database_url=url), check=True
    )
    assert len(done.stdout) == 100
    assert done.stderr == b""


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_there_is_a_bar_on_a_terminal(with_database: Run, database: Database) -> None:
    leader, follower = pty.openpty()
    url = database.url.render_as_string(hide_password=False)
    done = await anyio.run_process(
        command("seed", "--projects", "5"),
        env=environment(database_url=url) | {"TERM": "xterm", "COLUMNS": "80"},
        stderr=follower,
    )
    os.close(follower)
    shown = os.read(leader, 100_000).decode()
    os.close(leader)
    assert done.stdout == b"11 documents: 11 new, 0 changed, 0 equal\n"
    assert "Making projects" in shown
    assert "11/11" in shown


def test_elsewhere_there_are_plain_lines_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from projectgate import progress

    with progress.Progress("Importing") as told:
        told(1, 5000)
        monkeypatch.setattr(progress, "INTERVAL", 0)
        told(2000, 5000)
        told.line("a line")
    assert capsys.readouterr() == ("", "Importing: 2,000 of 5,000\na line\n")
