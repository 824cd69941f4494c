//! What a run did with each piece of L1 data: blocks, channels and batches that point to one another.

use super::reason::Reason;
use alloy_primitives::B256;
use hoike_derive::{BatchDrop, ChannelDrop, FrameDrop, NotBatcherData};
use hoike_protocol::{
    BlockId, L1Ref, L2Ref, L2Time,
    batch::BatchFault,
    blob::BlobFault,
    compress::{Algorithm, ChannelFault, StreamEnd},
    config::update::{ConfigUpdate, UpdateFault},
    deposit::DepositFault,
    frame::{ChannelId, FrameFault},
};

/// The whole run. Indices into its lists are `usize`, block numbers are `u64`.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    /// The block to build on first; `None` where derivation has not begun.
    pub(crate) agreed: Option<L2Ref>,
    pub(crate) l1: Vec<L1Block>,
    /// In the order in which they were opened.
    pub(crate) channels: Vec<Channel>,
    /// In the order in which they were read, so that a batch's id is its index.
    pub(crate) batches: Vec<Batch>,
    /// In the order in which they were built.
    pub(crate) l2: Vec<L2Block>,
    /// Payloads that made no block.
    pub(crate) refused: Vec<Refused>,
}

impl Timeline {
    /// The blocks that stand, in the order of their numbers.
    pub(crate) fn chain(&self) -> impl DoubleEndedIterator<Item = &L2Block> {
        self.l2.iter().filter(|block| !block.undone)
    }

    /// The L1 blocks that carried frames of a batch, those that a block came from.
    pub(crate) fn sources(&self, batch: usize) -> &[Source] {
        let channel = self.batches.get(batch).map(|batch| batch.channel);
        channel
            .and_then(|channel| self.channels.get(channel))
            .map_or(&[], |channel| &channel.sources)
    }
}

/// An L1 block that was walked.
#[derive(Debug)]
pub(crate) struct L1Block {
    pub(crate) at: L1Ref,
    pub(crate) receipts: Receipts,
    /// User deposits, where receipts were read and make sense.
    pub(crate) deposits: u64,
    /// Transactions to the inbox, in the order of the block.
    pub(crate) transactions: Vec<Transaction>,
    /// The batcher's data, in order.
    pub(crate) items: Vec<Item>,
    /// What happened, in order.
    pub(crate) log: Vec<Entry>,
}

/// What became of a block's receipts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Receipts {
    Read,
    /// The logs bloom excludes everything of interest.
    Skipped,
    /// The first block of the walk: its deposits and updates count for blocks that are safe already.
    NotNeeded,
}

#[derive(Debug)]
pub(crate) struct Transaction {
    /// Within its block.
    pub(crate) index: u64,
    pub(crate) hash: Option<B256>,
    pub(crate) carries: Carries,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Carries {
    Calldata,
    Blobs(u64),
    /// Nothing that counts.
    Nothing(NotBatcherData),
}

/// One piece of batcher data.
#[derive(Debug)]
pub(crate) struct Item {
    /// Index into the block's `transactions`.
    pub(crate) transaction: usize,
    /// Versioned hash, for a blob.
    pub(crate) blob: Option<B256>,
    pub(crate) bytes: u64,
    pub(crate) outcome: ItemOutcome,
    /// What became of each frame, in the order of decisions.
    pub(crate) frames: Vec<Frame>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum ItemOutcome {
    /// Not parsed, since derivation stopped here.
    Unread,
    /// This many frames.
    Frames(u64),
    Rejected(FrameFault),
    BlobIgnored(BlobFault),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) channel: ChannelId,
    pub(crate) number: u16,
    pub(crate) fate: Fate,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Fate {
    /// This channel took it.
    Taken {
        channel: usize,
        bytes: u64,
        last: bool,
    },
    Dropped(FrameDrop),
}

/// Something that happened while an L1 block was read. Numbers are indices into the timeline's lists.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Entry {
    DepositUnreadable {
        log_index: u64,
        why: DepositFault,
    },
    ConfigUpdated {
        log_index: u64,
        update: ConfigUpdate,
    },
    ConfigSkipped {
        log_index: u64,
        why: UpdateFault,
    },
    /// Index into the block's `transactions`.
    Transaction(usize),
    /// Index into the block's `items`.
    Item(usize),
    ChannelOpened(usize),
    /// It was read, is unreadable or dropped.
    ChannelEnded(usize),
    ChannelRestDropped {
        channel: usize,
        bytes: u64,
    },
    BatchUnreadable {
        channel: usize,
        fault: BatchFault,
    },
    BatchRead(usize),
    BatchAccepted(usize),
    BatchDropped {
        batch: usize,
        time: L2Time,
        why: BatchDrop,
    },
    BatchUndecided(usize),
    Refused(usize),
    Built(usize),
}

/// Where a channel's data was: a transaction of an L1 block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Source {
    pub(crate) l1: u64,
    pub(crate) transaction: u64,
    pub(crate) hash: Option<B256>,
    pub(crate) frames: u64,
}

