//! The timeline for a program. The form is documented in `docs/explain.md`; a change that breaks readers gets a new version.

use super::{
    claimant::Comparison,
    codes::Code,
    reason,
    summary::Totals,
    timeline::{
        Batch, BatchOutcome, Carries, Channel, ChannelEnd, Entry, Fate, Item, ItemOutcome, L1Block,
        L2Block, MadeOf, Receipts, Refused,
    },
    view::{View, batch_of},
};
use alloy_primitives::hex;
use hoike_protocol::{L2Time, Rules, batch::Scope, config::update::ConfigUpdate};
use serde_json::{Value, json};

/// Of the form of the object.
pub(crate) const VERSION: u64 = 1;

pub(crate) fn l1_blocks(view: &View<'_>) -> Value {
    let blocks = view.timeline.l1.iter().filter(|block| view.l1_block(block));
    blocks.map(l1_block).collect()
}

fn l1_block(block: &L1Block) -> Value {
    let mut updates = Vec::new();
    let mut deposit_fault = Value::Null;
    for entry in &block.log {
        match entry {
            Entry::ConfigUpdated { log_index, update } => updates.push(json!({
                "log_index": log_index, "kind": update.code(), "value": value(update), "skipped": null,
            })),
            Entry::ConfigSkipped { log_index, why } => updates.push(json!({
                "log_index": log_index, "kind": null, "value": null, "skipped": reason::update(why).json(),
            })),
            Entry::DepositUnreadable { log_index, why } => {
                deposit_fault = json!({ "log_index": log_index, "why": reason::deposit(why).json() });
            }
            _ => {}
        }
    }
    let transactions = block.transactions.iter().enumerate().map(|(at, tx)| {
        let items = block.items.iter().filter(|item| item.transaction == at);
        let (carries, ignored) = match tx.carries {
            Carries::Calldata => ("calldata", Value::Null),
            Carries::Blobs(_) => ("blobs", Value::Null),
            Carries::Nothing(why) => ("nothing", reason::inbox(&why).json()),
        };
        let blobs = match tx.carries {
            Carries::Blobs(count) => Some(count),
            Carries::Calldata | Carries::Nothing(_) => None,
        };
        json!({
            "index": tx.index, "hash": tx.hash, "carries": carries, "blobs": blobs, "ignored": ignored,
            "items": items.map(item).collect::<Value>(),
        })
    });
    json!({
        "number": block.at.number,
        "hash": block.at.hash,
        "time": block.at.time,
        "receipts": match block.receipts {
            Receipts::Read => "read",
            Receipts::Skipped => "skipped",
            Receipts::NotNeeded => "not_needed",
        },
        "deposits": block.deposits,
        "deposit_fault": deposit_fault,
        "config_updates": updates,
        "transactions": transactions.collect::<Value>(),
    })
}

fn item(item: &Item) -> Value {
    let (outcome, why) = match item.outcome {
        ItemOutcome::Unread => ("unread", Value::Null),
        ItemOutcome::Frames(_) => ("frames", Value::Null),
        ItemOutcome::Rejected(why) => ("rejected", reason::frames(&why).json()),
        ItemOutcome::BlobIgnored(why) => ("blob_ignored", reason::blob(&why).json()),
    };
    let frames = item.frames.iter().map(|frame| {
        let (channel, bytes, last, dropped) = match frame.fate {
            Fate::Taken {
                channel,
                bytes,
                last,
            } => (Some(channel), Some(bytes), Some(last), Value::Null),
            Fate::Dropped(why) => (None, None, None, reason::frame(why).json()),
        };
        json!({
            "channel": channel, "channel_id": frame.channel.to_string(), "number": frame.number,
            "bytes": bytes, "last": last, "dropped": dropped,
        })
    });
    json!({
        "blob": item.blob, "bytes": item.bytes, "outcome": outcome, "why": why,
        "frames": frames.collect::<Value>(),
    })
}

/// What a config update sets: a number, or hex for what is no number.
fn value(update: &ConfigUpdate) -> Value {
    match update {
        ConfigUpdate::Batcher(batcher) => json!(batcher),
        ConfigUpdate::FeeScalars { overhead, scalar } => {
            json!({ "overhead": overhead, "scalar": scalar })
        }
        ConfigUpdate::GasLimit(limit) => json!(limit),
        ConfigUpdate::UnsafeBlockSigner => Value::Null,
        ConfigUpdate::Eip1559Params(params) => json!(params),
        ConfigUpdate::OperatorFee(params) => json!(params),
        ConfigUpdate::MinBaseFee(fee) => json!(fee),
        ConfigUpdate::DaFootprintGasScalar(scalar) => json!(scalar),
    }
}

