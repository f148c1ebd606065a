"""Idempotency keys: a write that is sent again is answered with its outcome and not done again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ..data import idempotency
from ..data.database import Transaction
from ..data.idempotency import Remembered
from .access import Caller
from .commands import Request
from .errors import InvalidInput, Refused

LIFETIME = timedelta(hours=24)
LENGTH = 200


def judged(key: str | None) -> Refused | None:
    """What is wrong with a key, if anything."""
    if key is None or 0 < len(key.strip()) <= len(key) <= LENGTH:
        return None
    message = f"idempotencyKey has {len(key)} characters; it takes 1 to {LENGTH}, not all blank"
    return InvalidInput(message, ["idempotencyKey"])


async def recall(
    transaction: Transaction, caller: Caller, request: Request, now: datetime
) -> dict[str, Any] | None:
    """What the caller's write under the request's key came to, None without one. Raises: InvalidInput."""
    if request.idempotency_key is None:
        return None
    since = now - LIFETIME
    done = await idempotency.find(transaction, caller.name, request.idempotency_key, since)
    if done is None:
        return None
    if done.fingerprint != request.fingerprint():
        raise InvalidInput(
            f"idempotencyKey {done.key!r} was used for another input at {done.at:%Y-%m-%d %H:%M:%S} UTC; "
            "send a new key with a new request",
            ["idempotencyKey"],
            code="IDEMPOTENCY_KEY_REUSED",
        )
    return done.outcome


async def remember(
    transaction: Transaction,
    caller: Caller,
    request: Request,
    now: datetime,
    outcome: dict[str, Any],
) -> None:
    """Keeps what a write came to under the request's key, if it has one; a dry run leaves the key free."""
    if request.idempotency_key is None or request.dry_run:
        return
    done = Remembered(caller.name, request.idempotency_key, now, request.fingerprint(), outcome)
    await idempotency.remember(transaction, done, now - LIFETIME)
