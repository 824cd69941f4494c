//! Processes that are killed at any moment: what they leave behind is whole, and the next one goes on from there.

mod common;

use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes};
use alloy_rlp::Decodable;
use common::hoike;
use hoike_claims::{Expected, Folder};
use hoike_executor::PureRust;
use hoike_host::{
    PipeOracle,
    store::{Disk, Format},
};
use hoike_preimage::{BLOB_BYTES, Hint, KeyKind, NotFound, Oracle, PreimageKey, Trusted};
use hoike_program::Verdict;
use hoike_standin::{Data, Options, Role, Standin};
use hoike_tests::{TempFolder, fixtures};
use hoike_trie::{Nodes, ordered_items};
use std::{
    collections::BTreeSet,
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

/// A claim folder behind nodes.
struct Chain {
    path: PathBuf,
    folder: Folder,
    nodes: Standin,
}

impl Chain {
    /// Nothing where there are no fixtures.
    fn start(name: &str) -> Option<Self> {
        let path = fixtures("claims")?.join(name);
        let folder = Folder::read(&path).unwrap();
        let data = Arc::new(Data::build(&folder, 0).unwrap());
        // Long enough for a run to be killed between any two of its requests.
        let options = Options {
            latency: Duration::from_millis(10),
            ..Options::default()
        };
        let nodes = Standin::serve(&data, options).unwrap();
        Some(Self {
            path,
            folder,
            nodes,
        })
    }

    fn file(&self, name: &str) -> String {
        self.path.join(name).display().to_string()
    }

    fn l1_head(&self) -> B256 {
        self.folder.claims[0].boot(&self.folder.rules).claim.l1_head
    }

    fn verify(&self, data: &Path) -> Command {
        let claim = self.nodes.data().claim();
        let mut command = hoike(&["verify", "--l1", self.nodes.l1()]);
        command
            .args(["--beacon", self.nodes.beacon(), "--l2", self.nodes.l2()])
            .args(["--block", &claim.claimed_block.to_string()])
            .args(["--from", &self.nodes.data().agreed().number.to_string()])
            .args(["--l1-head", &claim.l1_head.to_string()])
            .args(["--claim-root", &claim.claimed_output_root.to_string()])
            .args(["--rollup-config", &self.file("rollup.json")])
            .args(["--l1-config", &self.file("l1-genesis.json")])
            .args(["--l2-config", &self.file("l2-chain-config.json")])
            .arg("--data-dir")
            .arg(data)
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command
    }

    /// A run to the end: the verdict has to be right. Gives what was asked for, and how long it took.
    fn whole_run(&self, data: &Path) -> (Vec<(Role, String)>, Duration) {
        self.nodes.reset_counters();
        let begun = Instant::now();
        let output = self.verify(data).output().unwrap();
        let valid = self.folder.claims[0].expected == Some(Expected::Valid);
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(i32::from(!valid)), "{err}");
        (self.nodes.counters().questions, begun.elapsed())
    }

    /// As op-challenger starts it; the pipes are named ones, so that a shell can hand them over.
    fn serve(&self, data: &Path, pipes: &Path) -> Child {
        let claim = self.nodes.data().claim();
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(r#"p=$1; shift; exec "$@" 3<"$p/hints" 4>"$p/acks" 5<"$p/keys" 6>"$p/values""#)
            .arg("sh")
            .arg(pipes)
            .arg(hoike(&[]).get_program())
            .args(["host", "single", "--server"])
            .args(["--l1-node-address", self.nodes.l1()])
            .args(["--l1-beacon-address", self.nodes.beacon()])
            .args(["--l2-node-address", self.nodes.l2()])
            .args(["--l1-head", &claim.l1_head.to_string()])
            .args([
                "--agreed-l2-head-hash",
                &self.nodes.data().agreed().hash.to_string(),
            ])
            .args([
                "--agreed-l2-output-root",
                &claim.agreed_output_root.to_string(),
            ])
            .args([
                "--claimed-l2-output-root",
                &claim.claimed_output_root.to_string(),
            ])
            .args([
                "--claimed-l2-block-number",
                &claim.claimed_block.to_string(),
            ])
            .args(["--rollup-config-path", &self.file("rollup.json")])
            .args(["--l1-config-path", &self.file("l1-genesis.json")])
            .arg("--data-dir")
            .arg(data)
            .stderr(Stdio::null());
        shell.spawn().expect("a shell")
    }
}

/// What a killed run has left behind whole.
#[derive(Default)]
struct Left {
    files: usize,
    /// Numbers and hashes of L1 blocks below the head that are there without a gap.
    l1_blocks: BTreeSet<String>,
    blobs: BTreeSet<String>,
}

/// Every file is a whole value of op-program's format under its own hash, or is known by its name to be none.
fn check(data: &Path, l1_head: B256) -> Left {
    let disk = Disk::open(data, Format::Directory).unwrap();
    let mut left = Left::default();
    for entry in fs::read_dir(data).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_file() {
            assert!(name == "kvformat" || name.ends_with(".tmp"), "{name}");
            continue;
        }
        for file in fs::read_dir(&path).unwrap() {
            let file = file.unwrap().path();
            let rest = file.file_name().unwrap().to_str().unwrap();
            if name == "hoike" {
                if let Some(hash) = rest.strip_suffix(".blob") {
                    assert_eq!(fs::read(&file).unwrap().len(), 48 + BLOB_BYTES, "{rest}");
                    let there = disk.blob(&hash.parse().unwrap()).unwrap();
                    assert!(there.is_some(), "{rest}");
                    left.blobs.insert(hash.to_owned());
                } else {
                    assert!(rest.ends_with(".kept"), "{rest}");
                }
                continue;
            }
            let digits = format!("{name}{}", rest.strip_suffix(".txt").expect("a value"));
            let bytes: B256 = digits.parse().expect("64 digits");
            let key = PreimageKey::from_bytes(bytes.0).expect("a key");
            let value = disk.get(key).unwrap().expect("a value");
            let fits = key.is_hash_of(&value);
            let hashed = matches!(key.kind(), KeyKind::Keccak256 | KeyKind::Sha256);
            assert_eq!(fits, hashed.then_some(true), "{key}");
            left.files += 1;
        }
    }
    let mut hash = l1_head;
    while let Some(raw) = disk.get(PreimageKey::keccak256(hash)).unwrap() {
        let header = Header::decode(&mut &raw[..]).unwrap();
        if ordered_items(header.transactions_root, &mut OnDisk(&disk)).is_ok() {
            left.l1_blocks.insert(format!("\"{:#x}\"", header.number));
            left.l1_blocks.insert(format!("\"{hash}\""));
        }
        hash = header.parent_hash;
    }
    left
}

