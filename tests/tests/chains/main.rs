//! Whole chains made by testkit: derived as they were sequenced, or dropped for the right reason. Cases are named after `consensus-cases.md`.

mod basics;
mod batches;
mod channels;
mod config;
mod garbage;
mod malformed;
mod payloads;
mod program;
mod properties;
mod random;
mod sources;
mod window;
