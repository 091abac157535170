.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

export UV_PYTHON_DOWNLOADS := never
export MELTANO_SEND_ANONYMOUS_USAGE_STATS := false
# Tests and benches start hundreds of processes: compiling what each imports anew would be most of their start-up.
# And what a process writes is buffered, as on a user's machine.
export PYTHONDONTWRITEBYTECODE :=
export PYTHONUNBUFFERED :=

UV_VERSION := 0.13.9
PIP_AUDIT := pip-audit@2.10.1
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v $$p; break; }; done)
UV := .uv/bin/uv
BIN := .venv/bin
MEMBERS := plugins taps targets
SCRIPTS := ci docs/site/dif_site
TRANSFORMS := .venv-transforms/.installed
SITE := .venv-docs/.installed
# The AWS CDK runs on Node, which a machine that only reads and loads data need not have.
DEPLOY := $(if $(shell command -v node),.venv-deploy/.installed)
PEERS := $(patsubst plugins/sandbox/tests/peers/%/uv.lock,.venv-peers/%/.installed,$(wildcard plugins/sandbox/tests/peers/*/uv.lock))
# A process for each part: none can leave servers, settings or libraries behind for another. The long ones begin first,
# with some processes each, and some run beside each other: much of what a test does is to wait for a server or a process.
LONG_PARTS := tests targets/target-redshift plugins/sandbox plugins/kit transforms plugins/ledger
PARTS := $(LONG_PARTS) $(filter-out $(LONG_PARTS),$(patsubst %/tests,%,$(wildcard plugins/*/tests taps/*/tests targets/*/tests transforms/tests ci/tests $(if $(DEPLOY),deploy/tests))))
TOGETHER ?= 3
WORKERS ?= 2

.PHONY: help
help: ## Show the verbs
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(UV):
	@test -n "$(PYTHON)" || { echo "dif needs Python 3.11 or newer: none found on PATH (or set PYTHON=/path/to/python3.11)"; exit 1; }
	@echo "install: fetching uv $(UV_VERSION) into .uv with $(PYTHON)"
	@$(PYTHON) -m venv .uv || { rm -rf .uv; echo "install: '$(PYTHON) -m venv' failed: on Debian, 'apt install python3-venv'"; exit 1; }
	@.uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) || { rm -rf .uv; echo "install: pip could not fetch uv $(UV_VERSION): is the package index reachable?"; exit 1; }