struct OnDisk<'a>(&'a Disk);

impl Nodes for OnDisk<'_> {
    type Error = NotFound;

    fn node(&mut self, hash: B256) -> Result<Bytes, NotFound> {
        let key = PreimageKey::keccak256(hash);
        self.0.get(key).unwrap().ok_or(NotFound { key })
    }
}

/// HOIKE_KILLS, or as many as a test may take time for.
fn kills(few: u32) -> u32 {
    env::var("HOIKE_KILLS").map_or(few, |count| count.parse().expect("HOIKE_KILLS"))
}

/// Kills runs of `hoike verify`, and runs them again to the end.
fn kill_runs(name: &str, few: u32, seed: u64) {
    let Some(chain) = Chain::start(name) else {
        return;
    };
    let data = TempFolder::empty();
    let (all, took) = chain.whole_run(data.path());
    let whole = check(data.path(), chain.l1_head());
    // Nothing is fetched again after a run to the end: what is asked for finds the claim's ends.
    let (again, _) = chain.whole_run(data.path());
    let ends = [
        "eth_chainId",
        "eth_getBlockByNumber",
        "debug_getRawHeader",
        "debug_getRawBlock",
        "eth_getProof",
    ];
    for (role, question) in &again {
        assert_ne!(*role, Role::Beacon, "{question}");
        let of_ends = ends.iter().any(|end| question.starts_with(end));
        assert!(of_ends, "{role:?} {question}");
        let of_l1_block = *role == Role::L1 && question.starts_with("debug_getRawBlock");
        assert!(!of_l1_block, "{question}");
    }
    // The agreed block, and what its output root is made of; headers of the L1 head and of newest blocks.
    assert!(again.len() <= 10, "{again:?}");

    let mut random = fastrand::Rng::with_seed(seed);
    // Values that somebody takes away are fetched again, although an earlier run had all of them.
    let mut values: Vec<PathBuf> = fs::read_dir(data.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir() && !path.ends_with("hoike"))
        .flat_map(|path| fs::read_dir(path).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    values.sort();
    random.shuffle(&mut values);
    for path in &values[..values.len() / 2] {
        fs::remove_file(path).unwrap();
    }
    chain.whole_run(data.path());

    let (mut resumed, mut partly) = (0, 0);
    for round in 0..kills(few) {
        let data = TempFolder::empty();
        // Some are killed more than once.
        for _ in 0..random.u32(1..=2) {
            let mut child = chain.verify(data.path()).spawn().unwrap();
            thread::sleep(took.mul_f64(random.f64()));
            // SIGKILL. It may have come to its end already.
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let left = check(data.path(), chain.l1_head());
        let (asked, _) = chain.whole_run(data.path());
        for (role, question) in &asked {
            if *role == Role::L1 && question.starts_with("debug_getRawBlock") {
                let known = left.l1_blocks.iter().find(|id| question.contains(*id));
                assert_eq!(known, None, "round {round}: {question}");
            }
            if *role == Role::Beacon {
                let known = left.blobs.iter().find(|hash| question.contains(*hash));
                assert_eq!(known, None, "round {round}: {question}");
            }
        }
        partly += usize::from(left.files > 0 && left.files < whole.files);
        resumed += usize::from(asked.len() < all.len());
        let end = check(data.path(), chain.l1_head());
        assert!(end.blobs.is_superset(&left.blobs));
    }
    println!(
        "{name}: a run takes {took:?}; {partly} were killed while they kept something, {resumed} asked less than a first one"
    );
}

#[test]
fn killed_runs_leave_a_whole_directory_and_go_on() {
    kill_runs("isthmus-fees", 6, 1);
}

#[test]
fn blobs_are_whole_or_absent() {
    kill_runs("ecotone-blobs", 6, 2);
}

/// The keys that were read, and after so many no answer any more.
struct Reading<O> {
    inner: O,
    read: Vec<(PreimageKey, Bytes)>,
    left: usize,
}

#[derive(Debug, thiserror::Error)]
#[error("killed")]
struct Killed;

impl<O: Oracle> Oracle for Reading<O> {
    type Error = Killed;

    fn hint(&mut self, hint: &Hint<'_>) -> Result<(), Killed> {
        self.inner.hint(hint).map_err(|_| Killed)
    }

    fn get(&mut self, key: PreimageKey) -> Result<Bytes, Killed> {
        self.left = self.left.checked_sub(1).ok_or(Killed)?;
        let value = self.inner.get(key).map_err(|_| Killed)?;
        self.read.push((key, value.clone()));
        Ok(value)
    }
}

/// The client's ends; each waits for the other side, so the order is that of the shell.
fn connect(pipes: &Path) -> PipeOracle<File, File> {
    let write = |name| File::options().write(true).open(pipes.join(name)).unwrap();
    let read = |name| File::open(pipes.join(name)).unwrap();
    let hint_write = write("hints");
    let hint_read = read("acks");
    let preimage_write = write("keys");
    let preimage_read = read("values");
    PipeOracle::new(hint_read, hint_write, preimage_read, preimage_write)
}

/// A VM that is started again from a snapshot asks for what was hinted before, and does not hint again.
#[test]
fn a_server_that_was_killed_answers_without_hints() {
    let Some(chain) = Chain::start("ecotone-blobs") else {
        return;
    };
    let mut random = fastrand::Rng::with_seed(3);
    let boot = chain.folder.claims[0].boot(&chain.folder.rules);
    let mut total = None;
    for _ in 0..kills(1).min(20) + 1 {
        let (data, pipes) = (TempFolder::empty(), TempFolder::empty());
        let names = ["hints", "acks", "keys", "values"].map(|name| pipes.path().join(name));
        assert!(
            Command::new("mkfifo")
                .args(names)
                .status()
                .unwrap()
                .success()
        );
        let mut server = chain.serve(data.path(), pipes.path());
        // The first one reads to the end, and is killed all the same.
        let left = total.map_or(usize::MAX, |total| random.usize(1..total));
        let mut reading = Reading {
            inner: connect(pipes.path()),
            read: Vec::new(),
            left,
        };
        let mut oracle = Trusted::assume_checked_by_vm(&mut reading);
        let outcome = hoike_program::run(&boot, &mut oracle, &mut PureRust, &mut ());
        server.kill().unwrap();
        server.wait().unwrap();
        if total.is_none() {
            assert_eq!(outcome.unwrap().verdict, Verdict::Valid);
            total = Some(reading.read.len());
        }
        let Reading { read, inner, .. } = reading;
        drop(inner);
        check(data.path(), chain.l1_head());

        // Everything once more, in another order, from the directory alone: the nodes are not asked for any of it.
        let mut server = chain.serve(data.path(), pipes.path());
        let mut client = connect(pipes.path());
        let mut order: Vec<usize> = (0..read.len()).collect();
        random.shuffle(&mut order);
        for index in order {
            let (key, value) = &read[index];
            assert_eq!(client.get(*key).unwrap(), *value, "{key}");
        }
        drop(client);
        assert_eq!(server.wait().unwrap().code(), Some(0));
    }
}
