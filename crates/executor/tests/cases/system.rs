//! System calls, and what the EVM sees of older blocks.

use crate::common::{Missing, Witness};
use crate::harness::*;
use alloy_consensus::{Header, Sealed};
use alloy_primitives::{Address, B256, Bytes, U256, address, b256, hex};
use hoike_executor::{Executor, NoAnswer};
use hoike_protocol::deposit::DepositTx;
use hoike_protocol::{Fork, upgrade};

/// D97: code only, and only in the block that activates Canyon.
#[test]
fn d97_create2_deployer() {
    const DEPLOYER: Address = address!("13b0d85ccb8bf860b6b79af3029fca081ae9bef2");
    let mut outcome = activating(Fork::Canyon).account(DEPLOYER, 3, 9).run(vec![]);
    assert_eq!(outcome.account(DEPLOYER), Some((3, U256::from(9), false)));
    let hash = b256!("b0550b5b431e30d38000efb7107aaa0ade03d48a7198a140edda9d27134468b2");
    assert_eq!(outcome.code_hash(DEPLOYER), hash);
    for case in [
        under(Fork::Canyon),
        under(Fork::Regolith),
        activating(Fork::Delta),
    ] {
        assert_eq!(case.run(vec![]).account(DEPLOYER), None);
    }
}

/// D87, D86: the history contract gets the parent's hash; contracts of L1-only system calls are not called.
#[test]
fn d86_system_calls() {
    const HISTORY: Address = address!("0000f90827f1c53a10cb7a02335b175320002935");
    const BEACON: Address = address!("000f3df6d732807ef1319fb7b8bb8522d0beac02");
    const WITHDRAWALS: Address = address!("00000961ef480eb55e80d19ad83579a64c007002");
    const CONSOLIDATIONS: Address = address!("0000bbddc7ce488642fb579f8b00f3a590007251");
    // SSTORE(CALLDATALOAD(0) + 1, 1): what was called is changed.
    let code = [0x60, 1, 0x60, 0, 0x35, 0x60, 1, 0x01, 0x55];
    for fork in [Fork::Delta, Fork::Ecotone, Fork::Isthmus, Fork::Karst] {
        let contracts = [HISTORY, BEACON, WITHDRAWALS, CONSOLIDATIONS];
        let case = contracts
            .into_iter()
            .fold(under(fork), |case, c| case.contract(c, &code));
        let mut outcome = case.run(vec![]);
        let called = contracts.map(|contract| outcome.account(contract).unwrap().2);
        assert_eq!(
            called,
            [fork >= Fork::Isthmus, fork >= Fork::Ecotone, false, false],
            "{fork}"
        );
    }
}

/// D88: BLOCKHASH reaches 256 blocks back, by parent hashes, and no further; a missing ancestor is no answer.
#[test]
fn d88_block_hash() {
    // SSTORE(0, BLOCKHASH(CALLDATALOAD(0)))
    let code = [0x5f, 0x35, 0x40, 0x5f, 0x55];
    let case = under(Fork::Karst).contract(CONTRACT, &code);
    let (parent, mut witness) = case.world();
    // A chain of 300 headers before the parent.
    let mut hashes = vec![B256::repeat_byte(9)];
    for number in 700..1_000_u64 {
        let header = Header {
            number,
            parent_hash: *hashes.last().unwrap(),
            ..Header::default()
        };
        let header = Sealed::new(header);
        witness
            .0
            .insert(header.hash(), alloy_rlp::encode(header.inner()).into());
        hashes.push(header.hash());
    }
    let parent = Sealed::new(Header {
        number: 1_000,
        parent_hash: *hashes.last().unwrap(),
        ..parent.into_inner()
    });
    hashes.push(parent.hash());
    for (number, expected) in [
        (1_000, hashes[301]),
        (999, hashes[300]),
        (745, hashes[46]),
        (744, B256::ZERO),
        (1_001, B256::ZERO),
        (5_000, B256::ZERO),
    ] {
        let data = B256::from(U256::from(number));
        let transaction = Call {
            data: data.into(),
            ..call(ALICE, 0, CONTRACT)
        }
        .encode();
        let attributes = case.attributes(&parent, vec![l1_info(true, 400), transaction]);
        let run = |witness: &Witness| {
            let mut executor = Executor::new(case.rules.clone(), witness.clone());
            let result = executor.execute(&parent, &attributes, &mut Named);
            Outcome {
                result,
                executor,
                first: 1,
                state_root: B256::ZERO,
            }
            .settled()
        };
        assert_eq!(
            B256::from(run(&witness).slot(CONTRACT, 0)),
            expected,
            "{number}"
        );
        let mut gap = witness.clone();
        gap.0.remove(&hashes[200]);
        let missed = run(&gap).result.err();
        let reason = NoAnswer::Header {
            hash: hashes[200],
            cause: Missing(hashes[200]),
        };
        assert_eq!(missed, (number == 745).then_some(reason), "{number}");
    }
}

