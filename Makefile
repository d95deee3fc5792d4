.DEFAULT_GOAL := help
.PHONY: help run install dev test check fmt lint types cover bench fuzz interop docs lock
SHELL := /bin/bash
PY := .venv/bin/python
export PATH := $(CURDIR)/.venv/bin:$(PATH)

help:            ## show this
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | column -t -s "$$(printf '\t')"

install:         ## make .venv with what the server needs
	@python3 courier_web/bootstrap.py

dev:             ## the same, and what tests need (apt when root)
	@python3 courier_web/bootstrap.py --dev

run: install     ## a running server with demo accounts, on high loopback ports
	@$(PY) manage.py setup --demo
	@exec $(PY) manage.py up

test: dev        ## every test, a file at a time in each of two processes
	@$(PY) -m pytest -q -n 2 --dist loadfile

check: lint types test ## what CI runs

fmt: dev         ## format
	@ruff check --fix . ; ruff format .

lint: dev        ## style, import contracts, system checks, migrations
	@ruff check . && ruff format --check .
	@lint-imports
	@COURIER_HOME=$$(mktemp -d) $(PY) manage.py check --fail-level ERROR
	@COURIER_HOME=$$(mktemp -d) $(PY) manage.py makemigrations --check --dry-run

types: dev       ## mypy
	@mypy

cover: dev       ## branch coverage, in htmlcov/
	@$(PY) -m coverage run -m pytest -q && coverage html && coverage report | tail -1

bench: dev       ## our own small load scripts against a server of their own
	@$(PY) -m tests.bench
	@$(PY) -m tests.bench.checks

fuzz: dev        ## the grammars, with a large budget
	@HYPOTHESIS_PROFILE=fuzz $(PY) -m pytest -q -k "property or hypothesis or fuzz or stateful"

interop: dev     ## only the tests with foreign programs
	@$(PY) -m pytest -q -m interop

docs: dev        ## regenerate docs/settings.md
	@COURIER_HOME=$$(mktemp -d) $(PY) manage.py settingsdoc > docs/settings.md

lock: dev        ## pin requirements again
	@pip-compile -q --generate-hashes --strip-extras --no-emit-index-url --no-emit-trusted-host --no-header --allow-unsafe -o requirements.txt requirements.in
	@pip-compile -q --generate-hashes --strip-extras --no-emit-index-url --no-emit-trusted-host --no-header --allow-unsafe -o requirements-dev.txt requirements-dev.in
