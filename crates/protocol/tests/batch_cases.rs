//! Batches: the cases of which the reference's vectors have none, or only some.

use alloy_primitives::{B256, Bytes};
use hoike_protocol::batch::{
    Batch, BatchDecodeFault, BatchFault, BatchReader, RlpFault, Scope, SingularBatch, SpanBatch,
    SpanColumn, SpanFault, SpanParams, SpanTxFault,
};

#[path = "support/span.rs"]
mod span;
#[path = "support/batches.rs"]
mod support;

use span::{Span, Tx};

const PARAMS: SpanParams = SpanParams {
    l2_chain_id: 901,
    genesis_time: 1000,
    block_time: 2,
};

#[test]
fn d22_d24_d149_what_a_fault_costs() {
    let good = singular(&[&[0x01]]);
    let last = singular(&[]);
    let unread = BatchDecodeFault::Span {
        column: SpanColumn::ParentCheck,
        why: SpanFault::Truncated,
    };
    let unusable = |why| BatchDecodeFault::Transaction { index: 0, why };
    let mut cut = Span::default().tx(Tx::legacy()).content();
    cut.truncate(10);
    let six_fields = [&[0x00, 0xc6][..], &[0x80; 6]].concat();
    // (odd batch in the middle, Delta, what is wrong with it, batches in the end)
    let cases: Vec<(Vec<u8>, bool, Option<BatchDecodeFault>, usize)> = vec![
        (good.clone(), true, None, 3),
        (Span::default().content(), true, None, 3),
        (
            Span::default().content(),
            false,
            Some(BatchDecodeFault::BeforeDelta),
            2,
        ),
        // Read before it is refused, so that the channel ends with it even before Delta.
        (cut.clone(), false, Some(unread), 1),
        (cut, true, Some(unread), 1),
        (vec![], true, Some(BatchDecodeFault::Empty), 1),
        (vec![0x02], true, Some(BatchDecodeFault::UnknownType(2)), 1),
        (
            vec![0xff, 0x00],
            true,
            Some(BatchDecodeFault::UnknownType(0xff)),
            1,
        ),
        (
            six_fields,
            true,
            Some(BatchDecodeFault::Singular {
                field: hoike_protocol::batch::SingularField::ParentHash,
                why: RlpFault::WrongLength,
            }),
            1,
        ),
        (
            Span::default()
                .tx(Tx::legacy().data(&[0x03, 0xc0]))
                .content(),
            true,
            Some(unusable(SpanTxFault::UnknownType(3))),
            2,
        ),
        // D28: legacy transactions have no type byte, deposits are not batched.
        (
            Span::default()
                .tx(Tx::legacy().data(&[0x00, 0xc3, 0x80, 0x80, 0x80]))
                .protected_bits(&[0])
                .content(),
            true,
            Some(unusable(SpanTxFault::UnknownType(0))),
            2,
        ),
        (
            Span::default()
                .tx(Tx::legacy().data(&[0x7e, 0xc0]))
                .content(),
            true,
            Some(unusable(SpanTxFault::UnknownType(0x7e))),
            2,
        ),
        (
            Span::default().tx(Tx::set_code().creation()).content(),
            true,
            Some(unusable(SpanTxFault::MissingTo)),
            2,
        ),
        (
            Span::default()
                .tx(Tx::legacy().data(&[0xc2, 0x80, 0x80]))
                .content(),
            true,
            Some(unusable(SpanTxFault::Rlp(RlpFault::TooFewElements))),
            2,
        ),
    ];
    for (odd, delta, fault, want) in cases {
        let data = [
            support::envelope(&good),
            support::envelope(&odd),
            support::envelope(&last),
        ]
        .concat();
        let mut reader = BatchReader::new(data.into());
        let mut batches = 0;
        let mut faults = Vec::new();
        while let Some(batch) = reader.next_batch(&PARAMS, delta) {
            match batch {
                Ok(_) => batches += 1,
                Err(fault) => faults.push(fault.why),
            }
        }
        assert_eq!(
            (batches, faults),
            (want, fault.into_iter().collect()),
            "{odd:x?}"
        );
        assert_eq!(reader.next_batch(&PARAMS, delta), None);
    }
}

