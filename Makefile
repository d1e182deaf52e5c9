# Every task of the house. `make help` lists them; what a task installs is in scripts/setup.sh.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

# Builds live outside the clone, so that a second clone is quick; the FIPS module has a folder of its own.
CACHE := $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/casemate
export CARGO_TARGET_DIR ?= $(if $(CASEMATE_TARGET_DIR),$(CASEMATE_TARGET_DIR),$(CACHE)/target)
export FIPS_TARGET_DIR ?= $(CARGO_TARGET_DIR)-fips
export CASEMATE_TOOLS ?= $(CACHE)/tools
export PATH := $(HOME)/.cargo/bin:$(PATH)

# Never an AWS-LC found on the machine, never without assembly: that would not be the validated module.
export AWS_LC_FIPS_SYS_USE_SYSTEM := 0
unexport AWS_LC_FIPS_SYS_NO_ASM AWS_LC_FIPS_SYS_SANITIZER OPENSSL_DIR

# CI must not change the lock file or a snapshot.
LOCKED := $(if $(CI),--locked)
ifdef CI
export INSTA_UPDATE := no
endif

SERVICE ?= pushgateway
SECONDS ?= 60
DATA_DIR ?= ./casemate-data
FIPS := --no-default-features --features fips
# Links to private items are for those who read the source, where they lead somewhere.
DOC_LINTS := -D warnings -A rustdoc::private_intra_doc_links
# Where conformance/peers keeps the upstream program it built.
PEER = $(if $(PEER_CACHE),$(PEER_CACHE),$(HOME)/.cache/casemate-peers)/$(or $(PEER_FILE_$(SERVICE)),$(SERVICE))
PEER_FILE_etcd := etcd/peer/etcd
# What builds it there.
PEER_BUILD = $(firstword $(wildcard conformance/peers/$(SERVICE)/build conformance/peers/$(SERVICE)/build.sh))
OURS = $(CARGO_TARGET_DIR)/release/$(SERVICE)
# What a service consists of, where that is more than one program.
PROGRAMS_etcd := etcd etcdctl
PROGRAMS = $(or $(PROGRAMS_$(SERVICE)),$(SERVICE))
# Crates without a provider of their own are tested by `make test` alone.
JUDGES := --exclude 'conformance-*' --exclude crypto-audit

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: up
up: ## build the kit and start it on embedded defaults [DATA_DIR=./casemate-data]
	@scripts/setup.sh build up
	cargo build $(LOCKED) --release $$(scripts/programs.sh | sed 's/^/-p /')
	$(CARGO_TARGET_DIR)/release/stack up --detach --data-dir $(DATA_DIR)

.PHONY: down
down: ## stop what `make up` started
	$(CARGO_TARGET_DIR)/release/stack down --data-dir $(DATA_DIR)

.PHONY: test
test: ## every test, with ring
	@scripts/setup.sh build test docker
	cargo test $(LOCKED) --workspace --no-fail-fast

.PHONY: lint
lint: ## formatting, clippy and documentation without a warning
	@scripts/setup.sh build
	cargo fmt --all --check
	cargo clippy $(LOCKED) --workspace --all-targets --keep-going -- -D warnings
	RUSTDOCFLAGS='$(DOC_LINTS)' cargo doc $(LOCKED) --workspace --no-deps --keep-going

.PHONY: deny
deny: ## bans, licences and sources of every dependency, per provider
	@scripts/setup.sh deny
	@for provider in ring aws-lc fips; do \
		printf '%-7s' $$provider; \
		$(CASEMATE_TOOLS)/bin/cargo-deny --locked --no-default-features --features $$provider \
			--config deny-$$provider.toml check bans licenses sources; \
	done

.PHONY: gates
gates: ## the four gates against mixing crypto, for ring and aws-lc, each with planted violations
	@scripts/setup.sh build test
	cargo test $(LOCKED) --quiet -p conformance-tidy --test it -- gates:: planted::
	cargo test $(LOCKED) --quiet -p crypto-audit
	for provider in ring aws-lc; do \
		scripts/gates.sh $$provider $(CARGO_TARGET_DIR); \
		cargo test $(LOCKED) --quiet -p pushgateway --no-default-features --features $$provider --test it program_file::; \
	done

.PHONY: fips
fips: ## build and test with the validated module: gate 4 is among the tests, gates 2 and 3 come after them
	@scripts/setup.sh build test docker fips
	CARGO_TARGET_DIR=$(FIPS_TARGET_DIR) cargo test $(LOCKED) --workspace --no-fail-fast $(JUDGES) $(FIPS)
	cargo test $(LOCKED) --quiet -p conformance-tidy --test it -- gates:: planted::
	scripts/gates.sh fips $(FIPS_TARGET_DIR)

.PHONY: test-aws-lc
test-aws-lc: ## crypto's tests with AWS-LC without validation
	@scripts/setup.sh build test
	cargo test $(LOCKED) -p crypto --no-default-features --features aws-lc

.PHONY: release
release: ## static stripped programs for ring and fips in dist/, with SHA-256 sums
	@scripts/setup.sh build fips release
	scripts/release.sh

