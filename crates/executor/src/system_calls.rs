//! What happens before a block's first transaction.
//!
//! Spec: EIP-4788 (Ecotone), EIP-2935 (Isthmus), `canyon/overview.md`, "Create2Deployer". EIP-7002, EIP-7251 and EIP-6110 do not run on L2 (D86).

use crate::commit::end_transaction;
use crate::handler::{BlockEvm, Fault, OpHandler};
use crate::precompiles::Accelerator;
use crate::state::State;
use crate::transaction::{Deposit, Tx};
use alloy_primitives::map::AddressSet;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, address, b256};
use hoike_protocol::{Attributes, L2Rules};
use revm::bytecode::Bytecode;
use revm::context_interface::JournalTr;
use revm::context_interface::context::take_error;
use revm::handler::{EvmTr, Handler};
use revm::interpreter::InitialAndFloorGas;

/// Caller of system calls.
const SYSTEM: Address = address!("fffffffffffffffffffffffffffffffffffffffe");
/// The contract that keeps parent beacon block roots (EIP-4788).
const BEACON_ROOTS: Address = address!("000f3df6d732807ef1319fb7b8bb8522d0beac02");
/// The contract that keeps block hashes (EIP-2935).
const HISTORY: Address = address!("0000f90827f1c53a10cb7a02335b175320002935");

const CREATE2_DEPLOYER: Address = address!("13b0d85ccb8bf860b6b79af3029fca081ae9bef2");
const CREATE2_DEPLOYER_HASH: B256 =
    b256!("b0550b5b431e30d38000efb7107aaa0ade03d48a7198a140edda9d27134468b2");
static CREATE2_DEPLOYER_CODE: &[u8] = include_bytes!("create2_deployer.bin");

/// Runs what precedes the transactions.
pub(crate) fn before_transactions<S: State, A: Accelerator<E>, E>(
    evm: &mut BlockEvm<'_, S, A, E>,
    attributes: &Attributes,
    rules: &L2Rules,
    touched: &mut AddressSet,
) -> Result<(), Fault> {
    if rules.create2_deployer {
        // Only the code is put there; balance, nonce and storage of whoever lived at the address stay (D97).
        let journal = &mut evm.ctx.journaled_state;
        journal.load_account(CREATE2_DEPLOYER)?;
        let code = Bytecode::new_legacy(Bytes::from_static(CREATE2_DEPLOYER_CODE));
        journal.set_code_with_hash(CREATE2_DEPLOYER, code, CREATE2_DEPLOYER_HASH);
        end_transaction(journal, touched);
    }
    if let Some(root) = attributes.parent_beacon_root {
        call(evm, BEACON_ROOTS, root, touched)?;
    }
    if rules.block_hash_history {
        call(evm, HISTORY, attributes.parent, touched)?;
    }
    Ok(())
}

/// Calls a contract with one word. Where there is no code, nothing happens; if it fails, nothing either.
fn call<S: State, A: Accelerator<E>, E>(
    evm: &mut BlockEvm<'_, S, A, E>,
    contract: Address,
    word: B256,
    touched: &mut AddressSet,
) -> Result<(), Fault> {
    evm.ctx.tx = Tx {
        caller: SYSTEM,
        to: TxKind::Call(contract),
        gas_limit: 30_000_000,
        input: word.into(),
        deposit: Some(Deposit {
            mint: U256::ZERO,
            is_system: true,
        }),
        ..Tx::default()
    };
    OpHandler::new().execution(evm, &InitialAndFloorGas::new(0, 0))?;
    take_error::<Fault, _>(&mut evm.ctx.error)?;
    revm::context::LocalContextTr::clear(&mut evm.ctx.local);
    evm.frame_stack().clear();
    end_transaction(&mut evm.ctx.journaled_state, touched);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::keccak256;

    #[test]
    fn create2_deployer_is_the_one_with_that_hash() {
        assert_eq!(keccak256(CREATE2_DEPLOYER_CODE), CREATE2_DEPLOYER_HASH);
    }
}
