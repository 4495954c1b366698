# Everything a fresh machine needs to run, test and shape Backissue, in an environment of its own.
# It needs Python 3.11 or newer, pip and make; it writes only below .venv and .cache, and never as root.
# Its law: what was done is not done again. A stamp in .venv stands for each thing installed.

PYTHON ?= python3
CHROMIUM ?= chromium
SHELL := /bin/sh
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
UV := .cache/uv/bin/uv
LOCK := $(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --custom-compile-command "make lock"
# What is named in requirements/*.txt is installed as it was locked, and we ourselves without another download.
INSTALL := $(PIP) install --require-hashes --requirement
# What to do where pip cannot install what some tests need; $(@F) is the stamp.
REFUSED = { echo "make: $(basename $(@F)) COULD NOT BE INSTALLED. It needs a package registry; pip says why above. Its tests will be skipped." >&2; exit 1; }
OURSELVES := $(PIP) install --no-deps --no-build-isolation --editable .
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test test-lowest lint format bench bench-peers scale kills lives storm mutants eval picture browser wordpress postgres ray isso waline ghost pywb plugins generators lock dist smoke docs clean

help:  ## list what make can do
	@echo "Backissue keeps a searchable archive of a news site. First try: make run"
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-16s %s\n", $$1, $$2}'

run: .venv/run.stamp  ## archive the sample newspaper and show it at http://127.0.0.1:8001
	@$(BIN)/backissue demo

test: .venv/test.stamp  ## run all tests
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(PYTEST)

test-lowest: .venv-low/test.stamp  ## run all tests on the lowest versions that pyproject.toml allows
	.venv-low/bin/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(PYTEST)

lint: .venv/lint.stamp  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/lint.stamp  ## format the code with ruff
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/test.stamp  ## measure speed and write docs/performance.md, BENCH="disk …" for some
	$(BIN)/python -m tests.revisits
	$(BIN)/python -m tests.bench $(BENCH)
	$(BIN)/python -m tests.bench_pages

bench-peers: .venv/test.stamp  ## measure other readers of news pages on the same pages, each in its own environment
	$(BIN)/python -m tests.bench.peers

scale: .venv/test.stamp  ## write the figures of docs/scale.md: unit costs, and a simulated week of 10,000 sources
	$(BIN)/python -m tests.scale $(SCALE)

mutants: .venv/test.stamp  ## break each promise in a copy and expect its tests to fail, MUTANTS="name …" for some
	$(BIN)/python -m tests.mutants $(MUTANTS)

kills: .venv/test.stamp  ## kill crawls at random moments and check the archive, KILLS=40 times
	BACKISSUE_KILLS=$(or $(KILLS),40) $(BIN)/python -m pytest tests/program/test_kills.py tests/program/test_redaction_kills.py

lives: .venv/test.stamp wordpress  ## run random lives of a real WordPress and check the archive, LIVES=4 times
	$(BIN)/python -m tests.lives --lives $(or $(LIVES),4)

storm: .venv/test.stamp postgres  ## kill, hang and cut off workers of a fleet at random, STORMS=10 times
	BACKISSUE_STORMS=$(or $(STORMS),10) $(BIN)/python -m pytest tests/fleet/test_fleet.py -k random

eval: .venv/test.stamp  ## measure the quality of extraction on labelled pages
	$(BIN)/python -m tests.eval $(EVAL)

picture: .venv/browser.stamp  ## write docs/picture.png
	$(BIN)/python -m tests.picture

browser: .venv/browser.stamp  ## install what the browser tests need: playwright, chromium, axe-core
	@if ! command -v $(CHROMIUM) >/dev/null && command -v apt-get >/dev/null; then \
	  root=; [ "$$(id -u)" = 0 ] || root="sudo -n"; \
	  { $$root apt-get update --quiet && $$root apt-get install --yes --quiet --no-install-recommends chromium; } </dev/null || true; \
	fi
	@if [ ! -e .cache/browser/node_modules/axe-core/axe.min.js ] && command -v npm >/dev/null; then \
	  mkdir -p .cache/browser && npm install --prefix .cache/browser --no-audit --no-fund --silent axe-core@4 </dev/null || true; \
	fi
	@command -v $(CHROMIUM) >/dev/null || \
	  echo "make browser: NO CHROMIUM. It could not be installed (Debian: apt-get install chromium, as root). Browser tests will be skipped." >&2
	@[ -e .cache/browser/node_modules/axe-core/axe.min.js ] || \
	  echo "make browser: NO AXE-CORE. It needs npm and a registry (Debian: apt-get install npm). Accessibility tests will be skipped." >&2

wordpress:  ## install what the WordPress tests need: PHP and WordPress itself
	sh tests/wordpress/setup.sh

postgres: .cache/moto.stamp  ## install what the tests of a fleet need: PostgreSQL, and moto as an S3
	@if ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && command -v apt-get >/dev/null; then \
	  root=; [ "$$(id -u)" = 0 ] || root="sudo -n"; \
	  { $$root apt-get update --quiet && $$root apt-get install --yes --quiet --no-install-recommends postgresql; } </dev/null || true; \
	fi
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || \
	  echo "make postgres: NO POSTGRESQL. It could not be installed (Debian: apt-get install postgresql, as root). Tests of a fleet will be skipped." >&2

ray: .cache/ray.stamp  ## install Ray with Backissue, in its own environment, for the tests on a Ray cluster

isso: .cache/isso.stamp  ## install Isso, in its own environment, for the tests against it

waline: .cache/waline.stamp  ## install Waline, for the tests against it
	@[ -d .cache/waline/node_modules/@waline/vercel ] || \
	  echo "make waline: NO WALINE. It needs Node 20 or newer, npm and a registry (Debian: apt-get install npm). Its tests will be skipped." >&2

ghost: .cache/ghost.stamp  ## install Ghost, for the tests against it
	@[ -e .cache/ghost/package/$(GHOST_DB) ] || \
	  echo "make ghost: NO GHOST. It needs Node 20 or 22, npm, a registry and a C++ compiler (Debian: apt-get install npm g++ make). Its tests will be skipped." >&2

pywb: .cache/pywb.stamp  ## install pywb, in its own environment, for the tests beside it

plugins: .cache/plugins.stamp  ## install the plugins of docs/plugins.md, in an environment of their own, for the tests beside them

generators: .cache/generators.stamp  ## install Eleventy and Hexo, for the tests of static sites
	@[ -d .cache/generators/node_modules/hexo ] || \
	  echo "make generators: NO GENERATORS. They need Node 18 or newer, npm and a registry (Debian: apt-get install npm). Their tests will be skipped." >&2

lock: .cache/uv.stamp  ## write requirements/*.txt: the newest allowed versions with their hashes
	$(LOCK) --extra test --extra lint --extra browser --output-file requirements/dev.txt pyproject.toml requirements/build.in
	$(LOCK) --constraint requirements/dev.txt --output-file requirements/run.txt pyproject.toml requirements/build.in
	$(LOCK) --constraint requirements/dev.txt --extra fleet --output-file requirements/fleet.txt pyproject.toml requirements/build.in

dist: .venv/lint.stamp  ## build the wheel and the source archive into dist/
	$(PIP) install "build>=1.2,<2"
	$(BIN)/python -m build

docs: .cache/docs.stamp .venv/run.stamp  ## build the documentation in dist/docs, with pictures if there is a Chromium
	@if command -v $(CHROMIUM) >/dev/null; then $(MAKE) .venv/browser.stamp && $(BIN)/python -m tests.picture --folder .cache/pictures; \
	  else echo "make docs: NO CHROMIUM, so no new pictures (make browser)." >&2; fi
	NO_MKDOCS_2_WARNING=1 .cache/docs/bin/mkdocs build --quiet --clean
	@echo "dist/docs/index.html"

smoke: .venv/test.stamp .cache/uv.stamp  ## install the wheel in an empty environment and run the demo
	$(BIN)/python -m tests.smoke $(UV)

clean:  ## remove the environment and all built files (archives and your configuration stay)
	rm -rf .venv .venv-low .cache dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# -- the environment ------------------------------------------------------------------------------

# Debian's python3 may come without ensurepip: then its own pip fills the environment from outside.
.venv/pip.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Backissue needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1 || true). Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Making .venv …"
	@{ $(PYTHON) -m venv --clear --without-pip .venv \
	    && $(PYTHON) -m pip --disable-pip-version-check --quiet --python .venv/bin/python install --upgrade pip; } 2>.venv.log \
	  || { $(PYTHON) -m venv --clear .venv && $(PIP) install --upgrade pip; } 2>>.venv.log \
	  || { cat .venv.log >&2; rm -f .venv.log; \
	       echo "No environment could be made. Debian: apt-get install python3-venv, or python3-pip." >&2; exit 1; }
	@rm -f .venv.log
	@touch $@

