//! Fast cryptography for native builds.
