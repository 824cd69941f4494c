//! How long the input of precompiles may be, by fork. Spec: `granite/exec-engine.md`, `isthmus/exec-engine.md`, `jovian/exec-engine.md`,
//! `karst/exec-engine.md`, each "Precompile input size".

use alloy_primitives::Address;
use hoike_protocol::Fork;
use revm::precompile::u64_to_address;

/// The most bytes of input that the precompile takes in this fork; `None` where there is no limit.
pub(super) fn max_input_bytes(fork: Fork, address: &Address) -> Option<usize> {
    let limits = of(fork);
    [
        (8, limits.bn254_pairing),
        (12, limits.bls_g1_msm),
        (14, limits.bls_g2_msm),
        (15, limits.bls_pairing),
    ]
    .into_iter()
    .find_map(|(number, limit)| (*address == u64_to_address(number)).then_some(limit))
    .flatten()
}

struct Limits {
    bn254_pairing: Option<usize>,
    bls_g1_msm: Option<usize>,
    bls_g2_msm: Option<usize>,
    bls_pairing: Option<usize>,
}

/// Every fork by name: a new one must not fall back to an older set (D81, D170).
const fn of(fork: Fork) -> Limits {
    match fork {
        Fork::Bedrock
        | Fork::Regolith
        | Fork::Canyon
        | Fork::Delta
        | Fork::Ecotone
        | Fork::Fjord => Limits {
            bn254_pairing: None,
            bls_g1_msm: None,
            bls_g2_msm: None,
            bls_pairing: None,
        },
        Fork::Granite | Fork::Holocene => Limits {
            bn254_pairing: Some(112_687),
            ..of(Fork::Fjord)
        },
        Fork::Isthmus => Limits {
            bls_g1_msm: Some(513_760),
            bls_g2_msm: Some(488_448),
            bls_pairing: Some(235_008),
            ..of(Fork::Holocene)
        },
        Fork::Jovian => Limits {
            bn254_pairing: Some(81_984),
            bls_g1_msm: Some(288_960),
            bls_g2_msm: Some(278_784),
            bls_pairing: Some(156_672),
        },
        Fork::Karst | Fork::Lagoon => Limits {
            bn254_pairing: Some(57_600),
            ..of(Fork::Jovian)
        },
    }
}
