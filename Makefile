# Everything installed here goes into .venv, node_modules and target; a stamp is written after the step it stands for,
# so a step that was interrupted is done again and a step that is done costs nothing.
SHELL := /bin/sh
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

$(shell scripts/forget-interrupted)
BIN := .venv/bin
STAMPS := .venv/stamps
export PATH := $(CURDIR)/$(BIN):$(PATH)
export VIRTUAL_ENV := $(CURDIR)/.venv

CORE_SOURCES := Cargo.toml Cargo.lock $(shell find rust \( -name '*.rs' -o -name Cargo.toml -o -name build.rs \) -not -path '*/tests/*')
WEB_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' -not -path '*/.svelte-kit/*' -not -path '*/build/*' -not -path '*/tests/*' 2>/dev/null)

.PHONY: help run demo test check fuzz bench bench-peers wheel docs fmt web core api-types screens lock clean

help: ## list the commands
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/\1|\2/' | awk -F'|' '{printf "  make %-11s %s\n", $$1, $$2}'

run: core web ## everything needed, then the server on http://localhost:8400 (more flags: make run ARGS="--port 9000")
	@exec $(BIN)/voxhall serve $(ARGS)

demo: $(STAMPS)/test core web ## as run, in a folder of its own, with people and a live space: bots speak real recorded speech
	@exec $(BIN)/python -m scripts.demo $(ARGS)

test: $(STAMPS)/test core web ## everything needed, browsers too, then the checks and every test
	@scripts/install-system-packages
	@scripts/build-pebble
	@$(MAKE) check
	cargo test --workspace --locked --quiet
	cd web && npm test
	@scripts/test $(ARGS)

check: $(STAMPS)/test core web ## lint, types, import order, rules of the house, script budget, advisories
	@scripts/check

fuzz: ## libFuzzer at every parser, 30 s each (longer, or one: make fuzz ARGS="600 offer")
	@scripts/fuzz $(ARGS)

bench: $(STAMPS)/test core web ## the benchmarks: one JSON line each, with commit and machine
	@scripts/bench $(ARGS)

bench-peers: $(STAMPS)/test core web ## what a listener costs here and in other servers, by turns (some: make bench-peers ARGS="livekit --rounds 1")
	@scripts/install-system-packages
	@scripts/build-peers
	@$(BIN)/python -m benchmarks.peers $(ARGS)

wheel: core web ## the wheel and the source distribution, in dist
	$(BIN)/maturin build --release --locked --quiet --out dist
	$(BIN)/maturin sdist --out dist

docs: $(STAMPS)/test ## the documentation as a site, in target/site
	$(BIN)/zensical build --strict

fmt: $(STAMPS)/test ## format everything
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .
	cargo fmt --all

core: $(STAMPS)/core ## the Rust core, in release mode

web: $(STAMPS)/web ## the web application

api-types: $(STAMPS)/test core ## web/src/api-types.ts anew, from the server's OpenAPI description
	$(BIN)/python scripts/api_types.py

screens: $(STAMPS)/test core web ## docs/screens: pictures of every page and state (some: make screens ARGS="home replay")
	@scripts/install-system-packages
	$(BIN)/python -m scripts.screens $(ARGS)

lock: $(STAMPS)/build ## resolve the Python dependencies anew
	requirements/lock

clean: ## remove all that the other commands built or installed; data stays
	rm -rf .venv .tools target web/node_modules web/build web/.svelte-kit src/voxhall/static src/voxhall/media/_core*.so
	rm -rf tests/journeys/node_modules benchmarks/lighthouse/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .cache tests/output

$(STAMPS)/build: requirements/build.txt
	@scripts/make-environment
	@scripts/install build

$(STAMPS)/runtime: requirements/runtime.txt $(STAMPS)/build
	@scripts/install runtime

$(STAMPS)/test: requirements/test.txt $(STAMPS)/runtime
	@scripts/install test

$(STAMPS)/core: $(CORE_SOURCES) pyproject.toml $(STAMPS)/runtime
	@scripts/build-core

$(STAMPS)/web-modules: web/package-lock.json web/package.json $(STAMPS)/build
	cd web && npm ci --no-fund --no-audit
	@touch $@

$(STAMPS)/web: $(WEB_SOURCES) $(STAMPS)/web-modules
	cd web && npm run build
	@touch $@