/// D88: an ancestor whose number is not one less than its child's is no ancestor: no answer, and no hash.
#[test]
fn d88_ancestors_are_counted() {
    // SSTORE(0, BLOCKHASH(98))
    let case = under(Fork::Karst).contract(CONTRACT, &[0x60, 98, 0x40, 0x5f, 0x55]);
    let (parent, mut witness) = case.world();
    for (number, expected) in [(99, None), (98, Some(98)), (100, Some(100))] {
        let grandparent = Sealed::new(Header {
            number,
            parent_hash: B256::repeat_byte(98),
            ..Header::default()
        });
        let hash = grandparent.hash();
        witness
            .0
            .insert(hash, alloy_rlp::encode(grandparent.inner()).into());
        let parent = Sealed::new(Header {
            parent_hash: hash,
            ..parent.inner().clone()
        });
        let transactions = vec![l1_info(true, 400), call(ALICE, 0, CONTRACT).encode()];
        let attributes = case.attributes(&parent, transactions);
        let mut executor = Executor::new(case.rules.clone(), witness.clone());
        let result = executor.execute(&parent, &attributes, &mut Named);
        let wrong = expected.map(|number| NoAnswer::Ancestor {
            hash,
            number,
            expected: 99,
        });
        assert_eq!(result.err(), wrong);
    }
}

/// D87: the history contract, deployed by Isthmus' own upgrade transaction: empty in the activation block, since the call comes before the code; from
/// the next block on it has parents, and none from before.
#[test]
fn d87_history_begins_after_the_activation() {
    let deployment = upgrade::transactions(Fork::Isthmus).last().unwrap();
    let case = activating(Fork::Isthmus).contract(CONTRACT, &ask_history());
    let mut outcome = case.run(vec![deployment]);
    assert_eq!(outcome.code_hash(HISTORY), HISTORY_CODE_HASH);
    assert_eq!(outcome.account(HISTORY), Some((1, U256::ZERO, false)));
    let activation = outcome.header();
    assert_eq!(activation.number, 101);

    // Block 102 knows the activation block, but not that one's parent.
    for (number, expected) in [(101, activation.hash()), (100, B256::ZERO)] {
        outcome = outcome.build(&case, &activation, vec![ask(number)]);
        assert_eq!(answer(&mut outcome), Some(expected), "{number}");
        assert_eq!(B256::from(outcome.slot(HISTORY, 101)), activation.hash());
    }
}

/// D87: the window is 8,191 blocks, kept in a ring. A block's hash is at its number modulo 8,191, and what is older than the window or not yet there is
/// refused, though its slot has something else.
#[test]
fn d87_history_window_and_ring() {
    // The parent is 20,000, at slot 3,618 = 20,000 - 2 * 8,191. Block 11,809 had the same one; 11,810 is the oldest in the window.
    let case = under(Fork::Isthmus)
        .contract(CONTRACT, &ask_history())
        .contract(HISTORY, &HISTORY_CODE)
        .with_slots(HISTORY, &[(3_617, 17), (3_618, 18), (3_619, 19)]);
    let case = Case {
        parent: 20_000,
        ..case
    };
    let parent = case.world().0.hash();
    let word = |number: u8| Some(B256::with_last_byte(number));
    for (number, expected) in [
        (20_002, None),
        (20_001, None),
        (20_000, Some(parent)),
        (19_999, word(17)),
        (11_810, word(19)),
        (11_809, None),
        (11_808, None),
    ] {
        let mut outcome = case.run(vec![ask(number)]);
        assert_eq!(answer(&mut outcome), expected, "{number}");
    }

    for (parent, slot) in [
        (1, 1),
        (8_190, 8_190),
        (8_191, 0),
        (8_192, 1),
        (16_381, 8_190),
        (16_382, 0),
    ] {
        let case = Case {
            parent,
            ..under(Fork::Karst).contract(HISTORY, &HISTORY_CODE)
        };
        let mut outcome = case.run(vec![]);
        let kept = B256::from(outcome.slot(HISTORY, slot));
        assert_eq!(kept, case.world().0.hash(), "{parent}");
    }
}

/// Where EIP-2935 keeps block hashes.
const HISTORY: Address = address!("0000f90827f1c53a10cb7a02335b175320002935");
/// The contract's code, as in the EIP.
const HISTORY_CODE: [u8; 83] = hex!(
    "3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500"
);
/// Its hash, as in `isthmus/derivation.md`, "EIP-2935 Contract Deployment".
const HISTORY_CODE_HASH: B256 =
    b256!("6e49e66782037c0555897870e29fa5e552daf4719552131a0abce779daec0a5d");

/// Code that asks the history contract by its calldata: slot 1 becomes 1 where that fails and 2 where it does not, slot 0 the answer.
fn ask_history() -> Vec<u8> {
    // CALLDATACOPY all; STATICCALL(GAS, HISTORY, 0, CALLDATASIZE, 0, 32); SSTORE(1, success + 1); SSTORE(0, MLOAD(0)).
    let mut code = vec![0x36, 0x5f, 0x5f, 0x37, 0x60, 32, 0x5f, 0x36, 0x5f, 0x73];
    code.extend(HISTORY);
    code.extend([
        0x5a, 0xfa, 0x60, 1, 0x01, 0x60, 1, 0x55, 0x5f, 0x51, 0x5f, 0x55,
    ]);
    code
}

/// A transaction that asks for the hash of a block.
fn ask(number: u64) -> Bytes {
    let word = B256::from(U256::from(number));
    let ask = DepositTx {
        data: &word[..],
        ..deposit(ALICE, Some(CONTRACT))
    };
    ask.encode()
}

/// What it was told.
fn answer(outcome: &mut Outcome) -> Option<B256> {
    match outcome.slot(CONTRACT, 1).to::<u64>() {
        1 => None,
        2 => Some(outcome.slot(CONTRACT, 0).into()),
        other => panic!("{other}"),
    }
}
