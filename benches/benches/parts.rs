//! Parts: codecs, the witness, tries, blocks.

use alloy_primitives::{B256, Bytes, keccak256, map::B256HashMap};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use hoike_benches::{
    Block, Crypto, blobs, block_folders, channels, example, execute, fixture, record,
};
use hoike_preimage::{Checked, KeyKind, PreimageKey, Trusted, Witness};
use hoike_protocol::{
    batch::{Batch, BatchReader, SpanParams},
    blob,
    compress::decompress,
};
use hoike_trie::{EMPTY_ROOT, Nodes, Trie, ordered_items, ordered_root};

criterion_group!(benches, codecs, witness, tries, blocks);
criterion_main!(benches);

/// Blobs, channels and batches.
fn codecs(c: &mut Criterion) {
    let folder = example();
    let blobs = blobs(&record(&folder));
    let mut group = c.benchmark_group("codecs");
    group.throughput(Throughput::Bytes(blobs[0].len() as u64));
    group.bench_function("blob", |b| b.iter(|| blob::decode(&blobs[0])));

    let rollup = &folder.rules.rollup;
    let op_sepolia = SpanParams {
        l2_chain_id: rollup.l2_chain_id,
        genesis_time: rollup.genesis.l2_time,
        block_time: rollup.block_time,
    };
    let zlib = fixture("derive/channel-op-mainnet-zlib.bin").map(Bytes::from);
    let brotli = channels(&blobs).into_iter().next();
    for (name, channel, params) in [("zlib", zlib, OP_MAINNET), ("brotli", brotli, op_sepolia)] {
        let Some(channel) = channel else { continue };
        let open = || {
            let data = decompress(&channel, true, MAX_RLP_BYTES).map(|channel| channel.data);
            Bytes::from(data.expect("a channel"))
        };
        let data = open();
        group.throughput(Throughput::Bytes(data.len() as u64));
        group.bench_function(format!("decompress {name}"), |b| b.iter(open));
        group.bench_function(format!("batches of {name}"), |b| {
            b.iter(|| batches(&data, &params, false));
        });
        group.bench_function(format!("batches of {name}, transactions rebuilt"), |b| {
            b.iter(|| batches(&data, &params, true));
        });
    }
}

/// The number of transactions.
fn batches(data: &Bytes, params: &SpanParams, rebuild: bool) -> usize {
    let mut reader = BatchReader::new(data.clone());
    let mut transactions = 0;
    while let Some(batch) = reader.next_batch(params, true) {
        match batch.expect("a batch") {
            Batch::Singular(batch) => transactions += batch.transactions.len(),
            Batch::Span(span) if rebuild => {
                let mut cursor = span.cursor();
                while let Some(element) = span.next_element(&mut cursor) {
                    transactions += span.transactions(&element).len();
                }
            }
            Batch::Span(span) => transactions += span.tx_count() as usize,
        }
    }
    transactions
}

/// Indexing a witness, reading from it, and putting a blob together from its field elements.
fn witness(c: &mut Criterion) {
    let folder = example();
    let recorded = record(&folder);
    let mut raw = Vec::new();
    for (key, value) in folder.witness.iter() {
        raw.extend_from_slice(key.as_bytes());
        raw.extend_from_slice(&(value.len() as u32).to_le_bytes());
        raw.extend_from_slice(&value);
    }
    let raw = Bytes::from(raw);
    let mut group = c.benchmark_group("witness");
    group.throughput(Throughput::Elements(folder.witness.len() as u64));
    group.bench_function("parse", |b| b.iter(|| Witness::parse(raw.clone())));

    group.throughput(Throughput::Elements(recorded.keys.len() as u64));
    group.bench_function("read what the claim reads", |b| {
        b.iter(|| {
            let values = recorded.keys.iter().map(|key| folder.witness.value(key));
            values.flatten().map(|value| value.len()).sum::<usize>()
        });
    });

    let commitment = |key: &&PreimageKey| key.kind() == KeyKind::Sha256;
    let key = recorded.keys.iter().find(commitment).expect("a blob");
    let mut hash = B256::new(*key.as_bytes());
    // The version of a versioned hash is where the key has its type.
    hash.0[0] = 1;
    let mut oracle = Trusted::assume_checked_by_vm(folder.witness.clone());
    group.throughput(Throughput::Elements(4096));
    group.bench_function("blob from field elements", |b| {
        b.iter(|| oracle.blobs(0, &[hash]).expect("a blob"));
    });
}

