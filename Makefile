# Two commands are enough: `make run` shows Postloan at work, `make test` checks everything.
# Variables: PORT (8000), DATABASE_URL (a PostgreSQL of yours), POSTLOAN_VAR (where files go), PYTHON, T (which tests).

SHELL := /bin/bash
BIN := .venv/bin
T ?= tests
# One worker of pytest for each processor, at most four; on one processor none.
WORKERS ?= $(shell n=$$(nproc 2>/dev/null || echo 1); [ $$n -gt 4 ] && n=4; [ $$n -gt 1 ] && echo $$n || echo 0)

.PHONY: help run stop reset test check bench bench-send screenshots format lock

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | while IFS=$$'\t' read -r name text; do \
		printf '  make %-8s %s\n' "$$name" "$$text"; done

run: .venv/set-up-run  ## set up, load the example book, close its month, send the reminders, serve the site
	@exec $(BIN)/postloan run

stop: .venv/set-up-run  ## stop what `make run` has started
	@exec $(BIN)/postloan stop

reset: .venv/set-up-run  ## remove everything that `make run` has made
	@exec $(BIN)/postloan reset

test: .venv/set-up-dev  ## all checks and all tests; T=tests/kernel for some
	@$(MAKE) --no-print-directory check
	@scripts/install-chromium
	$(BIN)/pytest -n $(WORKERS) --dist worksteal $(T)

check: .venv/set-up-dev  ## what needs no database: style, types, floors, migrations
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/postloan makemigrations --check --dry-run

SIZE ?= 100k
RUNS ?= 3

bench: .venv/set-up-run  ## measure the close against its floor; SIZE=1m or 3m for a full book, RUNS=3
	$(BIN)/python benchmarks/close.py --size $(SIZE) --runs $(RUNS)

bench-send: .venv/set-up-run  ## measure sending over SMTP and SMPP against bare sends
	$(BIN)/python benchmarks/send.py

screenshots: .venv/set-up-dev  ## take the pictures of the pages in docs/screenshots; SITE=http://… for one that runs
	@scripts/install-chromium
	PYTHONPATH=$(CURDIR) $(BIN)/python docs/screenshots/take.py $(SITE)

format: .venv/set-up-dev  ## rewrite the source in the house's format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: .venv/set-up-run  ## pin the newest packages that fit, with their hashes
	scripts/lock

.venv/set-up-run: requirements/run.lock pyproject.toml scripts/set-up
	@scripts/set-up run
	@touch $@

.venv/set-up-dev: requirements/dev.lock pyproject.toml scripts/set-up
	@scripts/set-up dev
	@touch .venv/set-up-run $@
