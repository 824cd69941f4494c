//! `hoike explain` through the binary: its JSON against the chains' truth, and what a person must find in its text.

mod common;

use common::{hoike, run};
use hoike_tests::{TempFolder, claim_folders, example};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

const VALID: i32 = 0;
const INVALID: i32 = 1;
const DATA: i32 = 3;
const USAGE: i32 = 64;

fn object(out: &str) -> Value {
    assert_eq!(out.lines().count(), 1, "one line: {out}");
    serde_json::from_str(out).unwrap()
}

fn read(path: &Path) -> Option<Value> {
    serde_json::from_slice(&fs::read(path).ok()?).unwrap()
}

/// The claim that covers most blocks, among those expected to be valid.
fn widest(claims: &Value) -> usize {
    let span = |claim: &Value| {
        claim["claimed_l2_block_number"].as_u64().unwrap_or(0)
            - claim["agreed_l2_block_number"].as_u64().unwrap_or(0)
    };
    let claims = claims["claims"].as_array().unwrap().iter().enumerate();
    let valid = claims.filter(|(_, claim)| claim["expected"] == "valid");
    valid.max_by_key(|(_, claim)| span(claim)).unwrap().0
}

/// All folders whose chain is known block by block.
fn chains() -> Vec<(PathBuf, usize, Value)> {
    let folders = claim_folders().into_iter();
    let with_truth = folders.filter_map(|folder| {
        let truth = read(&folder.join("truth.json"))?;
        let claims = read(&folder.join("claim.json")).unwrap();
        let claim = widest(&claims);
        Some((folder, claim, truth))
    });
    with_truth.collect()
}

fn explain(folder: &Path, claim: usize, more: &[&str]) -> (i32, String, String) {
    let claim = claim.to_string();
    let mut args = vec!["explain", folder.to_str().unwrap(), "--claim", &claim];
    args.extend(more);
    run(&args)
}

fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value[field]
        .as_array()
        .unwrap_or_else(|| panic!("no list {field}"))
}

#[test]
fn blocks_are_those_of_the_chain() {
    for (folder, claim, truth) in chains() {
        let name = folder.display();
        let (code, out, err) = explain(&folder, claim, &["--json"]);
        assert_eq!((code, err.as_str()), (VALID, ""), "{name}");
        let told = object(&out);
        let (agreed, computed) = (
            told["agreed"]["number"].as_u64().unwrap(),
            told["computed"]["number"].as_u64().unwrap(),
        );
        let stand = list(&told, "l2_blocks")
            .iter()
            .filter(|block| block["undone"] == false);
        let mut due = agreed + 1;
        for block in stand {
            let number = block["number"].as_u64().unwrap();
            assert_eq!(number, due, "{name}");
            due += 1;
            let real = &truth["blocks"][number as usize];
            assert_eq!(real["number"], number, "{name}");
            for (ours, theirs) in [
                ("hash", "hash"),
                ("time", "timestamp"),
                ("l1_origin", "l1_origin"),
                ("sequence_number", "sequence_number"),
                ("transactions", "tx_count"),
                ("gas_used", "gas_used"),
                ("state_root", "state_root"),
                ("output_root", "output_root"),
                ("safe_at", "safe_at_l1"),
            ] {
                assert_eq!(
                    block[ours], real[theirs],
                    "{name}: {ours} of block {number}"
                );
            }
        }
        assert!(due > computed, "{name}: only {due} of {computed} blocks");
        let l1: BTreeMap<_, _> = list(&truth, "l1_blocks")
            .iter()
            .map(|block| (block["number"].as_u64().unwrap(), &block["hash"]))
            .collect();
        for block in list(&told, "l1_blocks") {
            assert_eq!(
                &&block["hash"],
                &l1[&block["number"].as_u64().unwrap()],
                "{name}"
            );
        }
    }
}