.PHONY: conformance
conformance: ## the cases, the real clients and upstream's own tests against ours and upstream [SERVICE=pushgateway]
	@scripts/setup.sh build test conformance suites
	cargo build $(LOCKED) --release $(addprefix -p ,$(PROGRAMS))
	@failed=0; for program in $(PROGRAMS); do \
		cargo run $(LOCKED) -p conformance-suite -- run --service $$program \
			--ours $(CARGO_TARGET_DIR)/release/$$program --upstream peer || failed=1; \
	done; \
	[ ! -x scripts/suites-$(SERVICE).sh ] || scripts/suites-$(SERVICE).sh $(CARGO_TARGET_DIR)/release || failed=1; \
	[ $(SERVICE) != etcd ] || $(MAKE) differential || failed=1; \
	exit $$failed
	@[ ! -d conformance/suite/clients/$(SERVICE) ] || \
	cargo run $(LOCKED) -p conformance-suite -- clients --service $(SERVICE) --ours $(OURS) --upstream peer

.PHONY: suites
suites: ## upstream's own tests of etcd with one member, on ours: the part that takes under two minutes (needs Go 1.26)
	@scripts/setup.sh build suites
	cargo build $(LOCKED) -p etcd -p etcdctl
	scripts/suites-etcd.sh $(CARGO_TARGET_DIR)/debug quick

.PHONY: differential
differential: ## one random script to our etcd and to upstream's [COUNT=100000] [SEED=1]
	@scripts/setup.sh build conformance
	conformance/peers/etcd/build.sh peer
	cargo build $(LOCKED) --release -p etcd -p conformance-etcd
	$(CARGO_TARGET_DIR)/release/conformance-etcd differential --ours $(CARGO_TARGET_DIR)/release/etcd \
		--upstream $(if $(PEER_CACHE),$(PEER_CACHE),$(HOME)/.cache/casemate-peers)/etcd/peer/etcd \
		--count $(or $(COUNT),100000) --seed $(or $(SEED),1)

.PHONY: soak-etcd
soak-etcd: ## our etcd killed 200 times under load, clients that mean harm, full disks (the last as root) [COUNT=200] [SEED=1]
	@scripts/setup.sh build test
	cargo build $(LOCKED) --release -p etcd -p conformance-etcd
	@cd $(CARGO_TARGET_DIR)/release && set -x && \
	./conformance-etcd crash --ours ./etcd --count $(or $(COUNT),200) --seed $(or $(SEED),1) && \
	./conformance-etcd hostile --ours ./etcd && \
	unshare --mount ./conformance-etcd disk --ours ./etcd

.PHONY: conformance-kube-etcd
conformance-kube-etcd: ## a real Kubernetes API server on our etcd, and its speed beside upstream's (builds it once; needs Go)
	@scripts/setup.sh build test
	cargo build $(LOCKED) --release -p etcd
	scripts/conformance-kube-etcd.sh $(CARGO_TARGET_DIR)/release/etcd

.PHONY: conformance-clients-etcd
conformance-clients-etcd: ## Debian's etcdctl 3.4 and Python's etcd3 at work on our etcd
	@scripts/setup.sh build test
	cargo build $(LOCKED) --release -p etcd
	scripts/conformance-clients-etcd.sh $(CARGO_TARGET_DIR)/release/etcd

.PHONY: conformance-kube
conformance-kube: ## the ways out of a refused port, judged by a real Kubernetes API server (builds it once; needs Go and root)
	@scripts/setup.sh build test docker
	cargo build $(LOCKED) -p pushgateway
	scripts/conformance-kube.sh $(CARGO_TARGET_DIR)/debug/pushgateway

.PHONY: bench
bench: ## ours and upstream measured in turn by the same client [SERVICE=pushgateway] [BENCH=--quick, or --only TEXT]
	@scripts/setup.sh build conformance
	cargo build $(LOCKED) --release -p $(SERVICE) -p conformance-bench
	@upstream=$(PEER); $(PEER_BUILD) || upstream=/usr/bin/prometheus-$(SERVICE); \
	$(CARGO_TARGET_DIR)/release/conformance-bench $(SERVICE) --ours $(OURS) --upstream $$upstream $(BENCH)

.PHONY: bench-sandbox
bench-sandbox: ## what GUARD_SANDBOX=all costs a push, in alternating pairs of runs [PAIRS=200]
	@scripts/setup.sh build
	cargo build $(LOCKED) --release -p pushgateway -p conformance-bench
	$(CARGO_TARGET_DIR)/release/conformance-bench pushgateway --ours $(CARGO_TARGET_DIR)/release/pushgateway --sandbox-cost $(or $(PAIRS),200)

.PHONY: bench-tls
bench-tls: ## our TLS and rustls' own providers measured in turn [PAIRS=40]
	@scripts/setup.sh build test fips
	scripts/bench-tls.sh $(or $(PAIRS),40)

.PHONY: fuzz
fuzz: ## every fuzz target for a while each [SECONDS=60]; the corpora are replayed by `make test`
	@scripts/setup.sh build fuzz
	scripts/fuzz.sh $(SECONDS)
