//! Channel decompression against the reference's reader (D14 to D21, D142 to D148).

use std::collections::BTreeMap;

use alloy_primitives::{B256, Bytes, hex, keccak256};
use alloy_rlp::Decodable;
use hoike_protocol::compress::{
    Algorithm, BrotliFault, ChannelFault, DeflateFault, StreamEnd, StringFault, ZlibFault,
    decompress, handed_out,
};
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

/// The reference reads long strings directly, and then an error that comes with the last byte is the string's. Expected numbers of strings are the
/// reference's, by the length of a single string of zeros: with a wrong or missing zlib checksum, and with a byte after the brotli stream.
#[test]
fn d148_what_follows_the_stream_can_cost_the_last_string() {
    for (length, zlib, brotli, compressed) in [
        (4092, 1, 1, "011bfe0f00a4011e72f9c56981d41e00e400"),
        (8188, 1, 1, "011bfe1f00a4013e72f9c56981d45e00e400"),
        (8189, 0, 0, "011bff1f00a4013e72fbc56981d85e00e400"),
        (9000, 0, 0, "011b2a2300a401465072c56981846b006c00"),
        (32_765, 1, 0, "011bff7f00a401fe72fbc56981d8de01e400"),
        (36_860, 1, 0, "011bfe8f00a4011e73f9c56981d41e02e400"),
        (36_861, 0, 0, "011bff8f00a4011e73fbc56981d81e02e400"),
    ] {
        let count = |channel: &[u8]| {
            let got = decompress(channel, true, 100_000_000).expect("it can be opened");
            got.strings()
                .inspect(|string| assert_eq!(string.len(), length))
                .count()
        };
        let plain = string(&vec![0; length]);
        let good = [stored(&plain), adler32(&plain).to_be_bytes().to_vec()].concat();
        let (cut, last) = (&good[..good.len() - 1], good.len() - 1);
        let mut wrong = good.clone();
        wrong[last] ^= 1;
        assert_eq!(
            (count(&good), count(cut), count(&wrong)),
            (1, zlib, zlib),
            "{length}"
        );
        let good = hex::decode(compressed).expect("hex");
        let longer = [good.as_slice(), &[0]].concat();
        assert_eq!((count(&good), count(&longer)), (1, brotli), "{length}");
    }
}

/// What comes after a string that ends at the limit is more output, be it one byte before the stream's end or before a fault: no error comes with the string.
/// The reference reads one string in each case (op-node v1.17.0's `BatchReader`, with such a limit).
#[test]
fn d143_d148_a_string_ends_at_the_limit() {
    for length in 8_998..9_004 {
        let plain = string(&vec![0; length - 3]);
        assert_eq!(plain.len(), length);
        for more in 0..5 {
            let data = [plain.as_slice(), &vec![0; more]].concat();
            for whole in [true, false] {
                let channel = fixed_codes(&data, whole);
                let got = decompress(&channel, false, length as u64).expect("it can be opened");
                // Without a byte more, a fault comes with the string's last byte.
                let want = usize::from(more > 0 || whole);
                assert_eq!(got.strings().count(), want, "{length} + {more}, {whole}");
            }
        }
    }
}

/// A zlib stream of one block of fixed codes, which is the last if `whole`; else what follows it is a block of the reserved type. With the
/// right checksum, and more bytes after it than a decoder looks ahead.
fn fixed_codes(data: &[u8], whole: bool) -> Vec<u8> {
    let mut bits = vec![whole, true, false];
    let mut code = |value: u16, length: u16| {
        bits.extend((0..length).rev().map(|bit| value >> bit & 1 == 1));
    };
    for byte in data {
        match u16::from(*byte) {
            byte @ 0..144 => code(0x30 + byte, 8),
            byte => code(0x190 + byte - 144, 9),
        }
    }
    code(0, 7);
    if !whole {
        code(7, 3);
    }
    let mut out = vec![0x78, 0x9c];
    out.extend(bits.chunks(8).map(|byte| {
        let bits = byte.iter().zip(0..);
        bits.fold(0u8, |byte, (bit, n)| byte | u8::from(*bit) << n)
    }));
    out.extend(adler32(data).to_be_bytes());
    out.extend([0; 32]);
    out
}

