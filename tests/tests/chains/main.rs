//! Whole chains made by testkit: derived as they were sequenced, or dropped for the right reason. Cases are named after `consensus-cases.md`.

mod basics;
