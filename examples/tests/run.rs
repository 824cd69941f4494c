//! The examples run, on the real claim in the repository, and print what is known of it from elsewhere.

use std::process::Command;

/// Runs an example and returns what it printed.
fn run(program: &str) -> String {
    let output = Command::new(program).output().expect("it starts");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    String::from_utf8(output.stdout).expect("text")
}

/// OP Sepolia's block 26,215,604 and its output root, as the chain has them.
#[test]
fn async_driver() {
    let out = run(env!("CARGO_BIN_EXE_async-driver"));
    assert!(out.contains("block 26215604 with origin "), "{out}");
    assert!(out.contains("safe head 26215604 0x"), "{out}");
}

#[test]
fn witness_in_memory() {
    let out = run(env!("CARGO_BIN_EXE_witness-in-memory"));
    let root = "0x7415d942f80a34f77d344e4bccb7050f14e593f5ea33669d27ea01dce273d72d";
    assert_eq!(out.trim(), format!("valid: {root} at 26215604"));
}

/// Ten blobs, four channels with a span batch each: 518 blocks and 5,838 transactions, as others have counted.
#[test]
fn explain_a_channel() {
    let out = run(env!("CARGO_BIN_EXE_explain-a-channel"));
    assert_eq!(out.matches("channel ").count(), 4, "{out}");
    let spans = out.lines().filter(|line| line.contains("span batch"));
    let number = |text: &str| text.parse::<u64>().expect("a number");
    let (mut blocks, mut transactions) = (0, 0);
    for line in spans {
        let words: Vec<&str> = line.split_whitespace().collect();
        blocks += number(words[2]);
        transactions += number(words[words.len() - 2]);
    }
    assert_eq!((blocks, transactions), (518, 5838), "{out}");
}
