# The two commands: `make run` starts everything; `make test` runs every kind of check at least once.
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
BESIDE := --dist loadfile --no-loadscope-reorder --durations 12
PORT ?= 8000
DATA_DIR ?= var

.PHONY: run test soak bench lint types vitest front-end install install-dev schema clean

run: install front-end
	@$(BIN)/medreview up --port $(PORT) --data-dir $(DATA_DIR)

install: $(VENV)/installed
front-end: frontend/dist/index.html

$(VENV)/installed: pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed: set PYTHON=..."; exit 1; }
	@echo "Installing Python packages into $(VENV) (torch with its libraries is about 5 GB; a few minutes)"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on -e '.[demo]'
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	@echo "Installing what tests need"
	$(BIN)/python -m pip install --disable-pip-version-check -e '.[demo,dev]'
	@touch $@

install-dev: $(VENV)/installed-dev

frontend/node_modules/installed: frontend/package.json frontend/package-lock.json
	@command -v npm >/dev/null || { echo "Node 20 with npm is needed to build the front end"; exit 1; }
	@echo "Installing front-end packages (about 400 MB)"
	cd frontend && npm ci --no-fund --no-audit --loglevel=error
	@touch $@

frontend/dist/index.html: frontend/node_modules/installed $(shell find frontend/src frontend/public frontend/index.html frontend/vite.config.ts -type f 2>/dev/null)
	@echo "Building the front end"
	cd frontend && npm run --silent build -- --logLevel warn
	@touch $@

lint: install-dev frontend/node_modules/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	cd frontend && npm run --silent schema -- --check && npm run --silent lint && npm run --silent types
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

types: install-dev
	$(BIN)/mypy

# Server and front end speak one document: from the serializers to openapi.json, from there to the types in schema.ts.
schema: install-dev frontend/node_modules/installed
	$(BIN)/python manage.py spectacular --format openapi-json --validate --fail-on-warn --file frontend/src/api/openapi.json
	cd frontend && npm run --silent schema

# Whole systems second, two at a time: they wait more than they compute. The longest file goes first.
test: install-dev front-end
	$(MAKE) --no-print-directory --jobs 2 --output-sync=target lint types vitest
	scripts/need-chromium
	$(BIN)/pytest $(BESIDE) -n auto --maxprocesses 4 -m "not soak and not gpu and not loop and not e2e"
	$(BIN)/pytest $(BESIDE) -n 2 -m "(loop or e2e) and not soak" tests/loop tests

vitest: frontend/node_modules/installed
	cd frontend && npm test --silent

soak: install-dev front-end
	scripts/need-chromium
	@mkdir -p docs/evidence
	set -o pipefail; $(BIN)/pytest -m soak -s 2>&1 | tee docs/evidence/soak.txt
	set -o pipefail; $(BIN)/python scripts/sabotage | tee docs/evidence/sabotage.txt

# Beside a peer, interleaved; on a quiet machine only.
bench: install-dev
	@mkdir -p docs/evidence
	set -o pipefail; $(BIN)/python -m tests.bench.dicomweb 2>&1 | tee docs/evidence/bench-dicomweb.txt

clean:
	rm -rf $(VENV) frontend/node_modules frontend/dist
