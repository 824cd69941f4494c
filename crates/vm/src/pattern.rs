//! Which steps: `never`, `always`, `=123`, `%1000`.

use std::str::FromStr;

/// A set of steps, as the originals' flags name them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Pattern {
    /// None.
    #[default]
    Never,
    /// All.
    Always,
    /// This one.
    At(u64),
    /// Those that this divides; it is not zero.
    Every(u64),
}

impl Pattern {
    /// Whether a step is one of them.
    pub const fn matches(self, step: u64) -> bool {
        match self {
            Self::Never => false,
            Self::Always => true,
            Self::At(at) => step == at,
            Self::Every(every) => step.is_multiple_of(every),
        }
    }

    /// The first of them from a step on.
    pub const fn next(self, from: u64) -> Option<u64> {
        match self {
            Self::Never => None,
            Self::Always => Some(from),
            Self::At(at) if at >= from => Some(at),
            Self::At(_) => None,
            Self::Every(every) => match from.checked_next_multiple_of(every) {
                Some(step) => Some(step),
                None => None,
            },
        }
    }
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |digits: &str| {
            let (digits, radix) = match digits.get(..2) {
                Some("0x" | "0X") => (&digits[2..], 16),
                Some("0b" | "0B") => (&digits[2..], 2),
                Some("0o" | "0O") => (&digits[2..], 8),
                _ => (digits, 10),
            };
            u64::from_str_radix(digits, radix).map_err(|why| format!("{text:?}: {why}"))
        };
        match text.as_bytes() {
            b"" | b"never" => Ok(Self::Never),
            b"always" => Ok(Self::Always),
            [b'=', ..] => number(&text[1..]).map(Self::At),
            [b'%', ..] => match number(&text[1..])? {
                0 => Err(format!("{text:?}: no step is a multiple of 0")),
                every => Ok(Self::Every(every)),
            },
            _ => Err(format!("{text:?} is none of never, always, =123 and %1000")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_the_originals() {
        let cases = [
            ("never", Pattern::Never),
            ("", Pattern::Never),
            ("always", Pattern::Always),
            ("=123", Pattern::At(123)),
            ("=0x10", Pattern::At(16)),
            ("%1000", Pattern::Every(1000)),
        ];
        for (text, pattern) in cases {
            assert_eq!(text.parse(), Ok(pattern));
            for from in [0, 1, 15, 16, 17, 122, 123, 124, 999, 1000, 1001, u64::MAX] {
                let next = (from..from.saturating_add(1001)).find(|step| pattern.matches(*step));
                match pattern.next(from) {
                    Some(step) if step < from.saturating_add(1001) => assert_eq!(next, Some(step)),
                    Some(_) | None => assert_eq!(next, None, "{text} {from}"),
                }
            }
        }
        for text in [
            "x",
            "=",
            "%",
            "%0",
            "=-1",
            "=1x",
            "123",
            "=18446744073709551616",
        ] {
            assert!(text.parse::<Pattern>().is_err(), "{text}");
        }
    }
}
