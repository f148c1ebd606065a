"""The application around the endpoint: start, health, cross-origin rules, errors."""

from __future__ import annotations

import logging
from datetime import timedelta

import jwt
import pytest
import structlog

from projectgate.app import create_app
from projectgate.data import migrate
from projectgate.data.database import Database
from projectgate.resolvers.access import ADMIN
from projectgate.settings import Settings, SettingsRefused
from tests.program.conftest import (
    SCHEMA,
    SECRET,
    Serve,
    bearer,
    build,
    code,
    data,
    make_settings,
    message,
    open_client,
    token,
)

pytestmark = pytest.mark.anyio


ASK = {
    "origin": "https://shop.example.com",
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type",
}


async def test_a_migrated_database_is_opened_at_the_start_and_serves(database: Database) -> None:
    app = build(database_url=database.url.render_as_string(hide_password=False))
    async with app.router.lifespan_context(app):
        async with open_client(app) as client:
            assert (await client.get("/readyz")).json() == {"status": "ok"}
            response = await client.post("/graphql", json={"query": "{ caller }"}, headers=bearer())
            assert data(response) == {"caller": "ann"}
        assert isinstance(app.state.database, Database)


async def test_the_real_schema_answers_from_a_real_database(database: Database) -> None:
    app = create_app(make_settings(), database=database)
    async with open_client(app, headers=bearer(stores=["7"])) as client:
        query = '{ viewer { name roles storeIds } project(id: "none") { id } }'
        response = await client.post("/graphql", json={"query": query})
        assert data(response) == {
            "viewer": {"name": "ann", "roles": ["ProjectRead"], "storeIds": ["7"]},
            "project": None,
        }
        assert "type Project " in (await client.get("/schema.graphql")).text


async def test_a_database_that_is_not_at_the_head_stops_the_start(empty_database: Database) -> None:
    app = build(database_url=empty_database.url.render_as_string(hide_password=False))
    with pytest.raises(migrate.NotAtHead, match="projectgate migrate"):
        async with app.router.lifespan_context(app):
            pass


async def test_no_keys_stop_the_start_with_what_to_set() -> None:
    with pytest.raises(SettingsRefused, match="PROJECTGATE_JWT_SECRET"):
        create_app(Settings(), schema=SCHEMA)


async def test_without_settings_the_environment_counts_and_the_log_is_set_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    monkeypatch.setenv("PROJECTGATE_JWT_SECRET", SECRET)
    monkeypatch.setenv("PROJECTGATE_LOG_LEVEL", "error")
    try:
        app = create_app(schema=SCHEMA)
        assert root.level == logging.ERROR
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()
    async with open_client(app) as client:
        assert (await client.get("/schema.graphql", headers=bearer())).status_code == 200


async def test_a_secret_and_public_keys_together_stop_the_start() -> None:
    with pytest.raises(SettingsRefused, match="both set"):
        build(jwks_url="https://identity.example.com/keys.json")


async def test_a_process_that_answers_is_healthy_without_a_database(serve: Serve) -> None:
    response = await serve().get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_a_database_at_the_head_is_ready(database: Database) -> None:
    async with open_client(build(database)) as client:
        response = await client.get("/readyz")
        assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_a_database_that_is_not_at_the_head_is_not_ready(empty_database: Database) -> None:
    async with open_client(build(empty_database)) as client:
        response = await client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["status"] == "unavailable"
    assert "projectgate migrate" in response.json()["reason"]
    assert migrate.head() not in response.text


@pytest.mark.parametrize(
    "url",
    ["postgresql+asyncpg://u:hidden@127.0.0.1:1/d", "sqlite+aiosqlite:////nowhere/at/all.sqlite"],
)
async def test_a_database_that_does_not_answer_is_not_ready(url: str) -> None:
    database = Database(url)
    async with open_client(build(database)) as client:
        response = await client.get("/readyz")
    await database.close()
    assert (response.status_code, response.json()["status"]) == (503, "unavailable")
    assert "hidden" not in response.text
    assert "nowhere" not in response.text


