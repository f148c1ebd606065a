"""The environment, read into Settings, and what is said of what cannot be used."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from projectgate.environment import load
from projectgate.settings import Settings, SettingsRefused, require_keys

SECRET = "0123456789abcdef0123456789abcdef"


def read(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    """The settings of an environment with these variables."""
    for name, value in variables.items():
        monkeypatch.setenv(f"PROJECTGATE_{name}", value)
    return load()


def refusal(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    """What is said of an environment with these variables."""
    with pytest.raises(SettingsRefused) as caught:
        read(monkeypatch, **variables)
    return str(caught.value)


def test_nothing_set_gives_the_defaults() -> None:
    found = load()
    assert found.database_url == "sqlite+aiosqlite:///projectgate.sqlite"
    assert found.jwt_secret is None
    assert found.jwks_url is None
    assert found.allowed_origins == ()
    assert (found.introspection, found.explorer, found.log_level) == ("roles", "auto", "INFO")
    assert found.body_limit == 1_000_000


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, POOL_SIZE="", JWT_SECRET="").pool_size == 10


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load().pool_size = 3


@pytest.mark.parametrize(
    "url",
    [
        "sqlite+aiosqlite:///a.sqlite",
        "sqlite+aiosqlite:////var/a.sqlite",
        "postgresql+asyncpg://u:p@host/d",
    ],
)
def test_a_database_of_both_kinds_is_taken(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    assert read(monkeypatch, DATABASE_URL=url).database_url == url


@pytest.mark.parametrize(
    ("url", "way_out"),
    [
        ("postgres://u:hidden@host/d", "write postgresql+asyncpg://"),
        ("postgresql://u:hidden@host/d", "write postgresql+asyncpg://"),
        ("postgresql+psycopg://u:hidden@host/d", "write postgresql+asyncpg://"),
        ("sqlite:///a.sqlite", "write sqlite+aiosqlite:///"),
        (
            "mysql://u:hidden@host/d",
            "postgresql+asyncpg://user:password@host/database or sqlite+aiosqlite:///",
        ),
        (
            "u:hidden@host",
            "postgresql+asyncpg://user:password@host/database or sqlite+aiosqlite:///",
        ),
        ("sqlite+aiosqlite://a.sqlite", "three slashes"),
        ("sqlite+aiosqlite:///", "gone with its connection"),
        ("sqlite+aiosqlite:///:memory:", "gone with its connection"),
    ],
)
def test_another_database_is_refused_with_what_to_write(
    monkeypatch: pytest.MonkeyPatch, url: str, way_out: str
) -> None:
    said = refusal(monkeypatch, DATABASE_URL=url)
    assert said.startswith("PROJECTGATE_DATABASE_URL: ")
    assert way_out in said
    assert "hidden" not in said


def test_a_secret_of_31_bytes_is_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    said = refusal(monkeypatch, JWT_SECRET=SECRET[1:])
    assert "PROJECTGATE_JWT_SECRET" in said
    assert "31 bytes" in said
    assert "32" in said
    assert "openssl rand" in said
    assert SECRET[1:] not in said


def test_a_secret_is_measured_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, JWT_SECRET="é" * 16).jwt_secret is not None


def test_neither_secret_nor_password_is_in_the_text_of_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = read(
        monkeypatch, JWT_SECRET=SECRET, DATABASE_URL="postgresql+asyncpg://u:hidden@host/d"
    )
    assert SECRET not in repr(found)
    assert "hidden" not in repr(found)


def test_origins_are_a_list_with_commas_as_browsers_send_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listed = "https://Shop.example.com/, http://localhost:5173,,https://shop.example.com:443,http://[::1]:80"
    assert read(monkeypatch, ALLOWED_ORIGINS=listed).allowed_origins == (
        "https://shop.example.com",
        "http://localhost:5173",
        "http://[::1]",
    )


@pytest.mark.parametrize(
    "listed",
    ["*", "https://*.example.com", "shop.example.com", "https://a.com/path", "https://a.com?q", "ftp://a.com",
     "https://u:p@a.com", "https://", "https://a.com:port", "null"],
)  # fmt: skip
def test_what_is_not_an_origin_is_refused(monkeypatch: pytest.MonkeyPatch, listed: str) -> None:
    said = refusal(monkeypatch, ALLOWED_ORIGINS=f"https://good.example.com,{listed}")
    assert said.startswith("PROJECTGATE_ALLOWED_ORIGINS: ")
    assert listed in said
    assert "http://localhost:5173" in said


@pytest.mark.parametrize("url", ["file:///keys.json", "https://", "keys.json"])
def test_public_keys_come_over_http(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    assert "http(s)" in refusal(monkeypatch, JWKS_URL=url)


@pytest.mark.parametrize(
    ("name", "value", "way_out"),
    [
        ("POOL_SIZE", "many", "integer"),
        ("POOL_SIZE", "0", "greater than or equal to 1"),
        ("BODY_LIMIT", "10", "greater than or equal to 1000"),
        ("INTROSPECTION", "maybe", "'roles', 'on' or 'off'"),
        ("EXPLORER", "yes", "'auto', 'on' or 'off'"),
        ("LOG_LEVEL", "loud", "'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
    ],
)
def test_a_refusal_has_the_variable_the_value_and_the_way_out(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, way_out: str
) -> None:
    said = refusal(monkeypatch, **{name: value})
    assert said.startswith(f"PROJECTGATE_{name}: ")
    assert re.search(re.escape(value), said, re.IGNORECASE)
    assert way_out in said


def test_all_faults_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(refusal(monkeypatch, POOL_SIZE="x", EXPLORER="x", LOG_LEVEL="x").splitlines()) == 3


def test_a_log_level_may_be_in_small_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, LOG_LEVEL="debug").log_level == "DEBUG"


def test_changes_in_code_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROJECTGATE_POOL_SIZE", "3")
    assert load({"pool_size": 4}).pool_size == 4


def test_a_setting_that_does_not_exist_is_refused_in_code() -> None:
    with pytest.raises(SettingsRefused, match="PROJECTGATE_COLOUR: there is no such setting"):
        load({"colour": "red"})


@pytest.mark.parametrize(
    ("name", "way_out"),
    [
        ("PROJECTGATE_INTROSPECTON", "did you mean PROJECTGATE_INTROSPECTION?"),
        ("projectgate_jwt_secrets", "did you mean PROJECTGATE_JWT_SECRET?"),
        ("PROJECTGATE_DB_URL", "did you mean PROJECTGATE_DATABASE_URL?"),
        ("PROJECTGATE_COLOUR", "unset it"),
        ("PROJECTGATE_", "unset it"),
        ("PROJECTGATE_PORT", "unset it"),
    ],
)
def test_a_variable_that_is_no_setting_is_refused_with_the_one_that_may_have_been_meant(
    monkeypatch: pytest.MonkeyPatch, name: str, way_out: str
) -> None:
    monkeypatch.setenv(name, "8000")
    said = refusal(monkeypatch, EXPLORER="yes").splitlines()
    assert said[0] == f"{name}: there is no such setting: {way_out}"
    assert len(said) == 2


def test_what_a_cluster_the_examples_and_the_tests_set_stops_no_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Of the services `projectgate` and `projectgate-db`, as Kubernetes tells them.
    for service in ("PROJECTGATE", "PROJECTGATE_DB"):
        for name, value in {
            "SERVICE_HOST": "10.0.0.11",
            "SERVICE_PORT": "8000",
            "SERVICE_PORT_HTTP": "8000",
            "PORT": "tcp://10.0.0.11:8000",
            "PORT_8000_TCP": "tcp://10.0.0.11:8000",
            "PORT_8000_TCP_PROTO": "tcp",
            "PORT_8000_TCP_PORT": "8000",
            "PORT_8000_TCP_ADDR": "10.0.0.11",
        }.items():
            monkeypatch.setenv(f"{service}_{name}", value)
    assert read(monkeypatch, TEST_STEPS="1", URL="http://gate", TOKEN="e.f.g", COLOUR="") == load()


def test_no_keys_at_all_is_refused_with_what_to_set() -> None:
    with pytest.raises(SettingsRefused) as caught:
        require_keys(load())
    for way_out in ("PROJECTGATE_JWT_SECRET", "PROJECTGATE_JWKS_URL", "--demo"):
        assert way_out in str(caught.value)


def test_a_secret_and_public_keys_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(monkeypatch, JWT_SECRET=SECRET, JWKS_URL="https://identity.example.com/keys.json")
    with pytest.raises(SettingsRefused, match="both set"):
        require_keys(found)


def test_either_of_the_two_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    require_keys(load({"jwt_secret": SECRET}))
    require_keys(read(monkeypatch, JWKS_URL="https://identity.example.com/keys.json"))


@pytest.mark.parametrize("value", ["short", "with a space in between", "ø" * 16])
def test_a_token_for_metrics_that_cannot_be_sent_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    with pytest.raises(SettingsRefused, match="METRICS_TOKEN") as refused:
        read(monkeypatch, METRICS_TOKEN=value)
    assert value not in str(refused.value)
    assert "16 characters" in str(refused.value)
