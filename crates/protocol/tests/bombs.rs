//! Decompression bombs take no more memory than promised (D17).

#![allow(unsafe_code, reason = "a counting allocator cannot be written without")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use hoike_protocol::compress::{StreamEnd, decompress};

#[path = "support/codecs.rs"]
mod support;

#[test]
fn d17_zlib_bombs() {
    for limit in [10_000_000, 100_000_000] {
        check(&zeros(limit as usize * 3), limit, 1 << 20);
    }
}

#[test]
fn d17_brotli_bombs() {
    let Some(file) = support::vectors("channels-brotli") else {
        return;
    };
    let mut seen = 0;
    for case in file["cases"].as_array().expect("cases") {
        let limit = case["limit"].as_u64().expect("limit");
        if case["plain_len"]
            .as_u64()
            .is_some_and(|len| len > 10_000_000 && len > limit)
        {
            // The decoder's ring buffer comes on top.
            check(&support::bytes(&case["channel"]), limit, 32 << 20);
            seen += 1;
        }
    }
    assert_ne!(seen, 0, "the vectors have bombs");
}

/// Decompresses, and compares the most memory that was in use with twice the limit and `extra`, in bytes.
fn check(channel: &[u8], limit: u64, extra: i64) {
    let before = IN_USE.get();
    MOST.set(before);
    let got = decompress(channel, true, limit).expect("it can be opened");
    let most = MOST.get() - before;
    assert!(
        most <= 2 * limit as i64 + extra,
        "{most} bytes were in use for a limit of {limit}"
    );
    assert!(
        matches!(got.end, StreamEnd::Clipped | StreamEnd::Unread),
        "{}",
        got.end
    );
    assert!(got.data.len() as u64 <= limit);
}

/// A zlib stream of at least `length` zeros: one block of the fixed code, of one literal and matches of 258 bytes at distance 1.
fn zeros(length: usize) -> Vec<u8> {
    // Bits as they are read: the block's header, the code of 0, and then 11000101 00000 again and again.
    let start = [1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0];
    let again = [1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0];
    let bits = start.into_iter().chain(again.into_iter().cycle());
    let bits: Vec<u8> = bits.take(11 + 13 * (length / 258 + 1)).collect();
    let bytes = bits
        .chunks(8)
        .map(|bits| bits.iter().rev().fold(0, |byte, bit| byte << 1 | bit));
    [0x78, 0x9c].into_iter().chain(bytes).collect()
}

thread_local! {
    static IN_USE: Cell<i64> = const { Cell::new(0) };
    static MOST: Cell<i64> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

impl Counting {
    fn count(change: i64) {
        IN_USE.set(IN_USE.get() + change);
        MOST.set(MOST.get().max(IN_USE.get()));
    }
}

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::count(layout.size() as i64);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        Self::count(-(layout.size() as i64));
        unsafe { System.dealloc(memory, layout) }
    }
}
