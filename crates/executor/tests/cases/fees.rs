//! What is paid, and what counts.

use crate::harness::*;
use alloy_primitives::{B256, U256};
use hoike_executor::{Executor, InvalidPayload, InvalidTx};
use hoike_protocol::Fork;
use hoike_protocol::deposit::DepositTx;
use hoike_protocol::predeploys::{
    BASE_FEE_VAULT, L1_BLOCK, L1_FEE_VAULT, OPERATOR_FEE_VAULT, SEQUENCER_FEE_VAULT,
};
use revm::context::result::InvalidTransaction;

/// D78, D189: the DA footprint is the header's blob gas, may reach the gas limit, and is unpriced in the block that activates Jovian.
#[test]
fn d78_da_footprint() {
    // The least estimate is 100 bytes.
    let tx = call(ALICE, 0, BOB).gas(30_000).encode();
    for (gas_limit, fits) in [(1_040_000, true), (1_039_999, false)] {
        let case = under(Fork::Jovian).gas_limit(gas_limit);
        let (parent, witness) = case.world();
        let attributes = case.attributes(
            &parent,
            vec![
                DepositTx {
                    gas: 100_000,
                    ..deposit(ALICE, Some(L1_BLOCK))
                }
                .encode(),
            ],
        );
        // Without L1 attributes there is no price.
        let mut executor = Executor::new(case.rules.clone(), witness);
        let unpriced = executor.execute(&parent, &attributes, &mut Named).unwrap();
        assert_eq!(unpriced.unwrap_err(), InvalidPayload::FootprintUnpriced);
        let scalar = 10_400;
        let info = DepositTx::decode(&l1_info(true, scalar)).map(|info| {
            DepositTx {
                gas: 100_000,
                ..info
            }
            .encode()
        });
        let attributes = case.attributes(&parent, vec![info.unwrap(), tx.clone()]);
        let executed = executor.execute(&parent, &attributes, &mut Named).unwrap();
        if fits {
            assert_eq!(executed.unwrap().header.blob_gas_used, Some(1_040_000));
        } else {
            let limit = gas_limit;
            let expected = InvalidPayload::Footprint {
                footprint: 1_040_000,
                limit,
            };
            assert_eq!(executed.unwrap_err(), expected);
        }
    }
    let case = activating(Fork::Jovian);
    let (parent, witness) = case.world();
    let mut executor = Executor::new(case.rules.clone(), witness);
    let mut run = |transactions| {
        let attributes = case.attributes(&parent, transactions);
        executor.execute(&parent, &attributes, &mut Named).unwrap()
    };
    assert_eq!(
        run(vec![l1_info(false, 0)]).unwrap().header.blob_gas_used,
        Some(0)
    );
    let refused = run(vec![l1_info(false, 0), tx]).unwrap_err();
    assert_eq!(refused, InvalidPayload::FootprintUnpriced);
}

/// D89: a deposit has paid no operator fee, and gets none back: wei comes into being by mints only.
#[test]
fn d89_deposits_get_no_operator_fee_back() {
    let mint = DepositTx {
        mint: U256::from(5),
        value: U256::from(3),
        ..deposit(ALICE, Some(BOB))
    };
    let halts = DepositTx {
        to: Some(CONTRACT),
        ..mint
    };
    let user = call(ALICE, 1, BOB).value(1);
    for (fork, fee) in [
        // 21,000 * 1,000,000 / 1e6 + 7
        (Fork::Isthmus, 21_007_u64),
        // 21,000 * 1,000,000 * 100 + 7
        (Fork::Jovian, 2_100_000_000_007),
        (Fork::Karst, 2_100_000_000_007),
    ] {
        let case = under(fork).contract(CONTRACT, &[0xfe]);
        let case = with_operator_fee(case, 1_000_000, 7);
        for deposits_only in [true, false] {
            let mut transactions = vec![mint.encode()];
            if !deposits_only {
                // Once before the block's first fee is known, and once after it.
                transactions.extend([user.encode(), mint.encode()]);
            }
            transactions.push(halts.encode());
            let mints = 5 * if deposits_only { 2 } else { 3 };
            let mut outcome = case.run(transactions);
            let fee = if deposits_only { 0 } else { fee };
            assert_eq!(
                outcome.balance(OPERATOR_FEE_VAULT),
                U256::from(fee),
                "{fork}"
            );
            let all = [
                ALICE,
                BOB,
                CONTRACT,
                L1_BLOCK,
                SEQUENCER_FEE_VAULT,
                BASE_FEE_VAULT,
                L1_FEE_VAULT,
                OPERATOR_FEE_VAULT,
            ]
            .map(|address| outcome.balance(address));
            let sum = all.into_iter().fold(U256::ZERO, |sum, wei| sum + wei);
            assert_eq!(sum, U256::from(ETHER + mints), "{fork} {deposits_only}");
        }
    }
}

