//! What a run starts from: the claim and the chain's rules.

use crate::error::{Error, Purpose};
use alloy_primitives::B256;
use hoike_preimage::Checked;
use hoike_protocol::Rules;

/// A claim: all of it is trusted input, the claimed root being what is to be judged.
///
/// Spec: `fault-proof/index.md`, "Prologue".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Claim {
    /// Hash of the newest L1 block that counts.
    pub l1_head: B256,
    /// Output root that both sides agree on.
    pub agreed_output_root: B256,
    /// Output root that is claimed.
    pub claimed_output_root: B256,
    /// L2 block number it is claimed for.
    pub claimed_block: u64,
}

/// A claim and the rules of its chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Boot {
    /// The claim.
    pub claim: Claim,
    /// The chain's rules. They decide the verdict as much as the claim does: whoever supplies them is trusted.
    pub rules: Rules,
}

impl Boot {
    /// Reads the claim from the local keys 1 to 5, and takes the rules from the registry by chain id. Configs from local keys are not read: the host
    /// chooses those, so a program that takes them must bind them into what it proves (D121).
    ///
    /// # Errors
    /// A local value that is missing or of the wrong length, or a chain that the registry does not know.
    pub fn from_oracle<O: Checked>(oracle: &mut O) -> Result<Self, Error<O::Error>> {
        let claim = Claim {
            l1_head: hash(oracle, L1_HEAD, "L1 head")?,
            agreed_output_root: hash(oracle, AGREED_OUTPUT_ROOT, "agreed output root")?,
            claimed_output_root: hash(oracle, CLAIMED_OUTPUT_ROOT, "claimed output root")?,
            claimed_block: number(oracle, CLAIMED_BLOCK, "claimed L2 block number")?,
        };
        let chain = number(oracle, L2_CHAIN_ID, "L2 chain id")?;
        Ok(Self {
            claim,
            rules: hoike_registry::rules(chain)?,
        })
    }
}

fn hash<O: Checked>(
    oracle: &mut O,
    index: u64,
    name: &'static str,
) -> Result<B256, Error<O::Error>> {
    local::<O, 32>(oracle, index, name).map(B256::from)
}

fn number<O: Checked>(
    oracle: &mut O,
    index: u64,
    name: &'static str,
) -> Result<u64, Error<O::Error>> {
    local::<O, 8>(oracle, index, name).map(u64::from_be_bytes)
}

fn local<O: Checked, const N: usize>(
    oracle: &mut O,
    index: u64,
    name: &'static str,
) -> Result<[u8; N], Error<O::Error>> {
    let value = oracle.local(index).map_err(|cause| Error::Preimage {
        purpose: Purpose::Claim,
        cause,
    })?;
    value.as_ref().try_into().map_err(|_| Error::Local {
        index,
        name,
        want: N as u64,
        got: value.len() as u64,
    })
}

const L1_HEAD: u64 = 1;
const AGREED_OUTPUT_ROOT: u64 = 2;
const CLAIMED_OUTPUT_ROOT: u64 = 3;
const CLAIMED_BLOCK: u64 = 4;
const L2_CHAIN_ID: u64 = 5;
