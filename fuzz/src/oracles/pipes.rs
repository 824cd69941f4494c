//! The pipe protocol and hints.

use crate::{generators::Feed, memory};
use alloy_primitives::{Address, B256};
use hoike_preimage::{
    BlockRef, Dialect, Hint, HintError, HintRequest, PreimageKey,
    wire::{self, AckReader, Fixed, Incoming, Outgoing, WireError},
};

/// Pipes: messages come out of any chunks as they went in, limits and closed pipes are errors, memory follows what has come; hints are read as written.
pub fn wire(data: &[u8]) {
    let mut feed = Feed::new(data);
    match feed.below(4) {
        0 => {
            incoming::<8>(feed);
            incoming::<4>(feed);
        }
        1 => {
            fixed::<32>(feed);
            fixed::<1>(feed);
            outgoing(feed);
        }
        2 => hint_text(feed.rest()),
        _ => hint(&mut feed),
    }
}

fn incoming<const HEAD: usize>(mut feed: Feed<'_>) {
    let limit = feed.pick(&[1000, 0, 10, 1 << 20, u64::MAX]);
    let chunks = feed.array::<16>();
    let mut stream = feed.rest();
    let total = stream.len();
    let mut reader = Incoming::<HEAD>::new(limit);
    let mut plain = stream;
    for chunk in chunks.into_iter().cycle() {
        assert_eq!(reader.is_complete(), reader.space().is_empty());
        if let Some(message) = reader.take() {
            assert_eq!(Some(Ok(message)), plain_message::<HEAD>(&mut plain, limit));
            assert!(reader.is_fresh() && reader.take().is_none());
            continue;
        }
        assert_eq!(reader.is_fresh(), plain.len() == stream.len());
        if stream.is_empty() {
            // What is left is no whole message, and the end of the pipe within it is an error.
            let had = plain.len();
            assert!(plain_message::<HEAD>(&mut plain, limit).is_none());
            assert_eq!(reader.advance(0), Err(WireError::Closed { had }));
            break;
        }
        let (space, peak) = memory::peak(|| reader.space());
        assert!(
            peak <= 3 * (total + 65_536),
            "{peak} bytes for a stream of {total}"
        );
        let count = space.len().min(1 + usize::from(chunk)).min(stream.len());
        space[..count].copy_from_slice(&stream[..count]);
        stream = &stream[count..];
        if let Err(why) = reader.advance(count) {
            assert_eq!(plain_message::<HEAD>(&mut plain, limit), Some(Err(why)));
            break;
        }
    }
}

/// The next message, if it is whole; an error, if its length is over the limit.
fn plain_message<const HEAD: usize>(
    stream: &mut &[u8],
    limit: u64,
) -> Option<Result<Vec<u8>, WireError>> {
    let head = stream.get(..HEAD)?;
    let length = head
        .iter()
        .fold(0u64, |length, byte| length << 8 | u64::from(*byte));
    if length > limit {
        return Some(Err(WireError::TooLong { length, limit }));
    }
    let end = usize::try_from(length).ok()?.checked_add(HEAD)?;
    let body = stream.get(HEAD..end)?.to_vec();
    *stream = &stream[end..];
    Some(Ok(body))
}

fn fixed<const N: usize>(mut feed: Feed<'_>) {
    let mut reader = Fixed::<N>::default();
    let stream = feed.take(300);
    let mut messages = Vec::new();
    let mut rest = stream;
    let mut sizes = feed;
    loop {
        while let Some(message) = reader.take() {
            messages.extend(message);
        }
        if rest.is_empty() {
            break;
        }
        let space = reader.space();
        let count = (1 + usize::from(sizes.byte()) % N)
            .min(space.len())
            .min(rest.len());
        space[..count].copy_from_slice(&rest[..count]);
        rest = &rest[count..];
        assert_eq!(reader.advance(count), Ok(()));
    }
    let whole = stream.len() / N * N;
    assert!(messages == stream[..whole]);
    let had = stream.len() - whole;
    assert_eq!(reader.is_fresh(), had == 0);
    assert_eq!(reader.advance(0), Err(WireError::Closed { had }));
    assert_eq!(reader.advance(N + 1 - had), Err(WireError::Overrun));
    if let Some(request) = messages.first_chunk::<32>() {
        let key = wire::decode_request(*request);
        assert_eq!(key, PreimageKey::from_bytes(*request));
        assert_eq!(key.is_ok(), (1..=6).contains(&request[0]));
        assert!(key.is_err() || key.is_ok_and(|key| key.as_bytes() == request));
    }
    let mut ack = AckReader::default();
    ack.space()[0] = wire::ACK;
    assert_eq!((ack.advance(1), ack.take()), (Ok(()), Some([wire::ACK])));
}

