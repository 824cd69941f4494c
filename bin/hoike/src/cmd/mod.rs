//! One file per command.

pub(crate) mod explain;
pub(crate) mod host;
pub(crate) mod verify;
pub(crate) mod vm;
pub(crate) mod witness;