/// A stream the reference gets nothing of, since its ring buffer is never full: the end's padding is wrong. (Found by comparing with it.)
#[test]
fn d144_small_ring_buffers_are_not_full_early() {
    for stream in [
        "e20300802463e36725214d203d05",
        "1f1f0000006ec0d059a352c5a228c630da08a150cb02",
    ] {
        let channel = hex::decode(format!("01{stream}")).expect("hex");
        let got = handed_out(&channel, true, u64::MAX).expect("it can be opened");
        assert_eq!(
            (got.data.len(), got.end),
            (0, StreamEnd::Brotli(BrotliFault::Format))
        );
    }
}

/// The shortest stream on which decoders disagreed whether it is complete; the reference reads two strings either way.
#[test]
fn d19_shortest_disputed_stream() {
    let got = decompress(&hex!("018bff8f4d3b"), true, 100_000_000).expect("it can be opened");
    assert_eq!(got.strings().count(), 2);
}

#[test]
fn d14_d20_d145_d146_refusals() {
    let zlib = |fault| Err(ChannelFault::Zlib(fault));
    for (channel, brotli_allowed, want) in [
        (&[][..], true, Err(ChannelFault::Empty)),
        (&hex!("1f8b"), true, zlib(ZlibFault::Header)),
        (&hex!("7f8b"), true, zlib(ZlibFault::Header)),
        (&hex!("02"), true, Err(ChannelFault::UnknownCompression(2))),
        (&hex!("013b"), false, Err(ChannelFault::BrotliNotAllowed)),
        (&hex!("013b"), true, Ok(Algorithm::Brotli)),
        (&hex!("78"), true, zlib(ZlibFault::Truncated)),
        (&hex!("789d"), true, zlib(ZlibFault::Header)),
        // A window of 64 KiB.
        (&hex!("8814"), true, zlib(ZlibFault::Header)),
        (&hex!("789c"), false, Ok(Algorithm::Zlib)),
        (&hex!("78bb000000"), true, zlib(ZlibFault::Truncated)),
        (&hex!("78bb00000001"), true, Ok(Algorithm::Zlib)),
        (&hex!("78bb00000002"), true, zlib(ZlibFault::Dictionary(2))),
    ] {
        let got = decompress(channel, brotli_allowed, 100_000_000);
        assert_eq!(
            got.map(|got| got.algorithm),
            want,
            "{}",
            hex::encode(channel)
        );
    }
}

#[test]
fn d142_d143_the_limit_clips() {
    let plain = [string(&[7; 300]), string(&[8; 5000])].concat();
    let end = plain.len() as u64;
    let channel = [stored(&plain), adler32(&plain).to_be_bytes().to_vec()].concat();
    // (limit, strings, end of the stream)
    for (limit, want, stream) in [
        (302, 0, StreamEnd::Clipped),
        (303, 1, StreamEnd::Clipped),
        (end - 1, 1, StreamEnd::Clipped),
        (end, 2, StreamEnd::Complete),
        (u64::MAX, 2, StreamEnd::Complete),
    ] {
        let got = decompress(&channel, false, limit).expect("it can be opened");
        assert_eq!(
            (got.strings().count(), got.end),
            (want, stream),
            "limit {limit}"
        );
        assert_eq!(got.data, plain[..plain.len().min(limit as usize)]);
    }
}

