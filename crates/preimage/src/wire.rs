//! The pipes between program and host: messages out of chunks of any size. Spec: fault-proof/index.md, "Pre-image communication"; program-semantics 6.
//!
//! A key request is 32 bytes, answered by a length (u64 big endian) and that many bytes. A hint is a length (u32 big endian) and that much text,
//! answered by one byte. Nothing here reads or writes: a reader offers [`Incoming::space`] and is told with [`Incoming::advance`] how much of it was
//! filled; a writer takes [`Outgoing::rest`] and says how much went out. Short reads and writes are the normal case, not an error (D123).

use alloc::vec::Vec;

use crate::{Dialect, Hint, PreimageKey, UnknownKind};

/// The one byte that acknowledges a hint; its value is of no matter to the reader.
pub const ACK: u8 = 0;

/// The head of a reply: the value's length.
pub const fn reply_head(length: usize) -> [u8; 8] {
    // usize is never wider than u64.
    (length as u64).to_be_bytes()
}

/// Replaces `out` by a hint message. The buffer can be used again and again, so that after the first few nothing is allocated.
pub fn encode_hint(
    hint: &Hint<'_>,
    dialect: Dialect,
    chain_id: Option<u64>,
    out: &mut Vec<u8>,
) -> Result<(), WireError> {
    out.clear();
    out.extend_from_slice(&[0; 4]);
    hint.text(dialect, chain_id).write(out);
    let (head, text) = out.split_first_chunk_mut::<4>().ok_or(WireError::Overrun)?;
    let length = u32::try_from(text.len()).map_err(|_| WireError::TooLong {
        length: text.len() as u64,
        limit: u32::MAX as u64,
    })?;
    *head = length.to_be_bytes();
    Ok(())
}

/// The key in a request.
pub fn decode_request(request: [u8; 32]) -> Result<PreimageKey, UnknownKind> {
    PreimageKey::from_bytes(request)
}

/// A message that is not what the protocol allows, or a pipe that closed in the middle of one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WireError {
    /// The other side closed the pipe although more was due; between messages it is a normal end, see [`Incoming::is_fresh`].
    #[error("the pipe was closed after {had} bytes of a message")]
    Closed {
        /// Bytes of the message that had come or gone.
        had: usize,
    },
    /// The announced length is above the limit that the reader was made with.
    #[error("a message of {length} bytes was announced, the limit is {limit}")]
    TooLong {
        /// Announced.
        length: u64,
        /// Allowed.
        limit: u64,
    },
    /// More bytes were reported than there was space for.
    #[error("more bytes were reported than there was space for")]
    Overrun,
}

/// Collects one message after the other: `HEAD` bytes of big-endian length, then as many bytes. See [`ReplyReader`] and [`HintReader`].
#[derive(Debug)]
pub struct Incoming<const HEAD: usize> {
    head: [u8; HEAD],
    head_had: usize,
    /// Announced length, known when the head is complete.
    length: usize,
    /// Grows with what really arrives, so that an announced length alone allocates no more than [`STEP`].
    body: Vec<u8>,
    body_had: usize,
    limit: u64,
}

/// The program's side of a preimage pipe.
pub type ReplyReader = Incoming<8>;
/// The host's side of a hint pipe.
pub type HintReader = Incoming<4>;

impl<const HEAD: usize> Incoming<HEAD> {
    /// A reader that refuses messages longer than `limit` bytes.
    pub const fn new(limit: u64) -> Self {
        Self {
            head: [0; HEAD],
            head_had: 0,
            length: 0,
            body: Vec::new(),
            body_had: 0,
            limit,
        }
    }

    /// Where the next bytes of the stream belong. Empty exactly when the message is complete.
    pub fn space(&mut self) -> &mut [u8] {
        if self.head_had < HEAD {
            return self.head.get_mut(self.head_had..).unwrap_or_default();
        }
        if self.body_had == self.body.len() {
            let missing = self.length.saturating_sub(self.body_had);
            // Doubling keeps the number of copies low, the other side has to send as much before it gets as much.
            let grow = missing.min(self.body_had.max(STEP));
            self.body.resize(self.body_had.saturating_add(grow), 0);
        }
        self.body.get_mut(self.body_had..).unwrap_or_default()
    }

    /// Says that so many bytes of [`Self::space`] were filled. Zero means that the pipe was closed.
    pub fn advance(&mut self, count: usize) -> Result<(), WireError> {
        if self.is_complete() {
            return if count == 0 {
                Ok(())
            } else {
                Err(WireError::Overrun)
            };
        }
        if count == 0 {
            return Err(WireError::Closed {
                had: self.head_had.saturating_add(self.body_had),
            });
        }
        if self.head_had < HEAD {
            self.head_had = self.head_had.saturating_add(count);
            if self.head_had > HEAD {
                return Err(WireError::Overrun);
            }
            if self.head_had == HEAD {
                self.length = self.announced()?;
            }
            return Ok(());
        }
        self.body_had = self.body_had.saturating_add(count);
        if self.body_had > self.body.len() {
            return Err(WireError::Overrun);
        }
        Ok(())
    }

