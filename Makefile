# The front door. `make` alone prints what it can do.

YEAR ?= 2024-25
PARAMS ?= params/$(YEAR).yml
RUN ?= outputs/$(YEAR)/national/current

# What may be given. Any other name, such as PARAM, would be passed over and the report made of something else.
PATHS := PARAMS RUN ARCHIVE EXTRACTS PUBLISHED KEY A B CODE DATA
OPTIONS := YEAR $(PATHS) FRESH SCHEDULER AUDIT PYTHON
GIVEN := $(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(name)))
UNKNOWN := $(filter-out $(OPTIONS) SHELL MAKE% CURDIR,$(GIVEN))
nearest = $(or $(filter $(shell printf %.1s '$1' | tr a-z A-Z)%,$(OPTIONS)),$(OPTIONS))
$(if $(UNKNOWN),$(error No such option: $(foreach name,$(UNKNOWN),$(name) (nearest: $(call nearest,$(name))))))
# Not every shell puts the home folder in place of a ~ that stands after a =.
$(foreach name,$(PATHS),$(eval override $(name) := $$($(name):~/%=$$(HOME)/%)))

# A parameter file that uses the demo data needs it made first.
DEMO := $(if $(shell grep -s 'data/demo/' '$(PARAMS)'),data/demo/.made)
IN := .venv/bin/
# Tests are not the report that is to end when make does. In order of names the files of most minutes come early, not
# those of most tests, so that no processor waits at the end for a long one.
PYTEST := env -u MAKELEVEL $(IN)python -m pytest -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# The same inputs give the same bytes, whatever the shell says.
export OPENBLAS_NUM_THREADS := 1
export PYTHONHASHSEED := 0
export PYTHONUTF8 := 1
export TZ := UTC
export PIP_DISABLE_PIP_VERSION_CHECK := 1
unexport MPLBACKEND PYTHONDONTWRITEBYTECODE PYTHONHOME PYTHONOPTIMIZE PYTHONPATH PYTHONWARNINGS

.DELETE_ON_ERROR:
.PHONY: help annual-report editions check-data demo-data audit lab compare review sign publish status \
	test test-full check bench screenshots docs clean

help: ## Print this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r name what; do \
		printf '  make %-14s %s\n' "$$name" "$$what"; done
	@echo
	@echo 'Options: YEAR=2024-25 takes params/2024-25.yml; PARAMS=my/file.yml another file;'
	@echo '         RUN=outputs/2024-25/national/current the run that is reviewed;'
	@echo '         FRESH=1 makes reports anew, whatever was made before;'
	@echo '         PYTHON=python3.12 the Python to build the environment with (3.11 to 3.13).'

annual-report: .venv $(DEMO) ## Make the year's report: HTML, PDF, spreadsheets
	@$(IN)reportlib report '$(PARAMS)' $(if $(FRESH),--fresh)

editions: .venv $(DEMO) ## Make the report of the whole, of every region and type, and of your lists
	@$(IN)reportlib editions '$(PARAMS)' $(if $(FRESH),--fresh) $(if $(SCHEDULER),--scheduler '$(SCHEDULER)')

check-data: .venv $(DEMO) ## Check the extracts against their contracts, and stop there
	@$(IN)reportlib check-data '$(PARAMS)'

demo-data: data/demo/.made ## Write the synthetic extracts to data/demo/

audit: .venv ## Make an archived report again: ARCHIVE=file, EXTRACTS=folder, PUBLISHED=folder, KEY=file, AUDIT=figures
	@test -n '$(ARCHIVE)' || { echo 'Which one? make audit ARCHIVE=outputs/<year>/<edition>/archive/<run>.zip' >&2; exit 2; }
	@test -z '$(filter-out figures,$(AUDIT))' || { echo 'AUDIT=$(AUDIT) is not known: AUDIT=figures, or leave it out' >&2; exit 2; }
	@$(IN)reportlib audit '$(ARCHIVE)' $(if $(filter figures,$(AUDIT)),--figures) \
		$(if $(EXTRACTS),--extracts '$(EXTRACTS)') $(if $(PUBLISHED),--published '$(PUBLISHED)') $(if $(KEY),--identity '$(KEY)')