/// Strings end where one is ill-formed; the reference gives up the channel there.
#[test]
fn d143_strings() {
    for (data, count, fault) in [
        (&hex!("")[..], 0, None),
        (&hex!("00 7f 80 8180"), 4, None),
        (&hex!("8105"), 0, Some(StringFault::NotCanonical)),
        (&hex!("0081"), 1, Some(StringFault::Incomplete)),
        (&hex!("00b7"), 1, Some(StringFault::Incomplete)),
        (&hex!("b837"), 0, Some(StringFault::NotCanonical)),
        (&hex!("b838"), 0, Some(StringFault::Incomplete)),
        (&hex!("b90038"), 0, Some(StringFault::NotCanonical)),
        (
            &hex!("bfffffffffffffffff"),
            0,
            Some(StringFault::Incomplete),
        ),
        (&hex!("00c000"), 1, Some(StringFault::List)),
    ] {
        // Stored, and cut off: the checksum is missing.
        let got = decompress(&stored(data), false, 100_000_000).expect("it can be opened");
        let mut strings = got.strings();
        assert_eq!(strings.by_ref().count(), count, "{}", hex::encode(data));
        assert_eq!(strings.fault(), fault, "{}", hex::encode(data));
    }
}

#[test]
fn real_channels() {
    // Lengths are those in the fixtures' description.
    if let Some(channel) = support::fixture("derive/channel-op-mainnet-zlib.bin") {
        let got = decompress(&channel, true, 100_000_000).expect("a real channel");
        assert_eq!((got.data.len(), got.end), (1_409_463, StreamEnd::Complete));
        assert_eq!(got.strings().count(), 1);
    }
    // A stream that is flushed and never terminated (D148).
    if let Some(transaction) = support::fixture("derive/batcher-tx-e69d9433.bin") {
        // The frame's data is the calldata without the version byte, the frame's header of 22 bytes, and its last byte.
        let at = transaction
            .windows(4)
            .position(|window| window == 119_799u32.to_be_bytes());
        let data = &transaction[at.expect("the frame's length") + 4..][..119_799];
        let got = decompress(data, true, 100_000_000).expect("a real channel");
        assert_eq!(got.data.len(), 240_308);
        assert_eq!(got.end, StreamEnd::Deflate(DeflateFault::Truncated));
        assert_eq!(got.strings().count(), 1);
    }
}

/// Damaged streams are no panic, and no more than the limit comes out of them.
#[test]
fn d17_damage_is_never_a_panic() {
    let mut random = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random >> 33) as usize % below
    };
    let seeds = [
        hex::decode("011b2a2300a401465072c56981846b006c00").expect("hex"),
        hex::decode("01e20300802463e36725214d203d05").expect("hex"),
        hex::decode("789cdac1cac0c8c4ccb2c383e187eb020602a081a00af6030c80000000ffff39d8058c")
            .expect("hex"),
        hex::decode("789cdae1c1f0c375010301d0405005fb819dffff333000020000ffff17f4077c")
            .expect("hex"),
    ];
    for round in 0..40_000 {
        let mut channel = seeds[round % seeds.len()].clone();
        for _ in 0..=next(4) {
            let at = 1 + next(channel.len() - 1);
            channel[at] = next(256) as u8;
        }
        channel.extend((0..next(60)).map(|_| next(256) as u8));
        let limit = next(70_000) as u64;
        if let Ok(got) = decompress(&channel, true, limit) {
            assert!(got.data.len() as u64 <= limit);
            got.strings().for_each(drop);
        }
    }
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

/// An RLP string of 56 bytes or more.
fn string(contents: &[u8]) -> Vec<u8> {
    let length = contents.len().to_be_bytes();
    let length = &length[length
        .iter()
        .position(|byte| *byte != 0)
        .expect("not empty")..];
    [&[0xb7 + length.len() as u8], length, contents].concat()
}

/// A zlib stream of stored blocks, without its checksum.
fn stored(data: &[u8]) -> Vec<u8> {
    let mut stream = hex!("789c").to_vec();
    let blocks: Vec<&[u8]> = data.chunks(65_535).collect();
    for (index, block) in blocks.iter().enumerate() {
        let length = block.len() as u16;
        stream.push(u8::from(index + 1 == blocks.len()));
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend_from_slice(block);
    }
    stream
}

/// RFC 1950's checksum, by its definition.
fn adler32(data: &[u8]) -> u32 {
    let (a, b) = data.iter().fold((1, 0), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (a + b) % 65_521)
    });
    b << 16 | a
}
