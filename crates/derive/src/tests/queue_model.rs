//! The batch queue against the rule as it is written: all that waits is looked through, in the order in which it came, for each block.

use super::{Chain, Events, included, script};
use crate::{
    batch::{
        Context, Refusal, check,
        queue::{Batch, Body, Found, Queue, View},
        span,
    },
    epochs::{Epoch, Epochs},
    event::{BatchDrop, BatchId, Event, Sink},
    extract::receipts::Extracted,
};
use alloc::{format, string::String, vec::Vec};
use alloy_primitives::{B256, Bytes, keccak256};
use hoike_protocol::{
    Fork, L2Time,
    batch::{BatchReader, SpanParams},
};

/// What waits, and the number of the L1 block that it came in.
#[derive(Default)]
struct Plain(Vec<(Batch, u64)>);

impl Plain {
    fn judge(chain: &Chain, batch: &Batch, inclusion: u64, view: View<'_>) -> Result<(), Refusal> {
        let inclusion = chain.l1_ref(inclusion);
        let rules = included(&chain.rules, &inclusion);
        let cx = Context {
            rules: view.rules,
            epochs: view.epochs,
            head: view.head,
            inclusion: &inclusion,
            included: &rules,
            l2: view.l2,
        };
        match &batch.body {
            Body::Singular(candidate) => check::check(candidate, &cx),
            Body::Span(batch) => span::check_full(batch, &cx),
        }
    }

    fn add(
        &mut self,
        chain: &Chain,
        batch: Batch,
        inclusion: u64,
        view: View<'_>,
        log: &mut Events,
    ) {
        match Self::judge(chain, &batch, inclusion, view) {
            Err(Refusal::Drop(why)) => dropped(&batch, why, log),
            _ => self.0.push((batch, inclusion)),
        }
    }

    fn take(&mut self, chain: &Chain, view: View<'_>, log: &mut Events) -> Found {
        let mut at = 0;
        while at < self.0.len() {
            let (batch, inclusion) = &self.0[at];
            match Self::judge(chain, batch, *inclusion, view) {
                Err(Refusal::Future | Refusal::Past) => at += 1,
                Err(Refusal::Drop(why)) => {
                    dropped(batch, why, log);
                    self.0.remove(at);
                }
                Ok(()) => return Found::Batch(self.0.remove(at).0),
                Err(Refusal::Undecided) => return Found::Undecided,
                Err(Refusal::NeedL2(numbers)) => return Found::NeedL2(numbers),
            }
        }
        Found::Nothing
    }
}

fn dropped(batch: &Batch, why: BatchDrop, log: &mut Events) {
    log.event(Event::BatchDropped {
        batch: batch.id,
        time: batch.time(),
        why,
    });
}

fn named(found: &Found) -> String {
    match found {
        Found::Batch(batch) => format!("{:?}", batch.id),
        Found::Undecided => "undecided".into(),
        Found::Nothing => "nothing".into(),
        Found::NeedL2(numbers) => format!("{numbers:?}"),
    }
}

/// Numbers from a seed.
struct Random(B256);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = keccak256(self.0);
        u64::from_be_bytes(self.0[..8].try_into().unwrap()) % end
    }
}

