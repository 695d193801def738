# make demo: the main job on built-in faces. make test: the tests. make bench: is it as fast as it
# was? All install what they need.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: install install-dev demo test bench check format translations clean
.DELETE_ON_ERROR:

install: $(VENV)/.installed
install-dev: $(VENV)/.installed-dev

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "FER Lab needs Python 3.11 or newer; name one: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python requirements.txt constraints.txt pyproject.toml
	$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP) install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

# SERVE=0: all but the dashboard. FER2013=archive.zip: on real data. DEMO_OPTIONS="--epochs 1": see
# fer-core demo --help.
demo: install
	$(BIN)/fer-core demo $(if $(FER2013),--fer2013 "$(FER2013)") $(DEMO_OPTIONS)
ifneq ($(SERVE),0)
	$(BIN)/fer-core dashboard
endif

# Two at a time, but for clicks through the dashboard, which want the machine to themselves. One
# thread each: two tests that train with all threads at once would wait for each other.
test: install-dev
	sh tests/install-system-packages.sh
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --ignore tests/e2e -n 2 --dist loadfile --durations 20
	$(BIN)/python -m pytest tests/e2e

# At most 15 minutes on two cores that have nothing else to do.
bench: install-dev
	$(BIN)/python benchmarks/all.py

check: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: install-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Adds new messages to the catalogues in fer_core/locale and compiles them.
translations: install-dev
	$(BIN)/python -m tests.translations

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
