#!/usr/bin/env bash
# What takes too long for every change: everything of CI, and each test that samples there without its limits. Hours on two cores.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TERM_COLOR=never

# Every preimage of the example and of a chain of each fork, taken away and spoilt.
HOIKE_ALL_KEYS=1 cargo test --release --locked -p hoike-tests --test missing_preimages -- --nocapture --test-threads 1
