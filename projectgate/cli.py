"""The command line: each command reads its options, calls the layer that does the work, and tells what came of it.

Libraries and layers are imported inside the commands, so that `--help` and `token` answer at once.
"""

from __future__ import annotations

import asyncio
import gc
import re
import sys
from contextlib import ExitStack, aclosing
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

import projectgate
from projectgate.faults import Fault, one_line, told

if TYPE_CHECKING:
    from graphql import GraphQLError

    from projectgate.resolvers.imports import Counts
    from projectgate.settings import Settings

# Exit code when the answer is no: a bad document, a breaking change.
NO = 1
ACTOR = "command line"
# The collector begins when an import has so many objects more than it had: twice what a batch has.
COLLECT = 200_000

app = typer.Typer(
    name="projectgate",
    help="A GraphQL gateway over the project data of the Omnium OMS. Settings: PROJECTGATE_*.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
schema_app = typer.Typer(help="The GraphQL schema.", no_args_is_help=True)
app.add_typer(schema_app, name="schema")
trusted_app = typer.Typer(help="The operations that a server runs at all.", no_args_is_help=True)
app.add_typer(trusted_app, name="trusted")


def main() -> None:
    """Runs the command that the arguments name."""
    app()


@app.callback(invoke_without_command=True)
def _program(
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    if version:
        typer.echo(f"projectgate {projectgate.__version__}")
        raise typer.Exit


@app.command()
def serve(
    *,
    demo: Annotated[
        bool, typer.Option("--demo", help="Made-up projects, the explorer and a ready token.")
    ] = False,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port to listen on; 0: a free one.")
    ] = 8000,
    workers: Annotated[
        int,
        typer.Option(
            min=1, max=64, help="Processes that share the address, one for each core at best."
        ),
    ] = 1,
) -> None:
    """Serve GraphQL at /graphql."""
    with told():
        from projectgate import serving

        raise typer.Exit(serving.serve(_settings(), host, port, demo=demo, workers=workers))


@app.command()
def migrate() -> None:
    """Bring the database to the newest tables. Safe to run again."""
    with told():
        settings = _settings()
        from projectgate.data import migrate as migrations
        from projectgate.databases import opened

        async def run() -> str:
            async with opened(settings, check=False) as database:
                return await migrations.upgrade(database)

        typer.echo(f"The database is at migration {asyncio.run(run())}.")


@app.command()
def seed(
    *,
    projects: Annotated[int, typer.Option(min=1, help="How many projects to make up.")],
    random_seed: Annotated[int, typer.Option(help="The same number gives the same projects.")] = 1,
) -> None:
    """Fill the database with made-up project types and projects."""
    with told():
        settings = _settings()
        from projectgate import serving
        from projectgate.databases import opened
        from projectgate.progress import Progress

        async def run() -> Counts:
            async with opened(settings) as database:
                with Progress("Making projects") as progress:
                    return await serving.seeded(database, projects, random_seed, progress)

        _tell(asyncio.run(run()))


@app.command(name="import")
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
        settings = _settings()
        from projectgate.data import files
        from projectgate.databases import opened
        from projectgate.progress import Progress
        from projectgate.resolvers.context import utc_now
        from projectgate.resolvers.imports import import_documents
        from projectgate.resolvers.incoming import Documents

        if sources.count(files.STANDARD_INPUT) > 1:
            raise Fault("- is standard input, which can be read once")
        documents = []
        for name in sources:
            stream = open_files.enter_context(files.opened(name))
            read = partial(files.read, stream)
            documents.append(Documents(_shown(name), read, skim=partial(read, exact=False)))

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


@app.command()
def export(
    form: Annotated[
        Literal["json", "ndjson"], typer.Option("--format", help="One array, or a document a line.")
    ] = "json",
) -> None:
    """Write all project types and projects as the documents that import reads."""
    with told():
        settings = _settings()
        from projectgate.databases import opened
        from projectgate.progress import Progress
        from projectgate.resolvers import exports

        async def run() -> None:
            async with opened(settings) as database:
                with Progress("Exporting") as progress:
                    parts = exports.export(database, exports.Format(form), progress)
                    async with aclosing(parts):
                        async for part in parts:
                            sys.stdout.buffer.write(part)
            sys.stdout.buffer.flush()

        asyncio.run(run())


@app.command()
def token(
    *,
    role: Annotated[
        Literal["ProjectRead", "ProjectAdmin"],
        typer.Option(help="What the bearer may do; ProjectAdmin includes ProjectRead."),
    ],
    store: Annotated[
        list[str] | None,
        typer.Option(help="A store whose projects the bearer sees; may be repeated. None: all."),
    ] = None,
    ttl: Annotated[
        str, typer.Option(help="How long it is valid, such as 90s, 30m, 1h, 7d.")
    ] = "1h",
    subject: Annotated[
        str, typer.Option(help="Who the bearer is, as versions and logs name them.")
    ] = "command-line",
) -> None:
    """Print a token signed with PROJECTGATE_JWT_SECRET."""
    with told():
        settings = _settings()
        from projectgate.auth import SUBJECT_LENGTH, mint

        if settings.jwt_secret is None:
            raise Fault(
                "a token needs a secret to be signed with: set PROJECTGATE_JWT_SECRET to the one of "
                "the server (`openssl rand -hex 32` makes one)"
            )
        if not 0 < len(subject) <= SUBJECT_LENGTH:
            raise Fault(f"--subject has {len(subject)} characters; it takes 1 to {SUBJECT_LENGTH}")
        typer.echo(
            mint(
                settings.jwt_secret.get_secret_value(),
                subject,
                [role],
                store or None,
                _duration(ttl),
                issuer=settings.jwt_issuer,
                audience=settings.jwt_audience,
            )
        )


@app.command()
def explain(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A GraphQL document; - is standard input.")
    ],
    *,
    variables: Annotated[
        str, typer.Option(metavar="JSON", help="The values of its variables, a JSON object.")
    ] = "{}",
    operation: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which of its operations.")
    ] = None,
) -> None:
    """Show how a GraphQL operation is executed: the Python made for it, and what it reads."""
    with told():
        import orjson
        from graphql import GraphQLError

        from projectgate.data import files
        from projectgate.execution.explain import explained
        from projectgate.schema.build import schema

        try:
            values = orjson.loads(variables)
        except orjson.JSONDecodeError as error:
            raise Fault(f"--variables is not JSON: {error}") from None
        if not isinstance(values, dict):
            raise Fault('--variables must be a JSON object, such as {"id": "project-1"}')
        with files.opened(file) as stream:
            stream.seek(0)
            content = stream.read()
        try:
            typer.echo(explained(schema, content.decode(), values, operation), nl=False)
        except UnicodeDecodeError:
            raise Fault(f"{_shown(file)} is not UTF-8") from None
        except GraphQLError as error:
            raise Fault(f"{_shown(file)} cannot be executed: {_located(error)}") from None


