//! Frames against the reference's parser (D01, D12).

use alloy_primitives::{Bytes, hex, keccak256};
use hoike_protocol::frame::{ChannelId, Frame, FrameFault, parse_frames};

#[path = "support/codecs.rs"]
mod support;

#[test]
fn d01_d12_frames_vectors() {
    let Some(file) = support::vectors("frames") else {
        return;
    };
    for case in file["cases"].as_array().expect("cases") {
        let item = case.get("data").map_or_else(
            || support::parts(&case["data_parts"]),
            |data| support::bytes(data).into(),
        );
        if let Some(digest) = case["data_keccak"].as_str() {
            assert_eq!(
                keccak256(&item).to_string(),
                digest,
                "this test builds the data wrongly"
            );
        }
        let got = parse_frames(&item);
        let Some(frames) = case["frames"].as_array() else {
            assert!(got.is_err() && case["error"].is_string(), "{case}: {got:?}");
            continue;
        };
        let got = got.unwrap_or_else(|fault| panic!("{case}: {fault}"));
        assert_eq!(got.len(), frames.len(), "{case}");
        for (got, want) in got.iter().zip(frames) {
            assert_eq!(format!("0x{}", got.id), want["id"].as_str().expect("id"));
            assert_eq!(
                u64::from(got.number),
                want["number"].as_u64().expect("number")
            );
            assert_eq!(got.is_last, want["is_last"].as_bool().expect("is_last"));
            assert_eq!(
                got.data.len() as u64,
                want["data_len"].as_u64().expect("data_len")
            );
            match want["data_keccak"].as_str() {
                Some(digest) => assert_eq!(keccak256(&got.data).to_string(), digest),
                None => assert_eq!(*got.data, *support::bytes(&want["data"])),
            }
        }
    }
}

#[test]
fn d01_one_bad_is_last_spoils_the_item() {
    // (is_last of frame 0, of frame 1, expected)
    for (first, second, want) in [
        (0, 1, Ok(2)),
        (1, 1, Ok(2)),
        (0, 2, Err(FrameFault::IsLast { index: 1, value: 2 })),
        (
            255,
            1,
            Err(FrameFault::IsLast {
                index: 0,
                value: 255,
            }),
        ),
    ] {
        let item = item(&[frame(0, b"ab", first), frame(1, b"", second)]);
        assert_eq!(parse_frames(&item).map(|frames| frames.len()), want);
    }
}

#[test]
fn d12_reasons() {
    let frame = frame(7, b"abc", 1);
    let with_length = |length: u32| {
        let mut frame = frame.clone();
        frame[18..22].copy_from_slice(&length.to_be_bytes());
        item(&[frame])
    };
    for (item, want) in [
        (Bytes::new(), FrameFault::Empty),
        (Bytes::from_static(&[0]), FrameFault::NoFrames),
        (Bytes::from_static(&[1, 2, 3]), FrameFault::AltDa),
        (Bytes::from_static(&[2]), FrameFault::Version(2)),
        (with_length(4), FrameFault::Truncated { index: 0 }),
        (with_length(1_000_000), FrameFault::Truncated { index: 0 }),
        (
            with_length(1_000_001),
            FrameFault::TooLong {
                index: 0,
                length: 1_000_001,
            },
        ),
        (
            item(&[frame.clone(), vec![0]]),
            FrameFault::Truncated { index: 1 },
        ),
    ] {
        assert_eq!(parse_frames(&item), Err(want));
    }
}

#[test]
fn frames_share_the_items_memory() {
    let item = item(&[frame(3, b"hello", 0)]);
    let frames = parse_frames(&item).expect("a good item");
    let want = Frame {
        id: ChannelId([9; 16]),
        number: 3,
        data: Bytes::from_static(b"hello"),
        is_last: false,
    };
    assert_eq!(frames, [want]);
    assert!(item.as_ptr_range().contains(&frames[0].data.as_ptr()));
    assert_eq!(frames[0].size(), 205);
    assert_eq!(frames[0].id.to_string(), hex::encode([9; 16]));
}

fn frame(number: u16, data: &[u8], last: u8) -> Vec<u8> {
    let length = (data.len() as u32).to_be_bytes();
    [
        &[9; 16],
        number.to_be_bytes().as_slice(),
        &length,
        data,
        &[last],
    ]
    .concat()
}

fn item(frames: &[Vec<u8>]) -> Bytes {
    [vec![0], frames.concat()].concat().into()
}