#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) id: ChannelId,
    pub(crate) opened_at: u64,
    pub(crate) frames: u64,
    /// Of data in the frames that it took.
    pub(crate) bytes: u64,
    pub(crate) sources: Vec<Source>,
    pub(crate) end: ChannelEnd,
    /// Number of the L1 block in which it ended.
    pub(crate) ended_at: Option<u64>,
    /// Batches out of it.
    pub(crate) batches: Vec<usize>,
    /// What in it was no batch.
    pub(crate) unreadable: Vec<BatchFault>,
    /// Decompressed bytes at its end that were left.
    pub(crate) rest_dropped: u64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum ChannelEnd {
    /// Not complete when derivation ended.
    Open,
    Read {
        algorithm: Algorithm,
        compressed_bytes: u64,
        bytes: u64,
        stream: StreamEnd,
    },
    Unreadable(ChannelFault),
    Dropped(ChannelDrop),
}

#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) channel: usize,
    pub(crate) read_at: u64,
    pub(crate) time: L2Time,
    /// Number of its blocks; `None` for a singular batch.
    pub(crate) span: Option<u64>,
    pub(crate) transactions: u64,
    /// Number of the L1 block with which its first block was accepted.
    pub(crate) accepted_at: Option<u64>,
    /// Numbers of the blocks that were accepted.
    pub(crate) blocks: Vec<u64>,
    /// First drop; those of further blocks of its span follow from it.
    pub(crate) dropped: Option<Dropped>,
    pub(crate) undecided: bool,
    /// One of its payloads was invalid: index into `refused`.
    pub(crate) refused: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Dropped {
    pub(crate) l1: u64,
    pub(crate) time: L2Time,
    pub(crate) why: BatchDrop,
}

/// What became of a batch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum BatchOutcome {
    /// Blocks came of it.
    Accepted,
    /// Blocks came of its beginning, then it was dropped.
    CutShort,
    /// One of its payloads was invalid.
    PayloadInvalid,
    Dropped,
    /// It could not be judged and was used up.
    Undecided,
    /// It was read, and derivation ended before its turn came.
    Waiting,
}

impl Batch {
    pub(crate) fn outcome(&self) -> BatchOutcome {
        if self.refused.is_some() {
            BatchOutcome::PayloadInvalid
        } else if self.dropped.is_some() {
            if self.blocks.is_empty() {
                BatchOutcome::Dropped
            } else {
                BatchOutcome::CutShort
            }
        } else if !self.blocks.is_empty() {
            BatchOutcome::Accepted
        } else if self.undecided {
            BatchOutcome::Undecided
        } else {
            BatchOutcome::Waiting
        }
    }

    pub(crate) fn block_count(&self) -> u64 {
        self.span.unwrap_or(1)
    }
}

#[derive(Debug)]
pub(crate) struct L2Block {
    pub(crate) number: u64,
    pub(crate) hash: B256,
    pub(crate) time: u64,
    pub(crate) origin: BlockId,
    pub(crate) sequence_number: u64,
    pub(crate) transactions: u64,
    /// How many of them are deposits, the L1 attributes among them.
    pub(crate) deposits: u64,
    pub(crate) gas_used: u64,
    pub(crate) state_root: B256,
    /// `None` where the witness lacks what it is computed from.
    pub(crate) output_root: Option<B256>,
    pub(crate) made_of: MadeOf,
    /// Number of the L1 block with which it was derived.
    pub(crate) derived_at: u64,
    /// Number of the L1 block with which it became safe, if it did.
    pub(crate) safe_at: Option<u64>,
    /// It was built, and taken back since a later payload of its span was invalid.
    pub(crate) undone: bool,
}

/// Where a block's transactions come from, besides its deposits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum MadeOf {
    Batch(usize),
    /// No batch came in time.
    Nothing,
    /// The payload that a batch gave was invalid, so only its deposits are left; index into `refused`.
    DepositsOnly(usize),
}

/// A payload that made no block.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) number: u64,
    pub(crate) l1: u64,
    pub(crate) batch: Option<usize>,
    /// Whether the block was built again from its deposits alone.
    pub(crate) replaced: bool,
    pub(crate) why: Option<Reason>,
}
