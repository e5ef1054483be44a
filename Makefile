# All set-up happens here: a fresh machine needs Python 3.11 or later, make and git.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# One more than there are cores: many tests wait for others.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)

.PHONY: help demo test test-all check format docs bench clean

help: ## Show the targets.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): pyproject.toml
	@echo "installing into $(VENV) (the first time takes a minute) …" >&2
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1' 2>$(VENV)/pip.log || { cat $(VENV)/pip.log >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[embedded]' --group dev 2>$(VENV)/pip.log || { cat $(VENV)/pip.log >&2; exit 1; }
	@touch $@

demo: $(STAMP) ## Run the main job on a private PostgreSQL: migrate the example, start it, ask it.
	@$(BIN)/python examples/demo.py

test: $(STAMP) ## Run the tests.
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not slow and not pooler" tests

test-all: $(STAMP) ## Run the tests, the long ones too.
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal tests

check: $(STAMP) ## Check format, lint, types and layers.
	@$(BIN)/ruff format --check --quiet . || { echo "not formatted: run make format" >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright
	@$(BIN)/lint-imports --no-logo

format: $(STAMP) ## Format the code.
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix . || true

docs: $(STAMP) ## Build the manual into docs/_build/html; a warning is an error.
	@$(BIN)/python -m sphinx --quiet --fail-on-warning --builder html --doctree-dir docs/_build/trees docs docs/_build/html
	@echo docs/_build/html/index.html

bench: $(STAMP) ## Measure against the peers that PyPI and npm give.
	@$(BIN)/python bench/run.py

clean: ## Remove what was built and installed.
	rm -rf $(VENV) dist build docs/_build .seltzer .pytest_cache .ruff_cache .hypothesis
