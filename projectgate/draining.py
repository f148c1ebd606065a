"""Whether the process is about to stop, for all who say so or act on it."""

from __future__ import annotations


class Draining:
    """Begins when the server is told to stop, and has no end."""

    begun = False

    def begin(self) -> None:
        """From now on the process is not ready, and answers end their connections."""
        self.begun = True
