//! Blobs.
#![no_std]
