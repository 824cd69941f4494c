//! Unsigned varints: 7 bits a byte, least significant first. Spec: `delta/span-batches.md`, "Span batch format" (protobuf's varints).

use super::SpanFault;

/// Splits a varint off the front. Non-minimal encodings are taken, up to 10 bytes (D190).
pub(super) fn split(input: &mut &[u8]) -> Result<u64, SpanFault> {
    // Most are of one byte: counts, origins' distances, small nonces.
    if let Some((&byte, rest)) = input.split_first()
        && byte < 0x80
    {
        *input = rest;
        return Ok(u64::from(byte));
    }
    let mut value = 0u64;
    for shift in (0u32..70).step_by(7) {
        let (&byte, rest) = input.split_first().ok_or(SpanFault::Truncated)?;
        *input = rest;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && byte > 1 {
            return Err(SpanFault::VarintOverflow);
        }
        value |= bits.wrapping_shl(shift);
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(SpanFault::VarintOverflow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d190_varints() {
        let cases: [(&[u8], Result<u64, SpanFault>); 11] = [
            (&[0x00], Ok(0)),
            (&[0x7f], Ok(127)),
            (&[0x80, 0x01], Ok(128)),
            (&[0x8a, 0x00], Ok(10)),
            (
                &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
                Ok(0),
            ),
            (
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
                Ok(u64::MAX),
            ),
            (
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02],
                Err(SpanFault::VarintOverflow),
            ),
            (
                &[
                    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00,
                ],
                Err(SpanFault::VarintOverflow),
            ),
            (
                &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80],
                Err(SpanFault::Truncated),
            ),
            (&[0x80], Err(SpanFault::Truncated)),
            (&[], Err(SpanFault::Truncated)),
        ];
        for (bytes, want) in cases {
            let mut input = bytes;
            assert_eq!(split(&mut input), want, "{bytes:x?}");
            assert!(want.is_err() || input.is_empty());
        }
    }
}
