//! Tests over the reference's vectors, and what they share. They see the stages from inside: no vector speaks the machine's own language.

mod batch_cases;
mod batch_checks;
mod batch_stage;
mod batcher_cases;
mod channel_cases;
mod channel_reader;
mod channel_stage;
mod frame_queue;
mod l1;
mod machine;
mod payload_cases;
mod queue_model;
mod receipt_cases;
mod script;
mod start_cases;

use alloc::{borrow::Cow, vec::Vec};
use alloy_consensus::Header;
use alloy_primitives::{Address, B64, B256, Bytes, Sealed, U256, b256, keccak256};
use hoike_protocol::{
    BlockId, Fork, InclusionRules, L1Ref, L2Ref, L2Time, RollupConfig, Rules, Schedule,
    SystemConfig,
    config::{Eip1559Constants, Genesis},
    l1_info,
    rules::{BlobSchedule, HoloceneOverlap, L1Config, Variants},
};
use serde_json::Value;
use std::{env, eprintln, fs, path::PathBuf};

/// The cases of a vector file, or none with a message where it does not exist.
fn cases(name: &str) -> Vec<Value> {
    let root = env::var_os("HOIKE_FIXTURES")
        .map(PathBuf::from)
        .unwrap_or_else(|| {
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures")
        });
    let path = root.join("vectors").join(name);
    let Ok(text) = fs::read(&path) else {
        eprintln!("skipped: no {}", path.display());
        return Vec::new();
    };
    let file: Value = serde_json::from_slice(&text).unwrap();
    let cases = file["cases"].as_array().unwrap().clone();
    assert!(!cases.is_empty(), "{name} has no cases");
    cases
}

/// Every case of a file: what `run` gives for it has to be its `out`.
fn check_all(name: &str, run: impl Fn(&Value) -> Vec<Value>) {
    let cases = cases(name);
    let mut wrong = 0;
    for case in &cases {
        let (out, want) = (
            run(case),
            case["out"].as_array().cloned().unwrap_or_default(),
        );
        if out != want {
            wrong += 1;
            eprintln!("{}: {out:?} instead of {want:?}", case["name"]);
        }
    }
    assert_eq!(wrong, 0, "of {} cases", cases.len());
}

