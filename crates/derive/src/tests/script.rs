//! A machine that is fed from a script: which channels become readable at which L1 block, and which payloads are refused.

use super::{Chain, Events, system_config};
use crate::{
    Answer, BatchDrop, Built, Derivation, Event, Halt, Head, Mismatch, Need, Start, Step,
    intake::{Intake, Item},
};
use alloc::{collections::VecDeque, string::ToString, vec, vec::Vec};
use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes, Sealed, keccak256};
use alloy_rlp::Encodable;
use hoike_protocol::{Attributes, Fork, l1_info::L1Info};
use serde_json::{Value, json};

pub(super) struct Script {
    pub(super) chain: Chain,
    /// L1 block and compressed channel.
    channels: Vec<(u64, Vec<u8>)>,
    /// Numbers of L2 blocks whose payloads are refused, unless they hold only deposits.
    pub(super) refused: Vec<u64>,
    /// Before each answer: ask again, and answer wrongly.
    pub(super) hesitant: bool,
    pub(super) events: Events,
    /// L2 blocks that were asked for, first and last.
    pub(super) asked: Vec<(u64, u64)>,
    /// L1 block and attributes of all that was built.
    pub(super) made: Vec<(u64, Attributes)>,
}

/// Genesis at 1000, L1 blocks from 100 on, L2 blocks every two seconds.
pub(super) fn chain(forks: Value, l1_times: &[u64], window: u64) -> Chain {
    let (seed, first) = (7_u64, 100_u64);
    let genesis = keccak256([seed.to_be_bytes(), 0_u64.to_be_bytes()].concat());
    Chain::read(&json!({
        "config": {
            "block_time": 2, "chain_id": 901, "genesis_l2_time": 1000, "max_sequencer_drift": 600,
            "seq_window_size": window, "fork_times": forks,
        },
        "l1": { "first": first, "seed": seed, "times": l1_times },
        "l2": { "blocks": [[first, []]], "txs": [], "head": genesis.to_string() },
    }))
}

