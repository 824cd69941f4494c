//! deposit.
