"""A small client for mutation scripts: one POST, with the errors of the transport told apart from ours.

Needs nothing but Python. PROJECTGATE_URL and PROJECTGATE_TOKEN say where and who.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from typing import Any

URL = os.environ.get("PROJECTGATE_URL", "http://127.0.0.1:8000/graphql")


def run(query: str, variables: dict[str, Any]) -> dict[str, Any]:
    """The data of one operation. Ends the script when the request could not be answered at all."""
    request = urllib.request.Request(  # noqa: S310
        URL,
        data=json.dumps({"query": query, "variables": variables}).encode(),
        headers={
            "Content-Type": "application/json",
            "Accept": "application/graphql-response+json",
            "Authorization": f"Bearer {os.environ['PROJECTGATE_TOKEN']}",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            body = json.load(answer)
    except urllib.error.HTTPError as error:
        body = json.load(error)
    for error in body.get("errors", []):
        # Syntax, login, limits: nothing a retry with the same request would change.
        sys.exit(f"{error['extensions']['code']}: {error['message']}")
    data: dict[str, Any] = body["data"]
    return data


def show_errors(errors: list[dict[str, Any]]) -> None:
    """Prints why a mutation did nothing."""
    for error in errors:
        print(f"{error['code']} at {'.'.join(error['path']) or 'input'}: {error['message']}")
