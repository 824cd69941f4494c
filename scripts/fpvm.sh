#!/usr/bin/env bash
# Builds the fault proof program for cannon and asterisc, the same bytes wherever it is built, and prints the sha256 of both.
#
#   scripts/fpvm.sh            build
#   scripts/fpvm.sh --write    and write guests/fpvm/hashes.txt, with the prestates that $HOIKE_BIN makes
#   scripts/fpvm.sh --check    and compare with it; 1 if they differ, 3 if it is of another rustc or linker
#   scripts/fpvm.sh --prestates  builds nothing: what $HOIKE_BIN makes of the programs that are there, for both VMs; compared with hashes.txt if they are its
#
# HOIKE_ROLLUP_CONFIG and HOIKE_L1_CONFIG name the files of a chain that is not in the registry, to be built in: docs/backends/fpvm.md.
# Takes the rustc of $RUSTC, else rustup's if it has sources (component rust-src) and is recent enough, else Debian's with its sources (packages rustc-web,
# rust-web-src and lld-22). The ELF files end up in $CARGO_TARGET_DIR/fpvm (default: target/fpvm).
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
mode=${1:-}
case "$mode" in
  "" | --write | --check | --prestates) ;;
  *) sed -n '2,13s/^# \{0,1\}//p' scripts/fpvm.sh >&2; exit 64 ;;
esac

target_dir=$(realpath -m "${CARGO_TARGET_DIR:-target}")/fpvm
recorded=guests/fpvm/hashes.txt
# The hash of a program's state before its first step, which a dispute game commits to.
prestates() {
  local dir; dir=$(mktemp -d)
  "$HOIKE_BIN" cannon load-elf --type multithreaded64-5 --path "$target_dir/hoike-cannon.elf" --out "$dir/cannon.bin.gz" --meta ""
  "$HOIKE_BIN" asterisc load-elf --path "$target_dir/hoike-asterisc.elf" --out "$dir/asterisc.bin.gz" --meta ""
  "$HOIKE_BIN" cannon witness --input "$dir/cannon.bin.gz" | sed -n 's/.*"witnessHash": "\(.*\)".*/\1  prestate of hoike-cannon.elf, multithreaded64-5/p'
  "$HOIKE_BIN" asterisc witness --input "$dir/asterisc.bin.gz" | sed -n 's/.*"stateHash": "\(.*\)".*/\1  prestate of hoike-asterisc.elf/p'
  rm -r "$dir"
}
if [ "$mode" = --prestates ]; then
  found=$(prestates)
  echo "$found"
  programs=$(cd "$target_dir" && sha256sum hoike-cannon.elf hoike-asterisc.elf)
  if [ "$(grep -c "^[0-9a-f]" "$recorded")" = 2 ] || ! diff -q <(grep "  hoike-" "$recorded") <(echo "$programs") >/dev/null; then
    echo "fpvm: of other programs than $recorded" >&2
  elif ! diff -u <(grep "  prestate of" "$recorded") <(echo "$found") >&2; then
    echo "fpvm: $recorded has other prestates of the same programs" >&2
    exit 1
  fi
  exit
fi

# The form of target-pointer-width in the target's JSON is that of 1.96 and newer.
has_sources() { [ -f "$("$1" --print sysroot 2>/dev/null)/lib/rustlib/src/rust/library/core/src/lib.rs" ]; }
is_recent() { [ "$("$1" --version | sed 's/rustc 1\.\([0-9]*\)\..*/\1/')" -ge 96 ]; }
if [ -z "${RUSTC:-}" ]; then
  RUSTC=$(command -v rustc || true)
  if [ -z "$RUSTC" ] || ! has_sources "$RUSTC" || ! is_recent "$RUSTC"; then
    RUSTC=/usr/bin/rustc
    if ! [ -x $RUSTC ] || ! has_sources $RUSTC || ! command -v lld-22 >/dev/null; then
      sudo=""; [ "$(id -u)" = 0 ] || sudo="sudo"
      $sudo apt-get update -qq && $sudo apt-get install -y -qq rustc-web rust-web-src lld-22 >&2
    fi
  fi
fi
# Nightly features in a stable compiler: no released one has these targets' core library as asterisc needs it, without compressed instructions.
export RUSTC RUSTC_BOOTSTRAP=1 RUSTC_WRAPPER="$root/scripts/fpvm-rustc.sh"
sysroot=$("$RUSTC" --print sysroot)
lld=$sysroot/lib/rustlib/$("$RUSTC" -vV | sed -n 's/host: //p')/bin
PATH=$lld:$PATH
version=$("$RUSTC" --version)
echo "fpvm: $version" >&2

remap=(
  "--remap-path-prefix=$root=/hoike"
  "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
  "--remap-path-prefix=$sysroot/lib/rustlib/src/rust=/rustc"
  "--remap-path-prefix=$(realpath "$sysroot/lib/rustlib/src/rust")=/rustc"
)
# flags of rustc, joined as cargo wants them
join() { local IFS=$'\x1f'; echo "$*"; }
build() { # virtual machine, target, flags of its own
  local vm=$1 target=$2; shift 2
  # In the workspace's own folder, so that no configuration of the outer one is read twice.
  (cd guests/fpvm && CARGO_ENCODED_RUSTFLAGS=$(join -Clink-arg=-e_start "${remap[@]}" "$@") CARGO_TARGET_DIR=$target_dir \
    cargo build --quiet --release --locked --features "${FEATURES:-}" --target "$target" -Zjson-target-spec -Zbuild-std=core,alloc -Zbuild-std-features=compiler-builtins-mem)
  cp "$target_dir/${target%.json}/release/hoike-fpvm" "$target_dir/hoike-$vm${FEATURES:+-$FEATURES}.elf"
}
build cannon mips64-fpvm.json -Cllvm-args=-mno-check-zero-division
# No load or store of asterisc minds an address that is not aligned.
build asterisc riscv64imac-unknown-none-elf -Ctarget-feature=-c,-zca,+unaligned-scalar-mem

if [ -n "${FEATURES:-}" ]; then exit; fi

hashes() {
  echo "# sha256 of the ELF files that scripts/fpvm.sh --write made with"
  echo "# $version, $(rust-lld -flavor gnu --version 2>/dev/null || ld.lld-22 --version)"
  echo "# Another compiler or linker makes other bytes."
  (cd "$target_dir" && sha256sum hoike-cannon.elf hoike-asterisc.elf)
}
hashes | sed '/^#/d'
case "$mode" in
  --write)
    : "${HOIKE_BIN:?names the hoike that makes the prestates}"
    { hashes; prestates; } >"$recorded"
    ;;
  --check)
    if ! diff -u <(grep "^#" "$recorded") <(hashes | grep "^#") >&2; then
      echo "fpvm: $recorded is of other tools" >&2
      exit 3
    fi
    if ! diff -u <(grep "  hoike-" "$recorded") <(hashes | grep "  hoike-") >&2; then
      echo "fpvm: $recorded is of other programs" >&2
      exit 1
    fi
    echo "fpvm: as recorded" >&2
    ;;
esac
