"""Commands that print the schema, check what it breaks, and show how an operation of it is executed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from projectgate.commands.outcomes import NO, counted, shown
from projectgate.faults import Fault, one_line, told

if TYPE_CHECKING:
    from graphql import GraphQLError

app = typer.Typer(help="The GraphQL schema.", no_args_is_help=True)


@app.command(name="print")
def print_() -> None:
    """Print the schema."""
    from projectgate.schema.build import sdl

    typer.echo(sdl(), nl=False)


@app.command()
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
            counted(len(changes), "breaking change") if changes else "Nothing breaks.", err=True
        )
        raise typer.Exit(NO if changes else 0)


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
            raise Fault(f"{shown(file)} is not UTF-8") from None
        except GraphQLError as error:
            raise Fault(f"{shown(file)} cannot be executed: {_located(error)}") from None


def _located(error: GraphQLError) -> str:
    """What is wrong with a text, and where, without its lines: they may be long, and of another file than was meant."""
    places = "; ".join(f"line {at.line}, column {at.column}" for at in error.locations or ())
    return f"{error.message} ({places})" if places else error.message