#[test]
fn d143_a_channel_that_is_cut_keeps_the_batches_before() {
    let one = support::envelope(&singular(&[&[1, 2, 3]]));
    let data = [
        one.clone(),
        one.clone(),
        support::envelope(&Span::default().content()),
    ]
    .concat();
    for cut in 0..=data.len() {
        let mut reader = BatchReader::new(data[..cut].to_vec().into());
        let mut batches = 0;
        let mut fault = None;
        while let Some(batch) = reader.next_batch(&PARAMS, true) {
            match batch {
                Ok(_) => batches += 1,
                Err(why) => fault = Some(why),
            }
        }
        let whole = [one.len(), 2 * one.len(), data.len()];
        assert_eq!(
            batches,
            whole.iter().filter(|end| **end <= cut).count(),
            "at {cut}"
        );
        let clean = cut == 0 || whole.contains(&cut);
        let overrun = BatchFault {
            scope: Scope::RestOfChannel,
            why: BatchDecodeFault::Envelope(RlpFault::Overrun),
        };
        assert_eq!(fault, (!clean).then_some(overrun), "at {cut}");
    }
}

#[test]
fn d23_no_truncation_of_a_span_is_read() {
    let content = Span::default()
        .tx(Tx::legacy())
        .tx(Tx::set_code())
        .tx(Tx::legacy().creation())
        .content();
    assert!(support::read_one(&content, &PARAMS).is_ok());
    for cut in 0..content.len() {
        let batch = support::read_one(&content[..cut], &PARAMS);
        assert_eq!(
            support::scope(&batch),
            Some(Scope::RestOfChannel),
            "cut to {cut}"
        );
    }
}

#[test]
fn d27_limits_of_counts() {
    let at = |column, why| Some(BatchDecodeFault::Span { column, why });
    let limit = 10_000_000;
    for (blocks, counts, want) in [
        (0, vec![], at(SpanColumn::BlockCount, SpanFault::NoBlocks)),
        (
            limit,
            vec![],
            at(SpanColumn::OriginBits, SpanFault::Truncated),
        ),
        (
            limit + 1,
            vec![],
            at(SpanColumn::BlockCount, SpanFault::TooMany),
        ),
        (
            u64::MAX,
            vec![],
            at(SpanColumn::BlockCount, SpanFault::TooMany),
        ),
        (
            1,
            vec![limit],
            at(SpanColumn::CreationBits, SpanFault::Truncated),
        ),
        (
            1,
            vec![limit + 1],
            at(SpanColumn::TxCounts, SpanFault::TooMany),
        ),
        (
            1,
            vec![u64::MAX],
            at(SpanColumn::TxCounts, SpanFault::TooMany),
        ),
        (
            2,
            vec![limit - 1, 1],
            at(SpanColumn::CreationBits, SpanFault::Truncated),
        ),
        (
            2,
            vec![limit, 1],
            at(SpanColumn::TxCounts, SpanFault::TooMany),
        ),
        (
            2,
            vec![limit, limit],
            at(SpanColumn::TxCounts, SpanFault::TooMany),
        ),
    ] {
        let span = Span {
            block_count: Some(blocks),
            tx_counts: Some(counts),
            ..Span::default()
        };
        let fault = support::read_one(&span.content(), &PARAMS)
            .err()
            .map(|fault| fault.why);
        assert_eq!(fault, want, "{blocks} blocks");
    }
}