.venv/.installed: uv.lock pyproject.toml $(wildcard plugins/*/pyproject.toml taps/*/pyproject.toml targets/*/pyproject.toml) | $(UV)
	@echo "install: the workspace's venv, exactly as locked"
	@$(UV) sync --quiet --locked --all-packages --python $(PYTHON)
	@touch $@

# Other people's software that tests run, unmodified: its pins clash with ours or would hold ours back.
.venv-peers/%/.installed: plugins/sandbox/tests/peers/%/uv.lock plugins/sandbox/tests/peers/%/pyproject.toml | $(UV)
	@echo "install: the peer $*, in a venv of its own, exactly as locked"
	@UV_PROJECT_ENVIRONMENT=$(CURDIR)/.venv-peers/$* $(UV) sync --quiet --locked --project $(<D) --python $(PYTHON)
	@touch $@

$(TRANSFORMS): transforms/uv.lock transforms/pyproject.toml | $(UV)
	@echo "install: dbt-redshift, in a venv of its own, exactly as locked"
	@UV_PROJECT_ENVIRONMENT=$(CURDIR)/.venv-transforms $(UV) sync --quiet --locked --project transforms --python $(PYTHON)
	@touch $@

$(SITE): docs/site/uv.lock docs/site/pyproject.toml | $(UV)
	@echo "install: MkDocs, in a venv of its own, exactly as locked"
	@UV_PROJECT_ENVIRONMENT=$(CURDIR)/.venv-docs $(UV) sync --quiet --locked --project docs/site --python $(PYTHON)
	@touch $@

.venv-deploy/.installed: deploy/uv.lock deploy/pyproject.toml | $(UV)
	@echo "install: the AWS CDK, in a venv of its own, exactly as locked"
	@UV_PROJECT_ENVIRONMENT=$(CURDIR)/.venv-deploy $(UV) sync --quiet --locked --project deploy --python $(PYTHON)
	@touch $@

.PHONY: install
install: .venv/.installed $(TRANSFORMS) $(SITE) $(DEPLOY) $(PEERS) ## Install everything this needs into .venv, exactly as locked

.PHONY: demo
demo: install ## Two simulated days of two channels, to S3 and Redshift, compared row by row
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m dif_sandbox.demo

.PHONY: test
test: what ?= $(PARTS)
test: install ## Every test; no network beyond this machine's loopback (make test what=plugins/kit for one part)
	@test -n "$(DEPLOY)" || echo "test: deploy/ is left out: the AWS CDK needs Node, and none was found on PATH"
	@$(MAKE) --no-print-directory --keep-going --jobs=$(TOGETHER) $(if $(filter output-sync,$(.FEATURES)),--output-sync) \
		$(patsubst %,test/%,$(what))

test/%:
	@echo "test: $*"
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/pytest -q -n $(if $(filter $*,$(LONG_PARTS)),$(WORKERS),0) --dist loadfile --no-loadscope-reorder $* $(args) \
		$(if $(reports),--junitxml=$(reports)/$(subst /,-,$*).xml) || { echo "test: failed in $*"; exit 1; }

.PHONY: quick
quick: ## The tests of a part but for the slow ones, while you write: make quick what=plugins/kit
	@$(MAKE) --no-print-directory test args='-m "not slow" $(args)' WORKERS=3 $(if $(what),what="$(what)")

# Continuous integration tests areas side by side, and of a change what it touches.
area ?=
since ?=

.PHONY: parts
parts: ## Which parts of the tests the changes since a commit touch: make parts since=origin/main area=taps
	@$(PYTHON) ci/parts.py $(if $(since),--since $(since)) $(if $(area),--area $(area)) $(args)

.PHONY: test-changed
test-changed: ## Test what changes since a commit touch; all of it without one: make test-changed since=origin/main
	@touched="$$($(PYTHON) ci/parts.py $(if $(since),--since $(since)) $(if $(area),--area $(area)) \
		| sed '$(if $(DEPLOY),,/^deploy$$/d)' | tr '\n' ' ')"; \
	test -n "$$touched" || { echo "test-changed: nothing that was changed is tested in this area"; exit 0; }; \
	$(MAKE) --no-print-directory test what="$$touched"

.PHONY: faults
faults: attempts ?= 100
faults: seed ?= 1
faults: install ## Break whole pipes at random moments and check every promise: make faults attempts=500 seed=7
	@PYTHONPATH=tests $(BIN)/python -m faults --attempts $(attempts) --seed $(seed) $(args)

.PHONY: scale
scale: size ?= 10
scale: what ?= $(patsubst tests/test_scale_%.py,%,$(wildcard tests/test_scale_*.py))
scale: install ## Every channel's whole way to the warehouse at a size: make scale size=10 what=pinterest
	@DIF_SCALE=$(size) $(BIN)/pytest -q --durations=0 $(patsubst %,tests/test_scale_%.py,$(what)) $(args)

.PHONY: mutations
mutations: attempts ?= 100
mutations: seed ?= 1
mutations: install ## Alter a row or byte at every joint of supervised runs; each must be caught: make mutations attempts=200
	@PYTHONPATH=tests $(BIN)/python -W ignore -m mutations --attempts $(attempts) --seed $(seed)

.PHONY: soak
soak: clients ?= 200
soak: channels ?= 14
soak: days ?= 7
soak: seed ?= 1
soak: install ## A fleet's week with faults every day, on a moved clock: make soak clients=20 channels=14 days=3 seed=7
	@PYTHONPATH=tests $(BIN)/python -m soak --clients $(clients) --channels $(channels) --days $(days) --seed $(seed) $(args)

.PHONY: lint
lint: install ## Style, types and the workspace's lock
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy $(MEMBERS) $(SCRIPTS)
	@$(BIN)/hadolint Dockerfile
	@$(UV) lock --check --quiet
	@$(UV) lock --check --quiet --project transforms
	@$(UV) lock --check --quiet --project deploy
	@$(UV) lock --check --quiet --project docs/site

.PHONY: format
format: install ## Put the code into the house's form
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

.PHONY: readmes
readmes: install ## Write again what is generated in READMEs and Meltano files
	@$(BIN)/python -m dif_kit.testing.readme

.PHONY: docs
docs: readmes ## Write the READMEs' generated parts, then build the site into .site/html; a warning is an error
	@PYTHONPATH=docs/site $(BIN)/python -m dif_site .site
	@# Not --quiet: it hides warnings from --strict, too.
	@NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict --config-file .site/mkdocs.yml 2>&1 | { grep -v '^INFO ' || true; }
	@echo "docs: built without a warning; see it with: python3 -m http.server --bind 127.0.0.1 --directory .site/html"

.PHONY: doctor
doctor: install ## Look at versions, services, credentials, clocks, rights and disk; advice for what is broken
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(if $(wildcard .env),$(BIN)/dotenv --file .env run --no-override --) $(BIN)/python -m dif_kit.doctor $(args)

.PHONY: new-tap
new-tap: install ## Start a channel that passes its tests: make new-tap name=acme-ads args="--auth bearer --openapi api.json"
	@test -n "$(name)" || { echo 'usage: make new-tap name=acme-ads [args="--auth … --paging … --limit … --kind … --openapi FILE"]'; exit 2; }
	@$(BIN)/python -m dif_kit.contribute new-tap "$(name)" $(args)
	@$(BIN)/ruff format --quiet "taps/tap-$(name:tap-%=%)"
	@$(UV) lock --quiet && $(MAKE) --no-print-directory install
	@GOLDEN=update $(BIN)/pytest -q -k purpose "taps/tap-$(name:tap-%=%)" && $(BIN)/python -m dif_kit.testing.readme
	@$(BIN)/pytest -q "taps/tap-$(name:tap-%=%)"
	@echo "new-tap: taps/tap-$(name:tap-%=%) passes its tests; next: docs/tutorial.md"

.PHONY: new-target
new-target: install ## Start a destination that passes its tests: make new-target name=acme-lake
	@test -n "$(name)" || { echo 'usage: make new-target name=acme-lake'; exit 2; }
	@$(BIN)/python -m dif_kit.contribute new-target "$(name)"
	@$(BIN)/ruff format --quiet "targets/target-$(name:target-%=%)"
	@$(UV) lock --quiet && $(MAKE) --no-print-directory install
	@$(BIN)/python -m dif_kit.testing.readme
	@$(BIN)/pytest -q "targets/target-$(name:target-%=%)"
	@echo "new-target: targets/target-$(name:target-%=%) passes its tests; next: docs/architecture.md says where it fits"

.PHONY: record
record: install ## Keep a provider's answers as tests, without what identifies anybody: make record tap=tap-meta args="--config c.json"
	@test -n "$(tap)" || { echo 'usage: make record tap=tap-meta args="--config config.json [--stream campaigns]"'; exit 2; }
	@$(BIN)/python -m dif_kit.contribute record "$(tap)" $(args)

.PHONY: new-client
new-client: install ## Start a client: make new-client name=acme args="--tap tap-pinterest --start-date 2026-09-01"
	@test -n "$(name)" || { echo 'usage: make new-client name=acme args="--tap tap-pinterest --start-date 2026-09-01"'; exit 2; }
	@$(BIN)/python -m dif_kit.contribute new-client "$(name)" $(args)

.PHONY: release
release: install ## Raise a package's version and write its changelog from changelog.d: make release what=tap-meta
	@test -n "$(what)" || { echo 'usage: make release what=tap-meta'; exit 2; }
	@$(BIN)/python -m dif_kit.contribute release "$(what)"
	@$(UV) lock --quiet

.PHONY: wheels
wheels: install ## Build a wheel of the kit and of each tap and target; run each alone in an empty venv (make wheels what=tap-meta)
	@rm -rf dist && for member in plugins/kit $(if $(what),$(wildcard taps/$(what) targets/$(what)),taps/* targets/*); do \
		$(UV) build --quiet --wheel --out-dir dist $$member; done
	@for wheel in dist/tap_*.whl dist/target_*.whl; do \
		test -e "$$wheel" || continue; plugin=$$(basename "$$wheel" | cut -d- -f1 | tr _ -); \
		rm -rf dist/venv && $(UV) venv --quiet --python $(PYTHON) dist/venv && \
		$(UV) pip install --quiet --python dist/venv/bin/python --find-links dist "$$wheel"; \
		(cd dist && env -i PATH=/usr/bin:/bin venv/bin/$$plugin --about --format=json > /dev/null) || exit 1; \
		echo "wheels: $$plugin runs alone"; done
	@rm -rf dist/venv

.PHONY: synth
synth: install ## Write the stacks of every stage into deploy/cdk.out, checked: make synth image=sha256:…
	@test -n "$(DEPLOY)" || { echo "synth: the AWS CDK needs Node 20 or newer: none found on PATH"; exit 1; }
	@test -n "$(image)" || { echo "usage: make synth image=sha256:<the digest of the release's image>"; exit 2; }
	@JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=1 DIF_IMAGE=$(image) .venv-deploy/bin/python deploy/app.py deploy/cdk.out
	@.venv-deploy/bin/cfn-lint --ignore-checks W3005 -- deploy/cdk.out/*.template.json deploy/cdk.out/assembly-*/*.template.json
	@echo "synth: the stacks are in deploy/cdk.out; what cdk-nag said above is accepted in deploy/infrastructure/accepted.py, each with its reason"

# What is not committed shows in the name, and nobody publishes it.
commit = $(shell git describe --always --abbrev=12 --exclude '*' --dirty)
image_args ?=
image_base ?=
RUN = $(shell docker info > /dev/null 2>&1 && echo docker || echo podman) run

.PHONY: image
image: ## Build the image of this commit with Docker or Podman: make image image_args="--pull"
	@UV_VERSION=$(UV_VERSION) $(PYTHON) ci/image.py build dif:$(commit) $(if $(image_base),--base $(image_base)) -- $(image_args)

.PHONY: image-test
image-test: install ## Build it and run jobs in it, read-only, stopped and gone on with (required=1: never skip)
	@UV_VERSION=$(UV_VERSION) $(BIN)/python ci/image.py test dif:$(commit) $(if $(image_base),--base $(image_base)) $(if $(required),--required) \
		-- $(image_args)

.PHONY: audit
audit: $(UV) ## Ask the advisories about everything that is locked: what a release holds, and what builds and deploys it
	@for project in . transforms deploy; do \
		$(UV) export --quiet --locked --no-dev --no-emit-workspace --no-emit-project --project $$project \
			--output-file .audit.txt > /dev/null; \
		echo "audit: $$project"; \
		$(UV) tool run --python $(PYTHON) $(PIP_AUDIT) --require-hashes --disable-pip --strict -r .audit.txt $(args) \
			|| { rm -f .audit.txt; exit 1; }; \
	done; rm -f .audit.txt

# What is asked of AWS is asked by `aws`, with the credentials of whoever calls; a stage is one of deploy/stages.yml.
stage ?=
STAGES = $(PYTHON) ci/stages.py
A_STAGE = test -n "$(stage)" || { echo "usage: make $@ stage=staging"; exit 2; }

.PHONY: account
account: install ## What an AWS account needs once: the CDK's own stack and the registry of images
	@$(STAGES) account

.PHONY: publish
publish: ## Push the image of this commit, once: make publish registry=<account>.dkr.ecr.<region>.amazonaws.com
	@test -n "$(registry)" || { echo "usage: make publish registry=<account>.dkr.ecr.<region>.amazonaws.com"; exit 2; }
	@$(STAGES) publish $(commit) $(registry)

.PHONY: scan
scan: ## What the registry's scanner finds in the image of this commit; what is critical is a failure: make scan registry=…
	@test -n "$(registry)" || { echo "usage: make scan registry=<account>.dkr.ecr.<region>.amazonaws.com"; exit 2; }
	@$(STAGES) scan $(commit) $(registry)

.PHONY: deploy
deploy: install ## Bring a stage up with the image that was published last, or another: make deploy stage=staging image=sha256:…
	@$(A_STAGE)
	@$(STAGES) deploy $(stage) $(if $(image),--image $(image))

.PHONY: smoke
smoke: ## Try a stage out: its planner answers, a task reaches its stores; starts no job: make smoke stage=staging
	@$(A_STAGE)
	@$(STAGES) smoke $(stage)

.PHONY: rollback
rollback: install ## Give a stage the image back that it had before, or another: make rollback stage=staging to=sha256:…
	@$(A_STAGE)
	@$(STAGES) rollback $(stage) $(if $(to),--to $(to))

.PHONY: task
task: ## Run a command of the image in a stage, once: make task stage=staging client=acme run="dif-deploy exec ledger status"
	@test -n "$(stage)" -a -n "$(run)" || { echo 'usage: make task stage=staging run="dif-deploy exec ledger status"'; exit 2; }
	@$(STAGES) task $(stage) $(if $(client),--client $(client)) -- $(run)

.PHONY: conformance
conformance: install ## What takes too long for every change: the demo, faults, mutations, channels at size, a week
	@$(MAKE) --no-print-directory demo
	@$(MAKE) --no-print-directory faults attempts=500 seed=$${BUILD_NUMBER:-$$(date +%j)}
	@$(MAKE) --no-print-directory mutations attempts=300 seed=$${BUILD_NUMBER:-$$(date +%j)}
	@$(MAKE) --no-print-directory scale size=10
	@$(MAKE) --no-print-directory soak clients=20 seed=$${BUILD_NUMBER:-$$(date +%j)}

.PHONY: due
due: ## Run what is due, in the image, where a scheduler stands in for AWS's: make due image=… env_file=… client=acme
	@test -n "$(image)" -a -n "$(env_file)" || { echo "usage: make due image=<name or digest> env_file=<settings> [client= tap= target=]"; exit 2; }
	@$(RUN) --rm --init --read-only --tmpfs=/tmp/dif:size=$(or $(room),4g) --stop-timeout=120 --env-file=$(env_file) \
		$(image) dif-deploy due $(foreach name,client tap target,$(if $($(name)),--$(name) $($(name))))

.PHONY: schedules
schedules: install ## Write a Jenkins job for each schedule of clients/, as a script of its plugin Job DSL
	@$(BIN)/python ci/schedules.py > $(or $(to),schedules.groovy)

.PHONY: bench
bench: install ## Measure side by side with the peers: make bench what=tap
	@test -n "$(what)" || { echo "usage: make bench what=<one of: $(basename $(notdir $(wildcard bench/*.py)))>"; exit 2; }
	@$(BIN)/python bench/$(what).py

.PHONY: clean
clean: ## Remove what make installed or wrote
	@rm -rf .venv .venv-peers .venv-transforms .venv-deploy .venv-docs .site deploy/cdk.out .dbt .uv .demo .meltano .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
