"""Sets the status of one product of a project, with the version it was read at and a key.

Usage: update_product_status.py PROJECT_ID SKU STATUS [CODE [REASON]]
A request without an answer is sent again with its key, so the write happens once.
"""

from __future__ import annotations

import sys
import uuid

from client import run, show_errors

READ = "query Version($id: ID!) { project(id: $id) { version } }"

UPDATE = """
mutation Update($input: UpdateProjectProductStatusInput!) {
  updateProjectProductStatus(input: $input) {
    changed
    changes { path before after }
    project { version products { id skuId status cancellationCode } }
    userErrors {
      code
      message
      path
      ... on VersionConflict { currentVersion changedPaths }
      ... on AmbiguousProduct { candidates { id orderId } }
    }
  }
}
"""


def main(project_id: str, sku: str, status: str, *why: str) -> int:
    """The exit code: 0 done, 1 refused, 2 no such project."""
    project = run(READ, {"id": project_id})["project"]
    if project is None:
        print(f"there is no project {project_id}")
        return 2
    update = {"skuId": sku, "status": status}
    update |= dict(zip(("cancellationCode", "cancellationReason"), why, strict=False))
    # One key for one intention, however often the client has to send it.
    given = {
        "projectId": project_id,
        "productStatusUpdates": [update],
        "expectedVersion": project["version"],
        "idempotencyKey": str(uuid.uuid4()),
    }
    result = run(UPDATE, {"input": given})["updateProjectProductStatus"]
    if result["userErrors"]:
        show_errors(result["userErrors"])
        return 1
    for change in result["changes"]:
        print(f"{change['path']}: {change['before']} -> {change['after']}")
    print(f"version {result['project']['version']}, changed: {result['changed']}")
    return 0


if __name__ == "__main__":
    if len(sys.argv) <= 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
