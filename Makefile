# Few verbs, each a line or two. `make` alone shows them.
# Another Terraform: TERRAFORM=terraform make test (yours), or TERRAFORM=$(scripts/fetch-terraform 1.15.5) make test.

export TERRAFORM
# A test waits half of its time, for Terraform or for a deploy.
JOBS ?= $(shell expr 3 \* $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2))
# Tested row by row, each with changes of an org by Terraform: that takes long, so apart from the others.
TABLES := acceptance::addresses acceptance::oauth_client_interrupts::at_every_call attributes::life headless::app_gates headless::site_gates

.PHONY: help build test test-tables test-matrix test-tofu test-sf writers chaos fuzz live demo bench docs lint install release

help: ## Show this
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 13

build: ## Build the provider and the emulator as the tests use them
	@# With the tests' targets, and everywhere with --workspace: cargo would otherwise build shared crates twice, with
	@# and without the features that tests or other members want.
	cargo build --workspace --all-targets --locked

test: build ## Run the tests: units, emulator, protocol, the real Terraform, real clients; not the long tables
	@scripts/fetch-terraform >/dev/null
	@acceptance-tests/clients/install >/dev/null
	RUST_TEST_THREADS=$(JOBS) cargo test --workspace --locked --no-fail-fast -- $(addprefix --skip ,$(TABLES))

test-tables: build ## Run the long tables: the life of each attribute, each gate of a login closed alone
	@scripts/fetch-terraform >/dev/null
	RUST_TEST_THREADS=$(JOBS) cargo test --workspace --locked --test acceptance -- $(TABLES)

# The oldest and the newest that PyPI has; `make test` runs the one between.
MATRIX ?= 1.6.6 1.15.5

test-matrix: build ## Run the tests with Terraform on its oldest and newest version that can be had (10 minutes)
	@for version in $(MATRIX); do \
	  terraform=$$(scripts/fetch-terraform $$version) || exit 1; \
	  printf '\n=== Terraform %s\n' $$version; \
	  TERRAFORM=$$terraform RUST_TEST_THREADS=$(JOBS) cargo test --workspace --locked --no-fail-fast \
	    --test acceptance -- acceptance:: attributes:: inputs:: installing:: || exit 1; \
	done

# The oldest that still gets fixes, and the newest.
TOFUS ?= 1.10.7 1.12.6

test-tofu: build ## Run the tests with OpenTofu, 1.10.7 and 1.12.6 (built once, 8 minutes each); TOFU=tofu takes yours (an hour)
	@scripts/fetch-terraform >/dev/null
	@for version in $(if $(TOFU),'',$(TOFUS)); do \
	  tofu=$$(scripts/fetch-tofu $$version) || exit 1; \
	  printf '\n=== %s\n' "$$($$tofu version | head -1)"; \
	  TERRAFORM=$$tofu RUST_TEST_THREADS=$(JOBS) cargo test --workspace --locked --no-fail-fast \
	    --test acceptance -- acceptance:: attributes:: inputs:: installing:: headless:: $(addprefix --skip ,$(TABLES)) || exit 1; \
	done

test-sf: build ## Run the tests with the Salesforce CLI, alone and in turns with Terraform (300 MB, a minute)
	@scripts/fetch-terraform >/dev/null
	@acceptance-tests/clients/install sf >/dev/null
	RUST_TEST_THREADS=$(JOBS) cargo test --workspace --locked --test acceptance -- clients:: --ignored

# Seconds to minutes for each; a number is a seed. FIRST=7 ROUNDS=1 plays one again.
writers: build ## Let several workspaces write into one file at the same time, ROUNDS=200 times; and long queues (half an hour)
	@scripts/fetch-terraform >/dev/null
	ROUNDS=$(or $(ROUNDS),200) FIRST=$(or $(FIRST),100) cargo test --workspace --locked --test acceptance -- \
	  --ignored writers:: queues::

# A failure says which names and seed play it again. JOBS=4 cases at a time; LIST=1 names them.
chaos: build ## Let things go wrong at every call, kill and interrupt, load an org (an hour); QUICK=1 10 minutes, SEED=7, ONLY=name
	@scripts/fetch-terraform >/dev/null
	@target/debug/chaos --jobs=$(JOBS) $(if $(QUICK),--quick) $(if $(SEED),--seed=$(SEED)) $(if $(ONLY),--only=$(ONLY)) $(if $(LIST),--list)

# Needs a nightly compiler, and some ten minutes for the first build; without one proptest checks the same.
fuzz: ## Let a fuzzer look for bytes that break a promise (src/promises.rs): SECONDS=60 for each, ONLY=name
	@scripts/fuzz $(or $(SECONDS),60) $(ONLY)

live: build ## Ask a real org (SALESFORCE_* variables) what nobody has confirmed; PLAN=1, SWEEP=1, ONLY=…
	@scripts/fetch-terraform >/dev/null
	@acceptance-tests/clients/install >/dev/null
	@cargo run --quiet -p acceptance-tests --locked --bin live -- \
	  $(if $(PLAN),--plan) $(if $(SWEEP),--sweep) $(if $(ONLY),--only=$(ONLY))

demo: ## Run Terraform and a client's logins against the emulator, and tell; KEEP=1 leaves the org running
	@scripts/demo

bench: ## Measure Terraform with the provider against a slow org, 40 minutes; QUICK=1 six minutes, OUT=file.md
	@scripts/bench

docs: ## Rewrite the pages of docs/ that are made of the tables; fails when some were stale, to be looked at and committed
	cargo test --lib --locked docs

lint: ## Check the format, clippy's opinion, and the dependencies if cargo-deny is there
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- --deny warnings
	@if PATH="$(CURDIR)/.tools/bin:$$PATH" cargo deny --version >/dev/null 2>&1; \
	then PATH="$(CURDIR)/.tools/bin:$$PATH" cargo deny check bans sources licenses; \
	else echo "cargo-deny is not here: .ci/run fetches it"; fi

install: ## Build the provider as it ships and put it where terraform init finds it
	scripts/install

# zig and cargo-zigbuild come from PyPI, once; what arm64 and Windows programs are started by are Debian's qemu-user-static and wine64.
release: ## Make the zips of VERSION=1.2.3 as registries want them; TARGETS=linux_amd64,… SIGN_KEY=gpg's id of a key
	@scripts/release make "$(VERSION)" $(if $(TARGETS),--targets "$(TARGETS)") $(if $(SIGN_KEY),--sign-key "$(SIGN_KEY)")