async def test_demo_mode_makes_a_token_that_may_do_everything_for_12_hours(
    unread_database: Database,
) -> None:
    app = build(unread_database, demo=True, jwt_secret=None)
    found = jwt.decode(app.state.demo_token, options={"verify_signature": False})
    assert (found["roles"], "stores" in found) == ([ADMIN], False)
    assert found["exp"] - found["iat"] == timedelta(hours=12).total_seconds()
    async with open_client(app) as client:
        headers = {"authorization": f"Bearer {app.state.demo_token}"}
        response = await client.post(
            "/graphql", json={"query": "mutation { write }"}, headers=headers
        )
        assert data(response) == {"write": "written"}


async def test_demo_mode_has_a_secret_of_its_own_each_time(unread_database: Database) -> None:
    one, other = (build(unread_database, demo=True, jwt_secret=None) for _ in range(2))
    async with open_client(other) as client:
        headers = {"authorization": f"Bearer {one.state.demo_token}"}
        assert (
            await client.post("/graphql", json={"query": "{ caller }"}, headers=headers)
        ).status_code == 401


async def test_demo_mode_signs_as_the_settings_say(unread_database: Database) -> None:
    app = build(unread_database, demo=True, jwt_issuer="us", jwt_audience="gate")
    assert (
        jwt.decode(app.state.demo_token, SECRET, ["HS256"], issuer="us", audience="gate")["sub"]
        == "demo"
    )


async def test_demo_mode_does_not_go_with_public_keys() -> None:
    with pytest.raises(SettingsRefused, match="unset PROJECTGATE_JWKS_URL"):
        build(demo=True, jwt_secret=None, jwks_url="https://identity.example.com/keys.json")


async def test_demo_mode_still_needs_a_token(serve: Serve) -> None:
    assert (
        await serve(demo=True).post("/graphql", json={"query": "{ caller }"})
    ).status_code == 401


async def test_without_demo_there_is_no_token(unread_database: Database) -> None:
    assert build(unread_database, explorer="on").state.demo_token is None


async def test_the_schema_is_given_to_callers_with_a_role(serve: Serve) -> None:
    client = serve()
    response = await client.get("/schema.graphql", headers=bearer())
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert "type Query {" in response.text
    refusal = await client.get("/schema.graphql")
    assert (refusal.status_code, code(refusal)) == (401, "UNAUTHENTICATED")
    assert refusal.headers["www-authenticate"] == "Bearer"
    refusal = await client.get("/schema.graphql", headers=bearer(roles=["Owner"]))
    assert (refusal.status_code, code(refusal)) == (403, "FORBIDDEN")


async def test_the_schema_is_open_when_set_and_in_demo_mode(serve: Serve) -> None:
    for client in (
        serve(introspection="on"),
        serve(demo=True),
        serve(demo=True, introspection="off"),
    ):
        assert "type Query {" in (await client.get("/schema.graphql")).text


async def test_the_schema_is_closed_when_set(serve: Serve) -> None:
    response = await serve(introspection="off").get("/schema.graphql", headers=bearer())
    assert (response.status_code, code(response)) == (403, "FORBIDDEN")


async def test_a_listed_origin_may_ask_and_call(serve: Serve) -> None:
    client = serve(allowed_origins="https://shop.example.com")
    response = await client.options("/graphql", headers=ASK)
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["access-control-allow-origin"] == "https://shop.example.com"
    assert response.headers["access-control-allow-methods"] == "GET, POST"
    allowed = response.headers["access-control-allow-headers"].lower().split(", ")
    assert {
        "authorization",
        "content-type",
        "apollo-require-preflight",
        "x-graphql-preflight",
        "x-request-id",
        "traceparent",
        "tracestate",
    } <= set(allowed)
    assert int(response.headers["access-control-max-age"]) > 0
    assert "access-control-allow-credentials" not in response.headers
    origin = {"origin": "https://shop.example.com"}
    response = await client.post(
        "/graphql", json={"query": "{ caller }"}, headers={**bearer(), **origin}
    )
    assert response.headers["access-control-allow-origin"] == "https://shop.example.com"
    assert {"Accept", "Origin"} <= set(response.headers["vary"].split(", "))


