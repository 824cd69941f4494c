//! Bad input for `hoike verify --block`: no verdict, the exit code of what is at fault, and words that name the input, the reason and what helps.

mod common;

use common::run;
use hoike_claims::Folder;
use hoike_standin::{Data, Options, Standin};
use hoike_tests::{TempFolder, example, fixtures};
use std::{
    fs,
    path::Path,
    process::Command,
    sync::{Arc, LazyLock},
};

/// What the nodes of the built-in claim know. Its chain is OP Sepolia.
static EXAMPLE: LazyLock<Arc<Data>> = LazyLock::new(|| {
    let folder = Folder::read(&example()).unwrap();
    Arc::new(Data::build(&folder, 0).unwrap())
});

const BLOCK: &str = "26215604";

fn nodes(options: Options) -> Standin {
    Standin::serve(&EXAMPLE, options).unwrap()
}

/// `hoike verify` with the endpoints of these nodes.
fn verify(nodes: &Standin, more: &[&str]) -> (i32, String, String) {
    verify_at([nodes.l1(), nodes.beacon(), nodes.l2()], more)
}

fn verify_at([l1, beacon, l2]: [&str; 3], more: &[&str]) -> (i32, String, String) {
    let nodes = ["verify", "--l1", l1, "--beacon", beacon, "--l2", l2];
    run(&[&nodes[..], &["--progress", "none"], more].concat())
}

/// There is no verdict, but this code, and these words on stderr.
#[track_caller]
fn is_refused(outcome: &(i32, String, String), code: i32, words: &[&str]) {
    let (got, out, err) = outcome;
    assert_eq!((*got, out.as_str()), (code, ""), "{err}");
    for word in words {
        assert!(err.contains(word), "no {word:?}: {err}");
    }
}

#[test]
fn what_the_arguments_lack_or_confuse_is_said() {
    let nodes = nodes(Options::default());
    let ones = "0x1111111111111111111111111111111111111111111111111111111111111111";
    let op_sepolia = ["--chain", "op-sepolia", "--block"];
    // Arguments, exit code, and what the reason says.
    let cases: [(&[&str], i32, &[&str]); 10] = [
        (
            &["--chain", "no-such", "--block", BLOCK],
            64,
            &[
                "--chain",
                "no-such",
                "not in the superchain registry",
                "--rollup-config",
            ],
        ),
        (
            &["--chain", "424242", "--block", BLOCK],
            64,
            &[
                "--chain",
                "424242",
                "not in the superchain registry",
                "--rollup-config",
            ],
        ),
        (
            &["--block", BLOCK],
            64,
            &["which chain?", "--chain or --rollup-config"],
        ),
        (
            &[&op_sepolia[..], &["26215700"]].concat(),
            4,
            &["26215700", "newest block 26215604", "wait", "--block"],
        ),
        (
            &[&op_sepolia[..], &["26215605", "--from", "26215604"]].concat(),
            4,
            &[
                "26215605",
                "newest block is 26215604",
                "wait",
                "--claim-root",
            ],
        ),
        (
            &[&op_sepolia[..], &[BLOCK, "--from", BLOCK]].concat(),
            64,
            &[
                "agreed block 26215604",
                "--block must be larger than --from",
            ],
        ),
        (
            &[&op_sepolia[..], &[BLOCK, "--from", "26215700"]].concat(),
            64,
            &[
                "agreed block 26215700",
                "--block must be larger than --from",
            ],
        ),
        (
            &[&op_sepolia[..], &["0"]].concat(),
            64,
            &["first block is 0", "block 0", "later --block"],
        ),
        // OP Mainnet begins with Bedrock.
        (
            &["--chain", "op-mainnet", "--block", "105235063"],
            64,
            &["first block is 105235063", "later --block"],
        ),
        (
            &[
                "--chain",
                "op-mainnet",
                "--block",
                "105235064",
                "--from",
                "7",
            ],
            64,
            &["first block is 105235063", "block 7 ", "later --from"],
        ),
    ];
    for (args, code, words) in cases {
        is_refused(&verify(&nodes, args), code, words);
    }
    let args = [&op_sepolia[..], &[BLOCK, "--agreed-root", ones]].concat();
    is_refused(
        &verify(&nodes, &args),
        64,
        &[
            "block 26215603",
            "0xaa34b62993bd888d7a2ad8541935374e39948576fce12aa8179a0aa5b5bc787b",
            ones,
            "--agreed-root",
        ],
    );
}

