# One command for each task; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
# A plain editable install is invisible to mypy: it sees the checkout under the package's name through this link.
TYPES := $(VENV)/types

.PHONY: help demo test pytest parity train-smoke weights weights-asked lint types docs clean

help:
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 13

demo: $(VENV)/.installed ## develop the sample frames into demo-out/
	$(BIN)/unveil demo -o demo-out

test: pytest lint types ## everything that must pass: tests, lint, types

pytest: $(VENV)/.installed-test ## the tests, two files at a time
	$(BIN)/python -m pytest -n 2 --dist loadfile

parity: $(VENV)/.installed-test ## the slow tests: every reference case of every published network
	$(BIN)/python -m pytest -m slow

train-smoke: $(VENV)/.installed-test ## train unveilnet for a minute or two; fails unless the loss falls
	$(BIN)/unveil train tests/training/smoke.yaml -o runs/train-smoke --device cpu
	$(BIN)/python -c "import sys; from pathlib import Path; from unveil.training.log import fell; \
	  sys.exit(not fell(Path('runs/train-smoke/log.csv')) and 'the loss did not fall')"

weights: weights-asked $(VENV)/.installed-test ## train shipped weights anew, in hours: METHOD=durrnet DATA=folder
	$(PIP) OpenEXR
	PATH="$(CURDIR)/$(BIN):$$PATH" $(MAKE) -f training/weights.mk runs/$(METHOD).safetensors

weights-asked:
	@test -n "$(METHOD)" -a -d "$(DATA)" || \
	  { echo "say METHOD=durrnet (or another) and DATA=the folder of the photographs: docs/training.md"; exit 2; }

lint: $(VENV)/.installed-test ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-test ## mypy, strict, on the package and the tests
	mkdir -p $(TYPES) && ln -sfn $(CURDIR) $(TYPES)/unveil
	cd $(TYPES) && MYPYPATH=. ../bin/mypy --config-file $(CURDIR)/pyproject.toml -p unveil

docs: $(VENV)/.installed-test ## write the help of the command line into docs/command-line.md
	$(BIN)/python docs/update_help.py

clean: ## remove what the other targets made
	rm -rf $(VENV) demo-out runs/train-smoke build .pytest_cache .mypy_cache .ruff_cache

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "unveil needs Python 3.11 or newer; say make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.created pyproject.toml constraints.txt
	$(PIP) -e .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.created pyproject.toml constraints.txt
	$(PIP) -e '.[test,train]'
	@touch $@ $(VENV)/.installed
