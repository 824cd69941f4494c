//! Precompiles and signers.

use hoike_executor::Accelerator;

/// Computes all itself.
#[derive(Debug, Default)]
pub(crate) struct OracleAccelerator;

impl<E> Accelerator<E> for OracleAccelerator {}
