# `make help` lists the targets. `install` is idempotent, and everything that needs it calls it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
LAMBDA_VENV := .venv-lambda
BIN := $(VENV)/bin
NODE_CLIENT := tests/local/node_client
INSTALL := $(BIN)/uv pip install --quiet --compile-bytecode --require-hashes
# With a TMPDIR of its own: the build leaves a lock file in it.
EDITABLE = mkdir -p $(VENV)/tmp && TMPDIR=$(CURDIR)/$(VENV)/tmp $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
SOURCES := __main__.py aws_provider.py pool_features.py stack_outputs.py settings components medflow local_cloud bench tests lambdas

export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help install build up smoke test format lint types unit components program lambdas contract local golden bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# A tenth of a second for each folder when nothing is missing; mends what was removed by hand.
install: $(VENV)/.installed $(LAMBDA_VENV)/.installed ## install what everything else needs; mend what is missing
	@$(INSTALL) --python $(BIN)/python --requirement requirements/dev.txt
	@$(INSTALL) --python $(LAMBDA_VENV)/bin/python --requirement requirements/lambda-runtime.txt
	@test -x $(BIN)/medflow || $(EDITABLE)

$(VENV)/bin/uv: requirements/bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; found $$($(PYTHON) --version). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "Python's venv module is needed; on Debian: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@touch $@

$(VENV)/.installed: $(VENV)/bin/uv requirements/dev.txt pyproject.toml
	$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements/dev.txt
	$(EDITABLE)
	@touch $@

$(LAMBDA_VENV)/.installed: $(VENV)/.installed requirements/lambda-runtime.txt
	@test -x $(LAMBDA_VENV)/bin/python || $(BIN)/python -m venv --without-pip $(LAMBDA_VENV)
	$(BIN)/uv pip sync --quiet --compile-bytecode --python $(LAMBDA_VENV)/bin/python --require-hashes requirements/lambda-runtime.txt
	@touch $@

$(NODE_CLIENT)/node_modules/.installed: $(VENV)/.installed $(NODE_CLIENT)/package-lock.json
	cd $(NODE_CLIENT) && npm ci --loglevel=error --no-audit --no-fund
	@touch $@

build: install ## build the Lambda zips, deterministically
	@medflow build

up: install ## start the local cloud, deploy, run the first user's journey, serve until Ctrl-C [PORT=4566]
	@medflow local up $(if $(PORT),--port $(PORT))

smoke: install ## the same journey, then stop; exit code 1 when a step fails
	@medflow local smoke $(if $(PORT),--port $(PORT))

test: format lint types unit components program lambdas contract local ## all that needs no AWS account

format: install ## check the formatting
	ruff format --check .

lint: install ## check for mistakes
	ruff check .

types: install ## check the types
	mypy $(SOURCES)

unit: build ## pure code
	pytest -n 2 tests/unit

components: build ## each component on its resource graph
	pytest -n 2 tests/components

program: build ## the whole program for every stack, and the provider's rules
	pytest -n 2 tests/program

lambdas: build ## handlers
	pytest -n 2 tests/lambdas

contract: build ## what one part promises another
	pytest -n 2 tests/contract

local: build $(NODE_CLIENT)/node_modules/.installed ## the local cloud and, in it, the whole journey
	pytest tests/local

golden: build ## write the committed copies of interfaces anew
	UPDATE_GOLDEN=1 pytest -q tests/contract/test_golden.py tests/contract/test_roles_page.py

bench: build ## ratios against peers and limits, into .local/bench.json
	python -m bench

clean: ## remove what was built and installed
	rm -rf build .local $(VENV) $(LAMBDA_VENV) $(NODE_CLIENT)/node_modules *.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} +
