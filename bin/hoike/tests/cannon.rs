//! `hoike cannon` against files that the original's command line wrote, with a preimage server, and with what cannot be.

mod common;

use alloy_primitives::{B256, Bytes, hex, keccak256};
use common::{hoike, program, run, unpacked, vm_runs};
use hoike_host::store::{Disk, Format};
use hoike_preimage::{KeyKind, PreimageKey};
use hoike_tests::TempFolder;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// All runs of the fixtures, with their traces.
fn runs() -> Vec<(PathBuf, Value)> {
    vm_runs("cannon")
}

/// load-elf into a folder: the state's path.
fn load(elf: &str, folder: &Path) -> String {
    let (state, meta) = (folder.join("prestate.bin.gz"), folder.join("meta.json"));
    let (code, _, err) = run(&[
        "cannon",
        "load-elf",
        "--type",
        "multithreaded64-5",
        "--path",
        elf,
        "--out",
        state.to_str().unwrap(),
        "--meta",
        meta.to_str().unwrap(),
    ]);
    assert_eq!(code, 0, "{err}");
    state.display().to_string()
}

#[test]
fn files_are_those_of_the_original() {
    let mut compared = 0;
    for (folder, trace) in runs() {
        let cli = folder.join("cli");
        if !cli.is_dir() {
            continue;
        }
        let out = TempFolder::empty();
        let at = |name: &str| out.path().join(name).display().to_string();
        let Some(elf) = program(&folder, &trace, out.path()) else {
            continue;
        };
        let state = load(&elf, out.path());
        assert_eq!(
            unpacked(Path::new(&state)),
            unpacked(&cli.join("prestate.bin.gz"))
        );
        let (code, json, _) = run(&["cannon", "witness", "--input", &state]);
        let theirs = fs::read_to_string(cli.join("prestate-witness.json")).unwrap();
        assert_eq!((code, &json), (0, &theirs));
        // The order of symbols of one address is not fixed; a line more or less would show.
        let lines = |text: String| {
            let mut lines: Vec<String> = text
                .lines()
                .map(|l| l.trim_end_matches(',').into())
                .collect();
            lines.sort();
            (text.len(), lines)
        };
        let meta = fs::read_to_string(out.path().join("meta.json")).unwrap();
        assert_eq!(
            lines(meta),
            lines(fs::read_to_string(cli.join("meta.json")).unwrap())
        );

        // A run with all that op-challenger asks for, the patterns read off the files' names.
        let steps = |folder: &Path, before: &str, after: &str| -> Vec<u64> {
            let files = fs::read_dir(folder).into_iter().flatten();
            let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
            names
                .filter_map(|name| name.strip_prefix(before)?.strip_suffix(after)?.parse().ok())
                .collect()
        };
        for step in steps(&cli.join("fresh"), "", ".json.gz")
            .into_iter()
            .chain([0])
        {
            let (end, snapshot) = (step + 1, step.max(1));
            let arguments = [
                "cannon",
                "run",
                "--input",
                &state,
                "--output",
                &at("final.bin.gz"),
                "--meta",
                "",
                "--info-at",
                "%10000",
                "--proof-at",
                &format!("={step}"),
                "--proof-fmt",
                &at("%d.json.gz"),
                "--snapshot-at",
                &format!("={snapshot}"),
                "--snapshot-fmt",
                &at("snapshot-%d.bin.gz"),
                "--stop-at",
                &format!("={end}"),
            ];
            let (code, printed, err) = run(&arguments);
            assert_eq!(code, 0, "{err}");
            assert!(err.contains(&format!("stopped before step {end}")), "{err}");
            let proof = unpacked(&out.path().join(format!("{step}.json.gz")));
            let fresh = cli.join("fresh").join(format!("{step}.json.gz"));
            let theirs = if fresh.is_file() {
                fresh
            } else {
                cli.join(format!("{step}.json.gz"))
            };
            assert_eq!(proof, unpacked(&theirs), "{step}: {printed}");
            compared += 1;
        }
        for step in steps(&cli, "snapshot-", ".bin.gz") {
            let name = format!("snapshot-{step}.bin.gz");
            let pattern = format!("={step}");
            let arguments = [
                "cannon",
                "run",
                "--input",
                &state,
                "--output",
                &at("final.bin"),
                "--snapshot-at",
                &pattern,
                "--snapshot-fmt",
                &at("snapshot-%d.bin.gz"),
                "--debug-info",
                &at("debug-info.json"),
            ];
            let (code, printed, err) = run(&arguments);
            assert_eq!(code, 0, "{err}");
            assert_eq!(printed, trace["stdout"].as_str().unwrap());
            assert_eq!(
                unpacked(&out.path().join(&name)),
                unpacked(&cli.join(&name))
            );
            assert_eq!(
                fs::read(out.path().join("final.bin")).unwrap(),
                unpacked(&cli.join("final.bin.gz"))
            );
            let info = fs::read_to_string(out.path().join("debug-info.json")).unwrap();
            assert_eq!(
                info,
                fs::read_to_string(cli.join("debug-info.json")).unwrap()
            );
            let (_, json, _) = run(&["cannon", "witness", "--input", &at("final.bin")]);
            assert_eq!(json, fs::read_to_string(cli.join("witness.json")).unwrap());
            compared += 1;
        }
    }
    assert!(compared > 0 || runs().is_empty());
}

