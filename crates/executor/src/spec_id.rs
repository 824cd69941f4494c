//! Which Ethereum fork's EVM an L2 fork runs. Spec: `fork-matrix.md` 7; each fork's `exec-engine.md`.

use hoike_protocol::{Fork, rules::KarstEvm};
use revm::primitives::hardfork::SpecId;

/// The EVM of a fork; `None` where this version does not know the fork's execution.
///
/// Matched out, so that a fork that is added here must be decided about and cannot fall back to an older EVM (D170).
pub(crate) const fn evm_of(fork: Fork) -> Option<SpecId> {
    Some(match fork {
        Fork::Bedrock | Fork::Regolith => SpecId::MERGE,
        Fork::Canyon | Fork::Delta => SpecId::SHANGHAI,
        Fork::Ecotone | Fork::Fjord | Fork::Granite | Fork::Holocene => SpecId::CANCUN,
        Fork::Isthmus | Fork::Jovian => SpecId::PRAGUE,
        Fork::Karst => SpecId::OSAKA,
        Fork::Lagoon => return None,
    })
}

/// The fork whose EVM and precompiles a block has: its own, but for Karst where that is to be executed as op-geth does.
pub(crate) const fn executed_as(fork: Fork, karst: KarstEvm) -> Fork {
    match (karst, fork) {
        (KarstEvm::Prague, Fork::Karst) => Fork::Jovian,
        (KarstEvm::Prague | KarstEvm::Osaka, other) => other,
    }
}
