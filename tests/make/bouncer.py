"""A real PgBouncer in transaction mode before a PostgreSQL of the tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, make_url

from tests.conftest import absent
from tests.program.served import free_port

# Connections to the server: fewer than a test has clients. They take turns, so that hardly two transactions of a client
# are on the same one.
SERVERS = 4
CONFIGURATION = """
[databases]
* = {server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {servers}
min_pool_size = {servers}
server_round_robin = 1
server_login_retry = 1
max_client_conn = 200
"""


class Bouncer:
    """A PgBouncer for all databases of a server, at a port that stays the same however often it is started."""

    def __init__(self, program: str, server: str, folder: Path) -> None:
        self._port = free_port()
        self._command = [program, "--quiet", str(folder / "pgbouncer.ini")]
        self._process: subprocess.Popen[bytes] | None = None
        url = make_url(server)
        host = str(url.host or url.query["host"])
        words = {"host": host, "port": url.port, "user": url.username, "password": url.password}
        (folder / "pgbouncer.ini").write_text(
            CONFIGURATION.format(
                server=" ".join(f"{name}={value}" for name, value in words.items() if value),
                port=self._port,
                servers=SERVERS,
            )
        )
        if os.getuid() == 0:
            # It refuses to run as root, and a socket is for whoever made it.
            user = Path(host).owner() if host.startswith("/") else "nobody"
            shutil.chown(folder, user)
            self._command += ["--user", user]

    def url(self, direct: URL) -> str:
        """The URL of a database of the server by way of it."""
        through = direct.set(host="127.0.0.1", port=self._port, query={})
        return through.render_as_string(hide_password=False)

    def start(self) -> None:
        """Starts it, and returns when it takes connections."""
        self._process = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", self._port)).close()
            except ConnectionRefusedError:
                time.sleep(0.01)
            else:
                return
        raise TimeoutError(self._command)

    def stop(self) -> None:
        """Ends it at once, with all connections."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def restart(self) -> None:
        """Ends it and starts it again."""
        self.stop()
        self.start()


@contextmanager
def bounced(server: str) -> Iterator[Bouncer]:
    """A PgBouncer before a server, while the block runs; skips the test where there is none."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        absent("no PgBouncer: install one")
    # Not below a folder that its user may not enter.
    folder = Path(tempfile.mkdtemp(prefix="pgbouncer-"))
    bouncer = Bouncer(program, server, folder)
    try:
        bouncer.start()
        yield bouncer
    finally:
        bouncer.stop()
        shutil.rmtree(folder)
