"""Commands that bring a database up to date, fill it and read it."""

from __future__ import annotations

import asyncio
import gc
import sys
from contextlib import ExitStack, aclosing
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from projectgate.commands.outcomes import NO, counted, shown
from projectgate.faults import Fault, told

if TYPE_CHECKING:
    from projectgate.resolvers.imports import Counts

ACTOR = "command line"
# The collector begins when an import has so many objects more than it had: twice what a batch has.
COLLECT = 200_000


def migrate() -> None:
    """Bring the database to the newest tables. Safe to run again."""
    with told():
        from projectgate.data import migrate as migrations
        from projectgate.databases import opened
        from projectgate.environment import load

        settings = load()

        async def run() -> str:
            async with opened(settings, check=False) as database:
                return await migrations.upgrade(database)

        typer.echo(f"The database is at migration {asyncio.run(run())}.")


def seed(
    *,
    projects: Annotated[int, typer.Option(min=1, help="How many projects to make up.")],
    random_seed: Annotated[int, typer.Option(help="The same number gives the same projects.")] = 1,
) -> None:
    """Fill the database with made-up project types and projects."""
    with told():
        from projectgate import serving
        from projectgate.databases import opened
        from projectgate.environment import load
        from projectgate.progress import Progress

        settings = load()

        async def run() -> Counts:
            async with opened(settings) as database:
                with Progress("Making projects") as progress:
                    return await serving.seeded(database, projects, random_seed, progress)

        _tell(asyncio.run(run()))


def import_(
    sources: Annotated[
        list[str], typer.Argument(metavar="FILE", help="Files to read; - is standard input.")
    ],
    *,
    strict: Annotated[
        bool, typer.Option("--strict", help="Write nothing if one document is bad.")
    ] = False,
) -> None:
    """Read Omnium documents: a JSON array, a REST search answer, or NDJSON."""
    with told(), ExitStack() as open_files:
        from projectgate.data import files
        from projectgate.databases import opened
        from projectgate.environment import load
        from projectgate.progress import Progress
        from projectgate.resolvers.context import utc_now
        from projectgate.resolvers.imports import import_documents
        from projectgate.resolvers.incoming import Documents

        settings = load()
        if sources.count(files.STANDARD_INPUT) > 1:
            raise Fault("- is standard input, which can be read once")
        documents = []
        for name in sources:
            stream = open_files.enter_context(files.opened(name))
            read = partial(files.read, stream)
            documents.append(Documents(shown(name), read, skim=partial(read, exact=False)))

        async def run() -> Counts:
            async with opened(settings) as database:
                with Progress("Importing") as progress:
                    return await import_documents(
                        database,
                        documents,
                        actor=ACTOR,
                        clock=utc_now,
                        strict=strict,
                        report=progress.line,
                        progress=progress,
                    )

        # What is there stays, and a batch goes without the collector, which would look at all of it again and again.
        usual = gc.get_threshold()
        gc.freeze()
        gc.set_threshold(COLLECT)
        try:
            counts = asyncio.run(run())
        finally:
            gc.set_threshold(*usual)
            gc.unfreeze()
        _tell(counts)
        raise typer.Exit(NO if counts.bad else 0)


def export(
    form: Annotated[
        Literal["json", "ndjson"], typer.Option("--format", help="One array, or a document a line.")
    ] = "json",
) -> None:
    """Write all project types and projects as the documents that import reads."""
    with told():
        from projectgate.databases import opened
        from projectgate.environment import load
        from projectgate.progress import Progress
        from projectgate.resolvers import exports

        settings = load()

        async def run() -> None:
            async with opened(settings) as database:
                with Progress("Exporting") as progress:
                    parts = exports.export(database, exports.Format(form), progress)
                    async with aclosing(parts):
                        async for part in parts:
                            sys.stdout.buffer.write(part)
            sys.stdout.buffer.flush()

        asyncio.run(run())


def _tell(counts: Counts) -> None:
    written = [("new", counts.new), ("changed", counts.changed), ("equal", counts.equal)]
    left_out = [("superseded", counts.superseded), ("bad", counts.bad)]
    parts = [f"{number:,} {name}" for name, number in written if counts.written]
    parts += [f"{number:,} {name}" for name, number in left_out if number]
    end = "" if counts.written else "; nothing was written"
    typer.echo(f"{counted(counts.total, 'document')}: {', '.join(parts)}{end}")
