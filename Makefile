# Each target works on a fresh machine by itself: Python 3.11, pip and make are all it takes.
PYTHON ?= python3.11
BIN := .venv/bin
STAMP := .venv/.installed
PEERS := .peers/.installed
# Each target starts many processes: where it is set, each would compile the house anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup demo test check fix fuzz bench bench-datasets bench-notifier up lock migration
.DEFAULT_GOAL := test

setup: $(STAMP)

$(STAMP): requirements-dev.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not on the PATH. Install Python 3.11, or name another: make PYTHON=python3.12 setup"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(STAMP)

demo: setup  ## the whole job on this machine: dataset, cost, training, tuned answers, signed webhook
	$(BIN)/python -m services.cli.demo

test: setup
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.migrations

fix: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python -m docs.tree
	$(BIN)/python -m docs.findings

fuzz: setup  ## spoil the corpus and check it, for ten minutes
	$(BIN)/python -m tests.fuzz --seconds 600

bench: setup
	$(BIN)/python -m benchmarks

# Whom the check of datasets is held against, apart from what we are locked to.
$(PEERS): benchmarks/peers.lock
	$(PYTHON) -m venv .peers
	.peers/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement benchmarks/peers.lock
	touch $(PEERS)

bench-datasets: setup $(PEERS)  ## how fast a dataset is checked: make bench-datasets megabytes="10 100 1000"
	$(BIN)/python -m benchmarks.datasets --megabytes $(or $(megabytes),20)

bench-notifier: setup  ## the notifier's speed, delay and survival; in full: make bench-notifier FULL=1
	$(BIN)/python -m benchmarks.notifier $(if $(FULL),--long)
	$(BIN)/python -m benchmarks.survival $(if $(FULL),,--deliveries 3000 --times 2)

up: setup
	$(BIN)/tuneyard up

lock:  ## write the lock files anew; needs uv
	uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --extra embedded pyproject.toml --output-file requirements.lock
	uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --extra embedded --extra dev pyproject.toml --output-file requirements-dev.lock
	uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --constraint requirements.lock pyproject.toml --output-file deploy/image.lock
	echo hatchling | uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --constraint requirements-dev.lock - --output-file deploy/build.lock
	uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate benchmarks/peers.in --output-file benchmarks/peers.lock

migration: setup  ## write a migration from what changed in the tables: make migration m="why"
	$(BIN)/python -m tests.migrations "$(m)"