/// What a preimage server of ours needs to serve a run's preimages: local values by flags, all else in a directory.
fn serving(trace: &Value, data: &Path) -> Option<Vec<String>> {
    let disk = Disk::open(data, Format::Directory).unwrap();
    let mut local = BTreeMap::new();
    for preimage in trace["preimages"].as_array()? {
        let key: B256 = preimage["key"].as_str().unwrap().parse().unwrap();
        let value: Bytes = preimage["value"].as_str().unwrap().parse().unwrap();
        let key = PreimageKey::from_bytes(key.0).unwrap();
        if key.kind() == KeyKind::Local {
            local.insert(key.as_bytes()[31], value);
        } else {
            disk.put(key, &value).unwrap();
        }
    }
    let mut value = |index: u8| -> Option<String> {
        let value = local.remove(&index).unwrap_or_else(|| Bytes::from([0; 32]));
        (value.len() == 32).then(|| hex::encode_prefixed(value))
    };
    let claim = [
        ("--l1-head", value(1)?),
        ("--agreed-l2-output-root", value(2)?),
        ("--claimed-l2-output-root", value(3)?),
    ];
    if !local.is_empty() {
        return None;
    }
    let server = hoike(&[]).get_program().to_str().unwrap().to_owned();
    let mut line = vec![
        "--".into(),
        server,
        "host".into(),
        "single".into(),
        "--server".into(),
    ];
    for (flag, value) in claim {
        line.extend([flag.to_owned(), value]);
    }
    line.extend(
        [
            "--claimed-l2-block-number",
            "1",
            "--l2-chain-id",
            "10",
            "--data-dir",
        ]
        .map(str::to_owned),
    );
    line.push(data.display().to_string());
    Some(line)
}

#[test]
fn a_program_reads_from_the_server_that_runs_beneath_it() {
    let mut served = 0;
    for (folder, trace) in runs() {
        if trace["preimageRequests"]
            .as_array()
            .is_none_or(Vec::is_empty)
        {
            continue;
        }
        let (out, data) = (TempFolder::empty(), TempFolder::empty());
        let at = |name: &str| out.path().join(name).display().to_string();
        let Some(elf) = program(&folder, &trace, out.path()) else {
            continue;
        };
        let Some(server) = serving(&trace, data.path()) else {
            continue;
        };
        let state = load(&elf, out.path());
        let end = at("final.bin");
        let line = ["cannon", "run", "--input", &state, "--output", &end];
        let output = hoike(&line).args(&server).output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{err}");
        let expected = &trace["final"]["binKeccak256"];
        assert_eq!(
            keccak256(fs::read(&end).unwrap()).to_string(),
            *expected.as_str().unwrap(),
            "{err}"
        );
        served += 1;

        // After which read to stop: the first of all, and the first of a long one.
        let first = trace["preimageRequests"][0]["step"].as_u64().unwrap();
        let stops = [
            (vec!["--stop-at-preimage-type", "any"], first + 1),
            (
                vec![
                    "--stop-at-preimage",
                    trace["preimageRequests"][0]["key"].as_str().unwrap(),
                ],
                first + 1,
            ),
        ];
        for (flags, step) in stops {
            let output = hoike(&line).args(&flags).args(&server).output().unwrap();
            let err = String::from_utf8_lossy(&output.stderr);
            assert!(
                err.contains(&format!("stopped before step {step}\n")),
                "{flags:?}: {err}"
            );
        }
    }
    assert!(served > 0 || runs().is_empty());
}

