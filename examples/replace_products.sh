#!/usr/bin/env bash
# Replaces the product list of a project with the JSON list on standard input, with curl.
# Usage: PROJECTGATE_TOKEN=… replace_products.sh PROJECT_ID EXPECTED_VERSION KEY < products.json
# Exit code: 0 done, 1 refused (the answer says why), 22 the request could not be answered.
set -euo pipefail
url=${PROJECTGATE_URL:-http://127.0.0.1:8000/graphql}

# A text as it stands between the quotes of a JSON string.
text() { printf '%s' "$1" | sed 's/\\/\\\\/g; s/"/\\"/g'; }
products=$(cat)

read -r -d '' body <<JSON || true
{
  "query": "mutation(\$input: ReplaceProjectProductsInput!) { replaceProjectProducts(input: \$input) { changed added updated removed project { version } userErrors { code message path } } }",
  "variables": {
    "input": { "projectId": "$(text "$1")", "expectedVersion": $2, "idempotencyKey": "$(text "$3")", "products": $products }
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
