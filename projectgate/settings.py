"""All settings of the program as one frozen `Settings`; every variable is named and defaulted here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "PROJECTGATE_"
DATABASE_SCHEMES = ("sqlite+aiosqlite", "postgresql+asyncpg")
SECRET_BYTES = 32  # RFC 7518 §3.2: an HS256 key is at least as long as the hash
# What people write by habit, and what it has to be here.
HABITS = {
    "sqlite": "sqlite+aiosqlite:///path/to/file.sqlite",
    "postgres": "postgresql+asyncpg://user:password@host/database",
    "postgresql": "postgresql+asyncpg://user:password@host/database",
}


class SettingsRefused(Exception):
    """Settings that cannot be used; the message has a line for each fault, with the way out."""


class Settings(BaseSettings):
    """All settings of the program. A field `name` is the variable `PROJECTGATE_NAME`.

    An empty variable counts as not set.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    database_url: str = Field(
        default="sqlite+aiosqlite:///projectgate.sqlite",
        repr=False,  # it may hold a password
        description="The database: sqlite+aiosqlite:///path or postgresql+asyncpg://user:password@host/database.",
    )
    pool_size: int = Field(
        default=10,
        ge=1,
        le=1000,
        description="Connections to the database that a process keeps, 1 to 1000.",
    )
    pgbouncer: Literal["on", "off"] = Field(
        default="off",
        description="`on` where DATABASE_URL names a PgBouncer that pools transactions (`pool_mode`): no statement "
        "is prepared under a name then.",
    )
    listen_url: str | None = Field(
        default=None,
        repr=False,
        description="The PostgreSQL server itself, where DATABASE_URL names a pool such as PgBouncer, which passes "
        "no notifications on. Without it subscribers hear of writes of other processes a second later.",
    )
    jwt_secret: SecretStr | None = Field(
        default=None,
        description="Secret of tokens signed with HS256, at least 32 bytes. "
        "Set this or JWKS_URL, not both.",
    )
    jwks_url: str | None = Field(
        default=None,
        description="http(s) address of the public keys (JWKS) of tokens signed with RS, PS, ES "
        "or EdDSA.",
    )
    jwt_issuer: str | None = Field(
        default=None, description="When set, the claim `iss` of a token must be equal to it."
    )
    jwt_audience: str | None = Field(
        default=None, description="When set, the claim `aud` of a token must be it or hold it."
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Origins of frontend apps that may call from a browser, with commas between, "
        "such as https://shop.example.com. None by default.",
    )
    introspection: Literal["roles", "on", "off"] = Field(
        default="roles",
        description="Who may read the schema: `roles` callers with a known role, `on` at "
        "/schema.graphql also callers without a token, `off` nobody. Demo mode has it on.",
    )
    explorer: Literal["auto", "on", "off"] = Field(
        default="auto", description="The explorer page at /: `auto` serves it in demo mode only."
    )
    body_limit: int = Field(
        default=1_000_000,
        ge=1_000,
        le=100_000_000,
        description="Bytes that the body of a request may have.",
    )
    batch_limit: int = Field(
        default=0,
        ge=0,
        le=10,
        description="Operations that one request may hold as a JSON array, up to 10; 0: no arrays.",
    )
    persisted_queries: Literal["on", "off"] = Field(
        default="on",
        description="Automatic persisted queries: `on` keeps the documents that clients send with "
        "their hash, so that the hash alone will do from then on.",
    )
    trusted_documents: Path | None = Field(
        default=None,
        description="A manifest that `projectgate trusted build` wrote: only the operations in it "
        "are run then. Automatic persisted queries are off with it.",
    )
    cost_limit: int = Field(
        default=100_000,
        ge=100,
        description="The most that an operation may cost: about so many fields may be in its answer.",
    )
    rate_limit: int = Field(
        default=10_000_000,
        ge=0,
        description="The cost that a caller may have in a minute, in each process; 0: any.",
    )
    operation_deadline: float = Field(
        default=10,
        ge=0.1,
        le=600,
        description="Seconds that a query or mutation may take; what it does then is stopped.",
    )
    statement_timeout: float = Field(
        default=5,
        ge=0.1,
        le=600,
        description="Seconds that one SQL statement of it may take; the database is told to stop it.",
    )
    metrics_token: SecretStr | None = Field(
        default=None,
        description="Bearer token that /metrics asks for, at least 16 characters. Without it, /metrics answers "
        "this machine alone.",
    )
    connections: int = Field(
        default=5_000,
        ge=1,
        le=1_000_000,
        description="WebSockets and event streams that a process keeps open.",
    )
    connections_per_caller: int = Field(
        default=50,
        ge=1,
        le=1_000_000,
        description="WebSockets and event streams of one caller (the `sub` of the token) that a process keeps open.",
    )
    subscriptions_per_connection: int = Field(
        default=50,
        ge=1,
        le=10_000,
        description="Operations that may run on one WebSocket at the same time.",
    )
    drain_seconds: float = Field(
        default=2,
        ge=0,
        le=5,
        description="Seconds that the server goes on accepting connections after SIGTERM, while "
        "/readyz says `stopping`.",
    )
    slow_operation: float = Field(
        default=1000,
        ge=0,
        description="Milliseconds after which an operation is slow and gets a line in the log; 0: every one.",
    )
    tracing: Literal["on", "off"] = Field(
        default="off",
        description="Traces: `on` sends them to the OpenTelemetry collector that OTEL_EXPORTER_OTLP_ENDPOINT names. "
        "Needs the extra `projectgate[tracing]`.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO",
        description="The least severe log lines that are written: DEBUG, INFO, WARNING or ERROR.",
    )

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        scheme, separator, rest = value.partition("://")
        if separator and scheme in DATABASE_SCHEMES:
            # SQLAlchemy takes sqlite://relative.sqlite for a host, and opens a database in memory.
            if scheme == "sqlite+aiosqlite" and not rest.startswith("/"):
                raise ValueError(
                    "a SQLite path follows three slashes: write sqlite+aiosqlite:///path/to/file.sqlite"
                )
            if scheme == "sqlite+aiosqlite" and rest in ("/", "/:memory:"):
                raise ValueError(
                    "a database in memory is gone with its connection: write sqlite+aiosqlite:///path/to/file.sqlite"
                )
            return value
        shown = (
            repr(scheme) if separator and re.fullmatch(r"[a-z0-9+.]{1,40}", scheme) else "a value"
        )
        way_out = HABITS.get(scheme.partition("+")[0], " or ".join(sorted(set(HABITS.values()))))
        raise ValueError(f"{shown} is not a database address that is served here: write {way_out}")

    @field_validator("listen_url")
    @classmethod
    def _listen(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith("postgresql+asyncpg://"):
            raise ValueError(
                "not the address of a PostgreSQL server: write postgresql+asyncpg://user:password@host/database"
            )
        return value

    @field_validator("jwt_secret")
    @classmethod
    def _secret(cls, value: SecretStr | None) -> SecretStr | None:
        size = SECRET_BYTES if value is None else len(value.get_secret_value().encode())
        if size < SECRET_BYTES:
            raise ValueError(
                f"the secret has {size} bytes and {SECRET_BYTES} are the least: "
                "make one with `openssl rand -hex 32`"
            )
        return value

    @field_validator("metrics_token")
    @classmethod
    def _metrics(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(r"[!-~]{16,}", value.get_secret_value()):
            raise ValueError(
                "it must have 16 characters or more, and neither spaces nor letters beyond ASCII: "
                "make one with `openssl rand -hex 16`"
            )
        return value

    @field_validator("jwks_url")
    @classmethod
    def _keys(cls, value: str | None) -> str | None:
        if value is not None:
            parts = urlsplit(value)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError(
                    "not an http(s) address: write https://identity.example.com/.well-known/jwks.json"
                )
        return value

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _origins(cls, value: Any) -> Any:
        items = value.split(",") if isinstance(value, str) else list(value)
        return tuple(dict.fromkeys(origin(item.strip()) for item in items if item.strip()))

    @field_validator("log_level", mode="before")
    @classmethod
    def _level(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value


def origin(text: str) -> str:
    """An origin as a browser sends it: scheme, host, and the port when it is not the scheme's own.

    Raises: ValueError, when the text is not an origin.
    """
    way_out = (
        "write scheme and host alone, such as https://shop.example.com or http://localhost:5173"
    )
    if text == "*":
        raise ValueError(f"'*' would let every page in: {way_out}")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(f"{text!r} is not an origin: {way_out}") from None
    extra = (
        parts.path.strip("/") or parts.query or parts.fragment or parts.username or parts.password
    )
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or extra
        or "*" in parts.hostname
    ):
        raise ValueError(f"{text!r} is not an origin: {way_out}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != default else "")


def require_keys(settings: Settings) -> None:
    """Lets settings pass that say how tokens are checked, by a secret or by public keys.

    Raises: SettingsRefused.
    """
    if settings.jwt_secret is not None and settings.jwks_url is not None:
        raise SettingsRefused(
            f"{PREFIX}JWT_SECRET and {PREFIX}JWKS_URL are both set: unset one. With a secret, "
            "tokens are signed with HS256; with public keys, by an identity provider."
        )
    if settings.jwt_secret is None and settings.jwks_url is None:
        raise SettingsRefused(
            f"Nothing says how tokens are checked. Set {PREFIX}JWT_SECRET to a secret of "
            f"{SECRET_BYTES} bytes or more (`openssl rand -hex 32` makes one), or {PREFIX}JWKS_URL "
            "to the public keys of an identity provider. To look around on this machine, start "
            "`projectgate serve --demo`."
        )
