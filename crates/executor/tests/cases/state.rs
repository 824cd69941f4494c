//! What a block leaves of the state, and nothing else.

use crate::harness::*;
use alloy_primitives::{B256, KECCAK256_EMPTY, U256, b256, keccak256};
use hoike_executor::{InvalidTx, Precompile};
use hoike_protocol::Fork;
use hoike_protocol::deposit::DepositTx;
use hoike_protocol::predeploys::{
    L1_FEE_VAULT, MESSAGE_PASSER, OPERATOR_FEE_VAULT, SEQUENCER_FEE_VAULT,
};
use hoike_trie::Trie;

/// D105: destroyed and paid again in one block; D107, D180: what is empty does not stay.
#[test]
fn d105_destroyed_then_paid_again() {
    // Before Cancun any contract can destroy itself: SELFDESTRUCT(caller).
    let case = under(Fork::Canyon)
        .contract(CONTRACT, &[0x33, 0xff])
        .with_slots(CONTRACT, &[(1, 5), (2, 6)]);
    let mut gone = case.run(vec![call(ALICE, 0, CONTRACT).value(3).encode()]);
    assert_eq!(gone.account(CONTRACT), None);
    let mut back = case.run(vec![
        call(ALICE, 0, CONTRACT).encode(),
        call(ALICE, 1, CONTRACT).value(1).encode(),
    ]);
    assert_eq!(back.account(CONTRACT), Some((0, U256::ONE, false)));
    // From Cancun only what was created in the same transaction: here by a deposit, whose init code destroys at once.
    let fresh = ALICE.create(0);
    let case = under(Fork::Karst);
    let init = DepositTx {
        data: &[0x33, 0xff],
        ..deposit(ALICE, None)
    };
    let mut gone = case.run(vec![init.encode()]);
    assert_eq!(gone.account(fresh), None);
    let mut back = case.run(vec![init.encode(), call(ALICE, 1, fresh).value(1).encode()]);
    assert_eq!(back.account(fresh), Some((0, U256::ONE, false)));
}

#[test]
fn d107_touched_empty_accounts_do_not_exist() {
    let mut outcome = under(Fork::Karst).run(vec![call(ALICE, 0, BOB).encode()]);
    assert_eq!(outcome.account(BOB), None);
    // One that is in the state goes when it is touched.
    let empty = under(Fork::Karst).account(BOB, 0, 0);
    let mut outcome = empty.run(vec![call(ALICE, 0, BOB).encode()]);
    assert_eq!(outcome.account(BOB), None);
    // A slot that becomes zero is deleted: SSTORE(1, 0).
    let case = under(Fork::Karst)
        .contract(CONTRACT, &[0x5f, 0x60, 1, 0x55])
        .with_slots(CONTRACT, &[(1, 5)]);
    let mut outcome = case.run(vec![call(ALICE, 0, CONTRACT).encode()]);
    assert_eq!(outcome.account(CONTRACT), Some((1, U256::ZERO, false)));
}

/// D107: a failing call leaves 0x03 touched, as Ethereum once decided, and no other account.
#[test]
fn d107_ripemd_stays_touched_by_a_failing_call() {
    let ripemd = Precompile::Ripemd160.address();
    let sha = Precompile::Sha256.address();
    // With all gas but for a sixty-fourth: CALL(gas, 0x02 and 0x03), then INVALID.
    let mut code = Vec::new();
    for to in [2, 3] {
        code.extend([
            0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x60, to, 0x62, 0, 0xff, 0xff, 0xf1,
        ]);
    }
    code.push(0xfe);
    let case = under(Fork::Karst)
        .contract(CONTRACT, &code)
        .account(sha, 0, 0)
        .account(ripemd, 0, 0);
    let mut outcome = case.run(vec![call(ALICE, 0, CONTRACT).gas(200_000).encode()]);
    assert_eq!(outcome.receipt(0), (false, 200_000));
    assert_eq!(outcome.account(ripemd), None);
    assert_eq!(outcome.account(sha), Some((0, U256::ZERO, false)));
    // One that has something stays.
    let rich = under(Fork::Karst)
        .contract(CONTRACT, &code)
        .account(ripemd, 0, 1);
    let mut outcome = rich.run(vec![call(ALICE, 0, CONTRACT).gas(200_000).encode()]);
    assert_eq!(outcome.account(ripemd), Some((0, U256::ONE, false)));
}

