//! Preimages that are what their keys commit to, but not what they should be: never a verdict, and each says what it was wanted for.

use crate::basics::{channel_item, singular};
use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Sealed, address, hex, keccak256};
use hoike_derive::{Event, Halt, Sink};
use hoike_executor::{Executed, InvalidPayload};
use hoike_native::Native;
use hoike_preimage::{NotFound, Trusted, Witness};
use hoike_program::{Boot, Error, Phase, Purpose, Watch, run};
use hoike_protocol::{Attributes, Fork, output::OutputV0};
use hoike_testkit::{Chain, Setup, Store, judge};

/// A block, and then nothing until long after the sequencing window: the next block is forced.
fn abandoned() -> Chain {
    let mut chain = Setup::at(Fork::Bedrock).begin();
    chain.blocks(1);
    chain.mine(30);
    chain
}

/// A claim that agrees on what `change` makes of block 1, and its witness.
fn agreeing_on(
    chain: &mut Chain,
    change: impl FnOnce(&mut Store, &mut Header),
) -> (Boot, B256, Witness) {
    let mut store = chain.store();
    let block = chain.block(1);
    let mut header = block.header.inner().clone();
    change(&mut store, &mut header);
    let hash = store.put(alloy_rlp::encode(&header));
    let output = OutputV0 {
        state_root: header.state_root,
        block_hash: hash,
        ..block.output
    };
    let root = store.put(output.encode().to_vec());
    let mut boot = chain.claim(1, 1_000, root);
    boot.claim.agreed_output_root = root;
    (boot, hash, store.to_witness())
}

/// A claim whose L1 head is what `change` makes of the newest block's RLP, and its witness.
fn with_l1_head(
    chain: &mut Chain,
    change: impl FnOnce(&mut Store, Header) -> Vec<u8>,
) -> (Boot, Witness) {
    let mut store = chain.store();
    let head = chain.l1_tip().header.inner().clone();
    let head = change(&mut store, head);
    let mut boot = chain.claim(0, chain.tip(), chain.l2.tip().output_root());
    boot.claim.l1_head = store.put(head);
    (boot, store.to_witness())
}

