"""Servers as processes of their own, which a test can kill."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, Process

import httpx2

from projectgate.data.database import Database

from .conftest import SECRET
from .served import free_port


class Server:
    """`projectgate serve` on a database, at a port that stays the same however often it is started."""

    def __init__(self, database: Database, **settings: str) -> None:
        self.port = free_port()
        self.http = f"http://127.0.0.1:{self.port}"
        self._settings = {
            "PROJECTGATE_DATABASE_URL": database.url.render_as_string(hide_password=False),
            "PROJECTGATE_JWT_SECRET": SECRET,
            "PROJECTGATE_LOG_LEVEL": "ERROR",
            **{f"PROJECTGATE_{name.upper()}": value for name, value in settings.items()},
        }
        self._process: Process | None = None

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self.process.pid

    @property
    def process(self) -> Process:
        """Its process."""
        if self._process is None:
            raise RuntimeError("the server was not started")
        return self._process

    async def start(self) -> None:
        """Starts it, and returns when it answers."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "projectgate", "serve", "--port", str(self.port)),
            env=os.environ | self._settings,
            stdout=DEVNULL,
        )
        async with httpx2.AsyncClient(base_url=self.http) as client:
            for _ in range(600):
                try:
                    if (await client.get("/readyz")).status_code == 200:
                        return
                except httpx2.TransportError:
                    await asyncio.sleep(0.05)
        raise TimeoutError(self.http)

    async def kill(self) -> None:
        """Ends it at once, as a machine does that fails."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def stop(self) -> int:
        """Tells it to stop, and gives its exit code."""
        self.process.terminate()
        async with asyncio.timeout(60):
            return await self.process.wait()