/// Code that looks like a delegation (EIP-7702) is none before Isthmus: it fails at its first byte. Only a genesis could have such code then.
#[test]
fn delegations_are_code_before_isthmus() {
    // SSTORE(1, 7).
    let code = [0x60, 7, 0x60, 1, 0x55];
    let mut delegation = vec![0xef, 0x01, 0x00];
    delegation.extend(CONTRACT);
    for (fork, delegates) in [
        (Fork::Canyon, false),
        (Fork::Holocene, false),
        (Fork::Isthmus, true),
        (Fork::Karst, true),
    ] {
        let case = under(fork)
            .contract(CONTRACT, &code)
            .contract(BOB, &delegation);
        let mut outcome = case.run(vec![call(ALICE, 0, BOB).gas(100_000).encode()]);
        assert_eq!(outcome.receipt(0).0, delegates, "{fork}");
        assert_eq!(outcome.receipt(0).1 == 100_000, !delegates, "{fork}");
        let written = U256::from(if delegates { 7 } else { 0 });
        assert_eq!(outcome.slot(BOB, 1), written, "{fork}");
    }
}

/// A contract is made where there is storage and nothing else (decision 14). It sees none of what was there, which yet stays in its trie.
#[test]
fn contracts_are_made_on_accounts_that_have_only_storage() {
    let address = ALICE.create(0);
    // Init code: SSTORE(2, SLOAD(1) + 7), and no code.
    let init = DepositTx {
        data: &[0x60, 1, 0x54, 0x60, 7, 0x01, 0x60, 2, 0x55],
        ..deposit(ALICE, None)
    };
    let case = under(Fork::Karst)
        .account(address, 0, 0)
        .with_slots(address, &[(1, 5)]);
    let mut outcome = case.run(vec![init.encode()]);
    assert!(outcome.receipt(0).0);
    assert_eq!(outcome.account(address), Some((1, U256::ZERO, true)));
    assert_eq!(outcome.slot(address, 1), U256::from(5));
    assert_eq!(outcome.slot(address, 2), U256::from(7));
}

/// D106: what is read, or written back as it was, is not written to the trie.
#[test]
fn d106_unchanged_is_not_written() {
    // SLOAD(1); SSTORE(1, 6); SSTORE(1, 5).
    let code = [
        0x60, 1, 0x54, 0x60, 6, 0x60, 1, 0x55, 0x60, 5, 0x60, 1, 0x55,
    ];
    let case = under(Fork::Karst)
        .contract(CONTRACT, &code)
        .with_slots(CONTRACT, &[(1, 5), (2, 6)]);
    let (parent, mut witness) = case.world();
    let mut outcome = case.run(vec![call(ALICE, 0, CONTRACT).encode()]);
    assert_eq!(outcome.slot(CONTRACT, 1), U256::from(5));
    assert_eq!(outcome.account(CONTRACT), Some((1, U256::ZERO, true)));
    let mut before = Trie::new(parent.state_root);
    let old = before.get(&mut witness, &keccak256(CONTRACT)).unwrap();
    let mut after = Trie::new(outcome.state_root);
    let new = after
        .get(&mut outcome.executor.nodes(), &keccak256(CONTRACT))
        .unwrap();
    assert_eq!(new, old);
}

