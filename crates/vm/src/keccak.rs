//! Keccak-256 of many pairs of nodes at once: what state hashes are made of.

/// Two nodes of a tree.
pub(crate) type Pair = [u8; 64];
/// A node.
pub(crate) type Node = [u8; 32];

/// The parents of pairs, in order.
///
/// # Panics
/// If there are not as many parents as pairs.
pub(crate) fn hash_pairs(pairs: &[Pair], parents: &mut [Node]) {
    assert_eq!(pairs.len(), parents.len());
    let mut done = 0;
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") {
            let (eights, _) = pairs.as_chunks::<8>();
            let (out, _) = parents.as_chunks_mut::<8>();
            for (pairs, parents) in eights.iter().zip(out) {
                // SAFETY: the processor has the feature, which is the only thing that the function asks for.
                #[expect(unsafe_code, reason = "calling into code for a processor feature")]
                unsafe {
                    wide::eight(pairs, parents);
                }
            }
            done = eights.len() * 8;
        } else if is_x86_feature_detected!("avx2") {
            let (fours, _) = pairs.as_chunks::<4>();
            let (out, _) = parents.as_chunks_mut::<4>();
            for (pairs, parents) in fours.iter().zip(out) {
                // SAFETY: as above.
                #[expect(unsafe_code, reason = "calling into code for a processor feature")]
                unsafe {
                    wide::four(pairs, parents);
                }
            }
            done = fours.len() * 4;
        }
    }
    for (pair, parent) in pairs[done..].iter().zip(&mut parents[done..]) {
        *parent = hash_pair(pair);
    }
}

/// The parent of one pair.
pub(crate) fn hash_pair(pair: &Pair) -> Node {
    alloy_primitives::keccak256(pair).0
}

/// The permutation over vectors, a state a lane. FIPS 202, 3.2 and 3.3.
#[cfg(target_arch = "x86_64")]
mod wide {
    use super::{Node, Pair};
    use core::arch::x86_64::*;

    /// The permutation, written out in the operations that a processor has: exclusive or, `a ^ (!b & c)`, and rotation by a constant.
    macro_rules! permute {
        ($state:ident, $xor5:expr, $xor:expr, $chi:expr, $rotate:ident, $constant:expr) => {{
            let mut a = $state;
            for round in 0..24 {
                // theta
                let mut c = [a[0]; 5];
                for x in 0..5 {
                    c[x] = $xor5(a[x], a[x + 5], a[x + 10], a[x + 15], a[x + 20]);
                }
                let d = [
                    $xor(c[4], $rotate!(c[1], 1)),
                    $xor(c[0], $rotate!(c[2], 1)),
                    $xor(c[1], $rotate!(c[3], 1)),
                    $xor(c[2], $rotate!(c[4], 1)),
                    $xor(c[3], $rotate!(c[0], 1)),
                ];
                // rho and pi: where each lane goes, and by how much it is rotated.
                let b = [
                    $xor(a[0], d[0]),
                    $rotate!($xor(a[6], d[1]), 44),
                    $rotate!($xor(a[12], d[2]), 43),
                    $rotate!($xor(a[18], d[3]), 21),
                    $rotate!($xor(a[24], d[4]), 14),
                    $rotate!($xor(a[3], d[3]), 28),
                    $rotate!($xor(a[9], d[4]), 20),
                    $rotate!($xor(a[10], d[0]), 3),
                    $rotate!($xor(a[16], d[1]), 45),
                    $rotate!($xor(a[22], d[2]), 61),
                    $rotate!($xor(a[1], d[1]), 1),
                    $rotate!($xor(a[7], d[2]), 6),
                    $rotate!($xor(a[13], d[3]), 25),
                    $rotate!($xor(a[19], d[4]), 8),
                    $rotate!($xor(a[20], d[0]), 18),
                    $rotate!($xor(a[4], d[4]), 27),
                    $rotate!($xor(a[5], d[0]), 36),
                    $rotate!($xor(a[11], d[1]), 10),
                    $rotate!($xor(a[17], d[2]), 15),
                    $rotate!($xor(a[23], d[3]), 56),
                    $rotate!($xor(a[2], d[2]), 62),
                    $rotate!($xor(a[8], d[3]), 55),
                    $rotate!($xor(a[14], d[4]), 39),
                    $rotate!($xor(a[15], d[0]), 41),
                    $rotate!($xor(a[21], d[1]), 2),
                ];
                // chi
                for y in [0, 5, 10, 15, 20] {
                    for x in 0..5 {
                        a[y + x] = $chi(b[y + x], b[y + (x + 1) % 5], b[y + (x + 2) % 5]);
                    }
                }
                // iota
                a[0] = $xor(a[0], $constant(ROUND[round]));
            }
            a
        }};
    }

