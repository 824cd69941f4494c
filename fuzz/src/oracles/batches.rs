//! Batches: what a decompressed channel says.

use crate::{
    generators::{Feed, spans},
    memory,
};
use alloy_consensus::TxEnvelope;
use alloy_eips::{Decodable2718, eip2930::AccessList, eip7702::SignedAuthorization};
use alloy_primitives::{Address, B256, Bytes};
use alloy_rlp::{Decodable, Encodable, Header};
use hoike_protocol::{
    BlockId, L2Time,
    batch::{
        Batch, BatchDecodeFault, BatchFault, BatchReader, MAX_SPAN_BATCH_ELEMENT_COUNT, Scope,
        SingularBatch, SpanBatch, SpanElement, SpanParams,
    },
};
use hoike_testkit::{Rng, Span, adversary, batcher::stream, span::Row};

/// Span batches: read column by column as by a plain reader, written back by the testkit, and their transactions put together by alloy.
pub fn span_batches(data: &[u8]) {
    let mut feed = Feed::new(data);
    let params = spans::params(&mut feed);
    check_span(feed.rest(), &params);

    let mut feed = Feed::new(data);
    let (seed, params) = (feed.u64(), spans::params(&mut feed));
    let span = spans::span(&mut feed);
    let written = span.encode();
    check_span(&written[1..], &params);
    let mut rng = Rng::new(seed);
    check_span(&adversary::span(&span, &mut rng).encode()[1..], &params);
    check_span(&adversary::bytes(&written, &mut rng), &params);
}

fn check_span(body: &[u8], params: &SpanParams) {
    let content = [&[1], body].concat();
    let (read, peak) = memory::peak(|| read_one(&content, params, true));
    // The string is copied once by the test; nothing is allocated by a number that is only announced.
    assert!(
        peak <= 4 * content.len() + 4096,
        "{peak} bytes for {}",
        content.len()
    );
    let before = read_one(&content, params, false);
    let plain = plain_span(body);
    match (read, plain) {
        (Err(fault), None) => {
            assert_eq!(fault.scope, Scope::RestOfChannel, "{fault}");
            assert_eq!(before, Err(fault));
        }
        (Err(fault), Some(plain)) => {
            assert_eq!(fault.scope, Scope::ThisBatch, "{fault}");
            let at = plain.bad.expect("a bad transaction") as u64;
            assert!(
                matches!(fault.why, BatchDecodeFault::Transaction { index, .. } if index == at)
            );
        }
        (Ok(batch), Some(plain)) => {
            let Batch::Span(batch) = batch else {
                panic!("not a span")
            };
            assert_eq!(plain.bad, None);
            compare(&batch, &plain.span, params);
            let again = plain.span.encode();
            if again.len() == 1 + plain.length {
                assert!(again[1..] == body[..plain.length], "written as it was read");
            }
            let Ok(Batch::Span(again)) = read_one(&again, params, true) else {
                panic!("what is read is not read again");
            };
            // Where things are differs if a number had more bytes than it needs.
            let told = |(element, transactions): (SpanElement, Vec<Bytes>)| {
                (
                    element.time,
                    element.epoch_number,
                    element.tx_count,
                    transactions,
                )
            };
            assert!(
                blocks(&again)
                    .into_iter()
                    .map(told)
                    .eq(blocks(&batch).into_iter().map(told))
            );
        }
        (Ok(_), None) => panic!("read, but not by the plain reader"),
    }
    if let Err(fault) = before
        && fault.scope == Scope::ThisBatch
    {
        assert_eq!(fault.why, BatchDecodeFault::BeforeDelta);
    }
}

