//! Makes seeds out of real data: `seeds FOLDER` those of the example claim and of the fixtures (`HOIKE_FIXTURES`), of any size;
//! `seeds FOLDER small` only those that are kept in the repository.

use alloy_primitives::{B256, Bytes, hex, keccak256};
use alloy_rlp::Decodable;
use alloy_trie::nodes::TrieNode;
use hoike_claims::Folder;
use hoike_preimage::{Dialect, Hint, KeyKind, Oracle, Witness};
use hoike_protocol::{
    Fork, L2Time,
    batch::{Batch, BatchReader, SpanBatch, SpanParams},
    blob,
    compress::decompress,
    frame::{ChannelId, parse_frames},
    receipt::Receipt,
};
use hoike_testkit::{
    BatchBlock, Channel, Compression, GENESIS_TIME, Rng, Setup, Span, batcher::stream, item,
    span::Row,
};
use std::{
    env, fs,
    path::{Path, PathBuf},
};

fn main() {
    let mut arguments = env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("a folder"));
    let small = arguments.next().is_some_and(|word| word == "small");
    let mut seeds = Seeds {
        folder,
        most: if small { 4096 } else { 65_536 },
    };
    seeds.example();
    seeds.chains();
    seeds.made();
    if !small {
        seeds.fixtures();
    }
}

struct Seeds {
    folder: PathBuf,
    /// No seed is longer; what would be is cut.
    most: usize,
}