/// What the lists say of one another has to agree.
#[test]
fn everything_comes_from_somewhere() {
    for folder in claim_folders() {
        let name = folder.display();
        let claims = read(&folder.join("claim.json")).unwrap();
        let (_, out, _) = explain(&folder, widest(&claims), &["--json"]);
        let told = object(&out);
        let (channels, batches) = (list(&told, "channels"), list(&told, "batches"));
        let mut made: BTreeSet<(u64, u64)> = BTreeSet::new();
        for block in list(&told, "l2_blocks") {
            if let Some(batch) = block["batch"].as_u64() {
                let number = block["number"].as_u64().unwrap();
                made.insert((batch, number));
                let batch = &batches[batch as usize];
                assert_eq!(batch["channel"], block["channel"], "{name}");
                assert!(
                    list(batch, "accepted_blocks").contains(&json!(number)),
                    "{name}: {batch}"
                );
            } else {
                assert_eq!(block["kind"], "empty", "{name}: {block}");
            }
        }
        let mut frames: BTreeMap<u64, u64> = BTreeMap::new();
        for block in list(&told, "l1_blocks") {
            for tx in list(block, "transactions") {
                assert_eq!(
                    tx["ignored"].is_null(),
                    tx["carries"] != "nothing",
                    "{name}: {tx}"
                );
                for frame in list(tx, "items")
                    .iter()
                    .flat_map(|item| list(item, "frames"))
                {
                    assert_eq!(
                        frame["channel"].is_null(),
                        !frame["dropped"].is_null(),
                        "{name}: {frame}"
                    );
                    if let Some(channel) = frame["channel"].as_u64() {
                        *frames.entry(channel).or_default() += 1;
                        assert_eq!(
                            channels[channel as usize]["id"], frame["channel_id"],
                            "{name}"
                        );
                    }
                }
            }
        }
        for (at, channel) in channels.iter().enumerate() {
            assert_eq!(channel["channel"], at, "{name}");
            assert_eq!(
                channel["frames"].as_u64(),
                frames.get(&(at as u64)).copied(),
                "{name}: channel {at}"
            );
            let sources = list(channel, "sources").iter();
            let from: u64 = sources
                .map(|source| source["frames"].as_u64().unwrap())
                .sum();
            assert_eq!(channel["frames"], from, "{name}: channel {at}");
            let bad = ["unreadable", "dropped"].contains(&channel["outcome"].as_str().unwrap());
            assert_eq!(bad, channel["why"]["code"].is_string(), "{name}: {channel}");
        }
        for (at, batch) in batches.iter().enumerate() {
            assert_eq!(batch["batch"], at, "{name}");
            let channel = &channels[batch["channel"].as_u64().unwrap() as usize];
            assert_eq!(
                (&channel["outcome"], &channel["ended_at"]),
                (&json!("read"), &batch["read_at"]),
                "{name}"
            );
            assert!(list(channel, "batches").contains(&json!(at)), "{name}");
            // Every block of an accepted batch is shown.
            if batch["outcome"] == "accepted" {
                for number in list(batch, "accepted_blocks") {
                    assert!(
                        made.contains(&(at as u64, number.as_u64().unwrap())),
                        "{name}: {batch}"
                    );
                }
            }
            let dropped = ["dropped", "cut_short"].contains(&batch["outcome"].as_str().unwrap());
            assert!(
                !dropped || batch["dropped"]["why"]["code"].is_string(),
                "{name}: {batch}"
            );
        }
    }
}

#[test]
fn the_text_has_every_block() {
    for (folder, claim, truth) in chains() {
        let name = folder.display();
        let (code, out, err) = explain(&folder, claim, &[]);
        assert_eq!((code, err.as_str()), (VALID, ""), "{name}");
        assert!(!out.contains('\x1b'), "{name}: colour in a pipe");
        let claims = read(&folder.join("claim.json")).unwrap();
        let claim = &claims["claims"][claim];
        let range = claim["agreed_l2_block_number"].as_u64().unwrap() + 1
            ..=claim["claimed_l2_block_number"].as_u64().unwrap();
        for number in range {
            let Some(block) = truth["blocks"].get(number as usize) else {
                continue;
            };
            let hash = block["hash"].as_str().unwrap();
            let line = out
                .lines()
                .find(|line| line.starts_with("  L2") && line.contains(hash));
            let line = line.unwrap_or_else(|| panic!("{name}: no block {number}"));
            let gas = format!("{} gas", block["gas_used"]);
            assert!(line.contains(&gas), "{name}: {line}");
        }
        assert!(out.lines().any(|line| line.starts_with("VALID")), "{name}");
    }
}