    /// Whether all of the message is there.
    pub fn is_complete(&self) -> bool {
        self.head_had == HEAD && self.body_had == self.length
    }

    /// Whether no byte of a message has come yet: only then may the other side close the pipe.
    pub fn is_fresh(&self) -> bool {
        self.head_had == 0
    }

    /// The complete message, or `None`; then the reader is ready for the next.
    pub fn take(&mut self) -> Option<Vec<u8>> {
        if !self.is_complete() {
            return None;
        }
        (self.head_had, self.length, self.body_had) = (0, 0, 0);
        Some(core::mem::take(&mut self.body))
    }

    fn announced(&self) -> Result<usize, WireError> {
        let length = self.head.iter().fold(0u64, |length, byte| {
            length.wrapping_shl(8) | u64::from(*byte)
        });
        let error = WireError::TooLong {
            length,
            limit: self.limit,
        };
        if length > self.limit {
            return Err(error);
        }
        usize::try_from(length).map_err(|_| error)
    }
}

/// A message of fixed length: the host's side of a key request (32), the program's side of an acknowledgement (1).
#[derive(Debug)]
pub struct Fixed<const N: usize> {
    bytes: [u8; N],
    had: usize,
}

/// The host's side of a preimage pipe.
pub type RequestReader = Fixed<32>;
/// The program's side of a hint pipe.
pub type AckReader = Fixed<1>;

impl<const N: usize> Default for Fixed<N> {
    fn default() -> Self {
        Self {
            bytes: [0; N],
            had: 0,
        }
    }
}

impl<const N: usize> Fixed<N> {
    /// Where the next bytes of the stream belong. Empty exactly when the message is complete.
    pub fn space(&mut self) -> &mut [u8] {
        self.bytes.get_mut(self.had..).unwrap_or_default()
    }

    /// Says that so many bytes of [`Self::space`] were filled. Zero means that the pipe was closed.
    pub fn advance(&mut self, count: usize) -> Result<(), WireError> {
        let had = self.had.saturating_add(count);
        if had > N {
            return Err(WireError::Overrun);
        }
        if count == 0 && had < N {
            return Err(WireError::Closed { had });
        }
        self.had = had;
        Ok(())
    }

    /// Whether no byte of a message has come yet: only then may the other side close the pipe.
    pub fn is_fresh(&self) -> bool {
        self.had == 0
    }

    /// The complete message, or `None`; then the reader is ready for the next.
    pub fn take(&mut self) -> Option<[u8; N]> {
        if self.had < N {
            return None;
        }
        self.had = 0;
        Some(self.bytes)
    }
}

/// A message on its way out: a head and a body, neither copied.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    head: &'a [u8],
    body: &'a [u8],
    sent: usize,
}

impl<'a> Outgoing<'a> {
    /// A reply is [`reply_head`] and the value; a request, a hint message or an acknowledgement has no head.
    pub const fn new(head: &'a [u8], body: &'a [u8]) -> Self {
        Self {
            head,
            body,
            sent: 0,
        }
    }

    /// What to write next. Empty exactly when all has gone out.
    pub fn rest(&self) -> &'a [u8] {
        match self.head.get(self.sent..) {
            Some(rest) if !rest.is_empty() => rest,
            _ => self
                .body
                .get(self.sent.saturating_sub(self.head.len())..)
                .unwrap_or_default(),
        }
    }

    /// Says that so many bytes of [`Self::rest`] were written. Zero means that the pipe was closed, not that nothing is left.
    pub fn advance(&mut self, count: usize) -> Result<(), WireError> {
        let rest = self.rest().len();
        if count > rest {
            return Err(WireError::Overrun);
        }
        if count == 0 && rest > 0 {
            return Err(WireError::Closed { had: self.sent });
        }
        self.sent = self.sent.saturating_add(count);
        Ok(())
    }

    /// Whether all has gone out.
    pub fn is_done(&self) -> bool {
        self.rest().is_empty()
    }
}

