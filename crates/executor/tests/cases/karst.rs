//! What came with Karst, and what is to come after it.

use crate::harness::*;
use alloy_primitives::U256;
use hoike_executor::{InvalidTx, NoAnswer};
use hoike_protocol::Fork;
use hoike_protocol::deposit::DepositTx;

/// Defect 1 of the published crates: Karst's limit of a transaction's gas must not touch deposits, neither refuse nor cap them.
#[test]
fn d95_gas_cap_is_not_for_deposits() {
    const CAP: u64 = 1 << 24;
    // PUSH0 is there from Canyon.
    let case = under(Fork::Karst).contract(CONTRACT, STORE_GAS);
    let mut outcome = case.run(vec![
        DepositTx {
            gas: 30_000_000,
            ..deposit(ALICE, Some(CONTRACT))
        }
        .encode(),
    ]);
    assert!(outcome.receipt(0).0);
    assert_eq!(
        outcome.slot(CONTRACT, 0),
        U256::from(30_000_000 - 21_000 - 2)
    );

    let outcome = case.run(vec![call(ALICE, 0, CONTRACT).gas(CAP).encode()]);
    assert!(outcome.receipt(0).0);
    let outcome = case.run(vec![call(ALICE, 0, CONTRACT).gas(CAP + 1).encode()]);
    assert!(
        matches!(outcome.why(), InvalidTx::Refused(_)),
        "{:?}",
        outcome.invalid()
    );
    // There was none before.
    let outcome = under(Fork::Jovian)
        .contract(CONTRACT, STORE_GAS)
        .run(vec![call(ALICE, 0, CONTRACT).gas(CAP + 1).encode()]);
    assert!(outcome.receipt(0).0);
}

/// Defect 3: an unknown fork's execution is no other fork's.
#[test]
fn lagoon_is_not_supported() {
    let outcome = under(Fork::Lagoon).run(vec![]);
    assert_eq!(
        outcome.result.unwrap_err(),
        NoAnswer::UnsupportedFork(Fork::Lagoon)
    );
}
