//! What a run starts from: the claim and the chain's rules.

use crate::error::{Error, Purpose};
use alloy_primitives::{B256, Bytes};
use hoike_preimage::Checked;
use hoike_protocol::Rules;
#[cfg(feature = "json")]
use hoike_protocol::{
    RollupConfig,
    rules::{L1Config, Variants},
};
#[cfg(feature = "json")]
use hoike_registry::ChainError;

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
        let claim = claim(oracle)?;
        let chain = chain_id(oracle)?;
        let rules = hoike_registry::rules(chain)?;
        Ok(Self { claim, rules })
    }

    /// As [`Self::from_oracle`], and takes configs for a chain that the registry does not know: those that the program was built with, where it was,
    /// else what the local keys 6 and 7 hold. They must be of the chain that key 5 names and of its L1, and an L1 of the registry is never taken from them.
    ///
    /// Only configs that are built in are part of what is proven; `docs/decisions/0010` says what that means for a program without.
    ///
    /// # Errors
    /// As [`Self::from_oracle`]; a config that cannot be used, or is of another chain.
    #[cfg(feature = "json")]
    pub fn from_oracle_or_configs<O: Checked>(
        oracle: &mut O,
        built_in: Option<&Configs<'_>>,
    ) -> Result<Self, Error<O::Error>> {
        let claim = claim(oracle)?;
        let chain = chain_id(oracle)?;
        let rules = match hoike_registry::rules(chain) {
            Ok(rules) => rules,
            Err(ChainError::UnknownChain { .. }) => match built_in {
                Some(configs) => configs.rules(chain)?,
                None => {
                    let rollup = value(oracle, ROLLUP_CONFIG)?;
                    let rollup = rollup_config(&rollup, chain)?;
                    let l1 = match hoike_registry::l1_config(rollup.l1_chain_id) {
                        Some(l1) => l1,
                        None => l1_config(&value(oracle, L1_CONFIG)?, rollup.l1_chain_id)?,
                    };
                    rules(rollup, l1)
                }
            },
            Err(
                why @ (ChainError::UnknownName { .. }
                | ChainError::UnsupportedChain { .. }
                | ChainError::UnknownL1 { .. }),
            ) => {
                return Err(why.into());
            }
        };
        Ok(Self { claim, rules })
    }
}

/// The configuration documents of a chain that is not in the registry.
#[cfg(feature = "json")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Configs<'a> {
    /// `rollup.json` in op-node's form.
    pub rollup: &'a [u8],
    /// L1's chain config in geth's form, for an L1 that is not in the registry.
    pub l1: Option<&'a [u8]>,
}

#[cfg(feature = "json")]
impl Configs<'_> {
    fn rules<E: core::error::Error + Send + Sync + 'static>(
        &self,
        chain: u64,
    ) -> Result<Rules, Error<E>> {
        let rollup = rollup_config(self.rollup, chain)?;
        let id = rollup.l1_chain_id;
        let l1 = match (hoike_registry::l1_config(id), self.l1) {
            (Some(l1), _) => l1,
            (None, Some(json)) => l1_config(json, id)?,
            (None, None) => return Err(ChainError::UnknownL1 { id }.into()),
        };
        Ok(rules(rollup, l1))
    }
}

#[cfg(feature = "json")]
fn rollup_config<E: core::error::Error + Send + Sync + 'static>(
    json: &[u8],
    chain: u64,
) -> Result<RollupConfig, Error<E>> {
    let name = "rollup config";
    let config = hoike_registry::rollup_config(json).map_err(|why| Error::Config { name, why })?;
    same_chain(name, chain, config.l2_chain_id)?;
    Ok(config)
}

#[cfg(feature = "json")]
fn l1_config<E: core::error::Error + Send + Sync + 'static>(
    json: &[u8],
    chain: u64,
) -> Result<L1Config, Error<E>> {
    let name = "L1 chain config";
    let config = hoike_registry::l1_config_json(json).map_err(|why| Error::Config { name, why })?;
    same_chain(name, chain, config.chain_id)?;
    Ok(config)
}

#[cfg(feature = "json")]
fn same_chain<E: core::error::Error + Send + Sync + 'static>(
    name: &'static str,
    want: u64,
    got: u64,
) -> Result<(), Error<E>> {
    if want == got {
        Ok(())
    } else {
        Err(Error::ForeignConfig { name, want, got })
    }
}

#[cfg(feature = "json")]
fn rules(rollup: RollupConfig, l1: L1Config) -> Rules {
    Rules {
        rollup,
        l1,
        variants: Variants::default(),
    }
}

fn claim<O: Checked>(oracle: &mut O) -> Result<Claim, Error<O::Error>> {
    Ok(Claim {
        l1_head: hash(oracle, L1_HEAD, "L1 head")?,
        agreed_output_root: hash(oracle, AGREED_OUTPUT_ROOT, "agreed output root")?,
        claimed_output_root: hash(oracle, CLAIMED_OUTPUT_ROOT, "claimed output root")?,
        claimed_block: number(oracle, CLAIMED_BLOCK, "claimed L2 block number")?,
    })
}

fn chain_id<O: Checked>(oracle: &mut O) -> Result<u64, Error<O::Error>> {
    number(oracle, L2_CHAIN_ID, "L2 chain id")
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
    let value = value(oracle, index)?;
    value.as_ref().try_into().map_err(|_| Error::Local {
        index,
        name,
        want: N as u64,
        got: value.len() as u64,
    })
}

fn value<O: Checked>(oracle: &mut O, index: u64) -> Result<Bytes, Error<O::Error>> {
    oracle.local(index).map_err(|cause| Error::Preimage {
        purpose: Purpose::Claim,
        cause,
    })
}

const L1_HEAD: u64 = 1;
const AGREED_OUTPUT_ROOT: u64 = 2;
const CLAIMED_OUTPUT_ROOT: u64 = 3;
const CLAIMED_BLOCK: u64 = 4;
const L2_CHAIN_ID: u64 = 5;
#[cfg(feature = "json")]
const ROLLUP_CONFIG: u64 = 6;
#[cfg(feature = "json")]
const L1_CONFIG: u64 = 7;
