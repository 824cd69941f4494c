//! A channel's data, batch by batch.

use super::{
    Batch, BatchDecodeFault, BatchFault, Scope, SingularBatch, SpanBatch, SpanParams, rlp,
};
use alloy_primitives::Bytes;

/// Reads the batches of one decompressed channel, one at a time.
///
/// The data is a sequence of RLP strings, each a type byte and a batch. It is expected to be cut at the limit of RLP bytes per channel already; a
/// string that passes the cut ends the channel like any other one that is incomplete (D143).
#[derive(Clone, Debug)]
pub struct BatchReader {
    data: Bytes,
    /// Offset of the next batch; always within `data`.
    at: usize,
}

impl BatchReader {
    /// Starts at the first batch of `data`.
    pub const fn new(data: Bytes) -> Self {
        Self { data, at: 0 }
    }

    /// Bytes that were not read.
    pub fn remaining(&self) -> u64 {
        self.data.len().saturating_sub(self.at) as u64
    }

    /// Reads the next batch; `None` at the end of the data, or once a fault has ended the channel.
    ///
    /// `span_batches_allowed`: whether Delta is active in the L1 block that completes the channel. Before, a span batch is read all the same, as
    /// what cannot be read ends the channel even then.
    ///
    /// # Errors
    /// A fault, with what is lost by it ([`Scope`]): after [`Scope::ThisBatch`] reading goes on, after [`Scope::RestOfChannel`] nothing is left.
    pub fn next_batch(
        &mut self,
        params: &SpanParams,
        span_batches_allowed: bool,
    ) -> Option<Result<Batch, BatchFault>> {
        let mut rest = self.data.get(self.at..).filter(|rest| !rest.is_empty())?;
        let envelope = rlp::string(&mut rest);
        let next = self.data.len().saturating_sub(rest.len());
        let batch = match envelope {
            Ok(content) => read(&self.data, content, params, span_batches_allowed),
            Err(why) => Err(BatchFault::rest_of_channel(BatchDecodeFault::Envelope(why))),
        };
        match batch {
            Err(BatchFault {
                scope: Scope::RestOfChannel,
                ..
            }) => *self = Self::new(Bytes::new()),
            Err(BatchFault {
                scope: Scope::ThisBatch,
                ..
            })
            | Ok(_) => self.at = next,
        }
        Some(batch)
    }
}

/// Reads a batch out of its RLP string, `content`, which is a part of `channel`.
fn read(
    channel: &Bytes,
    content: &[u8],
    params: &SpanParams,
    span_batches_allowed: bool,
) -> Result<Batch, BatchFault> {
    match content.split_first() {
        Some((0, body)) => SingularBatch::read(channel, body).map(Batch::Singular),
        Some((1, body)) => {
            SpanBatch::read(channel, body, params, span_batches_allowed).map(Batch::Span)
        }
        Some((other, _)) => Err(BatchFault::rest_of_channel(BatchDecodeFault::UnknownType(
            *other,
        ))),
        None => Err(BatchFault::rest_of_channel(BatchDecodeFault::Empty)),
    }
}
