# `make` lists the targets. Each target runs one command that can be typed instead.

HERMES := cargo run --quiet --bin hermes --
COMPOSE := docker compose
# A fault that cannot be injected must not be missing in docs/faults.md.
FAULT_REQUIREMENTS := mariadb,mysqld,redis,mount,faketime

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 } /^##@ / { printf "\n%s\n", substr($$0, 5) }' Makefile

##@ Building and testing

.PHONY: run test test-all journey e2e docs chaos faults nightly check fmt lint doc deny ci
run: ## Start the portal (on SQLite under data/, unless DB_HOST is set)
	cargo run --bin hermes

test: ## Run all tests; a test whose server is not installed is skipped and says so
	cargo test --workspace

test-all: ## Run all tests; MariaDB, MySQL (fetched once) and Redis are required
	HERMES_TEST_REQUIRE=mariadb,mysql,redis .ci/mysql run cargo test --workspace

journey: ## Test the built program over HTTP on every installed database
	cargo test --package hermes-server --test app journey

docs: ## Run the commands of the guides, and check their links
	cargo test --package hermes-server --test docs

e2e: ## Test the payer's pages in Chromium (ONLY=tests/print.test.js: one file)
	cargo build --package hermes-server --bin hermes
	.ci/browser $(ONLY)

chaos: ## Inject faults under three instances for SECONDS (60) and check every read; SEED repeats a run
	HERMES_CHAOS_SECONDS=$(or $(SECONDS),60) HERMES_CHAOS_SEED=$(SEED) cargo test --workspace --test chaos -- --nocapture

faults: ## Inject every fault into real servers, and write docs/faults.md (root; libfaketime)
	HERMES_TEST_REQUIRE=$(FAULT_REQUIREMENTS) HERMES_TEST_WRITE_DOCS=1 \
		.ci/mysql run cargo test --package hermes-server --test faults injected::

nightly: ## Run all long checks for hours and write docs/nightly.md (STEPS="faults rolling": some)
	.ci/nightly $(STEPS)

check: ## Type-check the workspace
	cargo check --workspace --all-targets

fmt: ## Format the code
	cargo fmt --all

lint: ## Run clippy
	cargo clippy --workspace --all-targets -- -D warnings

doc: ## Build the documentation of the crates
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

deny: ## Check the licences, the sources and the choice of all dependencies
	.ci/deny

ci: ## Run everything that must pass before a change lands
	.ci/run

# Both profiles: measurements use `release`; a profiler needs the function names that `release-fast` retains.
BENCH_PROGRAMS := --package hermes-server --package hermes-bench --bins
BENCH := .ci/mysql run $(or $(CARGO_TARGET_DIR),target)/release/hermes-bench $(if $(SHORT),--short)

.PHONY: bench bench-reads bench-writes bench-statements bench-profile bench-build
bench: bench-reads bench-writes bench-statements ## Measure everything in docs/benchmarks.md in about 30 minutes (SHORT=1: a few)

bench-reads: bench-build ## Measure reads (ONLY=case selects one case)
	$(BENCH) reads $(addprefix --only ,$(ONLY))

bench-writes: bench-build ## Measure writes (ONLY=case selects one case)
	$(BENCH) writes $(addprefix --only ,$(ONLY))

bench-statements: ## Measure the reader of camt.053 in about a minute
	cargo bench --quiet --package hermes-statements

bench-profile: bench-build ## Profile the server under load (UNDER=list, list-unchanged, bookings, …)
	$(BENCH) profile $(or $(UNDER),list)

bench-build:
	cargo build --quiet --release $(BENCH_PROGRAMS)
	cargo build --quiet --profile release-fast $(BENCH_PROGRAMS)

##@ Database and documents

.PHONY: migrate-up migrate-down migrate-status migrate-fresh schema openapi metrics config-reference clean-data
migrate-up: ## Apply missing migrations
	$(HERMES) migrate up

migrate-down: ## Revert the last migration
	$(HERMES) migrate down

migrate-status: ## List the migrations and whether each is applied
	$(HERMES) migrate status

migrate-fresh: ## Drop and recreate all tables; all data is lost (YES=1 to confirm)
	$(HERMES) migrate fresh $(if $(YES),--yes)

schema: ## Write migration/schema/mysql.sql and sqlite.sql from the migrations
	cargo run --quiet --package hermes-migration --example write_schema

openapi: ## Print the OpenAPI document
	@$(HERMES) openapi

metrics: ## Write docs/metrics.md from the descriptions in the code
	HERMES_TEST_WRITE_DOCS=1 cargo test --quiet --package hermes-server --bin hermes metrics::documentation

config-reference: ## Write docs/configuration.md from config/default.toml
	HERMES_TEST_WRITE_DOCS=1 cargo test --quiet --package hermes-server --bin hermes config::documentation

clean-data: ## Delete data/, the SQLite database of this folder (YES=1 skips the confirmation)
	@[ -n "$(YES)" ] || { printf 'Delete data/ and every payment in it? [y/N] '; read -r answer; [ "$$answer" = y ]; }
	rm -rf data

##@ Containers

.PHONY: up down logs mysql redis-cli backup compose-check
up: ## Build and start MySQL, Redis and the portal; requires .env
	$(COMPOSE) up --build --detach --wait

down: ## Stop the containers; the data remains
	$(COMPOSE) down

logs: ## Follow the logs
	$(COMPOSE) logs --follow --tail=100

mysql: ## Open a MySQL client in the container
	$(COMPOSE) exec mysql sh -c 'MYSQL_PWD=$$MYSQL_PASSWORD exec mysql --user=$$MYSQL_USER $$MYSQL_DATABASE'

# Those of `hermes backup`, for the program in the image of MySQL.
DUMP_OPTIONS := --single-transaction --hex-blob --complete-insert --order-by-primary --skip-add-drop-table \
	--skip-add-locks --no-tablespaces --triggers --default-character-set=utf8mb4 --set-gtid-purged=OFF --column-statistics=0

backup: ## Write a backup of the MySQL in the container to FILE, which `hermes restore` accepts
	@[ -n "$(FILE)" ] && [ ! -e "$(FILE)" ] || { echo 'set FILE to the name of a new file' >&2; exit 1; }
	umask 077; $(COMPOSE) exec -T mysql sh -c \
		'MYSQL_PWD=$$MYSQL_PASSWORD exec mysqldump --user=$$MYSQL_USER $(DUMP_OPTIONS) $$MYSQL_DATABASE' >"$(FILE).part"
	mv "$(FILE).part" "$(FILE)"

compose-check: ## Start the stack in a private engine, book, restart, and compare the data (root; Debian)
	.ci/compose

redis-cli: ## Open a Redis client in the container
	$(COMPOSE) exec redis redis-cli
