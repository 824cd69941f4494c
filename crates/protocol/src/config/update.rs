//! System config updates.