fn outgoing(mut feed: Feed<'_>) {
    let body = feed.bytes();
    let head = if feed.flag() {
        wire::reply_head(body.len()).to_vec()
    } else {
        feed.bytes().to_vec()
    };
    let mut outgoing = Outgoing::new(&head, body);
    let mut sent = Vec::new();
    while !outgoing.is_done() {
        let rest = outgoing.rest();
        assert_eq!(outgoing.advance(rest.len() + 1), Err(WireError::Overrun));
        assert_eq!(
            outgoing.advance(0),
            Err(WireError::Closed { had: sent.len() })
        );
        let count = (1 + usize::from(feed.byte()) % 64).min(rest.len());
        sent.extend_from_slice(&rest[..count]);
        assert_eq!(outgoing.advance(count), Ok(()));
    }
    assert_eq!(sent, [&head[..], body].concat());
    assert_eq!((outgoing.rest(), outgoing.advance(0)), (&[][..], Ok(())));
}

const DIALECTS: [Dialect; 2] = [Dialect::Kona, Dialect::OpProgram];

/// Any text: refused, or a hint that is read again from what it writes.
fn hint_text(text: &[u8]) {
    for dialect in DIALECTS {
        let mut buffer = Vec::new();
        let (read, peak) = memory::peak(|| HintRequest::parse(text, dialect, &mut buffer).ok());
        assert!(peak <= text.len() + 64, "{peak} bytes for {}", text.len());
        let Some(read) = read else { continue };
        check_request(&read, dialect);
        let payload = text.rsplit(|byte| *byte == b'x').next().unwrap_or_default();
        assert!(payload.len() % 2 == 0 && payload.iter().all(u8::is_ascii_hexdigit));
    }
}

fn check_request(read: &HintRequest<'_>, dialect: Dialect) {
    let mut written = Vec::new();
    read.hint.text(dialect, read.chain_id).write(&mut written);
    assert_eq!(
        read.hint
            .text(dialect, read.chain_id)
            .to_string()
            .as_bytes(),
        written
    );
    let mut message = vec![7; 3];
    wire::encode_hint(&read.hint, dialect, read.chain_id, &mut message).expect("short");
    assert!(message[4..] == written && message[..4] == (written.len() as u32).to_be_bytes());
    let mut buffer = Vec::new();
    let again = HintRequest::parse(&written, dialect, &mut buffer).expect("a hint");
    match (read.hint, again.hint) {
        // With gas under the name it has here: another dialect's name for the same.
        (Hint::L1PrecompileWithoutGas { .. }, Hint::L1Precompile { .. })
            if dialect == Dialect::Kona => {}
        // op-program's hint is JSON.
        (Hint::L2PayloadWitness { .. }, Hint::L2PayloadWitnessObject(_)) => {}
        _ => assert_eq!(again, *read),
    }
}

/// Any hint is read as it was written.
fn hint(feed: &mut Feed<'_>) {
    let dialect = feed.pick(&DIALECTS);
    let chain_id = feed.flag().then(|| feed.number());
    let hash = B256::repeat_byte(feed.byte());
    let other = B256::repeat_byte(feed.byte());
    let address = Address::repeat_byte(feed.byte());
    let number = feed.number();
    let block = if feed.flag() {
        BlockRef::Hash(other)
    } else {
        BlockRef::Number(number)
    };
    let kind = feed.below(17);
    let input = feed.bytes();
    let json = [b"{", input, b"}"].concat();
    let hint = match kind {
        0 => Hint::L1BlockHeader(hash),
        1 => Hint::L1Transactions(hash),
        2 => Hint::L1Receipts(hash),
        3 => Hint::L1Blob { hash, time: number },
        4 => Hint::L1Precompile {
            address,
            gas: number,
            input,
        },
        5 => Hint::L2BlockHeader(hash),
        6 => Hint::L2Transactions(hash),
        7 => Hint::L2Receipts(hash),
        8 => Hint::L2Code(hash),
        9 => Hint::L2StateNode(hash),
        10 => Hint::L2Output(hash),
        11 => Hint::L2AccountProof { block, address },
        12 => Hint::L2StorageProof {
            block,
            address,
            slot: hash,
        },
        13 => Hint::L2PayloadWitness {
            parent: hash,
            attributes: &json,
        },
        14 => Hint::L2BlockData {
            agreed: hash,
            block: other,
        },
        15 => Hint::L2BlockHashLookup { number, head: hash },
        _ => Hint::AgreedPrestate(hash),
    };
    let mut text = Vec::new();
    hint.text(dialect, chain_id).write(&mut text);
    let mut buffer = Vec::new();
    let read = HintRequest::parse(&text, dialect, &mut buffer).expect("a hint");
    check_request(&read, dialect);
    let of_l1 = matches!(kind, 0..=4 | 16);
    match read.hint {
        Hint::L2PayloadWitnessObject(object) => {
            let parent = format!("{{\"parentBlockHash\":\"{hash}\",\"payloadAttributes\":");
            assert!(object.starts_with(parent.as_bytes()));
            assert!(object[parent.len()..].starts_with(&json));
        }
        read_hint => {
            let id = if of_l1 { None } else { chain_id };
            // An id whose last byte is a brace makes the attributes one longer; nobody has such a chain.
            if kind != 13 || id.is_none_or(|id| id as u8 != b'}') {
                assert_eq!((read_hint, read.chain_id), (hint, id));
            }
        }
    }
    // One digit less is no hint.
    text.pop();
    assert_eq!(
        HintRequest::parse(&text, dialect, &mut buffer),
        Err(HintError::Form)
    );
}
