//! The command line: exit codes, what goes to stdout and what to stderr.

mod common;

use common::{example_claim, hoike, run};
use hoike_tests::{TempFolder, example};
use serde_json::{Value, json};
use std::process::Stdio;

const VALID: i32 = 0;
const INVALID: i32 = 1;
const DATA: i32 = 3;
const USAGE: i32 = 64;

/// Root of the real claim, and number and root of the block before it, as the chain has them.
const ROOT: &str = "0x7415d942f80a34f77d344e4bccb7050f14e593f5ea33669d27ea01dce273d72d";
const AGREED: &str = "0xaa34b62993bd888d7a2ad8541935374e39948576fce12aa8179a0aa5b5bc787b";

#[test]
fn without_folders_it_judges_the_example() {
    for args in [&["verify"][..], &["verify", "--pure"]] {
        let (code, out, err) = run(args);
        assert_eq!((code, err.as_str()), (VALID, ""), "{args:?}");
        assert!(out.starts_with("VALID"), "{out}");
        assert!(out.contains(ROOT) && out.contains(AGREED), "{out}");
        assert!(
            out.contains("checked") && !out.contains("NOT CHECKED"),
            "{out}"
        );
    }
}

#[test]
fn an_invalid_claim_prints_the_computed_root() {
    let (code, out, err) = run(&["verify", "--claim", "1"]);
    assert_eq!((code, err.as_str()), (INVALID, ""));
    assert!(out.starts_with("INVALID"), "{out}");
    // The claim has the last bit flipped.
    let claimed = ROOT.replace("d72d", "d72c");
    let [claimed, computed] = [claimed.as_str(), ROOT].map(|root| {
        let line = out.lines().find(|line| line.contains(root));
        line.unwrap_or_else(|| panic!("no {root}: {out}")).trim()
    });
    assert!(
        claimed.starts_with("claimed") && computed.starts_with("computed"),
        "{out}"
    );
}

#[test]
fn believing_the_witness_is_said() {
    let (code, out, _) = run(&["verify", "--trust-witness"]);
    assert_eq!(code, VALID);
    assert!(out.contains("NOT CHECKED"), "{out}");
    let (_, out, _) = run(&["verify", "--trust-witness", "--json"]);
    assert_eq!(object(&out)["witness"]["checked"], false);
}

#[test]
fn a_wrong_command_line_exits_with_64() {
    let example = example();
    let example = example.to_str().unwrap();
    for args in [
        &["verify", "--claim", "99"][..],
        &["verify", "--claim", "99", "--check-expected"],
        &["verify", "--claim", "99", "--json"],
        &["verify", "--claim", "99", example, example],
        &["verify", "--claim", "-1"],
        &["verify", "--claim", "one"],
        &["verify", "--jobs", "0"],
        &["verify", "--no-such-flag"],
        &["verify", "--json", "--json"],
        &["no-such-command"],
        &[],
    ] {
        let (code, out, err) = run(args);
        assert_eq!(code, USAGE, "{args:?}: {out}{err}");
        assert!(!(out.is_empty() && err.is_empty()), "{args:?} says nothing");
        assert!(
            !out.contains("VALID") && !err.contains("hoike: bug"),
            "{args:?}: {out}{err}"
        );
    }
}

