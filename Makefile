# Everything that a newcomer needs. It takes git, make, a C/C++ compiler and any Python 3.8 or newer; the rest is fetched
# into this checkout (.uv/, .venv/) and uv's cache. The first run builds llama-cpp-python, which takes minutes; the next
# ones start in seconds.

SHELL := /bin/sh
.DEFAULT_GOAL := help

BIN := .venv/bin
ARGS ?=

.PHONY: help setup demo test bench lint fix clean

help:
	@echo "make setup   set everything up; leaves $(BIN)/privet"
	@echo "make demo    set up, then show Privet at work: three departments, two SDKs, one audit log"
	@echo "make test    set up, then run the whole suite (ARGS=\"-k scan -x\" goes to pytest)"
	@echo "make bench   set up, then measure: latency, detection, memory"
	@echo "make lint    ruff, mypy, import-linter"
	@echo "make fix     let ruff repair and format what it can"
	@echo "make clean   remove what the set-up and the tools made in this checkout"

setup:
	@sh setup/with-python setup/bootstrap.py

demo: setup
	@$(BIN)/python -m demo $(ARGS)

test: setup
	@$(BIN)/pytest $(ARGS)

bench: setup
	@$(BIN)/python -m bench $(ARGS)

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: setup
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:
	rm -rf .venv .uv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
