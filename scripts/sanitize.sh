#!/usr/bin/env bash
# Runs the tests of the crate with unsafe code of its own that is not C (hoike-vm: code for processor features) under AddressSanitizer.
set -euo pipefail
cd "$(dirname "$0")/.."
export RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address
CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/asan" cargo test --locked -p hoike-vm --target "$(rustc -vV | sed -n 's/^host: //p')"