/// What an announced length may allocate before any of it has come, bytes.
const STEP: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloy_primitives::B256;

    /// Feeds a stream to a reader in chunks of at most `chunk` bytes; returns the messages.
    fn feed<const HEAD: usize>(
        reader: &mut Incoming<HEAD>,
        mut stream: &[u8],
        chunk: usize,
    ) -> Result<Vec<Vec<u8>>, WireError> {
        let mut messages = Vec::new();
        loop {
            while let Some(message) = reader.take() {
                messages.push(message);
            }
            if stream.is_empty() {
                return Ok(messages);
            }
            let space = reader.space();
            assert!(!space.is_empty(), "an incomplete message wants more");
            let count = space.len().min(chunk).min(stream.len());
            space[..count].copy_from_slice(&stream[..count]);
            stream = &stream[count..];
            reader.advance(count)?;
        }
    }

    #[test]
    fn d123_short_reads_of_any_size_make_whole_messages() {
        let bodies: Vec<Vec<u8>> = [0, 1, 7, 8, 9, 65_535, 65_536, 65_537, 300_000]
            .into_iter()
            .map(|length| (0..length).map(|i| (i % 251) as u8).collect())
            .collect();
        let mut replies = Vec::new();
        let mut hints = Vec::new();
        for body in &bodies {
            replies.extend_from_slice(&reply_head(body.len()));
            replies.extend_from_slice(body);
            hints.extend_from_slice(&(body.len() as u32).to_be_bytes());
            hints.extend_from_slice(body);
        }
        for chunk in [1, 3, 4, 8, 4_096, 65_536, usize::MAX] {
            assert_eq!(
                feed(&mut ReplyReader::new(300_000), &replies, chunk).as_ref(),
                Ok(&bodies)
            );
            assert_eq!(
                feed(&mut HintReader::new(300_000), &hints, chunk).as_ref(),
                Ok(&bodies)
            );
        }
    }

    #[test]
    fn d123_short_writes_go_on_where_they_stopped() {
        for (head, body) in [
            (&b""[..], &b"abc"[..]),
            (b"head", b"body"),
            (b"head", b""),
            (b"", b""),
        ] {
            for chunk in 1..9 {
                let mut outgoing = Outgoing::new(head, body);
                let mut sent = Vec::new();
                while !outgoing.is_done() {
                    let count = outgoing.rest().len().min(chunk);
                    sent.extend_from_slice(&outgoing.rest()[..count]);
                    outgoing.advance(count).unwrap();
                }
                assert_eq!(sent, [head, body].concat());
            }
        }
        let mut outgoing = Outgoing::new(b"head", b"body");
        outgoing.advance(4).unwrap();
        assert_eq!(outgoing.advance(0), Err(WireError::Closed { had: 4 }));
        assert_eq!(outgoing.advance(5), Err(WireError::Overrun));
        assert_eq!(outgoing.rest(), b"body");
    }

    #[test]
    fn a_pipe_that_closes_within_a_message_is_an_error() {
        let stream = [&reply_head(3)[..], b"ab"].concat();
        for cut in 0..=stream.len() {
            let mut reader = ReplyReader::new(10);
            feed(&mut reader, &stream[..cut], 1).unwrap();
            assert_eq!(reader.is_fresh(), cut == 0);
            assert_eq!(reader.advance(0), Err(WireError::Closed { had: cut }));
        }
        let mut request = RequestReader::default();
        assert!(request.is_fresh());
        request.advance(31).unwrap();
        assert!(!request.is_fresh() && request.take().is_none());
        assert_eq!(request.advance(0), Err(WireError::Closed { had: 31 }));
        assert_eq!(request.advance(2), Err(WireError::Overrun));
    }

    /// What is only announced is not allocated.
    #[test]
    fn d156_d174_announced_lengths_allocate_little() {
        let mut reader = ReplyReader::new(u64::MAX);
        feed(&mut reader, &(1u64 << 40).to_be_bytes(), 8).unwrap();
        assert_eq!(reader.space().len(), 65_536);
        let mut reader = HintReader::new(1_000);
        let error = WireError::TooLong {
            length: 1_001,
            limit: 1_000,
        };
        assert_eq!(feed(&mut reader, &1_001u32.to_be_bytes(), 4), Err(error));
    }

    #[test]
    fn requests_are_keys_and_acknowledgements_a_byte() {
        let key = PreimageKey::keccak256(B256::repeat_byte(9));
        let mut reader = RequestReader::default();
        for half in key.as_bytes().chunks(16) {
            reader.space()[..16].copy_from_slice(half);
            reader.advance(16).unwrap();
        }
        assert_eq!(decode_request(reader.take().unwrap()), Ok(key));
        assert_eq!(decode_request([9; 32]), Err(UnknownKind(9)));
        let mut ack = AckReader::default();
        ack.space()[0] = ACK;
        ack.advance(1).unwrap();
        assert_eq!(ack.take(), Some([ACK]));
    }

    #[test]
    fn hint_messages_are_length_and_text() {
        let mut out = vec![1, 2, 3];
        let hint = Hint::L2Code(B256::ZERO);
        encode_hint(&hint, Dialect::Kona, None, &mut out).unwrap();
        let text = hint.text(Dialect::Kona, None);
        assert_eq!(out[..4], (8u32 + 2 + 64).to_be_bytes()[..]);
        assert_eq!(out[4..], *alloc::format!("{text}").as_bytes());
    }
}