.venv/run.stamp: .venv/pip.stamp pyproject.toml requirements/run.txt
	@echo "Installing Backissue and its libraries into .venv (a minute, once) …"
	@$(INSTALL) requirements/run.txt
	@$(OURSELVES)
	@$(BIN)/python -m compileall -q archive crawler pipeline scheduler.py
	@touch $@

.venv/dev.stamp: .venv/run.stamp requirements/dev.txt
	@$(INSTALL) requirements/dev.txt
	@touch $@

.venv/test.stamp .venv/lint.stamp .venv/browser.stamp: .venv/dev.stamp
	@touch $@

# An S3 for the tests of a fleet, in an environment of its own: boto needs an older dateutil than we do.
.cache/moto.stamp: .venv/pip.stamp
	@mkdir -p .cache
	@$(BIN)/python -m venv --clear --without-pip .cache/moto
	@$(BIN)/python -m pip --disable-pip-version-check --quiet --python .cache/moto/bin/python install "moto[s3]>=5.2,<6" "flask>=3.1,<4" "flask-cors>=6,<7" || $(REFUSED)
	@touch $@

# The lowest versions that pyproject.toml names, in an environment of their own.
.cache/uv.stamp: .venv/pip.stamp
	@mkdir -p .cache
	@$(BIN)/python -m venv --without-pip .cache/uv
	@$(BIN)/python -m pip --disable-pip-version-check --quiet --python .cache/uv/bin/python install "uv>=0.9,<1"
	@touch $@

