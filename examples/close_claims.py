"""Sets the status of all product lines of many projects, 100 projects a request, and says which were refused.

Usage: close_claims.py STATUS PROJECT_ID...
A request without an answer is sent again with its key, so each project is written once. One refused project does not
hold up the others; one that somebody else wrote meanwhile is read again.
"""

from __future__ import annotations

import sys
import uuid
from typing import Any

from client import run, show_errors

READ = "query Lines($id: ID!) { project(id: $id) { version products { id status } } }"

UPDATE = """
mutation Close($input: UpdateManyProjectProductStatusInput!) {
  updateManyProjectProductStatus(input: $input) {
    results {
      index
      changed
      project { version }
      userErrors { code message path ... on VersionConflict { currentVersion changedPaths } }
    }
    userErrors { code message path }
  }
}
"""

# How many projects a request takes.
LIMIT = 100
# How often to read a project again and reapply when somebody else was faster.
ATTEMPTS = 3


def main(status: str, *project_ids: str) -> int:
    """The exit code: 0 all done, 1 some were refused or are not there."""
    failed = False
    waiting = list(dict.fromkeys(project_ids))
    for _ in range(ATTEMPTS):
        overtaken: list[str] = []
        for start in range(0, len(waiting), LIMIT):
            found = [read(status, one) for one in waiting[start : start + LIMIT]]
            failed = failed or None in found
            refused, again = send([item for item in found if item and item["productStatusUpdates"]])
            failed = failed or refused
            overtaken += again
        waiting = overtaken
    return 1 if failed or waiting else 0


def send(items: list[dict[str, Any]]) -> tuple[bool, list[str]]:
    """Whether any of the items was refused, and the projects that somebody else wrote meanwhile."""
    if not items:
        return False, []
    # One key for one intention: it names this very list of items, also when some of them are refused.
    given = {"items": items, "errorPolicy": "REJECT_FAILED", "idempotencyKey": str(uuid.uuid4())}
    answer = run(UPDATE, {"input": given})["updateManyProjectProductStatus"]
    # What is wrong with the request as a whole; then nothing was written and there are no results.
    show_errors(answer["userErrors"])
    refused, overtaken = bool(answer["userErrors"]), []
    for result in answer["results"]:
        project_id = items[result["index"]]["projectId"]
        if not result["userErrors"]:
            print(f"{project_id}: version {result['project']['version']}")
        elif result["userErrors"][0]["code"] == "VERSION_CONFLICT":
            print(f"{project_id}: overtaken")
            overtaken.append(project_id)
        else:
            print(f"{project_id}: refused")
            show_errors(result["userErrors"])
            refused = True
    return refused, overtaken


def read(status: str, project_id: str) -> dict[str, Any] | None:
    """The item that closes a project as it is now; None when there is none."""
    project = run(READ, {"id": project_id})["project"]
    if project is None:
        print(f"{project_id}: there is no such project")
        return None
    lines = [line["id"] for line in project["products"] if line["status"] != status]
    if not lines:
        print(f"{project_id}: nothing to do")
    return {
        "projectId": project_id,
        "expectedVersion": project["version"],
        "productStatusUpdates": [{"lineId": line, "status": status} for line in lines],
    }


if __name__ == "__main__":
    if len(sys.argv) <= 2:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
