"""How commands tell what came of them: words that several of them use, and the exit code of a no."""

from __future__ import annotations

# Exit code when the answer is no: a bad document, a breaking change.
NO = 1


def shown(file: str) -> str:
    """A file as messages name it."""
    from projectgate.data import files

    return "standard input" if file == files.STANDARD_INPUT else file


def counted(number: int, what: str) -> str:
    """So many of something."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
