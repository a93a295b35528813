# Portcullis. `make run` and `make test` are all there is to set up; the rest is for working on it.
#
#   make run                          the filter in front of the demo site
#   make run UPSTREAM=127.0.0.1:3000  the filter in front of your own site
#   make test                         everything, a real MongoDB included

SHELL := /bin/bash
.DEFAULT_GOAL := help

# rustup's usual place, for shells that do not have it; a mongod of ours only where the machine has none.
export PATH := $(PATH):$(HOME)/.cargo/bin:$(CURDIR)/tools/mongodb/bin
export ORT_DYLIB_PATH ?= $(CURDIR)/tools/onnxruntime/libonnxruntime.so

.PHONY: help run build deb test check deny side-by-side tools train-text clean-tools build-tools onnxruntime mongod

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

run: build ## fetch, build, start the filter (and the demo site; or UPSTREAM=HOST:PORT)
	@scripts/run-demo

build: build-tools onnxruntime ## the release binary, target/release/portcullis
	cargo build --release --locked

deb: build ## a Debian package, target/debian/portcullis_*.deb (cargo install cargo-deb)
	cargo deb --no-build --strip

test: build-tools onnxruntime mongod check ## what CI runs: format, lints, docs, all tests, every configuration
	cargo test --locked
	scripts/check-configs target/debug/portcullis
	@$(MAKE) --no-print-directory deny

check: build-tools ## format, lints and documentation only
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items

deny: ## licences, sources and bans of dependencies, where cargo-deny is installed
	@if type -P cargo-deny >/dev/null; then \
	    cargo deny --locked check licenses bans sources; \
	else \
	    printf '\n*** cargo-deny is not installed: licences and sources were NOT checked (cargo install cargo-deny)\n\n' >&2; \
	fi

bench: build-tools onnxruntime ## inspection, session tracking and the log's path, each by itself
	cargo bench --locked --bench inspection --bench session --bench activity

side-by-side: build ## bare Pingora against the filter, by wrk
	benches/side_by_side/run

tools: build-tools onnxruntime mongod ## fetch what building, running and testing need
	@:

train-text: build ## train the text model anew; see models/README.md
	@scripts/ensure-training
	PYTHON="$${PYTHON:-$(CURDIR)/tools/training/bin/python}" models/training/train_text.sh

clean-tools: ## remove what was fetched into tools/
	rm -rf tools

build-tools:
	@scripts/ensure-packages cargo cc cmake

onnxruntime:
	@scripts/fetch-onnxruntime

mongod:
	@scripts/fetch-mongod
