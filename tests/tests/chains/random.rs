//! Random honest chains: whatever a sequencer and a batcher may do, chosen by a seed.

use alloy_primitives::{Address, B64, B256, Bytes, U256};
use hoike_protocol::{Fork, config::update::ConfigUpdate};
use hoike_testkit::{
    BatchBlock, Case, Chain, Channel, Compression, Deposit, Key, Post, Rng, Setup, interleave, item,
};

/// A chain of all this seed says, all of whose L2 blocks are derived in the end. It begins with some fork, and up to two others come.
pub(crate) fn chain(seed: u64) -> Chain {
    let mut rng = Rng::new(seed);
    let first = rng.below(crate::basics::FORKS.len());
    let mut setup = Setup::at(crate::basics::FORKS[first]);
    let mut seconds = 0;
    for fork in crate::basics::FORKS
        .into_iter()
        .skip(first + 1)
        .take(rng.below(3))
    {
        seconds += 1 + rng.below(60) as u64;
        setup = setup.then(fork, seconds);
    }
    let mut chain = setup
        .with(|setup| {
            setup.block_time = *rng.pick(&[1, 2, 4, 12]);
            setup.channel_timeout = 20;
            setup.seq_window_size = 60;
            setup.variants.holocene_overlap = hoike_protocol::rules::HoloceneOverlap::Compared;
        })
        .begin();
    let mut id = 0;
    for _ in 0..4 {
        for _ in 0..rng.below(3) {
            l1_block(&mut chain, &mut rng, Vec::new());
        }
        let channels: Vec<Channel> = (0..=rng.below(2))
            .map(|_| {
                id += 1;
                channel(&mut chain, id, &mut rng)
            })
            .collect();
        send(&mut chain, channels, &mut rng);
    }
    chain
}

/// Whether Holocene's rules hold for the data of the next L1 blocks, or may within a few of them.
fn holocene_soon(chain: &Chain) -> bool {
    let time = chain.l1_tip().header.timestamp + 20 * 24;
    chain
        .rules
        .at_inclusion(hoike_protocol::InclusionTime(time))
        .holocene
}

fn channel(chain: &mut Chain, id: u8, rng: &mut Rng) -> Channel {
    let before = chain.tip();
    for _ in 0..1 + rng.below(6) {
        let next = chain.l2.next_rules();
        let user = if next.user_txs_forbidden.is_some() || rng.one_in(4) {
            Vec::new()
        } else {
            let kinds: &[u8] = if next.set_code_txs {
                &[0, 1, 2, 4]
            } else {
                &[0, 1, 2]
            };
            let user = rng.below(chain.users.len());
            (0..rng.below(4) as u64)
                .map(|ahead| chain.user_tx(user, ahead, *rng.pick(kinds)))
                .collect()
        };
        // A sequencer may stay with an origin as long as it likes, within the drift.
        let lag = chain.l1_tip().header.number - chain.l2.tip().origin.number;
        let origin = if rng.one_in(3) && lag < 8 {
            chain.l2.tip().origin.number
        } else {
            chain.next_origin()
        };
        chain.sequence_on(origin, user).expect("a valid payload");
    }
    // A span may begin in what was sent before.
    let from = if rng.one_in(4) {
        before.saturating_sub(rng.below(3) as u64)
    } else {
        before
    };
    let block = |number| chain.block(number).batch();
    let old: Vec<BatchBlock> = (from + 1..=before).map(block).collect();
    let blocks: Vec<BatchBlock> = (before + 1..=chain.tip()).map(block).collect();
    let spans = spans_from_here_on(chain);
    let how = if spans && rng.one_in(2) {
        Post::Span
    } else {
        Post::Singular
    };
    let genesis_time = chain.rules.rollup.genesis.l2_time;
    let batches: Vec<Vec<u8>> = match how {
        Post::Singular => how.batches(&blocks, genesis_time),
        // In two spans, the first with the overlap.
        Post::Span => {
            let (a, b) = blocks.split_at(rng.below(blocks.len()));
            let spans = [[&old[..], a].concat(), b.to_vec()];
            let spans = spans.iter().filter(|blocks| !blocks.is_empty());
            spans
                .flat_map(|blocks| how.batches(blocks, genesis_time))
                .collect()
        }
    };
    let now = chain.l1_tip().header.timestamp;
    let brotli = chain
        .rules
        .at_inclusion(hoike_protocol::InclusionTime(now))
        .brotli;
    let compression = match rng.below(4) {
        0 if brotli => Compression::Brotli,
        1 => Compression::Stored,
        2 => Compression::Zlib(1),
        _ => Compression::Zlib(9),
    };
    Channel::of(id, &batches, compression)
}

