//! Adversaries at every layer: whatever L1 carries, derivation ends with a chain or says why it cannot go on, and takes no longer than the data is long.

use crate::basics::channel_item;
use alloy_primitives::Bytes;
use hoike_derive::Halt;
use hoike_protocol::Fork;
use hoike_testkit::{
    BatchBlock, Blob, Chain, Channel, Compression, Deposit, GENESIS_TIME, INBOX, L1_CHAIN, L1Log,
    L1Tx, Meaning, PORTAL, Pace, Rng, SYSTEM_CONFIG, Setup, Span,
    adversary::{self, Layer},
    batcher::stream,
    derive, item, judge,
    l1::update_log,
};

/// Puts damage of this layer on L1, of blocks that would be valid.
fn attack(chain: &mut Chain, layer: Layer, rng: &mut Rng) {
    let blocks: Vec<BatchBlock> = chain.l2.blocks[1..].iter().map(|b| b.batch()).collect();
    let id = rng.below(4) as u8;
    let spans = rng.one_in(2);
    let mut batches = if spans {
        let (a, b) = blocks.split_at(rng.below(blocks.len() - 1) + 1);
        let spans = [a, b].into_iter().filter(|blocks| !blocks.is_empty());
        spans
            .map(|blocks| Span::of(blocks, GENESIS_TIME).encode())
            .collect()
    } else {
        blocks.iter().map(BatchBlock::singular).collect::<Vec<_>>()
    };
    let compression = *rng.pick(&[
        Compression::Zlib(6),
        Compression::Stored,
        Compression::Brotli,
    ]);
    let whole = |data: Vec<u8>| Channel::raw(id, data).item();
    match layer {
        Layer::FieldElements => {
            let item = Channel::of(id, &batches, compression).item();
            let mut contents = Blob::carrying(&item).contents;
            adversary::field_elements(&mut contents, rng);
            let tx = L1Tx::blobs(
                &chain.batcher,
                L1_CHAIN,
                INBOX,
                vec![Blob::of(contents)],
                Bytes::new(),
            );
            chain.l1().tx(tx).mine();
        }
        Layer::Item => {
            let item = item(&Channel::of(id, &batches, compression).frames(60));
            let damaged = adversary::bytes(&item, rng);
            chain.l1().calldata(damaged.into()).mine();
        }
        Layer::Frames => {
            let frames = Channel::of(id, &batches, compression).in_frames(4);
            let frames = adversary::frames(&frames, rng);
            let (a, b) = frames.split_at(rng.below(frames.len() + 1));
            chain.l1().calldata(item(a)).mine();
            chain.l1().calldata(item(b)).mine();
        }
        Layer::Channel => {
            let data = Channel::of(id, &batches, compression).data;
            let damaged = adversary::bytes(&data, rng);
            chain.l1().calldata(whole(damaged)).mine();
        }
        Layer::Stream => {
            let damaged = adversary::bytes(&stream(&batches), rng);
            chain
                .l1()
                .calldata(whole(compression.compress(&damaged)))
                .mine();
        }
        Layer::Batch => {
            let at = rng.below(batches.len());
            batches[at] = adversary::bytes(&batches[at], rng);
            chain.l1().calldata(channel_item(id, &batches)).mine();
        }
        Layer::Span => {
            let from = rng.below(blocks.len());
            let span = adversary::span(&Span::of(&blocks[from..], GENESIS_TIME), rng);
            chain
                .l1()
                .calldata(channel_item(id, &[span.encode()]))
                .mine();
        }
        Layer::Logs => {
            let user = chain.users[0].address();
            let deposit = Deposit::of(user, user, 5).log(PORTAL);
            let update = hoike_protocol::config::update::ConfigUpdate::GasLimit(35_000_000);
            let honest = if spans {
                deposit
            } else {
                update_log(SYSTEM_CONFIG, &update)
            };
            let log = adversary::log(&honest, rng);
            let meaning = Meaning::Nothing;
            chain.l1().logs(vec![L1Log { log, meaning }]).mine();
        }
    }
}

