//! `hoike host single` as op-challenger's VMs start it.

mod common;

use common::{hoike, run};
use hoike_claims::{Expected, Folder};
use hoike_executor::PureRust;
use hoike_host::{
    PipeOracle,
    store::{Disk, Format},
};
use hoike_preimage::Trusted;
use hoike_program::Verdict;
use hoike_tests::{TempFolder, fixtures};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
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

#[test]
fn native_runs_give_the_expected_verdicts() {
    let Some((path, folder, data)) = kept() else {
        return;
    };
    for (index, entry) in folder.claims.iter().enumerate().take(8) {
        let args = arguments(&path, &folder, data.path(), index, "--native");
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

/// The server's pipes are its file descriptors 3 to 6. Here named ones, since a shell can hand these over.
#[test]
fn the_server_uses_descriptors_3_to_6() {
    let Some((path, folder, data)) = kept() else {
        return;
    };
    let pipes = TempFolder::empty();
    let pipe = |name: &str| pipes.path().join(name);
    let names = ["hints", "acks", "keys", "values"];
    let made = Command::new("mkfifo").args(names.map(pipe)).status();
    assert!(made.expect("mkfifo").success());
    for (index, entry) in folder.claims.iter().enumerate().take(3) {
        let server = hoike(&[]);
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(r#"p=$1; shift; exec "$@" 3<"$p/hints" 4>"$p/acks" 5<"$p/keys" 6>"$p/values""#)
            .arg("sh")
            .arg(pipes.path())
            .arg(server.get_program())
            .args(arguments(&path, &folder, data.path(), index, "--server"));
        let mut child = shell.spawn().expect("a shell");
        let write = |name| File::options().write(true).open(pipe(name)).unwrap();
        let read = |name| File::open(pipe(name)).unwrap();
        // Each waits for the other side, so the order is that of the shell.
        let hint_write = write("hints");
        let hint_read = read("acks");
        let preimage_write = write("keys");
        let preimage_read = read("values");
        let client = PipeOracle {
            hint_read,
            hint_write,
            preimage_read,
            preimage_write,
        };
        let mut oracle = Trusted::assume_checked_by_vm(client);
        let boot = entry.boot(&folder.rules);
        let outcome = hoike_program::run(&boot, &mut oracle, &mut PureRust, &mut ());
        let valid = outcome.expect("a verdict").verdict == Verdict::Valid;
        assert_eq!(valid, entry.expected == Some(Expected::Valid));
        drop(oracle);
        assert_eq!(child.wait().unwrap().code(), Some(0));
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
            &["--l1-node-address", "not there yet"],
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
    // A data directory of another kind.
    fs::write(data.path().join("kvformat"), "pebble").unwrap();
    let args = rest(&["--l2-chain-id", "10", "--native"]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (code, _, err) = run(&args);
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("pebble") && err.contains(data_dir), "{err}");
}
