//! `batch-stage.json`: channels over several L1 blocks into blocks.

use super::{Chain, Events, bytes, cases, number, system_config};
use crate::{
    Answer, Built, Derivation, Head, Need, Start, Step,
    intake::{Intake, Item},
};
use alloc::{string::String, vec::Vec};
use alloy_primitives::{B256, Bytes};
use serde_json::{Value, json};
use std::{collections::VecDeque, eprintln};

#[test]
fn d37_d38_d39_d152_d162_d188_vectors() {
    let mut wrong: Vec<String> = Vec::new();
    let cases = cases("batch-stage.json");
    for (i, case) in cases.iter().enumerate() {
        let (out, head, journal) = run(case);
        let want: Vec<Value> = case["out"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["b"].clone())
            .collect();
        if out != want || head != case["end_head"].as_str().unwrap().parse::<B256>().unwrap() {
            let at = out.iter().zip(&want).position(|(a, b)| a != b);
            wrong.push(alloc::format!(
                "case {i}: {} of {} blocks, first difference {at:?}, {:?}",
                out.len(),
                want.len(),
                at.map(|at| (&out[at], &want[at]))
            ));
            if wrong.len() == 1 {
                for line in journal.0.iter().rev().take(40).rev() {
                    eprintln!("{line:?}");
                }
            }
        }
    }
    for line in wrong.iter().take(20) {
        eprintln!("{line}");
    }
    assert!(wrong.is_empty(), "{} of {} cases", wrong.len(), cases.len());
}

fn run(case: &Value) -> (Vec<Value>, B256, Events) {
    let mut chain = Chain::read(case);
    let mut log = Events::default();
    let head = Head {
        block: chain.head(),
        config: system_config(),
    };
    let start = Start {
        l1: chain.l1[0].clone(),
        config: system_config(),
        head,
    };
    let mut machine = Derivation::new(chain.rules.clone(), start);
    let refused: Vec<u64> = case["invalid_payloads"]
        .as_array()
        .map(|list| list.iter().map(number).collect())
        .unwrap_or_default();
    let mut out = Vec::new();
    loop {
        match machine.step(&mut log).unwrap() {
            Step::Need(Need::L1Transactions { block }) => {
                machine.intake = items(case, block.number)
            }
            Step::Need(Need::L1Header { number }) => {
                match chain.l1.iter().find(|header| header.number == number) {
                    Some(header) => machine.supply(Answer::L1Header(header.clone())).unwrap(),
                    None => machine.end_of_l1().unwrap(),
                }
            }
            Step::Need(Need::L2Blocks { numbers }) => {
                let blocks = chain
                    .l2
                    .iter()
                    .filter(|block| numbers.contains(&block.header.number))
                    .cloned()
                    .collect();
                machine.supply(Answer::L2Blocks(blocks)).unwrap();
                continue;
            }
            Step::Need(other) => panic!("{other:?}"),
            Step::L1Exhausted => break,
            Step::Build(attributes) => {
                let concluding = machine.concluding();
                let (l1, head) = (machine.l1().number, *machine.head());
                let index = out.len() as u64;
                let user = |attributes: &hoike_protocol::Attributes| -> Vec<Bytes> {
                    attributes
                        .transactions
                        .iter()
                        .filter(|tx| tx[0] != 0x7e)
                        .cloned()
                        .collect()
                };
                let epoch = hoike_protocol::l1_info::L1Info::decode(
                    &attributes.transactions[0],
                    chain.rules.at_l2(attributes.time).l1_info,
                )
                .unwrap()
                .number;
                out.push(json!([
                    l1,
                    epoch,
                    attributes.time.0,
                    user(&attributes).len(),
                    concluding
                ]));
                let mut attributes = attributes;
                if refused.contains(&index) && attributes.is_deposits_only() {
                    // The vectors refuse empty batches too, which no engine does; what follows in the channel is lost all the same.
                    machine.flush(&mut log);
                } else if refused.contains(&index) {
                    machine.built(Built::Invalid, &mut log).unwrap();
                    match machine.step(&mut log).unwrap() {
                        Step::Build(replacement) => attributes = replacement,
                        other => panic!("{other:?}"),
                    }
                }
                let header = chain.header(&head.block, attributes.time, epoch, &user(&attributes));
                chain.l2.push(crate::L2Block {
                    header: header.clone(),
                    transactions: attributes.transactions.clone(),
                });
                machine.built(Built::Block(header), &mut log).unwrap();
                continue;
            }
        }
        machine.forget_need();
    }
    (out, machine.head().block.hash, log)
}

/// The channels that become readable at an L1 block, as one data item each, cut into frames.
fn items(case: &Value, number: u64) -> Intake {
    let mut items = VecDeque::new();
    for data in case["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|data| data["l1"] == number)
    {
        for (c, channel) in data["channels"].as_array().unwrap().iter().enumerate() {
            items.push_back(Item::Calldata(frames(number, c as u64, &bytes(channel))));
        }
    }
    Intake::Items(items)
}

fn frames(l1: u64, index: u64, channel: &[u8]) -> Bytes {
    let mut item = alloc::vec![0_u8];
    let chunks: Vec<&[u8]> = if channel.is_empty() {
        alloc::vec![&[][..]]
    } else {
        channel.chunks(1_000_000).collect()
    };
    for (n, chunk) in chunks.iter().enumerate() {
        item.extend_from_slice(&l1.to_be_bytes());
        item.extend_from_slice(&index.to_be_bytes());
        item.extend_from_slice(&(n as u16).to_be_bytes());
        item.extend_from_slice(&(chunk.len() as u32).to_be_bytes());
        item.extend_from_slice(chunk);
        item.push(u8::from(n + 1 == chunks.len()));
    }
    item.into()
}