pub(crate) fn channels(view: &View<'_>) -> Value {
    let channels = view.timeline.channels.iter().enumerate();
    channels
        .filter(|(_, channel)| view.channel(channel))
        .map(|(at, of)| channel(at, of))
        .collect()
}

fn channel(at: usize, channel: &Channel) -> Value {
    let (outcome, why) = match channel.end {
        ChannelEnd::Open => ("incomplete", Value::Null),
        ChannelEnd::Read { .. } => ("read", Value::Null),
        ChannelEnd::Unreadable(why) => ("unreadable", reason::unreadable_channel(&why).json()),
        ChannelEnd::Dropped(why) => ("dropped", reason::channel(why).json()),
    };
    let (compression, compressed, decompressed, stream) = match channel.end {
        ChannelEnd::Read {
            algorithm,
            compressed_bytes,
            bytes,
            stream,
        } => (
            Some(algorithm.code()),
            Some(compressed_bytes),
            Some(bytes),
            reason::end(&stream).json(),
        ),
        ChannelEnd::Open | ChannelEnd::Unreadable(_) | ChannelEnd::Dropped(_) => {
            (None, None, None, Value::Null)
        }
    };
    let sources = channel.sources.iter().map(|source| {
        json!({
            "l1_block": source.l1, "transaction": source.transaction, "transaction_hash": source.hash,
            "frames": source.frames,
        })
    });
    let unreadable = channel.unreadable.iter().map(|fault| {
        json!({
            "why": reason::unreadable_batch(&fault.why).json(),
            "rest_of_channel_lost": fault.scope == Scope::RestOfChannel,
        })
    });
    json!({
        "channel": at,
        "id": hex::encode(channel.id.0),
        "opened_at": channel.opened_at,
        "ended_at": channel.ended_at,
        "frames": channel.frames,
        "frame_bytes": channel.bytes,
        "outcome": outcome,
        "why": why,
        "compression": compression,
        "compressed_bytes": compressed,
        "decompressed_bytes": decompressed,
        "stream_end": stream,
        "flushed_bytes": channel.rest_dropped,
        "batches": channel.batches,
        "unreadable_batches": unreadable.collect::<Value>(),
        "sources": sources.collect::<Value>(),
    })
}

pub(crate) fn batches(view: &View<'_>) -> Value {
    let batches = view.timeline.batches.iter().enumerate();
    batches
        .filter(|(_, batch)| view.batch(batch))
        .map(|(at, of)| batch(at, of, view))
        .collect()
}

fn batch(at: usize, batch: &Batch, view: &View<'_>) -> Value {
    let refused = batch
        .refused
        .and_then(|refused| view.timeline.refused.get(refused));
    let dropped = batch.dropped.map(|dropped| {
        json!({
            "l1_block": dropped.l1,
            "from_block": view.grid.number(dropped.time),
            "why": reason::batch(&dropped.why, &view.grid).json(),
        })
    });
    json!({
        "batch": at,
        "channel": batch.channel,
        "kind": if batch.span.is_some() { "span" } else { "singular" },
        "read_at": batch.read_at,
        "time": batch.time.0,
        "first_block": view.grid.number(batch.time),
        "block_count": batch.block_count(),
        "transactions": batch.transactions,
        "outcome": outcome(batch.outcome()),
        "accepted_at": batch.accepted_at,
        "accepted_blocks": batch.blocks,
        "dropped": dropped,
        "payload_invalid": refused.map(refused_payload),
    })
}

const fn outcome(outcome: BatchOutcome) -> &'static str {
    match outcome {
        BatchOutcome::Accepted => "accepted",
        BatchOutcome::CutShort => "cut_short",
        BatchOutcome::PayloadInvalid => "payload_invalid",
        BatchOutcome::Dropped => "dropped",
        BatchOutcome::Undecided => "undecided",
        BatchOutcome::Waiting => "waiting",
    }
}