impl Seeds {
    fn put(&self, target: &str, name: &str, parts: &[&[u8]]) {
        let mut bytes = parts.concat();
        bytes.truncate(self.most);
        let folder = self.folder.join(target);
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(name), bytes).expect("a file");
    }

    /// The real claim: blobs, items, channels, batches, receipts, the witness itself.
    fn example(&mut self) {
        let example = project().join("bin/hoike/example");
        let Folder {
            mut witness, rules, ..
        } = Folder::read(&example).expect("the example");
        let params = SpanParams {
            l2_chain_id: rules.rollup.l2_chain_id,
            genesis_time: rules.rollup.genesis.l2_time,
            block_time: rules.rollup.block_time,
        };
        for (index, item) in items(&mut witness).iter().enumerate() {
            self.put(
                "frames",
                &format!("item-{index}"),
                &[&item[..item.len().min(200)]],
            );
            if index < 2 {
                self.put(
                    "blobs",
                    &format!("item-{index}"),
                    &[&[2, 0, 200], &item[..200]],
                );
            }
        }
        for (index, channel) in channels(&items(&mut witness)).iter().enumerate() {
            self.put(
                "brotli",
                &format!("channel-{index}"),
                &[&[0x80, 0], &channel[1..]],
            );
            let Ok(read) = decompress(channel, true, 100_000_000) else {
                continue;
            };
            self.put(
                "batch_streams",
                &format!("channel-{index}"),
                &[&[0], &read.data],
            );
            let mut reader = BatchReader::new(read.data.into());
            while let Some(Ok(Batch::Span(span))) = reader.next_batch(&params, true) {
                let cut = first_blocks(&span, 2, params.genesis_time);
                let batch = cut.encode();
                self.put(
                    "span_batches",
                    &format!("real-{index}"),
                    &[&[0], &batch[1..]],
                );
                self.channel(&format!("real-{index}"), &[batch]);
            }
        }
        let mut receipts: Vec<Bytes> = witness
            .iter()
            .filter(|(key, _)| key.kind() == KeyKind::Keccak256)
            .filter_map(|(_, value)| match TrieNode::decode(&mut &value[..]) {
                Ok(TrieNode::Leaf(leaf)) => Some(Bytes::from(leaf.value)),
                _ => None,
            })
            .filter(|value| Receipt::decode(value).is_ok_and(|receipt| receipt.logs().count() > 0))
            .collect();
        receipts.sort_by_key(|receipt| (receipt.len(), keccak256(receipt)));
        for (index, receipt) in receipts.iter().step_by(receipts.len() / 8 + 1).enumerate() {
            self.put("config_updates", &format!("receipt-{index}"), &[receipt]);
        }
        let mut file = Vec::new();
        for (key, value) in witness
            .iter()
            .filter(|(_, value)| value.len() < 120)
            .step_by(97)
        {
            file.extend_from_slice(key.as_bytes());
            file.extend_from_slice(&(value.len() as u32).to_le_bytes());
            file.extend_from_slice(&value);
            if file.len() > 3000 {
                break;
            }
        }
        self.put("witness", "some-entries", &[&file]);
        self.put(
            "witness",
            "first-entry",
            &[&file[..36 + usize::from(file[32])]],
        );
    }

    /// Blocks of the testkit's chains, with all types of transactions.
    fn chains(&mut self) {
        for fork in [Fork::Canyon, Fork::Isthmus] {
            let mut chain = Setup::at(fork).begin();
            chain.mine(2);
            let kinds: &[u8] = if fork == Fork::Isthmus {
                &[0, 1, 2, 4]
            } else {
                &[0, 1, 2]
            };
            let mut blocks: Vec<BatchBlock> = chain.blocks(6);
            for (index, block) in blocks.iter_mut().enumerate() {
                block.transactions = vec![chain.user_tx(0, 0, kinds[index % kinds.len()])];
            }
            let singular: Vec<Vec<u8>> = blocks.iter().map(BatchBlock::singular).collect();
            let span = Span::of(&blocks, GENESIS_TIME).encode();
            self.put(
                "span_batches",
                &format!("chain-{fork}"),
                &[&[0], &span[1..]],
            );
            self.channel(&format!("singular-{fork}"), &singular);
            self.channel(&format!("span-{fork}"), &[span]);
        }
    }

    fn channel(&self, name: &str, batches: &[Vec<u8>]) {
        self.put("batch_streams", name, &[&[0], &stream(batches)]);
        for (how, compression) in [
            ("best", Compression::Zlib(9)),
            ("stored", Compression::Stored),
        ] {
            let channel = Channel::of(1, batches, compression);
            self.put(
                "zlib",
                &format!("{name}-{how}"),
                &[&[0xc1, 0], &channel.data],
            );
            if channel.data.len() < 600 {
                self.put(
                    "frames",
                    &format!("{name}-{how}"),
                    &[&item(&channel.frames(200))],
                );
            }
        }
        let brotli = Channel::of(1, batches, Compression::Brotli).data;
        self.put("brotli", name, &[&[0x80, 0], &brotli[1..]]);
    }

    /// What is nowhere to be had: hints, and choices for what takes choices.
    fn made(&mut self) {
        let hash = B256::repeat_byte(0xab);
        for (index, hint) in [
            Hint::L1BlockHeader(hash),
            Hint::L1Blob {
                hash,
                time: 1_700_000_000,
            },
            Hint::L1Precompile {
                address: Default::default(),
                gas: 3000,
                input: &[1, 2, 3],
            },
            Hint::L2Code(hash),
            Hint::L2Output(hash),
            Hint::L2PayloadWitness {
                parent: hash,
                attributes: b"{\"a\":1}",
            },
            Hint::L2BlockHashLookup {
                number: 7,
                head: hash,
            },
        ]
        .into_iter()
        .enumerate()
        {
            for (name, dialect) in [("kona", Dialect::Kona), ("op-program", Dialect::OpProgram)] {
                let text = hint.text(dialect, Some(901)).to_string();
                self.put(
                    "wire",
                    &format!("hint-{index}-{name}"),
                    &[&[2], text.as_bytes()],
                );
            }
        }
        let replies = [
            &[0, 0][..],
            &[3; 16],
            &[0, 0, 0, 0, 0, 0, 0, 3],
            b"abc",
            &[0; 8],
            &[0, 0, 0, 0, 0, 0, 0, 9],
        ];
        self.put("wire", "replies", &replies);
        for (target, count, length) in [
            ("intake", 32, 400),
            ("trie", 12, 160),
            ("wire", 8, 80),
            ("blobs", 8, 60),
            ("config_updates", 8, 200),
            ("witness", 4, 200),
            ("span_batches", 4, 300),
        ] {
            for index in 0..count {
                let mut bytes = Rng::new(index).bytes(length);
                bytes[0] = index as u8;
                self.put(target, &format!("choices-{index:02}"), &[&bytes]);
            }
        }
    }

    /// Every byte string in the reference's vectors, and the binary fixtures.
    fn fixtures(&mut self) {
        let fixtures = env::var_os("HOIKE_FIXTURES")
            .map_or_else(|| project().join("../shared/fixtures"), PathBuf::from);
        if !fixtures.is_dir() {
            eprintln!("seeds: no fixtures at {}", fixtures.display());
            return;
        }
        for (file, target) in [
            ("frames", "frames"),
            ("channels-zlib", "zlib"),
            ("channels-brotli", "brotli"),
            ("channel-reader", "batch_streams"),
            ("batches", "batch_streams"),
            ("batches", "span_batches"),
            ("receipts", "config_updates"),
            ("deposits-receipts", "config_updates"),
            ("system-config-receipts", "config_updates"),
        ] {
            let path = fixtures.join(format!("vectors/{file}.json"));
            let Ok(text) = fs::read(&path) else { continue };
            let json = serde_json::from_slice(&text).expect("JSON");
            let mut found = Vec::new();
            strings(&json, &mut found);
            found.sort();
            found.dedup();
            // Hashes and addresses are of no use.
            for bytes in found.iter().filter(|bytes| bytes.len() > 40) {
                let name = hex::encode(&keccak256(bytes)[..8]);
                match (target, &bytes[..]) {
                    ("zlib", _) => self.put(target, &name, &[&[1, 0], bytes]),
                    ("brotli", [1, rest @ ..]) => self.put(target, &name, &[&[0x80, 0], rest]),
                    ("batch_streams", _) => {
                        self.put(target, &name, &[&[0], &alloy_rlp::encode(&bytes[..])])
                    }
                    ("span_batches", [1, rest @ ..]) => self.put(target, &name, &[&[0], rest]),
                    ("frames" | "config_updates", _) => self.put(target, &name, &[bytes]),
                    _ => {}
                }
            }
        }
        for (file, target, prefix) in [
            ("channel-op-mainnet-zlib.bin", "zlib", &[1, 0][..]),
            ("span-batch-4-blocks.bin", "batch_streams", &[0]),
            ("batcher-tx-e69d9433.bin", "frames", &[]),
        ] {
            if let Ok(bytes) = fs::read(fixtures.join("derive").join(file)) {
                self.put(target, file, &[prefix, &bytes]);
            }
        }
    }
}

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What a witness' blobs carry, in the order of their keys.
fn items(witness: &mut Witness) -> Vec<Bytes> {
    let keys: Vec<_> = witness
        .keys()
        .filter(|key| key.kind() == KeyKind::Sha256)
        .collect();
    let mut items = Vec::new();
    for key in keys {
        let commitment = witness.value(&key).expect("its own key");
        let commitment = commitment[..].try_into().expect("48 bytes");
        let blob = witness
            .blob(&commitment)
            .expect("a store in memory")
            .expect("all points");
        items.extend(blob::decode(&blob));
    }
    items
}

