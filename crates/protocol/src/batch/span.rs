//! Span batches: the columns, and the blocks read out of them. Spec: `delta/span-batches.md`.

use super::{
    BatchDecodeFault, BatchFault, MAX_SPAN_BATCH_ELEMENT_COUNT, SpanColumn, SpanFault, SpanParams,
    bits::Bits,
    span_txs::{self, RowPosition, Rows, TX_OVERHEAD},
    varint,
};
use crate::L2Time;
use alloc::vec::Vec;
use alloy_primitives::{B256, Bytes};

/// A batch of consecutive L2 blocks, kept as the columns it consists of.
///
/// Reading one has checked all of it; what follows here cannot fail. Its blocks are walked with a [`SpanCursor`], and the transactions of a block
/// rebuilt by [`SpanBatch::transactions`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SpanBatch {
    /// The batch after its type byte; a slice of the channel.
    data: Bytes,
    columns: Columns,
    chain_id: u64,
    start_time: L2Time,
    block_time: u64,
    first_epoch: u64,
    last_epoch: u64,
    parent_check: [u8; 20],
    origin_check: [u8; 20],
    block_count: usize,
    tx_count: usize,
    post_exec_slots_clear: bool,
}

impl SpanBatch {
    /// Timestamp of the first block. Wraps around where the batch's number makes it (D191), like all times and epochs here.
    pub const fn start_time(&self) -> L2Time {
        self.start_time
    }

    /// Timestamp of the last block.
    pub fn last_time(&self) -> L2Time {
        self.time_of(self.block_count.saturating_sub(1))
    }

    /// Number of blocks, at least 1.
    pub const fn block_count(&self) -> u64 {
        self.block_count as u64
    }

    /// Number of transactions in all blocks.
    pub const fn tx_count(&self) -> u64 {
        self.tx_count as u64
    }

    /// Number of the first block's L1 origin.
    pub const fn first_epoch(&self) -> u64 {
        self.first_epoch
    }

    /// Number of the last block's L1 origin.
    pub const fn last_epoch(&self) -> u64 {
        self.last_epoch
    }

    /// Whether the batch builds on the L2 block `hash`, as far as the 20 bytes it carries of its parent's hash tell.
    pub fn checks_parent(&self, hash: &B256) -> bool {
        hash.starts_with(&self.parent_check)
    }

    /// Whether the last block's L1 origin is the block `hash`, as far as the 20 bytes the batch carries of it tell.
    pub fn checks_origin(&self, hash: &B256) -> bool {
        hash.starts_with(&self.origin_check)
    }

    /// Whether the slots that a post-exec transaction has no use for (nonce, gas, signature, y-parity, recipient) are empty in all of them.
    ///
    /// op-node rebuilds the transaction whatever they hold; the spec of Lagoon has a decoder drop such a batch (D192). Always true without
    /// post-exec transactions.
    pub const fn post_exec_slots_clear(&self) -> bool {
        self.post_exec_slots_clear
    }

    /// A cursor at the first block.
    pub const fn cursor(&self) -> SpanCursor {
        SpanCursor {
            block: 0,
            epoch: self.first_epoch,
            tx_counts: 0,
            row: RowPosition::FIRST,
        }
    }

    /// The block at the cursor, which moves to the next one; `None` after the last. The cursor must be one of this batch's.
    ///
    /// Takes time in proportion to the block's number of transactions, whose data is stepped over.
    pub fn next_element(&self, cursor: &mut SpanCursor) -> Option<SpanElement> {
        let block = Some(cursor.block).filter(|block| *block < self.block_count)?;
        let mut tx_counts = self.column(self.columns.tx_counts, self.columns.creation_bits);
        let before = tx_counts.len();
        tx_counts = tx_counts.get(cursor.tx_counts..)?;
        let tx_count = varint::split(&mut tx_counts).ok()?;

        let first_row = cursor.row;
        if tx_count > 0 {
            self.rows().skip(&mut cursor.row, tx_count)?;
        }
        // The first bit says whether the first block starts an epoch, which changes no number here.
        if block > 0 && self.origin_bits().get(block) {
            cursor.epoch = cursor.epoch.wrapping_add(1);
        }
        cursor.tx_counts = before.saturating_sub(tx_counts.len());
        cursor.block = block.saturating_add(1);
        Some(SpanElement {
            time: self.time_of(block),
            epoch_number: cursor.epoch,
            tx_count,
            first_row,
            data_len: cursor.row.data.saturating_sub(first_row.data),
        })
    }

