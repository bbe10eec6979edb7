# Run `make` to list the targets.
# To use another Terraform: TERRAFORM=terraform make test, or TERRAFORM=$(scripts/fetch-terraform 1.15.5) make test.

export TERRAFORM
CORES := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
# Tests spend half of their time waiting for Terraform or for a deploy. Cases of `make chaos` also wait for retries.
CHAOS_JOBS := $(or $(JOBS),$(shell expr 6 \* $(CORES)))
JOBS ?= $(shell expr 3 \* $(CORES))
# Table-driven tests that run Terraform for every row. They are slow and run separately.
TABLES := acceptance::addresses acceptance::oauth_client_interrupts::at_every_call attributes::life headless::app_gates headless::site_gates

.PHONY: help build test test-tables test-matrix test-tofu test-sf writers chaos fuzz mutants live demo bench docs lint lint-format lint-clippy lint-dependencies watch install release

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 19

build: ## Build the provider and the emulator for tests
	@# --workspace and --all-targets, because otherwise cargo builds shared crates twice: with and without the features
	@# that tests and other members of the workspace need.
	cargo build --workspace --all-targets --locked

test: build ## Run the tests: unit tests, emulator, protocol, Terraform, other clients; without test-tables
	@scripts/fetch-terraform >/dev/null
	@acceptance-tests/clients/install >/dev/null
	RUST_TEST_THREADS=$(JOBS) cargo test --workspace --locked --no-fail-fast -- $(addprefix --skip ,$(TABLES))

test-tables: build ## Run the long tests: the lifecycle of every attribute, every gate of a login
	@scripts/fetch-terraform >/dev/null
	RUST_TEST_THREADS=$(JOBS) cargo test --workspace --locked --test acceptance -- $(TABLES)

# The oldest and the newest version on PyPI. `make test` uses a version in between.
MATRIX ?= 1.6.6 1.15.5

test-matrix: build ## Run the tests with the oldest and the newest Terraform (10 minutes)
	@for version in $(MATRIX); do \
	  terraform=$$(scripts/fetch-terraform $$version) || exit 1; \
	  printf '\n=== Terraform %s\n' $$version; \
	  TERRAFORM=$$terraform RUST_TEST_THREADS=$(JOBS) cargo test --workspace --locked --no-fail-fast \
	    --test acceptance -- acceptance:: attributes:: inputs:: installing:: || exit 1; \
	done

# The oldest supported version and the newest.
TOFUS ?= 1.10.7 1.12.6

test-tofu: build ## Run the tests with OpenTofu 1.10.7 and 1.12.6 (builds each once, 8 minutes; an hour of tests); TOFU=tofu uses yours
	@scripts/fetch-terraform >/dev/null
	@for version in $(if $(TOFU),'',$(TOFUS)); do \
	  tofu=$$(scripts/fetch-tofu $$version) || exit 1; \
	  printf '\n=== %s\n' "$$($$tofu version | head -1)"; \
	  TERRAFORM=$$tofu RUST_TEST_THREADS=$(JOBS) cargo test --workspace --locked --no-fail-fast \
	    --test acceptance -- acceptance:: attributes:: inputs:: installing:: headless:: $(addprefix --skip ,$(TABLES)) || exit 1; \
	done

test-sf: build ## Run the tests with the Salesforce CLI (downloads 300 MB, one minute)
	@scripts/fetch-terraform >/dev/null
	@acceptance-tests/clients/install sf >/dev/null
	RUST_TEST_THREADS=$(JOBS) cargo test --workspace --locked --test acceptance -- clients:: --ignored

# A round takes seconds to minutes. Its number is the seed: FIRST=7 ROUNDS=1 repeats round 7.
writers: build ## Test concurrent workspaces that change one file, ROUNDS=200, and long deploy queues (30 minutes)
	@scripts/fetch-terraform >/dev/null
	ROUNDS=$(or $(ROUNDS),200) FIRST=$(or $(FIRST),100) cargo test --workspace --locked --test acceptance -- \
	  --ignored writers:: queues::

# A failure prints the names and the seed that repeat it. JOBS=4 runs four cases at a time; LIST=1 lists them.
chaos: build ## Test faults at every call, kills, interrupts and load (an hour on 2 cores); QUICK=1 (10 minutes), SEED=7, ONLY=name
	@scripts/fetch-terraform >/dev/null
	@target/debug/chaos --jobs=$(CHAOS_JOBS) $(if $(QUICK),--quick) $(if $(SEED),--seed=$(SEED)) $(if $(ONLY),--only=$(ONLY)) $(if $(LIST),--list)

# Requires a nightly compiler; the first build takes ten minutes. Without that compiler, proptest checks the same
# properties.
fuzz: ## Fuzz the properties in src/properties.rs; SECONDS=60 for each, ONLY=name
	@scripts/fuzz $(or $(SECONDS),60) $(ONLY)

# On two cores, one mutant takes half a minute, and all 3,000 take a day. The first run installs cargo-mutants.
mutants: ## Check that the unit tests find mutants of org, salesforce and engine; SHARD=3/20 is a twentieth of them
	@scripts/mutants $(or $(SHARD),0/20)

live: build ## Test unconfirmed behavior on a real org (SALESFORCE_* variables); PLAN=1, SWEEP=1, ONLY=…
	@scripts/fetch-terraform >/dev/null
	@acceptance-tests/clients/install >/dev/null
	@cargo run --quiet -p acceptance-tests --locked --bin live -- \
	  $(if $(PLAN),--plan) $(if $(SWEEP),--sweep) $(if $(ONLY),--only=$(ONLY))

demo: ## Demonstrate Terraform and logins with the emulator; KEEP=1 leaves the org running
	@scripts/demo

bench: ## Measure the provider with a slow emulated org (40 minutes); QUICK=1 (6 minutes), OUT=file.md
	@scripts/bench

docs: ## Generate the pages in docs/; fails if a page was outdated. Review and commit it
	cargo test --lib --locked docs

lint: lint-format lint-clippy lint-dependencies ## Check format, clippy, and dependencies (if cargo-deny is installed)

# The hooks in .pre-commit-config.yaml call these.
lint-format:
	cargo fmt --all --check

lint-clippy:
	cargo clippy --workspace --all-targets --locked -- --deny warnings

lint-dependencies:
	@if PATH="$(CURDIR)/.tools/bin:$$PATH" cargo deny --version >/dev/null 2>&1; \
	then PATH="$(CURDIR)/.tools/bin:$$PATH" cargo deny check bans sources licenses; \
	else echo "cargo-deny is not installed; .ci/run installs it"; fi

watch: ## Check the workspace after every change; c, l, u, d: check, clippy, unit tests, docs
	@command -v bacon >/dev/null || { echo "bacon is not installed: cargo install --locked bacon --version 3.26.0" >&2; exit 1; }
	bacon

install: ## Build a release and install it where terraform init finds it
	scripts/install

# zig and cargo-zigbuild are installed from PyPI. arm64 and Windows binaries are started with Debian's qemu-user-static
# and wine64.
release: ## Build the release files of VERSION=1.2.3; TARGETS=linux_amd64,… SIGN_KEY=<GPG key ID>
	@scripts/release make "$(VERSION)" $(if $(TARGETS),--targets "$(TARGETS)") $(if $(SIGN_KEY),--sign-key "$(SIGN_KEY)")
