# Everything that is run on Jingjia, from a bare checkout on: each target first makes .venv as requirements.lock says.
# Needed beforehand: make, Python 3.11 or newer with its venv module (Debian 12: apt-get install make python3.11-venv).

BIN := .venv/bin
CACHE := $(or $(JINGJIA_CACHE_DIR),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/jingjia)

# PYTHON=... picks the interpreter; else the first of these that is new enough and can make an environment.
PYTHONS := $(PYTHON) python3.11 python3 python3.12 python3.13

.PHONY: help demo test suite interpreted lint format long bench bench-peers bench-peers-auction install clean
.DELETE_ON_ERROR:

help:
	@echo 'make demo    start a server, play a real auction and a real trading session through it, draw the outcome'
	@echo 'make test    style, types and the whole test suite, kernels interpreted (reduced) and compiled'
	@echo 'make lint    style and types only'
	@echo 'make format  mend what the style check can mend by itself'
	@echo 'make long    the randomised comparisons at full counts'
	@echo 'make bench   the benchmarks that need no file of their own, one after the other (a few minutes)'
	@echo 'make bench-peers  the order book beside books that anybody can install; installs those first, apart'
	@echo 'make bench-peers-auction  the clear beside NumPy, polars, pandas and a market simulator; installs those first, apart'
	@echo 'make clean   remove .venv, caches (compiled kernels too) and demo-output'

demo: .venv/kernels
	@$(BIN)/jingjia demo

# The compiled suite comes last, so that the last line printed is its summary.
test: lint
	@$(MAKE) --no-print-directory interpreted
	@$(MAKE) --no-print-directory suite

# Compiled before the suite, for both capacity classes that it uses, so that its two workers do not both do it.
suite: .venv/kernels
	@$(BIN)/jingjia warm --capacity small
	@echo 'Test suite, kernels compiled ...'
	@$(BIN)/pytest -n 2 --dist loadfile -m 'not long'

interpreted: .venv/installed
	@echo 'Tests of everything that is compiled, interpreted, at reduced counts ...'
	@NUMBA_DISABLE_JIT=1 $(BIN)/pytest -q -m 'not long and not compiled' --hypothesis-profile=interpreted \
	  $(addprefix --ignore=tests/,audit contracts crash golden journal rules services simulation)

lint: .venv/installed
	@echo 'Style and types ...'
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy --no-error-summary

format: .venv/installed
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

# Stages in tests/long/plan.py. Two workers, one test at a time, the longest first. `make long ONLY=tests/crash`: a part.
long: .venv/kernels
	@$(BIN)/jingjia warm --capacity small
	@echo 'Randomised comparisons at full counts, two workers (up to forty minutes); table of figures: docs/long_run.md ...'
	@$(BIN)/pytest -m long --hypothesis-profile=long -p tests.long.figures $(if $(ONLY),,--figures docs/long_run.md) \
	  -n 2 --dist load --maxschedchunk 1 -p no:cacheprovider $(ONLY)

# Each compares its results before it prints a figure. benchmarks/README.md says what they ask, and the others too.
BENCHMARKS := benchmarks.clearing benchmarks.whatif benchmarks.exchange $(addprefix benchmarks.orderbook.,batches live span types memory start)

bench: .venv/installed
	@for benchmark in $(BENCHMARKS); do echo "$$benchmark:"; $(BIN)/python -m $$benchmark || exit 1; done

bench-peers: .venv/peers/installed
	@.venv/peers/bin/python -m benchmarks.peers --picture benchmarks/images/peers.png
	@echo 'Picture: benchmarks/images/peers.png'

# An environment of their own: what the peers need must not move the versions that the project is tested with.
.venv/peers/installed: .venv/locked pyproject.toml
	@echo 'Installing the peers into .venv/peers (once; some minutes) ...'
	@$(BIN)/python -m venv --clear .venv/peers
	@.venv/peers/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@.venv/peers/bin/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -e '.[peers]'
	@touch $@

install: .venv/installed

# Two steps, so that an edit of pyproject.toml does not walk through the whole lock again.
.venv/locked: requirements.lock
	@for python in $(PYTHONS); do \
	  if $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	  then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo 'No Python 3.11 or newer that can make a virtual environment was found (tried: $(strip $(PYTHONS))).'; \
	  echo 'On Debian 12: apt-get install python3.11-venv. Elsewhere: make PYTHON=/path/to/python3.11 ...'; \
	  exit 1; \
	fi >&2; \
	echo "Installing the packages of requirements.lock into .venv with $$found (once; a minute or two) ..."; \
	$(BIN)/python -c '' >/dev/null 2>&1 || $$found -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.venv/installed: .venv/locked pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# An environment of their own: what the peers need must not move the versions that the project is tested with.
.venv/peers-auction/installed: .venv/locked pyproject.toml
	@echo 'Installing the peers of the clear into .venv/peers-auction (once; a minute or two) ...'
	@$(BIN)/python -m venv --clear .venv/peers-auction
	@.venv/peers-auction/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@.venv/peers-auction/bin/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -e '.[auction-peers]'
	@touch $@

bench-peers-auction: .venv/peers-auction/installed
	@.venv/peers-auction/bin/python -m benchmarks.auction_peers --picture benchmarks/images/auction_peers.png

# Part of the installation: the kernels that a server runs, compiled once for these sources.
.venv/kernels: .venv/installed $(shell find engine -name '*.py')
	@$(BIN)/jingjia warm
	@touch $@

clean:
	rm -rf .venv build dist *.egg-info demo-output .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks "$(CACHE)"
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
