# Every target prepares what it needs. `make` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV   ?= .venv
ARGS   ?=
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

# The same options in `make lock` and in the check that the locks are up to date.
export UV_COMPILE_OPTIONS := --universal --python-version 3.11 --generate-hashes --no-annotate --no-header

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo '  (ARGS="…" is passed on by run, test, chaos, bench and lock; PYTHON names the interpreter)'

.PHONY: setup
setup: $(STAMP) ## virtual environment with the locked dependencies and the project

$(STAMP): requirements.lock requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or later is needed: make PYTHON=python3.12 setup")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: run
run: setup ## the hub, all simulators and a living story; no account needed
	$(BIN)/bridge demo $(ARGS)

.PHONY: test
# Three at a time on two cores: tests wait for databases and for each other more than they compute.
# The files come in the order of tests/conftest.py, and not by how many tests are in them.
test: setup ## all tests, offline
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: check
check: setup ## format, lint, types, who may import whom, locks (all are run, then it fails)
	@$(MAKE) --no-print-directory --keep-going check-format check-lint check-types check-imports check-locks

.PHONY: check-format check-lint check-types check-imports check-locks
check-format: setup
	$(BIN)/ruff format --check --quiet . || { echo 'format: run make format' >&2; exit 1; }
check-lint: setup
	$(BIN)/ruff check --quiet .
check-types: setup
	$(BIN)/mypy
check-imports: setup
	$(BIN)/lint-imports --no-logo
check-locks: setup
	PATH="$(abspath $(BIN)):$$PATH" .ci/check-locks

.PHONY: format
format: setup ## put the code in shape
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

.PHONY: chaos
chaos: setup ## the long chaos set
	BRIDGE_CHAOS=long $(BIN)/python -m pytest -n 2 --dist loadfile tests/chaos $(ARGS)

.PHONY: bench
bench: setup ## the measures, with their bars
	$(BIN)/python -m bench $(ARGS)

.PHONY: screenshots
screenshots: setup ## pictures of the pages, taken of the demo, into docs/images (needs Chromium)
	$(BIN)/python -m tests.browser.screenshots

.PHONY: lock
lock: setup ## recompile the locks (ARGS=--upgrade, ARGS="--upgrade-package httpx")
	$(BIN)/uv pip compile pyproject.toml -o requirements.lock $(UV_COMPILE_OPTIONS) --quiet $(ARGS)
	$(BIN)/uv pip compile pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock $(UV_COMPILE_OPTIONS) --quiet $(ARGS)

.PHONY: build
build: setup ## wheel and sdist in dist/
	$(BIN)/python -m build --no-isolation --outdir dist .

.PHONY: clean
clean: ## remove what tools have made, except the virtual environment
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