#[test]
fn a_server_that_fails_is_named_and_ends_the_run() {
    // A program that asks before it hints.
    let asks = runs().into_iter().find(|(_, trace)| {
        let first = |field: &str| trace[field][0]["step"].as_u64();
        first("preimageRequests").is_some_and(|step| first("hints").is_none_or(|hint| step < hint))
    });
    let Some((folder, trace)) = asks else {
        return;
    };
    let out = TempFolder::empty();
    let state = load(&program(&folder, &trace, out.path()).unwrap(), out.path());
    let end = out.path().join("final.bin.gz");
    // Servers, what is said, and the exit code.
    let cases: [(&[&str], &str, i32); 6] = [
        (&["/nowhere/server"], "cannot be started", 3),
        (&["sh", "-c", "exit 7"], "has ended with exit status: 7", 2),
        (
            &["sh", "-c", "head -c 32 <&5 >/dev/null; exit 3"],
            "has ended with exit status: 3",
            2,
        ),
        (&["sh", "-c", "kill -9 $$"], "has ended with signal: 9", 2),
        // Half an answer.
        (
            &["sh", "-c", "head -c 32 <&5 >/dev/null; printf abc >&6"],
            "has ended with exit status: 0",
            2,
        ),
        // A length that no preimage has.
        (
            &[
                "sh",
                "-c",
                r"head -c 32 <&5 >/dev/null; printf '\377\0\0\0\0\0\0\0' >&6; sleep 1",
            ],
            "announces",
            2,
        ),
    ];
    for (server, words, code) in cases {
        let begun = Instant::now();
        let output = hoike(&["cannon", "run", "--input", &state, "--output"])
            .arg(&end)
            .arg("--")
            .args(server)
            .output()
            .unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{server:?}: {err}");
        assert!(err.contains(words), "{server:?}: {err}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{server:?}");
        // No state of a run that came to nothing.
        assert!(!end.exists());
    }
    let (code, _, err) = run(&["cannon", "run", "--input", &state, "--output", ""]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("there is no preimage server"), "{err}");
}

#[test]
fn steps_that_cannot_be_done_are_panics_of_the_vm() {
    for (folder, trace) in runs() {
        let Some(error) = trace["error"].as_object() else {
            continue;
        };
        let out = TempFolder::empty();
        let state = load(&program(&folder, &trace, out.path()).unwrap(), out.path());
        let end = out.path().join("final.bin.gz");
        let (code, _, err) = run(&[
            "cannon",
            "run",
            "--input",
            &state,
            "--output",
            end.to_str().unwrap(),
        ]);
        assert_eq!(code, 2, "{err}");
        assert!(
            err.contains(&format!("failed at step {}", trace["final"]["step"])),
            "{error:?}: {err}"
        );
        assert!(!end.exists());
    }
}

