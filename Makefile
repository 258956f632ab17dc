# Needs only Python (3.11 or newer), pip, make and git. README.md explains the targets.
PYTHON ?= python3
SUBMISSION ?= reference

ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif

.PHONY: grade check static test test-all map chromium clean

grade: .venv/kit.stamp
	$(BIN)/python -m pytest grader --submission="$(SUBMISSION)"

# What to run before each commit: about a minute.
check: static
	$(BIN)/python -m pytest tests -n auto -m "not grading and not sandbox and not slow"

test: static chromium
	$(BIN)/python -m pytest tests -n auto

# With every fault and attack; `make test` tries every second one.
test-all: static chromium
	$(BIN)/python -m pytest tests -n auto --all

static: .venv/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m grader template --check

.venv/kit.stamp: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[anaconda]"
	touch $@

.venv/dev.stamp: .venv/kit.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $@

# The list of modules in docs/map.md, from their docstrings.
map: .venv/dev.stamp
	$(BIN)/python -m tests.module_map

# The HTML reports are tested in a real browser; where Debian's can be had, it is installed.
chromium:
	@command -v chromium >/dev/null || { \
	  command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; } || \
	  echo "no chromium: the tests of the HTML reports will be skipped"

clean:
	rm -rf .venv