/// The channels in items in any order, as far as they are complete.
fn channels(items: &[Bytes]) -> Vec<Vec<u8>> {
    let mut frames: Vec<_> = items
        .iter()
        .flat_map(|item| parse_frames(item).unwrap_or_default())
        .collect();
    frames.sort_by_key(|frame| (frame.id, frame.number));
    let mut channels: Vec<(ChannelId, Vec<u8>)> = Vec::new();
    for frame in frames {
        match channels.last_mut() {
            Some((id, data)) if *id == frame.id => data.extend_from_slice(&frame.data),
            _ => channels.push((frame.id, frame.data.to_vec())),
        }
    }
    channels.into_iter().map(|(_, data)| data).collect()
}

/// The beginning of a real span as a span of its own, with a few transactions of each block.
fn first_blocks(span: &SpanBatch, count: usize, genesis_time: u64) -> Span {
    let mut cursor = span.cursor();
    let blocks: Vec<_> = std::iter::from_fn(|| span.next_element(&mut cursor))
        .take(count)
        .collect();
    let L2Time(time) = blocks[0].time;
    let mut out = Span {
        relative_time: time - genesis_time,
        last_epoch: blocks[blocks.len() - 1].epoch_number,
        parent_check: [1; 20],
        origin_check: [2; 20],
        origin_bits: Vec::new(),
        counts: Vec::new(),
        rows: Vec::new(),
    };
    let mut before = blocks[0].epoch_number;
    for element in &blocks {
        out.origin_bits
            .push(std::mem::replace(&mut before, element.epoch_number) != element.epoch_number);
        let mut transactions = span.transactions(element);
        transactions.retain(|tx| tx.len() < 400);
        transactions.truncate(4);
        out.counts.push(transactions.len() as u64);
        out.rows.extend(transactions.iter().map(Row::of));
    }
    out
}

fn strings(json: &serde_json::Value, found: &mut Vec<Vec<u8>>) {
    match json {
        serde_json::Value::String(text) => found.extend(hex::decode(text).ok()),
        serde_json::Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        serde_json::Value::Object(fields) => {
            fields.values().for_each(|field| strings(field, found))
        }
        _ => {}
    }
}
