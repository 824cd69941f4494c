//! Ranges of block numbers, as the command line has them.

use std::str::FromStr;

/// Block numbers from first to last, both included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Range {
    first: u64,
    last: u64,
}

impl Range {
    pub(crate) const fn contains(&self, number: u64) -> bool {
        self.first <= number && number <= self.last
    }

    /// Whether it has any of the numbers from `first` to `last`.
    pub(crate) const fn meets(&self, first: u64, last: u64) -> bool {
        self.first <= last && first <= self.last
    }
}

impl FromStr for Range {
    type Err = String;

    /// `N..M`, `N..`, `..M` or `N`.
    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| {
            if text.bytes().all(|byte| byte.is_ascii_digit()) {
                text.parse::<u64>().ok()
            } else {
                None
            }
            .ok_or_else(|| format!("{text:?} is no block number; write N..M, N.., ..M or N"))
        };
        let (first, last) = match text.split_once("..") {
            None => (number(text)?, number(text)?),
            Some(("", "")) => (0, u64::MAX),
            Some(("", last)) => (0, number(last)?),
            Some((first, "")) => (number(first)?, u64::MAX),
            Some((first, last)) => (number(first)?, number(last)?),
        };
        if first > last {
            return Err(format!("the first block {first} is after the last {last}"));
        }
        Ok(Self { first, last })
    }
}

#[cfg(test)]
mod tests {
    use super::Range;

    #[test]
    fn forms() {
        for (text, first, last) in [
            ("3..5", 3, 5),
            ("3..3", 3, 3),
            ("3..", 3, u64::MAX),
            ("..5", 0, 5),
            ("7", 7, 7),
            ("..", 0, u64::MAX),
            ("0..18446744073709551615", 0, u64::MAX),
        ] {
            assert_eq!(text.parse(), Ok(Range { first, last }), "{text}");
        }
        for text in [
            "",
            "a",
            "5..3",
            "1..2..3",
            "-1",
            "+1",
            "1...2",
            " 1",
            "0x1",
            "1.5",
            "18446744073709551616",
        ] {
            assert!(text.parse::<Range>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn meeting() {
        let range: Range = "3..5".parse().unwrap();
        for (first, last, want) in [
            (0, 2, false),
            (0, 3, true),
            (5, 9, true),
            (6, 9, false),
            (4, 4, true),
            (0, 9, true),
        ] {
            assert_eq!(range.meets(first, last), want, "{first}..{last}");
        }
        assert!(range.contains(3) && range.contains(5) && !range.contains(6) && !range.contains(2));
    }
}