fn bytes(value: &Value) -> Bytes {
    value.as_str().unwrap().parse().unwrap()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

/// Rules of a chain with the given fork times.
fn rules(times: impl Fn(Fork) -> Option<u64>) -> Rules {
    let mut schedule = [None; 11];
    for (slot, fork) in schedule.iter_mut().zip(Fork::ALL.into_iter().skip(1)) {
        *slot = times(fork);
    }
    Rules {
        rollup: RollupConfig {
            genesis: Genesis {
                l1: BlockId::default(),
                l2: BlockId::default(),
                l2_time: 0,
                system_config: system_config(),
            },
            block_time: 2,
            max_sequencer_drift: 600,
            seq_window_size: 3600,
            channel_timeout: 60,
            l1_chain_id: 900,
            l2_chain_id: 901,
            schedule: Schedule::unchecked(schedule),
            pectra_blob_schedule_time: None,
            batch_inbox: Address::repeat_byte(0xff),
            deposit_contract: Address::repeat_byte(0xde),
            l1_system_config: Address::repeat_byte(0x5c),
            eip1559: Eip1559Constants {
                elasticity: 6,
                denominator: 50,
                denominator_canyon: 250,
            },
            keep_karst_upgrade_gas: false,
        },
        // The vectors are op-node v1.19.6's.
        variants: Variants {
            holocene_overlap: HoloceneOverlap::Compared,
            ..Variants::default()
        },
        l1: L1Config {
            chain_id: 900,
            blob_schedule: Cow::Borrowed(&[BlobSchedule {
                time: 0,
                update_fraction: 3_338_477,
            }]),
        },
    }
}

fn system_config() -> SystemConfig {
    SystemConfig {
        batcher: Address::repeat_byte(0xba),
        overhead: U256::ZERO,
        scalar: b256!("0100000000000000000000000000000000000000000000000000000000000001"),
        gas_limit: 30_000_000,
        eip1559_params: B64::ZERO,
        operator_fee: B256::ZERO,
        min_base_fee: 0,
        da_footprint_gas_scalar: 0,
    }
}

fn l1_ref(number: u64, time: u64) -> L1Ref {
    L1Ref {
        hash: B256::left_padding_from(&number.to_be_bytes()),
        number,
        parent: B256::ZERO,
        time,
    }
}

/// The little chains of `batch-checks.json` and `batch-stage.json`; the notes there say how they are built.
#[derive(Clone)]
struct Chain {
    rules: Rules,
    l1: Vec<Sealed<Header>>,
    l2: Vec<crate::L2Block>,
}

impl Chain {
    fn read(case: &Value) -> Self {
        let config = &case["config"];
        let mut rules = rules(|fork| config["fork_times"][fork.name()].as_u64());
        let (l1, l2) = (&case["l1"], &case["l2"]);
        let (first, seed) = (number(&l1["first"]), number(&l1["seed"]));
        rules.rollup.genesis.l2_time = number(&config["genesis_l2_time"]);
        rules.rollup.genesis.l2.hash =
            keccak256([seed.to_be_bytes(), 0_u64.to_be_bytes()].concat());
        rules.rollup.genesis.l1 = BlockId {
            number: first,
            hash: l1_hash(seed, first),
        };
        rules.rollup.block_time = number(&config["block_time"]);
        rules.rollup.max_sequencer_drift = number(&config["max_sequencer_drift"]);
        rules.rollup.seq_window_size = number(&config["seq_window_size"]);
        rules.rollup.l2_chain_id = number(&config["chain_id"]);
        let l1 = (first..)
            .zip(l1["times"].as_array().unwrap())
            .map(|(n, time)| {
                let header = Header {
                    number: n,
                    timestamp: number(time),
                    parent_hash: l1_hash(seed, n.wrapping_sub(1)),
                    base_fee_per_gas: Some(7),
                    ..Header::default()
                };
                Sealed::new_unchecked(header, l1_hash(seed, n))
            })
            .collect();
        let mut chain = Self {
            rules,
            l1,
            l2: Vec::new(),
        };
        let txs: Vec<Bytes> = l2["txs"].as_array().unwrap().iter().map(bytes).collect();
        for (i, block) in l2["blocks"].as_array().unwrap().iter().enumerate() {
            let user = block[1]
                .as_array()
                .unwrap()
                .iter()
                .map(|index| txs[number(index) as usize].clone())
                .collect();
            if i == 0 {
                let header = Header {
                    timestamp: chain.rules.rollup.genesis.l2_time,
                    ..Header::default()
                };
                let header = Sealed::new_unchecked(header, chain.rules.rollup.genesis.l2.hash);
                chain.l2.push(crate::L2Block {
                    header,
                    transactions: Vec::new(),
                });
            } else {
                chain.push(number(&block[0]), user);
            }
        }
        assert_eq!(
            chain.head().hash,
            l2["head"].as_str().unwrap().parse::<B256>().unwrap(),
            "the chain is not the vector's"
        );
        chain
    }

    /// A block with an L1 info deposit and these transactions.
    fn push(&mut self, epoch: u64, user: Vec<Bytes>) {
        let parent = self.head();
        let l1 = self.l1_block(epoch).clone();
        let time = L2Time(parent.time.0 + self.rules.rollup.block_time);
        let sequence = if parent.origin.number == epoch {
            parent.sequence_number + 1
        } else {
            0
        };
        let origin = self
            .rules
            .at_origin(hoike_protocol::OriginTime(l1.timestamp));
        let info = l1_info::transaction(
            &system_config(),
            sequence,
            &l1,
            l1.hash(),
            &self.rules.at_l2(time),
            &origin,
        )
        .unwrap();
        let header = self.header(&parent, time, epoch, &user);
        let transactions = core::iter::once(info).chain(user).collect();
        self.l2.push(crate::L2Block {
            header,
            transactions,
        });
    }

    /// Header of a block: only what derivation reads of it.
    fn header(&self, parent: &L2Ref, time: L2Time, epoch: u64, user: &[Bytes]) -> Sealed<Header> {
        let hashes: Vec<u8> = user.iter().flat_map(|tx| keccak256(tx).0).collect();
        let content = [
            &parent.hash.0[..],
            &time.0.to_be_bytes(),
            &epoch.to_be_bytes(),
            &keccak256(hashes).0,
        ]
        .concat();
        let extra_data = match self.rules.at_l2(time).extra_data {
            hoike_protocol::rules::ExtraDataFormat::Empty => "",
            hoike_protocol::rules::ExtraDataFormat::Holocene => "00000000fa00000006",
            hoike_protocol::rules::ExtraDataFormat::Jovian => "01000000fa000000060000000000000000",
        };
        let header = Header {
            number: parent.number + 1,
            timestamp: time.0,
            parent_hash: parent.hash,
            gas_limit: 30_000_000,
            extra_data: extra_data.parse().unwrap(),
            ..Header::default()
        };
        Sealed::new_unchecked(header, keccak256(content))
    }

    fn head(&self) -> L2Ref {
        let block = self.l2.last().unwrap();
        let rules = self.rules.at_l2(L2Time(block.header.timestamp));
        let first = block.transactions.first().map(|tx| &tx[..]);
        L2Ref::from_block(
            &block.header,
            block.header.hash(),
            first,
            &self.rules.rollup,
            &rules,
        )
        .unwrap()
    }

    fn l1_block(&self, number: u64) -> &Sealed<Header> {
        &self.l1[(number - self.l1[0].number) as usize]
    }

    fn l1_ref(&self, number: u64) -> L1Ref {
        let header = self.l1_block(number);
        L1Ref {
            hash: header.hash(),
            number,
            parent: header.parent_hash,
            time: header.timestamp,
        }
    }
}

fn l1_hash(seed: u64, number: u64) -> B256 {
    keccak256([seed.to_be_bytes(), number.to_be_bytes()].concat())
}

fn included(rules: &Rules, at: &L1Ref) -> InclusionRules {
    rules.at_inclusion(at.as_inclusion())
}

/// Remembers events.
#[derive(Default)]
struct Events(Vec<crate::Event>);

impl crate::Sink for Events {
    fn event(&mut self, event: crate::Event) {
        self.0.push(event);
    }
}
