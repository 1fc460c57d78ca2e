# The door for people: `make` lists what there is. Each target is one command that can be typed as well.

HERMES := cargo run --quiet --bin hermes --
COMPOSE := docker compose

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 } /^##@ / { printf "\n%s\n", substr($$0, 5) }' Makefile

##@ Building and testing

.PHONY: run test test-all journey chaos check fmt lint doc ci
run: ## Start the portal (on SQLite under data/, unless DB_HOST is set)
	cargo run --bin hermes

test: ## Run all tests; those whose server is not installed are skipped, and say so
	cargo test --workspace

test-all: ## Run all tests, with MariaDB, MySQL (fetched once) and Redis demanded
	HERMES_TEST_REQUIRE=mariadb,mysql,redis .ci/mysql run cargo test --workspace

journey: ## Run the built program from outside, on every database there is
	cargo test --package hermes-server --test journey

chaos: ## Break everything under three instances for SECONDS (60) and look for a stale list; SEED repeats a run
	HERMES_CHAOS_SECONDS=$(or $(SECONDS),60) HERMES_CHAOS_SEED=$(SEED) cargo test --workspace --test chaos -- --nocapture

check: ## Compile everything without building it
	cargo check --workspace --all-targets

fmt: ## Format the code
	cargo fmt --all

lint: ## Look for what clippy finds wrong
	cargo clippy --workspace --all-targets -- -D warnings

doc: ## Build the documentation of the crates
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

ci: ## Do everything that has to hold before a change goes in
	.ci/run

# Both builds: a profile needs the names of functions, which a release does not keep.
BENCH_PROGRAMS := --package hermes-server --package hermes-bench --bins
BENCH := .ci/mysql run $(or $(CARGO_TARGET_DIR),target)/release/hermes-bench $(if $(SHORT),--short)

.PHONY: bench bench-reads bench-writes bench-profile bench-build
bench: bench-reads bench-writes ## Measure everything in docs/benchmarks.md; about half an hour (SHORT=1: a few minutes)

bench-reads: bench-build ## Measure the reads (ONLY=case for one of them)
	$(BENCH) reads $(addprefix --only ,$(ONLY))

bench-writes: bench-build ## Measure the writes (ONLY=case for one of them)
	$(BENCH) writes $(addprefix --only ,$(ONLY))

bench-profile: bench-build ## Show where the server's time goes (UNDER=list, list-unchanged, bookings, …)
	$(BENCH) profile $(or $(UNDER),list)

bench-build:
	cargo build --quiet --release $(BENCH_PROGRAMS)
	cargo build --quiet --profile release-fast $(BENCH_PROGRAMS)

##@ The database and the contract

.PHONY: migrate-up migrate-down migrate-status migrate-fresh schema openapi clean-data
migrate-up: ## Bring the schema up to date
	$(HERMES) migrate up

migrate-down: ## Take back the last step of the schema
	$(HERMES) migrate down

migrate-status: ## List the steps of the schema, and which are applied
	$(HERMES) migrate status

migrate-fresh: ## Drop all tables and make them anew; all data are lost (YES=1 to confirm)
	$(HERMES) migrate fresh $(if $(YES),--yes)

schema: ## Write migration/schema/mysql.sql and sqlite.sql from the steps
	cargo run --quiet --package hermes-migration --example write_schema

openapi: ## Print the OpenAPI document
	@$(HERMES) openapi

clean-data: ## Delete data/, the SQLite database of this folder (YES=1 does not ask)
	@[ -n "$(YES)" ] || { printf 'Delete data/ with everything booked in it? [y/N] '; read -r answer; [ "$$answer" = y ]; }
	rm -rf data

##@ The containers

.PHONY: up down logs mysql redis-cli
up: ## Build and start MySQL, Redis and the portal; needs .env
	$(COMPOSE) up --build --detach --wait

down: ## Stop them; the data stay
	$(COMPOSE) down

logs: ## Follow what they log
	$(COMPOSE) logs --follow --tail=100

mysql: ## Open the MySQL client in its container
	$(COMPOSE) exec mysql sh -c 'MYSQL_PWD=$$MYSQL_PASSWORD exec mysql --user=$$MYSQL_USER $$MYSQL_DATABASE'

redis-cli: ## Open the Redis client in its container
	$(COMPOSE) exec redis redis-cli
