//! What must hold: properties, and comparisons with plain models or with other implementations. Nothing here makes inputs.

pub mod batches;
pub mod channels;
pub mod items;
pub mod logs;
pub mod machine;
pub mod pipes;
pub mod stores;
pub mod tries;
pub mod vms;

/// Of two byte strings, the shorter is the beginning of the longer.
pub(crate) fn agree(a: &[u8], b: &[u8]) -> bool {
    let common = a.len().min(b.len());
    a[..common] == b[..common]
}
