# Two commands: `make demo` holds a lesson, `make test` proves the rules. Both set up what they need, in .venv.
export PATH := $(abspath .venv)/bin:$(PATH)
PYTHON ?= python3
WEB_SOURCES := $(shell find web -type f -not -path 'web/node_modules/*' 2>/dev/null)

.PHONY: setup demo test test-alone lint bench bench-media types clean browser

setup: .venv/.stamp node_modules/.stamp server/static/.stamp

.venv/.stamp: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install -q --disable-pip-version-check uv==0.13.9
	.venv/bin/uv pip install -q --python .venv/bin/python --require-hashes --only-binary :all: -r requirements.lock
	.venv/bin/uv pip install -q --python .venv/bin/python --no-deps --no-build-isolation -e .
	touch $@

node_modules/.stamp: package-lock.json .npmrc | .venv/.stamp
	npm ci --no-progress
	touch $@

server/static/.stamp: node_modules/.stamp $(WEB_SOURCES)
	npm run --silent build
	touch $@

browser: .venv/.stamp
	@.venv/bin/python .ci/browser.py

demo: setup
	@lessonroom demo $(if $(PORT),--port $(PORT)) $(if $(BOT),--bot) $(TROUBLE:%=--trouble %) || [ $$? -eq 130 ]  # 130: Ctrl-C, which is how a demo ends

lint: setup
	ruff check .
	ruff format --check .
	mypy
	lint-imports
	npm run --silent check

types: setup
	python -m server.wire_schema

test: setup browser lint
	npm test --silent
	pytest -n 2 --dist loadfile --ignore=tests/networks -m 'not alone' $(PYTEST_ARGS)

# Real networks that are cut, and counters that are compared: they do not stand beside other tests on two cores.
test-alone: setup browser
	pytest tests/networks $(PYTEST_ARGS)
	pytest -m alone --ignore=tests/networks $(PYTEST_ARGS)

bench: setup
	python -m benchmarks

# The media relay beside Debian's Janus, which is installed where it can be.
bench-media: setup browser
	@python .ci/janus.py
	python -m benchmarks.media

clean:
	rm -rf .venv node_modules server/static