    #[target_feature(enable = "avx512f")]
    pub(super) fn eight(pairs: &[Pair; 8], parents: &mut [Node; 8]) {
        macro_rules! rotate {
            ($lane:expr, $by:literal) => {
                _mm512_rol_epi64::<$by>($lane)
            };
        }
        let constant = |value: u64| _mm512_set1_epi64(value.cast_signed());
        let mut state = [_mm512_setzero_si512(); 25];
        for (index, lane) in state.iter_mut().enumerate().take(8) {
            let w = |at: usize| word(&pairs[at], index).cast_signed();
            *lane = _mm512_set_epi64(w(7), w(6), w(5), w(4), w(3), w(2), w(1), w(0));
        }
        state[8] = constant(PAD_BEGIN);
        state[16] = constant(PAD_END);
        // Three inputs at once: 0x96 is exclusive or, 0xd2 is a ^ (!b & c).
        let state = permute!(
            state,
            |a, b, c, d, e| _mm512_ternarylogic_epi64::<0x96>(
                _mm512_ternarylogic_epi64::<0x96>(a, b, c),
                d,
                e
            ),
            |a, b| _mm512_xor_si512(a, b),
            |a, b, c| _mm512_ternarylogic_epi64::<0xd2>(a, b, c),
            rotate,
            constant
        );
        for index in 0..4 {
            let mut lanes = [0_u64; 8];
            let low = _mm512_castsi512_si256(state[index]);
            let high = _mm512_extracti64x4_epi64::<1>(state[index]);
            let (l, h) = lanes.split_at_mut(4);
            split(low, l);
            split(high, h);
            for (parent, lane) in parents.iter_mut().zip(lanes) {
                parent[index * 8..index * 8 + 8].copy_from_slice(&lane.to_le_bytes());
            }
        }
    }

    #[target_feature(enable = "avx512f")]
    fn split(lanes: __m256i, out: &mut [u64]) {
        out[0] = _mm256_extract_epi64::<0>(lanes).cast_unsigned();
        out[1] = _mm256_extract_epi64::<1>(lanes).cast_unsigned();
        out[2] = _mm256_extract_epi64::<2>(lanes).cast_unsigned();
        out[3] = _mm256_extract_epi64::<3>(lanes).cast_unsigned();
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn four(pairs: &[Pair; 4], parents: &mut [Node; 4]) {
        macro_rules! rotate {
            ($lane:expr, $by:literal) => {{
                let lane = $lane;
                _mm256_or_si256(
                    _mm256_slli_epi64::<$by>(lane),
                    _mm256_srli_epi64::<{ 64 - $by }>(lane),
                )
            }};
        }
        let constant = |value: u64| _mm256_set1_epi64x(value.cast_signed());
        let xor = |a, b| _mm256_xor_si256(a, b);
        let mut state = [_mm256_setzero_si256(); 25];
        for (index, lane) in state.iter_mut().enumerate().take(8) {
            let w = |at: usize| word(&pairs[at], index).cast_signed();
            *lane = _mm256_set_epi64x(w(3), w(2), w(1), w(0));
        }
        state[8] = constant(PAD_BEGIN);
        state[16] = constant(PAD_END);
        let state = permute!(
            state,
            |a, b, c, d, e| xor(xor(xor(a, b), xor(c, d)), e),
            xor,
            |a, b, c| xor(a, _mm256_andnot_si256(b, c)),
            rotate,
            constant
        );
        for index in 0..4 {
            let lanes = state[index];
            let lanes = [
                _mm256_extract_epi64::<0>(lanes),
                _mm256_extract_epi64::<1>(lanes),
                _mm256_extract_epi64::<2>(lanes),
                _mm256_extract_epi64::<3>(lanes),
            ];
            for (parent, lane) in parents.iter_mut().zip(lanes) {
                parent[index * 8..index * 8 + 8].copy_from_slice(&lane.to_le_bytes());
            }
        }
    }

    fn word(pair: &Pair, index: usize) -> u64 {
        let (words, _) = pair.as_chunks::<8>();
        u64::from_le_bytes(words[index])
    }

    /// After 64 bytes: the first bit of the padding, and the last one at the end of the rate of 136 bytes.
    const PAD_BEGIN: u64 = 0x01;
    const PAD_END: u64 = 0x80 << 56;

    /// FIPS 202, 3.2.5.
    const ROUND: [u64; 24] = [
        0x0000_0000_0000_0001,
        0x0000_0000_0000_8082,
        0x8000_0000_0000_808a,
        0x8000_0000_8000_8000,
        0x0000_0000_0000_808b,
        0x0000_0000_8000_0001,
        0x8000_0000_8000_8081,
        0x8000_0000_0000_8009,
        0x0000_0000_0000_008a,
        0x0000_0000_0000_0088,
        0x0000_0000_8000_8009,
        0x0000_0000_8000_000a,
        0x0000_0000_8000_808b,
        0x8000_0000_0000_008b,
        0x8000_0000_0000_8089,
        0x8000_0000_0000_8003,
        0x8000_0000_0000_8002,
        0x8000_0000_0000_0080,
        0x0000_0000_0000_800a,
        0x8000_0000_8000_000a,
        0x8000_0000_8000_8081,
        0x8000_0000_0000_8080,
        0x0000_0000_8000_0001,
        0x8000_0000_8000_8008,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the one-at-a-time hash, for every number of pairs up to two of the widest vectors and one.
    #[test]
    fn many_at_once_are_as_one_by_one() {
        let mut next = 1_u64;
        let pairs: Vec<Pair> = (0..17)
            .map(|_| {
                std::array::from_fn(|_| {
                    next = next.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    (next >> 56) as u8
                })
            })
            .collect();
        for count in 0..=pairs.len() {
            let mut parents = vec![[0; 32]; count];
            hash_pairs(&pairs[..count], &mut parents);
            let one_by_one: Vec<Node> = pairs[..count].iter().map(hash_pair).collect();
            assert_eq!(parents, one_by_one);
        }
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            let four: &[Pair; 4] = pairs.first_chunk().unwrap();
            let mut parents = [[0; 32]; 4];
            // SAFETY: the processor has the feature.
            #[expect(unsafe_code, reason = "calling into code for a processor feature")]
            unsafe {
                wide::four(four, &mut parents);
            }
            assert_eq!(parents, four.each_ref().map(hash_pair));
        }
    }
}
