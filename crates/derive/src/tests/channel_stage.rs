//! `channel-stage.json`: data items to complete channels.

use super::{bytes, check_all, included, l1_ref, number, rules};
use crate::{channel::Channels, frames::FrameQueue};
use alloc::vec::Vec;
use alloy_primitives::hex;
use hoike_protocol::{Fork, frame::parse_frames};
use serde_json::{Value, json};

#[test]
fn d06_d07_d13_vectors() {
    check_all("channel-stage.json", run);
}

fn run(case: &Value) -> Vec<Value> {
    let rules = rules(|fork| match fork {
        Fork::Bedrock | Fork::Regolith => Some(0),
        Fork::Canyon | Fork::Delta | Fork::Ecotone => case["canyon_time"].as_u64(),
        Fork::Fjord | Fork::Granite => case["granite_time"].as_u64(),
        Fork::Holocene => case["holocene_time"].as_u64(),
        Fork::Isthmus | Fork::Jovian | Fork::Karst | Fork::Lagoon => None,
    });
    let listed = case["blocks"].as_array().unwrap();
    let mut out = Vec::new();
    let mut stage: Option<(Channels, bool)> = None;
    let mut queue = FrameQueue::default();
    for at in every_block(listed) {
        let (block, data) = at;
        let included = included(&rules, &block);
        let (channels, was_holocene) =
            stage.get_or_insert_with(|| (Channels::new(&included), included.holocene));
        if included.holocene && !*was_holocene {
            queue.clear();
            channels.activate_holocene(&mut ());
            *was_holocene = true;
        }
        let mut done = |channel: crate::channel::Complete| {
            out.push(json!({"channel": hex::encode_prefixed(&channel.data), "l1": block.number}));
        };
        for item in data {
            while let Some(channel) = channels.ready(&block, &included, &mut ()) {
                done(channel);
            }
            let Ok(frames) = parse_frames(&item) else {
                continue;
            };
            queue.load(frames, included.holocene, &mut ());
            while let Some(frame) = queue.pop() {
                if let Some(channel) = channels.push(frame, &block, &included, &mut ()) {
                    done(channel);
                }
                while let Some(channel) = channels.ready(&block, &included, &mut ()) {
                    done(channel);
                }
            }
        }
        while let Some(channel) = channels.ready(&block, &included, &mut ()) {
            done(channel);
        }
    }
    out
}

/// Each L1 block with its data; those not listed lie evenly between and have none.
fn every_block(listed: &[Value]) -> Vec<(hoike_protocol::L1Ref, Vec<alloy_primitives::Bytes>)> {
    let mut blocks = Vec::new();
    for (i, block) in listed.iter().enumerate() {
        let (n, time) = (number(&block["number"]), number(&block["time"]));
        let data = block["data"]
            .as_array()
            .map(|data| data.iter().map(bytes).collect())
            .unwrap_or_default();
        blocks.push((l1_ref(n, time), data));
        if let Some(next) = listed.get(i + 1) {
            let (next_n, next_time) = (number(&next["number"]), number(&next["time"]));
            for between in n + 1..next_n {
                blocks.push((
                    l1_ref(
                        between,
                        time + (next_time - time) * (between - n) / (next_n - n),
                    ),
                    Vec::new(),
                ));
            }
        }
    }
    blocks
}
