//! L1 info.
