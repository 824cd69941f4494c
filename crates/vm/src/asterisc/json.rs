//! The JSON state file: fields and their order are the original's.

use super::files::put_page;
use super::{Asterisc, Cpu, FileError, Sealed, State};
use crate::{Machine, Memory, PAGE_BYTES, Page};
use alloy_primitives::{B256, Bytes, hex};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::borrow::Cow;
use std::io::{self, Read, Write};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File<'a> {
    memory: Vec<PageEntry<'a>>,
    preimage_key: B256,
    preimage_offset: u64,
    pc: u64,
    exit: u8,
    exited: bool,
    step: u64,
    heap: u64,
    load_reservation: u64,
    registers: [u64; 32],
    #[serde(default, skip_serializing_if = "is_empty")]
    last_hint: Bytes,
    #[serde(default, skip_serializing_if = "Base64::is_empty")]
    witness: Base64,
    #[serde(default)]
    state_hash: B256,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PageEntry<'a> {
    index: u64,
    data: PageData<'a>,
}

fn is_empty(bytes: &Bytes) -> bool {
    bytes.0.is_empty()
}

/// Hex without 0x.
struct PageData<'a>(Cow<'a, Page>);

impl Serialize for PageData<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(self.0.as_slice()))
    }
}

impl<'de> Deserialize<'de> for PageData<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        if text.len() != 2 * PAGE_BYTES {
            return Err(D::Error::invalid_length(
                text.len(),
                &"a page's data of 8192 hex digits",
            ));
        }
        let mut page = [0; PAGE_BYTES];
        hex::decode_to_slice(text.as_bytes(), &mut page)
            .map_err(|why| D::Error::custom(format_args!("a page's data: {why}")))?;
        Ok(Self(Cow::Owned(page)))
    }
}

/// Bytes in base64 with padding, as Go writes them.
#[derive(Default)]
struct Base64(Vec<u8>);

impl Base64 {
    const DIGITS: &'static [u8; 64] =
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn encode(&self) -> String {
        let mut text = String::with_capacity(self.0.len().div_ceil(3) * 4);
        for group in self.0.chunks(3) {
            let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
            let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
            for digit in 0..4 {
                let index = bits >> (18 - 6 * digit) & 63;
                text.push(if digit <= group.len() {
                    Self::DIGITS[index as usize].into()
                } else {
                    '='
                });
            }
        }
        text
    }

    fn decode(text: &str) -> Option<Self> {
        let (groups, rest) = text.as_bytes().as_chunks::<4>();
        let mut bytes = Vec::with_capacity(groups.len() * 3);
        for (number, group) in groups.iter().enumerate() {
            let padding = match group {
                [.., b'=', b'='] => 2,
                [.., b'='] => 1,
                _ => 0,
            };
            let mut bits = 0;
            for digit in &group[..4 - padding] {
                let value = Self::DIGITS.iter().position(|known| known == digit)?;
                bits = bits << 6 | u32::try_from(value).ok()?;
            }
            bits <<= 6 * padding;
            let [_, decoded @ ..] = bits.to_be_bytes();
            let (kept, padded) = decoded.split_at(3 - padding);
            let is_last = number + 1 == groups.len();
            if padded.iter().any(|byte| *byte != 0) || (padding > 0 && !is_last) {
                return None;
            }
            bytes.extend_from_slice(kept);
        }
        rest.is_empty().then_some(Self(bytes))
    }
}

impl Serialize for Base64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.encode())
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Self::decode(&text).ok_or_else(|| D::Error::custom("the witness is not base64"))
    }
}

impl State {
    /// Reads a JSON file.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn read_json(mut file: impl Read) -> Result<Self, FileError> {
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let file: File<'_> = serde_json::from_slice(&text)?;
        let mut memory = Memory::default();
        for entry in &file.memory {
            put_page(&mut memory, entry.index, &entry.data.0)?;
        }
        Ok(Self {
            memory,
            cpu: Cpu {
                preimage_key: file.preimage_key,
                preimage_offset: file.preimage_offset,
                pc: file.pc,
                exit_code: file.exit,
                exited: file.exited,
                step: file.step,
                heap: file.heap,
                load_reservation: file.load_reservation,
                registers: file.registers.into(),
                last_hint: file.last_hint.into(),
            },
            sealed: Sealed {
                witness: file.witness.0,
                state_hash: file.state_hash,
            },
        })
    }

    /// Writes a JSON file as the original does: two spaces of indent, and two newlines at the end.
    ///
    /// # Errors
    /// The file cannot be written to.
    pub fn write_json(&self, mut file: impl Write) -> io::Result<()> {
        let cpu = &self.cpu;
        let page = |(index, page)| PageEntry {
            index,
            data: PageData(Cow::Borrowed(page)),
        };
        let contents = File {
            memory: self.memory.pages().map(page).collect(),
            preimage_key: cpu.preimage_key,
            preimage_offset: cpu.preimage_offset,
            pc: cpu.pc,
            exit: cpu.exit_code,
            exited: cpu.exited,
            step: cpu.step,
            heap: cpu.heap,
            load_reservation: cpu.load_reservation,
            registers: cpu.registers.named(),
            last_hint: cpu.last_hint.clone().into(),
            witness: Base64(self.sealed.witness.clone()),
            state_hash: self.sealed.state_hash,
        };
        serde_json::to_writer_pretty(&mut file, &contents)?;
        file.write_all(b"\n\n")?;
        file.flush()
    }
}

impl Asterisc {
    /// What `witness` prints of a state. Computed from the state, whatever its file holds of an earlier one.
    pub fn witness_json(&mut self) -> String {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Witness {
            witness: Bytes,
            state_hash: B256,
            step: u64,
            exited: bool,
            exit_code: u8,
            pc: u64,
        }
        let witness = self.witness().into();
        let state_hash = self.state_hash();
        let cpu = &self.state().cpu;
        let json = serde_json::to_string_pretty(&Witness {
            witness,
            state_hash,
            step: cpu.step,
            exited: cpu.exited,
            exit_code: cpu.exit_code,
            pc: cpu.pc,
        });
        json.unwrap_or_default() + "\n\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4648, 10.
    #[test]
    fn base64_is_that_of_the_standard() {
        let cases = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (bytes, text) in cases {
            assert_eq!(Base64(bytes.into()).encode(), text);
            assert_eq!(
                Base64::decode(text).map(|decoded| decoded.0),
                Some(bytes.into())
            );
        }
        for text in [
            "Z", "Zg=", "Zh==", "Zg==Zg==", "Z===", "====", "Zm9=", "Zm 9",
        ] {
            assert!(Base64::decode(text).is_none(), "{text}");
        }
    }
}
