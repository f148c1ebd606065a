"""The command line: each command reads its options, calls the layer that does the work, and tells what came of it.

Libraries and layers are imported inside the commands, so that `--help` and `token` answer at once.
"""

from __future__ import annotations

from typing import Annotated

import typer

import projectgate
from projectgate.commands import databases, schema, tokens, trusted
from projectgate.faults import told

app = typer.Typer(
    name="projectgate",
    help="A GraphQL gateway over the project data of the Omnium OMS. Settings: PROJECTGATE_*.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


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
        from projectgate.environment import load

        raise typer.Exit(serving.serve(load(), host, port, demo=demo, workers=workers))


app.command()(databases.migrate)
app.command()(databases.seed)
app.command(name="import")(databases.import_)
app.command()(databases.export)
app.command()(tokens.token)
app.command()(schema.explain)
app.add_typer(schema.app, name="schema")
app.add_typer(trusted.app, name="trusted")
