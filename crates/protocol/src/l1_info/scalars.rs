//! Fee parameters that are packed into one word of the system config.

use alloy_primitives::{B256, U256};

/// Scalars of Ecotone's L1 fee. Spec: `ecotone/l1-attributes.md`, and `protocol/system-config.md`, "Scalar".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PackedScalars {
    /// Scalar of the base fee.
    pub base_fee: u32,
    /// Scalar of the blob base fee.
    pub blob_base_fee: u32,
}

impl PackedScalars {
    /// Reads a scalar as an update log from Ecotone on must have it: version 0 with a base fee scalar only, or version 1 with both.
    ///
    /// # Errors
    /// Another version, padding that is not zero.
    pub fn decode(scalar: &B256) -> Result<Self, ScalarFault> {
        let [low, b, c, d] = U256::from_be_bytes(scalar.0).into_limbs();
        let [version, padding @ ..] = d.to_be_bytes();
        let clean = padding == [0; 7] && c == 0 && b == 0;
        let (blob_base_fee, base_fee) = halves(low);
        match version {
            0 if clean && blob_base_fee == 0 => Ok(Self {
                base_fee,
                blob_base_fee,
            }),
            0 => Err(ScalarFault::BedrockPadding),
            1 if clean => Ok(Self {
                base_fee,
                blob_base_fee,
            }),
            1 => Err(ScalarFault::EcotonePadding),
            2.. => Err(ScalarFault::Version(version)),
        }
    }

    /// Reads the scalar of a system config, where one from before Ecotone may still be: too large a number of version 0 counts as the largest (D177).
    ///
    /// # Errors
    /// Another version, padding of version 1 that is not zero.
    pub fn of_config(scalar: &B256) -> Result<Self, ScalarFault> {
        match Self::decode(scalar) {
            Err(ScalarFault::BedrockPadding) => Ok(Self {
                base_fee: u32::MAX,
                blob_base_fee: 0,
            }),
            Err(fault @ (ScalarFault::EcotonePadding | ScalarFault::Version(_))) => Err(fault),
            Ok(scalars) => Ok(scalars),
        }
    }

    /// The scalar in version 1.
    pub fn encode(&self) -> B256 {
        let low = (u64::from(self.blob_base_fee) << 32) | u64::from(self.base_fee);
        U256::from_limbs([low, 0, 0, 1 << 56]).into()
    }
}

/// Parameters of the operator fee. Spec: `isthmus/system-config.md`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OperatorFeeParams {
    /// Scalar; what it means is the fork's business.
    pub scalar: u32,
    /// Constant in wei.
    pub constant: u64,
}

impl OperatorFeeParams {
    /// Reads the word of an update log; its 20 high bytes are not looked at.
    pub fn decode(word: &B256) -> Self {
        let [constant, next, ..] = U256::from_be_bytes(word.0).into_limbs();
        let (_, scalar) = halves(next);
        Self { scalar, constant }
    }

    /// The word of an update log.
    pub fn encode(&self) -> B256 {
        U256::from_limbs([self.constant, u64::from(self.scalar), 0, 0]).into()
    }
}

/// The high and the low half.
const fn halves(number: u64) -> (u32, u32) {
    let [a, b, c, d, e, f, g, h] = number.to_be_bytes();
    (
        u32::from_be_bytes([a, b, c, d]),
        u32::from_be_bytes([e, f, g, h]),
    )
}

/// Why a scalar has no packed meaning.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ScalarFault {
    /// Version 0 with more than a base fee scalar.
    #[error("scalar of version 0 does not fit 32 bits")]
    BedrockPadding,
    /// Version 1 with more than two scalars.
    #[error("padding of a version 1 scalar is not zero")]
    EcotonePadding,
    /// A version that is not known.
    #[error("unknown scalar version {0}")]
    Version(u8),
}
