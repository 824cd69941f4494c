//! extra_data.
