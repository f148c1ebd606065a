# Everything runs in .venv, made from the lock files. `make help` lists the targets.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3.11
PORT ?= 8000
ROUNDS ?= 5
PROJECTGATE_TEST_EXAMPLES ?= 5000
BIN := .venv/bin
NODE_NEEDED := 20.19.0
# Tests start hundreds of processes: what one of them compiles is kept for the others, whatever the surroundings say.
export PYTHONDONTWRITEBYTECODE :=
# Where the demo keeps its database.
export PROJECTGATE_DATABASE_URL ?= sqlite+aiosqlite:///var/demo.sqlite

.PHONY: help install run test fuzz worst check bench lint types contracts schema lock explorer clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-10s %s\n", $$1, $$2}'

.venv/run.ok: requirements/bootstrap.lock requirements/run.lock pyproject.toml
	@test -x $(BIN)/python || $$(command -v $(PYTHON) || command -v python3) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/run.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev.ok: .venv/run.ok requirements/dev.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.lock
	@touch $@

install: .venv/dev.ok ## set up everything that running and testing need

explorer: projectgate/explorer/dist/index.html ## build the GraphiQL page (needs node 20.19 or newer)

projectgate/explorer/dist/index.html: $(shell find explorer -type f -not -path '*/node_modules/*' 2>/dev/null)
	@cd explorer && npm ci --ignore-scripts --silent && npm run --silent build
	@touch $@

# The page is built when a node that can do it is there; without one the server has a plain page.
.PHONY: page
page:
	@if node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null && command -v npm >/dev/null; \
	then $(MAKE) --no-print-directory explorer || echo "The explorer could not be built; the plain page stands in."; \
	else echo "No node >= $(NODE_NEEDED): the plain page stands in for the explorer."; fi

run: .venv/run.ok page ## serve demo data with the explorer on http://127.0.0.1:$(PORT)/
	@$(BIN)/projectgate serve --demo --port $(PORT)

# GraphQL clients of Node, for the tests; without them their tests are skipped.
.PHONY: clients
clients:
	@$(MAKE) --no-print-directory tests/clients/node_modules/run.ok || echo "The clients could not be installed: their tests are skipped."

tests/clients/node_modules/run.ok: .node/run.ok tests/clients/package-lock.json
	@cd tests/clients && PATH="$(CURDIR)/.node/bin:$$PATH" npm ci --ignore-scripts --silent
	@touch $@

test: .venv/dev.ok page clients ## run all tests
	@$(BIN)/pytest -n 2 --dist loadgroup

fuzz: .venv/dev.ok ## compare plans with graphql-core on many random operations (an hour or two)
	@PROJECTGATE_TEST_EXAMPLES=$(PROJECTGATE_TEST_EXAMPLES) $(BIN)/pytest -q -p tests.fuzz --timeout 0 \
		tests/execution/test_differential.py tests/schema/test_random_queries.py tests/schema/test_random_mutations.py \
		tests/program/test_served_plans.py

worst: .venv/dev.ok ## look for the document within the limits that holds the event loop for longest (five minutes)
	@$(BIN)/python -m tests.worst

lint: .venv/dev.ok ## check style and format
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: .venv/dev.ok ## check types
	@$(BIN)/mypy

contracts: .venv/dev.ok ## check that imports point one way
	@$(BIN)/lint-imports

check: lint types contracts test ## everything that a change must pass

# The node that runs the peers and the clients and brings npm, whatever the machine has.
.node/run.ok: requirements/node.lock
	@$$(command -v $(PYTHON) || command -v python3) -m venv .node
	@.node/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/node.lock
	@touch $@

benchmarks/peers/node_modules/run.ok: .node/run.ok benchmarks/peers/package-lock.json
	@cd benchmarks/peers && PATH="$(CURDIR)/.node/bin:$$PATH" npm ci --ignore-scripts --silent
	@touch $@

bench: .venv/dev.ok benchmarks/peers/node_modules/run.ok ## measure beside other servers (20 minutes)
	@$(BIN)/python -m benchmarks --rounds $(ROUNDS)

schema: .venv/dev.ok ## write schema/schema.graphql from the code
	@$(BIN)/projectgate schema print > schema/schema.graphql

lock: ## resolve the dependencies of pyproject.toml anew
	@cd requirements && ./lock

clean: ## remove what was made here
	@rm -rf .venv .node var build dist *.egg-info projectgate/explorer/dist explorer/node_modules benchmarks/peers/node_modules tests/clients/node_modules
