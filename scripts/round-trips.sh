#!/usr/bin/env bash
# Judges claims from nodes that take a while for each answer, as nodes far away do: time, requests, and round trips one after another.
#   scripts/round-trips.sh [latency in ms] [folder]...
# Everything is on loopback. Round trips are the time during which anything was being waited for, over the latency.
set -euo pipefail
cd "$(dirname "$0")/.."
latency="${1:-50}"; [ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- bin/hoike/example
target="${CARGO_TARGET_DIR:-target}"
work="$(mktemp -d)"
node=
trap '[ -z "$node" ] || kill "$node"; rm -rf "$work"' EXIT
[ -n "${NO_BUILD:-}" ] || cargo build --quiet --release --locked -p hoike -p hoike-standin

printf '| claim | L2 node | run | s | requests | round trips |\n|---|---|---|---|---|---|\n'
for folder in "$@"; do
  for profile in ${PROFILES:-op-geth op-reth nethermind erigon}; do
    "$target/release/standin" "$folder" --latency-ms "$latency" --profile "$profile" >"$work/nodes" &
    node=$!
    until grep -q '^hoike verify' "$work/nodes"; do kill -0 "$node"; sleep 0.1; done
    read -ra line < <(grep '^hoike verify' "$work/nodes")
    rm -rf "$work/data"
    for run in first again; do
      start="$(date +%s%N)"
      "$target/release/${line[0]}" "${line[@]:1}" --data-dir "$work/data" --json >"$work/json" || [ $? -eq 1 ]
      took=$(($(date +%s%N) - start))
      jq -r --arg run "$run" --argjson took "$took" --argjson latency "$latency" --arg claim "$(basename "$folder")" --arg profile "$profile" \
        '"| \($claim) | \($profile) | \($run) | \($took / 1e7 | round / 100) | \(.fetched.requests) | \(.fetched.waited_seconds * 10000 / $latency | round / 10) |"' "$work/json"
    done
    kill "$node"; wait "$node" 2>/dev/null || true
    node=
  done
done
