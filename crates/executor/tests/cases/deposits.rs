//! Deposits: free, and never refused.

use crate::harness::*;
use alloy_primitives::U256;
use hoike_executor::InvalidTx;
use hoike_protocol::Fork;
use hoike_protocol::deposit::DepositTx;
use hoike_protocol::predeploys::BASE_FEE_VAULT;
use revm::context::result::InvalidTransaction;

/// D89, D92: what a failed deposit leaves: the mint, a nonce, all of its gas.
#[test]
fn d92_failed_deposits() {
    let forks = [
        Fork::Bedrock,
        Fork::Regolith,
        Fork::Canyon,
        Fork::Isthmus,
        Fork::Karst,
    ];
    for fork in forks {
        // INVALID; REVERT(0, 0) with pre-Canyon opcodes.
        let case = under(fork)
            .contract(CONTRACT, &[0xfe])
            .contract(BOB, &[0x60, 0, 0x60, 0, 0xfd]);
        let mint = U256::from(7);
        let bare = |to| DepositTx {
            mint,
            gas: 100_000,
            ..deposit(ALICE, to)
        };
        let invalid = &[0xfe];
        for (deposit, gas) in [
            // Halts.
            (bare(Some(CONTRACT)), 100_000),
            // Cannot pay its value.
            (
                DepositTx {
                    value: U256::MAX,
                    ..bare(Some(CONTRACT))
                },
                100_000,
            ),
            (
                DepositTx {
                    value: U256::MAX,
                    ..bare(None)
                },
                100_000,
            ),
            // Not even the intrinsic gas.
            (
                DepositTx {
                    gas: 20_999,
                    ..bare(Some(BOB))
                },
                20_999,
            ),
            // Init code that halts.
            (
                DepositTx {
                    data: invalid,
                    ..bare(None)
                },
                100_000,
            ),
            // Reverts: only what was used, from Regolith.
            (
                bare(Some(BOB)),
                if fork < Fork::Regolith {
                    100_000
                } else {
                    21_006
                },
            ),
        ] {
            let mut outcome = case.run(vec![deposit.encode()]);
            assert_eq!(outcome.receipt(0), (false, gas), "{fork} {deposit:?}");
            let expected = (1, U256::from(ETHER) + mint, false);
            assert_eq!(outcome.account(ALICE), Some(expected), "{fork} {deposit:?}");
        }
    }
}

/// Deposits before Regolith report all of their gas, system deposits none and may exceed the block; after it a system deposit is no deposit.
#[test]
fn system_deposits() {
    let system = DepositTx {
        is_system: true,
        gas: 150_000_000,
        ..deposit(ALICE, Some(BOB))
    };
    let outcome =
        under(Fork::Bedrock).run(vec![system.encode(), deposit(ALICE, Some(BOB)).encode()]);
    assert_eq!(outcome.receipt(0), (true, 0));
    assert_eq!(outcome.receipt(1), (true, 1_000_000));
    let outcome = under(Fork::Regolith)
        .gas_limit(200_000_000)
        .run(vec![system.encode()]);
    assert_eq!(*outcome.why(), InvalidTx::SystemDeposit);
}

/// D93: no nonce makes a user transaction a deposit: it needs an account that has got there, and pays like any other.
#[test]
fn d93_no_nonce_is_a_deposit() {
    // What op-geth once took for the mark of a deposit.
    const MAGIC: u64 = 0xffff_ffff_ffff_fffd;
    for fork in [Fork::Bedrock, Fork::Regolith, Fork::Ecotone, Fork::Karst] {
        let transaction = call(ALICE, MAGIC, BOB).value(1).encode();
        let refused = |case: Case| match case.run(vec![transaction.clone()]).why() {
            InvalidTx::Refused(why) => (**why).clone(),
            other => panic!("{fork}: {other}"),
        };
        let (tx, state) = (MAGIC, 0);
        let too_high = InvalidTransaction::NonceTooHigh { tx, state };
        assert_eq!(refused(under(fork)), too_high, "{fork}");
        let poor = refused(under(fork).account(ALICE, MAGIC, 1));
        let lack = matches!(poor, InvalidTransaction::LackOfFundForMaxFee { .. });
        assert!(lack, "{fork}: {poor}");

        let mut outcome = under(fork)
            .account(ALICE, MAGIC, ETHER)
            .run(vec![transaction]);
        assert_eq!(outcome.receipt(0), (true, 21_000), "{fork}");
        // 21,000 gas at a base fee of 1,000 wei, and the value.
        let left = U256::from(ETHER - 21_000_000 - 1);
        assert_eq!(outcome.account(ALICE), Some((MAGIC + 1, left, false)));
        assert_eq!(outcome.balance(BASE_FEE_VAULT), U256::from(21_000_000));
    }
}

/// D92: init code beyond 49,152 bytes fails a deposit from Canyon on (EIP-3860), as anything else does; from Karst on it does not (decision 13).
#[test]
fn d92_deposits_of_long_init_code() {
    let code = vec![0; 120_000];
    for (fork, len, success) in [
        (Fork::Regolith, 49_153, true),
        (Fork::Canyon, 49_152, true),
        (Fork::Canyon, 49_153, false),
        (Fork::Jovian, 49_152, true),
        (Fork::Jovian, 49_153, false),
        (Fork::Karst, 49_153, true),
        (Fork::Karst, 120_000, true),
    ] {
        let mint = U256::from(7);
        let create = DepositTx {
            mint,
            data: &code[..len],
            gas: 20_000_000,
            ..deposit(ALICE, None)
        };
        let mut outcome = under(fork).run(vec![create.encode()]);
        let (done, gas) = outcome.receipt(0);
        assert_eq!(
            (done, gas == 20_000_000),
            (success, !success),
            "{fork} {len}"
        );
        let expected = (1, U256::from(ETHER) + mint, false);
        assert_eq!(outcome.account(ALICE), Some(expected), "{fork} {len}");
        let created = outcome.account(ALICE.create(0)).is_some();
        assert_eq!(created, success, "{fork} {len}");
    }
}