fn compare(batch: &SpanBatch, plain: &Span, params: &SpanParams) {
    let blocks = blocks(batch);
    let count = plain.origin_bits.len();
    assert_eq!(blocks.len(), count);
    assert_eq!(batch.block_count(), count as u64);
    assert_eq!(batch.tx_count(), plain.rows.len() as u64);
    assert_eq!(batch.last_epoch(), plain.last_epoch);
    assert!(batch.checks_parent(&word(&plain.parent_check)));
    assert!(batch.checks_origin(&word(&plain.origin_check)));
    let mut other = word(&plain.parent_check);
    other[19] ^= 1;
    assert!(!batch.checks_parent(&other));

    // Epochs from the last block back, times from genesis on; all wrap around.
    let mut epoch = plain.last_epoch;
    let mut epochs = vec![0; count];
    for block in (0..count).rev() {
        epochs[block] = epoch;
        epoch = epoch.wrapping_sub(plain.origin_bits[block].into());
    }
    assert_eq!(batch.first_epoch(), epochs[0]);
    let mut rows = plain.rows.iter();
    for (index, (element, transactions)) in blocks.iter().enumerate() {
        let time = params
            .genesis_time
            .wrapping_add(plain.relative_time)
            .wrapping_add(params.block_time.wrapping_mul(index as u64));
        assert_eq!(element.time, L2Time(time));
        assert_eq!(element.epoch_number, epochs[index]);
        assert_eq!(element.tx_count, plain.counts[index]);
        assert_eq!(transactions.len() as u64, element.tx_count);
        let types: Vec<u8> = batch.tx_types(element).collect();
        assert_eq!(types.len(), transactions.len());
        for (raw, kind) in transactions.iter().zip(types) {
            let row = rows.next().expect("a row");
            assert_eq!(kind, row.data[0]);
            let (expected, fits) = plain_transaction(row, params.l2_chain_id);
            assert_eq!(*raw, expected);
            match TxEnvelope::decode_2718_exact(raw) {
                Ok(_) => {
                    assert!(fits, "{raw}");
                    assert_eq!(Row::of(raw), *row, "{raw}");
                }
                Err(why) => assert!(!fits, "{why}: {raw}"),
            }
        }
    }
    assert_eq!(batch.start_time(), blocks[0].0.time);
    assert_eq!(batch.last_time(), blocks[count - 1].0.time);
    let clear = plain
        .rows
        .iter()
        .filter(|row| row.data[0] == 0x7d)
        .all(|row| {
            (row.to, row.nonce, row.gas, row.parity, row.signature) == (None, 0, 0, false, [0; 64])
        });
    assert_eq!(batch.post_exec_slots_clear(), clear);
}

fn blocks(span: &SpanBatch) -> Vec<(SpanElement, Vec<Bytes>)> {
    let mut cursor = span.cursor();
    std::iter::from_fn(|| span.next_element(&mut cursor))
        .map(|element| (element, span.transactions(&element)))
        .collect()
}

fn word(check: &[u8; 20]) -> B256 {
    B256::right_padding_from(check)
}

fn read_one(content: &[u8], params: &SpanParams, spans: bool) -> Result<Batch, BatchFault> {
    let mut reader = BatchReader::new(alloy_rlp::encode(content).into());
    let batch = reader.next_batch(params, spans).expect("something to read");
    assert_eq!(reader.next_batch(params, spans), None);
    assert_eq!(reader.remaining(), 0);
    batch
}

/// A span as a plain reader finds it.
struct PlainSpan {
    span: Span,
    /// The first row of which no transaction can be made.
    bad: Option<usize>,
    /// How many bytes it took.
    length: usize,
}

fn plain_span(body: &[u8]) -> Option<PlainSpan> {
    let mut rest = body;
    let relative_time = varint(&mut rest)?;
    let last_epoch = varint(&mut rest)?;
    let parent_check = take(&mut rest, 20)?.try_into().ok()?;
    let origin_check = take(&mut rest, 20)?.try_into().ok()?;
    let count =
        |rest: &mut &[u8]| varint(rest).filter(|count| *count <= MAX_SPAN_BATCH_ELEMENT_COUNT);
    let blocks = count(&mut rest).filter(|blocks| *blocks > 0)? as usize;
    let origin_bits = bits(&mut rest, blocks)?;
    let mut counts = Vec::new();
    for _ in 0..blocks {
        counts.push(count(&mut rest)?);
    }
    let total: u64 = counts.iter().sum();
    if total > MAX_SPAN_BATCH_ELEMENT_COUNT {
        return None;
    }
    let total = total as usize;
    let creations = bits(&mut rest, total)?;
    let parities = bits(&mut rest, total)?;
    let signatures = take(&mut rest, 64 * total)?;
    let tos = creations.iter().filter(|creation| !**creation).count();
    let mut tos = take(&mut rest, 20 * tos)?
        .chunks(20)
        .map(Address::from_slice);
    let mut rows = Vec::new();
    for (index, creation) in creations.iter().enumerate() {
        let start = rest;
        if *rest.first()? < 0x80 {
            rest = &rest[1..];
        }
        Header::decode_bytes(&mut rest, true).ok()?;
        rows.push(Row {
            to: if *creation { None } else { tos.next() },
            signature: signatures[64 * index..][..64].try_into().ok()?,
            parity: parities[index],
            data: start[..start.len() - rest.len()].to_vec(),
            nonce: 0,
            gas: 0,
            protected: None,
        });
    }
    for row in &mut rows {
        row.nonce = varint(&mut rest)?;
    }
    for row in &mut rows {
        row.gas = varint(&mut rest)?;
    }
    let legacy = |row: &&mut Row| row.data[0] == 0 || row.data[0] >= 0xc0;
    let protected = bits(&mut rest, rows.iter_mut().filter(legacy).count())?;
    for (row, protected) in rows.iter_mut().filter(legacy).zip(protected) {
        row.protected = Some(protected);
    }
    let bad = rows.iter().position(|row| !rebuildable(row));
    Some(PlainSpan {
        span: Span {
            relative_time,
            last_epoch,
            parent_check,
            origin_check,
            origin_bits,
            counts,
            rows,
        },
        bad,
        length: body.len() - rest.len(),
    })
}

