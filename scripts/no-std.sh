#!/usr/bin/env bash
# Builds each core crate alone for a bare-metal target, so that no other crate's features can hide a lost `no_std`.
# Takes a rustup target if one is there or can be added, else Debian's rustc with its sources (packages rustc-web and rust-web-src).
set -euo pipefail
cd "$(dirname "$0")/.."
target=riscv64imac-unknown-none-elf
crates="hoike-protocol hoike-registry hoike-derive hoike-trie hoike-executor hoike-preimage hoike-kzg hoike-program"

build=()
if rustup target list --installed 2>/dev/null | grep -qx "$target" || timeout 60 rustup target add "$target" >/dev/null 2>&1; then
  echo "no-std: rustup's $target"
else
  if ! [ -x /usr/bin/rustc ] || ! [ -d /usr/share/rustc-web-src ] && ! ls -d "$(/usr/bin/rustc --print sysroot 2>/dev/null)"/lib/rustlib/src/rust/library >/dev/null 2>&1; then
    sudo=""; [ "$(id -u)" = 0 ] || sudo="sudo"
    $sudo apt-get update -qq && $sudo apt-get install -y -qq rustc-web rust-web-src
  fi
  export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1
  build=(-Zbuild-std=core,alloc)
  echo "no-std: $($RUSTC --version), building its own core and alloc"
fi
for crate in $crates; do
  echo "no-std: $crate"
  CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/no-std" cargo build --quiet --release "${build[@]}" -p "$crate" --target "$target"
done
echo "no-std: all crates build for $target"
