//! What a run starts from: local keys of every sort of wrong, and agreed outputs that are none.

use alloy_primitives::{B256, Bytes};
use hoike_preimage::{CheckError, Hint, KeyKind, Memory, NotFound, Oracle, PreimageKey, Trusted};
use hoike_program::{Boot, Claim, Error, Purpose, run};
use hoike_registry::ChainError;
use std::{cell::RefCell, collections::BTreeSet};

/// A store that remembers which keys were asked for.
struct Recorder<'a> {
    store: Memory,
    asked: &'a RefCell<BTreeSet<PreimageKey>>,
}

impl Oracle for Recorder<'_> {
    type Error = NotFound;

    fn hint(&mut self, _: &Hint<'_>) -> Result<(), NotFound> {
        Ok(())
    }

    fn get(&mut self, key: PreimageKey) -> Result<Bytes, NotFound> {
        self.asked.borrow_mut().insert(key);
        self.store.get(key)
    }
}

/// A claim about OP Sepolia in the local keys 1 to 5.
fn locals() -> Memory {
    let mut store = Memory::default();
    for index in 1..=3 {
        store.insert_local(index, vec![index as u8; 32]);
    }
    store.insert_local(4, 77_u64.to_be_bytes().to_vec());
    store.insert_local(5, 11_155_420_u64.to_be_bytes().to_vec());
    store
}

fn boot(store: Memory) -> Result<Boot, Error<NotFound>> {
    Boot::from_oracle(&mut Trusted::assume_checked_by_vm(store))
}

#[test]
fn the_claim_comes_from_the_local_keys() {
    let boot = boot(locals()).unwrap();
    let claim = Claim {
        l1_head: B256::repeat_byte(1),
        agreed_output_root: B256::repeat_byte(2),
        claimed_output_root: B256::repeat_byte(3),
        claimed_block: 77,
    };
    assert_eq!(boot.claim, claim);
    assert_eq!(boot.rules, hoike_registry::rules(11_155_420).unwrap());
}

/// Keys 6 to 8 hold configs, in one order with op-program's hosts and in another with kona's. A host chooses them, so none is believed.
#[test]
fn d121_d195_configs_in_local_keys_are_not_read() {
    for (chain, known) in [(11_155_420, true), (u64::MAX, false), (901, false)] {
        let mut store = locals();
        store.insert_local(5, u64::to_be_bytes(chain).to_vec());
        for index in 6..=9 {
            store.insert_local(index, &b"{}"[..]);
        }
        let asked = RefCell::default();
        let recorder = Recorder {
            store,
            asked: &asked,
        };
        let booted = Boot::from_oracle(&mut Trusted::assume_checked_by_vm(recorder));
        match booted {
            Ok(boot) => {
                assert!(known, "{chain}");
                assert_eq!(boot.rules.rollup.l2_chain_id, chain);
            }
            Err(Error::UnknownChain(why)) => {
                assert!(!known);
                assert_eq!(why, ChainError::UnknownChain { id: chain });
            }
            Err(other) => panic!("{other}"),
        }
        let want: BTreeSet<_> = (1..=5).map(PreimageKey::local).collect();
        assert_eq!(asked.into_inner(), want);
    }
}

#[test]
fn a_local_value_of_the_wrong_length_is_named() {
    for index in 1..=5 {
        let right: u64 = if index <= 3 { 32 } else { 8 };
        for length in [0, 7, 8, 9, 31, 32, 33] {
            if length == right {
                continue;
            }
            let mut store = locals();
            store.insert_local(index, vec![0; length as usize]);
            match boot(store) {
                Err(Error::Local {
                    index: i,
                    want,
                    got,
                    ..
                }) => assert_eq!((i, want, got), (index, right, length)),
                other => panic!("{index}, {length} bytes: {other:?}"),
            }
        }
    }
}

#[test]
fn a_missing_local_value_is_named() {
    let all = locals();
    for missing in 1..=5 {
        let mut store = Memory::default();
        for index in (1..=5).filter(|index| *index != missing) {
            let value = all.clone().get(PreimageKey::local(index)).unwrap();
            store.insert_local(index, value);
        }
        match boot(store) {
            Err(Error::Preimage {
                purpose: Purpose::Claim,
                cause: CheckError::Oracle { key, .. },
            }) => assert_eq!(key, PreimageKey::local(missing)),
            other => panic!("{missing}: {other:?}"),
        }
    }
    assert_eq!(PreimageKey::local(1).kind(), KeyKind::Local);
}

#[test]
fn d120_an_agreed_output_that_is_none_gives_no_verdict() {
    let output = |length: usize, version: u8| {
        let mut output = vec![0; length];
        if let Some(last) = output.get_mut(31) {
            *last = version;
        }
        output
    };
    for (raw, read) in [
        (output(127, 0), false),
        (output(129, 0), false),
        (output(0, 0), false),
        (output(128, 1), false),
        (output(128, 0), true),
    ] {
        let mut store = locals();
        let root = store.insert_keccak256(raw);
        store.insert_local(2, root.to_vec());
        // The claim is the agreed root itself, at a height that needs no derivation: still no verdict.
        store.insert_local(3, root.to_vec());
        let mut oracle = Trusted::assume_checked_by_vm(store);
        let boot = Boot::from_oracle(&mut oracle).unwrap();
        match run(&boot, &mut oracle, &mut hoike_executor::PureRust, &mut ()) {
            Err(Error::Malformed {
                purpose: Purpose::AgreedOutput,
                hash,
                ..
            }) => {
                assert!(!read);
                assert_eq!(hash, root);
            }
            // The block that it names is not there.
            Err(Error::Preimage {
                purpose: Purpose::L2Header { number: None },
                ..
            }) => assert!(read),
            other => panic!("{other:?}"),
        }
    }
}
