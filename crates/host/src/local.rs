//! Local keys: what is to be proven, and about which chain.

use alloy_primitives::{B256, Bytes};
use hoike_preimage::{Dialect, KeyKind, PreimageKey};

/// The local values of one claim. Spec: `fault-proof/index.md`, "Bootstrapping".
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Local {
    /// Key 1: hash of the newest L1 block that counts.
    pub l1_head: B256,
    /// Key 2: the output root that both sides agree on.
    pub agreed_output_root: B256,
    /// Key 3: the output root that is claimed.
    pub claimed_output_root: B256,
    /// Key 4: the L2 block number it is claimed for.
    pub claimed_block: u64,
    /// Keys from 5 on.
    pub chain: LocalChain,
}

/// The L2 chain, in the keys of the program that reads them: the same number is another config to kona-client and to op-program (D195).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LocalChain {
    /// For kona-client.
    Kona {
        /// Key 5.
        id: u64,
        /// Key 6: `rollup.json` as op-node writes it, for a chain that the program does not know.
        rollup_config: Option<Bytes>,
        /// Key 7: the L1 chain config in geth's form, for an L1 that the program does not know.
        l1_config: Option<Bytes>,
    },
    /// For op-program, a chain that it knows.
    OpProgram {
        /// Key 5.
        id: u64,
    },
    /// For op-program, any other chain. Key 5 is 2^64-1, which tells it to read the configs.
    OpProgramCustom {
        /// Key 6: the L2 chain config in geth's form.
        l2_config: Bytes,
        /// Key 7: `rollup.json` as op-node writes it.
        rollup_config: Bytes,
        /// Key 9: the L1 chain config in geth's form.
        l1_config: Bytes,
    },
}

impl Local {
    /// The value of a local key; `None` for other keys and for what there is no value of.
    pub fn get(&self, key: PreimageKey) -> Option<Bytes> {
        if key.kind() != KeyKind::Local {
            return None;
        }
        let claim = [
            (1, hash(&self.l1_head)),
            (2, hash(&self.agreed_output_root)),
            (3, hash(&self.claimed_output_root)),
            (4, number(self.claimed_block)),
        ];
        claim
            .into_iter()
            .chain(self.chain.values())
            .find(|(index, _)| PreimageKey::local(*index) == key)
            .map(|(_, value)| value)
    }
}

impl LocalChain {
    /// How the program that reads these keys words its hints.
    pub const fn dialect(&self) -> Dialect {
        match self {
            Self::Kona { .. } => Dialect::Kona,
            Self::OpProgram { .. } | Self::OpProgramCustom { .. } => Dialect::OpProgram,
        }
    }

    /// Cheap: configs are counted references.
    fn values(&self) -> Vec<(u64, Bytes)> {
        match self {
            Self::Kona {
                id,
                rollup_config,
                l1_config,
            } => {
                let configs = [(6, rollup_config), (7, l1_config)];
                let given = configs
                    .into_iter()
                    .filter_map(|(index, config)| Some((index, config.clone()?)));
                [(5, number(*id))].into_iter().chain(given).collect()
            }
            Self::OpProgram { id } => vec![(5, number(*id))],
            Self::OpProgramCustom {
                l2_config,
                rollup_config,
                l1_config,
            } => vec![
                (5, number(CUSTOM)),
                (6, l2_config.clone()),
                (7, rollup_config.clone()),
                (9, l1_config.clone()),
            ],
        }
    }
}

fn hash(hash: &B256) -> Bytes {
    Bytes::copy_from_slice(hash.as_slice())
}

fn number(number: u64) -> Bytes {
    Bytes::copy_from_slice(&number.to_be_bytes())
}

/// op-program's chain id for "read the configs".
const CUSTOM: u64 = u64::MAX;

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::keccak256;

    const L2: Bytes = Bytes::from_static(b"l2");
    const ROLLUP: Bytes = Bytes::from_static(b"rollup");
    const L1: Bytes = Bytes::from_static(b"l1");

    /// All local values up to a key beyond the last one that has a meaning.
    #[test]
    fn d195_the_keys_have_the_numbers_of_the_program_that_reads_them() {
        let id = Bytes::from_static(&[0, 0, 0, 0, 0, 0, 0, 10]);
        let custom = Bytes::from_static(&[0xff; 8]);
        let kona = |rollup_config, l1_config| LocalChain::Kona {
            id: 10,
            rollup_config,
            l1_config,
        };
        // Chain, how hints are read, and what 5 to 10 are.
        let cases = [
            (
                kona(None, None),
                Dialect::Kona,
                [Some(&id), None, None, None, None, None],
            ),
            (
                kona(Some(ROLLUP), None),
                Dialect::Kona,
                [Some(&id), Some(&ROLLUP), None, None, None, None],
            ),
            (
                kona(Some(ROLLUP), Some(L1)),
                Dialect::Kona,
                [Some(&id), Some(&ROLLUP), Some(&L1), None, None, None],
            ),
            (
                LocalChain::OpProgram { id: 10 },
                Dialect::OpProgram,
                [Some(&id), None, None, None, None, None],
            ),
            (
                LocalChain::OpProgramCustom {
                    l2_config: L2,
                    rollup_config: ROLLUP,
                    l1_config: L1,
                },
                Dialect::OpProgram,
                [
                    Some(&custom),
                    Some(&L2),
                    Some(&ROLLUP),
                    None,
                    Some(&L1),
                    None,
                ],
            ),
        ];
        for (chain, dialect, from_5) in cases {
            assert_eq!(chain.dialect(), dialect, "{chain:?}");
            let local = local(chain);
            let hash = |byte| Bytes::copy_from_slice(&[byte; 32]);
            let block = Bytes::from_static(&[0, 0, 0, 0, 0, 0, 1, 2]);
            let claim = [
                None,
                Some(hash(1)),
                Some(hash(2)),
                Some(hash(3)),
                Some(block),
            ];
            let all = claim
                .into_iter()
                .chain(from_5.map(Option::<&Bytes>::cloned));
            for (index, want) in (0..).zip(all) {
                let got = local.get(PreimageKey::local(index));
                assert_eq!(got, want, "{index} of {:?}", local.chain);
            }
        }
    }

    #[test]
    fn other_keys_are_not_local() {
        let local = local(LocalChain::OpProgram { id: 10 });
        assert_eq!(local.get(PreimageKey::keccak256(keccak256(b""))), None);
    }

    fn local(chain: LocalChain) -> Local {
        Local {
            l1_head: B256::repeat_byte(1),
            agreed_output_root: B256::repeat_byte(2),
            claimed_output_root: B256::repeat_byte(3),
            claimed_block: 0x102,
            chain,
        }
    }
}
