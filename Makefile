# Every target makes its own .venv first and installs the pinned packages into it; the second time that is quick.
PYTHON ?= python3
BIN := .venv/bin
RUN := .venv/.installed
DEV := .venv/.installed-dev
BUSY := tests/torture tests/browser
NO_VENV := "No .venv could be made, and nothing was left behind. On Debian and Ubuntu first: apt install python3-venv"

.PHONY: torture soak help demo demo-script stand-ins screenshots test quick bench lint run audit licences pythons pin clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

demo: $(RUN) ## the real bot against local stand-ins, in a page in your browser
	@$(BIN)/python -m sandbox.demo $(ARGS)

demo-script: $(RUN) ## the same as a conversation in this terminal, from the command to the CSV
	@$(BIN)/python -m sandbox.demo_script $(ARGS)

stand-ins: $(RUN) ## stand-ins of Slack and Autodesk for a bot that you install yourself (docs/install.md)
	@$(BIN)/python -m sandbox.stand_ins $(ARGS)

screenshots: $(DEV) ## the pictures of the README, taken of the page (needs Chromium)
	@$(BIN)/python -m scripts.screenshots

test: $(DEV) ## the tests (ARGS="-k word" picks some)
ifdef ARGS
	@$(BIN)/python -m pytest -n 4 --dist loadfile $(ARGS)
else # browsers and killed bots keep two cores busy; the other tests mostly wait
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(BUSY)
	@$(BIN)/python -m pytest -n 6 --dist loadfile --no-loadscope-reorder tests $(BUSY:%=--ignore=%)
endif

quick: $(DEV) ## the tests that start no bot, a minute or two
	@$(BIN)/python -m pytest -n 4 tests/unit $(ARGS)

torture: $(DEV) ## kills at every boundary, every fault, random moments under load (RUNS=100, SEED=n, ONLY=boundaries)
	@RUNS=$(or $(RUNS),100) SEED=$(SEED) ONLY=$(ONLY) EVERY=$(EVERY) $(BIN)/python -m tests.torture

soak: $(DEV) ## a virtual day with thousands of exports, then ten real minutes (SECONDS=600): nothing grows
	@SOAK_SECONDS=$(or $(SECONDS),600) $(BIN)/python -m tests.torture.soak

lint: $(DEV) ## ruff, strict types, and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

bench: $(RUN) ## figures beside baselines and targets, half an hour (ARGS="polling" runs a part)
	@$(BIN)/python -m bench $(ARGS)

run: $(RUN) ## the bot with the settings of the environment and .env
	@$(BIN)/python -m bot run

audit: $(DEV) ## known weaknesses of the pinned packages (asks a service in the network)
	@$(BIN)/python -m scripts.audit

licences: $(RUN) ## write docs/licences.md
	@$(BIN)/python -m scripts.licences

pythons: $(RUN) ## install the pinned packages with every supported Python that is here, and start the bot
	@$(BIN)/python -m scripts.pythons

pin: $(DEV) ## resolve the requirements again, with hashes, for every supported Python
	@$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --upgrade --quiet \
		--custom-compile-command "make pin" --output-file requirements.txt
	@$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --upgrade --quiet \
		--custom-compile-command "make pin" --constraint requirements.txt --output-file requirements-dev.txt

clean: ## remove what the targets made
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed; set PYTHON=/path/to/python3.11" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv .venv && .venv/bin/python -m pip --version >/dev/null || { rm -rf .venv; echo $(NO_VENV) >&2; exit 1; }

$(RUN): requirements.txt | .venv/bin/python
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { echo "There is no pip in .venv. Run: make clean" >&2; exit 1; }
	@echo "Installing the pinned packages into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(DEV): requirements-dev.txt $(RUN)
	@echo "Installing the pinned development packages into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
