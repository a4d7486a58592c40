PYTHON ?= python3
VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.DEFAULT_GOAL := run
.PHONY: run test

run: $(VENV)/installed  ## set up, run the pipeline, show the scores
	dvc repro
	@python -m beamline.pages.outcome

test: $(VENV)/installed  ## set up, check style and types, run the tests
	ruff check .
	ruff format --check .
	mypy
	CUDA_VISIBLE_DEVICES= OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive pytest --numprocesses=2 --dist=loadfile --no-loadscope-reorder

$(VENV)/installed: requirements.txt constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Beamline needs Python 3.11 or newer; name one: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	pip install --quiet --requirement requirements.txt --constraint constraints.txt
	pip install --quiet --no-deps --editable .
	touch $@
