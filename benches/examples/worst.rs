//! What a batcher can make derivation do at most: time and memory of the worst inputs there are, of sizes that one chooses.
//!
//! ```sh
//! cargo run --release -p hoike-benches --example worst -- <case> <size>
//! ```
//! Prints milliseconds, MB of memory at the peak beyond the witness, and what was derived. `scripts/worst.sh` runs all of them.

use alloy_primitives::{B256, Bytes};
use hoike_derive::{Event, Sink};
use hoike_native::Native;
use hoike_preimage::{Trusted, Witness};
use hoike_program::{Boot, Watch, run};
use hoike_protocol::Fork;
use hoike_protocol::frame::{ChannelId, Frame};
use hoike_testkit::batcher::stream;
use hoike_testkit::span::Row;
use hoike_testkit::{BatchBlock, Chain, Channel, Compression, Setup, Span, item};
use std::{env, fs, process, time::Instant};

/// Name, what the size counts, and how the chain is made.
type Case = (&'static str, &'static str, fn(usize) -> Chain);

const CASES: &[Case] = &[
    (
        "queue",
        "bytes of batches that wait in the queue until Holocene",
        queue,
    ),
    (
        "past",
        "bytes of batches that are read and skipped from Holocene on",
        past,
    ),
    ("stored", "the same, compressed to as many bytes", stored),
    ("brotli", "the same in brotli", brotli),
    ("span", "blocks of one span before Holocene", |n| {
        span(Fork::Granite, n)
    }),
    (
        "span-holocene",
        "blocks of one span from Holocene on",
        |n| span(Fork::Holocene, n),
    ),
    ("txs", "transactions of one span before Holocene", |n| {
        txs(Fork::Granite, n)
    }),
    (
        "txs-holocene",
        "transactions of one span from Holocene on",
        |n| txs(Fork::Holocene, n),
    ),
    (
        "frames",
        "frames of one byte in each of ten L1 blocks, one channel",
        |n| frames(Fork::Granite, n),
    ),
    ("frames-holocene", "the same from Holocene on", |n| {
        frames(Fork::Holocene, n)
    }),
    (
        "bank",
        "channels open in the bank, of which the oldest is read",
        |n| bank(Fork::Bedrock, n),
    ),
    (
        "bank-canyon",
        "channels open in the bank, of which any may be read",
        |n| bank(Fork::Canyon, n),
    ),
    (
        "prune",
        "first frames in one item, each of which makes the one before void",
        prune,
    ),
    (
        "window",
        "L1 blocks of an empty sequencing window, and ten more",
        window,
    ),
];

fn main() {
    let mut args = env::args().skip(1);
    let case = args.next().unwrap_or_default();
    let size = args.next().and_then(|size| size.parse().ok());
    let found = CASES.iter().find(|(name, ..)| *name == case);
    let (Some((name, counts, make)), Some(size)) = (found, size) else {
        for (name, counts, _) in CASES {
            eprintln!("{name} <{counts}>");
        }
        process::exit(64);
    };
    let mut chain = make(size);
    let boot = chain.claim(0, u64::MAX, B256::ZERO);
    let witness = chain.witness();
    drop(chain);
    // From here on the peak is counted anew.
    fs::write("/proc/self/clear_refs", "5").expect("Linux counts a process' memory");
    let before = memory("VmRSS:");
    let start = Instant::now();
    let (number, told) = measured(&boot, witness);
    let took = start.elapsed().as_secs_f64() * 1e3;
    let beyond = memory("VmHWM:").saturating_sub(before) / 1024;
    println!(
        "{name} {size} ({counts}): {took:.1} ms, {beyond} MB, derived {number} blocks, {told} events"
    );
}

#[inline(never)]
fn measured(boot: &Boot, witness: Witness) -> (u64, u64) {
    let mut oracle = Trusted::assume_checked_by_vm(witness);
    let mut told = Told(0);
    let outcome = run(boot, &mut oracle, &mut Native::new(), &mut told).expect("a verdict");
    (outcome.compared.number, told.0)
}

/// Counts events.
struct Told(u64);

impl Sink for Told {
    fn event(&mut self, _: Event) {
        self.0 += 1;
    }
}

impl Watch for Told {}

/// A line of the process' status, in KB.
fn memory(line: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let of_line = status.lines().find_map(|text| text.strip_prefix(line));
    let number = of_line.and_then(|text| text.split_whitespace().next());
    number
        .and_then(|text| text.parse().ok())
        .expect("a number of KB")
}

fn chain(fork: Fork) -> Chain {
    let setup = Setup::at(fork).with(|setup| {
        setup.seq_window_size = 100_000;
        setup.channel_timeout = 50_000;
    });
    setup.begin()
}