fn attacked(fork: Fork, layer: Layer, seed: u64) -> Chain {
    let mut rng = Rng::new(seed);
    let mut chain = Setup::at(fork)
        .with(|setup| {
            setup.seq_window_size = 8;
            setup.l1_before_genesis = 0;
        })
        .begin();
    chain.mine(rng.below(3) as u64);
    chain.blocks(3 + rng.below(6) as u64);
    for _ in 0..2 {
        attack(&mut chain, layer, &mut rng);
    }
    // Then nothing but empty blocks until the window forces some.
    chain.mine(10);
    chain
}

/// Steps: each L1 block takes a few, each L2 block one or two, an overlap one more. Nothing in these chains is larger than that.
fn bound(chain: &Chain, built: usize) -> u64 {
    (8 * chain.l1.len() + 4 * built + 64) as u64
}

#[test]
fn damage_ends_in_a_chain_or_an_error() {
    let (mut halts, mut short, mut forced) = (0, 0, 0);
    for layer in Layer::ALL {
        for fork in [Fork::Bedrock, Fork::Granite, Fork::Holocene, Fork::Jovian] {
            for seed in 0..10 {
                let mut chain = attacked(fork, layer, seed);
                let store = chain.store();
                let name = format!("{layer:?} {fork} {seed}");
                let all = Pace {
                    repeat: true,
                    pester: true,
                    stall: true,
                    copy: true,
                    plain: false,
                };
                let derived = derive(&chain, &store, 0, Pace::default());
                assert_eq!(derive(&chain, &store, 0, all), derived, "{name}");
                let built = derived.journal.count(|event| {
                    matches!(
                        event,
                        hoike_derive::Event::BatchAccepted { .. }
                            | hoike_derive::Event::EmptyBatch { .. }
                    )
                });
                let limit = bound(&chain, built);
                assert!(
                    derived.steps <= limit,
                    "{name}: {} steps, {built} blocks",
                    derived.steps
                );
                match &derived.halt {
                    // Deposits may never be ignored: the only damage that ends a chain.
                    Some(Halt::Deposit { .. }) => {
                        assert_eq!(layer, Layer::Logs, "{name}");
                        halts += 1;
                    }
                    Some(other) => panic!("{name}: {other:?}"),
                    None => {
                        // The window has passed for the first epochs, whatever became of the batches.
                        assert!(!derived.blocks.is_empty(), "{name}");
                        let forced_here = derived.journal.forced().len();
                        forced += usize::from(forced_here > 0);
                        short += usize::from(derived.blocks.len() < chain.tip() as usize);
                    }
                }
                // The program comes to the same.
                let boot = chain.claim(0, 1_000, chain.block(0).output_root());
                match (judge(&boot, &store.to_witness()), &derived.halt) {
                    (Ok(judged), None) => {
                        let last = derived.blocks.last().expect("a block");
                        assert_eq!(judged.outcome.compared.hash, *last, "{name}");
                    }
                    (Err(hoike_program::Error::Halted(why)), Some(halt)) => assert_eq!(why, *halt),
                    (other, halt) => panic!("{name}: {other:?}, {halt:?}"),
                }
            }
        }
    }
    // The damage is of some use.
    assert!(halts > 3 && forced > 50, "{halts} {short} {forced}");
}

/// Damage of all layers in one L1 block with good data: what is good before it stays good, and what comes after it in a channel of its own, too.
#[test]
fn damage_does_not_spread() {
    for fork in [Fork::Granite, Fork::Holocene, Fork::Karst] {
        for seed in 0..25 {
            let mut rng = Rng::new(seed);
            let mut chain = Setup::at(fork).begin();
            let first = chain.blocks(3);
            let second = chain.blocks(3);
            let good: Vec<Bytes> = [&first, &second]
                .into_iter()
                .zip([11, 12])
                .map(|(blocks, id)| channel_item(id, &crate::basics::singular(blocks)))
                .collect();
            // No frame of these opens a channel that the good ones would have to get past, and no batch of them is readable.
            let mut noise = || -> Bytes {
                let length = rng.below(300);
                let data = rng.bytes(length);
                match rng.below(3) {
                    0 => data.into(),
                    1 => Channel::raw(5, data).item(),
                    _ => Channel::raw(6, Compression::Zlib(6).compress(&data)).item(),
                }
            };
            let draft = chain
                .l1()
                .calldata(noise())
                .calldata(good[0].clone())
                .calldata(noise());
            draft
                .blobs(&[noise()])
                .calldata(good[1].clone())
                .calldata(noise())
                .mine();
            chain.check();
        }
    }
}
