//! The pipe protocol, cut anywhere (D123).

use alloy_primitives::B256;
use hoike_preimage::{
    Hint, PreimageKey,
    wire::{HintReader, KeyReader, Outgoing, ReplyReader, Stalled, TooLong},
};

/// All that is to be written, taken in chunks.
fn drain(mut outgoing: Outgoing, chunk: usize) -> Vec<u8> {
    let mut stream = Vec::new();
    while !outgoing.rest().is_empty() {
        let some = &outgoing.rest()[..chunk.min(outgoing.rest().len())];
        let written = some.len();
        stream.extend_from_slice(some);
        outgoing.advance(written).expect("something was written");
    }
    stream
}

const CHUNKS: [usize; 6] = [1, 3, 8, 33, 65_536, usize::MAX];

#[test]
fn d123_keys_in_chunks() {
    let keys = [1, 2, 3].map(|byte| PreimageKey::keccak256(B256::repeat_byte(byte)));
    for chunk in CHUNKS {
        let stream: Vec<u8> = keys
            .iter()
            .flat_map(|key| drain(Outgoing::request(key), chunk))
            .collect();
        assert_eq!(stream.len(), 96);
        let (mut reader, mut got) = (KeyReader::default(), Vec::new());
        for mut input in stream.chunks(chunk) {
            while !input.is_empty() {
                assert!((1..=32).contains(&reader.wanted()));
                got.extend(reader.push(&mut input));
            }
        }
        assert_eq!(got, keys);
        assert_eq!(reader.wanted(), 32);
    }
}

#[test]
fn d123_replies_in_chunks() {
    let values = [
        vec![],
        vec![7],
        vec![1; 65_535],
        vec![2; 65_537],
        vec![3; 300_000],
    ];
    for chunk in CHUNKS {
        let stream: Vec<u8> = values
            .iter()
            .flat_map(|value| drain(Outgoing::reply(value), chunk))
            .collect();
        assert_eq!(
            &stream[..17],
            &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 7]
        );
        let (mut reader, mut got) = (ReplyReader::new(300_000), Vec::new());
        for mut input in stream.chunks(chunk) {
            while !input.is_empty() {
                got.extend(reader.push(&mut input).expect("within the limit"));
            }
        }
        assert!(got == values, "chunks of {chunk}");
        // Never beyond the frame: reading just what is wanted ends exactly at its end.
        let (mut rest, mut got) = (stream.as_slice(), Vec::new());
        while !rest.is_empty() {
            let (mut some, after) = rest.split_at(reader.wanted().min(chunk));
            let whole = reader.push(&mut some).expect("within the limit");
            assert!(some.is_empty());
            got.extend(whole);
            rest = after;
        }
        assert!(got == values);
    }
}

#[test]
fn d123_hints_in_chunks() {
    let hint = Hint::L2Code(B256::repeat_byte(0xcd));
    let text = format!("l2-code 0x{}", "cd".repeat(32));
    for chunk in CHUNKS {
        let stream = drain(Outgoing::hint(&hint).expect("short"), chunk);
        assert_eq!(&stream[..4], &[0, 0, 0, 74]);
        assert_eq!(&stream[4..], text.as_bytes());
        let mut reader = HintReader::new(100);
        let mut got = None;
        for mut input in stream.chunks(chunk) {
            assert_eq!(got, None);
            got = reader.push(&mut input).expect("within the limit");
        }
        assert_eq!(got.as_deref(), Some(text.as_bytes()));
    }
}

#[test]
fn d123_nothing_written_is_not_finished() {
    let mut outgoing = Outgoing::reply(&[1, 2]);
    assert_eq!(outgoing.advance(0), Err(Stalled { unsent: 10 }));
    assert_eq!(outgoing.advance(9), Ok(()));
    assert_eq!(outgoing.rest(), [2]);
    assert_eq!(outgoing.advance(0), Err(Stalled { unsent: 1 }));
    assert_eq!(outgoing.advance(1), Ok(()));
    assert!(outgoing.rest().is_empty());
    assert_eq!(outgoing.advance(0), Ok(()));
}

#[test]
fn announced_lengths_are_not_believed() {
    for announced in [101, u64::MAX, 1 << 63] {
        let mut reader = ReplyReader::new(100);
        let stream = announced.to_be_bytes();
        let want = Err(TooLong {
            announced,
            limit: 100,
        });
        assert_eq!(reader.push(&mut stream.as_slice()), want);
    }
    // Without a limit, memory is what has come.
    let mut reader = ReplyReader::new(u64::MAX);
    assert_eq!(reader.push(&mut [0xff; 20].as_slice()), Ok(None));
    assert_eq!(
        reader.wanted(),
        usize::try_from(u64::MAX - 12).unwrap_or(usize::MAX)
    );
    assert_eq!(reader.push(&mut [].as_slice()), Ok(None));
}
