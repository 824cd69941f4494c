#!/usr/bin/env bash
# Runs the guest's own tests of what is in assembly, under qemu (package qemu-user).
set -euo pipefail
cd "$(dirname "$0")/.."
target_dir=$(realpath -m "${CARGO_TARGET_DIR:-target}")/fpvm
FEATURES=self-test scripts/fpvm.sh
qemu-mips64 "$target_dir/hoike-cannon-self-test.elf"
qemu-riscv64 "$target_dir/hoike-asterisc-self-test.elf"
echo "fpvm: the self-tests pass"