/// Batches of the past, the present and the future come while the head moves on, and at times back; L1 blocks become known one by one. Delta
/// activates on the way, so that spans are refused by their origin as well.
#[test]
fn the_queue_finds_what_looking_through_all_of_it_finds() {
    let mut seen = [0_u32; 4];
    for seed in 0_u64..400 {
        let mut random = Random(keccak256(seed.to_be_bytes()));
        let times: Vec<u64> = (0..14).map(|i| 1000 + 6 * i).collect();
        let delta = 1000 + 6 * random.below(4);
        let forks = script::and_then(Fork::Canyon, Fork::Delta, delta);
        let chain = script::chain(forks, &times, 6);
        let (mut queue, mut plain) = (Queue::default(), Plain::default());
        let (mut log, mut plain_log) = (Events::default(), Events::default());
        let mut epochs = Epochs::default();
        let mut known = 100;
        let know = |epochs: &mut Epochs, n: u64| {
            epochs.push(Epoch {
                l1: chain.l1_ref(n),
                header: chain.l1_block(n).clone(),
                extracted: Extracted::nothing(),
            });
        };
        know(&mut epochs, known);
        let mut head = chain.head();
        for id in 0..120_u64 {
            match random.below(8) {
                0 if known < 113 => {
                    known += 1;
                    know(&mut epochs, known);
                }
                1 => {
                    // Somebody built a block: of this epoch, or of the next one.
                    let next = head.origin.number + random.below(2);
                    let advance = epochs.by_number(next).map(|epoch| epoch.l1);
                    head.origin = advance.map_or(head.origin, |l1| l1.id());
                    head.time = L2Time(head.time.0 + 2);
                    head.number += 1;
                    epochs.prune(&head);
                }
                2 if head.number > 0 && random.below(4) == 0 => {
                    // A payload was invalid: back to an earlier head, of the same epoch here.
                    head.time = L2Time(head.time.0 - 2);
                    head.number -= 1;
                }
                3 if random.below(4) == 0 && epochs.len() > 1 => epochs.advance(),
                _ => {
                    let time = (head.time.0 + 2 * random.below(8)).saturating_sub(4);
                    let epoch = (known - 1 + random.below(3)).clamp(100, 113);
                    let parent = if random.below(4) > 0 {
                        head.hash
                    } else {
                        B256::ZERO
                    };
                    let raw = if random.below(2) == 0 {
                        chain.singular(parent, time, epoch, &[])
                    } else {
                        let blocks: Vec<(u64, &[&[u8]])> =
                            (0..=random.below(2)).map(|_| (epoch, &[][..])).collect();
                        chain.span(parent, time, &blocks)
                    };
                    let params = SpanParams {
                        l2_chain_id: chain.rules.rollup.l2_chain_id,
                        genesis_time: chain.rules.rollup.genesis.l2_time,
                        block_time: chain.rules.rollup.block_time,
                    };
                    let raw = Bytes::from(alloy_rlp::encode(&raw[..]));
                    let batch = BatchReader::new(raw).next_batch(&params, true);
                    let batch = Batch::from_decoded(BatchId(id), batch.unwrap().unwrap());
                    let inclusion = chain.l1_ref(known);
                    let rules = included(&chain.rules, &inclusion);
                    let view = view(&chain, &epochs, &head);
                    // What overlaps is judged where L2 blocks are at hand; here it is left out on both sides.
                    let added = queue.add(batch.clone(), inclusion, rules, view, &mut log);
                    if added.is_ok() {
                        plain.add(&chain, batch, known, view, &mut plain_log);
                    }
                }
            }
            let view = view(&chain, &epochs, &head);
            let (found, expected) = (
                queue.take(view, &mut log),
                plain.take(&chain, view, &mut plain_log),
            );
            assert_eq!(named(&found), named(&expected), "seed {seed}, step {id}");
            assert_eq!(log.0, plain_log.0, "seed {seed}, step {id}");
            let kind = match found {
                Found::Batch(_) => 0,
                Found::Undecided => 1,
                Found::Nothing => 2,
                Found::NeedL2(_) => 3,
            };
            seen[kind] += 1;
        }
        queue.drop_all(BatchDrop::HoloceneActivated, &mut log);
        for (batch, _) in &plain.0 {
            dropped(batch, BatchDrop::HoloceneActivated, &mut plain_log);
        }
        assert_eq!(
            log.0, plain_log.0,
            "seed {seed}: what waits is dropped in its order"
        );
    }
    assert!(seen[..3].iter().all(|n| *n > 500), "{seen:?}");
}

fn view<'a>(chain: &'a Chain, epochs: &'a Epochs, head: &'a hoike_protocol::L2Ref) -> View<'a> {
    View {
        rules: &chain.rules,
        epochs,
        head,
        l2: &[],
    }
}