lab: .venv $(DEMO) ## Open the notebooks in JupyterLab
	@$(IN)reportlib lab '$(PARAMS)'

compare: .venv ## Say what moved between two runs, by how much and why: A=folder B=folder
	@$(IN)reportlib compare $(addprefix --code ,$(CODE)) $(addprefix --data ,$(DATA)) \
		'$(or $(A),$(error Say which run is the earlier: A=outputs/2023-24/national/current))' '$(or $(B),$(RUN))'

review: .venv ## Give a report to review: KEY=the author's SSH key, RUN=folder
	@$(IN)reportlib review '$(RUN)' --key '$(or $(KEY),$(error Say with which key you sign: KEY=~/.ssh/id_ed25519))'

sign: .venv ## Sign a reviewed report off: KEY=the reviewer's SSH key, RUN=folder
	@$(IN)reportlib sign '$(RUN)' --key '$(or $(KEY),$(error Say with which key you sign: KEY=~/.ssh/id_ed25519))'

publish: .venv ## Point `published` to a signed report: RUN=folder
	@$(IN)reportlib publish '$(RUN)'

status: .venv ## Say whether a report is draft, in review, signed or published: RUN=folder
	@$(IN)reportlib status '$(RUN)'

test: .venv ## Run the tests that need no system package
	@echo 'Left to make test-full (tests by file):'
	@$(IN)python -m pytest -qq --collect-only -m full $$(grep -rl --include='*.py' 'mark\.full' tests)
	@$(PYTEST) -m 'not full'

test-full: .venv ## Run the tests that need a browser, LibreOffice or more than a minute
	@tools/apt 'These tests need system packages' chromium poppler-utils libreoffice-calc faketime \
		postgresql default-jre-headless
	@$(IN)python -m pip install --quiet --require-hashes -r requirements-full.lock
	@$(PYTEST) -m full

check: .venv ## Lint, types, docs, notebooks stripped; changes nothing, reports every failure
	@failed=; \
	for what in 'ruff check .' 'ruff format --check .' mypy 'pytest -q -m check'; do \
		echo "== $$what"; $(IN)python -m $$what || failed="$$failed, $$what"; \
	done; \
	if [ "$$failed" ]; then echo "Failed: $${failed#, }"; exit 1; fi

bench: .venv ## Measure: simulated coverage of the intervals, speed of disclosure control, counting of rows
	@failed=; for script in bench/[a-z]*.py; do \
		echo "== $$script"; $(IN)python "$$script" || failed="$$failed $$script"; \
	done; \
	if [ "$$failed" ]; then echo "Failed:$$failed"; exit 1; fi

screenshots: .venv ## Take the README's pictures of the current report (needs chromium)
	@tools/apt 'Screenshots need a browser' chromium
	@$(IN)python tools/screenshots.py 'outputs/$(YEAR)/national/current'

docs: .venv ## Write the pages of docs/ that are made from the code
	@$(IN)python -c 'from pathlib import Path; from reportlib.params import parameters_page; \
		Path("docs/parameters.md").write_text(parameters_page(), encoding="utf-8")'

clean: ## Remove the environment, the demo data and caches; never a report in outputs/
	rm -rf .venv data/demo outputs/.cache .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './outputs/*' -prune -exec rm -rf {} +

# The environment holds a copy of the lock that it was built from.
.venv: .venv/installed ;

.venv/installed: .venv/requirements.lock pyproject.toml
	@$(IN)python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/requirements.lock: requirements.lock
	@if cmp -s $< $@; then touch $@; else \
		echo 'Building .venv from requirements.lock: a minute or two, once'; tools/venv $(PYTHON); fi

data/demo/.made: $(wildcard src/reportlib/inputs/demo/* data/published/*.csv) | .venv
	@$(IN)reportlib demo-data
	@touch $@