    /// The first byte of each of a block's transactions: its type, or for legacy transactions the head of a list, 0xc0 or above.
    ///
    /// The element must be one of this batch's.
    pub fn tx_types(&self, element: &SpanElement) -> impl Iterator<Item = u8> + use<'_> {
        let mut datas = self
            .column(self.columns.tx_datas, self.columns.nonces)
            .get(element.first_row.data..)
            .unwrap_or_default();
        (0..element.tx_count)
            .map_while(move |_| span_txs::split_tx_data(&mut datas).ok().map(|tx| tx.first))
    }

    /// Rebuilds a block's transactions, EIP-2718 encoded. The element must be one of this batch's.
    pub fn transactions(&self, element: &SpanElement) -> Vec<Bytes> {
        // Every row of the batch has been read, so that no allocation here is of a size that is only claimed.
        let Ok(count) = usize::try_from(element.tx_count) else {
            return Vec::new();
        };
        let mut encoded = Vec::with_capacity(
            count
                .saturating_mul(TX_OVERHEAD)
                .saturating_add(element.data_len),
        );
        let mut ends = Vec::with_capacity(count);
        let rows = self.rows();
        let mut position = element.first_row;
        for row in (0..count).map_while(|_| rows.next(&mut position)) {
            row.put_transaction(self.chain_id, &mut encoded);
            ends.push(encoded.len());
        }
        // One allocation for all of them.
        let encoded = Bytes::from(encoded);
        let mut start = 0;
        ends.into_iter()
            .map(|end| encoded.slice(core::mem::replace(&mut start, end)..end))
            .collect()
    }

    /// Reads a batch out of `body`, the part of `channel` after the type byte. What follows the last column is ignored (D182).
    ///
    /// Faults of the columns come first, whatever comes before Delta or is wrong with a transaction: they cost more (D149).
    pub(super) fn read(
        channel: &Bytes,
        body: &[u8],
        params: &SpanParams,
        span_batches_allowed: bool,
    ) -> Result<Self, BatchFault> {
        let mut rest = body;
        let relative_time =
            varint::split(&mut rest).map_err(fault_in(SpanColumn::RelativeTimestamp))?;
        let last_epoch = varint::split(&mut rest).map_err(fault_in(SpanColumn::OriginNumber))?;
        let parent_check = prefix(&mut rest).map_err(fault_in(SpanColumn::ParentCheck))?;
        let origin_check = prefix(&mut rest).map_err(fault_in(SpanColumn::OriginCheck))?;

        let block_count = block_count(&mut rest).map_err(fault_in(SpanColumn::BlockCount))?;
        let offset = |rest: &[u8]| body.len().saturating_sub(rest.len());
        let at_origin_bits = offset(rest);
        let origin_bits =
            Bits::split(&mut rest, block_count).map_err(fault_in(SpanColumn::OriginBits))?;
        let at_tx_counts = offset(rest);
        let tx_count = tx_count(&mut rest, block_count).map_err(fault_in(SpanColumn::TxCounts))?;

        let at_creation_bits = offset(rest);
        let creations =
            Bits::split(&mut rest, tx_count).map_err(fault_in(SpanColumn::CreationBits))?;
        let at_parity_bits = offset(rest);
        Bits::split(&mut rest, tx_count).map_err(fault_in(SpanColumn::ParityBits))?;
        let at_signatures = offset(rest);
        skip(&mut rest, tx_count, 64).map_err(fault_in(SpanColumn::Signatures))?;
        let at_tos = offset(rest);
        let to_count = tx_count.saturating_sub(creations.count_ones());
        skip(&mut rest, to_count, 20).map_err(fault_in(SpanColumn::Tos))?;
        let at_tx_datas = offset(rest);
        let survey = span_txs::survey(&mut rest, tx_count, creations)
            .map_err(fault_in(SpanColumn::TxDatas))?;
        let at_nonces = offset(rest);
        skip_varints(&mut rest, tx_count).map_err(fault_in(SpanColumn::Nonces))?;
        let at_gases = offset(rest);
        skip_varints(&mut rest, tx_count).map_err(fault_in(SpanColumn::Gases))?;
        let at_protected_bits = offset(rest);
        Bits::split(&mut rest, survey.legacy_count).map_err(fault_in(SpanColumn::ProtectedBits))?;

        if !span_batches_allowed {
            return Err(BatchFault::this_batch(BatchDecodeFault::BeforeDelta));
        }
        if let Some((index, why)) = survey.fault {
            let index = index as u64;
            return Err(BatchFault::this_batch(BatchDecodeFault::Transaction {
                index,
                why,
            }));
        }
        // Steps down from the last block to the first; the first block's own bit is no step between two of them.
        let steps = origin_bits
            .count_ones()
            .saturating_sub(usize::from(origin_bits.get(0))) as u64;
        let mut batch = Self {
            data: channel.slice_ref(body),
            columns: Columns {
                origin_bits: at_origin_bits,
                tx_counts: at_tx_counts,
                creation_bits: at_creation_bits,
                parity_bits: at_parity_bits,
                signatures: at_signatures,
                tos: at_tos,
                tx_datas: at_tx_datas,
                nonces: at_nonces,
                gases: at_gases,
                protected_bits: at_protected_bits,
                end: offset(rest),
            },
            chain_id: params.l2_chain_id,
            start_time: L2Time(params.genesis_time).wrapping_add(relative_time),
            block_time: params.block_time,
            first_epoch: last_epoch.wrapping_sub(steps),
            last_epoch,
            parent_check,
            origin_check,
            block_count,
            tx_count,
            post_exec_slots_clear: true,
        };
        if survey.has_post_exec {
            batch.post_exec_slots_clear = batch.rows().all_post_exec_slots_clear(tx_count);
        }
        Ok(batch)
    }

    fn time_of(&self, block: usize) -> L2Time {
        self.start_time
            .wrapping_add(self.block_time.wrapping_mul(block as u64))
    }

    fn origin_bits(&self) -> Bits<'_> {
        Bits(self.column(self.columns.origin_bits, self.columns.tx_counts))
    }

    fn rows(&self) -> Rows<'_> {
        let at = &self.columns;
        Rows {
            creations: Bits(self.column(at.creation_bits, at.parity_bits)),
            parities: Bits(self.column(at.parity_bits, at.signatures)),
            signatures: self.column(at.signatures, at.tos),
            tos: self.column(at.tos, at.tx_datas),
            datas: self.column(at.tx_datas, at.nonces),
            nonces: self.column(at.nonces, at.gases),
            gases: self.column(at.gases, at.protected_bits),
            protected: Bits(self.column(at.protected_bits, at.end)),
        }
    }

    fn column(&self, start: usize, end: usize) -> &[u8] {
        self.data.get(start..end).unwrap_or_default()
    }
}

