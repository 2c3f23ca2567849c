# Every target prepares what it needs; the second time that takes a blink. PYTHON=… names the interpreter for .venv.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
BIN := .venv/bin
ARGS ?=
.PHONY: help setup setup-dev demo run test check fix bench lock

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: ## install the gateway into .venv
	@sh scripts/bootstrap.sh server

setup-dev:
	@sh scripts/bootstrap.sh dev

demo: ## show everything once: speak, transcribe, answer, fail over; no key needed
	@sh scripts/bootstrap.sh server --need flite
	@$(BIN)/speko demo $(ARGS)

run: setup ## serve on http://127.0.0.1:8787 and print a first API key
	@exec $(BIN)/speko serve --first-key $(ARGS)

test: setup-dev ## run all tests
	@$(BIN)/python -m pytest $(ARGS) </dev/null

check: setup-dev ## lint, types, generated files, direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python scripts/generate_docs.py --check
	$(BIN)/python scripts/generate_sync_client.py --check
	$(BIN)/python scripts/lock.py --check
	$(BIN)/python -m pytest tests/test_architecture.py

fix: setup-dev ## repair what ruff can repair, regenerate what is generated
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python scripts/generate_sync_client.py
	$(BIN)/python scripts/generate_docs.py

bench: setup-dev ## measure the gateway's added time and throughput
	@sh bench/run.sh $(ARGS)

lock: setup-dev ## pin requirements/*.txt anew from pyproject.toml (needs uv)
	$(BIN)/python scripts/lock.py
