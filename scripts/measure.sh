#!/usr/bin/env bash
# Measures what docs/performance.md says: instructions by callgrind, times and memory. Takes some minutes, and valgrind and GNU time.
#   scripts/measure.sh [instructions|times|memory|kinds]...
# Data is loaded before anything is counted. Fixtures are looked for as the tests do; what they are missing for is left out.
set -euo pipefail
cd "$(dirname "$0")/.."
runs="${RUNS:-21}"
target="${CARGO_TARGET_DIR:-target}"
fixtures="${HOIKE_FIXTURES:-../shared/fixtures}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
[ $# -gt 0 ] || set -- instructions times memory

# One build without anything of C or assembly, one with: the features of one would reach the other.
for crypto in pure native; do
  flags=(); [ "$crypto" = native ] || flags=(--no-default-features)
  cargo build --quiet --release --locked -p hoike-benches --examples "${flags[@]}"
  mkdir "$work/$crypto"
  cp "$target"/release/examples/{claim,channel,block} "$work/$crypto/"
done
cargo build --quiet --release --locked -p hoike

# Instructions of the measured function, in millions.
count() {
  valgrind --tool=callgrind --toggle-collect='*::measured*' --callgrind-out-file=/dev/null "$@" 2>&1 >/dev/null |
    sed -n 's/.*refs: *//p' | tr -d , | awk '{printf "%.1f", $1 / 1e6}'
}

# Least and median of some microseconds.
spread() { sort -n | awk '{t[NR] = $1 / 1000} END {printf "%.1f | %.1f", t[1], t[int((NR + 1) / 2)]}'; }

blocks() { for folder in "$fixtures"/executor/*/; do [ -f "$folder/fixture.json" ] && printf '%s\n' "${folder%/}"; done; return 0; }

instructions() {
  printf '\n| run | M instructions |\n|---|---|\n'
  for mode in trusted-pure verified-pure; do
    printf '| claim %s | %s |\n' "$mode" "$(count "$work/pure/claim" "$mode")"
  done
  for mode in trusted-native verified-native; do
    printf '| claim %s | %s |\n' "$mode" "$(count "$work/native/claim" "$mode")"
  done
  if [ -f "$fixtures/derive/channel-op-mainnet-zlib.bin" ]; then
    printf '| channel to batches | %s |\n' "$(count "$work/pure/channel")"
    printf '| channel to transactions | %s |\n' "$(count "$work/pure/channel" rebuild)"
  fi
  printf '\n| block | M instructions pure | native |\n|---|---|---|\n'
  blocks | while read -r folder; do
    printf '| %s | %s | %s |\n' "${folder##*/}" "$(count "$work/pure/block" "$folder" pure)" "$(count "$work/native/block" "$folder" native)"
  done
}

times() {
  printf '\n%s, %s processors, load %s; ms of %s runs\n\n' \
    "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)" "$(cut -d' ' -f1 /proc/loadavg)" "$runs"
  printf '| run | min | median |\n|---|---|---|\n'
  for mode in trusted-pure verified-pure; do
    printf '| claim %s | %s |\n' "$mode" "$(for _ in $(seq "$runs"); do "$work/pure/claim" "$mode" | cut -d' ' -f1; done | spread)"
  done
  for mode in trusted-native verified-native; do
    printf '| claim %s | %s |\n' "$mode" "$(for _ in $(seq "$runs"); do "$work/native/claim" "$mode" | cut -d' ' -f1; done | spread)"
  done
  printf '| `hoike verify`, all of it | %s |\n' "$(for _ in $(seq "$runs"); do
    start="$(date +%s%N)"; "$target/release/hoike" verify >/dev/null; echo $((($(date +%s%N) - start) / 1000))
  done | spread)"
  printf '\n| block | µs pure min, median | native min, median |\n|---|---|---|\n'
  blocks | while read -r folder; do
    printf '| %s | %s | %s |\n' "${folder##*/}" "$("$work/pure/block" "$folder" pure "$runs")" "$("$work/native/block" "$folder" native "$runs")"
  done
}

memory() {
  printf '\n| program | peak resident MB |\n|---|---|\n'
  for flags in "" --trust-witness --pure; do
    peak="$(/usr/bin/time -f %M "$target/release/hoike" verify $flags 2>&1 >/dev/null | tail -n 1)"
    printf '| hoike verify %s | %s |\n' "$flags" "$((peak / 1024))"
  done
}

# Where a trusted run in pure Rust goes.
kinds() {
  valgrind --tool=callgrind --toggle-collect='*::measured*' --callgrind-out-file="$work/out" "$work/pure/claim" trusted-pure >/dev/null 2>&1
  callgrind_annotate --inclusive=yes "$work/out" | grep -E '^ *[0-9,]+ \(' | sed -E 's#/\S*/([^/]+/src)#\1#; s# \[.*##' | head -n 80
}

for part in "$@"; do "$part"; done