/// Whether the list is one of the row's type: integers, data, and what lists the type has, read by alloy's types.
fn rebuildable(row: &Row) -> bool {
    let (kind, mut list) = match row.data[0] {
        0xc0.. => (0, &row.data[..]),
        0 => return false,
        kind => (kind, &row.data[1..]),
    };
    let integers = match kind {
        0 | 1 => 2,
        2 | 4 => 3,
        0x7d => return true,
        _ => return false,
    };
    if kind == 4 && row.to.is_none() {
        return false;
    }
    let mut read = || -> alloy_rlp::Result<bool> {
        let mut fields = Header::decode_bytes(&mut list, true)?;
        for _ in 0..integers {
            let integer = Header::decode_bytes(&mut fields, false)?;
            if integer.first() == Some(&0) || kind == 4 && integer.len() > 32 {
                return Ok(false);
            }
        }
        Header::decode_bytes(&mut fields, false)?;
        if kind != 0 {
            AccessList::decode(&mut fields)?;
        }
        if kind == 4 {
            Vec::<SignedAuthorization>::decode(&mut fields)?;
        }
        Ok(fields.is_empty())
    };
    read().unwrap_or(false)
}

/// A row's transaction, put together element by element, and whether its numbers are small enough for alloy's types.
fn plain_transaction(row: &Row, chain_id: u64) -> (Bytes, bool) {
    let kind = if row.data[0] >= 0xc0 { 0 } else { row.data[0] };
    if kind == 0x7d {
        return (row.data.clone().into(), false);
    }
    let mut list = if kind == 0 {
        &row.data[..]
    } else {
        &row.data[1..]
    };
    let mut fields = Header::decode_bytes(&mut list, true).expect("a list");
    let mut elements = Vec::new();
    while !fields.is_empty() {
        let start = fields;
        let header = Header::decode(&mut fields).expect("an item");
        let lone = start.len() == fields.len();
        let payload = &fields[..header.payload_length];
        fields = &fields[header.payload_length..];
        elements.push((&start[..start.len() - fields.len()], payload));
        debug_assert!(!lone || payload.len() == 1);
    }
    let fees = if matches!(kind, 2 | 4) { 2 } else { 1 };
    let mut fits = elements[0].1.len() <= 32;
    let mut payload = Vec::new();
    if kind != 0 {
        chain_id.encode(&mut payload);
    }
    row.nonce.encode(&mut payload);
    for (encoded, integer) in &elements[1..1 + fees] {
        fits &= integer.len() <= 16;
        payload.extend_from_slice(encoded);
    }
    row.gas.encode(&mut payload);
    match row.to {
        Some(to) => to.encode(&mut payload),
        None => payload.push(0x80),
    }
    payload.extend_from_slice(elements[0].0);
    for (encoded, _) in &elements[1 + fees..] {
        payload.extend_from_slice(encoded);
    }
    let parity = u128::from(row.parity);
    let v = match row.protected {
        Some(true) => 35 + 2 * u128::from(chain_id) + parity,
        Some(false) => 27 + parity,
        None => parity,
    };
    v.encode(&mut payload);
    for half in row.signature.chunks(32) {
        alloy_primitives::U256::from_be_slice(half).encode(&mut payload);
    }
    let mut raw = if kind == 0 { Vec::new() } else { vec![kind] };
    Header {
        list: true,
        payload_length: payload.len(),
    }
    .encode(&mut raw);
    raw.extend(payload);
    (raw.into(), fits)
}

fn varint(input: &mut &[u8]) -> Option<u64> {
    let mut value = 0u128;
    for index in 0..10 {
        let byte = take(input, 1)?[0];
        value += u128::from(byte & 0x7f) << (7 * index);
        if byte < 0x80 {
            return u64::try_from(value).ok();
        }
    }
    None
}

fn bits(input: &mut &[u8], count: usize) -> Option<Vec<bool>> {
    let bytes = take(input, count.div_ceil(8))?;
    let mut bits: Vec<bool> = bytes
        .iter()
        .rev()
        .flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 != 0))
        .collect();
    if bits.drain(count..).any(|bit| bit) {
        return None;
    }
    Some(bits)
}

