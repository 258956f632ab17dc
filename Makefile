# Needs only Python (3.11 or newer), pip, make and git. README.md explains the targets.
PYTHON ?= $(firstword $(shell command -v python3 python 2>/dev/null))
SUBMISSION ?= reference

ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif

.PHONY: grade check static test test-all dist map pictures bench chromium clean

grade: .venv/kit.stamp
	$(BIN)/python -m pytest grader --submission="$(SUBMISSION)"

# What to run before each commit: about a minute.
check: static
	$(BIN)/python -m pytest tests -n auto -m "not grading and not sandbox and not slow"

# Continuous integration installs a browser; elsewhere `make chromium` does.
test: static $(if $(CI),chromium)
	$(BIN)/python -m pytest tests -n auto

# With every fault and attack; `make test` tries every twelfth one, and builds no packages.
test-all: static
	$(BIN)/python -m pytest tests -n auto --all

static: .venv/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m grader template --check

.venv/kit.stamp: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "error: there is no Python here: install 3.11 or newer, or run make grade PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) grader/release/set_up.py anaconda
	@touch $@

.venv/dev.stamp: .venv/kit.stamp
	@$(BIN)/python grader/release/set_up.py dev
	@touch $@

# The list of modules in docs/map.md, from their docstrings.
map: .venv/dev.stamp
	$(BIN)/python -m tests.module_map

# The pictures of README.md, from real gradings; needs a browser.
pictures: .venv/dev.stamp
	$(BIN)/python -m tests.pictures

# This kit beside other graders, as a table; a few minutes, and pip for the others.
bench: .venv/kit.stamp
	$(BIN)/python -m tests.benchmarks.peers

# Wheel and sdist in dist/.
dist: .venv/dev.stamp
	$(BIN)/python -m build --outdir dist .

# The HTML pages are tested in a real browser; where Debian's can be had, this installs it.
chromium:
	@command -v chromium >/dev/null || { \
	  command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; } || \
	  echo "no chromium: the tests of the HTML pages will be skipped"

clean:
	rm -rf .venv
