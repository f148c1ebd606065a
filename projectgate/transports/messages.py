"""What clients say over a WebSocket, and with which close code a connection ends that says something else."""

from __future__ import annotations

from typing import Any

from starlette.types import Message

from projectgate.parameters import read_json, require_exact
from projectgate.request import Rejected

ID_LENGTH = 255


class Closing(Exception):
    """The end of a connection: a close code and the reason. `resumes`: streams may be taken up elsewhere."""

    def __init__(self, code: int, reason: str, *, resumes: bool = False) -> None:
        super().__init__(reason)
        self.code, self.reason, self.resumes = code, reason, resumes


def members_of(message: Message, limit: int) -> dict[str, Any]:
    """The members of a client's message; what an operation's says is exact. Raises: Closing."""
    text = message.get("text")
    if text is None:
        raise Closing(4400, "Invalid message: it must be a text, not binary")
    if len(text) > limit:
        raise Closing(1009, f"the message is larger than {limit:,} bytes, the limit here")
    content = text.encode()
    try:
        members = read_json(content, "Invalid message: it", exact=False)
        if not isinstance(members, dict):
            raise Closing(4400, "Invalid message: it is no JSON object")
        # Nobody reads the payload of a ping.
        if members.get("type") == "subscribe":
            require_exact(content)
    except Rejected as rejected:
        raise Closing(4400, rejected.message) from None
    return members


def id_of(members: dict[str, Any]) -> str:
    """The id of an operation. Raises: Closing."""
    name = members.get("id")
    if not isinstance(name, str) or not 1 <= len(name) <= ID_LENGTH:
        raise Closing(4400, f"Invalid message: `id` must be a text of 1 to {ID_LENGTH} characters")
    return name