/// Changing 303 of 100,000 accounts, and lists of receipts.
fn tries(c: &mut Criterion) {
    let mut nodes = Memory::default();
    let keys: Vec<B256> = (0..100_000u64)
        .map(|n| keccak256(n.to_be_bytes()))
        .collect();
    let mut trie = Trie::new(EMPTY_ROOT);
    for key in &keys {
        trie.insert(&mut nodes, key, account(key, 1))
            .expect("an insertion");
    }
    let root = trie.commit(&mut |hash, rlp| drop(nodes.0.insert(hash, rlp)));
    let some: Vec<B256> = keys.into_iter().step_by(331).collect();
    let update = |nodes: &mut Memory| {
        let mut trie = Trie::new(root);
        for key in &some {
            trie.insert(nodes, key, account(key, 2))
                .expect("an insertion");
        }
        trie
    };

    let mut group = c.benchmark_group("tries");
    group.bench_function("change 303 of 100,000 accounts", |b| {
        b.iter(|| update(&mut nodes))
    });
    group.bench_function("commit them", |b| {
        b.iter_batched(
            || update(&mut nodes),
            |mut trie| trie.commit(&mut |_, _| ()),
            BatchSize::LargeInput,
        );
    });
    let receipts: Vec<Bytes> = (0..200u8).map(|n| vec![n; 290].into()).collect();
    group.bench_function("root of 200 receipts", |b| {
        b.iter(|| ordered_root(&receipts))
    });

    // A real list: whatever transactions trie the claim reads.
    let folder = example();
    let root = transactions_root(&folder.witness, &record(&folder).keys);
    group.bench_function("transactions of an L1 block", |b| {
        b.iter(|| ordered_items(root, &mut Preimages(&folder.witness)).expect("transactions"));
    });
}

/// That of the first header read that is one of L1.
fn transactions_root(witness: &Witness, keys: &[PreimageKey]) -> B256 {
    use alloy_rlp::Decodable;
    keys.iter()
        .filter_map(|key| witness.value(key))
        .filter_map(|value| alloy_consensus::Header::decode(&mut &value[..]).ok())
        .find(|header| header.withdrawals_root.is_some() && header.gas_used > 10_000_000)
        .expect("an L1 header")
        .transactions_root
}

/// Real blocks of L2.
fn blocks(c: &mut Criterion) {
    let mut group = c.benchmark_group("blocks");
    group.sample_size(20);
    for folder in block_folders() {
        let block = Block::read(&folder);
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        group.bench_function(format!("{name} pure"), |b| {
            b.iter(|| execute(Crypto::Pure, &block));
        });
        #[cfg(feature = "native")]
        group.bench_function(format!("{name} native"), |b| {
            b.iter(|| execute(Crypto::Native, &block));
        });
    }
}

/// Trie nodes by their hash.
#[derive(Default)]
struct Memory(B256HashMap<Bytes>);

impl Nodes for Memory {
    type Error = B256;

    fn node(&mut self, hash: B256) -> Result<Bytes, B256> {
        self.0.get(&hash).cloned().ok_or(hash)
    }
}

struct Preimages<'a>(&'a Witness);

impl Nodes for Preimages<'_> {
    type Error = B256;

    fn node(&mut self, hash: B256) -> Result<Bytes, B256> {
        self.0.value(&PreimageKey::keccak256(hash)).ok_or(hash)
    }
}

/// A leaf about as long as an account.
fn account(key: &B256, nonce: u8) -> Bytes {
    [&[nonce; 6], key.as_slice(), key.as_slice()]
        .concat()
        .into()
}

const OP_MAINNET: SpanParams = SpanParams {
    l2_chain_id: 10,
    genesis_time: 1_686_068_903,
    block_time: 2,
};
const MAX_RLP_BYTES: u64 = 100_000_000;
