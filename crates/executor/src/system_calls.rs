//! What a block does before its first transaction.

use crate::{NoAnswer, State, state::BlockState};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, Bytes, address, b256};
use hoike_protocol::{Attributes, Fork, L2Rules, rules::Withdrawals};
use revm::bytecode::Bytecode;

/// The calls of a block, in order: the parent beacon block root from Ecotone on (EIP-4788), the parent's hash from Isthmus on (EIP-2935). Others of
/// Prague, for requests, do not exist on L2 (D86). Spec: `ecotone/exec-engine.md`, `isthmus/exec-engine.md`.
pub(crate) fn of(rules: &L2Rules, attributes: &Attributes) -> Vec<(Address, Bytes)> {
    let beacon_root = attributes
        .parent_beacon_root
        .map(|root| (BEACON_ROOTS, Bytes::copy_from_slice(root.as_slice())));
    let parent_hash = (rules.withdrawals == Withdrawals::MessagePasser).then(|| {
        (
            BLOCK_HASHES,
            Bytes::copy_from_slice(attributes.parent.as_slice()),
        )
    });
    beacon_root.into_iter().chain(parent_hash).collect()
}

/// Canyon's activation block gives the create2Deployer its code. Spec: `canyon/overview.md`, "create2Deployer" (D97).
pub(crate) fn force_deploy<S: State>(
    state: &mut BlockState<'_, S>,
    rules: &L2Rules,
) -> Result<(), NoAnswer<S::Error>> {
    if !rules.activates.contains(Fork::Canyon) {
        return Ok(());
    }
    let info = state
        .account(CREATE2_DEPLOYER)?
        .info
        .get_or_insert_default();
    info.code_hash = CREATE2_DEPLOYER_CODE_HASH;
    info.code = None;
    state.fresh.codes.insert(
        CREATE2_DEPLOYER_CODE_HASH,
        Bytecode::new_legacy(Bytes::from_static(CREATE2_DEPLOYER_CODE)),
    );
    Ok(())
}

/// Who makes the calls.
pub(crate) const CALLER: Address = address!("fffffffffffffffffffffffffffffffffffffffe");
const BEACON_ROOTS: Address = address!("000f3df6d732807ef1319fb7b8bb8522d0beac02");
const BLOCK_HASHES: Address = address!("0000f90827f1c53a10cb7a02335b175320002935");

const CREATE2_DEPLOYER: Address = address!("13b0d85ccb8bf860b6b79af3029fca081ae9bef2");
const CREATE2_DEPLOYER_CODE_HASH: B256 =
    b256!("b0550b5b431e30d38000efb7107aaa0ade03d48a7198a140edda9d27134468b2");
/// The contract's code, as the specification and op-geth have it; a test checks its hash.
const CREATE2_DEPLOYER_CODE: &[u8] = include_bytes!("create2_deployer.bin");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d97_the_code_is_the_one_the_specification_names() {
        assert_eq!(
            alloy_primitives::keccak256(CREATE2_DEPLOYER_CODE),
            CREATE2_DEPLOYER_CODE_HASH
        );
    }
}
