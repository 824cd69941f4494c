//! Output roots.

mod l1_data;

use alloy_primitives::{B256, Bytes};
use hoike_protocol::output::{OutputFault, OutputV0, output_root};
use l1_data::*;

#[test]
fn d120_golden_outputs() {
    let Some(file) = vectors("output-root.json") else {
        return;
    };
    for (i, case) in cases(&file).iter().enumerate() {
        let preimage: Bytes = parse(&case["preimage"]);
        let got = OutputV0::decode(&preimage);
        if case["error"].is_string() {
            assert!(got.is_err(), "case {i}: op-node says {}", case["error"]);
            continue;
        }
        let [state_root, message_passer_root, block_hash, root]: [B256; 4] =
            ["state_root", "storage_root", "block_hash", "output_root"]
                .map(|key| parse(&case[key]));
        assert_eq!(
            got,
            Ok(OutputV0 {
                state_root,
                message_passer_root,
                block_hash
            }),
            "case {i}"
        );
        assert_eq!(&got.unwrap().encode()[..], &preimage[..], "case {i}");
        assert_eq!(
            output_root(state_root, message_passer_root, block_hash),
            root,
            "case {i}"
        );
    }
}

#[test]
fn d120_length_and_version_are_checked() {
    for len in [0, 31, 32, 127, 129, 160] {
        assert_eq!(
            OutputV0::decode(&vec![0; len]),
            Err(OutputFault::Length(len))
        );
    }
    let mut other = [0; 128];
    other[31] = 1;
    assert_eq!(
        OutputV0::decode(&other),
        Err(OutputFault::Version(B256::with_last_byte(1)))
    );
}