/// What a batch says of the first block.
fn first_block(chain: &mut Chain) -> BatchBlock {
    let block = chain.empty_blocks(1).remove(0);
    chain.rewind(0);
    block
}

/// Sends a channel in frames of at most a million bytes, eight an L1 block: from Granite on it has to be whole within 50 of them.
fn send(chain: &mut Chain, channel: &Channel) {
    for frames in channel.frames(1_000_000).chunks(8) {
        let mut block = chain.l1();
        for frame in frames {
            block = block.calldata(item(std::slice::from_ref(frame)));
        }
        block.mine();
    }
}

/// A channel of the same batch again and again. `time` makes the batch's time of that of the first block.
fn channel(
    chain: &mut Chain,
    bytes: usize,
    compression: Compression,
    time: impl Fn(u64) -> u64,
) -> Channel {
    let mut block = first_block(chain);
    block.time = time(block.time);
    let one = stream(&[block.singular()]);
    Channel::raw(1, compression.compress(&one.repeat(bytes / one.len())))
}

fn queue(bytes: usize) -> Chain {
    let mut chain = chain(Fork::Granite);
    let channel = channel(&mut chain, bytes, Compression::Zlib(1), |time| time + 1_000);
    send(&mut chain, &channel);
    chain
}

fn past_by(bytes: usize, compression: Compression) -> Chain {
    let mut chain = chain(Fork::Holocene);
    chain.mine(1);
    let channel = channel(&mut chain, bytes, compression, |time| time - 2);
    send(&mut chain, &channel);
    chain
}

fn past(bytes: usize) -> Chain {
    past_by(bytes, Compression::Zlib(1))
}

fn stored(bytes: usize) -> Chain {
    past_by(bytes, Compression::Stored)
}

fn brotli(bytes: usize) -> Chain {
    past_by(bytes, Compression::Brotli)
}

/// Before Holocene the span is dropped at its last block, whose transaction's type no batch may have yet, so that everything before it is looked at.
fn span(fork: Fork, blocks: usize) -> Chain {
    let mut chain = chain(fork);
    chain.mine(1);
    let first = first_block(&mut chain);
    let mut span = Span::empty(&first, blocks, chain.rules.rollup.genesis.l2_time);
    span.rows.push(Row::of(&chain.user_tx(0, 0, 4)));
    if let Some(last) = span.counts.last_mut() {
        *last = 1;
    }
    send(
        &mut chain,
        &Channel::of(1, &[span.encode()], Compression::Zlib(1)),
    );
    chain
}

/// All transactions are in the first block, which is invalid for their gas.
fn txs(fork: Fork, count: usize) -> Chain {
    let mut chain = chain(fork);
    chain.mine(1);
    let first = first_block(&mut chain);
    let mut span = Span::empty(&first, 1, chain.rules.rollup.genesis.l2_time);
    span.counts = vec![count as u64];
    span.rows = vec![Row::of(&chain.transfer()); count];
    send(
        &mut chain,
        &Channel::of(1, &[span.encode()], Compression::Zlib(1)),
    );
    chain
}

fn frame(id: u64, number: usize, data: &Bytes) -> Frame {
    let mut name = [0; 16];
    name[..8].copy_from_slice(&id.to_be_bytes());
    Frame {
        id: ChannelId(name),
        number: number as u16,
        data: data.clone(),
        is_last: false,
    }
}

fn frames(fork: Fork, count: usize) -> Chain {
    let mut chain = chain(fork);
    let byte = Bytes::from_static(&[0x78]);
    for block in 0..10 {
        let frames: Vec<_> = (0..count)
            .map(|i| frame(0, block * count + i, &byte))
            .collect();
        chain.l1().calldata(item(&frames)).mine();
    }
    chain
}

fn bank(fork: Fork, count: usize) -> Chain {
    let mut chain = chain(fork);
    let byte = Bytes::from_static(&[0x78]);
    let frames: Vec<_> = (0..count).map(|i| frame(i as u64, 0, &byte)).collect();
    for part in frames.chunks(20_000) {
        chain.l1().calldata(item(part)).mine();
    }
    chain
}

fn prune(count: usize) -> Chain {
    let mut chain = chain(Fork::Holocene);
    let byte = Bytes::from_static(&[0x78]);
    let frames: Vec<_> = (0..count).map(|i| frame(i as u64, 0, &byte)).collect();
    chain.l1().calldata(item(&frames)).mine();
    chain
}

fn window(blocks: usize) -> Chain {
    let setup = Setup::at(Fork::Holocene).with(|setup| setup.seq_window_size = blocks as u64);
    let mut chain = setup.begin();
    chain.mine(blocks as u64 + 10);
    chain
}