async def test_a_listed_origin_can_read_a_refusal(serve: Serve) -> None:
    client = serve(allowed_origins="https://shop.example.com")
    response = await client.post(
        "/graphql", json={}, headers={"origin": "https://shop.example.com"}
    )
    assert response.status_code == 401
    assert response.headers["access-control-allow-origin"] == "https://shop.example.com"
    exposed = response.headers["access-control-expose-headers"].split(", ")
    assert {"WWW-Authenticate", "X-Request-Id"} <= set(exposed)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"origin": "https://evil.example.com"}, "added to PROJECTGATE_ALLOWED_ORIGINS"),
        ({"origin": "null"}, "added to PROJECTGATE_ALLOWED_ORIGINS"),
        ({"access-control-request-method": "DELETE"}, "may not send 'DELETE': send GET or POST"),
        (
            {"access-control-request-headers": "authorization, X-Secret,other"},
            "may not send the header 'X-Secret': leave it out; it may send Authorization, ",
        ),
        ({"access-control-request-private-network": "true"}, "private"),
    ],
)
async def test_another_origin_method_or_header_is_refused_in_json_with_the_way_out(
    serve: Serve, change: dict[str, str], said: str
) -> None:
    client = serve(allowed_origins="https://shop.example.com")
    response = await client.options("/graphql", headers={**ASK, **change})
    assert (response.status_code, code(response)) == (403, "FORBIDDEN")
    assert said in message(response)
    assert "access-control-allow-origin" not in response.headers


async def test_no_origin_is_listed_by_default(serve: Serve) -> None:
    assert (await serve().options("/graphql", headers=ASK)).status_code == 403


@pytest.mark.parametrize(
    "path", ["/none", "/graphql/x", "/graphql/", "/explorer/none.js", "/schema", "/metrics/x"]
)
async def test_an_unknown_path_is_404_in_json(serve: Serve, path: str) -> None:
    response = await serve(demo=True).get(path)
    assert (response.status_code, code(response)) == (404, "NOT_FOUND")
    assert response.headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/schema.graphql", "/", "/explorer/config.json"]
)
async def test_a_method_that_is_not_there_is_405_in_json(serve: Serve, path: str) -> None:
    response = await serve(demo=True).post(path)
    assert (response.status_code, code(response)) == (405, "METHOD_NOT_ALLOWED")
    assert "GET" in response.headers["allow"]


async def test_a_fault_of_ours_is_500_in_json_with_an_id_alone(unread_database: Database) -> None:
    app = build(unread_database)
    del app.state.database
    async with open_client(app) as client:
        response = await client.post("/graphql", json={"query": "{ caller }"}, headers=bearer())
    assert (response.status_code, code(response)) == (500, "INTERNAL")
    assert "database" not in response.text
    assert "Attribute" not in response.text


async def test_every_answer_forbids_guessing_and_referring(serve: Serve) -> None:
    client = serve(demo=True)
    for path in ("/", "/graphql", "/none", "/healthz", "/explorer/config.json", "/schema.graphql"):
        response = await client.get(path)
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"


async def test_no_answer_repeats_the_token(serve: Serve) -> None:
    given = token(roles=["Owner"])
    client = serve(headers={"authorization": f"Bearer {given}"})
    for response in (
        await client.post("/graphql", json={"query": "{ caller }"}),
        await client.get("/schema.graphql"),
        await client.get("/none"),
    ):
        assert given not in response.text
        assert message(response)