#[test]
fn what_is_no_program_or_no_state_is_refused_with_the_reason() {
    let out = TempFolder::empty();
    let at = |name: &str| out.path().join(name).display().to_string();
    let write = |name: &str, content: &[u8]| {
        fs::write(out.path().join(name), content).unwrap();
        at(name)
    };
    let mut header = [0_u8; 64];
    header[..7].copy_from_slice(b"\x7fELF\x02\x02\x01");
    header[19] = 21; // EM_PPC64
    header[23] = 1;
    header[53] = 64;
    let other_machine = write("ppc64", &header);
    header[5] = 1;
    let little = write("little", &header);
    header[4] = 1;
    let narrow = write("narrow", &header);
    let text = write("text", b"no program");
    // For cannon, with one segment to load, of a terabyte of zeros.
    let mut vast = [0_u8; 64 + 56];
    vast[..7].copy_from_slice(b"\x7fELF\x02\x02\x01");
    (vast[19], vast[23]) = (8, 1);
    // Where the program headers are, how large one is, and how many there are.
    (vast[39], vast[53], vast[55], vast[57]) = (64, 64, 56, 1);
    vast[64 + 3] = 1;
    vast[64 + 40..64 + 48].copy_from_slice(&(1_u64 << 40).to_be_bytes());
    let vast = write("vast", &vast);
    let elves = [
        (&other_machine, "of machine 21"),
        (&little, "little endian"),
        (&narrow, "64-bit ELF"),
        (&text, "64-bit ELF"),
        (&vast, "segment 0: it makes it more than"),
        (&at("absent"), "cannot read"),
    ];
    for (path, words) in elves {
        let (code, _, err) = run(&[
            "cannon",
            "load-elf",
            "--type",
            "multithreaded64-5",
            "--path",
            path,
            "--out",
            &at("o.bin"),
            "--meta",
            "",
        ]);
        assert_eq!(code, 3, "{path}: {err}");
        assert!(err.contains(words), "{path}: {err}");
        assert!(!Path::new(&at("o.bin")).exists());
    }
    let states = [
        (write("s1.bin.gz", b"\x1f\x8b\x08"), "cannot read"),
        (write("s2.bin", b"\x03rest"), "version 3"),
        (write("s3.bin", b"\x08rest"), "ends at byte 5"),
        (write("s4.json", b"{}"), "JSON"),
        (write("s5.bin", b""), "empty"),
    ];
    for (path, words) in states {
        for command in ["witness", "run"] {
            let (code, printed, err) = run(&["cannon", command, "--input", &path]);
            assert_eq!((code, printed.as_str()), (3, ""), "{path}: {err}");
            assert!(err.contains(words), "{path}: {err}");
        }
    }
    let usage: [&[&str]; 6] = [
        &["cannon", "run"],
        &["cannon", "run", "--input", "x", "--proof-at", "5"],
        &["cannon", "run", "--input", "x", "--stop-at", "%0"],
        &["cannon", "run", "--input", "x", "--stop-at-preimage", "zz"],
        &[
            "cannon",
            "load-elf",
            "--path",
            "x",
            "--type",
            "singlethreaded",
        ],
        &[
            "cannon",
            "load-elf",
            "--path",
            "x",
            "--type",
            "multithreaded64-5",
            "--out",
            "state.json",
        ],
    ];
    for arguments in usage {
        let (code, printed, _) = run(arguments);
        assert_eq!((code, printed.as_str()), (64, ""), "{arguments:?}");
    }
}

/// Proofs that cannot be written end the run, and leave nothing under their name.
#[test]
fn a_disk_that_takes_nothing_is_said() {
    let Some((folder, trace)) = runs().into_iter().next() else {
        return;
    };
    let out = TempFolder::empty();
    let state = load(&program(&folder, &trace, out.path()).unwrap(), out.path());
    let blocked = out.path().join("file");
    fs::write(&blocked, b"").unwrap();
    let proofs = blocked.join("%d.json.gz").display().to_string();
    let (code, _, err) = run(&[
        "cannon",
        "run",
        "--input",
        &state,
        "--output",
        "",
        "--proof-at",
        "=5",
        "--proof-fmt",
        &proofs,
    ]);
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("cannot write"), "{err}");
    let (code, _, err) = run(&[
        "cannon",
        "run",
        "--input",
        &state,
        "--output",
        "/dev/full",
        "--stop-at",
        "=5",
    ]);
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("/dev/full"), "{err}");
}

#[cfg(unix)]
#[test]
fn a_link_called_cannon_takes_its_flags() {
    let out = TempFolder::empty();
    let link = out.path().join("cannon");
    std::os::unix::fs::symlink(hoike(&[]).get_program(), &link).unwrap();
    let output = std::process::Command::new(&link)
        .args(["witness", "--input", "/nowhere"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("hoike cannon: cannot read /nowhere"));
}
