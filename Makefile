PYTHON ?= python3
VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.DEFAULT_GOAL := run
.PHONY: run check test

run: $(VENV)/installed  ## set up, run the pipeline, show the scores
	dvc repro
	@python -m beamline.pages.outcome

# Tests hide a GPU, because their figures are a CPU's. Idle threads sleep, because two workers share the cores.
PYTEST := CUDA_VISIBLE_DEVICES= OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive pytest --numprocesses=2

check: $(VENV)/installed  ## style, types, import rules, fast tests: before every commit
	ruff check .
	ruff format --check .
	mypy
	lint-imports
	$(PYTEST) -m "not slow and not extended"

test: check  ## all that check does, then the tests that train models and run DVC
	$(PYTEST) --dist=loadfile --no-loadscope-reorder -m "slow and not extended"

$(VENV)/installed: requirements.txt constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Beamline needs Python 3.11 or newer; name one: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	pip install --quiet --requirement requirements.txt --constraint constraints.txt
	pip install --quiet --no-deps --editable .
	touch $@