# The builder of the documentation, in an environment of its own: none of it is shipped.
.cache/docs.stamp: .venv/pip.stamp pyproject.toml
	@mkdir -p .cache
	@$(BIN)/python -m venv --clear --without-pip .cache/docs
	@$(BIN)/python -m pip --disable-pip-version-check --quiet --python .cache/docs/bin/python install --group docs
	@touch $@

.cache/ray.stamp: .venv/pip.stamp pyproject.toml
	@mkdir -p .cache
	@$(BIN)/python -m venv --clear --without-pip .cache/ray
	@$(BIN)/python -m pip --disable-pip-version-check --quiet --python .cache/ray/bin/python install --editable ".[ray]" || $(REFUSED)
	@touch $@

.cache/isso.stamp: .venv/pip.stamp
	@mkdir -p .cache
	@$(BIN)/python -m venv --without-pip .cache/isso
	@$(BIN)/python -m pip --disable-pip-version-check --quiet --python .cache/isso/bin/python install "isso==0.14.0" || $(REFUSED)
	@touch $@

.cache/pywb.stamp: .venv/pip.stamp
	@mkdir -p .cache
	@$(BIN)/python -m venv --without-pip .cache/pywb
	@$(BIN)/python -m pip --disable-pip-version-check --quiet --python .cache/pywb/bin/python install "pywb==2.10.0" "setuptools<85" || $(REFUSED)
	@touch $@

PLUGINS := datasette-mcp==0.3 datasette-search-all==1.1.4 datasette-vega==0.6.2 datasette-cluster-map==0.18.2 datasette-dashboards==0.8.0
.cache/plugins.stamp: .venv/pip.stamp Makefile pyproject.toml
	@mkdir -p .cache
	@$(BIN)/python -m venv --clear --without-pip .cache/plugins
	@$(BIN)/python -m pip --disable-pip-version-check --quiet --python .cache/plugins/bin/python install --editable . $(PLUGINS) || $(REFUSED)
	@touch $@

.cache/waline.stamp: Makefile
	@mkdir -p .cache/waline
	@! command -v npm >/dev/null || \
	  npm install --prefix .cache/waline --no-audit --no-fund --silent @waline/vercel@1.39.3 </dev/null || true
	@[ ! -d .cache/waline/node_modules/@waline/vercel ] || touch $@

# Its package names some of its parts as files within itself, so it is installed where it was unpacked.
# Of all that its packages would compile, it needs the database alone; npm downloads that where it can.
GHOST_DB := node_modules/sqlite3/build/Release/node_sqlite3.node
GHOST := 5.130.6
.cache/ghost.stamp: Makefile
	@mkdir -p .cache/ghost
	@! command -v npm >/dev/null || { cd .cache/ghost && npm pack --silent ghost@$(GHOST) >/dev/null && tar xzf ghost-$(GHOST).tgz \
	  && cd package && npm pkg delete devDependencies \
	  && npm install --omit=dev --legacy-peer-deps --ignore-scripts --no-audit --no-fund --silent </dev/null \
	  && npm rebuild --silent sqlite3 </dev/null; } || true
	@[ ! -e .cache/ghost/package/$(GHOST_DB) ] || touch $@

GENERATORS := @11ty/eleventy@3.1.8 @11ty/eleventy-plugin-rss@2.0.4 hexo@7.3.0 hexo-generator-index@4.0.0 \
  hexo-generator-archive@2.0.0 hexo-generator-tag@2.0.0 hexo-generator-feed@3.0.0 hexo-generator-sitemap@3.0.1 \
  hexo-renderer-marked@7.0.1 hexo-renderer-ejs@2.0.0 hexo-theme-landscape@1.1.0
.cache/generators.stamp: Makefile
	@mkdir -p .cache/generators
	@! command -v npm >/dev/null || \
	  npm install --prefix .cache/generators --no-audit --no-fund --silent $(GENERATORS) </dev/null || true
	@[ ! -d .cache/generators/node_modules/hexo ] || touch $@

.venv-low/test.stamp: .cache/uv.stamp pyproject.toml
	@$(UV) venv --quiet --clear --python $(BIN)/python .venv-low
	@$(UV) pip install --quiet --python .venv-low/bin/python --resolution lowest-direct --editable ".[test]"
	@touch $@
