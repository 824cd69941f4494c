//! From a channel of OP Mainnet to its batches: decompression, and everything that is checked before transactions are rebuilt.
//!
//! ```sh
//! valgrind --tool=callgrind --toggle-collect='*measured*' <binary> [rebuild]
//! ```
//! With `rebuild`, all of its transactions are rebuilt too. Prints the time in microseconds.

use hoike_benches::fixture;
use hoike_protocol::{
    batch::{Batch, BatchReader, SpanParams},
    compress::decompress,
};
use std::{env, hint::black_box, time::Instant};

fn main() {
    let Some(channel) = fixture("derive/channel-op-mainnet-zlib.bin") else {
        return;
    };
    let rebuild = env::args().nth(1).as_deref() == Some("rebuild");
    let start = Instant::now();
    let (blocks, transactions) = measured(&channel, rebuild);
    println!("{}", start.elapsed().as_micros());
    eprintln!("{blocks} blocks, {transactions} transactions");
}

#[inline(never)]
fn measured(channel: &[u8], rebuild: bool) -> (u64, u64) {
    let data = decompress(black_box(channel), false, MAX_RLP_BYTES)
        .expect("a channel")
        .data;
    let mut reader = BatchReader::new(data.into());
    let (mut blocks, mut transactions) = (0, 0);
    while let Some(batch) = reader.next_batch(&OP_MAINNET, true) {
        let Batch::Span(span) = batch.expect("a batch") else {
            continue;
        };
        blocks += span.block_count();
        transactions += span.tx_count();
        let mut cursor = span.cursor();
        while rebuild && let Some(element) = span.next_element(&mut cursor) {
            black_box(span.transactions(&element));
        }
        black_box(span);
    }
    (blocks, transactions)
}

const OP_MAINNET: SpanParams = SpanParams {
    l2_chain_id: 10,
    genesis_time: 1_686_068_903,
    block_time: 2,
};
const MAX_RLP_BYTES: u64 = 10_000_000;
