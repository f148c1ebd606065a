"""A small client for mutation scripts: one POST, with the errors of the transport told apart from ours.

Needs nothing but Python. PROJECTGATE_URL and PROJECTGATE_TOKEN say where and who.
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.error
import urllib.request
from typing import Any

URL = os.environ.get("PROJECTGATE_URL", "http://127.0.0.1:8000/graphql")
# How often, and after how many seconds, a request without an answer is sent again.
PAUSES = (1, 3, 9)


def run(query: str, variables: dict[str, Any]) -> dict[str, Any]:
    """The data of one operation. Ends the script when the request could not be answered at all.

    A request that got no answer is sent again as it was: with an idempotency key it still writes once.
    """
    for pause in (*PAUSES, None):
        try:
            body = _post({"query": query, "variables": variables})
            break
        except (urllib.error.URLError, TimeoutError) as error:
            if pause is None:
                sys.exit(f"no answer from {URL}: {error}")
            time.sleep(pause)
    for error in body.get("errors", []):
        # Syntax, login, limits: nothing a retry with the same request would change.
        sys.exit(f"{error['extensions']['code']}: {error['message']}")
    data: dict[str, Any] = body["data"]
    return data


def _post(operation: dict[str, Any]) -> dict[str, Any]:
    token = os.environ.get("PROJECTGATE_TOKEN") or sys.exit("set PROJECTGATE_TOKEN to a token")
    request = urllib.request.Request(  # noqa: S310
        URL,
        data=json.dumps(operation).encode(),
        headers={
            "Content-Type": "application/json",
            "Accept": "application/graphql-response+json",
            "Authorization": f"Bearer {token}",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            body: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code >= 500:
            raise
        body = json.load(error)
    return body


def show_errors(errors: list[dict[str, Any]]) -> None:
    """Prints why a mutation did nothing."""
    for error in errors:
        print(f"{error['code']} at {'.'.join(error['path']) or 'input'}: {error['message']}")
