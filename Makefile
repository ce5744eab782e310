# make demo | test | check | clean. Everything is put inside this folder, and nothing outside it is touched.
# PYTHON chooses the interpreter: make test PYTHON=python3.13

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test check clean setup

BIN := .venv/bin
export XDG_CACHE_HOME := $(CURDIR)/.cache
export SEMALIGN_CACHE := $(CURDIR)/.cache/semalign
export UV_CACHE_DIR := $(CURDIR)/.cache/uv
export PIP_CACHE_DIR := $(CURDIR)/.cache/pip

help:
	@echo "make demo    compare and translate the programs of examples/, with a page for each; NO_MODEL=1 asks no model"
	@echo "make test    run all tests"
	@echo "make check   style, format, types, import contracts"
	@echo "make clean   remove what the others made"

setup: .venv/ready

.venv/ready: pyproject.toml .ci/setup
	@.ci/setup
	@touch $@

demo: setup
	@$(BIN)/python -m examples.demo

test: setup
	@$(BIN)/pytest -n auto --dist worksteal $(PYTEST_FLAGS)

check: setup
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@PYTHONPATH=src $(BIN)/lint-imports --no-cache > .cache/lint-imports.txt || { cat .cache/lint-imports.txt; false; }

clean:
	rm -rf .venv .tools .cache .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis uv.lock dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