/// Hash of an L1 block, as the node says it.
fn l1_hash(number: u64) -> String {
    let hash = EXAMPLE.l1_hash(number).unwrap();
    hash.to_string()
}

/// The claim is then compared with the last block that can be derived, and the report says so.
#[test]
fn an_l1_head_before_the_data_makes_the_claim_one_about_an_earlier_block() {
    let nodes = nodes(Options::default());
    // The batch of the block is in L1 block 8086514, its origin is 8086507.
    for head in [8086507, 8086513] {
        let args = [
            "--chain",
            "op-sepolia",
            "--block",
            BLOCK,
            "--l1-head",
            &l1_hash(head),
        ];
        let (code, out, err) = verify(&nodes, &args);
        assert_eq!((code, err.as_str()), (1, ""), "{out}");
        for words in [
            "INVALID     op-sepolia block 26215604",
            "L1 lets derive block 26215603 and no further; its root counts for the claimed block",
            "as given by --l1-head",
        ] {
            assert!(out.contains(words), "no {words:?}: {out}");
        }
        // Of the earlier block's root it is true.
        let agreed = "0xaa34b62993bd888d7a2ad8541935374e39948576fce12aa8179a0aa5b5bc787b";
        let (code, out, _) = verify(&nodes, &[&args[..], &["--claim-root", agreed]].concat());
        assert_eq!(code, 0, "{out}");
        assert!(out.contains("block 26215603 and no further"), "{out}");
    }
    let args = [
        "--chain",
        "op-sepolia",
        "--block",
        BLOCK,
        "--l1-head",
        &l1_hash(8086514),
    ];
    assert_eq!(verify(&nodes, &args).0, 0);
    // Where nothing can be derived, not even the agreed block, the claim has no meaning.
    let hash = l1_hash(8086506);
    let args = [
        "--chain",
        "op-sepolia",
        "--block",
        BLOCK,
        "--l1-head",
        &hash,
    ];
    is_refused(
        &verify(&nodes, &args),
        64,
        &[&hash, "block 8086506", "origin 8086507", "later --l1-head"],
    );
}

#[test]
fn an_l1_head_that_nobody_knows_is_not_waited_for() {
    let nodes = nodes(Options::default());
    let ones = "0x1111111111111111111111111111111111111111111111111111111111111111";
    let args = ["--chain", "op-sepolia", "--block", BLOCK, "--l1-head", ones];
    is_refused(
        &verify(&nodes, &args),
        4,
        &[
            "--l1-head",
            nodes.l1(),
            "eth_getBlockByHash",
            "not there",
            "wait for the node",
            "check the hash",
        ],
    );
}

#[test]
fn endpoints_that_cannot_be_used_are_named() {
    let there = nodes(Options::default());
    let [l1, beacon, l2] = [there.l1(), there.beacon(), there.l2()];
    let block = [
        "--chain",
        "op-sepolia",
        "--block",
        BLOCK,
        "--deadline",
        "2s",
    ];
    // A port that is free, since it was a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    for scheme in ["http", "ws"] {
        let nobody = &format!("{scheme}://127.0.0.1:{port}")[..];
        for (role, urls) in [("L1", [nobody, beacon, l2]), ("L2", [l1, beacon, nobody])] {
            is_refused(
                &verify_at(urls, &block),
                4,
                &[
                    "deadline",
                    role,
                    nobody,
                    "eth_chainId",
                    "unreachable",
                    "check the address",
                ],
            );
        }
    }
    // Somebody who takes the connection and says nothing.
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mute = format!("http://{}", mute.local_addr().unwrap());
    is_refused(
        &verify_at([&mute, beacon, l2], &block),
        4,
        &[
            "deadline",
            "L1",
            &mute,
            "eth_chainId",
            "no answer",
            "check the address",
        ],
    );
    is_refused(
        &verify_at([l2, beacon, l1], &block),
        4,
        &[
            "L1",
            l2,
            "eth_chainId",
            "wrong chain",
            "11155420, not 11155111",
            "right chain",
        ],
    );
    for (urls, words) in [
        (
            ["nonsense", beacon, l2],
            ["L1 endpoint", "nonsense", "no URL"],
        ),
        (
            [l1, beacon, "127.0.0.1:8545"],
            ["L2 endpoint", "127.0.0.1", "no URL"],
        ),
        ([l1, "", l2], ["beacon endpoint", "\"\"", "no URL"]),
        (
            ["ftp://node", beacon, l2],
            [
                "L1 endpoint",
                "ftp",
                "http and https are taken, ws and wss too",
            ],
        ),
        (
            [l1, "ws://node", l2],
            ["beacon endpoint", "ws", "http and https are taken"],
        ),
    ] {
        is_refused(&verify_at(urls, &block), 64, &words);
    }
}