/// The forks up to `last` at 0.
pub(super) fn up_to(last: Fork) -> Value {
    let active = Fork::ALL.into_iter().filter(|fork| *fork <= last);
    active
        .map(|fork| (fork.name().to_string(), Value::from(0)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// The forks up to `last` at 0, and the next one at `time`.
pub(super) fn and_then(last: Fork, next: Fork, time: u64) -> Value {
    let mut forks = up_to(last);
    forks[next.name()] = time.into();
    forks
}

impl Script {
    /// Twelve L1 blocks, twelve seconds apart.
    pub(super) fn new(forks: Value) -> Self {
        let times: Vec<u64> = (0..12).map(|i| 1000 + 12 * i).collect();
        Self::over(chain(forks, &times, 3600))
    }

    pub(super) fn over(chain: Chain) -> Self {
        Self {
            chain,
            channels: Vec::new(),
            refused: Vec::new(),
            hesitant: false,
            events: Events::default(),
            asked: Vec::new(),
            made: Vec::new(),
        }
    }

    /// A channel that L1 block `at` completes.
    pub(super) fn channel(&mut self, at: u64, batches: &[Vec<u8>]) -> &mut Self {
        let strings: Vec<u8> = batches
            .iter()
            .flat_map(|batch| alloy_rlp::encode(&batch[..]))
            .collect();
        self.raw_channel(at, zlib(&strings))
    }

    pub(super) fn raw_channel(&mut self, at: u64, data: Vec<u8>) -> &mut Self {
        self.channels.push((at, data));
        self
    }

    /// From the first L1 block to the last.
    pub(super) fn run(&mut self) -> Result<(), Halt> {
        let head = Head {
            block: self.chain.head(),
            config: system_config(),
        };
        let start = Start {
            l1: self.chain.l1[0].clone(),
            config: system_config(),
            head,
        };
        let mut machine = Derivation::new(self.chain.rules.clone(), start);
        loop {
            match machine.step(&mut self.events)? {
                Step::Build(attributes) => self.build(&mut machine, *attributes)?,
                Step::L1Exhausted => return Ok(()),
                Step::Need(need) => {
                    if self.hesitant {
                        self.hesitate(&mut machine, &need);
                    }
                    self.answer(&mut machine, need);
                }
            }
        }
    }

    fn answer(&mut self, machine: &mut Derivation, need: Need) {
        match need {
            Need::L1Transactions { block } => {
                machine.intake = Intake::Items(self.items(block.number));
                machine.forget_need();
            }
            Need::L1Header { number } => {
                match self.chain.l1.iter().find(|header| header.number == number) {
                    Some(header) => machine.supply(Answer::L1Header(header.clone())).unwrap(),
                    None => machine.end_of_l1().unwrap(),
                }
            }
            Need::L2Blocks { numbers } => {
                self.asked.push((*numbers.start(), *numbers.end()));
                let blocks = self.chain.l2.iter();
                let blocks = blocks.filter(|block| numbers.contains(&block.header.number));
                machine
                    .supply(Answer::L2Blocks(blocks.cloned().collect()))
                    .unwrap();
            }
            Need::L1Receipts { .. } | Need::Blobs { .. } => panic!("{need:?}"),
        }
    }

    /// Nothing of this changes the machine.
    fn hesitate(&mut self, machine: &mut Derivation, need: &Need) {
        let again = Step::Need(need.clone());
        assert_eq!(machine.step(&mut self.events), Ok(again.clone()));
        assert_eq!(
            machine.supply(Answer::Blobs(Vec::new())),
            Err(Mismatch::Unasked)
        );
        if let Need::L2Blocks { numbers } = need {
            let want = numbers.end() - numbers.start() + 1;
            assert_eq!(
                machine.supply(Answer::L2Blocks(Vec::new())),
                Err(Mismatch::Count { want, got: 0 })
            );
            let blocks = self.chain.l2.iter();
            let blocks = blocks.filter(|block| numbers.contains(&block.header.number));
            let mut foreign: Vec<_> = blocks.cloned().collect();
            let last = foreign.last_mut().unwrap();
            let number = last.header.number;
            // Below the head it cannot be told which block is of the chain.
            if number == self.chain.head().number {
                last.header = Sealed::new_unchecked(last.header.inner().clone(), B256::ZERO);
                let refused = machine.supply(Answer::L2Blocks(foreign.clone()));
                assert_eq!(refused, Err(Mismatch::L2Chain { number }));
            }
            foreign
                .iter_mut()
                .for_each(|block| block.transactions.clear());
            assert!(machine.supply(Answer::L2Blocks(foreign)).is_err());
        }
        assert_eq!(machine.step(&mut self.events), Ok(again));
    }

    fn build(&mut self, machine: &mut Derivation, attributes: Attributes) -> Result<(), Halt> {
        let mut attributes = attributes;
        let (l1, head) = (machine.l1().number, machine.head().block);
        if self.refused.contains(&(head.number + 1)) && !attributes.is_deposits_only() {
            machine.built(Built::Invalid, &mut self.events).unwrap();
            match machine.step(&mut self.events)? {
                Step::Build(replacement) => attributes = *replacement,
                // Not replaced; whatever comes next is asked for again.
                _ => return Ok(()),
            }
        }
        let (epoch, users) = (self.epoch(&attributes), users(&attributes));
        let header = self.chain.header(&head, attributes.time, epoch, &users);
        let (header, hash) = header.into_parts();
        let gas_limit = attributes.gas_limit;
        let header = Sealed::new_unchecked(
            Header {
                gas_limit,
                ..header
            },
            hash,
        );
        self.chain
            .l2
            .retain(|block| block.header.number <= head.number);
        self.chain.l2.push(crate::L2Block {
            header: header.clone(),
            transactions: attributes.transactions.clone(),
        });
        self.made.push((l1, attributes));
        machine
            .built(Built::Block(header), &mut self.events)
            .unwrap();
        Ok(())
    }

    fn epoch(&self, attributes: &Attributes) -> u64 {
        let format = self.chain.rules.at_l2(attributes.time).l1_info;
        L1Info::decode(&attributes.transactions[0], format)
            .unwrap()
            .number
    }

    /// L1 block, epoch, time and number of user transactions of each block made.
    pub(super) fn blocks(&self) -> Vec<(u64, u64, u64, usize)> {
        let made = self.made.iter();
        made.map(|(l1, attributes)| {
            let (epoch, users) = (self.epoch(attributes), users(attributes));
            (*l1, epoch, attributes.time.0, users.len())
        })
        .collect()
    }

    /// Times of the blocks made.
    pub(super) fn times(&self) -> Vec<u64> {
        let made = self.made.iter();
        made.map(|(_, attributes)| attributes.time.0).collect()
    }

    /// Time and reason of the batches that are gone.
    pub(super) fn drops(&self) -> Vec<(u64, BatchDrop)> {
        let drops = self.events.0.iter().filter_map(|event| match event {
            Event::BatchDropped { time, why, .. } => Some((time.0, *why)),
            _ => None,
        });
        drops.collect()
    }

    /// Times of the batches that could not be judged.
    pub(super) fn undecided(&self) -> Vec<u64> {
        let undecided = self.events.0.iter().filter_map(|event| match event {
            Event::BatchUndecided { time, .. } => Some(time.0),
            _ => None,
        });
        undecided.collect()
    }

    pub(super) fn said(&self, event: &Event) -> bool {
        self.events.0.contains(event)
    }

    fn items(&self, number: u64) -> VecDeque<Item> {
        let mut items = VecDeque::new();
        for (i, (at, data)) in self.channels.iter().enumerate() {
            if *at == number {
                items.push_back(Item::Calldata(item(i as u8, data)));
            }
        }
        items
    }
}

pub(super) fn users(attributes: &Attributes) -> Vec<Bytes> {
    let txs = attributes.transactions.iter();
    txs.filter(|tx| tx[0] != 0x7e).cloned().collect()
}

impl Chain {
    /// The singular batch of the next block, which then is in the chain.
    pub(super) fn next(&mut self, epoch: u64, txs: &[&[u8]]) -> Vec<u8> {
        let head = self.head();
        let batch = self.singular(head.hash, head.time.0 + 2, epoch, txs);
        self.push(
            epoch,
            txs.iter().map(|tx| Bytes::copy_from_slice(tx)).collect(),
        );
        batch
    }

    pub(super) fn singular(&self, parent: B256, time: u64, epoch: u64, txs: &[&[u8]]) -> Vec<u8> {
        let txs: Vec<Bytes> = txs.iter().map(|tx| Bytes::copy_from_slice(tx)).collect();
        let mut fields = alloy_rlp::encode(parent);
        epoch.encode(&mut fields);
        self.l1_block(epoch).hash().encode(&mut fields);
        time.encode(&mut fields);
        txs.encode(&mut fields);
        [&[0], &super::l1::list(&fields)[..]].concat()
    }

    /// A span batch: by block its epoch and the payloads of its transactions, none of which creates a contract.
    pub(super) fn span(&self, parent: B256, start: u64, blocks: &[(u64, &[&[u8]])]) -> Vec<u8> {
        let last = blocks.last().unwrap().0;
        let txs: Vec<&[u8]> = blocks
            .iter()
            .flat_map(|(_, txs)| txs.iter().copied())
            .collect();
        let mut out = vec![1];
        varint(
            &mut out,
            start.wrapping_sub(self.rules.rollup.genesis.l2_time),
        );
        varint(&mut out, last);
        out.extend(&parent[..20]);
        out.extend(&self.l1_block(last).hash()[..20]);
        varint(&mut out, blocks.len() as u64);
        let epochs = blocks.iter().map(|(epoch, _)| *epoch);
        let before = core::iter::once(blocks[0].0).chain(epochs.clone());
        bits(&mut out, before.zip(epochs).map(|(a, b)| a != b).collect());
        for (_, txs) in blocks {
            varint(&mut out, txs.len() as u64);
        }
        // Creations and parities.
        bits(&mut out, vec![false; txs.len()]);
        bits(&mut out, vec![false; txs.len()]);
        out.extend(vec![0x77; 64 * txs.len()]);
        out.extend(vec![0xcc; 20 * txs.len()]);
        out.extend(txs.concat());
        // Nonces and gas, all zero.
        out.extend(vec![0; 2 * txs.len()]);
        let legacy = txs.iter().filter(|tx| tx[0] >= 0xc0).count();
        bits(&mut out, vec![true; legacy]);
        out
    }
}

/// Payload of a legacy transaction in a span: value, gas price and data.
pub(super) const LEGACY: &[u8] = &[0xc3, 0x80, 0x80, 0x80];
/// Payload of a set-code transaction in a span.
pub(super) const SET_CODE: &[u8] = &[0x04, 0xc6, 0x80, 0x80, 0x80, 0x80, 0xc0, 0xc0];
/// A transaction in a singular batch; nobody looks beyond the type.
pub(super) const TX: &[u8] = &[0x02, 0xc0];

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn bits(out: &mut Vec<u8>, bits: Vec<bool>) {
    let mut bytes = vec![0_u8; bits.len().div_ceil(8)];
    for (i, _) in bits.iter().enumerate().filter(|(_, bit)| **bit) {
        let at = bytes.len() - 1 - i / 8;
        bytes[at] |= 1 << (i % 8);
    }
    out.extend(bytes);
}

/// A data item with one frame, which is a whole channel.
pub(super) fn item(id: u8, channel: &[u8]) -> Bytes {
    let mut item = vec![0];
    item.extend([id; 16]);
    item.extend([0, 0]);
    item.extend((channel.len() as u32).to_be_bytes());
    item.extend(channel);
    item.push(1);
    item.into()
}

/// One stored block, with its checksum.
pub(super) fn zlib(data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap();
    let (a, b) = data.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (a + b) % 65_521)
    });
    [
        &[0x78, 0x9c, 1],
        &length.to_le_bytes()[..],
        &(!length).to_le_bytes(),
        data,
        &(b << 16 | a).to_be_bytes(),
    ]
    .concat()
}
