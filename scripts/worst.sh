#!/usr/bin/env bash
# What a batcher can make derivation do at most, each case at a size and at ten times that size: scripts/worst.sh. `docs/performance.md` has the table.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --quiet --release --locked -p hoike-benches --example worst
# Large blocks of memory go back to the system at once, so that the peak is what is really in use.
export MALLOC_TRIM_THRESHOLD_=0 MALLOC_MMAP_THRESHOLD_=65536 MALLOC_ARENA_MAX=1
while read -r name size; do
  "${CARGO_TARGET_DIR:-target}/release/examples/worst" "$name" "$size"
  "${CARGO_TARGET_DIR:-target}/release/examples/worst" "$name" "${size}0"
done <<'CASES'
queue 9900000
past 10000000
stored 9900000
brotli 9900000
span 1000000
span-holocene 1000000
txs 60000
txs-holocene 60000
frames 600
frames-holocene 600
bank 50000
bank-canyon 50000
prune 4000
window 360
CASES
