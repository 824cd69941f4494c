//! The known chains' configurations, as constants, and (feature `json`) those of custom chains from their files.
//!
//! The table is generated from the superchain registry by `tools/registry/generate.py`; nothing is parsed at run time. A chain that keeps its
//! batches elsewhere than on Ethereum is known but refused: hoike derives from Ethereum only.
//!
//! ```
//! let chain = hoike_registry::by_name("op-sepolia")?;
//! assert_eq!(chain.rollup.l2_chain_id, 11_155_420);
//! let rules = hoike_registry::rules(chain.rollup.l2_chain_id)?;
//! assert_eq!(rules.l1.chain_id, 11_155_111);
//! # Ok::<(), hoike_registry::ChainError>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::wildcard_enum_match_arm
    )
)]

extern crate alloc;

mod chains;
#[cfg(feature = "json")]
pub mod json;
mod l1;
mod row;

#[cfg(feature = "json")]
pub use json::{ConfigError, l1_config_json, l2_config_json, rollup_config};
pub use l1::l1_config;

use alloc::{borrow::ToOwned, string::String};
use hoike_protocol::{RollupConfig, Rules, rules::Variants};

/// The commit of the superchain registry that the table was made from.
pub const REGISTRY_COMMIT: &str = chains::COMMIT;

/// A chain of the registry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chain {
    /// `<chain>-<superchain>`, as op-node's `--network` takes it: `op-mainnet`, `ink-sepolia`.
    pub name: &'static str,
    /// Its rollup config.
    pub rollup: RollupConfig,
}

/// Every supported chain, by ascending L2 chain id.
pub fn chains() -> impl ExactSizeIterator<Item = &'static Chain> {
    chains::SUPPORTED.iter()
}

/// The chain of an L2 chain id.
///
/// # Errors
/// The id is not in the registry, or the chain is not supported.
pub fn chain(l2_chain_id: u64) -> Result<&'static Chain, ChainError> {
    let found =
        chains::SUPPORTED.binary_search_by_key(&l2_chain_id, |chain| chain.rollup.l2_chain_id);
    if let Some(chain) = found.ok().and_then(|i| chains::SUPPORTED.get(i)) {
        return Ok(chain);
    }
    match chains::ALT_DA.iter().find(|(id, _)| *id == l2_chain_id) {
        Some(&(id, name)) => Err(ChainError::UnsupportedChain {
            id,
            name,
            why: Unsupported::AltDa,
        }),
        None => Err(ChainError::UnknownChain { id: l2_chain_id }),
    }
}

/// The chain of a name such as `op-mainnet`, in upper or lower case.
///
/// # Errors
/// The name is not in the registry, or the chain is not supported.
pub fn by_name(name: &str) -> Result<&'static Chain, ChainError> {
    if let Some(chain) = chains().find(|chain| chain.name.eq_ignore_ascii_case(name)) {
        return Ok(chain);
    }
    match chains::ALT_DA
        .iter()
        .find(|(_, known)| known.eq_ignore_ascii_case(name))
    {
        Some(&(id, name)) => Err(ChainError::UnsupportedChain {
            id,
            name,
            why: Unsupported::AltDa,
        }),
        None => Err(ChainError::UnknownName {
            name: name.to_owned(),
        }),
    }
}

/// The rules of an L2 chain id: its rollup config and its L1's config.
///
/// # Errors
/// As for [`chain`], and where the chain's L1 is not one of [`l1_config`]'s.
pub fn rules(l2_chain_id: u64) -> Result<Rules, ChainError> {
    let rollup = chain(l2_chain_id)?.rollup.clone();
    let l1 = l1_config(rollup.l1_chain_id).ok_or(ChainError::UnknownL1 {
        id: rollup.l1_chain_id,
    })?;
    Ok(Rules {
        rollup,
        l1,
        variants: Variants::default(),
    })
}

/// Why a chain cannot be had from the registry.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ChainError {
    /// No chain has this id.
    #[error("chain {id} is not in the superchain registry: give its configuration files")]
    UnknownChain {
        /// L2 chain id.
        id: u64,
    },
    /// No chain has this name.
    #[error("chain `{name}` is not in the superchain registry: give its configuration files")]
    UnknownName {
        /// The name asked for.
        name: String,
    },
    /// The chain is in the registry, and hoike cannot derive it.
    #[error("chain {id} ({name}) is not supported: {why}")]
    UnsupportedChain {
        /// L2 chain id.
        id: u64,
        /// Its name.
        name: &'static str,
        /// What is not supported.
        why: Unsupported,
    },
    /// The L1 chain is none of those whose blob schedule is known.
    #[error("L1 chain {id} is unknown: give its configuration file")]
    UnknownL1 {
        /// L1 chain id.
        id: u64,
    },
}

/// What about a known chain is not supported.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unsupported {
    /// Batches are not on Ethereum.
    #[error("its batches are on an alternative data availability layer, not on Ethereum")]
    AltDa,
}
