//! The calldata of the L1 attributes transaction. A fork's format is the one of before with fields appended, Ecotone's apart.

use super::{BlobFees, L1Fees, L1Info, L1InfoDecodeFault, OperatorFeeParams, PackedScalars};
use crate::rules::L1InfoFormat;
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256};

impl L1Info {
    /// The calldata, in the format that the fees have.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(len(L1InfoFormat::Bedrock));
        match &self.fees {
            L1Fees::Bedrock { overhead, scalar } => {
                out.extend_from_slice(&selector(L1InfoFormat::Bedrock));
                for word in [
                    U256::from(self.number).into(),
                    U256::from(self.time).into(),
                    self.base_fee.into(),
                    self.hash,
                    U256::from(self.sequence_number).into(),
                    self.batcher.into_word(),
                    (*overhead).into(),
                    *scalar,
                ] {
                    out.extend_from_slice(word.as_slice());
                }
            }
            L1Fees::Ecotone(fees) => {
                out.extend_from_slice(&selector(L1InfoFormat::Ecotone));
                self.put_ecotone(fees, &mut out);
            }
            L1Fees::Isthmus(fees, operator_fee) => {
                out.extend_from_slice(&selector(L1InfoFormat::Isthmus));
                self.put_ecotone(fees, &mut out);
                put_operator_fee(operator_fee, &mut out);
            }
            L1Fees::Jovian(fees, operator_fee, da_footprint_gas_scalar) => {
                out.extend_from_slice(&selector(L1InfoFormat::Jovian));
                self.put_ecotone(fees, &mut out);
                put_operator_fee(operator_fee, &mut out);
                out.extend_from_slice(&da_footprint_gas_scalar.to_be_bytes());
            }
        }
        out
    }

    /// Reads calldata that must have this format.
    pub(super) fn decode_calldata(
        data: &[u8],
        format: L1InfoFormat,
    ) -> Result<Self, L1InfoDecodeFault> {
        let expected = len(format);
        if data.len() != expected {
            return Err(L1InfoDecodeFault::Length {
                len: data.len(),
                expected,
            });
        }
        let mut fields = Fields { rest: data };
        if fields.take()? != selector(format) {
            return Err(L1InfoDecodeFault::Selector);
        }
        match format {
            L1InfoFormat::Bedrock => Ok(Self {
                number: fields.u64_word()?,
                time: fields.u64_word()?,
                base_fee: fields.u256()?,
                hash: fields.word()?,
                sequence_number: fields.u64_word()?,
                batcher: fields.address_word()?,
                fees: L1Fees::Bedrock {
                    overhead: fields.u256()?,
                    scalar: fields.word()?,
                },
            }),
            L1InfoFormat::Ecotone => {
                Self::take_ecotone(&mut fields, |fees, _| Ok(L1Fees::Ecotone(fees)))
            }
            L1InfoFormat::Isthmus => Self::take_ecotone(&mut fields, |fees, more| {
                Ok(L1Fees::Isthmus(fees, more.operator_fee()?))
            }),
            L1InfoFormat::Jovian => Self::take_ecotone(&mut fields, |fees, more| {
                Ok(L1Fees::Jovian(
                    fees,
                    more.operator_fee()?,
                    u16::from_be_bytes(more.take()?),
                ))
            }),
        }
    }

    fn put_ecotone(&self, fees: &BlobFees, out: &mut Vec<u8>) {
        out.extend_from_slice(&fees.scalars.base_fee.to_be_bytes());
        out.extend_from_slice(&fees.scalars.blob_base_fee.to_be_bytes());
        out.extend_from_slice(&self.sequence_number.to_be_bytes());
        out.extend_from_slice(&self.time.to_be_bytes());
        out.extend_from_slice(&self.number.to_be_bytes());
        for word in [
            self.base_fee.into(),
            fees.blob_base_fee.into(),
            self.hash,
            self.batcher.into_word(),
        ] {
            out.extend_from_slice(word.as_slice());
        }
    }

    /// Reads Ecotone's fields, and lets `fees` read those that a later format appends.
    fn take_ecotone(
        fields: &mut Fields<'_>,
        fees: impl FnOnce(BlobFees, &mut Fields<'_>) -> Result<L1Fees, L1InfoDecodeFault>,
    ) -> Result<Self, L1InfoDecodeFault> {
        let base_fee_scalar = u32::from_be_bytes(fields.take()?);
        let blob_base_fee_scalar = u32::from_be_bytes(fields.take()?);
        let sequence_number = u64::from_be_bytes(fields.take()?);
        let time = u64::from_be_bytes(fields.take()?);
        let number = u64::from_be_bytes(fields.take()?);
        let base_fee = fields.u256()?;
        let blob_base_fee = fields.u256()?;
        let hash = fields.word()?;
        let batcher = fields.address_word()?;
        let scalars = PackedScalars {
            base_fee: base_fee_scalar,
            blob_base_fee: blob_base_fee_scalar,
        };
        let fees = fees(
            BlobFees {
                scalars,
                blob_base_fee,
            },
            fields,
        )?;
        Ok(Self {
            number,
            time,
            base_fee,
            hash,
            sequence_number,
            batcher,
            fees,
        })
    }
}

