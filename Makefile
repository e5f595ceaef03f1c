# `make help` lists the targets. `install` is idempotent and everything else calls it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
LAMBDA_VENV := .venv-lambda
BIN := $(VENV)/bin
UV := $(BIN)/uv
SOURCES := __main__.py settings components lambdas local_cloud medflow bench tests
NODE_CLIENT := tests/local/node_client

export PATH := $(CURDIR)/$(BIN):$(PATH)
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'
