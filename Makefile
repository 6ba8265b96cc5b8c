# Everything a checkout needs; `make help` lists the targets.
# Needs Python 3.11 to 3.14. All else goes into .venv, in the versions of constraints.txt.

# The package index of PyTorch's CPU builds. Asked on Linux only, where pip's own index has none:
# there torch is a build for graphics cards, several GB larger and of no use here. Empty: not asked.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
# Arguments for the chat, for example: make chat ARGS="--port 8600 --no-browser"
ARGS ?=
# The Python to use. Empty: the first of the list below that fits.
PYTHON ?=
# 3.11 first, because the tests are run with it.
PYTHONS := $(or $(PYTHON),python3.11 python3.12 python3.13 python3.14 python3 python)
FITS := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))

VENV := .venv
BIN := $(VENV)/bin/python
PIP_VERSION := 26.3
# The default tests are shared among four processes, each of which takes up to 2 GB of memory and often
# waits; one that has done its share takes tests from another's, so that all end together
# (`make WORKERS= test`: one process). The slow tests measure time and memory: one process runs them.
WORKERS := -n 4 --dist worksteal
TORCH := $(shell sed -n 's/^torch==//p' constraints.txt)
# A package without a wheel is an error, not the start of a compilation.
INSTALL := $(BIN) -m pip install --disable-pip-version-check --only-binary :all: -c constraints.txt
# Runs a command and shows its output only if it fails.
quietly = { $(1); } >$(VENV)/log 2>&1 || { cat $(VENV)/log; echo "This failed: $(2)" >&2; exit 1; }

.PHONY: help chat test slow check lint format clean

help:
	@echo "make chat    open the chat page; the first time also installs and prepares everything"
	@echo "make test    style, types and the tests that need no browser"
	@echo "make slow    the tests that make test leaves out: the page in Chromium, the sample questions, kills"
	@echo "make check   both"
	@echo "make format  lay out the code"
	@echo "make clean   remove .venv and what the tools left; your library stays"

chat: $(VENV)/chat
	@$(BIN) -m rag.cli chat $(ARGS)

test: lint
	@echo "Tests:" && $(BIN) -m pytest $(WORKERS)
	@echo "Left out: the page in Chromium, the sample questions, the built package; for them: make slow"

slow: $(VENV)/test
	@echo "Tests of the page, of the answers to the sample questions, and of the package:" && $(BIN) -m pytest -m "browser or slow"

check: test slow

lint: $(VENV)/test
	@echo "Style:" && $(BIN) -m ruff check .
	@echo "Types:" && $(BIN) -m mypy

format: $(VENV)/test
	@$(BIN) -m ruff check --fix-only --quiet .
	@$(BIN) -m ruff format .

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
	find . -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/pip:
	@for p in $(PYTHONS); do if $$p -c '$(FITS)' 2>/dev/null; then python=$$p; break; fi; done; \
	if [ -z "$$python" ]; then \
		echo "No Python fits: 3.11 to 3.14 with its venv module is needed, as python3 or in" >&2; \
		echo "make PYTHON=/path/to/python. On Debian and Ubuntu: apt install python3-venv" >&2; \
		exit 1; \
	fi; \
	echo "Creating $(VENV) with $$($$python --version)" && \
	$$python -m venv --clear $(VENV) && \
	$(call quietly,$(BIN) -m pip install pip==$(PIP_VERSION),installing pip)
	@touch $@

$(VENV)/chat: $(VENV)/pip pyproject.toml constraints.txt
	@echo "Installing the packages of constraints.txt (2.5 GB; takes some minutes, once)"
	@if [ "$$(uname -s)" = Linux ]; then \
		$(INSTALL) -qq --no-deps torch==$(TORCH)+cpu 2>/dev/null || \
		{ [ -n "$(TORCH_INDEX)" ] && $(INSTALL) -qq --no-deps --timeout 15 --retries 1 \
			--index-url $(TORCH_INDEX) torch==$(TORCH)+cpu 2>/dev/null; } || \
		echo "No CPU build of torch was found; the one for graphics cards follows (several GB)"; \
	fi
	@$(call quietly,$(INSTALL) hatchling editables && $(INSTALL) --no-build-isolation -e .,\
		installing the packages)
	@touch $@

$(VENV)/test: $(VENV)/chat
	@echo "Installing what the tests need"
	@$(call quietly,$(INSTALL) --no-build-isolation -e '.[test]',installing what the tests need)
	@touch $@
