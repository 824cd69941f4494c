//! Channel decompression against the reference's reader (D14 to D21, D142 to D148).

use std::collections::BTreeMap;

use alloy_primitives::{B256, Bytes, keccak256};
use alloy_rlp::Decodable;
use hoike_protocol::compress::{decompress, handed_out};
use serde_json::Value;

#[path = "support/codecs.rs"]
mod support;

#[test]
fn d14_d15_d16_d143_d145_d146_d147_d148_zlib_vectors() {
    vectors("channels-zlib");
}

#[test]
fn d16_d18_d19_d20_d21_d142_d143_d144_brotli_vectors() {
    vectors("channels-brotli");
}

fn vectors(name: &str) {
    let Some(file) = support::vectors(name) else {
        return;
    };
    let streams: BTreeMap<&str, Vec<u8>> = file["streams"]
        .as_object()
        .expect("streams")
        .iter()
        .map(|(name, stream)| (name.as_str(), support::bytes(stream)))
        .collect();
    for case in file["cases"].as_array().expect("cases") {
        let channel = channel(case, &streams);
        let fjord = case["fjord"].as_bool().expect("fjord");
        // The reference's RLP reader takes 0 for no limit; no chain has either.
        let limit = match case["limit"].as_u64().expect("limit") {
            0 => u64::MAX,
            limit => limit,
        };
        let got = decompress(&channel, fjord, limit);
        if case["open_error"].is_string() {
            assert!(got.is_err(), "{case}: {got:?}");
            continue;
        }
        let got = got.unwrap_or_else(|fault| panic!("{case}: {fault}"));
        assert!(got.data.len() as u64 <= limit, "{case}");
        let n = case["n"].as_u64().expect("n") as usize;
        let strings: Vec<&[u8]> = got.strings().collect();
        assert!(
            strings.len() >= n,
            "{case}: {} strings, {}",
            strings.len(),
            got.end
        );
        let (batches, rest) = strings.split_at(n);
        if let Some(string) = rest.first() {
            assert!(
                !is_singular_batch(string),
                "{case}: string {n} is a batch, too; {}",
                got.end
            );
        }
        if let Some(digest) = case["digest"].as_str() {
            let digests = batches.iter().flat_map(|batch| keccak256(batch).0);
            assert_eq!(
                keccak256(digests.collect::<Vec<_>>()).to_string(),
                digest,
                "{case}"
            );
        }
        let plain = handed_out(&channel, fjord, 300_000_000).expect("it can be opened");
        assert_eq!(
            plain.data.len() as u64,
            case["plain_len"].as_u64().expect("len"),
            "{case}"
        );
        assert_eq!(
            keccak256(&plain.data).to_string(),
            case["plain_keccak"],
            "{case}"
        );
    }
}

fn channel(case: &Value, streams: &BTreeMap<&str, Vec<u8>>) -> Vec<u8> {
    let mut channel = match case["stream"].as_str() {
        Some(name) => streams[name].clone(),
        None => support::bytes(&case["channel"]),
    };
    for pair in case["xor"].as_array().into_iter().flatten() {
        let [at, mask] = [0, 1].map(|i| pair[i].as_u64().expect("a number") as usize);
        channel[at] ^= mask as u8;
    }
    if let Some(cut) = case["cut"].as_u64() {
        channel.truncate(cut as usize);
    }
    if case["append"].is_string() {
        channel.extend(support::bytes(&case["append"]));
    }
    channel
}

/// Whether a string is a singular batch that decodes; one that does not ends the channel in the reference. (Span batches are not for this test.)
fn is_singular_batch(string: &[u8]) -> bool {
    fn list(mut rlp: &[u8]) -> alloy_rlp::Result<()> {
        let mut fields = alloy_rlp::Header::decode_bytes(&mut rlp, true)?;
        B256::decode(&mut fields)?;
        u64::decode(&mut fields)?;
        B256::decode(&mut fields)?;
        u64::decode(&mut fields)?;
        Vec::<Bytes>::decode(&mut fields)?;
        if fields.is_empty() {
            Ok(())
        } else {
            Err(alloy_rlp::Error::UnexpectedLength)
        }
    }
    string
        .split_first()
        .is_some_and(|(kind, rlp)| *kind == 0 && list(rlp).is_ok())
}
