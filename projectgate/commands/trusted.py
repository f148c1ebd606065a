"""Commands that write the manifest of trusted operations, and check it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from projectgate.commands.outcomes import NO, counted
from projectgate.faults import told

app = typer.Typer(help="The operations that a server runs at all.", no_args_is_help=True)


@app.command(name="build")
def build_trusted(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder with the clients' *.graphql files.")
    ],
) -> None:
    """Write the manifest of the operations in a folder's files; exit code 1 if one does not fit."""
    with told():
        from projectgate import operation_files
        from projectgate.environment import load
        from projectgate.schema.build import schema

        manifest, faults = operation_files.gathered(folder, schema, load())
        for fault in faults:
            typer.echo(fault)
        if faults:
            typer.echo(f"{counted(len(faults), 'fault')}; nothing was written", err=True)
            raise typer.Exit(NO)
        file = folder / operation_files.MANIFEST
        file.write_text(operation_files.written(manifest), encoding="utf-8")
        count = len(manifest.operations)
        typer.echo(
            f"{counted(count, 'operation')} {'is' if count == 1 else 'are'} in {file}", err=True
        )


@app.command(name="check")
def check_trusted(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder with the files and their manifest.")
    ],
) -> None:
    """Tell what in the manifest is not as in the files, and what no longer fits the schema; exit code 1 if anything."""
    with told():
        from projectgate import operation_files
        from projectgate.environment import load
        from projectgate.schema.build import schema

        manifest, faults = operation_files.gathered(folder, schema, load())
        faults += operation_files.stale(folder, manifest)
        for fault in faults:
            typer.echo(fault)
        typer.echo(counted(len(faults), "fault") if faults else "Nothing to do.", err=True)
        raise typer.Exit(NO if faults else 0)
