//! What became of the data on L1: every acceptance and every drop, with its reason.
//!
//! Derivation decides and says so; nobody listens at no cost (`()` is a [`Sink`]). Reasons are types, one per sentence of the specification.

use crate::extract::batcher::NotBatcherData;
use alloy_primitives::B256;
use hoike_protocol::{
    BlockId, Fork, L1Ref, L2Time,
    batch::BatchFault,
    blob::BlobFault,
    compress::{Algorithm, ChannelFault, StreamEnd},
    config::update::{ConfigUpdate, UpdateFault},
    deposit::DepositFault,
    frame::{ChannelId, FrameFault},
};

/// Takes the events of a derivation.
pub trait Sink {
    /// Called once for each event, in the order in which derivation acts.
    fn event(&mut self, event: Event);
}

/// Ignores every event.
impl Sink for () {
    #[inline(always)]
    fn event(&mut self, _: Event) {}
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn event(&mut self, event: Event) {
        (**self).event(event);
    }
}

/// Something that happened to a piece of L1 data, or because of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The next L1 block is being read.
    L1Block {
        /// The block.
        block: L1Ref,
        /// Whether its receipts were read; if not, its bloom excludes both deposits and config updates, or it is the block to begin with, whose
        /// receipts counted for a block that is safe already.
        receipts: bool,
    },
    /// The L1 block has this many user deposits; said of blocks whose receipts were read. Spec: `protocol/deposits.md`.
    Deposits {
        /// How many.
        count: u64,
    },
    /// A log of the portal is no deposit. Derivation halts if it comes to build on the L1 block.
    DepositUnreadable {
        /// Index of the log within the block.
        log_index: u64,
        /// Why.
        why: DepositFault,
    },
    /// A log of the SystemConfig contract was applied. Spec: `protocol/system-config.md`.
    ConfigUpdated {
        /// The L1 block.
        block: BlockId,
        /// Index of the log within the block.
        log_index: u64,
        /// What it sets.
        update: ConfigUpdate,
    },
    /// A log of the SystemConfig contract was no usable update. Spec: `protocol/system-config.md`.
    ConfigUpdateSkipped {
        /// The L1 block.
        block: BlockId,
        /// Index of the log within the block.
        log_index: u64,
        /// Why.
        why: UpdateFault,
    },
    /// A transaction to the inbox does not count. Spec: `protocol/derivation.md`, "L1 Retrieval".
    InboxTransactionIgnored {
        /// Index of the transaction within the block.
        index: u64,
        /// Why.
        why: NotBatcherData,
    },
    /// A batcher transaction gave this many data items: one, or one per blob.
    BatcherTransaction {
        /// Index of the transaction within the block.
        index: u64,
        /// Number of its blobs; `None` for calldata.
        blobs: Option<u64>,
    },
    /// The next piece of batcher data is being read. Its frames, or why it has none, follow. The batcher transactions of an L1 block are announced
    /// together; then their items come in the same order, one for each calldata and one for each blob that is not ignored.
    DataItem {
        /// Versioned hash of the blob that held it; `None` for calldata.
        blob: Option<B256>,
        /// Its size, without what the blob encoding adds.
        bytes: u64,
    },
    /// A blob holds no data. Spec: `protocol/ecotone/derivation.md`, "Blob Encoding".
    BlobIgnored {
        /// Versioned hash.
        hash: B256,
        /// Why.
        why: BlobFault,
    },
    /// All frames of one data item are ignored. Spec: `protocol/derivation.md`, "Frame Format".
    FramesRejected {
        /// Why.
        why: FrameFault,
    },
    /// A data item gave this many frames.
    FramesRead {
        /// How many.
        count: u64,
    },
    /// A channel took a frame.
    FrameTaken {
        /// The channel.
        channel: ChannelId,
        /// The frame's number.
        number: u16,
        /// Size of its data.
        bytes: u64,
        /// Whether the channel ends with it.
        last: bool,
    },
    /// One frame is ignored.
    FrameDropped {
        /// Its channel.
        channel: ChannelId,
        /// Its number.
        number: u16,
        /// Why.
        why: FrameDrop,
    },
    /// A frame opened a channel.
    ChannelOpened {
        /// Its id.
        id: ChannelId,
    },
    /// A channel is gone unread.
    ChannelDropped {
        /// Its id.
        id: ChannelId,
        /// Why.
        why: ChannelDrop,
    },
    /// A channel is complete and decompressed.
    ChannelRead {
        /// Its id.
        id: ChannelId,
        /// The L1 block that opened it.
        opened_at: u64,
        /// Number of frames.
        frames: u64,
        /// Size as sent.
        compressed_bytes: u64,
        /// Size after decompression, cut at the limit.
        bytes: u64,
        /// How it was compressed.
        algorithm: Algorithm,
        /// Why decompression ended.
        end: StreamEnd,
    },
    /// Holocene: what is left of a channel is not read any more, because of an invalid batch or payload of it.
    ChannelRestDropped {
        /// Its id.
        id: ChannelId,
        /// Decompressed bytes that were not read.
        bytes: u64,
    },
    /// A complete channel cannot be read at all.
    ChannelUnreadable {
        /// Its id.
        id: ChannelId,
        /// Why.
        why: ChannelFault,
    },
    /// A batch, or the rest of its channel, cannot be decoded.
    BatchUnreadable(BatchFault),
    /// A batch was decoded.
    BatchRead {
        /// Which batch it is.
        batch: BatchId,
        /// The channel that held it.
        channel: ChannelId,
        /// Its (first) block's time.
        time: L2Time,
        /// How many blocks it stands for; `None` for a singular batch.
        span: Option<u64>,
        /// Transactions of all its blocks.
        transactions: u64,
    },
    /// A batch or one block of a span batch is gone.
    BatchDropped {
        /// Which batch.
        batch: BatchId,
        /// Its (first) block's time.
        time: L2Time,
        /// Why.
        why: BatchDrop,
    },
    /// Holocene: a batch cannot be judged and is used up. Spec: `protocol/holocene/derivation.md`, "Span Batches".
    BatchUndecided {
        /// Which batch.
        batch: BatchId,
        /// Its (first) block's time.
        time: L2Time,
    },
    /// A batch, or one block of a span batch, becomes attributes.
    BatchAccepted {
        /// Which batch.
        batch: BatchId,
        /// The block's number.
        number: u64,
        /// Its L1 origin.
        origin: BlockId,
        /// Its user transactions.
        transactions: u64,
    },
    /// The sequencing window passed without a batch: an empty block takes its place. Spec: `protocol/derivation.md`, "Batch Queue".
    EmptyBatch {
        /// The block's number.
        number: u64,
        /// Its L1 origin.
        origin: BlockId,
    },
    /// The attributes made no valid block.
    PayloadInvalid {
        /// The block's number.
        number: u64,
        /// Whether the same block is built again from its deposits alone.
        replaced: bool,
    },
    /// A new block extends the chain.
    Block {
        /// Its number.
        number: u64,
        /// Its hash.
        hash: B256,
        /// Its L1 origin.
        origin: BlockId,
        /// Whether it is safe, or only pending until its span is complete.
        safe: bool,
    },
}

