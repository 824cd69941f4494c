//! The reader of a decompressed channel: a sequence of RLP byte strings.

/// The contents of a channel's RLP byte strings. Ends at the first that is incomplete or ill-formed, and with it the channel ends.
#[derive(Clone, Debug)]
pub struct Strings<'a> {
    rest: &'a [u8],
    fault: Option<StringFault>,
}

/// Why the strings end before the data does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StringFault {
    /// The data ends within a string.
    #[error("the data ends within a string")]
    Incomplete,
    /// A list stands where a string must.
    #[error("a list stands in place of a string")]
    List,
    /// The length, or the one byte, has a shorter encoding.
    #[error("a string is not encoded in the shortest way")]
    NotCanonical,
}

impl<'a> Strings<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self {
            rest: data,
            fault: None,
        }
    }

    /// Why there are no more strings, once there are none; nothing if the data ended with the last.
    pub fn fault(&self) -> Option<StringFault> {
        self.fault
    }

    fn split(&self) -> Result<(&'a [u8], &'a [u8]), StringFault> {
        let header = Header::parse(self.rest)?.ok_or(StringFault::Incomplete)?;
        self.rest
            .get(header.size..)
            .zip(usize::try_from(header.length).ok())
            .and_then(|(rest, length)| rest.split_at_checked(length))
            .ok_or(StringFault::Incomplete)
    }
}

impl<'a> Iterator for Strings<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.fault.is_some() || self.rest.is_empty() {
            return None;
        }
        match self.split() {
            Ok((string, rest)) => {
                self.rest = rest;
                Some(string)
            }
            Err(fault) => {
                self.fault = Some(fault);
                None
            }
        }
    }
}

/// Follows the strings in data that is still growing, to say what the reference asks of its decoder next.
#[derive(Debug)]
pub(super) struct Cursor {
    /// Where the string begins that is not complete yet.
    start: usize,
    limit: u64,
}

/// What the reader is in the middle of when it has used up all data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ahead {
    /// A header, or nothing yet.
    Header,
    /// A string that lacks this many bytes.
    String(u64),
    /// Nothing: it has stopped at an ill-formed string, or one that would pass the limit.
    Nothing,
}

impl Cursor {
    pub(super) fn new(limit: u64) -> Self {
        Self { start: 0, limit }
    }

    /// What is read after the end of `data`, which must begin with what it was at the last call.
    pub(super) fn ahead(&mut self, data: &[u8]) -> Ahead {
        loop {
            let rest = data.get(self.start..).unwrap_or_default();
            let header = match Header::parse(rest) {
                Err(_) => return Ahead::Nothing,
                Ok(None) if data.len() as u64 >= self.limit => return Ahead::Nothing,
                Ok(None) => return Ahead::Header,
                Ok(Some(header)) => header,
            };
            let end = (self.start as u64)
                .checked_add(header.size as u64)
                .and_then(|start| start.checked_add(header.length));
            let Some(end) = end.filter(|end| *end <= self.limit) else {
                return Ahead::Nothing;
            };
            match end.checked_sub(data.len() as u64) {
                None | Some(0) => self.start = usize::try_from(end).unwrap_or(usize::MAX),
                Some(lacking) => return Ahead::String(lacking),
            }
        }
    }
}

/// What stands before an RLP string's contents. A byte below 0x80 stands for itself, and has a header of no bytes.
struct Header {
    size: usize,
    length: u64,
}

impl Header {
    /// Parses the header at the front of `data`; nothing if it is incomplete.
    fn parse(data: &[u8]) -> Result<Option<Self>, StringFault> {
        let Some((&first, rest)) = data.split_first() else {
            return Ok(None);
        };
        match first {
            0..0x80 => Ok(Some(Self { size: 0, length: 1 })),
            // One byte below 0x80 would have been its own encoding.
            0x81 if rest.first().is_some_and(|byte| *byte < 0x80) => Err(StringFault::NotCanonical),
            0x80..0xb8 => Ok(Some(Self {
                size: 1,
                length: u64::from(first & 0x3f),
            })),
            0xb8..0xc0 => {
                let size = usize::from(first & 0x07).saturating_add(1);
                let Some(bytes) = rest.get(..size) else {
                    return Ok(None);
                };
                let length = bytes
                    .iter()
                    .fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
                if length < 56 || bytes.first() == Some(&0) {
                    return Err(StringFault::NotCanonical);
                }
                Ok(Some(Self {
                    size: size.saturating_add(1),
                    length,
                }))
            }
            0xc0.. => Err(StringFault::List),
        }
    }
}
