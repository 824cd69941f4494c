#!/usr/bin/env bash
# What takes too long for every change: everything of CI, and each test that samples there without its limits. Hours on two cores.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TERM_COLOR=never

# Every preimage of the example and of a chain of each fork, taken away and spoilt.
HOIKE_ALL_KEYS=1 cargo test --release --locked -p hoike-tests --test missing_preimages -- --nocapture --test-threads 1
# 10,000 faults in one verification; processes killed at 200 random moments; random programs on cannon.
HOIKE_FAULTS=10000 cargo test --locked -p hoike-tests --test endpoints -- --nocapture
HOIKE_KILLS=200 cargo test --locked -p hoike --test killed -- --nocapture --test-threads 1
HOIKE_SEEDS=20000 cargo test --release --locked -p hoike-vm --test cannon_random -- --nocapture
scripts/sanitize.sh