/// D90: in the block that activates Isthmus the contract still is Ecotone's and has no operator fee: there is none, and no fault. The next block has
/// one as soon as it is set.
#[test]
fn d90_first_isthmus_block_has_no_operator_fee() {
    let transaction = call(ALICE, 0, BOB).encode();
    let ecotone_only = activating(Fork::Isthmus)
        .contract(L1_BLOCK, &[0x00])
        .with_word(L1_BLOCK, 3, (U256::ONE << 96) | (U256::from(2) << 64))
        .with_slots(L1_BLOCK, &[(1, 0), (7, 0)]);
    for case in [activating(Fork::Isthmus), ecotone_only] {
        let mut outcome = case.run(vec![transaction.clone()]);
        assert_eq!(outcome.receipt(0), (true, 21_000));
        assert_eq!(outcome.account(OPERATOR_FEE_VAULT), None);
        // Nothing but 21,000 gas at the base fee, which the parent's gas at its target leaves at 1,000 wei.
        assert_eq!(outcome.balance(ALICE), U256::from(ETHER - 21_000_000));
    }
    // The contract's new code writes slot 8: here any code does, called by a deposit. SSTORE(8, CALLDATALOAD(0))
    let case = activating(Fork::Isthmus).contract(L1_BLOCK, &[0x5f, 0x35, 0x60, 8, 0x55]);
    let word = B256::from(operator_word(1_000_000, 7));
    let set = DepositTx {
        data: &word[..],
        ..deposit(BOB, Some(L1_BLOCK))
    };
    let first = case.run(vec![transaction]);
    let parent = first.header();
    let second = call(ALICE, 1, BOB).encode();
    let mut next = first.build(&case, &parent, vec![set.encode(), second]);
    assert_eq!(next.balance(OPERATOR_FEE_VAULT), U256::from(21_007));
}

/// D91: Jovian multiplies by 100 where Isthmus divides by a million. Taken for the gas limit, given back for what was not used.
#[test]
fn d91_jovian_operator_fee() {
    let most = (u32::MAX, u64::MAX);
    for (fork, (scalar, constant), fee) in [
        (Fork::Isthmus, (0, 0), 0),
        (Fork::Jovian, (0, 0), 0),
        (Fork::Isthmus, (0, 9), 9),
        (Fork::Jovian, (0, 9), 9),
        // 21,000 / 1e6, rounded down; 21,000 * 100
        (Fork::Isthmus, (1, 0), 0),
        (Fork::Jovian, (1, 0), 2_100_000),
        // 21,000 * 48 = 1,008,000
        (Fork::Isthmus, (48, 0), 1),
        (Fork::Jovian, (48, 1), 100_800_001),
        // 21,000 * 4,294,967,295 = 90,194,313,195,000, and 18,446,744,073,709,551,615
        (Fork::Isthmus, most, 18_446_744_073_799_745_928),
        (Fork::Jovian, most, 18_455_763_505_029_051_615),
        (Fork::Karst, most, 18_455_763_505_029_051_615),
    ] {
        // Gas at 10,000 wei at most, of which 9,000 come back, and the value.
        let needed = 21_000 * 10_000 + fee + 1;
        for (short, gas) in [(0, 21_000), (1, 21_000), (0, 21_001)] {
            let case = under(fork).account(BOB, 0, needed - short);
            let case = with_operator_fee(case, scalar, constant);
            let transaction = call(BOB, 0, ALICE).value(1).gas(gas).encode();
            let mut outcome = case.run(vec![transaction]);
            let case = format!("{fork} {scalar} {constant}");
            if short == 0 && gas == 21_000 {
                assert_eq!(
                    outcome.balance(OPERATOR_FEE_VAULT),
                    U256::from(fee),
                    "{case}"
                );
                assert_eq!(outcome.balance(BOB), U256::from(21_000 * 9_000), "{case}");
            } else {
                let InvalidTx::Refused(why) = outcome.why() else {
                    panic!("{case}: {}", outcome.invalid());
                };
                let lack = matches!(**why, InvalidTransaction::LackOfFundForMaxFee { .. });
                assert!(lack, "{case}: {why}");
            }
        }
    }
    // What is not used comes back: the fee is that of 21,000 gas, with a limit of a million.
    let case = with_operator_fee(under(Fork::Jovian), 48, 1);
    let mut outcome = case.run(vec![call(ALICE, 0, BOB).encode()]);
    let (gas, fee) = (21_000_000, 100_800_001);
    assert_eq!(outcome.balance(OPERATOR_FEE_VAULT), U256::from(fee));
    assert_eq!(outcome.balance(ALICE), U256::from(ETHER - gas - fee));
}

/// The L1Block contract with an operator fee, and no other.
fn with_operator_fee(case: Case, scalar: u32, constant: u64) -> Case {
    case.contract(L1_BLOCK, &[0x00])
        .with_word(L1_BLOCK, 8, operator_word(scalar, constant))
}

/// Slot 8 of the L1Block contract: the constant in the last 8 bytes, the scalar in the 4 before.
fn operator_word(scalar: u32, constant: u64) -> U256 {
    (U256::from(scalar) << 64) | U256::from(constant)
}
