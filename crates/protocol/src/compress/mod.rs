//! Channel decompression.
