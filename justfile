# What one does here every day. `just` lists it.
default:
    @just --list

# All that CI runs
ci:
    .ci/run

# The tests, over the fixtures if they are there
test:
    cargo test --workspace

# The real claim that is built into the program
verify:
    cargo run --release -- verify

# Each core crate alone, on bare metal
no-std:
    scripts/no-std.sh

# The guest for cannon and asterisc, and whether it has the recorded bytes
fpvm:
    scripts/fpvm.sh --check

# Lints as CI has them
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --all-features -- -D warnings