#[test]
fn the_example_needs_no_arguments() {
    let (code, out, err) = run(&["explain"]);
    assert_eq!((code, err.as_str()), (VALID, ""));
    let block = "0x834cf243ea4ce86d344be4d0dd89549e3a627a65ed35f311f317912a76c7189e";
    for piece in [
        "data is read from L1 8086457 on",
        "L1 8086458 to 8086475  18 blocks, nothing for this chain",
        "channel   #3 (709963851aa5a4114b8fa1389ac09977) complete: 3 frames, 278510 bytes of brotli",
        "batch     3 of #3: span, blocks 26215473 to 26215605",
        block,
        "DROPPED 3 batches: draining 3",
        "VALID  op-sepolia block 26215604",
    ] {
        assert!(out.contains(piece), "{piece}: {out}");
    }
    let (_, folder, _) = explain(&example(), 0, &[]);
    assert_eq!(out, folder);
}

#[test]
fn an_invalid_claim_shows_what_was_computed() {
    let (code, out, err) = run(&["explain", "--claim", "1"]);
    assert_eq!((code, err.as_str()), (INVALID, ""));
    let computed = out.split("Computed").nth(1).expect("what was computed");
    for piece in [
        "block 26215604",
        "0x834cf243ea4ce86d344be4d0dd89549e3a627a65ed35f311f317912a76c7189e",
        "0x7415d942f80a34f77d344e4bccb7050f14e593f5ea33669d27ea01dce273d72d",
    ] {
        assert!(computed.contains(piece), "{piece}: {out}");
    }
    assert!(out.contains("INVALID"), "{out}");
}

#[test]
fn the_first_different_block_is_found() {
    let Some((folder, claim, truth)) = chains().into_iter().next() else {
        return;
    };
    let temp = TempFolder::empty();
    let file = temp.path().join("claimant.json");
    let ask = |blocks: &Value| {
        fs::write(&file, blocks.to_string()).unwrap();
        explain(
            &folder,
            claim,
            &["--json", "--claimant", file.to_str().unwrap()],
        )
    };
    let (code, out, _) = ask(&truth);
    assert_eq!(
        (code, &object(&out)["claimant"]["outcome"]),
        (VALID, &json!("same"))
    );

    let wrong = "0x00000000000000000000000000000000000000000000000000000000000000ff";
    // From block 5 on the claimant's chain is another one; block 9 only in its output root.
    for (number, field) in [
        (5, "hash"),
        (9, "output_root"),
        (0, "hash"),
        (0, "output_root"),
    ] {
        let mut other = truth["blocks"].clone();
        for block in other.as_array_mut().unwrap() {
            if block["number"].as_u64().unwrap() >= number {
                block[field] = json!(wrong);
            }
        }
        let (code, out, _) = ask(&other);
        let claimant = &object(&out)["claimant"];
        assert_eq!(code, VALID);
        assert_eq!(
            (&claimant["outcome"], &claimant["first_different_block"]),
            (&json!("differ"), &json!(number))
        );
        let want = json!([{"field": field, "claimed": wrong, "derived": truth["blocks"][number as usize][field]}]);
        assert_eq!(claimant["differences"], want);
    }
    let mut other = truth.clone();
    other["blocks"][5]["hash"] = json!(wrong);
    fs::write(&file, other.to_string()).unwrap();
    let (_, out, _) = explain(&folder, claim, &["--claimant", file.to_str().unwrap()]);
    for piece in [
        "the first block that differs is 5, in hash",
        wrong,
        "of channel #",
    ] {
        assert!(out.contains(piece), "{piece}: {out}");
    }
}

#[test]
fn a_block_that_l1_has_no_data_for_is_a_difference() {
    let beyond = chains().into_iter().find_map(|(folder, _, truth)| {
        let claims = read(&folder.join("claim.json")).unwrap();
        let heads = &truth["safe_head_at_l1"];
        let claim = list(&claims, "claims").iter().position(|claim| {
            let head = claim["l1_head_number"].as_u64().unwrap();
            let safe = heads[head as usize].as_u64().unwrap_or(u64::MAX);
            let claimed = claim["claimed_l2_block_number"].as_u64().unwrap();
            claim["agreed_l2_block_number"].as_u64().unwrap() < safe
                && safe < claimed
                && (claimed as usize) < list(&truth, "blocks").len()
                && claim["restart_effect"] != true
        })?;
        let head = claims["claims"][claim]["l1_head_number"].as_u64().unwrap();
        let safe = heads[head as usize].as_u64().unwrap();
        Some((folder, claim, safe))
    });
    let Some((folder, claim, safe)) = beyond else {
        return;
    };
    let truth = folder.join("truth.json");
    let (_, out, _) = explain(
        &folder,
        claim,
        &["--json", "--claimant", truth.to_str().unwrap()],
    );
    let want = json!({"outcome": "underivable", "first_different_block": safe + 1, "last_derivable_block": safe});
    assert_eq!(object(&out)["claimant"], want);
}