#[test]
fn d30_creations_take_no_recipient() {
    // Recipients in the column against creation bits: too few end the channel, one too many shifts all that follows.
    let span = || {
        Span::default()
            .tx(Tx::legacy())
            .tx(Tx::legacy().creation())
            .tx(Tx::legacy())
    };
    let tos = |n: usize| (0..n).map(|i| [i as u8 + 0x10; 20]).collect::<Vec<_>>();
    let read = |n: usize| {
        support::read_one(
            &Span {
                tos: Some(tos(n)),
                ..span()
            }
            .content(),
            &PARAMS,
        )
    };
    assert!(read(2).is_ok());
    for n in [0, 1, 3] {
        assert_eq!(
            support::scope(&read(n)),
            Some(Scope::RestOfChannel),
            "{n} recipients"
        );
    }
    let Ok(Batch::Span(batch)) = read(2) else {
        panic!("a span")
    };
    let txs = support::blocks(&batch).remove(0).1;
    // Recipients come behind a list header of two bytes, nonce, gas price and gas of one each, and their own header.
    assert_eq!(txs[0][6..26], [0x10; 20]);
    assert_eq!(txs[1][5], 0x80);
    assert_eq!(txs[2][6..26], [0x11; 20]);
}

#[test]
fn d29_unprotected_legacy_transaction() {
    // A transaction without EIP-155, whose v is 27 or 28 whatever the chain.
    for (parity, protected, want) in [
        (0, 0, &[27u8][..]),
        (1, 0, &[28]),
        (0, 1, &[0x82, 0x07, 0x2d]),
        (1, 1, &[0x82, 0x07, 0x2e]),
    ] {
        let span = Span::default()
            .tx(Tx::legacy().parity(parity))
            .protected_bits(&[protected]);
        let tx = only_tx(&span.content());
        let v = &tx[tx.len() - 66 - want.len()..tx.len() - 66];
        assert_eq!(v, want, "parity {parity}, protected {protected}");
    }
}

#[test]
fn d153_length_limit_of_a_payload() {
    for (total, ok) in [(10_000_000usize, true), (10_000_001, false)] {
        // A legacy list whose data field fills it up: list header 4, value and gas price 1 each, data header 4.
        let data = total - 10;
        let mut list = vec![0xfa];
        list.extend(&((total - 4) as u32).to_be_bytes()[1..]);
        list.extend([0x80, 0x80, 0xba]);
        list.extend(&(data as u32).to_be_bytes()[1..]);
        list.resize(total, 0x55);
        for typed in [false, true] {
            // The type byte does not count; the access list is missing, which costs no more than this batch.
            let tx_data = if typed {
                [&[0x01], &list[..]].concat()
            } else {
                list.clone()
            };
            let batch = support::read_one(
                &Span::default().tx(Tx::legacy().data(&tx_data)).content(),
                &PARAMS,
            );
            let too_long = BatchDecodeFault::Span {
                column: SpanColumn::TxDatas,
                why: SpanFault::PayloadTooLong,
            };
            let missing = BatchDecodeFault::Transaction {
                index: 0,
                why: SpanTxFault::Rlp(RlpFault::TooFewElements),
            };
            let want = match (ok, typed) {
                (false, _) => Some(too_long),
                (true, true) => Some(missing),
                (true, false) => None,
            };
            assert_eq!(
                batch.err().map(|fault| fault.why),
                want,
                "{total}, typed: {typed}"
            );
        }
    }
}

#[test]
fn d157_many_empty_blocks() {
    // Quadratic work would be 10^13 steps here.
    let blocks = 10_000_000;
    let origin_bits = vec![0xff; blocks / 8];
    let span = Span {
        block_count: Some(blocks as u64),
        origin_bits: Some(origin_bits),
        tx_counts: Some(vec![0; blocks]),
        origin: 20_000_000,
        ..Span::default()
    };
    let Ok(Batch::Span(batch)) = support::read_one(&span.content(), &PARAMS) else {
        panic!("a span")
    };
    assert_eq!(batch.first_epoch(), 20_000_000 - (blocks as u64 - 1));
    let mut cursor = batch.cursor();
    let mut count = 0u64;
    while let Some(element) = batch.next_element(&mut cursor) {
        assert_eq!(element.epoch_number, batch.first_epoch() + count);
        assert_eq!(element.time.0, batch.start_time().0 + 2 * count);
        count += 1;
    }
    assert_eq!(count, blocks as u64);
}