fn refused_payload(refused: &Refused) -> Value {
    json!({
        "block": refused.number, "l1_block": refused.l1, "replaced": refused.replaced,
        "why": refused.why.as_ref().map(reason::Reason::json),
    })
}

pub(crate) fn l2_blocks(view: &View<'_>, rules: &Rules) -> Value {
    let blocks = view.timeline.l2.iter().filter(|block| view.l2_block(block));
    blocks.map(|block| l2_block(block, view, rules)).collect()
}

fn l2_block(block: &L2Block, view: &View<'_>, rules: &Rules) -> Value {
    let batch = batch_of(view.timeline, block);
    let channel = batch
        .and_then(|batch| view.timeline.batches.get(batch))
        .map(|batch| batch.channel);
    let (kind, refused) = match block.made_of {
        MadeOf::Batch(_) => ("batch", None),
        MadeOf::Nothing => ("empty", None),
        MadeOf::DepositsOnly(refused) => ("deposits_only", view.timeline.refused.get(refused)),
    };
    let activates = rules.at_l2(L2Time(block.time)).activates;
    json!({
        "number": block.number,
        "hash": block.hash,
        "time": block.time,
        "l1_origin": { "number": block.origin.number, "hash": block.origin.hash },
        "sequence_number": block.sequence_number,
        "transactions": block.transactions,
        "deposits": block.deposits,
        "gas_used": block.gas_used,
        "state_root": block.state_root,
        "output_root": block.output_root,
        "kind": kind,
        "batch": batch,
        "channel": channel,
        "payload_invalid": refused.map(refused_payload),
        "activates": activates.iter().map(|fork| fork.name()).collect::<Vec<_>>(),
        "derived_at": block.derived_at,
        "safe_at": block.safe_at,
        "undone": block.undone,
    })
}

pub(crate) fn summary(totals: &Totals, view: &View<'_>) -> Value {
    let timeline = view.timeline;
    let batches = |of| totals.batches.get(&of).copied().unwrap_or(0);
    json!({
        "l1_blocks": timeline.l1.len(),
        "receipts_read": totals.receipts_read,
        "deposits": totals.deposits,
        "config_updates": totals.config_updates,
        "config_updates_skipped": totals.config_skipped,
        "batcher_transactions": totals.transactions,
        "ignored_transactions": totals.ignored,
        "blobs": totals.blobs,
        "blobs_ignored": totals.blobs_ignored,
        "data_bytes": totals.bytes,
        "items_rejected": totals.items_rejected,
        "frames": totals.frames,
        "frames_dropped": totals.frames_dropped,
        "channels": timeline.channels.len(),
        "channels_read": totals.channels_read,
        "channels_incomplete": totals.channels_open,
        "channels_unreadable": totals.channels_unreadable,
        "channels_dropped": totals.channels_dropped,
        "batches": timeline.batches.len(),
        "batches_accepted": batches(BatchOutcome::Accepted),
        "batches_cut_short": batches(BatchOutcome::CutShort),
        "batches_payload_invalid": batches(BatchOutcome::PayloadInvalid),
        "batches_undecided": batches(BatchOutcome::Undecided),
        "batches_waiting": batches(BatchOutcome::Waiting),
        "batches_dropped": totals.batches_dropped,
        "batches_unreadable": totals.batches_unreadable,
        "l2_blocks": totals.from_batches + totals.empty + totals.deposits_only,
        "l2_blocks_empty": totals.empty,
        "l2_blocks_deposits_only": totals.deposits_only,
        "l2_blocks_undone": totals.undone,
        "l2_transactions": totals.l2_transactions,
        "gas_used": totals.gas_used,
    })
}

pub(crate) fn comparison(comparison: &Comparison<'_>) -> Value {
    match comparison {
        Comparison::Differ {
            number, in_what, ..
        } => {
            let differences = in_what.iter().map(
                |one| json!({ "field": one.field, "claimed": one.claimed, "derived": one.derived }),
            );
            json!({
                "outcome": "differ", "first_different_block": number,
                "differences": differences.collect::<Value>(),
            })
        }
        Comparison::Underivable { number, last } => {
            json!({ "outcome": "underivable", "first_different_block": number, "last_derivable_block": last })
        }
        Comparison::Same { blocks } => json!({ "outcome": "same", "blocks_compared": blocks }),
    }
}
