# `make help` says what there is.

# Which Python: the first that tools/find-python finds; `make up PYTHON=/its/path` for another one.
ENVIRONMENT = python="$(PYTHON)"; exec "$${python:-$$(tools/find-python || echo false)}" tools/environment.py
BIN := .venv/bin
# The whole of it with the demo; `make up CORDBOARD_DEMO=0` without.
export CORDBOARD_DEMO ?= 1
# When make is killed, Cordboard stops as if by Ctrl-C.
TIED := $(shell command -v setpriv >/dev/null && echo setpriv --pdeathsig INT)

# Tests wait more than they compute. Which of them stay together: tests/conftest.py.
PARALLEL ?= --numprocesses auto --maxprocesses 4 --dist loadfile

.PHONY: help up test faults lint fmt bench clean environment test-environment bench-environment
.DEFAULT_GOAL := help

help: ## Say what there is.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' Makefile

up: environment ## Start everything on this machine, with a demo, in the foreground.
	@exec $(TIED) $(BIN)/cordboard up

test: lint ## Check and test everything.
	@CORDBOARD_DEMO=0 exec $(TIED) $(BIN)/python -m pytest $(PARALLEL)

faults: test-environment ## Kill programs 200 times under load; no event may be lost.
	@CORDBOARD_DEMO=0 FAULTS=200 exec $(TIED) $(BIN)/python -m pytest -s --timeout 3600 tests/system/test_faults.py

lint: test-environment ## Check style, types, imports and sizes.
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m pytest -q tests/test_architecture.py

fmt: test-environment ## Format the code.
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

bench: bench-environment ## Measure, each figure beside its reference.
	@for each in call_setup calls_per_second limits export contacts call_list webhooks; do CORDBOARD_DEMO=0 $(BIN)/python -m bench.$$each || exit 1; done

clean: ## Remove what was made here. State (var) and cache stay.
	@rm -rf .venv .venv.lock .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +

environment:
	@$(ENVIRONMENT)

test-environment:
	@$(ENVIRONMENT) --test

bench-environment:
	@$(ENVIRONMENT) --test --bench
