//! `hoike asterisc` against files that the original's command line wrote, and with what cannot be; `hoike trace`.

mod common;

use common::{hoike, program, run, unpacked, vm_runs};
use hoike_tests::TempFolder;
use hoike_vm::asterisc::State;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// All runs of the fixtures, with their traces.
fn runs() -> Vec<(PathBuf, Value)> {
    vm_runs("asterisc")
}

/// The binary form with its pages in order: the original's order is random.
fn ordered(path: &Path) -> Vec<u8> {
    let state = State::read_binary(&unpacked(path)[..]).unwrap();
    let mut out = Vec::new();
    state.write_binary(&mut out).unwrap();
    out
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
        let elf = program(&folder, &trace, out.path()).unwrap();
        for form in ["prestate.bin.gz", "prestate.json.gz", "prestate.bin"] {
            let line = ["asterisc", "load-elf", "--path", &elf, "--out"];
            let output = hoike(&line)
                .args([&at(form), "--meta", &at("meta.json")])
                .output()
                .unwrap();
            let err = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(0), "{err}");
        }
        assert_eq!(
            unpacked(Path::new(&at("prestate.json.gz"))),
            unpacked(&cli.join("prestate.json.gz"))
        );
        let theirs = ordered(&cli.join("prestate.bin.gz"));
        assert_eq!(unpacked(Path::new(&at("prestate.bin.gz"))), theirs);
        assert_eq!(unpacked(Path::new(&at("prestate.bin"))), theirs);
        let witness = |path: &str| run(&["asterisc", "witness", "--input", path]).1;
        let text = |name: &str| fs::read_to_string(cli.join(name)).unwrap();
        for form in ["prestate.bin.gz", "prestate.json.gz"] {
            assert_eq!(witness(&at(form)), text("prestate-witness.json"));
        }

        // Where that run has ended: at its program's end, or where it was told to stop.
        let end: Value = serde_json::from_str(&text("witness.json")).unwrap();
        let stop = match end["exited"].as_bool() {
            Some(false) => format!("={}", end["step"]),
            _ => "never".to_owned(),
        };
        // Proofs and snapshots, the patterns read off the files' names.
        let steps = |before: &str, after: &str| -> Vec<u64> {
            let files = fs::read_dir(&cli).unwrap();
            let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
            names
                .filter_map(|name| name.strip_prefix(before)?.strip_suffix(after)?.parse().ok())
                .collect()
        };
        for proof in steps("", ".json.gz") {
            for snapshot in steps("snapshot-", ".bin.gz") {
                let (code, printed, err) = run(&[
                    "asterisc",
                    "run",
                    "--input",
                    &at("prestate.json.gz"),
                    "--output",
                    &at("final.bin.gz"),
                    "--meta",
                    "",
                    "--proof-at",
                    &format!("={proof}"),
                    "--proof-fmt",
                    &at("%d.json.gz"),
                    "--snapshot-at",
                    &format!("={snapshot}"),
                    "--snapshot-fmt",
                    &at("snapshot-%d.bin.gz"),
                    "--stop-at",
                    &stop,
                ]);
                assert_eq!(code, 0, "{err}");
                assert!(trace["stdout"].as_str().unwrap().starts_with(&printed));
                for name in [
                    format!("snapshot-{snapshot}.bin.gz"),
                    "final.bin.gz".to_owned(),
                ] {
                    let ours = unpacked(Path::new(&at(&name)));
                    assert!(ours == ordered(&cli.join(&name)), "{name}");
                }
                let name = format!("{proof}.json.gz");
                assert_eq!(unpacked(Path::new(&at(&name))), unpacked(&cli.join(&name)));
                assert_eq!(witness(&at("final.bin.gz")), text("witness.json"));
                compared += 1;
            }
        }
    }
    assert!(compared > 0 || runs().is_empty());
}

#[test]
fn steps_that_cannot_be_done_end_with_the_originals_code() {
    for (folder, trace) in runs() {
        if trace["error"].is_null() {
            continue;
        }
        let out = TempFolder::empty();
        let at = |name: &str| out.path().join(name).display().to_string();
        let elf = program(&folder, &trace, out.path()).unwrap();
        let (state, end) = (at("prestate.bin"), at("final.bin"));
        let line = ["asterisc", "load-elf", "--path", &elf];
        let output = hoike(&line).args(["--out", &state, "--meta", ""]).output();
        assert_eq!(output.unwrap().status.code(), Some(0));
        let (code, _, err) = run(&["asterisc", "run", "--input", &state, "--output", &end]);
        assert_eq!(code, 1, "{err}");
        assert!(
            err.contains(&format!("failed at step {}", trace["final"]["step"])),
            "{err}"
        );
        assert!(!Path::new(&end).exists());
    }
}

#[test]
fn other_machines_programs_and_states_are_refused() {
    let out = TempFolder::empty();
    let at = |name: &str| out.path().join(name).display().to_string();
    let mut header = [0_u8; 64];
    header[..7].copy_from_slice(b"\x7fELF\x02\x02\x01");
    fs::write(at("big-endian"), header).unwrap();
    for (name, words) in [("big-endian", "endian"), ("absent", "cannot read")] {
        let (code, _, err) = run(&[
            "asterisc",
            "load-elf",
            "--path",
            &at(name),
            "--out",
            &at("o.bin"),
            "--meta",
            "",
        ]);
        assert_eq!(code, 3, "{err}");
        assert!(err.to_lowercase().contains(words), "{err}");
    }
    for (content, words) in [
        (&b"{\"memory\":"[..], "state file"),
        (b"\0\0\0\0\0\0\0\x01\0", "ends within"),
    ] {
        fs::write(at("state"), content).unwrap();
        let (code, _, err) = run(&["asterisc", "witness", "--input", &at("state")]);
        assert_eq!(code, 3, "{err}");
        assert!(err.contains(words), "{err}");
    }
}

#[test]
fn lists_of_state_hashes_are_compared() {
    let out = TempFolder::empty();
    let write = |name: &str, lines: &[(u64, u8)]| {
        let path = out.path().join(name);
        let lines: Vec<String> = lines
            .iter()
            .map(|(step, byte)| format!("{step} 0x{}\n", format!("{byte:02x}").repeat(32)))
            .collect();
        fs::write(&path, lines.concat()).unwrap();
        path.display().to_string()
    };
    let one = write("one", &[(0, 1), (10, 2), (20, 3), (30, 4)]);
    let other = write("other", &[(0, 1), (10, 2), (20, 5), (30, 6)]);
    let short = write("short", &[(0, 1), (10, 2)]);
    let apart = write("apart", &[(0, 1), (11, 2)]);
    let (code, said, _) = run(&["trace", "--differ", &one, &other]);
    assert_eq!(code, 0);
    assert!(
        said.contains("before step 20:") && said.contains("before step 10 both"),
        "{said}"
    );
    let (_, said, _) = run(&["trace", "--differ", &one, &one]);
    assert_eq!(said, "all 4 state hashes are alike\n");
    let (_, said, _) = run(&["trace", "--differ", &short, &one]);
    assert!(said.contains("goes on with step 20"), "{said}");
    let (code, _, err) = run(&["trace", "--differ", &one, &apart]);
    assert_eq!(code, 3);
    assert!(err.contains("different steps"), "{err}");
    fs::write(out.path().join("one"), "no list\n").unwrap();
    let (code, _, err) = run(&["trace", "--differ", &one, &other]);
    assert_eq!(code, 3);
    assert!(err.contains("no list of steps"), "{err}");
    assert_eq!(run(&["trace"]).0, 64);
}
