# Everything a person does with the project; `make help` lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SHELL := /bin/sh
.DEFAULT_GOAL := help

.PHONY: help demo dev test torture machine check bench shell lock clean

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# One environment; made anew when a lock file changes.
$(VENV)/.ready: requirements.lock requirements-local.lock requirements-test.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("MentorinAja needs Python 3.11 or later.") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
	  -r requirements.lock -r requirements-local.lock -r requirements-test.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(VENV)/.ready ## everything on this machine, with a demo world (PORT=8000)
	@$(BIN)/mentorinaja demo

dev: $(VENV)/.ready ## the demo, restarting when code changes
	@$(BIN)/mentorinaja demo --reload

test: $(VENV)/.ready ## all tests
	@CHROMIUM="$$(sh tests/browser.sh)" && CHROMIUM="$$CHROMIUM" $(BIN)/python -m pytest -n 2 $(ARGS)

torture: $(VENV)/.ready ## 10,000 messages over lines that break all the time (MENTORINAJA_SEED=… repeats a run)
	@MENTORINAJA_TORTURE=10000 $(BIN)/python -m pytest -q -s --timeout=900 tests/rooms/test_torture.py -k nothing_is_lost

machine: $(VENV)/.ready ## 50,000 steps of the money machine (MENTORINAJA_SEED=… plays other games)
	@MENTORINAJA_MACHINE=50000 $(BIN)/python -m pytest -q -s -n 2 --timeout=3600 tests/money/test_machine.py

check: $(VENV)/.ready ## ruff, mypy --strict, djlint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/djlint --check --lint templates partials --quiet

bench: $(VENV)/.ready ## speed and weight, each beside its bare limit
	@$(BIN)/python -m bench $(ARGS)

shell: $(VENV)/.ready ## psql in the demo's database
	@$(BIN)/python -c 'import json,os; d=json.load(open("var/demo.json"))["database_owner"]; os.execvp("psql",["psql",d])'

lock: ## write the lock files anew from pyproject.toml
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --extra local pyproject.toml -o requirements-local.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --extra local --extra test --extra check pyproject.toml -o requirements-test.lock

clean: ## remove the environment and the demo's data
	rm -rf $(VENV) var
