#!/usr/bin/env bash
# Sets the status of products of many projects, the JSON list of items on standard input, with curl.
# Usage: PROJECTGATE_TOKEN=… close_claims.sh KEY < items.json
# Exit code: 0 all done, 1 some or all refused (the answer says which and why), 22 the request could not be answered.
set -euo pipefail
url=${PROJECTGATE_URL:-http://127.0.0.1:8000/graphql}

# A text as it stands between the quotes of a JSON string.
text() { printf '%s' "$1" | sed 's/\\/\\\\/g; s/"/\\"/g'; }
items=$(cat)

read -r -d '' body <<JSON || true
{
  "query": "mutation(\$input: UpdateManyProjectProductStatusInput!) { updateManyProjectProductStatus(input: \$input) { changed results { index changed project { id version } userErrors { code message path } } userErrors { code message path } } }",
  "variables": {
    "input": { "errorPolicy": "REJECT_FAILED", "idempotencyKey": "$(text "$1")", "items": $items }
  }
}
JSON

answer=$(curl --silent --show-error --fail-with-body "$url" \
  --header "Authorization: Bearer $PROJECTGATE_TOKEN" \
  --header "Content-Type: application/json" \
  --header "Accept: application/graphql-response+json" \
  --data-binary "$body") || { code=$?; printf '%s\n' "$answer" >&2; exit "$code"; }
printf '%s\n' "$answer"
case $answer in *'"userErrors":[{'* | *'"errors":['*) exit 1 ;; esac
