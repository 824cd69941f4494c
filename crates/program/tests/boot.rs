//! What a run starts from: local keys of every sort of wrong, and agreed outputs that are none.

use alloy_primitives::{B256, Bytes};
use hoike_preimage::{CheckError, Hint, KeyKind, Memory, NotFound, Oracle, PreimageKey, Trusted};
use hoike_program::{Boot, Claim, Configs, Error, Purpose, run};
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

/// A `rollup.json` for the chains of these ids.
fn rollup_json(l1: u64, l2: u64) -> String {
    format!(
        r#"{{
        "genesis": {{
            "l1": {{ "hash": "0x0101010101010101010101010101010101010101010101010101010101010101", "number": 1 }},
            "l2": {{ "hash": "0x0202020202020202020202020202020202020202020202020202020202020202", "number": 0 }},
            "l2_time": 1000,
            "system_config": {{
                "batcherAddr": "0x0303030303030303030303030303030303030303",
                "overhead": "0x0000000000000000000000000000000000000000000000000000000000000000",
                "scalar": "0x0100000000000000000000000000000000000000000000000000000000000000",
                "gasLimit": 30000000
            }}
        }},
        "block_time": 2, "max_sequencer_drift": 600, "seq_window_size": 3600, "channel_timeout": 300,
        "l1_chain_id": {l1}, "l2_chain_id": {l2},
        "regolith_time": 0,
        "chain_op_config": {{ "eip1559Elasticity": 6, "eip1559Denominator": 50, "eip1559DenominatorCanyon": 250 }},
        "batch_inbox_address": "0x0404040404040404040404040404040404040404",
        "deposit_contract_address": "0x0505050505050505050505050505050505050505",
        "l1_system_config_address": "0x0606060606060606060606060606060606060606"
    }}"#
    )
}

fn l1_json(id: u64) -> String {
    format!(r#"{{ "chainId": {id} }}"#)
}

/// What a case of configs comes to.
#[derive(Debug, PartialEq)]
enum Came {
    /// To rules, with the L1 of this id and as many entries in its blob schedule.
    Rules(u64, usize),
    Foreign(&'static str, u64, u64),
    Bad(&'static str),
    Chain(ChainError),
    Missing(u64),
}

fn came<E: std::error::Error + Send + Sync + 'static>(booted: Result<Boot, Error<E>>) -> Came {
    match booted {
        Ok(Boot { rules, .. }) => Came::Rules(rules.l1.chain_id, rules.l1.blob_schedule.len()),
        Err(Error::ForeignConfig { name, want, got }) => Came::Foreign(name, want, got),
        Err(Error::Config { name, .. }) => Came::Bad(name),
        Err(Error::UnknownChain(why)) => Came::Chain(why),
        Err(Error::Preimage {
            cause: CheckError::Oracle { key, .. },
            ..
        }) => Came::Missing(key.as_bytes()[31].into()),
        Err(other) => panic!("{other}"),
    }
}

/// Decision 10. A chain of the registry is never configured by a host, and another one only by documents that are about it.
#[test]
fn d121_configs_are_bound_to_the_chain_that_is_asked_for() {
    let (rollup, l1) = ("rollup config", "L1 chain config");
    let sepolia = 11_155_111;
    let redstone = ChainError::UnsupportedChain {
        id: 690,
        name: "redstone-mainnet",
        why: hoike_registry::Unsupported::AltDa,
    };
    let json = |text: String| Some(text.into_bytes());
    let cases = [
        // Known: whatever the documents are, nobody looks.
        (11_155_420, json("{".into()), None, Came::Rules(sepolia, 5)),
        (
            690,
            json(rollup_json(900, 690)),
            json(l1_json(900)),
            Came::Chain(redstone),
        ),
        (
            901,
            json(rollup_json(900, 901)),
            json(l1_json(900)),
            Came::Rules(900, 0),
        ),
        // L1 is known: its document does not count and need not be there.
        (
            901,
            json(rollup_json(sepolia, 901)),
            None,
            Came::Rules(sepolia, 5),
        ),
        (
            901,
            json(rollup_json(sepolia, 901)),
            json(l1_json(sepolia)),
            Came::Rules(sepolia, 5),
        ),
        (
            901,
            json(rollup_json(900, 902)),
            json(l1_json(900)),
            Came::Foreign(rollup, 901, 902),
        ),
        // op-program's "custom chain" is no exception.
        (
            u64::MAX,
            json(rollup_json(900, 901)),
            json(l1_json(900)),
            Came::Foreign(rollup, u64::MAX, 901),
        ),
        (
            901,
            json(rollup_json(900, 901)),
            json(l1_json(899)),
            Came::Foreign(l1, 900, 899),
        ),
        (
            901,
            json("{}".into()),
            json(l1_json(900)),
            Came::Bad(rollup),
        ),
        (
            901,
            json(rollup_json(900, 901)),
            json("[]".into()),
            Came::Bad(l1),
        ),
        (901, json(rollup_json(900, 901)), None, Came::Missing(7)),
    ];
    for (chain, rollup, l1, want) in cases {
        let mut store = locals();
        store.insert_local(5, chain.to_be_bytes().to_vec());
        for (index, value) in [(6, &rollup), (7, &l1)] {
            if let Some(value) = value {
                store.insert_local(index, value.clone());
            }
        }
        let mut oracle = Trusted::assume_checked_by_vm(store);
        let got = came(Boot::from_oracle_or_configs(&mut oracle, None));
        assert_eq!(got, want, "{chain}");

        // The same documents built in: what the local keys hold is of no matter.
        let mut store = locals();
        store.insert_local(5, chain.to_be_bytes().to_vec());
        store.insert_local(6, rollup_json(899, chain).into_bytes());
        store.insert_local(7, l1_json(899).into_bytes());
        let configs = Configs {
            rollup: rollup.as_deref().unwrap_or_default(),
            l1: l1.as_deref(),
        };
        let mut oracle = Trusted::assume_checked_by_vm(store);
        let got = came(Boot::from_oracle_or_configs(&mut oracle, Some(&configs)));
        let want = match want {
            Came::Missing(_) => Came::Chain(ChainError::UnknownL1 { id: 900 }),
            other => other,
        };
        assert_eq!(got, want, "{chain}, built in");
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
