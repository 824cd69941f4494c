//! `batch-checks.json`: one batch against a chain.

use super::{Chain, bytes, cases, included, number};
use crate::{
    batch::{
        Context, Refusal, check,
        queue::{Batch, Body},
        span,
    },
    epochs::{Epoch, Epochs},
    event::BatchId,
    extract::receipts::Extracted,
};
use alloc::{string::String, vec::Vec};
use alloy_primitives::Bytes;
use alloy_rlp::Encodable;
use hoike_protocol::batch::{BatchReader, SpanParams};
use std::eprintln;

#[test]
fn d33_d40_d42_d43_d45_d47_d161_vectors() {
    let mut wrong: Vec<String> = Vec::new();
    let cases = cases("batch-checks.json");
    for (i, case) in cases.iter().enumerate() {
        let chain = Chain::read(case);
        let raw = bytes(&case["batch"]);
        let mut encoded = Vec::new();
        raw.as_ref().encode(&mut encoded);
        let params = SpanParams {
            l2_chain_id: chain.rules.rollup.l2_chain_id,
            genesis_time: chain.rules.rollup.genesis.l2_time,
            block_time: chain.rules.rollup.block_time,
        };
        let batch = BatchReader::new(Bytes::from(encoded))
            .next_batch(&params, true)
            .unwrap()
            .unwrap();
        let mut epochs = Epochs::default();
        let range = case["l1_blocks"].as_array().unwrap();
        for n in number(&range[0])..=number(&range[1]) {
            epochs.push(Epoch {
                l1: chain.l1_ref(n),
                header: chain.l1_block(n).clone(),
                extracted: Extracted::nothing(),
            });
        }
        let inclusion = chain.l1_ref(number(&case["inclusion"]));
        let rules = included(&chain.rules, &inclusion);
        let head = chain.head();
        let judge = |l2: &[crate::L2Block]| {
            let cx = Context {
                rules: &chain.rules,
                epochs: &epochs,
                head: &head,
                inclusion: &inclusion,
                included: &rules,
                l2,
            };
            match Batch::from_decoded(BatchId(0), batch.clone()).body {
                Body::Singular(candidate) => check::check(&candidate, &cx),
                // The vectors hold the full check's verdict for Holocene too, where the stage only asks for the prefix and the overlap: what those say
                // against a batch, the full check says as well.
                Body::Span(batch) => {
                    let (prefix, full) = (
                        span::check_prefix(&batch, &cx),
                        span::check_full(&batch, &cx),
                    );
                    match (&prefix, &full) {
                        (Ok(()) | Err(Refusal::NeedL2(_)), _) => {}
                        // Both drop it; which rule is met first may differ, since the full check looks at the blocks before the overlap.
                        (Err(Refusal::Drop(_)), Err(Refusal::Drop(_))) => {}
                        _ => assert_eq!(prefix, full, "case {i}"),
                    }
                    full
                }
            }
        };
        // First the parent alone, then what is to be compared, more each time.
        let (mut validity, mut asked) = (judge(&[]), None);
        while let Err(Refusal::NeedL2(numbers)) = &validity {
            if asked.as_ref() == Some(numbers) {
                break;
            }
            let blocks = chain.l2.iter();
            let blocks = blocks.filter(|block| numbers.contains(&block.header.number));
            let blocks: Vec<_> = blocks.cloned().collect();
            asked = Some(numbers.clone());
            validity = judge(&blocks);
        }
        // "Ask last": what is decided without L2 blocks is the same with all of them. Which rule drops it may differ by what is known.
        match (&validity, judge(&chain.l2)) {
            (Err(Refusal::Drop(_)), Err(Refusal::Drop(_))) => {}
            (_, all) => assert_eq!(validity, all, "case {i}"),
        }
        let name = match &validity {
            Ok(()) => "accept",
            Err(Refusal::Drop(_)) => "drop",
            Err(Refusal::Past) => "past",
            Err(Refusal::Future) => "future",
            Err(Refusal::Undecided) => "undecided",
            Err(Refusal::NeedL2(_)) => "unanswered",
        };
        if case["validity"] != name {
            wrong.push(alloc::format!(
                "case {i}: {validity:?} instead of {}",
                case["validity"]
            ));
        }
    }
    for line in wrong.iter().take(20) {
        eprintln!("{line}");
    }
    assert!(wrong.is_empty(), "{} of {} cases", wrong.len(), cases.len());
}
