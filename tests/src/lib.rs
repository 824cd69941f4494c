//! Helpers of the tests over fixtures.