@schema_app.command(name="print")
def print_() -> None:
    """Print the schema."""
    from projectgate.schema.build import sdl

    typer.echo(sdl(), nl=False)


@schema_app.command()
def check(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A schema that clients were made for.")
    ],
) -> None:
    """Tell what the schema breaks for clients of the one in the file; exit code 1 if anything."""
    with told():
        from graphql import GraphQLError, build_schema, find_breaking_changes

        from projectgate.schema.build import sdl

        try:
            known = build_schema(file.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            raise Fault(f"{file} is not UTF-8") from None
        except GraphQLError as error:
            raise Fault(f"{file} is not a GraphQL schema: {_located(error)}") from None
        # A schema that GraphQL's grammar allows and its rules do not.
        except TypeError as error:
            raise Fault(f"{file} is not a GraphQL schema: {one_line(error)}") from None
        changes = find_breaking_changes(known, build_schema(sdl()))
        for change in changes:
            typer.echo(f"{change.type.name}: {change.description}")
        typer.echo(
            _counted(len(changes), "breaking change") if changes else "Nothing breaks.", err=True
        )
        raise typer.Exit(NO if changes else 0)


@trusted_app.command(name="build")
def build_trusted(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder with the clients' *.graphql files.")
    ],
) -> None:
    """Write the manifest of the operations in a folder's files; exit code 1 if one does not fit."""
    with told():
        from projectgate import operation_files
        from projectgate.schema.build import schema

        manifest, faults = operation_files.gathered(folder, schema, _settings())
        for fault in faults:
            typer.echo(fault)
        if faults:
            typer.echo(f"{_counted(len(faults), 'fault')}; nothing was written", err=True)
            raise typer.Exit(NO)
        file = folder / operation_files.MANIFEST
        file.write_text(operation_files.written(manifest), encoding="utf-8")
        count = len(manifest.operations)
        typer.echo(
            f"{_counted(count, 'operation')} {'is' if count == 1 else 'are'} in {file}", err=True
        )


@trusted_app.command(name="check")
def check_trusted(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder with the files and their manifest.")
    ],
) -> None:
    """Tell what in the manifest is not as in the files, and what no longer fits the schema; exit code 1 if anything."""
    with told():
        from projectgate import operation_files
        from projectgate.schema.build import schema

        manifest, faults = operation_files.gathered(folder, schema, _settings())
        faults += operation_files.stale(folder, manifest)
        for fault in faults:
            typer.echo(fault)
        typer.echo(_counted(len(faults), "fault") if faults else "Nothing to do.", err=True)
        raise typer.Exit(NO if faults else 0)


def _settings() -> Settings:
    from projectgate.settings import load

    return load()


def _shown(file: str) -> str:
    """A file as messages name it."""
    from projectgate.data import files

    return "standard input" if file == files.STANDARD_INPUT else file


def _located(error: GraphQLError) -> str:
    """What is wrong with a text, and where, without its lines: they may be long, and of another file than was meant."""
    places = "; ".join(f"line {at.line}, column {at.column}" for at in error.locations or ())
    return f"{error.message} ({places})" if places else error.message


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _duration(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,6})([smhd])", text)
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    duration = timedelta(**{units[match[2]]: int(match[1])}) if match else timedelta()
    if not duration:
        raise Fault(f"--ttl {text!r} is no time: write a number and s, m, h or d, such as 1h")
    return duration


def _tell(counts: Counts) -> None:
    written = [("new", counts.new), ("changed", counts.changed), ("equal", counts.equal)]
    left_out = [("superseded", counts.superseded), ("bad", counts.bad)]
    parts = [f"{number:,} {name}" for name, number in written if counts.written]
    parts += [f"{number:,} {name}" for name, number in left_out if number]
    end = "" if counts.written else "; nothing was written"
    typer.echo(f"{_counted(counts.total, 'document')}: {', '.join(parts)}{end}")
