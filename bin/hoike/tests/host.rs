//! `hoike host` as op-challenger's VMs start it.

mod common;

use common::{hoike, run};
use hoike_claims::{Expected, Folder};
use hoike_executor::PureRust;
use hoike_host::{
    PipeOracle,
    store::{Disk, Format},
};
use hoike_preimage::{Checked, Hint, Oracle, PreimageKey, Trusted};
use hoike_program::Verdict;
use hoike_tests::{TempFolder, fixtures};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command},
};

/// The smallest claim folder with configs of its own, and a data directory of its preimages; nothing where there are no fixtures.
fn kept() -> Option<(PathBuf, Folder, TempFolder)> {
    let folders = fs::read_dir(fixtures("claims")?).unwrap();
    let folders = folders.map(|entry| entry.unwrap().path());
    let custom = folders.filter(|path| path.join("rollup.json").is_file());
    let size = |path: &PathBuf| fs::metadata(path.join("witness.kv.zst")).unwrap().len();
    let path = custom.min_by_key(size)?;
    let folder = Folder::read(&path).unwrap();
    let data = TempFolder::empty();
    let disk = Disk::open(data.path(), Format::Directory).unwrap();
    for (key, value) in folder.witness.iter() {
        disk.put(key, &value).unwrap();
    }
    Some((path, folder, data))
}

/// As op-challenger's `kona_server_executor.go` puts them together, without the endpoints.
fn arguments(path: &Path, folder: &Folder, data: &Path, claim: usize, mode: &str) -> Vec<String> {
    let claim = folder.claims[claim].boot(&folder.rules).claim;
    let file = |name: &str| path.join(name).display().to_string();
    [
        "host",
        "single",
        "--l1-head",
        &claim.l1_head.to_string(),
        "--agreed-l2-output-root",
        &claim.agreed_output_root.to_string(),
        "--claimed-l2-output-root",
        &claim.claimed_output_root.to_string(),
        "--claimed-l2-block-number",
        &claim.claimed_block.to_string(),
        mode,
        "--data-dir",
        &data.display().to_string(),
        "--rollup-config-path",
        &file("rollup.json"),
        "--l1-config-path",
        &file("l1-genesis.json"),
    ]
    .map(String::from)
    .to_vec()
}

/// As op-challenger's `op_program_server_executor.go` puts them together, without the endpoints; `--server` is left to the caller.
fn op_program_arguments(path: &Path, folder: &Folder, data: &Path, claim: usize) -> Vec<String> {
    let claim = folder.claims[claim].boot(&folder.rules).claim;
    let file = |name: &str| path.join(name).display().to_string();
    [
        "--datadir",
        &data.display().to_string(),
        "--l1.head",
        &claim.l1_head.to_string(),
        "--l2.claim",
        &claim.claimed_output_root.to_string(),
        "--l2.blocknumber",
        &claim.claimed_block.to_string(),
        "--l2.outputroot",
        &claim.agreed_output_root.to_string(),
        "--rollup.config",
        &file("rollup.json"),
        "--l2.genesis",
        &file("l2-chain-config.json"),
        "--log.level",
        "INFO",
        "--l2.custom",
        "--l1.chainconfig",
        &file("l1-genesis.json"),
    ]
    .map(String::from)
    .to_vec()
}

fn prefixed(prefix: &[&str], args: Vec<String>) -> Vec<String> {
    prefix.iter().map(ToString::to_string).chain(args).collect()
}

#[test]
fn native_runs_give_the_expected_verdicts() {
    let Some((path, folder, data)) = kept() else {
        return;
    };
    for (index, entry) in folder.claims.iter().enumerate().take(8) {
        let kona = arguments(&path, &folder, data.path(), index, "--native");
        let op_program = op_program_arguments(&path, &folder, data.path(), index);
        for args in [kona, prefixed(&["host", "op-program"], op_program)] {
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let (code, out, err) = run(&args);
            let (want, word) = match entry.expected.expect("fixtures say so") {
                Expected::Valid => (0, "VALID block"),
                Expected::Invalid => (1, "INVALID block"),
            };
            assert_eq!((code, err.as_str()), (want, ""), "{args:?}");
            assert!(out.starts_with(word), "{out}");
        }
    }
}