/// A place between two blocks of a span batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpanCursor {
    /// Index of the next block.
    block: usize,
    /// Epoch of the block before the next one; of the first block at the start.
    epoch: u64,
    /// Offset into the column of transaction counts.
    tx_counts: usize,
    row: RowPosition,
}

/// A block of a span batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpanElement {
    /// Timestamp of the block.
    pub time: L2Time,
    /// Number of its L1 origin.
    pub epoch_number: u64,
    /// Number of its transactions.
    pub tx_count: u64,
    first_row: RowPosition,
    /// Bytes of the data column that are this block's.
    data_len: usize,
}

/// Where in the batch each column starts; it ends where the next one starts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Columns {
    origin_bits: usize,
    tx_counts: usize,
    creation_bits: usize,
    parity_bits: usize,
    signatures: usize,
    tos: usize,
    tx_datas: usize,
    nonces: usize,
    gases: usize,
    protected_bits: usize,
    end: usize,
}

fn fault_in(column: SpanColumn) -> impl Fn(SpanFault) -> BatchFault {
    move |why| BatchFault::rest_of_channel(BatchDecodeFault::Span { column, why })
}

fn prefix(input: &mut &[u8]) -> Result<[u8; 20], SpanFault> {
    let (prefix, rest) = input.split_first_chunk().ok_or(SpanFault::Truncated)?;
    *input = rest;
    Ok(*prefix)
}

fn block_count(input: &mut &[u8]) -> Result<usize, SpanFault> {
    match count(input)? {
        0 => Err(SpanFault::NoBlocks),
        blocks => Ok(blocks),
    }
}

/// The sum of the blocks' transaction counts. The limit is one of each of them and of all (D27).
fn tx_count(input: &mut &[u8], blocks: usize) -> Result<usize, SpanFault> {
    let mut total = 0usize;
    for _ in 0..blocks {
        total = total.saturating_add(count(input)?);
    }
    if total as u64 > MAX_SPAN_BATCH_ELEMENT_COUNT {
        Err(SpanFault::TooMany)
    } else {
        Ok(total)
    }
}

fn count(input: &mut &[u8]) -> Result<usize, SpanFault> {
    let count = varint::split(input)?;
    if count > MAX_SPAN_BATCH_ELEMENT_COUNT {
        return Err(SpanFault::TooMany);
    }
    usize::try_from(count).map_err(|_| SpanFault::TooMany)
}

fn skip(input: &mut &[u8], count: usize, size: usize) -> Result<(), SpanFault> {
    let (_, rest) = input
        .split_at_checked(count.saturating_mul(size))
        .ok_or(SpanFault::Truncated)?;
    *input = rest;
    Ok(())
}

fn skip_varints(input: &mut &[u8], count: usize) -> Result<(), SpanFault> {
    for _ in 0..count {
        varint::split(input)?;
    }
    Ok(())
}
