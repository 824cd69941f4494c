//! Cases of consensus that one or two transactions show, on states made up for them. They are named after `docs/cases.md`.

#[path = "../common/mod.rs"]
mod common;
mod harness;

mod deposits;
mod fees;
mod karst;
mod payloads;
mod precompiles;
mod state;
mod system;
