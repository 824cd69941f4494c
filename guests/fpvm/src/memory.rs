//! Copies: left to the compiler's own for now.
