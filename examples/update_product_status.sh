#!/usr/bin/env bash
# Sets the status of one product of a project with curl.
# Usage: PROJECTGATE_TOKEN=… update_product_status.sh PROJECT_ID SKU STATUS EXPECTED_VERSION KEY
# Exit code: 0 done, 1 refused (the answer says why), 22 the request could not be answered.
set -euo pipefail
url=${PROJECTGATE_URL:-http://127.0.0.1:8000/graphql}

# A text as it stands between the quotes of a JSON string.
text() { printf '%s' "$1" | sed 's/\\/\\\\/g; s/"/\\"/g'; }

read -r -d '' body <<JSON || true
{
  "query": "mutation(\$input: UpdateProjectProductStatusInput!) { updateProjectProductStatus(input: \$input) { changed project { version products { skuId status } } userErrors { code message path } } }",
  "variables": {
    "input": {
      "projectId": "$(text "$1")",
      "productStatusUpdates": [{ "skuId": "$(text "$2")", "status": "$(text "$3")" }],
      "expectedVersion": $4,
      "idempotencyKey": "$(text "$5")"
    }
  }
}
JSON

answer=$(curl --silent --show-error --fail-with-body "$url" \
  --header "Authorization: Bearer $PROJECTGATE_TOKEN" \
  --header "Content-Type: application/json" \
  --header "Accept: application/graphql-response+json" \
  --data-binary "$body") || { code=$?; printf '%s\n' "$answer" >&2; exit "$code"; }
printf '%s\n' "$answer"
case $answer in *'"userErrors":[]'*) ;; *) exit 1 ;; esac
