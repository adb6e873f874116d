# `make` lists the targets. Everything that is made lands in .local/ (and .aws-sam/ for `make build`).
PYTHON ?= python3
BIN := .local/venvs/dev/bin
PYTEST := $(BIN)/python -m pytest
SETUP := $(PYTHON) infra/local/environments.py
LOCK := .local/venvs/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url
STAGE ?= dev
# Compiled once for all the processes that tests and the emulator start, whatever the caller's environment says.
export PYTHONDONTWRITEBYTECODE :=
export PYTHONPYCACHEPREFIX := $(CURDIR)/.local/cache/python

.DEFAULT_GOAL := help
.PHONY: help setup demo test check lint types imports unit component contract flow template-test faults end-to-end rehearsal browser pages bench outreach-plots verify-ledger styles lock build deploy-local clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## make or refresh the environments under .local/venvs
	@$(SETUP) dev ministack sam

demo: setup ## the whole journey on this machine: deploy, scan 20,000 subjects, play everybody; ARGS=--keep leaves it running
	@$(BIN)/wugan demo $(ARGS)

test: check component contract flow template-test faults end-to-end verify-ledger ## everything

check: lint types imports unit ## what every commit needs, under a minute

lint: setup ## ruff: style and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: setup ## mypy --strict
	@$(BIN)/mypy

imports: setup ## import-linter: dependencies point one way
	@$(BIN)/lint-imports --cache-dir .local/cache/imports

unit: setup ## fast tests of the parts
	@$(PYTEST) -q -n 2 tests/unit

component: setup ## parts together: DuckDB over registry files, processes, the command line
	@$(PYTEST) -q -n 2 tests/component

contract: setup ## one test for all implementations of a port
	@$(PYTEST) -q -n 2 tests/contract

flow: setup ## every path through the state machines, under moto
	@$(PYTEST) -q -n 2 tests/flow

template-test: setup ## the deployment as text: cfn-lint, statelint, checkov, our own rules
	@$(SETUP) checkov
	@$(PYTEST) -q -n 2 tests/template

faults: setup ## crashes, repeats, reordering
	@$(PYTEST) -q -n 2 tests/faults

end-to-end: setup ## rehearsal and browser over one deployment
	@$(PYTHON) infra/local/packages.py chromium fonts-noto-cjk
	@$(PYTEST) -q -n 2 --dist loadscope tests/rehearsal tests/browser

rehearsal: setup ## the deployed template, end to end on this machine
	@$(PYTEST) -q tests/rehearsal

browser: setup ## the pages in a real browser
	@$(PYTHON) infra/local/packages.py chromium fonts-noto-cjk
	@$(PYTEST) -q -n 2 --dist loadscope tests/browser

pages: setup ## pictures of every page at three widths, in docs/pages
	@$(PYTHON) infra/local/packages.py chromium fonts-noto-cjk
	@$(BIN)/python -m tests.browser.screenshots docs/pages

bench: setup ## what is promised about speed and size, measured; bench-NAME for one of them (docs/benchmarks.md)
	@$(SETUP) bench
	@.local/venvs/bench/bin/python -m tests.bench

bench-%: setup
	@$(SETUP) bench
	@.local/venvs/bench/bin/python -m tests.bench $*

outreach-plots: setup ## docs/outreach/*.svg from what `make bench-outreach` left
	@$(BIN)/python -m tests.bench.plots docs/outreach

verify-ledger: setup ## Go's and Sigstore's own code checks our log and proofs, untouched and tampered with (needs Node)
	@$(SETUP) go
	@command -v npm >/dev/null || $(PYTHON) infra/local/packages.py nodejs npm
	@$(PYTHON) infra/verifiers/build.py
	@$(PYTEST) -q tests/verifiers

styles: ## cut WeUI down to what the pages use (needs Node; the result is committed)
	@cd styles && npm ci && npm run build

lock: setup ## resolve requirements/*.in and layers/deps/requirements.in anew
	@$(LOCK) layers/deps/requirements.in --output-file layers/deps/requirements.txt
	@for name in uv dev bench ministack sam checkov go; do $(LOCK) requirements/$$name.in --output-file requirements/$$name.txt; done

build: setup ## sam build for AWS (arm64, python3.13), in .aws-sam/
	@PATH="$(CURDIR)/.local/venvs/uv/bin:$$PATH" SAM_CLI_TELEMETRY=0 .local/venvs/sam/bin/sam build

deploy-local: setup ## deploy to an emulator on this machine and keep it until Ctrl-C
	@$(BIN)/python -m infra.local

clean: ## remove everything that was made, the environments too
	@rm -rf .local .aws-sam