/// D180: whatever touches an account that has nothing, it is not there afterwards, also where the state had it; and is charged as no new account.
#[test]
fn d180_touched_empty_accounts_vanish() {
    // SELFDESTRUCT(BOB), with no wei to give.
    let mut destroy = vec![0x73];
    destroy.extend(BOB);
    destroy.push(0xff);
    // CALL(GAS, BOB, 0, 0, 0, 0, 0)
    let mut call_bob = vec![0x60, 0, 0x60, 0, 0x60, 0, 0x60, 0, 0x60, 0, 0x73];
    call_bob.extend(BOB);
    call_bob.extend([0x5a, 0xf1]);
    for fork in [Fork::Bedrock, Fork::Canyon, Fork::Ecotone, Fork::Karst] {
        for (code, gas) in [
            // PUSH20, and 5,000 for the opcode with 2,600 for a cold account; 25,000 more only if wei made a new one (EIP-161).
            (&destroy, 21_000 + 3 + 5_000 + 2_600),
            // Six pushes, GAS, and 2,600.
            (&call_bob, 21_000 + 6 * 3 + 2 + 2_600),
        ] {
            let fresh = under(fork).contract(CONTRACT, code);
            let there = under(fork).contract(CONTRACT, code).account(BOB, 0, 0);
            for case in [fresh, there] {
                let mut outcome = case.run(vec![call(ALICE, 0, CONTRACT).encode()]);
                assert_eq!(outcome.receipt(0), (true, gas), "{fork}");
                assert_eq!(outcome.account(BOB), None, "{fork}");
            }
        }
        // A deposit of nothing touches both ends, of which the sender has a nonce then.
        let mut outcome = under(fork).run(vec![deposit(BOB, Some(CONTRACT)).encode()]);
        assert_eq!(outcome.account(CONTRACT), None, "{fork}");
        assert_eq!(outcome.account(BOB), Some((1, U256::ZERO, false)), "{fork}");
        // Fees of zero make no vaults: no tip, no L1 fee, no operator fee.
        let mut outcome = under(fork).run(vec![call(ALICE, 0, BOB).value(1).encode()]);
        for vault in [SEQUENCER_FEE_VAULT, L1_FEE_VAULT, OPERATOR_FEE_VAULT] {
            assert_eq!(outcome.account(vault), None, "{fork} {vault}");
        }
        // One that nobody touches stays as it is.
        let mut outcome = under(fork).account(BOB, 0, 0).run(vec![]);
        assert_eq!(outcome.account(BOB), Some((0, U256::ZERO, false)), "{fork}");
    }
}

/// D98: a block sees the state of its parent, whatever else the executor has built or read: on top of it, beside it, or in vain.
#[test]
fn d98_nothing_of_one_block_shows_in_another() {
    // SSTORE(2, SLOAD(1)); SSTORE(1, CALLDATALOAD(0)); SSTORE(3, the gas of a cold SLOAD(4)); TSTORE(0, TLOAD(0) + 1); SSTORE(5, TLOAD(0)).
    let code = [
        0x60, 1, 0x54, 0x60, 2, 0x55, 0x5f, 0x35, 0x60, 1, 0x55, // slots 2 and 1
        0x5a, 0x60, 4, 0x54, 0x50, 0x5a, 0x90, 0x03, 0x60, 3, 0x55, // slot 3
        0x60, 1, 0x5f, 0x5c, 0x01, 0x5f, 0x5d, 0x5f, 0x5c, 0x60, 5, 0x55, // slot 5
    ];
    let case = under(Fork::Karst)
        .contract(CONTRACT, &code)
        .with_slots(CONTRACT, &[(1, 5), (4, 1)]);
    let write = |value: u8, nonce| {
        let word = B256::with_last_byte(value);
        call(ALICE, nonce, CONTRACT).data(word).encode()
    };
    let slots = |outcome: &mut Outcome| {
        [1, 2, 3, 4, 5].map(|slot| outcome.slot(CONTRACT, slot).to::<u64>())
    };
    // GAS, PUSH1, POP and 2,100 for a slot that this transaction has not seen (EIP-2929).
    let cold = 2 + 3 + 2 + 2_100;
    let (parent, _) = case.world();

    let mut first = case.run(vec![write(7, 0)]);
    assert_eq!(slots(&mut first), [7, 5, cold, 1, 1]);
    let block = first.header();
    let mut second = first.build(&case, &block, vec![write(8, 1)]);
    assert_eq!(slots(&mut second), [8, 7, cold, 1, 1]);
    let grandchild = second.header();

    // Beside the first, twice in a block: of its parent's state, and the second time of its own.
    let mut beside = second.build(&case, &parent, vec![write(9, 0)]);
    assert_eq!(slots(&mut beside), [9, 5, cold, 1, 1]);
    let mut twice = beside.build(&case, &parent, vec![write(9, 0), write(10, 1)]);
    assert_eq!(slots(&mut twice), [10, 9, cold, 1, 1]);
    // In vain: the second transaction's nonce is wrong.
    let failed = twice.build(&case, &block, vec![write(11, 1), write(12, 9)]);
    assert!(matches!(failed.why(), InvalidTx::Refused(_)));
    // And again as if nothing had been.
    let mut again = failed.build(&case, &block, vec![write(8, 1)]);
    assert_eq!(slots(&mut again), [8, 7, cold, 1, 1]);
    assert_eq!(again.header().hash(), grandchild.hash());
}