#[test]
fn a_claimant_file_that_is_wrong_is_named() {
    let temp = TempFolder::empty();
    let file = temp.path().join("claimant.json");
    let path = file.to_str().unwrap();
    for (content, what) in [
        ("", "JSON"),
        ("{}", "list"),
        ("[]", "empty"),
        ("[{}]", "[0].number"),
        (r#"[{"number": 1}]"#, "neither hash nor output_root"),
        (r#"[{"number": 1, "hash": "0x12"}]"#, "[0].hash"),
        (r#"[{"number": 1, "output_root": 7}]"#, "[0].output_root"),
    ] {
        fs::write(&file, content).unwrap();
        let (code, _, err) = run(&["explain", "--claimant", path]);
        assert_eq!(code, USAGE, "{content}");
        assert!(
            err.contains(what) && err.contains("claimant.json"),
            "{content}: {err}"
        );
    }
    let (code, out, err) = run(&["explain", "--json", "--claimant", "/no/such/file"]);
    assert_eq!(code, USAGE);
    assert!(err.contains("/no/such/file"), "{err}");
    assert!(
        object(&out)["error"]
            .as_str()
            .unwrap()
            .contains("/no/such/file")
    );
}

#[test]
fn ranges_restrict_what_is_shown() {
    let Some((folder, claim, _)) = chains()
        .into_iter()
        .max_by_key(|(_, _, truth)| list(truth, "blocks").len())
    else {
        return;
    };
    let numbers = |told: &Value, field: &str| -> Vec<u64> {
        list(told, field)
            .iter()
            .map(|block| block["number"].as_u64().unwrap())
            .collect()
    };
    let (_, out, _) = explain(&folder, claim, &["--json"]);
    let all = object(&out);
    for (range, first, last) in [
        ("3..6", 3, 6),
        ("5", 5, 5),
        ("..4", 0, 4),
        ("7..", 7, u64::MAX),
    ] {
        let (code, out, _) = explain(&folder, claim, &["--json", "--l1", range]);
        let told = object(&out);
        assert_eq!(code, VALID);
        let want: Vec<u64> = numbers(&all, "l1_blocks")
            .into_iter()
            .filter(|n| (first..=last).contains(n))
            .collect();
        assert!(!want.is_empty());
        assert_eq!(numbers(&told, "l1_blocks"), want, "{range}");
        assert_eq!(
            (&told["summary"], &told["computed"]),
            (&all["summary"], &all["computed"]),
            "{range}"
        );

        let (_, out, _) = explain(&folder, claim, &["--json", "--l2", range]);
        let told = object(&out);
        let want: Vec<u64> = numbers(&all, "l2_blocks")
            .into_iter()
            .filter(|n| (first..=last).contains(n))
            .collect();
        assert!(!want.is_empty());
        assert_eq!(numbers(&told, "l2_blocks"), want, "{range}");
        // The L1 blocks that these come from are there, and so are their batches and channels.
        let l1: BTreeSet<u64> = numbers(&told, "l1_blocks").into_iter().collect();
        for block in list(&told, "l2_blocks") {
            assert!(
                l1.contains(&block["derived_at"].as_u64().unwrap()),
                "{range}"
            );
            for (field, of) in [("batch", "batches"), ("channel", "channels")] {
                if let Some(number) = block[field].as_u64() {
                    assert!(
                        list(&told, of).iter().any(|one| one[field] == number),
                        "{range}: {of} {number}"
                    );
                }
            }
        }
        let (_, text, _) = explain(&folder, claim, &["--l2", range]);
        let shown = text
            .lines()
            .filter(|line| line.starts_with("  L2        ") && line.contains(" gas  "))
            .count();
        assert_eq!(shown, list(&told, "l2_blocks").len(), "{range}: {text}");
    }
}

#[test]
fn a_wrong_command_line_exits_with_64() {
    for args in [
        &["--l1", "5..3"][..],
        &["--l1", "a..b"],
        &["--l1", ""],
        &["--l2", "1..2..3"],
        &["--l2", "0x10"],
        &["--l2", "-5"],
        &["--claim", "99"],
        &["--color", "sometimes"],
        &["one", "two"],
        &["--no-such-flag"],
    ] {
        let all = [&["explain"], args].concat();
        let (code, out, err) = run(&all);
        assert_eq!((code, out.as_str()), (USAGE, ""), "{args:?}");
        assert!(
            !err.is_empty() && !err.contains("hoike: bug"),
            "{args:?}: {err}"
        );
    }
    let (_, _, err) = run(&["explain", "--l1", "5..3"]);
    assert!(
        err.contains("the first block 5 is after the last 3"),
        "{err}"
    );
}

/// What was derived before something was missing is shown.
#[test]
fn a_missing_preimage_ends_the_timeline_and_is_named() {
    let temp = TempFolder::empty();
    let raw = zstd::decode_all(
        fs::read(example().join("witness.kv.zst"))
            .unwrap()
            .as_slice(),
    )
    .unwrap();
    // The state root of the agreed block is wanted for execution, after all of derivation: its header is found by its hash.
    let header_key: Vec<u8> = {
        let claims = read(&example().join("claim.json")).unwrap();
        let hash = claims["claims"][0]["agreed_l2_head_hash"]
            .as_str()
            .unwrap()
            .to_string();
        let mut key = alloy_primitives::hex::decode(hash).unwrap();
        key[0] = 2;
        key
    };
    let entries = entries(&raw);
    let (_, header) = entries
        .iter()
        .find(|(key, _)| *key == header_key.as_slice())
        .unwrap();
    // RLP: list header, then parent, uncles (33 bytes each), beneficiary (21), then the state root.
    let fields = &header[header.len().min(3)..];
    let mut state_key = fields[33 + 33 + 21 + 1..][..32].to_vec();
    state_key[0] = 2;
    let mut spoilt = Vec::new();
    let mut left_out = 0;
    for (key, value) in &entries {
        if *key == state_key.as_slice() {
            left_out += 1;
            continue;
        }
        spoilt.extend_from_slice(key);
        spoilt.extend_from_slice(&(value.len() as u32).to_le_bytes());
        spoilt.extend_from_slice(value);
    }
    assert_eq!(left_out, 1);
    fs::write(
        temp.path().join("witness.kv.zst"),
        zstd::encode_all(spoilt.as_slice(), 1).unwrap(),
    )
    .unwrap();
    fs::copy(example().join("claim.json"), temp.path().join("claim.json")).unwrap();

    let folder = temp.path().to_str().unwrap();
    let (code, out, err) = run(&["explain", folder]);
    assert_eq!(code, DATA);
    assert!(
        out.contains("batch     3 of #3: span, blocks 26215473 to 26215605"),
        "{out}"
    );
    assert!(
        out.contains("NO VERDICT") && !out.lines().any(|line| line.starts_with("VALID")),
        "{out}"
    );
    assert!(err.starts_with("hoike: no verdict: "), "{err}");
    let (code, out, _) = run(&["explain", folder, "--json"]);
    let told = object(&out);
    assert_eq!((code, &told["verdict"]), (DATA, &Value::Null));
    assert!(told["error"].is_string());
    assert_eq!(
        (list(&told, "batches").len(), list(&told, "l2_blocks").len()),
        (4, 0)
    );

    let (code, out, _) = run(&["explain", "/no/such/folder", "--json"]);
    assert_eq!((code, &object(&out)["verdict"]), (DATA, &Value::Null));
}

fn entries(mut raw: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut entries = Vec::new();
    while let Some((key, rest)) = raw.split_at_checked(32) {
        let (length, rest) = rest.split_first_chunk::<4>().unwrap();
        let (value, rest) = rest.split_at(u32::from_le_bytes(*length) as usize);
        entries.push((key, value));
        raw = rest;
    }
    entries
}

#[test]
fn lines_fit_the_width_and_colours_are_asked_for() {
    for width in [60, 100] {
        let output = hoike(&["explain"])
            .env("COLUMNS", width.to_string())
            .output()
            .unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        let timeline = out.split("\nSummary").next().unwrap();
        for line in timeline.lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
    }
    let (_, out, _) = run(&["explain", "--color", "always"]);
    assert!(out.contains("\x1b[32mVALID"), "{out}");
    let plain = console::strip_ansi_codes(&out).into_owned();
    let (_, uncoloured, _) = run(&["explain", "--color", "never"]);
    assert_eq!(plain, uncoloured);
}

#[test]
fn a_closed_pipe_changes_no_exit_code() {
    for (claim, want) in [("0", VALID), ("1", INVALID)] {
        let mut child = hoike(&["explain", "--claim", claim])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        assert_eq!(child.wait().unwrap().code(), Some(want));
    }
}