/// A link of that name is all that op-challenger needs to be told of.
#[test]
fn a_link_called_op_program_takes_its_flags() {
    let folder = TempFolder::empty();
    let link = folder.path().join("op-program");
    std::os::unix::fs::symlink(hoike(&[]).get_program(), &link).unwrap();
    let of = |args: &[String]| {
        let output = Command::new(&link).args(args).output().unwrap();
        let [out, err] =
            [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        (output.status.code().unwrap(), out, err)
    };
    let (code, out, err) = of(&["--help".into()]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("--l2.outputroot"), "{out}");
    let (code, _, err) = of(&["verify".into()]);
    assert_eq!(code, 64, "{err}");
    if let Some((path, folder, data)) = kept() {
        let (code, out, err) = of(&op_program_arguments(&path, &folder, data.path(), 0));
        let valid = folder.claims[0].expected == Some(Expected::Valid);
        assert_eq!((code == 0, err.as_str()), (valid, ""), "{out}");
    }
}

fn named_pipes() -> TempFolder {
    let pipes = TempFolder::empty();
    let names = ["hints", "acks", "keys", "values"].map(|name| pipes.path().join(name));
    let made = Command::new("mkfifo").args(names).status();
    assert!(made.expect("mkfifo").success());
    pipes
}

/// A server on these pipes, and its client.
fn serve(pipes: &Path, args: &[String]) -> (Child, PipeOracle<File, File>) {
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(r#"p=$1; shift; exec "$@" 3<"$p/hints" 4>"$p/acks" 5<"$p/keys" 6>"$p/values""#)
        .arg("sh")
        .arg(pipes)
        .arg(hoike(&[]).get_program())
        .args(args);
    let child = shell.spawn().expect("a shell");
    let write = |name| File::options().write(true).open(pipes.join(name)).unwrap();
    let read = |name| File::open(pipes.join(name)).unwrap();
    // Each waits for the other side, so the order is that of the shell.
    let hint_write = write("hints");
    let hint_read = read("acks");
    let preimage_write = write("keys");
    let preimage_read = read("values");
    let client = PipeOracle::new(hint_read, hint_write, preimage_read, preimage_write);
    (child, client)
}

/// The server's pipes are its file descriptors 3 to 6. Here named ones, since a shell can hand these over.
#[test]
fn the_server_uses_descriptors_3_to_6() {
    let Some((path, folder, data)) = kept() else {
        return;
    };
    let pipes = named_pipes();
    let forms = folder.claims.iter().enumerate().take(3).flat_map(|claim| {
        let (index, _) = claim;
        let kona = arguments(&path, &folder, data.path(), index, "--server");
        let op_program = op_program_arguments(&path, &folder, data.path(), index);
        let op_program = prefixed(&["host", "op-program", "--server"], op_program);
        // Key, value: what tells the forms apart.
        let rollup = fs::read(path.join("rollup.json")).unwrap();
        let l1 = fs::read(path.join("l1-genesis.json")).unwrap();
        let l2 = fs::read(path.join("l2-chain-config.json")).unwrap();
        let id = folder.rules.rollup.l2_chain_id.to_be_bytes().to_vec();
        [
            (claim, kona, [(5, id), (6, rollup.clone()), (7, l1.clone())]),
            (claim, op_program, [(6, l2), (7, rollup), (9, l1)]),
        ]
    });
    for ((_, entry), args, configs) in forms {
        let (mut child, client) = serve(pipes.path(), &args);
        let mut oracle = Trusted::assume_checked_by_vm(client);
        for (index, config) in configs {
            assert_eq!(oracle.local(index).unwrap(), config, "{index}");
        }
        let boot = entry.boot(&folder.rules);
        let outcome = hoike_program::run(&boot, &mut oracle, &mut PureRust, &mut ());
        let valid = outcome.expect("a verdict").verdict == Verdict::Valid;
        assert_eq!(valid, entry.expected == Some(Expected::Valid));
        drop(oracle);
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
}

/// The program parses what it is given as a chain config, so of a genesis it is given only that.
#[test]
fn of_an_l1_genesis_the_program_gets_the_config() {
    let Some((path, folder, data)) = kept() else {
        return;
    };
    let config = fs::read_to_string(path.join("l1-genesis.json")).unwrap();
    let config = config.trim();
    let files = TempFolder::empty();
    let genesis = format!(r#"{{"nonce": "0x0", "config": {config}, "alloc": {{"00": {{}}}}}}"#);
    files.write("genesis.json", genesis.as_bytes());
    let mut args = arguments(&path, &folder, data.path(), 0, "--server");
    *args.last_mut().unwrap() = files.path().join("genesis.json").display().to_string();
    let pipes = named_pipes();
    let (mut child, client) = serve(pipes.path(), &args);
    let mut oracle = Trusted::assume_checked_by_vm(client);
    assert_eq!(oracle.local(7).unwrap()[..], *config.as_bytes());
    let boot = folder.claims[0].boot(&folder.rules);
    let outcome = hoike_program::run(&boot, &mut oracle, &mut PureRust, &mut ());
    let valid = outcome.expect("a verdict").verdict == Verdict::Valid;
    assert_eq!(valid, folder.claims[0].expected == Some(Expected::Valid));
    drop(oracle);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// The hint's result cannot be kept, since a file is where its folder should be. The client waits for the acknowledgement, and gets an end instead; and so
/// does whoever waits for a value.
#[test]
fn d124_a_server_that_fails_on_a_hint_unblocks_its_client() {
    let hash = format!("0x{}", "11".repeat(32));
    let data = TempFolder::empty();
    let args: Vec<String> = [
        "host",
        "single",
        "--server",
        "--l2-chain-id",
        "10",
        "--l1-head",
        &hash,
        "--agreed-l2-output-root",
        &hash,
        "--claimed-l2-output-root",
        &hash,
        "--claimed-l2-block-number",
        "7",
        "--data-dir",
        data.path().to_str().unwrap(),
    ]
    .map(String::from)
    .to_vec();
    let (address, gas) = (alloy_primitives::Address::with_last_byte(8), 45_000);
    let key = PreimageKey::precompile(address, gas, &[]);
    let folder = &alloy_primitives::hex::encode(key.as_bytes())[..4];
    data.write(folder, b"");
    let pipes = named_pipes();
    let (mut child, mut client) = serve(pipes.path(), &args);
    // It does serve.
    assert_eq!(
        client.get(PreimageKey::local(4)).unwrap()[..],
        7_u64.to_be_bytes()
    );
    let hint = Hint::L1Precompile {
        address,
        gas,
        input: &[],
    };
    client.hint(&hint).expect_err("no acknowledgement");
    client.get(key).expect_err("no value");
    assert_eq!(child.wait().unwrap().code(), Some(3));
}

/// A VM that has confused them would else wait for ever.
#[test]
fn d172_descriptors_for_the_other_direction_are_refused() {
    if !Path::new("/proc/self/fdinfo").is_dir() {
        println!("skipped: the system does not say how descriptors are open");
        return;
    }
    let data = TempFolder::empty();
    let pipes = named_pipes();
    let hash = format!("0x{}", "11".repeat(32));
    for (opened, words) in [
        // `<>` waits for nobody.
        (
            r#"3>"$p/f" 4<>"$p/acks" 5<>"$p/keys" 6<>"$p/values""#,
            ["descriptor 3", "for writing only", "for reading"],
        ),
        (
            r#"3<>"$p/hints" 4<"$p/f" 5<>"$p/keys" 6<>"$p/values""#,
            ["descriptor 4", "for reading only", "for writing"],
        ),
        (
            r#"3<>"$p/hints" 4<>"$p/acks" 5>"$p/f" 6<>"$p/values""#,
            ["descriptor 5", "for writing only", "for reading"],
        ),
        (
            r#"3<>"$p/hints" 4<>"$p/acks" 5<>"$p/keys" 6<"$p/f""#,
            ["descriptor 6", "for reading only", "for writing"],
        ),
    ] {
        pipes.write("f", b"");
        let output = Command::new("sh")
            .arg("-c")
            .arg(format!(r#"p=$1; shift; exec "$@" {opened}"#))
            .arg("sh")
            .arg(pipes.path())
            .arg(hoike(&[]).get_program())
            .args([
                "host",
                "single",
                "--server",
                "--l2-chain-id",
                "10",
                "--l1-head",
                &hash,
            ])
            .args([
                "--l2-output-root",
                &hash,
                "--l2-claim",
                &hash,
                "--l2-block-number",
                "7",
            ])
            .arg("--data-dir")
            .arg(data.path())
            .output()
            .unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(64), "{err}");
        assert!(
            words.iter().all(|word| err.contains(word)),
            "{words:?}: {err}"
        );
    }
}

#[test]
fn what_is_missing_or_wrong_is_said() {
    let data = TempFolder::empty();
    let data_dir = data.path().to_str().unwrap();
    let hash = &format!("0x{}", "11".repeat(32))[..];
    let rest = |more: &[&str]| -> Vec<String> {
        let claim = [
            "--l1-head",
            hash,
            "--l2-output-root",
            hash,
            "--l2-claim",
            hash,
        ];
        let end = ["--l2-block-number", "7", "--db", data_dir];
        let all = ["host", "single"].into_iter().chain(claim).chain(end);
        let all = all.chain(more.iter().copied());
        all.map(String::from).collect()
    };
    // More arguments, exit code, and what the reason says.
    let cases: [(&[&str], i32, &[&str]); 9] = [
        (&["--native"], 64, &["--l2-chain-id"]),
        (&["--l2-chain-id", "10"], 64, &["--server"]),
        (
            &["--l2-chain-id", "10", "--native", "--server"],
            64,
            &["--server"],
        ),
        (
            &["--l2-chain-id", "4242", "--native"],
            64,
            &["4242", "--rollup-config-path"],
        ),
        (
            &[
                "--l2-chain-id",
                "10",
                "--native",
                "--l1",
                "http://localhost:1",
            ],
            64,
            &["--l2-node-address is missing", "give an L2 RPC as well"],
        ),
        (
            &["--rollup-cfg", "/does/not/exist.json", "--native"],
            3,
            &["/does/not/exist.json"],
        ),
        (
            &["--l2-chain-id", "10", "--native"],
            3,
            &["output", "not in the data directory"],
        ),
        (
            &["--l2-chain-id", "10", "--server"],
            64,
            &["file descriptor 3"],
        ),
        (&["--l2-chain-id", "ten", "--native"], 64, &["ten"]),
    ];
    for (more, want, words) in cases {
        let args = rest(more);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let (code, out, err) = run(&args);
        assert_eq!((code, out.as_str()), (want, ""), "{more:?}: {err}");
        assert!(
            words.iter().all(|word| err.contains(word)),
            "{more:?}: {err}"
        );
    }
    // op-challenger's native runs have no data directory.
    let mut args = rest(&["--l2-chain-id", "10", "--native"]);
    args.retain(|arg| arg != "--db" && arg != data_dir);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (code, _, err) = run(&args);
    assert_eq!(code, 64, "{err}");
    assert!(err.contains("--data-dir"), "{err}");
    // A data directory of another kind.
    fs::write(data.path().join("kvformat"), "pebble").unwrap();
    let args = rest(&["--l2-chain-id", "10", "--native"]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (code, _, err) = run(&args);
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("pebble") && err.contains(data_dir), "{err}");
}

#[test]
fn what_is_missing_or_wrong_in_op_programs_form_is_said() {
    let data = TempFolder::empty();
    let data_dir = data.path().to_str().unwrap();
    let hash = &format!("0x{}", "11".repeat(32))[..];
    let of = |more: &[&str]| {
        let claim = ["host", "op-program", "--l1.head", hash, "--l2.claim", hash];
        let all: Vec<&str> = claim.iter().chain(more).copied().collect();
        run(&all)
    };
    let rest = [
        "--l2.blocknumber",
        "7",
        "--l2.outputroot",
        hash,
        "--datadir",
        data_dir,
    ];
    // More arguments, exit code, and what the reason says.
    let cases: [(&[&str], i32, &[&str]); 14] = [
        (&[], 64, &["--network"]),
        (
            &["--network", "no-such"],
            64,
            &["--network", "no-such", "--rollup.config"],
        ),
        (
            &["--network", "4242"],
            64,
            &["--network", "4242", "--rollup.config"],
        ),
        (
            &["--network", "op-mainnet,op-sepolia"],
            64,
            &["--network", "several chains"],
        ),
        (
            &["--network", "op-sepolia", "--l2.custom"],
            64,
            &["--network", "--l2.custom"],
        ),
        (
            &["--network", "10", "--l1", "http://localhost:1"],
            64,
            &["--l2 is missing", "give an L2 RPC as well"],
        ),
        (
            &["--network", "10", "--l1.beacon", "http://localhost:1"],
            64,
            &["--l1 is missing", "give an L1 RPC as well"],
        ),
        (
            &["--network", "10", "--l2", "http://localhost:1"],
            64,
            &["--l1 is missing", "give an L1 RPC as well"],
        ),
        (
            &["--network", "10", "--data.format", "pebble"],
            64,
            &["--data.format", "pebble"],
        ),
        (
            &["--rollup.config", "/does/not/exist.json"],
            3,
            &["--rollup.config", "/does/not/exist.json"],
        ),
        (
            &["--rollup.config", "a.json", "--l2.custom"],
            64,
            &["--l2.genesis", "--l1.chainconfig"],
        ),
        (
            &["--network", "op-sepolia", "--server"],
            64,
            &["file descriptor 3"],
        ),
        // Nothing is there, so it is the first thing that the program asks for.
        (
            &[
                "--network",
                "op-sepolia",
                "--log.level",
                "CRIT",
                "--l2.experimental",
                "http://localhost:1",
                "--l1.trustrpc",
            ],
            3,
            &["not in the data directory"],
        ),
        (
            &["--network", "11155420"],
            3,
            &["not in the data directory"],
        ),
    ];
    for (more, want, words) in cases {
        let (code, out, err) = of(&[&rest[..], more].concat());
        assert_eq!((code, out.as_str()), (want, ""), "{more:?}: {err}");
        assert!(
            words.iter().all(|word| err.contains(word)),
            "{more:?}: {err}"
        );
    }
    // Parts of the claim that are not there, or of another game.
    let network = ["--network", "10", "--l2.blocknumber", "7"];
    let cases: [(&[&str], &[&str]); 4] = [
        (&["--datadir", data_dir], &["--l2.outputroot"]),
        (&["--l2.outputroot", hash], &["--datadir"]),
        (
            &["--datadir", data_dir, "--l2.agreed-prestate", "00"],
            &["--l2.agreed-prestate", "several chains"],
        ),
        (
            &[
                "--datadir",
                data_dir,
                "--l2.agreed-prestate",
                "00",
                "--l2.outputroot",
                hash,
            ],
            &["--l2.agreed-prestate", "--l2.outputroot"],
        ),
    ];
    for (more, words) in cases {
        let (code, out, err) = of(&[&network[..], more].concat());
        assert_eq!((code, out.as_str()), (64, ""), "{more:?}: {err}");
        assert!(
            words.iter().all(|word| err.contains(word)),
            "{more:?}: {err}"
        );
    }
}
