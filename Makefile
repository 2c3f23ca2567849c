# Every target prepares what it needs; the second time that takes a blink. PYTHON=… names the interpreter for .venv.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.NOTPARALLEL: # each target prepares the same clone
BIN := .venv/bin
ARGS ?=
MINUTES ?= 5
.PHONY: help setup setup-dev setup-tests demo run console test test-postgres test-python test-js check fix bench bench-one-shot bench-s2s bench-talk bench-browser soak soak-s2s lock

help: ## show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: ## install the gateway into .venv
	@sh scripts/bootstrap.sh server

setup-dev:
	@sh scripts/bootstrap.sh dev

setup-tests:
	@sh scripts/bootstrap.sh dev --tests

demo: ## show everything once: speak, transcribe, answer, hold a conversation, fail over; no key needed
	@sh scripts/bootstrap.sh server --need flite
	@$(BIN)/speko demo $(ARGS)

run: setup ## serve on http://127.0.0.1:8787; print a link to the web console and a first API key
	@$(BIN)/python -m scripts.javascript console --optional
	@exec $(BIN)/speko serve --first-key $(ARGS)

console: setup ## build the web console and the TypeScript packages
	@$(BIN)/python -m scripts.javascript console

# All of them mostly wait: for speech, for vendors that stall, for processes that end. So runs stand side by side.
SECOND := tests/api tests/agent
THIRD := tests/faults tests/cli tests/e2e
# With EVERYTHING=1, as continuous integration does: what meets the database once more on PostgreSQL, and a short soak.
DATABASE := tests/api/sessions tests/api/realtime tests/api/console $(patsubst %,tests/api/test_%.py,limiting usage_series stored master_key_rotation own_keys named_session)
BESIDE = $(if $(EVERYTHING),"postgres $(MAKE) test-postgres ARGS='$(DATABASE)' && $(MAKE) soak MINUTES=5 ARGS=--callers=10")
test: setup-tests console ## run all tests; with EVERYTHING=1 also a part of them on PostgreSQL, and a soak
	@sh scripts/side_by_side.sh \
		"python $(MAKE) test-python ARGS='$(SECOND:%=--ignore=%) $(THIRD:%=--ignore=%)'" \
		"python-2 $(MAKE) test-python ARGS='$(SECOND)'" \
		"python-3 $(MAKE) test-python ARGS='$(THIRD)'" \
		"js $(MAKE) test-js" $(BESIDE)

test-postgres: setup-tests ## run all tests of Python with PostgreSQL in place of SQLite
	@SPEKO_TEST_DATABASE=postgresql $(BIN)/python -m pytest $(ARGS) </dev/null

test-python: setup-tests
	@$(BIN)/python -m pytest $(ARGS) </dev/null

test-js: setup-dev console
	@$(BIN)/python -m scripts.javascript npm test </dev/null
	@$(BIN)/python -m scripts.javascript npm --browser run e2e </dev/null

check: setup-dev ## lint, types, generated files, direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python scripts/generate_docs.py --check
	$(BIN)/python scripts/generate_sync_client.py --check
	$(BIN)/python scripts/lock.py --check
	$(BIN)/python -m pytest tests/test_architecture.py
	$(BIN)/python -m scripts.javascript npm run check --silent

fix: setup-dev ## repair what ruff can repair, regenerate what is generated
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python scripts/generate_sync_client.py
	$(BIN)/python scripts/generate_docs.py
	$(BIN)/python -m scripts.javascript npm run fix --silent

bench: setup-dev ## measure everything beside its peers, and write docs/benchmarks.md (about 15 minutes)
	@sh bench/run.sh full $(ARGS)

bench-one-shot: setup-dev ## measure the one-shot endpoints beside nginx and LiteLLM
	@sh bench/run.sh one_shot $(ARGS)

bench-s2s: setup-dev ## measure the S2S socket beside nginx: sessions per core, added latency, memory
	@sh bench/run.sh s2s $(ARGS)

bench-talk: setup-dev ## measure spoken turns on the embedded engines, stage by stage
	@sh bench/run.sh talk $(ARGS)

bench-browser: setup-dev console ## measure the browser client in Chromium: added time, main thread, memory (SECONDS=60)
	@$(BIN)/python -m scripts.javascript npm --browser run bench --silent

soak: setup-dev ## mixed traffic for MINUTES=5 while vendors die and recover; then every book is checked
	@sh bench/run.sh soak --minutes $(MINUTES) $(ARGS)

soak-s2s: setup-dev ## 200 rough sessions for MINUTES=5: memory, tasks and sockets must stay flat
	@sh bench/run.sh soak_s2s --minutes $(MINUTES) $(ARGS)

lock: setup-dev ## pin requirements/*.txt anew from pyproject.toml (needs uv)
	$(BIN)/python scripts/lock.py
