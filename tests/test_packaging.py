"""What is in the repository is what gets installed."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
LAYERS = ("execution", "schema", "resolvers", "data")
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_every_code_folder_is_a_declared_package() -> None:
    folders = {
        path.parent.relative_to(ROOT)
        for layer in ("projectgate", *LAYERS)
        for path in (ROOT / layer).rglob("__init__.py")
        if not path.is_relative_to(ROOT / "projectgate")
        or not (ROOT / "projectgate" / path.name).is_symlink()
    }
    names = {
        ".".join(folder.parts)
        if folder.parts[0] == "projectgate"
        else "projectgate." + ".".join(folder.parts)
        for folder in folders
    }
    assert names == set(CONFIGURATION["tool"]["setuptools"]["packages"])


def test_each_layer_is_linked_into_the_package() -> None:
    for layer in LAYERS:
        assert (ROOT / "projectgate" / layer).resolve() == ROOT / layer


def test_the_wheel_holds_the_schema_and_puts_nothing_beside_the_package(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(tmp_path), str(ROOT)], check=True, timeout=100)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "projectgate/schema/schema.graphql" in names
    assert "projectgate/explorer/plain.html" in names
    assert "projectgate/data/migrations/versions/0001_tables.py" in names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"projectgate"}


def test_lock_files_have_hashes_and_no_download_address() -> None:
    for lock in (ROOT / "requirements").glob("*.lock"):
        text = lock.read_text()
        assert "://" not in text, lock
        pinned = [line for line in text.splitlines() if "==" in line and not line.startswith(" ")]
        assert pinned
        assert all(line.rstrip().endswith("\\") for line in pinned), lock
