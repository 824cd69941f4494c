//! How fast the preimage host answers over pipes, beside a server that does nothing else than answer.
//!
//! ```sh
//! cargo run --release -p hoike-benches --example pipes -- [times]
//! ```
//! The keys are those that the program reads for the claim in the repository, in its order, repetitions included. Both ends are threads of this
//! process, which is what kona and op-program have as well; the pipes are the operating system's. Of each server the best of the runs is printed.

use alloy_primitives::{B256, Bytes, keccak256, map::HashMap};
use hoike_benches::{blobs, example, record};
use hoike_host::{
    Backend, Eager, Local, LocalChain, Offline, Online, PipeOracle, Pipes,
    fetch::{Addresses, Fetch},
    net::Settings,
    serve,
    store::{Disk, Format},
};
use hoike_preimage::{Hint, KeyKind, Oracle, PreimageKey};
use std::{
    env, fs,
    io::{PipeReader, PipeWriter, Read, Write, pipe},
    path::PathBuf,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

fn main() {
    let mut args = env::args().skip(1);
    let times: usize = args
        .next()
        .map_or(5, |times| times.parse().expect("a number of times"));
    let folder = example();
    let recorded = record(&folder);
    let keys = &recorded.keys;
    let witness: HashMap<PreimageKey, Bytes> = folder.witness.iter().collect();
    let bytes: usize = keys.iter().map(|key| witness[key].len()).sum();
    println!("{} reads, {} kB", keys.len(), bytes / 1000);

    let data = Folder::new("pipes");
    let disk = Disk::open(&data.0, Format::Directory).expect("a data directory");
    for (key, value) in &witness {
        disk.put(*key, value).expect("a value");
    }
    // As a host leaves it that has fetched: blobs in one piece as well. The commitments lie in the order of the program's reads, as the elements do.
    let commitments = keys.iter().filter(|key| key.kind() == KeyKind::Sha256);
    for (key, blob) in commitments.zip(blobs(&recorded)) {
        let commitment = <&[u8; 48]>::try_from(&witness[key][..]).expect("48 bytes");
        let mut versioned_hash = *key.as_bytes();
        versioned_hash[0] = 1;
        disk.put_blob(&versioned_hash.into(), commitment, &blob)
            .expect("a blob");
    }
    let claim = folder.claims[0].boot(&folder.rules).claim;
    let local = Local {
        l1_head: claim.l1_head,
        agreed_output_root: claim.agreed_output_root,
        claimed_output_root: claim.claimed_output_root,
        claimed_block: claim.claimed_block,
        chain: LocalChain::Kona {
            id: folder.rules.rollup.l2_chain_id,
            rollup_config: None,
            l1_config: None,
        },
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .expect("a runtime");
    // Nobody is there; everything is kept.
    let nowhere = || vec!["http://127.0.0.1:9".to_owned()];
    let addresses = Addresses {
        l1: nowhere(),
        beacon: nowhere(),
        l2: nowhere(),
    };
    let online = |disk: &Disk| {
        let fetch = Fetch::new(&addresses, Settings::default()).expect("addresses");
        Online::new(
            runtime.handle().clone(),
            Arc::new(fetch),
            Some(disk.clone()),
            local.clone(),
            folder.rules.clone(),
            None,
        )
    };

    // In turn, so that what else the machine does meets all of them.
    let mut best: [Duration; 5] = [Duration::MAX; 5];
    let warm = Arc::new(online(&disk));
    replay(keys, |server| served(server, &warm));
    let boot = folder.claims[0].boot(&folder.rules);
    for _ in 0..times {
        let lengths: Vec<usize> = keys.iter().map(|key| witness[key].len()).collect();
        let cold = Arc::new(online(&disk));
        let offline = || Arc::new(Offline::new(disk.clone(), local.clone()));
        let (plain, ahead) = (offline(), offline());
        let took = [
            replay(keys, |server| echo(server, &lengths)),
            replay(keys, |server| served(server, &warm)),
            replay(keys, |server| served(server, &cold)),
            replay(keys, |server| served(server, &plain)),
            replay(keys, |server| {
                let scout = (Arc::clone(&ahead), boot.clone());
                thread::spawn(move || scout.0.ahead(&scout.1));
                served(server, &ahead);
            }),
        ];
        for (best, took) in best.iter_mut().zip(took) {
            *best = took.min(*best);
        }
    }
    let names = [
        "bare echo",
        "Online, in memory",
        "Online, from disk",
        "Offline, from disk",
        "the same, running ahead",
    ];
    for (name, took) in names.into_iter().zip(best) {
        println!(
            "{name:24} {:7.1} ms {:8.0} reads/s {:5.2} of the echo's time",
            took.as_secs_f64() * 1e3,
            keys.len() as f64 / took.as_secs_f64(),
            took.as_secs_f64() / best[0].as_secs_f64()
        );
    }

    let hints = Arc::clone(&warm);
    let took = pattern(keys, &hints);
    println!(
        "{READS} reads and {HINTS} hints, each a round trip: {:.1} ms",
        took.as_secs_f64() * 1e3
    );
    if args.next().as_deref() == Some("memory") {
        memory(&online);
    }
}

/// Reads all keys from a server, and says how long it took.
fn replay(keys: &[PreimageKey], server: impl FnOnce(Server)) -> Duration {
    let (mut client, pipes) = pipes();
    server(pipes);
    let begun = Instant::now();
    for key in keys {
        client.get(*key).expect("a value");
    }
    begun.elapsed()
}

/// As many reads and hints as kona's program makes for this claim, hints in between.
fn pattern(keys: &[PreimageKey], backend: &Arc<Online>) -> Duration {
    let (mut client, pipes) = pipes();
    served(pipes, backend);
    let hash = keys
        .iter()
        .find(|key| key.kind() == KeyKind::Keccak256)
        .map(|key| B256::from(*key.as_bytes()))
        .expect("a hash");
    let begun = Instant::now();
    for (index, key) in keys.iter().cycle().take(READS).enumerate() {
        if index % (READS / HINTS) == 0 {
            let mut hash = hash;
            hash.0[0] = 0;
            // Of a kind that is answered without endpoints, whatever is kept.
            client.hint(&Hint::AgreedPrestate(hash)).expect("an answer");
        }
        client.get(*key).expect("a value");
    }
    begun.elapsed()
}

/// Serves 2,000,000 reads of more distinct values than are kept in memory.
fn memory(online: &impl Fn(&Disk) -> Online) {
    let data = Folder::new("pipes-memory");
    let disk = Disk::open(&data.0, Format::Directory).expect("a data directory");
    let value = |index: u64| -> Bytes { index.to_be_bytes().repeat(2 * 1024).into() };
    let keys: Vec<PreimageKey> = (0..DISTINCT)
        .map(|index| {
            let value = value(index);
            let key = PreimageKey::keccak256(keccak256(&value));
            disk.put(key, &value).expect("a value");
            key
        })
        .collect();
    let before = resident_mb();
    let (mut client, pipes) = pipes();
    served(pipes, &Arc::new(online(&disk)));
    let mut most = 0;
    let mut read = 0_u64;
    // Rounds over everything, each value several times in a row as programs do it.
    while read < MEMORY_READS {
        for key in &keys {
            for _ in 0..16 {
                client.get(*key).expect("a value");
                read += 1;
            }
        }
        most = most.max(resident_mb());
        println!("  after {read} reads: {} MB", resident_mb());
    }
    println!(
        "{read} reads of {} MB of distinct values: {before} MB before, at most {most} MB",
        DISTINCT * 16 / 1024
    );
}

fn resident_mb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kb = line.and_then(|line| line.split_whitespace().nth(1));
    kb.expect("a size").parse::<u64>().expect("a number") / 1024
}

fn served<B: Backend>(server: Server, backend: &Arc<B>) {
    let backend = Arc::clone(backend);
    thread::spawn(move || serve(server, backend).expect("an end"));
}

/// Answers with values of these lengths, one after the other.
fn echo(mut server: Server, lengths: &[usize]) {
    let mut replies: Vec<u8> = Vec::new();
    let lengths = lengths.to_vec();
    thread::spawn(move || {
        let mut key = [0; 32];
        for length in lengths {
            server.preimage_read.0.read_exact(&mut key).expect("a key");
            replies.clear();
            replies.extend_from_slice(&(length as u64).to_be_bytes());
            replies.resize(8 + length, key[0]);
            server.preimage_write.write_all(&replies).expect("a reader");
        }
    });
}

type Server = Pipes<Eager<PipeReader>, PipeWriter>;

fn pipes() -> (PipeOracle<PipeReader, PipeWriter>, Server) {
    let [hints, acks, keys, values] = [(); 4].map(|()| pipe().expect("a pipe"));
    let client = PipeOracle::new(acks.0, hints.1, values.0, keys.1);
    let server = Pipes {
        hint_read: Eager(hints.0),
        hint_write: acks.1,
        preimage_read: Eager(keys.0),
        preimage_write: values.1,
    };
    (client, server)
}

/// A folder that is gone when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        Self(env::temp_dir().join(format!("hoike-{name}-{}", std::process::id())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _left_behind = fs::remove_dir_all(&self.0);
    }
}

/// What kona reads and hints for this claim.
const READS: usize = 54_000;
const HINTS: usize = 3_600;
/// Values of 16 KiB.
const DISTINCT: u64 = 22_000;
const MEMORY_READS: u64 = 2_000_000;
