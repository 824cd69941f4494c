#!/usr/bin/env bash
# Builds hoike (unless HOIKE_BIN names a binary) and runs op-program's and op-challenger's own code against it. Arguments go to `go test`.
set -euo pipefail
# Before the folder changes: paths may be relative.
for name in HOIKE_FIXTURES HOIKE_BIN; do
  if [ -n "${!name:-}" ]; then export "$name=$(realpath "${!name}")"; fi
done
cd "$(dirname "$0")"
if ! command -v go >/dev/null; then
  echo "skipped: Go is not installed"
  exit 0
fi
if [ -z "${HOIKE_BIN:-}" ]; then
  # The path is asked for, since CARGO_TARGET_DIR may put it anywhere.
  HOIKE_BIN=$(cargo build --manifest-path ../Cargo.toml -p hoike --locked --message-format json |
    sed -n 's/.*"executable":"\([^"]*\/hoike\)".*/\1/p' | tail -n 1)
  [ -x "$HOIKE_BIN" ] || { echo "cargo built no hoike" >&2; exit 1; }
fi
export HOIKE_BIN DISABLE_OP_E2E_LEGACY=true
exec go test -count=1 -timeout 60m "$@" ./...
