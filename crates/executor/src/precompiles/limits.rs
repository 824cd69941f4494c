//! Which precompiles there are at a fork, and how long their inputs may be.
//!
//! Spec: `fjord/exec-engine.md` (P256VERIFY), `granite/exec-engine.md` (pairing), `isthmus/exec-engine.md` (BLS12-381), `jovian/exec-engine.md` and
//! `karst/exec-engine.md` (smaller limits, Osaka's prices). Read from top to bottom, [`of`] is the fork history.

use super::Precompile;
use hoike_protocol::Fork;

/// What a fork says of precompiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrecompileRules {
    /// Point evaluation, at 0x0a (EIP-4844).
    pub kzg: bool,
    /// P256VERIFY, at 0x100, and its price in gas.
    pub p256: Option<u64>,
    /// BLS12-381, at 0x0b to 0x11 (EIP-2537), and the limits of its variable inputs.
    pub bls: Option<BlsLimits>,
    /// Longest input of the BN254 pairing check, in bytes.
    pub bn254_pairing: usize,
    /// MODEXP by EIP-7823 (at most 1,024 bytes each) and EIP-7883 (price).
    pub modexp_osaka: bool,
}

/// Longest inputs of the BLS12-381 precompiles, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlsLimits {
    /// Multi-scalar multiplication in G1.
    pub g1_msm: usize,
    /// Multi-scalar multiplication in G2.
    pub g2_msm: usize,
    /// Pairing check.
    pub pairing: usize,
}

/// The rules at a fork (D81, D170). Lagoon's are Karst's: whatever it adds, it does not take limits back.
pub const fn of(fork: Fork) -> PrecompileRules {
    match fork {
        Fork::Bedrock | Fork::Regolith | Fork::Canyon | Fork::Delta => PrecompileRules {
            kzg: false,
            p256: None,
            bls: None,
            bn254_pairing: usize::MAX,
            modexp_osaka: false,
        },
        Fork::Ecotone => PrecompileRules {
            kzg: true,
            ..of(Fork::Delta)
        },
        Fork::Fjord => PrecompileRules {
            p256: Some(3_450),
            ..of(Fork::Ecotone)
        },
        Fork::Granite | Fork::Holocene => PrecompileRules {
            bn254_pairing: 112_687,
            ..of(Fork::Fjord)
        },
        Fork::Isthmus => PrecompileRules {
            bls: Some(BlsLimits {
                g1_msm: 513_760,
                g2_msm: 488_448,
                pairing: 235_008,
            }),
            ..of(Fork::Holocene)
        },
        Fork::Jovian => PrecompileRules {
            bn254_pairing: 81_984,
            bls: Some(BlsLimits {
                g1_msm: 288_960,
                g2_msm: 278_784,
                pairing: 156_672,
            }),
            ..of(Fork::Isthmus)
        },
        Fork::Karst | Fork::Lagoon => PrecompileRules {
            bn254_pairing: 57_600,
            p256: Some(6_900),
            modexp_osaka: true,
            ..of(Fork::Jovian)
        },
    }
}

impl PrecompileRules {
    /// The precompile at an address, given as a number.
    pub fn at(&self, address: u64) -> Option<Precompile> {
        let precompile = Precompile::ALL
            .into_iter()
            .find(|p| p.address_number() == address)?;
        self.has(precompile).then_some(precompile)
    }

    /// Whether a precompile exists.
    pub const fn has(&self, precompile: Precompile) -> bool {
        match precompile {
            Precompile::Ecrecover
            | Precompile::Sha256
            | Precompile::Ripemd160
            | Precompile::Identity
            | Precompile::Modexp
            | Precompile::Bn254Add
            | Precompile::Bn254Mul
            | Precompile::Bn254Pairing
            | Precompile::Blake2f => true,
            Precompile::KzgPointEvaluation => self.kzg,
            Precompile::BlsG1Add
            | Precompile::BlsG1Msm
            | Precompile::BlsG2Add
            | Precompile::BlsG2Msm
            | Precompile::BlsPairing
            | Precompile::BlsMapFpToG1
            | Precompile::BlsMapFp2ToG2 => self.bls.is_some(),
            Precompile::P256Verify => self.p256.is_some(),
        }
    }

    /// Longest input that is not refused outright, in bytes.
    pub(crate) fn longest_input(&self, precompile: Precompile) -> usize {
        let bls = |limit: fn(&BlsLimits) -> usize| self.bls.as_ref().map_or(0, limit);
        match precompile {
            Precompile::Bn254Pairing => self.bn254_pairing,
            Precompile::BlsG1Msm => bls(|limits| limits.g1_msm),
            Precompile::BlsG2Msm => bls(|limits| limits.g2_msm),
            Precompile::BlsPairing => bls(|limits| limits.pairing),
            Precompile::Ecrecover
            | Precompile::Sha256
            | Precompile::Ripemd160
            | Precompile::Identity
            | Precompile::Modexp
            | Precompile::Bn254Add
            | Precompile::Bn254Mul
            | Precompile::Blake2f
            | Precompile::KzgPointEvaluation
            | Precompile::BlsG1Add
            | Precompile::BlsG2Add
            | Precompile::BlsMapFpToG1
            | Precompile::BlsMapFp2ToG2
            | Precompile::P256Verify => usize::MAX,
        }
    }
}
