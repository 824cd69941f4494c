#!/usr/bin/env bash
# Builds hoike, and what makes scenarios and blocks (unless HOIKE_BIN, HOIKE_SCENARIOS, HOIKE_EXECUTIONS name binaries), and runs op-node's, op-program's and
# op-challenger's own code against them. Arguments go to `go test`.
set -euo pipefail
# Before the folder changes: paths may be relative.
for name in HOIKE_FIXTURES HOIKE_BIN HOIKE_SCENARIOS HOIKE_EXECUTIONS; do
  if [ -n "${!name:-}" ]; then export "$name=$(realpath "${!name}")"; fi
done
cd "$(dirname "$0")"
if ! command -v go >/dev/null; then
  echo "skipped: Go is not installed"
  exit 0
fi
# The path of the executable that these arguments make cargo build: it is asked for, since CARGO_TARGET_DIR may put it anywhere.
build() {
  cargo build --manifest-path ../Cargo.toml --locked --message-format json "$@" |
    sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1
}
if [ -z "${HOIKE_BIN:-}" ]; then
  HOIKE_BIN=$(build -p hoike --bin hoike)
  [ -x "$HOIKE_BIN" ] || { echo "cargo built no hoike" >&2; exit 1; }
fi
if [ -z "${HOIKE_SCENARIOS:-}" ]; then
  HOIKE_SCENARIOS=$(build -p hoike-testkit --example scenarios)
  [ -x "$HOIKE_SCENARIOS" ] || { echo "cargo built nothing that makes scenarios" >&2; exit 1; }
fi
if [ -z "${HOIKE_EXECUTIONS:-}" ]; then
  HOIKE_EXECUTIONS=$(build -p hoike-testkit --example executions)
  [ -x "$HOIKE_EXECUTIONS" ] || { echo "cargo built nothing that makes blocks" >&2; exit 1; }
fi
export HOIKE_BIN HOIKE_SCENARIOS HOIKE_EXECUTIONS DISABLE_OP_E2E_LEGACY=true
exec go test -count=1 -timeout 60m "$@" ./...
