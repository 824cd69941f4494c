//! Local keys: what is to be proven, and about which chain.

use alloy_primitives::{B256, Bytes};
use hoike_preimage::{KeyKind, PreimageKey};

/// The local values of one claim. Spec: `fault-proof/index.md`, "Bootstrapping"; the numbers 6 and 7 as kona-client reads them (D195).
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
    /// Key 5: the L2 chain.
    pub chain_id: u64,
    /// Key 6: `rollup.json` as op-node writes it, for a chain that the program does not know.
    pub rollup_config: Option<Bytes>,
    /// Key 7: the L1 chain config in geth's form, for an L1 that the program does not know.
    pub l1_config: Option<Bytes>,
}

impl Local {
    /// The value of a local key; `None` for other keys and for what there is no value of.
    pub fn get(&self, key: PreimageKey) -> Option<Bytes> {
        if key.kind() != KeyKind::Local {
            return None;
        }
        let hash = |hash: &B256| Some(Bytes::copy_from_slice(hash.as_slice()));
        let number = |number: u64| Some(Bytes::copy_from_slice(&number.to_be_bytes()));
        let values: [&dyn Fn() -> Option<Bytes>; 7] = [
            &|| hash(&self.l1_head),
            &|| hash(&self.agreed_output_root),
            &|| hash(&self.claimed_output_root),
            &|| number(self.claimed_block),
            &|| number(self.chain_id),
            &|| self.rollup_config.clone(),
            &|| self.l1_config.clone(),
        ];
        (1..)
            .zip(values)
            .find(|(index, _)| PreimageKey::local(*index) == key)
            .and_then(|(_, value)| value())
    }
}
