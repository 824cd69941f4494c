#!/usr/bin/env bash
# Line coverage of the core crates, by their own tests and by those over whole claims. `docs/coverage.md` says what is not covered.
# Needs cargo-llvm-cov (cargo install --locked cargo-llvm-cov) and rustup's llvm-tools (rustup component add llvm-tools). Options go to `cargo llvm-cov report`: --text, --html, ...
set -euo pipefail
cd "$(dirname "$0")/.."
core=(protocol registry derive trie executor preimage kzg program)
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/coverage"

# Builds of older sources would be counted beside the new ones.
cargo llvm-cov clean --workspace
# One run, since features that differ would make two builds of each function.
cargo llvm-cov --no-report "${core[@]/#/--package=hoike-}" --package=hoike-tests
# What is not core, and tests; those inside of source files count, since the tool cannot tell them apart.
cargo llvm-cov report --ignore-filename-regex '(^|/)(bin|tests|benches|fuzz|crates/(claims|host|native|testkit|vm))/' "${@:---summary-only}"
