//! Holocene's frame queue against the specification's own words, for every short queue.

use crate::frames::FrameQueue;
use alloc::vec::Vec;
use alloy_primitives::Bytes;
use hoike_protocol::frame::{ChannelId, Frame};

/// D03, D04, D160: all queues of up to five frames of two channels, numbers 0 to 2, against a direct transcription of the rule: look at the first pair
/// of neighbours that breaks a rule, remove what that rule says, begin anew.
#[test]
fn d03_d04_pruning_is_the_rule_applied_until_it_holds() {
    let alphabet: Vec<(u8, u16, bool)> = (0..2)
        .flat_map(|id| (0..3).flat_map(move |n| [false, true].map(move |last| (id, n, last))))
        .collect();
    let mut queues: Vec<Vec<(u8, u16, bool)>> = alloc::vec![Vec::new()];
    for _ in 0..5 {
        let longer: Vec<_> = queues
            .iter()
            .filter(|queue| queue.len() + 1 > 0)
            .flat_map(|queue| {
                alphabet
                    .iter()
                    .map(move |frame| [queue.as_slice(), &[*frame]].concat())
            })
            .collect();
        for queue in &longer {
            assert_eq!(pruned(queue), by_the_rule(queue.clone()), "{queue:?}");
        }
        // Longer queues only from a part: the space grows twelvefold with each frame.
        queues = if longer.len() > 2000 {
            longer.into_iter().step_by(7).collect()
        } else {
            longer
        };
    }
}

#[test]
fn d160_frame_zero_follows_frame_65535() {
    let queue = [
        (0, 65534, false),
        (0, 65535, false),
        (0, 0, false),
        (0, 1, true),
    ];
    assert_eq!(pruned(&queue), queue);
}

#[test]
fn d05_a_continuation_at_the_front_is_kept() {
    let queue = [(0, 7, false), (0, 8, true)];
    assert_eq!(pruned(&queue), queue);
}

fn pruned(queue: &[(u8, u16, bool)]) -> Vec<(u8, u16, bool)> {
    let frames = queue
        .iter()
        .map(|(id, number, is_last)| Frame {
            id: ChannelId([*id; 16]),
            number: *number,
            data: Bytes::new(),
            is_last: *is_last,
        })
        .collect();
    let mut kept = FrameQueue::default();
    kept.load(frames, true, &mut ());
    core::iter::from_fn(|| kept.pop())
        .map(|frame| (frame.id.0[0], frame.number, frame.is_last))
        .collect()
}

fn by_the_rule(mut queue: Vec<(u8, u16, bool)>) -> Vec<(u8, u16, bool)> {
    'again: loop {
        for i in 1..queue.len() {
            let (first, second) = (queue[i - 1], queue[i]);
            let remove = if first.0 == second.0 {
                (first.2 || second.1 != first.1.wrapping_add(1)).then_some(i)
            } else if second.1 == 0 {
                (!first.2).then_some(i - 1)
            } else {
                Some(i)
            };
            if let Some(index) = remove {
                queue.remove(index);
                continue 'again;
            }
        }
        return queue;
    }
}