#[test]
fn a_pruned_node_is_told_from_one_that_is_down() {
    let pruned = nodes(Options {
        pruned: true,
        ..Options::default()
    });
    let args = ["--chain", "op-sepolia", "--block", BLOCK];
    is_refused(
        &verify(&pruned, &args),
        4,
        &["L2", pruned.l2(), "eth_getProof", "pruned", "archive"],
    );
    // Methods that are missing are another thing.
    let poor = nodes(Options {
        without: ["eth_getProof", "debug_*"]
            .map(|name| format!("l2:{name}"))
            .to_vec(),
        ..Options::default()
    });
    is_refused(
        &verify(&poor, &args),
        4,
        &[
            "L2",
            poor.l2(),
            "eth_getProof",
            "method missing",
            "enable the method",
        ],
    );
}

#[test]
fn data_directories_that_cannot_be_used_are_named_before_anything_is_fetched() {
    let nodes = nodes(Options::default());
    let folder = TempFolder::empty();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let of = |path: &str, words: &[&str]| {
        let args = [
            "--chain",
            "op-sepolia",
            "--block",
            BLOCK,
            "--data-dir",
            path,
        ];
        is_refused(&verify(&nodes, &args), 3, &[&[path], words].concat());
    };
    folder.write("file", b"");
    of(&path("file"), &["has to be a directory"]);
    of(&path("file/below"), &["has to be a directory"]);
    for name in ["pebble", "rocks"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    folder.write("pebble/kvformat", b"pebble");
    of(&path("pebble"), &["format \"pebble\"", "use another"]);
    for name in ["rocks/CURRENT", "rocks/IDENTITY"] {
        folder.write(name, b"");
    }
    of(&path("rocks"), &["format \"rocksdb\"", "use another"]);
    if let Some(_mounted) = Mounted::tmpfs(folder.path(), "readonly", "ro") {
        of(
            &path("readonly"),
            &["Read-only", "make it writable, or use another"],
        );
    }
    // What is to be saved is looked at just as early.
    let args = ["--chain", "op-sepolia", "--block", BLOCK, "--save"];
    let at = path("file");
    is_refused(
        &verify(&nodes, &[&args[..], &[&at]].concat()),
        3,
        &["--save", &at],
    );
    fs::create_dir(folder.path().join("claim")).unwrap();
    folder.write("claim/claim.json", b"{}");
    let at = path("claim");
    let refused = verify(&nodes, &[&args[..], &[&at]].concat());
    is_refused(
        &refused,
        3,
        &["--save", &at, "a claim already", "new folder"],
    );
    assert_eq!(
        fs::read(folder.path().join("claim/claim.json")).unwrap(),
        b"{}"
    );
    assert_eq!(nodes.counters().questions, []);
}

#[test]
fn a_full_disk_stops_a_run_that_goes_on_when_there_is_space() {
    let nodes = nodes(Options::default());
    let folder = TempFolder::empty();
    let Some(mounted) = Mounted::tmpfs(folder.path(), "disk", "size=4m") else {
        return;
    };
    let run = |path: &Path| {
        nodes.reset_counters();
        let path = path.display().to_string();
        let args = [
            "--chain",
            "op-sepolia",
            "--block",
            BLOCK,
            "--data-dir",
            &path,
        ];
        let outcome = verify(&nodes, &args);
        (outcome, nodes.counters().questions.len(), path)
    };
    let (full, _, path) = run(&mounted.path);
    is_refused(
        &full,
        3,
        &[&path, "No space left", "free space and run again"],
    );
    // Nothing that was begun is left, and what is there is of use.
    let left = |ending: &str| {
        let names = fs::read_dir(&mounted.path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        names
            .filter(|name| name.to_string_lossy().ends_with(ending))
            .count()
    };
    assert_eq!(left(".tmp"), 0);
    assert!(left("") > 10);
    mounted.again("size=1g");
    let (outcome, asked, _) = run(&mounted.path);
    assert_eq!(outcome.0, 0, "{}", outcome.2);
    let (whole, asked_by_a_first_run, _) = run(&folder.path().join("other"));
    assert_eq!(whole.0, 0, "{}", whole.2);
    assert!(
        asked < asked_by_a_first_run,
        "{asked}, {asked_by_a_first_run}"
    );
}

/// A file system in memory, for as long as this lives.
struct Mounted {
    path: std::path::PathBuf,
}

impl Mounted {
    /// Nothing, and a message, where one may not mount.
    fn tmpfs(folder: &Path, name: &str, options: &str) -> Option<Self> {
        let path = folder.join(name);
        fs::create_dir(&path).unwrap();
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", options, "hoike-test"])
            .arg(&path);
        match mount.output() {
            Ok(output) if output.status.success() => Some(Self { path }),
            Ok(_) | Err(_) => {
                println!("skipped: only root may mount a file system that is {options}");
                None
            }
        }
    }

    fn again(&self, options: &str) {
        let mut mount = Command::new("mount");
        mount
            .args(["-o", &format!("remount,{options}")])
            .arg(&self.path);
        assert!(mount.status().unwrap().success());
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let gone = Command::new("umount").arg(&self.path).status();
        assert!(gone.is_ok_and(|status| status.success()));
    }
}

/// Nothing is wrong with nodes that lack methods for which there are others, so nothing is said of it.
#[test]
fn an_ordinary_run_says_nothing_but_its_verdict() {
    use hoike_standin::Profile::{Erigon, Nethermind, OpGeth, OpReth};
    for profile in [OpGeth, OpReth, Nethermind, Erigon] {
        for without in [&[][..], &["l1:debug_*"], &["l2:debug_getRaw*"]] {
            let nodes = nodes(Options {
                profile,
                without: without.iter().map(ToString::to_string).collect(),
                ..Options::default()
            });
            let args = ["--chain", "op-sepolia", "--block", BLOCK];
            let (code, out, err) = verify(&nodes, &args);
            assert_eq!(
                (code, err.as_str()),
                (0, ""),
                "{profile:?} {without:?}: {out}"
            );
            // A method that is missing counts as a fault; without one there is none.
            if profile == OpGeth && without.is_empty() {
                assert!(out.contains(" 0 repeated"), "{out}");
            }
        }
    }
}

/// A genesis is as good as the chain config in it.
#[test]
fn a_genesis_is_taken_for_its_config() {
    let Some(claims) = fixtures("claims") else {
        return;
    };
    let path = claims.join("isthmus-fees");
    let folder = Folder::read(&path).unwrap();
    let nodes = Standin::start(&folder, 0, Options::default()).unwrap();
    let files = TempFolder::empty();
    let file = |name: &str| path.join(name).display().to_string();
    let genesis = |name: &str| {
        let config = fs::read_to_string(path.join(name)).unwrap();
        let genesis = format!(r#"{{"nonce":"0x0","config":{config},"alloc":{{}}}}"#);
        files.write(name, genesis.as_bytes());
        files.path().join(name).display().to_string()
    };
    let claim = nodes.data().claim();
    let mut outcomes = Vec::new();
    for (save, l1, l2) in [
        (
            "bare",
            file("l1-genesis.json"),
            file("l2-chain-config.json"),
        ),
        (
            "genesis",
            genesis("l1-genesis.json"),
            genesis("l2-chain-config.json"),
        ),
    ] {
        let save = files.path().join(save);
        let (code, _, err) = verify(
            &nodes,
            &[
                "--block",
                &claim.claimed_block.to_string(),
                "--from",
                &nodes.data().agreed().number.to_string(),
                "--l1-head",
                &claim.l1_head.to_string(),
                "--claim-root",
                &claim.claimed_output_root.to_string(),
                "--rollup-config",
                &file("rollup.json"),
                "--l1-config",
                &l1,
                "--l2-config",
                &l2,
                "--save",
                &save.display().to_string(),
            ],
        );
        assert!(matches!(code, 0 | 1), "{err}");
        let config = fs::read(save.join("l2-chain-config.json")).unwrap();
        // What was kept is a claim without nodes too.
        let (again, _, err) = run(&["verify", &save.display().to_string()]);
        assert_eq!(again, code, "{err}");
        outcomes.push((code, String::from_utf8(config).unwrap().trim().to_owned()));
    }
    assert_eq!(outcomes[0], outcomes[1]);
    let bare = fs::read_to_string(path.join("l2-chain-config.json")).unwrap();
    assert_eq!(outcomes[0].1, bare.trim());
}

#[test]
fn a_host_for_several_chains_says_that_it_is_not_there() {
    for more in [
        &[][..],
        &[
            "--l2-node-addresses",
            "a,b",
            "--server",
            "--data-dir",
            "/tmp",
        ],
    ] {
        let outcome = run(&[&["host", "super"], more].concat());
        is_refused(
            &outcome,
            64,
            &["super", "not there yet", "hoike host single"],
        );
    }
}
