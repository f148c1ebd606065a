"""What the questions of one run share: the options, the PostgreSQL, and the databases that are filled already."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

from .documents import FOLDER, documents, written
from .postgres import Postgres
from .processes import Used, used_by
from .servers import environment, program


@dataclass(frozen=True)
class Options:
    """How much is measured. Units: seconds."""

    projects: int = 20_000
    rounds: int = 5
    seconds: float = 2.0
    warm_up: float = 1.0
    small: int = 10_000
    large: int = 1_000_000
    omnium: int = 5_000


@dataclass
class Stage:
    """The place where a run happens."""

    postgres: Postgres
    options: Options
    # What the import of so many of the benchmark's projects used.
    imported: dict[int, Used] = field(default_factory=dict)
    laps: int = 0

    def next_lap(self) -> int:
        """A number that no lap of any question has had, so that what is written differs from what is there."""
        self.laps += 1
        return self.laps

    def filled(self, projects: int) -> str:
        """The PostgreSQL database with so many projects; made at the first call, with our own import."""
        name = f"projects_{projects}"
        if projects not in self.imported:
            told(f"Importing {projects:,} projects into PostgreSQL ...")
            self.postgres.create(name)
            self.imported[projects] = import_into(self.postgres.url(name), document_file(projects))
            self.postgres.settle(name)
        return name


def document_file(projects: int) -> Path:
    """The file of so many of the benchmark's documents."""
    return written(f"projects-{projects}", documents(projects))


def import_into(url: str, file: Path) -> Used:
    """Makes the tables of an empty database and imports a file; what the import used."""
    used_by(program("migrate"), environment(url))
    return used_by(program("import", str(file)), environment(url), output=FOLDER / "import.log")


def told(line: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
