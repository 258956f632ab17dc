# Needs only Python (3.11 or newer), pip, make and git. README.md explains the targets.
PYTHON ?= python3
SUBMISSION ?= reference

ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif

.PHONY: grade test clean

grade: .venv/kit.stamp
	$(BIN)/python -m pytest grader --submission "$(SUBMISSION)"

test: .venv/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m grader template --check
	$(BIN)/python -m pytest tests

.venv/kit.stamp: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

.venv/dev.stamp: .venv/kit.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $@

clean:
	rm -rf .venv
