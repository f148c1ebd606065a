"""The command that makes a token."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal

import typer

from projectgate.faults import Fault, told


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
        from projectgate.auth import SUBJECT_LENGTH, mint
        from projectgate.environment import load

        settings = load()
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


def _duration(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,6})([smhd])", text)
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    duration = timedelta(**{units[match[2]]: int(match[1])}) if match else timedelta()
    if not duration:
        raise Fault(f"--ttl {text!r} is no time: write a number and s, m, h or d, such as 1h")
    return duration
