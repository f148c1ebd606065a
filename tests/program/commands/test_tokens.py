"""Tokens as the command line makes them."""

from __future__ import annotations

from collections.abc import Callable

import jwt
import pytest
from typer.testing import Result

from projectgate.resolvers.access import ADMIN, READ
from tests.program.commands.conftest import SECRET


@pytest.mark.parametrize("role", [READ, ADMIN])
def test_a_token_says_what_was_asked_for(run_here: Callable[..., Result], role: str) -> None:
    settings = {"jwt_secret": SECRET, "jwt_issuer": "us", "jwt_audience": "gate"}
    arguments = ["--role", role, "--store", "a", "--store", "b", "--ttl", "2h", "--subject", "kari"]
    done = run_here("token", *arguments, **settings)
    claims = jwt.decode(done.stdout.strip(), SECRET, ["HS256"], issuer="us", audience="gate")
    assert (claims["sub"], claims["roles"], claims["stores"]) == ("kari", [role], ["a", "b"])
    assert claims["exp"] - claims["iat"] == 7200


def test_a_token_without_stores_is_for_all(run_here: Callable[..., Result]) -> None:
    done = run_here("token", "--role", ADMIN, jwt_secret=SECRET)
    assert "stores" not in jwt.decode(done.stdout.strip(), SECRET, ["HS256"])