#[test]
fn d191_numbers_wrap() {
    let span = Span {
        relative_time: u64::MAX,
        origin: 0,
        block_count: Some(3),
        origin_bits: Some(vec![0b111]),
        tx_counts: Some(vec![0; 3]),
        ..Span::default()
    };
    let Ok(Batch::Span(batch)) = support::read_one(&span.content(), &PARAMS) else {
        panic!("a span")
    };
    assert_eq!((batch.start_time().0, batch.last_time().0), (999, 1003));
    assert_eq!((batch.first_epoch(), batch.last_epoch()), (u64::MAX - 1, 0));
    let epochs: Vec<u64> = support::blocks(&batch)
        .iter()
        .map(|(element, _)| element.epoch_number)
        .collect();
    assert_eq!(epochs, [u64::MAX - 1, u64::MAX, 0]);
    support::check_consistency(&batch);
}

#[test]
fn d192_post_exec_slots() {
    let clear = || Tx::legacy().data(&[0x7d, 0xc1, 0x05]).creation().unsigned();
    for (tx, want) in [
        (clear(), true),
        (clear().nonce(1), false),
        (clear().gas(1), false),
        (clear().parity(1), false),
        (clear().signed(), false),
        (
            Tx {
                creation: false,
                ..clear()
            },
            false,
        ),
    ] {
        let span = Span::default().tx(Tx::legacy()).tx(tx).tx(Tx::set_code());
        let Ok(Batch::Span(batch)) = support::read_one(&span.content(), &PARAMS) else {
            panic!("a span")
        };
        assert_eq!(batch.post_exec_slots_clear(), want);
        let txs = support::blocks(&batch).remove(0).1;
        assert_eq!(txs[1][..], [0x7d, 0xc1, 0x05]);
        support::check_consistency(&batch);
    }
    let Ok(Batch::Span(other)) =
        support::read_one(&Span::default().tx(Tx::legacy()).content(), &PARAMS)
    else {
        panic!("a span")
    };
    assert!(other.post_exec_slots_clear());
}

#[test]
fn d193_literal_type_zero_takes_a_protected_bit() {
    let span = || Span::default().tx(Tx::legacy().data(&[0x00, 0xc3, 0x80, 0x80, 0x80]));
    let with_bit = support::read_one(&span().protected_bits(&[0]).content(), &PARAMS);
    assert_eq!(support::scope(&with_bit), Some(Scope::ThisBatch));
    let without = support::read_one(&span().protected_bits(&[]).content(), &PARAMS);
    assert_eq!(support::scope(&without), Some(Scope::RestOfChannel));
}

#[test]
fn d45_d196_singular_batches_are_not_judged() {
    // Empty transactions, deposits and unknown types are read: refusing them is derivation's business.
    let txs: [&[u8]; 5] = [&[], &[0x7e, 0xc0], &[0x03], &[0x05, 0xc0], &[0xff]];
    let Ok(Batch::Singular(batch)) = support::read_one(&singular(&txs), &PARAMS) else {
        panic!("a singular batch")
    };
    assert_eq!(batch.transactions, txs.map(Bytes::copy_from_slice));
}

#[test]
fn wide_integers_of_old_types_survive() {
    // op-node keeps values and fees of types 0 to 2 in big integers, those of type 4 in 256 bits.
    let wide = [&[0xa1u8][..], &[0x11; 33]].concat();
    let value_of = |head: &[u8], tail: &[u8]| {
        let payload = [&wide[..], tail].concat();
        [head, &[0xc0 + payload.len() as u8], &payload].concat()
    };
    let tx = only_tx(
        &Span::default()
            .tx(Tx::legacy().data(&value_of(&[], &[0x80, 0x80])))
            .content(),
    );
    assert!(tx.windows(34).any(|window| window == wide));
    let set_code = value_of(&[0x04], &[0x80, 0x80, 0x80, 0xc0, 0xc0]);
    assert_eq!(
        support::read_one(
            &Span::default().tx(Tx::legacy().data(&set_code)).content(),
            &PARAMS
        ),
        Err(BatchFault {
            scope: Scope::ThisBatch,
            why: BatchDecodeFault::Transaction {
                index: 0,
                why: SpanTxFault::Rlp(RlpFault::IntegerTooLong)
            },
        })
    );
}