#[test]
fn help_has_the_exit_codes() {
    for args in [
        &["--help"][..],
        &["-h"],
        &["verify", "--help"],
        &["help", "verify"],
    ] {
        let (code, out, err) = run(args);
        assert_eq!((code, err.as_str()), (VALID, ""), "{args:?}");
        for (code, word) in [
            ("0", "valid"),
            ("1", "invalid"),
            ("3", "corrupt"),
            ("4", "endpoint"),
            ("64", "command line"),
            ("70", "bug"),
        ] {
            let found = out.lines().any(|line| {
                let line = line.trim();
                line.starts_with(&format!("{code} ")) && line.contains(word)
            });
            assert!(found, "{args:?}: no exit code {code}: {out}");
        }
    }
    let (code, out, _) = run(&["--version"]);
    assert_eq!(code, VALID);
    assert_eq!(out, concat!("hoike ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn expectations_are_compared() {
    let (code, out, err) = run(&["verify", "--check-expected"]);
    assert_eq!((code, err.as_str()), (VALID, ""));
    assert_eq!(out.matches("  ok\n").count(), 5, "{out}");
    assert!(
        out.contains("5 claims: 2 valid, 3 invalid, 0 without a verdict; 5 as expected, 0 not"),
        "{out}"
    );

    let flipped = claims(|claim| {
        claim["expected"] = match claim["expected"].as_str() {
            Some("valid") => "invalid".into(),
            _ => "valid".into(),
        };
    });
    let (code, out, _) = run(&["verify", "--check-expected", path(&flipped)]);
    assert_eq!(code, INVALID, "{out}");
    assert!(
        !out.contains("  ok") && out.contains("0 as expected, 5 not"),
        "{out}"
    );
    // Without the flag, expectations change nothing.
    assert_eq!(run(&["verify", path(&flipped)]).0, VALID);

    // What expects nothing cannot come out as expected.
    let silent = claims(|claim| claim["expected"] = Value::Null);
    let (code, out, _) = run(&["verify", "--check-expected", path(&silent)]);
    assert_eq!(code, INVALID, "{out}");
    assert!(out.contains("5 without an expectation"), "{out}");
}

#[test]
fn missing_data_exits_with_3() {
    let empty = TempFolder::empty();
    let no_witness = TempFolder::empty();
    no_witness.write("claim.json", &example_claim());
    let nowhere = empty.path().join("nowhere");
    for (folder, file) in [
        (nowhere.to_str().unwrap(), "claim.json"),
        (path(&empty), "claim.json"),
        (path(&no_witness), "witness.kv.zst"),
    ] {
        let (code, out, err) = run(&["verify", folder]);
        assert_eq!((code, out.as_str()), (DATA, ""), "{folder}");
        assert!(err.contains(folder) && err.contains(file), "{err}");
        let (code, out, _) = run(&["verify", "--json", folder]);
        assert_eq!(code, DATA);
        let object = object(&out);
        assert_eq!(object["verdict"], Value::Null);
        assert_eq!(object["folder"], folder);
        assert!(object["error"].as_str().unwrap().contains(file), "{out}");
        // Neither a verdict beside it nor an expectation hides it.
        let example = example();
        let (code, out, _) = run(&["verify", "--claim", "1", example.to_str().unwrap(), folder]);
        assert_eq!(code, DATA, "{out}");
        assert!(
            out.contains("ERROR") && out.contains("1 without a verdict"),
            "{out}"
        );
    }
}

/// Whatever contradicts the agreed output root is no claim.
#[test]
fn remarks_on_the_agreed_block_must_be_true() {
    for (field, value) in [
        ("agreed_l2_block_number", json!(26_215_602)),
        ("agreed_l2_head_hash", json!(ROOT)),
    ] {
        let folder = claims(|claim| claim[field] = value.clone());
        for index in ["0", "1", "3"] {
            let (code, out, err) = run(&["verify", "--claim", index, path(&folder)]);
            assert_eq!((code, out.as_str()), (DATA, ""), "{field}");
            assert!(err.contains(field), "{err}");
        }
    }
}

#[test]
fn json_has_the_fields_that_help_lists() {
    let (_, help, _) = run(&["verify", "--help"]);
    let help = help.split_once("--json").expect("it is listed").1;
    let help = help
        .split_once("\n      --trust-witness")
        .expect("so is that")
        .0;
    for (args, code, verdict) in [
        (&["verify", "--json"][..], VALID, "valid"),
        (&["verify", "--json", "--claim", "1"], INVALID, "invalid"),
    ] {
        let (got, out, err) = run(args);
        assert_eq!((got, err.as_str()), (code, ""));
        assert_eq!(out.matches('\n').count(), 1, "not one line: {out}");
        let object = object(&out);
        assert_eq!(object["verdict"], verdict);
        assert_eq!(object["expected"], verdict);
        assert_eq!(object["l2_chain_id"], 11_155_420);
        assert_eq!(object["computed"]["output_root"], ROOT);
        assert_eq!(object["computed"]["number"], 26_215_604);
        assert_eq!(object["agreed"]["number"], 26_215_603);
        assert_eq!(object["agreed"]["output_root"], AGREED);
        assert_eq!(object["derived"]["blobs"], 10);
        assert_eq!(object["derived"]["blocks"], 1);
        assert_eq!(object["derived"]["transactions"], 16);
        assert_eq!(object["witness"]["checked"], true);
        let mut fields = Vec::new();
        names(&object, &mut fields);
        let words = |text: &str, name: &str| {
            text.split(|c: char| !c.is_alphanumeric() && c != '_')
                .any(|word| word == name)
        };
        for name in fields {
            assert!(words(help, &name), "--help does not say what {name} is");
        }
    }
    let (_, out, _) = run(&["verify", "--json", "--check-expected"]);
    let objects: Vec<Value> = out.lines().map(object).collect();
    assert_eq!(objects.len(), 5);
    for (index, object) in objects.iter().enumerate() {
        assert_eq!(object["claim"], index);
        assert_eq!(object["verdict"], object["expected"]);
    }
}

#[test]
fn several_folders_make_a_table() {
    let example = example();
    let example = example.to_str().unwrap();
    let (code, out, err) = run(&["verify", example, example]);
    assert_eq!((code, err.as_str()), (VALID, ""));
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 3, "{out}");
    assert!(
        lines[..2]
            .iter()
            .all(|line| line.starts_with("VALID") && line.contains("26215604")),
        "{out}"
    );
    assert!(
        lines[2].starts_with("2 claims: 2 valid, 0 invalid"),
        "{out}"
    );
    let (code, out, _) = run(&["verify", "--claim", "1", example, example]);
    assert_eq!(code, INVALID);
    assert!(out.starts_with("INVALID"), "{out}");
}

#[test]
fn the_number_of_jobs_changes_nothing() {
    let example = example();
    let example = example.to_str().unwrap();
    let missing = TempFolder::empty();
    let flipped = claims(|claim| claim["expected"] = "invalid".into());
    let outputs = ["1", "2", "4"].map(|jobs| {
        run(&[
            "verify",
            "--check-expected",
            "--jobs",
            jobs,
            example,
            path(&missing),
            path(&flipped),
            example,
        ])
    });
    assert_eq!(outputs[0].0, DATA);
    assert_eq!(
        outputs[0].1.lines().count(),
        5 + 1 + 5 + 5 + 1,
        "{}",
        outputs[0].1
    );
    assert_eq!(outputs[0], outputs[1]);
    assert_eq!(outputs[0], outputs[2]);
}

/// Whoever does not want to read on must not turn *valid* into something else, or a bug's report into nothing.
#[test]
fn a_closed_stdout_changes_no_exit_code() {
    for (args, code) in [
        (&["verify"][..], VALID),
        (&["verify", "--claim", "1"], INVALID),
        (&["verify", "--json"], VALID),
        (&["verify", "--check-expected"], VALID),
        (&["verify", "--claim", "99"], USAGE),
        (&["--help"], VALID),
    ] {
        let mut child = hoike(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {err}");
        assert!(!err.contains("panic"), "{args:?}: {err}");
    }
    // Nor does a closed stderr, where the reason would have gone.
    let mut child = hoike(&["verify", "/nowhere"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(DATA));
}

/// The example with its claims edited.
fn claims(edit: impl Fn(&mut Value)) -> TempFolder {
    let mut document: Value = serde_json::from_slice(&example_claim()).unwrap();
    document["claims"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .for_each(edit);
    TempFolder::example_with(document.to_string().as_bytes())
}

fn path(folder: &TempFolder) -> &str {
    folder.path().to_str().unwrap()
}

fn object(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"))
}

/// Names of all fields, those of inner objects included.
fn names(value: &Value, into: &mut Vec<String>) {
    for (name, inner) in value.as_object().into_iter().flatten() {
        into.push(name.clone());
        names(inner, into);
    }
}
