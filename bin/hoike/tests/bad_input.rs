//! Bad input through the command line: no verdict, exit code 3, and the reason on stderr. `hoike-tests`' `bad_claims` has every way; here is one of each
//! class.

mod common;

use common::{example_claim, run};
use hoike_tests::{TempFolder, witness_file};

#[test]
fn bad_input_exits_with_3_and_says_where() {
    let claim = String::from_utf8(example_claim()).unwrap();
    let edited = |from: &str, to: &str| {
        let text = claim.replace(from, to);
        assert_ne!(text, claim);
        text.into_bytes()
    };
    let key = |kind: u8| {
        let mut key = [0x11; 32];
        key[0] = kind;
        key
    };
    let pack = |raw: &[u8]| zstd::encode_all(raw, 1).unwrap();
    let entry = |kind, length| pack(&witness_file([(key(kind), length, &[7; 48][..])]));
    // File, its content, and what the reason says.
    let cases: [(&str, Vec<u8>, &[&str]); 22] = [
        ("claim.json", Vec::new(), &["claim.json", "EOF"]),
        ("claim.json", b"\xff\xfe{}".to_vec(), &["claim.json"]),
        (
            "claim.json",
            edited("\"l1_head\"", "\"l1_hood\""),
            &["claim.json", "claims[0]", "l1_head"],
        ),
        (
            "claim.json",
            edited("11155420", "-1"),
            &["claim.json", "l2_chain_id"],
        ),
        (
            "claim.json",
            edited("11155420", "424242"),
            &["rollup.json", "424242"],
        ),
        (
            "claim.json",
            edited("\"invalid\"", "\"perhaps\""),
            &["claim.json", "claims[1].expected", "perhaps"],
        ),
        (
            "claim.json",
            [claim.as_bytes(), b"}"].concat(),
            &["claim.json", "trailing"],
        ),
        (
            "claim.json",
            b"{\"l1_chain_id\":1,\"l2_chain_id\":10,\"claims\":[]}".to_vec(),
            &["claim.json", "claims"],
        ),
        // There are files now where the registry would do, so they count.
        ("rollup.json", b"{}".to_vec(), &["rollup.json", "`"]),
        (
            "l1-genesis.json",
            b"{}".to_vec(),
            &["l1-genesis.json", "`chainId`"],
        ),
        (
            "l1-genesis.json",
            b"{\"chainId\":1}".to_vec(),
            &["l1-genesis.json", "chainId is 1", "11155111"],
        ),
        (
            "l2-chain-config.json",
            b"{\"chainId\":10}".to_vec(),
            &["l2-chain-config.json", "`chainId` is 10", "11155420"],
        ),
        (
            "l2-chain-config.json",
            b"{\"chainId\":11155420,\"regolithTime\":5}".to_vec(),
            &["l2-chain-config.json", "`regolithTime` is 5", "says 0"],
        ),
        ("witness.kv.zst", b"no zstd".to_vec(), &["witness.kv.zst"]),
        (
            "witness.kv.zst",
            pack(&[7; 1000])[..12].to_vec(),
            &["witness.kv.zst"],
        ),
        (
            "witness.kv.zst",
            pack(&[2; 35]),
            &["witness.kv.zst", "byte 0"],
        ),
        (
            "witness.kv.zst",
            entry(2, 49),
            &["witness.kv.zst", "0x0211", "byte 0"],
        ),
        ("witness.kv.zst", entry(1, 48), &["witness.kv.zst", "local"]),
        (
            "witness.kv.zst",
            entry(9, 48),
            &["witness.kv.zst", "unknown"],
        ),
        ("witness.kv.zst", entry(6, 0), &["witness.kv.zst"]),
        // Nothing is wrong with these but that they do not have it.
        (
            "witness.kv.zst",
            pack(&[]),
            &["agreed output root", "0x0234b62993", "could not be had"],
        ),
        (
            "witness.kv.zst",
            entry(2, 48),
            &["agreed output root", "0x0234b62993", "could not be had"],
        ),
    ];
    for (file, content, words) in cases {
        let folder = TempFolder::example_with(claim.as_bytes());
        folder.write(file, &content);
        for more in [
            &[][..],
            &["--trust-witness"],
            &["--check-expected"],
            &["--json"],
        ] {
            let args = [&["verify", folder.path().to_str().unwrap()], more].concat();
            let (code, out, err) = run(&args);
            assert_eq!(code, 3, "{file} {words:?} {more:?}: {out}{err}");
            for word in words {
                assert!(
                    [&out, &err].iter().any(|text| text.contains(word)),
                    "{file} {more:?}: no {word}: {out}{err}"
                );
            }
            assert!(
                !out.starts_with("VALID") && !out.starts_with("INVALID"),
                "{out}"
            );
        }
    }
}

/// A preimage that is another one is found out, or is believed where that was asked for; there it must not pass as checked.
#[test]
fn a_spoilt_preimage_exits_with_3() {
    let raw = zstd::decode_all(
        std::fs::File::open(hoike_tests::example().join("witness.kv.zst")).unwrap(),
    )
    .unwrap();
    let folder = TempFolder::example_with(&example_claim());
    let agreed = alloy_primitives::hex!("02" "34b62993bd888d7a2ad8541935374e39948576fce12aa8179a0aa5b5bc787b");
    let at = raw.windows(32).position(|window| window == agreed).unwrap();
    let mut spoilt = raw;
    spoilt[at + 36 + 40] ^= 1;
    folder.write(
        "witness.kv.zst",
        &zstd::encode_all(spoilt.as_slice(), 1).unwrap(),
    );
    let (code, out, err) = run(&["verify", folder.path().to_str().unwrap()]);
    assert_eq!((code, out.as_str()), (3, ""), "{err}");
    assert!(
        err.contains("agreed output root") && err.contains(&alloy_primitives::hex::encode(agreed)),
        "{err}"
    );
}