fn malformed(boot: &Boot, witness: &Witness) -> (Purpose, B256, String) {
    match judge(boot, witness) {
        Err(Error::Malformed { purpose, hash, why }) => (purpose, hash, why),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_agreed_block_without_l1_attributes() {
    let (boot, hash, witness) = agreeing_on(&mut abandoned(), |store, header| {
        header.transactions_root = store.put_list(&[]);
    });
    let (purpose, of, why) = malformed(&boot, &witness);
    let number = Some(1);
    assert_eq!((purpose, of), (Purpose::L2Header { number }, hash));
    let whole = "no system config can be read from it: ";
    assert!(why.starts_with(whole) && why.len() > whole.len(), "{why}");
}

/// D109: neither a block nor an invalid payload comes of a state that is no trie.
#[test]
fn d109_a_state_that_is_no_trie() {
    let (boot, _, witness) = agreeing_on(&mut abandoned(), |store, header| {
        header.state_root = store.put(*b"no node");
    });
    let (purpose, of, _) = malformed(&boot, &witness);
    let wanted = (Purpose::StateNode { block: 2 }, keccak256(b"no node"));
    assert_eq!((purpose, of), wanted);
}

/// D109: the same where the trie is one, but holds something else than an account. The first that a Bedrock block touches is the depositor of its L1
/// attributes.
#[test]
fn d109_an_account_that_is_none() {
    const DEPOSITOR: Address = address!("deaddeaddeaddeaddeaddeaddeaddeaddead0001");
    let mut root = B256::ZERO;
    let (boot, _, witness) = agreeing_on(&mut abandoned(), |store, header| {
        // A leaf at the root: rlp[0x20 and the whole path, "bad"].
        let path = keccak256(DEPOSITOR);
        let leaf = [&hex!("e6a120"), &path[..], &[0x83], b"bad"].concat();
        root = store.put(leaf);
        header.state_root = root;
    });
    match judge(&boot, &witness) {
        Err(Error::Execution { block: 2, why }) => {
            let said = format!(
                "the leaf of {} in the trie {root} is malformed",
                keccak256(DEPOSITOR)
            );
            assert_eq!(why, said);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn l1_headers_that_are_none() {
    let mut chain = abandoned();
    let head = Purpose::L1Header { number: None };
    let (boot, witness) = with_l1_head(&mut chain, |_, header| {
        [&alloy_rlp::encode(header)[..], &[0]].concat()
    });
    let (purpose, hash, why) = malformed(&boot, &witness);
    assert_eq!((purpose, hash), (head, boot.claim.l1_head));
    assert_eq!(why, "bytes follow the header");

    let (boot, witness) = with_l1_head(&mut chain, |_, _| b"no header".to_vec());
    let (purpose, hash, _) = malformed(&boot, &witness);
    assert_eq!((purpose, hash), (head, boot.claim.l1_head));

    // The parent's parent in its place.
    let number = chain.l1_tip().header.number - 1;
    let grandparent = chain.l1_block(number - 1).header.hash();
    let (boot, witness) = with_l1_head(&mut chain, |_, header| {
        alloy_rlp::encode(Header {
            parent_hash: grandparent,
            ..header
        })
    });
    let (purpose, hash, why) = malformed(&boot, &witness);
    let number = Some(number);
    assert_eq!((purpose, hash), (Purpose::L1Header { number }, grandparent));
    assert_eq!(why, "its number is not one less than its child's");
}

#[test]
fn an_l1_block_whose_transactions_are_no_list() {
    let mut chain = Setup::at(Fork::Granite).begin();
    chain.blocks(3);
    chain.mine(1);
    let block = chain.l1_tip().header.number;
    let (boot, witness) = with_l1_head(&mut chain, |store, header| {
        alloy_rlp::encode(Header {
            transactions_root: store.put(*b"no list"),
            ..header
        })
    });
    let (purpose, hash, _) = malformed(&boot, &witness);
    let wanted = (Purpose::L1Transactions { block }, keccak256(b"no list"));
    assert_eq!((purpose, hash), wanted);
}

/// D114: an agreed block whose origin L1 has not come to is none of that L1's chain.
#[test]
fn d114_agreed_block_above_l1() {
    let mut chain = Setup::at(Fork::Granite).begin();
    chain.mine(1);
    chain.fill_epochs();
    let tip = chain.l2.tip();
    let (number, origin) = (tip.header.number, tip.origin);
    let mut boot = chain.claim(number, number + 1, tip.output_root());
    boot.claim.l1_head = chain.l1_block(origin.number - 1).header.hash();
    let origin = origin.hash;
    match chain.judge(&boot) {
        Err(Error::Halted(why)) => assert_eq!(why, Halt::ForeignOrigin { number, origin }),
        other => panic!("{other:?}"),
    }
}

/// Whoever watches may see the output root of every block on the way, which are those of the sequencer's blocks.
#[test]
fn output_roots_on_the_way() {
    #[derive(Default)]
    struct Roots(Vec<(u64, Option<B256>)>, Vec<Phase>);
    impl Sink for Roots {
        fn event(&mut self, _: Event) {}
    }
    impl Watch for Roots {
        fn phase(&mut self, phase: Phase) {
            self.1.push(phase);
        }
        fn executed(&mut self, _: &Attributes, outcome: &Result<Executed, InvalidPayload>) {
            assert!(outcome.is_ok());
        }
        fn wants_output_roots(&self) -> bool {
            true
        }
        fn output_root(&mut self, block: &Sealed<Header>, root: Option<B256>) {
            self.0.push((block.number, root));
        }
    }
    for fork in [Fork::Granite, Fork::Isthmus] {
        let mut chain = Setup::at(fork).begin();
        let blocks = chain.blocks(3);
        let item = channel_item(1, &singular(&blocks));
        chain.l1().calldata(item).mine();
        let boot = chain.claim(0, 3, chain.block(3).output_root());
        let mut oracle = Trusted::assume_checked_by_vm(chain.witness());
        let mut roots = Roots::default();
        let judged: Result<_, Error<NotFound>> =
            run(&boot, &mut oracle, &mut Native::new(), &mut roots);
        assert_eq!(judged.unwrap().compared.number, 3);
        let expected = (1..=3).map(|n| (n, Some(chain.block(n).output_root())));
        assert_eq!(roots.0, expected.collect::<Vec<_>>(), "{fork}");
        let executed = roots.1.iter().filter(|phase| **phase == Phase::Execute);
        assert_eq!(executed.count(), 3);
        assert_eq!(roots.1.last(), Some(&Phase::Finish));
    }
}
