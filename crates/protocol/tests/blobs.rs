//! Blob encoding against the reference's (D49, D53, D181).

use alloy_primitives::keccak256;
use hoike_protocol::blob::{BLOB_SIZE, BlobFault, MAX_BLOB_DATA, decode, encode};

#[path = "support/codecs.rs"]
mod support;

#[test]
fn d49_d53_d181_blobs_vectors() {
    let Some(file) = support::vectors("blobs") else {
        return;
    };
    assert_eq!(
        file["max_blob_data_size"].as_u64(),
        Some(MAX_BLOB_DATA as u64)
    );
    for case in file["cases"].as_array().expect("cases") {
        match case["kind"].as_str() {
            Some("encode") => {
                let data = support::bytes(&case["data"]);
                let Some(blob) = encode(&data) else {
                    assert!(case["error"].is_string(), "{case}");
                    continue;
                };
                assert_eq!(keccak256(*blob).to_string(), case["blob_keccak"], "{case}");
                assert_eq!(*decode(&blob).expect("an encoded blob"), *data);
            }
            Some("decode") => {
                let mut blob = case
                    .get("encode_of")
                    .filter(|of| !of.is_null())
                    .map_or_else(
                        || Box::new([0; BLOB_SIZE]),
                        |of| encode(&support::bytes(of)).expect("it fits"),
                    );
                for set in case["set"].as_array().into_iter().flatten() {
                    let [at, to] = [0, 1].map(|i| set[i].as_u64().expect("a number") as usize);
                    blob[at] = to as u8;
                }
                assert_eq!(keccak256(*blob).to_string(), case["blob_keccak"], "{case}");
                match decode(&blob) {
                    Err(_) => assert!(case["error"].is_string(), "{case}"),
                    Ok(data) => {
                        assert_eq!(keccak256(&data).to_string(), case["out_keccak"], "{case}");
                        assert_eq!(
                            data.len() as u64,
                            case["out_len"].as_u64().expect("out_len")
                        );
                    }
                }
            }
            other => panic!("unknown kind {other:?}"),
        }
    }
}

#[test]
fn d53_reasons() {
    let with = |len: usize, at: usize, byte: u8| {
        let mut blob = encode(&vec![0xff; len]).expect("it fits");
        blob[at] = byte;
        decode(&blob).map(|data| data.len())
    };
    for (len, at, byte, want) in [
        (200, 1, 1, Err(BlobFault::Version(1))),
        (200, 2, 2, Err(BlobFault::Length(0x2_00c8))),
        (200, 4, 199, Err(BlobFault::Trailing)),
        // The high bits of element 0 are masked, those of the other elements with data are not (D181).
        (200, 0, 0xff, Ok(200)),
        (200, 32, 0x40, Err(BlobFault::HighBits(0))),
        (200, 128, 0x80, Err(BlobFault::HighBits(128))),
        (200, 256, 0x40, Err(BlobFault::Trailing)),
        (200, BLOB_SIZE - 1, 1, Err(BlobFault::Trailing)),
    ] {
        assert_eq!(
            with(len, at, byte),
            want,
            "{len} bytes, byte {at} set to {byte}"
        );
    }
}