/// Whether spans count for data of the next L1 block, and for all origins that may be meant.
fn spans_from_here_on(chain: &Chain) -> bool {
    let oldest = chain.l1_block(chain.l2.tip().origin.number.saturating_sub(9).max(1_000));
    chain
        .rules
        .at_origin(oldest.reference().as_origin())
        .span_batches
}

/// Sends channels so that all of them count: from Holocene on one after the other, before it in any order.
fn send(chain: &mut Chain, channels: Vec<Channel>, rng: &mut Rng) {
    let frames: Vec<_> = channels
        .iter()
        .map(|channel| channel.frames(1 + channel.data.len() / (1 + rng.below(4))))
        .collect();
    let frames = if holocene_soon(chain) {
        frames.concat()
    } else {
        let mut frames = interleave(&frames);
        rng.shuffle(&mut frames);
        // Which channel is first decides before Canyon; its batches wait for their turn.
        frames
    };
    // The activation of Holocene would take what is incomplete.
    let together = holocene_soon(chain);
    let mut rest = &frames[..];
    while !rest.is_empty() {
        let count = if together {
            rest.len()
        } else {
            1 + rng.below(rest.len())
        };
        let (now, later) = rest.split_at(count);
        rest = later;
        l1_block(chain, rng, now.chunks(2).map(item).collect());
    }
}

/// An L1 block with these items, each as calldata or in a blob, and whatever else there may be.
fn l1_block(chain: &mut Chain, rng: &mut Rng, items: Vec<Bytes>) {
    let users: Vec<_> = chain.users.iter().map(Key::address).collect();
    let config = chain.l1_tip().config;
    let time = chain.l1_tip().header.timestamp + 12;
    let rules = chain
        .rules
        .at_inclusion(hoike_protocol::InclusionTime(time));
    let mut draft = chain.l1();
    for item in items {
        draft = if rules.blobs && rng.one_in(3) {
            draft.blobs(&[item])
        } else {
            draft.calldata(item)
        };
        if rng.one_in(4) {
            draft = draft.noise();
        }
    }
    if rng.one_in(3) {
        // Not a user: the nonces of those are planned block by block.
        let (from, to) = (Address::repeat_byte(0x33), *rng.pick(&users));
        draft = draft.deposit(&Deposit::of(from, to, rng.below(1_000) as u64));
    }
    if rng.one_in(3) {
        let mut word = [0; 32];
        word[31] = rng.next_u64() as u8;
        let update = match rng.below(7) {
            0 => ConfigUpdate::GasLimit(config.gas_limit + 1_000),
            1 => ConfigUpdate::Eip1559Params(B64::new([0, 0, 0, 50, 0, 0, 0, 3])),
            2 => ConfigUpdate::MinBaseFee(rng.below(1_000) as u64),
            3 => ConfigUpdate::DaFootprintGasScalar(rng.below(500) as u16),
            4 => ConfigUpdate::OperatorFee(B256::new(word)),
            5 => {
                let mut scalar = word;
                scalar[0] = 1;
                ConfigUpdate::FeeScalars {
                    overhead: U256::from(7),
                    scalar: B256::new(scalar),
                }
            }
            _ => ConfigUpdate::UnsafeBlockSigner,
        };
        draft = draft.update(&update);
    }
    draft.mine();
}

#[test]
fn random_honest_chains_are_derived() {
    for seed in 0..40 {
        let mut chain = chain(seed);
        let tip = chain.tip();
        let boot = chain.claim(0, tip, chain.l2.tip().output_root());
        let judged = chain.judge(&boot);
        let judged = judged.unwrap_or_else(|why| panic!("seed {seed}: {why}"));
        assert_eq!(
            judged.outcome.compared.number,
            tip,
            "seed {seed}\n{}",
            judged.told()
        );
        assert_eq!(
            judged.outcome.verdict,
            hoike_program::Verdict::Valid,
            "seed {seed}"
        );
    }
}

/// The fluent row says the same as the chain itself.
#[test]
fn rows_of_tables() {
    let mut case = Case::at(Fork::Holocene).l1(1);
    let blocks = case.chain.blocks(2);
    let batches: Vec<_> = blocks.iter().map(BatchBlock::singular).collect();
    let items = [case.channel(&batches).item(), case.channel(&batches).item()];
    let past = |number: u64| hoike_derive::BatchDrop::Past {
        next: hoike_protocol::L2Time(hoike_testkit::GENESIS_TIME + 2 * number),
    };
    case.items(&items)
        .post(2, Post::Span)
        .derives(&[past(3), past(3)]);
}
