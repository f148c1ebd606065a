"""The server as a command starts it: a database that is ready, an address that is free, lines that say where."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from ipaddress import ip_address
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn
from starlette.types import ASGIApp

from projectgate import logs
from projectgate.app import create_app
from projectgate.connection import Connection
from projectgate.data import exchange, files, migrate, seed
from projectgate.data.database import Database
from projectgate.databases import opened
from projectgate.faults import Fault
from projectgate.progress import Progress
from projectgate.resolvers.imports import Counts, import_documents
from projectgate.resolvers.incoming import Documents
from projectgate.server import Server
from projectgate.settings import Settings, SettingsRefused
from projectgate.sockets import WebSocketProtocol
from projectgate.workers import Workers

DEMO_PROJECTS = 300
DEMO_SEED = 1
DEMO_DATABASE = "sqlite+aiosqlite:///projectgate-demo.sqlite"
# The collector looks for cycles after so many new objects; an answer of a page has hundreds, and no cycle.
COLLECT = (20_000, 20, 20)
# How many connections wait to be taken.
BACKLOG = 2048
SEED_ACTOR = "seed"


def serve(settings: Settings, host: str, port: int, *, demo: bool, workers: int = 1) -> int:
    """Serves until told to stop, with as many processes as there are workers. Returns the exit code.

    Raises: Fault, SettingsRefused, NotAtHead.
    """
    if demo:
        settings = demo_database(settings)
    app = create_app(settings, demo=demo)
    with bound(host, port, loopback=demo) as address:
        asyncio.run(_prepare(settings, demo=demo))
        logs.configure(settings.log_level)
        url = _url(address)
        lines = [f"GraphQL   {url}graphql"]
        if settings.explorer == "on" or (demo and settings.explorer == "auto"):
            lines.insert(0, f"Explorer  {url}")
        if demo:
            lines.append(f"Token     {app.state.demo_token}")
        address.listen(BACKLOG)
        _lift_limit_of_files()
        # What is there now stays: the collector need not look at it again, and workers share its memory.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECT)

        def work(number: int) -> int:
            # No load balancer looks at a demo.
            linger = 0 if demo else settings.drain_seconds
            server = Server(configured(app, settings), app, linger=linger, worker=workers > 1)
            if number == 0:
                server.lines = tuple(lines)
            server.run(sockets=[address])
            return 0 if server.started else 3

        if workers == 1:
            return work(0)
        shared = TemporaryDirectory(prefix="projectgate-", ignore_cleanup_errors=True)
        app.state.workers_folder, first = Path(shared.name), os.getpid()

        def work_and_tidy(number: int) -> int:
            result = work(number)
            # The first process does so, unless it was killed.
            if os.getppid() != first:
                shared.cleanup()
            return result

        with shared:
            # Connections that no worker takes any more are not to wait here.
            return Workers(work_and_tidy, workers, stopping=address.close).run()


def _lift_limit_of_files() -> None:
    """Lets the process have as many files open as the system allows: each connection is one, and 1,024 are usual."""
    with suppress(
        ImportError, ValueError, OSError
    ):  # not every system has a limit, or takes it as it tells it
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def configured(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """How uvicorn is to serve an application."""
    return uvicorn.Config(
        app,
        http=Connection,
        log_config=None,
        access_log=False,
        # Anybody could send such headers: the address of a connection is that of who has opened it.
        proxy_headers=False,
        server_header=False,
        ws=WebSocketProtocol,
        ws_max_size=settings.body_limit,
        # What is sent is small, and a compressor takes more memory than all the rest of a connection.
        ws_per_message_deflate=False,
    )


def demo_database(settings: Settings) -> Settings:
    """The settings with the demo's own SQLite file where no database is named. Raises: SettingsRefused."""
    if "database_url" not in settings.model_fields_set:
        return settings.model_copy(update={"database_url": DEMO_DATABASE})
    if not settings.database_url.startswith("sqlite"):
        raise SettingsRefused(
            "Demo mode fills a SQLite file with made-up projects, and PROJECTGATE_DATABASE_URL names "
            "another kind of database: unset it, or start without --demo."
        )
    return settings


def bound(host: str, port: int, *, loopback: bool) -> socket.socket:
    """A socket with the address, not listening yet; port 0 takes a free one. Raises: Fault."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise Fault(f"--host {host!r} is no address of this machine: {error}") from None
    if loopback and not ip_address(str(address[0]).partition("%")[0]).is_loopback:
        raise Fault(
            f"--host {host} can be reached from other machines, and demo mode lets everybody in: "
            "use 127.0.0.1, or start without --demo"
        )
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
    except OSError as error:
        made.close()
        raise Fault(
            f"port {port} of {host} cannot be used: {error.strerror}; choose another one with --port"
        ) from None
    return made


def _url(address: socket.socket) -> str:
    host, port = address.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


async def _prepare(settings: Settings, *, demo: bool) -> None:
    async with opened(settings, check=not demo) as database:
        if demo:
            await migrate.upgrade(database)
            if not await exchange.count(database):
                with Progress("Making demo projects") as progress:
                    await seeded(database, DEMO_PROJECTS, DEMO_SEED, progress, strict=True)


async def seeded(
    database: Database, projects: int, number: int, progress: Progress, *, strict: bool = False
) -> Counts:
    """Writes the project types and so many made-up projects, and counts them. `strict`: all or nothing."""

    def documents() -> Iterator[files.Placed]:
        return enumerate(chain(seed.types(), seed.documents(projects, number)), 1)

    return await import_documents(
        database,
        [Documents("made-up documents", documents)],
        actor=SEED_ACTOR,
        clock=lambda: datetime.now(UTC),
        strict=strict,
        report=progress.line,
        progress=progress,
    )
