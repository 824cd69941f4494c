//! EIP-1559 parameters in block headers and payload attributes.
//!
//! Spec: `holocene/exec-engine.md`, "Dynamic EIP-1559 Parameters", `jovian/exec-engine.md`, "Minimum Base Fee in Block Header".

use crate::{config::Eip1559Constants, rules::ExtraDataFormat};
use alloc::vec::Vec;
use alloy_primitives::{B64, Bytes};

/// What a block's extra data says of the next block's base fee.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Eip1559Params {
    /// Base fee change denominator; not zero.
    pub denominator: u32,
    /// Elasticity multiplier; not zero.
    pub elasticity: u32,
    /// Least base fee in wei; zero before Jovian.
    pub min_base_fee: u64,
}

impl Eip1559Params {
    /// Reads a header's extra data in the form that the block's own time demands; `None` where blocks have none yet.
    ///
    /// # Errors
    /// Another length or version than the form's, a zero denominator, a zero elasticity (D67).
    pub fn decode(
        extra_data: &[u8],
        format: ExtraDataFormat,
    ) -> Result<Option<Self>, ExtraDataFault> {
        let (version, expected) = match format {
            ExtraDataFormat::Empty => (None, 0),
            ExtraDataFormat::Holocene => (Some(HOLOCENE_VERSION), HOLOCENE_LEN),
            ExtraDataFormat::Jovian => (Some(JOVIAN_VERSION), JOVIAN_LEN),
        };
        let fault = ExtraDataFault::Length {
            len: extra_data.len(),
            expected,
        };
        if extra_data.len() != expected {
            return Err(fault);
        }
        let Some(version) = version else {
            return Ok(None);
        };
        let (found, fields) = extra_data.split_first().ok_or(fault)?;
        if *found != version {
            return Err(ExtraDataFault::Version {
                found: *found,
                expected: version,
            });
        }
        let (params, min_base_fee) = fields.split_first_chunk().ok_or(fault)?;
        let (denominator, elasticity) = split(B64::new(*params));
        if denominator == 0 {
            return Err(ExtraDataFault::ZeroDenominator);
        }
        if elasticity == 0 {
            return Err(ExtraDataFault::ZeroElasticity);
        }
        let min_base_fee = min_base_fee
            .first_chunk()
            .map_or(0, |fee| u64::from_be_bytes(*fee));
        Ok(Some(Self {
            denominator,
            elasticity,
            min_base_fee,
        }))
    }

    /// A header's extra data, 0, 9 or 17 bytes.
    pub fn encode(&self, format: ExtraDataFormat) -> Bytes {
        let mut out = Vec::with_capacity(JOVIAN_LEN);
        let params = self.attribute_params();
        match format {
            ExtraDataFormat::Empty => {}
            ExtraDataFormat::Holocene => {
                out.push(HOLOCENE_VERSION);
                out.extend_from_slice(params.as_slice());
            }
            ExtraDataFormat::Jovian => {
                out.push(JOVIAN_VERSION);
                out.extend_from_slice(params.as_slice());
                out.extend_from_slice(&self.min_base_fee.to_be_bytes());
            }
        }
        out.into()
    }

    /// What a block built from these attributes has in its header: zero parameters stand for the chain's constants, those of Canyon (D66).
    ///
    /// # Errors
    /// One of denominator and elasticity is zero and the other is not; the chain's constants do not fit a header.
    pub fn from_attributes(
        params: B64,
        min_base_fee: u64,
        constants: &Eip1559Constants,
    ) -> Result<Self, ExtraDataFault> {
        check_attribute_params(params)?;
        let (denominator, elasticity) = if params.is_zero() {
            let fit = |constant: u64| {
                u32::try_from(constant).map_err(|_| ExtraDataFault::Constant(constant))
            };
            (
                fit(constants.denominator_canyon)?,
                fit(constants.elasticity)?,
            )
        } else {
            split(params)
        };
        Ok(Self {
            denominator,
            elasticity,
            min_base_fee,
        })
    }

    /// Denominator and elasticity as in payload attributes and the system config: big-endian `u32`s.
    pub fn attribute_params(&self) -> B64 {
        B64::from((u64::from(self.denominator) << 32) | u64::from(self.elasticity))
    }
}

/// Whether parameters can be in payload attributes or a config update: both zero or both not.
///
/// # Errors
/// Names the one that is zero.
pub const fn check_attribute_params(params: B64) -> Result<(), ExtraDataFault> {
    match split(params) {
        (0, 0) => Ok(()),
        (0, _) => Err(ExtraDataFault::ZeroDenominator),
        (_, 0) => Err(ExtraDataFault::ZeroElasticity),
        (_, _) => Ok(()),
    }
}

const fn split(params: B64) -> (u32, u32) {
    let [a, b, c, d, e, f, g, h] = params.0;
    (
        u32::from_be_bytes([a, b, c, d]),
        u32::from_be_bytes([e, f, g, h]),
    )
}

/// Why EIP-1559 parameters are refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ExtraDataFault {
    /// The extra data has another length than its form.
    #[error("extra data has {len} bytes instead of {expected}")]
    Length {
        /// How many bytes there are.
        len: usize,
        /// How many there should be.
        expected: usize,
    },
    /// The version byte is another one.
    #[error("extra data has version {found} instead of {expected}")]
    Version {
        /// The version found.
        found: u8,
        /// The version of the form.
        expected: u8,
    },
    /// A denominator of zero, without an elasticity of zero where that would be allowed.
    #[error("zero EIP-1559 denominator")]
    ZeroDenominator,
    /// An elasticity of zero, without a denominator of zero where that would be allowed.
    #[error("zero EIP-1559 elasticity")]
    ZeroElasticity,
    /// A constant of the chain is larger than a header can say.
    #[error("EIP-1559 constant {0} does not fit 32 bits")]
    Constant(u64),
}

const HOLOCENE_VERSION: u8 = 0;
const HOLOCENE_LEN: usize = 9;
const JOVIAN_VERSION: u8 = 1;
const JOVIAN_LEN: usize = 17;
