# Two commands matter: `make demo` and `make test`. The rest are the parts they are made of.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
STAMP := .venv/.installed
PYTHON ?= $(firstword $(foreach name,python3.11 python3 python,$(shell command -v $(name) 2>/dev/null)))
CHECKED := platform tests $(wildcard bench migrations scripts/*.py)
WORKERS ?= 2

.PHONY: help install demo test format lint types contracts security bench matrix reference lock clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 14

install: $(STAMP) ## Create .venv and install the locked dependencies and Comity itself

$(STAMP): requirements.txt pyproject.toml
	@if [ -z "$(PYTHON)" ] || ! "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
	  echo "Comity needs Python 3.11 or newer; found: $$("$(PYTHON)" --version 2>&1 || echo none)." >&2; \
	  echo "Install it, or say where it is: make PYTHON=/path/to/python3.11 $(or $(MAKECMDGOALS),install)" >&2; exit 1; fi
	@if ! "$(PYTHON)" -c 'import venv, ensurepip' 2>/dev/null; then \
	  echo "$(PYTHON) has no venv module. On Debian: apt-get install python3-venv" >&2; exit 1; fi
	@[ -x $(BIN)/python ] || { echo "Creating .venv with $$("$(PYTHON)" --version)"; "$(PYTHON)" -m venv .venv; }
	@echo "Installing the locked dependencies (about half a minute)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

demo: install ## Start a demonstration node with real public data
	@exec $(BIN)/comity demo

test: install ## Everything that CI runs
	@scripts/ensure_chromium.sh
	@scripts/ensure_postgres.sh
	@$(MAKE) lint types contracts security
	@$(BIN)/pytest -n $(WORKERS) -m "not bench"

format: install ## Lay the code out as ruff does and mend what it can
	@$(BIN)/ruff format --quiet $(CHECKED); $(BIN)/ruff check --quiet --fix $(CHECKED)

lint: install
	@echo "== ruff"; $(BIN)/ruff check $(CHECKED); $(BIN)/ruff format --check --quiet $(CHECKED) \
	  || { echo "The layout differs from ruff format: make format" >&2; exit 1; }

types: install
	@echo "== mypy --strict"; $(BIN)/mypy $(CHECKED)

contracts: install
	@echo "== import contracts"; $(BIN)/lint-imports --no-logo

security: install
	@echo "== bandit"; $(BIN)/bandit --quiet --configfile pyproject.toml --recursive platform

bench: install ## Measure against the bars of bench/README.md
	@$(BIN)/python -m bench.run

matrix: install ## Write policies/matrix.md anew from the policy
	@$(BIN)/python scripts/write_matrix.py

reference: install ## Write docs/settings.md, docs/cli.md and the golden list of routes anew
	@PYTHONPATH=platform:. $(BIN)/python scripts/write_reference.py

lock: ## Resolve the dependencies anew (needs uv); no address of any registry is written
	@uv pip compile pyproject.toml --group dev --generate-hashes --universal --python-version 3.11 \
	  --no-emit-index-url --no-emit-find-links --quiet -o requirements.txt

clean: ## Remove what the other commands made
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist platform/*.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
