#!/usr/bin/env bash
# Fuzzes: scripts/fuzz.sh [seconds per target] [target...]. All targets for 10 seconds each by default, two at a time.
# SEED chooses other inputs; the default makes runs alike. Installs nothing. Needs a C++ compiler, for libFuzzer, which the crate libfuzzer-sys has
# the source of. `fuzz/README.md` says what is looked for.
set -euo pipefail
cd "$(dirname "$0")/../fuzz"

seconds="${1:-10}"
shift || true
case "$seconds" in
  ''|*[!0-9]*) echo "fuzz: $seconds is no number of seconds; usage: scripts/fuzz.sh [seconds per target] [target...]" >&2; exit 64 ;;
esac
all=()
for path in fuzz_targets/*.rs; do all+=("$(basename "$path" .rs)"); done
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=("${all[@]}")
for target in "${targets[@]}"; do
  [ -f "fuzz_targets/$target.rs" ] || { echo "fuzz: there is no target $target; there are: ${all[*]}" >&2; exit 64; }
done
if ! command -v "${CXX:-c++}" >/dev/null; then
  echo "fuzz: no C++ compiler (${CXX:-c++}), which libFuzzer needs: install g++ or clang, or name one by CXX" >&2
  exit 69
fi

# Coverage for libFuzzer, by a stable compiler that is told to let the pass through; without an address sanitizer, since nothing here is unsafe.
host="$(rustc -vV | sed -n 's/^host: //p')"
flags=(
  -Cpasses=sancov-module
  -Cllvm-args=-sanitizer-coverage-level=4
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
  -Cllvm-args=-sanitizer-coverage-pc-table
  -Cllvm-args=-sanitizer-coverage-trace-compares
  --cfg fuzzing
  -Cdebug-assertions=on
  -Coverflow-checks=on
  -Ccodegen-units=4
)
target_dir="${CARGO_TARGET_DIR:-target}"
echo "fuzz: building ${targets[*]}"
bins=()
for target in "${targets[@]}"; do bins+=(--bin "$target"); done
RUSTC_BOOTSTRAP=1 RUSTFLAGS="${flags[*]}" \
  cargo build --quiet --locked --features libfuzzer "${bins[@]}" --target "$host"
# Seeds that are too large to be kept, from the example and the fixtures.
cargo run --quiet --locked --bin seeds -- corpus

run() {
  local target="$1" log="logs/$1.log" status=0
  mkdir -p "corpus/$target" "artifacts/$target" "regressions/$target"
  "$target_dir/$host/debug/$target" "corpus/$target" "seeds/$target" "regressions/$target" \
    -max_total_time="$seconds" -max_len="$(most "$target")" -seed="${SEED:-1}" -rss_limit_mb=1536 -timeout=20 -use_value_profile=1 \
    -artifact_prefix="artifacts/$target/" -print_final_stats=1 >"$log" 2>&1 || status=$?
  rmdir "regressions/$target" 2>/dev/null || true
  if [ "$status" != 0 ]; then
    echo "fuzz: $target FAILED ($status)"
    grep -aE "panicked at|^assertion|left:|right:|ERROR: libFuzzer|artifacts/" -A1 "$log" | cut -c1-300 | head -n 12
    return 1
  fi
  printf 'fuzz: %-15s %s, %s\n' "$target" \
    "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log") runs" \
    "$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log") a second"
}

# How long inputs may get, in bytes: enough for what each target looks at.
most() {
  case "$1" in
    zlib | brotli) echo 65536 ;;
    frames | blobs | wire) echo 2048 ;;
    *) echo 8192 ;;
  esac
}

mkdir -p logs
failed=() running=()
for target in "${targets[@]}"; do
  run "$target" &
  running+=("$!:$target")
  if [ ${#running[@]} -ge 2 ]; then
    wait "${running[0]%%:*}" || failed+=("${running[0]#*:}")
    running=("${running[@]:1}")
  fi
done
for job in "${running[@]}"; do
  wait "${job%%:*}" || failed+=("${job#*:}")
done

if [ ${#failed[@]} -gt 0 ]; then
  for target in "${failed[@]}"; do
    for artifact in "artifacts/$target"/*; do
      [ -f "$artifact" ] || continue
      echo "fuzz: fuzz/$artifact"
      echo "  once more:  cd fuzz && $target_dir/$host/debug/$target $artifact"
      echo "  smaller:    cd fuzz && $target_dir/$host/debug/$target -minimize_crash=1 -max_total_time=60 $artifact"
      echo "  to keep:    mkdir -p fuzz/regressions/$target && cp fuzz/$artifact fuzz/regressions/$target/<what it shows>"
    done
  done
  exit 1
fi
echo "fuzz: nothing found in ${#targets[@]} targets of $seconds s each"