fn put_operator_fee(fee: &OperatorFeeParams, out: &mut Vec<u8>) {
    out.extend_from_slice(&fee.scalar.to_be_bytes());
    out.extend_from_slice(&fee.constant.to_be_bytes());
}

/// Reads fields from the front of bytes.
struct Fields<'a> {
    rest: &'a [u8],
}

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], L1InfoDecodeFault> {
        // The whole length was checked: this is never missing.
        let (field, rest) = self
            .rest
            .split_first_chunk()
            .ok_or(L1InfoDecodeFault::Range)?;
        self.rest = rest;
        Ok(*field)
    }

    fn word(&mut self) -> Result<B256, L1InfoDecodeFault> {
        self.take().map(B256::new)
    }

    fn u256(&mut self) -> Result<U256, L1InfoDecodeFault> {
        self.take::<32>().map(U256::from_be_bytes)
    }

    fn u64_word(&mut self) -> Result<u64, L1InfoDecodeFault> {
        u64::try_from(self.u256()?).map_err(|_| L1InfoDecodeFault::Range)
    }

    fn address_word(&mut self) -> Result<Address, L1InfoDecodeFault> {
        let word = self.word()?;
        let address = Address::from_word(word);
        if address.into_word() == word {
            Ok(address)
        } else {
            Err(L1InfoDecodeFault::Range)
        }
    }

    fn operator_fee(&mut self) -> Result<OperatorFeeParams, L1InfoDecodeFault> {
        Ok(OperatorFeeParams {
            scalar: u32::from_be_bytes(self.take()?),
            constant: u64::from_be_bytes(self.take()?),
        })
    }
}

/// First four bytes of the keccak of the function's signature.
const fn selector(format: L1InfoFormat) -> [u8; 4] {
    match format {
        // setL1BlockValues(uint64,uint64,uint256,bytes32,uint64,bytes32,uint256,uint256)
        L1InfoFormat::Bedrock => [0x01, 0x5d, 0x8e, 0xb9],
        // setL1BlockValuesEcotone()
        L1InfoFormat::Ecotone => [0x44, 0x0a, 0x5e, 0x20],
        // setL1BlockValuesIsthmus()
        L1InfoFormat::Isthmus => [0x09, 0x89, 0x99, 0xbe],
        // setL1BlockValuesJovian()
        L1InfoFormat::Jovian => [0x3d, 0xb6, 0xbe, 0x2b],
    }
}

/// Length of the calldata, selector included.
const fn len(format: L1InfoFormat) -> usize {
    match format {
        L1InfoFormat::Bedrock => 260,
        L1InfoFormat::Ecotone => 164,
        L1InfoFormat::Isthmus => 176,
        L1InfoFormat::Jovian => 178,
    }
}
