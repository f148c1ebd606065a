"""Replaces the product list of a project: keeps its lines, adds one, and shows what a dry run would do first.

Usage: replace_products.py PROJECT_ID SKU NAME QUANTITY
A request without an answer is sent again with its key, so the line is added once.
"""

from __future__ import annotations

import sys
import uuid
from typing import Any

from client import run, show_errors

READ = "query Lines($id: ID!) { project(id: $id) { version products { id skuId } } }"

REPLACE = """
mutation Replace($input: ReplaceProjectProductsInput!) {
  replaceProjectProducts(input: $input) {
    changed
    added
    updated
    removed
    project { version products { id skuId quantity status } }
    userErrors { code message path ... on VersionConflict { currentVersion changedPaths } }
  }
}
"""

# How often to read again and reapply when somebody else was faster.
ATTEMPTS = 3


def main(project_id: str, sku: str, name: str, quantity: str) -> int:
    """The exit code: 0 done, 1 refused, 2 no such project."""
    key = str(uuid.uuid4())
    for _ in range(ATTEMPTS):
        project = run(READ, {"id": project_id})["project"]
        if project is None:
            print(f"there is no project {project_id}")
            return 2
        # A line with its id is kept as it is; a line without one is new; a line left out is removed.
        lines: list[dict[str, Any]] = [{"id": line["id"]} for line in project["products"]]
        given = {
            "projectId": project_id,
            "products": [*lines, {"skuId": sku, "name": name, "quantity": quantity}],
            "expectedVersion": project["version"],
        }
        rehearsal = run(REPLACE, {"input": given | {"dryRun": True}})["replaceProjectProducts"]
        print(f"would add {len(rehearsal['added'])}, remove {len(rehearsal['removed'])}")
        result = run(REPLACE, {"input": given | {"idempotencyKey": key}})["replaceProjectProducts"]
        if not result["userErrors"]:
            count = len(result["project"]["products"])
            print(f"version {result['project']['version']}, {count} lines, added {result['added']}")
            return 0
        show_errors(result["userErrors"])
        if result["userErrors"][0]["code"] != "VERSION_CONFLICT":
            return 1
    return 1


if __name__ == "__main__":
    if len(sys.argv) <= 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
