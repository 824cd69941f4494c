//! From forks to EVMs.

use hoike_protocol::{Fork, rules::KarstEvm};
use op_revm::OpSpecId;

/// The EVM of a fork; `None` for those that are not implemented. Matched in full: a new fork must not fall back to an old EVM (D170).
pub(crate) const fn spec_id(fork: Fork, karst: KarstEvm) -> Option<OpSpecId> {
    Some(match fork {
        Fork::Bedrock => OpSpecId::BEDROCK,
        Fork::Regolith => OpSpecId::REGOLITH,
        Fork::Canyon | Fork::Delta => OpSpecId::CANYON,
        Fork::Ecotone => OpSpecId::ECOTONE,
        Fork::Fjord => OpSpecId::FJORD,
        Fork::Granite => OpSpecId::GRANITE,
        Fork::Holocene => OpSpecId::HOLOCENE,
        Fork::Isthmus => OpSpecId::ISTHMUS,
        Fork::Jovian => OpSpecId::JOVIAN,
        Fork::Karst => match karst {
            KarstEvm::Osaka => OpSpecId::KARST,
            KarstEvm::Prague => OpSpecId::JOVIAN,
        },
        Fork::Lagoon => return None,
    })
}