/// D98: an account that one block destroys is new in the next, with neither code nor storage nor nonce; its sibling still has all of it.
#[test]
fn d98_destroyed_in_the_block_before() {
    // Called with a word, it destroys itself; else it stores SLOAD(1) in slot 2: CALLDATASIZE, JUMPI to SELFDESTRUCT(CALLER).
    let code = [
        0x36, 0x60, 11, 0x57, 0x60, 1, 0x54, 0x60, 2, 0x55, 0x00, 0x5b, 0x33, 0xff,
    ];
    let case = under(Fork::Canyon)
        .contract(CONTRACT, &code)
        .with_slots(CONTRACT, &[(1, 5)]);
    let (parent, _) = case.world();
    let destroy = call(ALICE, 0, CONTRACT).data([1]).encode();
    let mut gone = case.run(vec![destroy]);
    assert_eq!(gone.account(CONTRACT), None);
    let block = gone.header();
    let mut next = gone.build(
        &case,
        &block,
        vec![call(ALICE, 1, CONTRACT).value(1).encode()],
    );
    assert_eq!(next.receipt(0), (true, 21_000));
    assert_eq!(next.account(CONTRACT), Some((0, U256::ONE, false)));
    assert_eq!(next.code_hash(CONTRACT), KECCAK256_EMPTY);
    let mut sibling = next.build(&case, &parent, vec![call(ALICE, 0, CONTRACT).encode()]);
    assert_eq!(sibling.slot(CONTRACT, 2), U256::from(5));
}

/// D84: from Isthmus on the header has the hash of no requests, which is that of no bytes by SHA-256 (EIP-7685), not by Keccak.
#[test]
fn d84_hash_of_no_requests() {
    let empty = b256!("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (cases, expected) in [
        (
            vec![
                under(Fork::Bedrock),
                under(Fork::Canyon),
                under(Fork::Ecotone),
                under(Fork::Holocene),
            ],
            None,
        ),
        (
            vec![
                activating(Fork::Isthmus),
                under(Fork::Isthmus),
                under(Fork::Jovian),
                under(Fork::Karst),
            ],
            Some(empty),
        ),
    ] {
        for case in cases {
            let header = case.run(vec![]).header();
            assert_eq!(header.requests_hash, expected, "{}", case.fork);
        }
    }
}

/// D85: the withdrawals root is the storage root of the message passer as the block leaves it, whether the block touches it or not.
#[test]
fn d85_withdrawals_root_is_of_the_state_after() {
    let empty = b256!("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");
    // SSTORE(0, 1): the trie is then one leaf, rlp[0x20 and the hash of slot 0, 1].
    let code = [0x60, 1, 0x60, 0, 0x55];
    let path = b256!("290decd9548b62a8d60345a988386fc84ba6bc95484008f6362f93160ef3e563");
    let leaf = [&[0xe3, 0xa1, 0x20], &path[..], &[0x01]].concat();
    let sent = keccak256(leaf);
    let withdraw = deposit(ALICE, Some(MESSAGE_PASSER)).encode();

    for case in [
        activating(Fork::Isthmus),
        under(Fork::Isthmus),
        under(Fork::Karst),
    ] {
        let case = case.contract(MESSAGE_PASSER, &code);
        let fork = case.fork;
        let none = case.run(vec![]);
        assert_eq!(none.header().withdrawals_root, Some(empty), "{fork}");
        let first = case.run(vec![withdraw.clone()]);
        let block = first.header();
        assert_eq!(block.withdrawals_root, Some(sent), "{fork}");
        let mut second = first.build(&case, &block, vec![]);
        let block = second.header();
        assert_eq!(block.withdrawals_root, Some(sent), "{fork}");
        // The output root has the same, and needs no state for it: version 0, state root, this root, block hash.
        let output = [B256::ZERO, block.state_root, sent, block.hash()].concat();
        let root = second.executor.output_root(&block).unwrap();
        assert_eq!(root, keccak256(output), "{fork}");
    }
    // Before, the header has the root of an empty list, or none; the output root has the passer's all the same.
    for (fork, expected) in [
        (Fork::Regolith, None),
        (Fork::Canyon, Some(empty)),
        (Fork::Holocene, Some(empty)),
    ] {
        let case = under(fork).contract(MESSAGE_PASSER, &code);
        let mut outcome = case.run(vec![withdraw.clone()]);
        let block = outcome.header();
        assert_eq!(block.withdrawals_root, expected, "{fork}");
        let output = [B256::ZERO, block.state_root, sent, block.hash()].concat();
        let root = outcome.executor.output_root(&block).unwrap();
        assert_eq!(root, keccak256(output), "{fork}");
    }
}