/// A batch, counted from 0 in the order in which a derivation decodes them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BatchId(pub u64);

/// Why a frame is ignored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FrameDrop {
    /// Its channel has timed out.
    ChannelTimedOut,
    /// The channel has a last frame already.
    SecondLast,
    /// The channel has a frame of this number already.
    Duplicate,
    /// Its number is past the channel's last frame.
    PastLast,
    /// Holocene, within one data item: it follows its channel's last frame. Spec: `holocene/derivation.md`, "Frame Queue".
    AfterLast,
    /// Holocene: its number is not the one after the frame before.
    OutOfOrder,
    /// Holocene, within one data item: its channel was left open when another one began.
    ChannelLeftOpen,
    /// Holocene, within one data item: it starts in the middle of another channel.
    NotFirst,
    /// Holocene: there is no channel that it could continue.
    NoChannel,
    /// Holocene: another channel is open.
    OtherChannel,
}

/// Why a channel is gone unread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChannelDrop {
    /// It was not complete in time. Spec: `protocol/derivation.md`, "Channel Bank", "Timeouts".
    TimedOut {
        /// The L1 block that opened it.
        opened_at: u64,
        /// The timeout in L1 blocks.
        limit: u64,
    },
    /// The bank was over its size. Spec: `protocol/derivation.md`, "Pruning".
    Pruned {
        /// The bank's limit.
        limit: u64,
    },
    /// Holocene: it holds more than may be decompressed.
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// Holocene: a first frame began another channel.
    Replaced,
    /// Holocene: an invalid batch or payload of it, or of the channel before.
    Flushed,
    /// Holocene was activated while it was open.
    HoloceneActivated,
}

/// Why a batch is gone. Spec: `protocol/derivation.md`, "Batch Queue"; `delta/span-batches.md`, "Span batch validity"; `holocene/derivation.md`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BatchDrop {
    /// The stage drains what lies before the safe head's origin.
    Draining,
    /// Its time is before the next block's.
    Past {
        /// The next block's time.
        next: L2Time,
    },
    /// Holocene: its time is after the next block's.
    Future {
        /// The next block's time.
        next: L2Time,
    },
    /// It builds on another block.
    ParentMismatch {
        /// The block it should build on.
        expected: B256,
    },
    /// It was included after its sequencing window.
    WindowExpired {
        /// The last L1 block in which it could have been.
        last_inclusion: u64,
    },
    /// Its epoch is before the safe head's.
    EpochTooOld {
        /// The least epoch.
        minimum: u64,
    },
    /// Its epoch is more than one after the safe head's.
    EpochTooNew {
        /// The greatest epoch.
        maximum: u64,
    },
    /// Its epoch is not the L1 block of that number.
    EpochHashMismatch {
        /// The L1 block.
        expected: BlockId,
    },
    /// An epoch of the span is not among the known L1 blocks.
    EpochUnknown {
        /// The epoch.
        number: u64,
    },
    /// Its time is before its origin's.
    BeforeOrigin {
        /// The origin's time.
        origin_time: u64,
    },
    /// It has transactions, but its time is too far past its origin's.
    DriftExceeded {
        /// The last time at which transactions are allowed.
        limit: u64,
    },
    /// It is empty and too far past its origin's time, and the next origin could have been adopted.
    OriginNotAdvanced {
        /// The next origin.
        next_origin: BlockId,
    },
    /// The activation block of this fork must hold no user transactions.
    UserTransactionsInActivationBlock {
        /// The fork.
        fork: Fork,
    },
    /// A transaction is empty.
    EmptyTransaction {
        /// Its index in the batch.
        index: u64,
    },
    /// A transaction has a type that batches must not hold, or not yet.
    TransactionType {
        /// Its index in the batch.
        index: u64,
        /// Its type.
        kind: u8,
    },
    /// A span batch whose origin is before Delta.
    BeforeDelta,
    /// The span starts off the grid of block times.
    Misaligned,
    /// The span overlaps blocks that are safe already, and tells another story of one of them.
    OverlapMismatch {
        /// The block.
        number: u64,
    },
    /// The block before it in the span became invalid.
    SpanAbandoned,
    /// Holocene was activated while it waited. Spec: `holocene/derivation.md`, "Activation".
    HoloceneActivated,
}