#[test]
fn lists_inside_a_payload_are_checked() {
    let addr = [&[0x94][..], &[0x22; 20]].concat();
    let key = [&[0xa0][..], &[0x33; 32]].concat();
    let list = |parts: &[&[u8]]| {
        let payload = parts.concat();
        support::rlp_list(&payload)
    };
    let access_list = |content: &[u8]| {
        [
            &[0x01][..],
            &list(&[&[0x80, 0x80, 0x80], &list(&[content])]),
        ]
        .concat()
    };
    let authorization = |fields: &[&[u8]]| {
        [
            &[0x04][..],
            &list(&[&[0x80, 0x80, 0x80, 0x80, 0xc0], &list(&[&list(fields)])]),
        ]
        .concat()
    };
    let one: &[u8] = &[1];
    for (data, want) in [
        (access_list(&[]), None),
        (access_list(&list(&[&addr, &list(&[])])), None),
        (access_list(&list(&[&addr, &list(&[&key, &key])])), None),
        (access_list(&list(&[&addr])), Some(RlpFault::TooFewElements)),
        (
            access_list(&list(&[&addr, &list(&[]), one])),
            Some(RlpFault::TooManyElements),
        ),
        (
            access_list(&list(&[&key, &list(&[])])),
            Some(RlpFault::WrongLength),
        ),
        (
            access_list(&list(&[&addr, &list(&[&addr])])),
            Some(RlpFault::WrongLength),
        ),
        (
            access_list(&list(&[&addr, &key])),
            Some(RlpFault::ExpectedList),
        ),
        (access_list(&addr), Some(RlpFault::ExpectedList)),
        (
            access_list(&list(&[&list(&[]), &list(&[])])),
            Some(RlpFault::ExpectedString),
        ),
        (authorization(&[one, &addr, one, one, one, one]), None),
        (
            authorization(&[&key, &addr, &[0x80], &[0x81, 0xff], &key, &[0x80]]),
            None,
        ),
        (
            authorization(&[one, &addr, one, one, one]),
            Some(RlpFault::TooFewElements),
        ),
        (
            authorization(&[one, &addr, one, one, one, one, one]),
            Some(RlpFault::TooManyElements),
        ),
        (
            authorization(&[one, &addr, one, &[0x82, 1, 1], one, one]),
            Some(RlpFault::IntegerTooLong),
        ),
        (
            authorization(&[one, &addr, one, &[0x00], one, one]),
            Some(RlpFault::LeadingZero),
        ),
        (
            authorization(&[one, &addr, &key, one, one, one]),
            Some(RlpFault::IntegerTooLong),
        ),
        (
            authorization(&[one, one, one, one, one, one]),
            Some(RlpFault::WrongLength),
        ),
    ] {
        let batch = support::read_one(
            &Span::default().tx(Tx::legacy().data(&data)).content(),
            &PARAMS,
        );
        let want = want.map(|why| BatchDecodeFault::Transaction {
            index: 0,
            why: why.into(),
        });
        assert_eq!(batch.err().map(|fault| fault.why), want, "{data:x?}");
    }
}

fn singular(txs: &[&[u8]]) -> Vec<u8> {
    support::encode(&SingularBatch {
        parent_hash: B256::repeat_byte(1),
        epoch: hoike_protocol::BlockId {
            hash: B256::repeat_byte(2),
            number: 3,
        },
        time: hoike_protocol::L2Time(1004),
        transactions: txs.iter().map(|tx| Bytes::copy_from_slice(tx)).collect(),
    })
}

fn only_tx(content: &[u8]) -> Bytes {
    let Ok(Batch::Span(batch)) = support::read_one(content, &PARAMS) else {
        panic!("a span")
    };
    let batch: SpanBatch = batch;
    support::blocks(&batch).remove(0).1.remove(0)
}
