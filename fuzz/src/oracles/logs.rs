//! Receipts and the logs in them: deposits and config updates.

use crate::generators::{Feed, logs};
use alloy_consensus::{Receipt as AlloyReceipt, ReceiptWithBloom, TxReceipt};
use alloy_primitives::{Address, B64, B256, Bloom, Bytes, Log, U256, keccak256};
use alloy_rlp::{Decodable, Encodable, Header};
use hoike_protocol::{
    InclusionRules, InclusionTime, SystemConfig,
    config::update::CONFIG_UPDATE_EVENT,
    deposit::{DEPOSIT_EVENT, DepositTx, user_deposits},
    receipt::{LogFilter, Receipt, events},
};
use hoike_testkit::{PORTAL, Rng, SYSTEM_CONFIG, Setup, adversary};
use std::sync::OnceLock;

/// Receipts, deposits and config updates: as alloy reads receipts, and as plain readers read deposits and updates.
pub fn config_updates(data: &[u8]) {
    check_receipt(&Bytes::copy_from_slice(data));

    let mut feed = Feed::new(data);
    let seed = feed.u64();
    let alloy = logs::receipts(&mut feed);
    let mut receipts = Vec::new();
    let mut rng = Rng::new(seed);
    for (kind, receipt) in &alloy {
        let mut raw = if *kind == 0 { Vec::new() } else { vec![*kind] };
        raw.extend(alloy_rlp::encode(receipt));
        let raw = Bytes::from(raw);
        let read = Receipt::decode(&raw).expect("a receipt");
        assert_eq!(read.success, receipt.status());
        assert_eq!(owned(&read), receipt.logs());
        receipts.push(read);
        check_receipt(&adversary::bytes(&raw, &mut rng).into());
    }
    let bloom = alloy.iter().fold(Bloom::ZERO, |bloom, (_, receipt)| {
        bloom | receipt.logs_bloom
    });
    for (address, event) in [
        (PORTAL, DEPOSIT_EVENT),
        (SYSTEM_CONFIG, CONFIG_UPDATE_EVENT),
    ] {
        let want = bloom.contains_raw_log(address, &[event]);
        assert_eq!(LogFilter::new(&address, &event).may_match(&bloom), want);
        let some = events(&receipts, &address, &event).next().is_some();
        assert!(want || !some, "a log that the bloom does not know");
    }
    check_deposits(&receipts, keccak256(data));
    for ecotone in [false, true] {
        check_updates(&receipts, ecotone);
    }
}

fn owned(receipt: &Receipt) -> Vec<Log> {
    let own = |log: hoike_protocol::receipt::Log<'_>| {
        let topics = (0..log.topics.len())
            .filter_map(|i| log.topics.get(i).copied())
            .collect();
        Log::new_unchecked(log.address, topics, Bytes::copy_from_slice(log.data))
    };
    receipt.logs().map(own).collect()
}

/// What is read is what alloy reads; what alloy reads is read.
fn check_receipt(raw: &Bytes) {
    let fields = match raw.first() {
        None | Some(0x80..=0xbf) => {
            assert!(Receipt::decode(raw).is_err());
            return;
        }
        Some(0xc0..) => &raw[..],
        Some(_) => &raw[1..],
    };
    let mut rest = fields;
    let theirs = ReceiptWithBloom::<AlloyReceipt>::decode(&mut rest)
        .ok()
        .filter(|_| rest.is_empty());
    let unknown = matches!(raw.first(), Some(0x05..=0x7d));
    match (Receipt::decode(raw), theirs) {
        (Ok(read), Some(theirs)) => {
            // A post-state is no status 1.
            assert_eq!(
                read.success,
                theirs.receipt.status.as_eip658() == Some(true)
            );
            assert_eq!(owned(&read), theirs.receipt.logs);
        }
        (Ok(read), None) if unknown && read == Receipt::default() => {}
        (Ok(read), None) => {
            // Fields after the logs are let through here.
            let cut = without_extra_fields(fields).expect("four fields");
            let theirs =
                ReceiptWithBloom::<AlloyReceipt>::decode(&mut &cut[..]).expect("a receipt");
            assert_eq!(owned(&read), theirs.receipt.logs);
        }
        (Err(why), theirs) => assert!(theirs.is_none(), "{why}: {raw}"),
    }
}

fn without_extra_fields(mut rlp: &[u8]) -> alloy_rlp::Result<Vec<u8>> {
    let fields = Header::decode_bytes(&mut rlp, true)?;
    let mut rest = fields;
    for list in [false, false, false, true] {
        Header::decode_bytes(&mut rest, list)?;
    }
    let kept = &fields[..fields.len() - rest.len()];
    let mut out = Vec::new();
    Header {
        list: true,
        payload_length: kept.len(),
    }
    .encode(&mut out);
    out.extend_from_slice(kept);
    Ok(out)
}

/// The logs of successful receipts, with their indices in the block, of one event.
fn counted(receipts: &[Receipt], address: Address, event: B256) -> Vec<(u64, Log)> {
    let mut counted = Vec::new();
    let mut index = 0;
    for receipt in receipts {
        for log in owned(receipt) {
            if receipt.success && log.address == address && log.topics().first() == Some(&event) {
                counted.push((index, log));
            }
            index += 1;
        }
    }
    counted
}