fn take<'a>(input: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = input.split_at_checked(count)?;
    *input = rest;
    Some(taken)
}

/// Batch streams: each string is read as it would be alone, singular batches as by alloy, and what a fault costs is what its scope says.
pub fn batch_streams(data: &[u8]) {
    let mut feed = Feed::new(data);
    let params = spans::params(&mut feed);
    check_stream(feed.rest(), &params);

    let mut feed = Feed::new(data);
    let (seed, params) = (feed.u64(), spans::params(&mut feed));
    let batches = spans::batches(&mut feed);
    let written = stream(&batches);
    let read = check_stream(&written, &params);
    let harmless = |content: &Vec<u8>| {
        !matches!(
            read_one(content, &params, true),
            Err(BatchFault {
                scope: Scope::RestOfChannel,
                ..
            })
        )
    };
    let until = batches.iter().position(|content| !harmless(content));
    assert_eq!(read, until.map_or(batches.len(), |fatal| fatal + 1));
    check_stream(&adversary::bytes(&written, &mut Rng::new(seed)), &params);
}

/// How many batches, readable or not, there were.
fn check_stream(data: &[u8], params: &SpanParams) -> usize {
    let data = Bytes::copy_from_slice(data);
    let mut reader = BatchReader::new(data.clone());
    let mut rest = &data[..];
    let mut count = 0;
    loop {
        assert_eq!(reader.remaining(), rest.len() as u64);
        let Some(batch) = reader.next_batch(params, true) else {
            assert!(rest.is_empty());
            return count;
        };
        count += 1;
        let Ok(content) = Header::decode_bytes(&mut rest, false) else {
            let fault = batch.expect_err("not a string");
            assert_eq!(fault.scope, Scope::RestOfChannel);
            assert!(
                matches!(fault.why, BatchDecodeFault::Envelope(_)),
                "{fault}"
            );
            assert_eq!(
                (reader.remaining(), reader.next_batch(params, true)),
                (0, None)
            );
            return count;
        };
        match content {
            [] => assert_eq!(
                batch.as_ref().map_err(|f| f.why),
                Err(BatchDecodeFault::Empty)
            ),
            [0, body @ ..] => {
                let plain = plain_singular(body);
                let read = batch.as_ref().ok().map(|batch| match batch {
                    Batch::Singular(batch) => batch.clone(),
                    Batch::Span(_) => panic!("not a singular batch"),
                });
                assert_eq!(read, plain);
                if let Some(batch) = read {
                    let again = singular(&batch);
                    assert!(body.starts_with(&again), "written as it was read");
                    let inside = data.as_ptr_range();
                    for tx in batch.transactions.iter().filter(|tx| !tx.is_empty()) {
                        assert!(inside.contains(&tx.as_ptr()), "a copy");
                    }
                }
            }
            [1, ..] => assert!(!matches!(batch, Ok(Batch::Singular(_)))),
            [kind, ..] => {
                let why = batch.as_ref().map_err(|fault| fault.why);
                assert_eq!(why, Err(BatchDecodeFault::UnknownType(*kind)));
            }
        }
        // A batch is read as it would be alone.
        assert_eq!(batch, read_one(content, params, true));
        if let Err(BatchFault {
            scope: Scope::RestOfChannel,
            ..
        }) = batch
        {
            assert_eq!(
                (reader.remaining(), reader.next_batch(params, true)),
                (0, None)
            );
            return count;
        }
    }
}

/// By alloy's decoders; what follows the list does not matter.
fn plain_singular(mut body: &[u8]) -> Option<SingularBatch> {
    let mut fields = Header::decode_bytes(&mut body, true).ok()?;
    let parent_hash = B256::decode(&mut fields).ok()?;
    let number = u64::decode(&mut fields).ok()?;
    let hash = B256::decode(&mut fields).ok()?;
    let time = L2Time(u64::decode(&mut fields).ok()?);
    let transactions = Vec::<Bytes>::decode(&mut fields).ok()?;
    fields.is_empty().then_some(SingularBatch {
        parent_hash,
        epoch: BlockId { hash, number },
        time,
        transactions,
    })
}

fn singular(batch: &SingularBatch) -> Vec<u8> {
    let mut payload = Vec::new();
    batch.parent_hash.encode(&mut payload);
    batch.epoch.number.encode(&mut payload);
    batch.epoch.hash.encode(&mut payload);
    batch.time.0.encode(&mut payload);
    batch.transactions.encode(&mut payload);
    let mut out = Vec::new();
    Header {
        list: true,
        payload_length: payload.len(),
    }
    .encode(&mut out);
    out.extend(payload);
    out
}