fn check_deposits(receipts: &[Receipt], block: B256) {
    let plain: Result<Vec<Bytes>, u64> = counted(receipts, PORTAL, DEPOSIT_EVENT)
        .into_iter()
        .map(|(index, log)| plain_deposit(&log, block, index).ok_or(index))
        .collect();
    let read = user_deposits(receipts, PORTAL, block);
    assert_eq!(
        read.as_ref().map_err(|fault| fault.log_index),
        plain.as_ref().map_err(|i| *i)
    );
    for raw in read.unwrap_or_default() {
        assert_eq!(DepositTx::decode(&raw).expect("a deposit").encode(), raw);
    }
}

/// A deposit by positions in the log's data.
fn plain_deposit(log: &Log, block: B256, index: u64) -> Option<Bytes> {
    let data = &log.data.data;
    let [_, from, to, version] = *<&[B256; 4]>::try_from(log.topics()).ok()?;
    if version != B256::ZERO || data.len() % 32 != 0 || data.len() < 64 {
        return None;
    }
    let number = |at: usize| U256::from_be_slice(&data[at..at + 32]);
    let length = usize::try_from(number(32)).ok()?;
    if number(0) != U256::from(32)
        || length.checked_next_multiple_of(32)? != data.len() - 64
        || length < 73
    {
        return None;
    }
    let opaque = &data[64..64 + length];
    let mut id = block.to_vec();
    id.extend(B256::from(U256::from(index)));
    let mut source = B256::ZERO.to_vec();
    source.extend(keccak256(id));
    let mut payload = Vec::new();
    keccak256(source).encode(&mut payload);
    Address::from_word(from).encode(&mut payload);
    match opaque[72] {
        0 => Address::from_word(to).encode(&mut payload),
        _ => payload.push(0x80),
    }
    U256::from_be_slice(&opaque[..32]).encode(&mut payload);
    U256::from_be_slice(&opaque[32..64]).encode(&mut payload);
    U256::from_be_slice(&opaque[64..72]).encode(&mut payload);
    payload.push(0x80);
    opaque[73..].encode(&mut payload);
    let mut raw = vec![0x7e];
    Header {
        list: true,
        payload_length: payload.len(),
    }
    .encode(&mut raw);
    raw.extend(payload);
    Some(raw.into())
}

fn check_updates(receipts: &[Receipt], ecotone: bool) {
    let (before, rules) = beginning();
    let rules = InclusionRules {
        packed_scalars: ecotone,
        ..rules
    };
    let mut read = before;
    let mut skipped = Vec::new();
    read.apply_receipts(receipts, SYSTEM_CONFIG, &rules, |index, _| {
        skipped.push(index)
    });

    let mut plain = before;
    let mut useless = Vec::new();
    for (index, log) in counted(receipts, SYSTEM_CONFIG, CONFIG_UPDATE_EVENT) {
        match plain_update(plain, &log, ecotone) {
            Some(updated) => plain = updated,
            None => useless.push(index),
        }
    }
    assert_eq!((read, skipped), (plain, useless));
}

/// An update by positions in the log's data.
fn plain_update(mut config: SystemConfig, log: &Log, ecotone: bool) -> Option<SystemConfig> {
    let data = &log.data.data;
    let [_, version, kind] = *<&[B256; 3]>::try_from(log.topics()).ok()?;
    if version != B256::ZERO || kind[..31] != [0; 31] {
        return None;
    }
    let kind = kind[31];
    let words = match kind {
        1 => 2,
        3 => return Some(config),
        0..=7 => 1,
        _ => return None,
    };
    if data.len() != 64 + 32 * words
        || U256::from_be_slice(&data[..32]) != U256::from(32)
        || U256::from_be_slice(&data[32..64]) != U256::from(32 * words)
    {
        return None;
    }
    let word = &data[64..96];
    let within = |bytes: usize| word[..32 - bytes].iter().all(|byte| *byte == 0);
    let number = || u64::from_be_bytes(word[24..].try_into().expect("8 bytes"));
    match kind {
        0 if within(20) => config.batcher = Address::from_slice(&word[12..]),
        1 => {
            let (overhead, scalar) = (U256::from_be_slice(word), &data[96..128]);
            let padding = match scalar[0] {
                0 => 28,
                1 => 24,
                _ => 0,
            };
            if ecotone && (padding == 0 || scalar[1..padding].iter().any(|byte| *byte != 0)) {
                return None;
            }
            config.scalar = B256::from_slice(scalar);
            config.overhead = if ecotone { U256::ZERO } else { overhead };
        }
        2 if within(8) => config.gas_limit = number(),
        4 if (word[24..28] == [0; 4]) == (word[28..] == [0; 4]) => {
            config.eip1559_params = B64::from_slice(&word[24..]);
        }
        5 => config.operator_fee = B256::from_slice(word),
        6 if within(8) => config.min_base_fee = number(),
        7 if within(2) => config.da_footprint_gas_scalar = number() as u16,
        _ => return None,
    }
    Some(config)
}

/// What a chain of the testkit begins with.
fn beginning() -> (SystemConfig, InclusionRules) {
    static BEGINNING: OnceLock<(SystemConfig, InclusionRules)> = OnceLock::new();
    *BEGINNING.get_or_init(|| {
        let rules = Setup::at(hoike_protocol::Fork::Bedrock).begin().rules;
        (
            rules.rollup.genesis.system_config,
            rules.at_inclusion(InclusionTime(0)),
        )
    })
}
