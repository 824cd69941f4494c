//! The claimant's chain against the derived one: where they can be told apart first.

use super::timeline::{L2Block, Timeline};
use alloy_primitives::B256;
use serde_json::Value;
use std::{collections::BTreeMap, fs, path::Path};

/// What a claimant says of its blocks, by number.
#[derive(Debug)]
pub(crate) struct Claimant {
    blocks: BTreeMap<u64, Said>,
}

/// What is said of one block; at least one of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Said {
    hash: Option<B256>,
    state_root: Option<B256>,
    output_root: Option<B256>,
}

/// How the chains compare.
#[derive(Debug)]
pub(crate) enum Comparison<'a> {
    /// They differ first in this block, and in these things.
    Differ {
        number: u64,
        in_what: Vec<Difference>,
        /// `None`: the agreed block.
        block: Option<&'a L2Block>,
    },
    /// The claimant has this block, and L1 lets derive none of its number.
    Underivable { number: u64, last: u64 },
    /// As far as both go they are the same: this many blocks were compared.
    Same { blocks: usize },
}

/// One thing that is different.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Difference {
    pub(crate) field: &'static str,
    pub(crate) claimed: B256,
    pub(crate) derived: B256,
}

impl Claimant {
    /// Reads a list of objects with `number` and `hash`, `state_root` or `output_root`, or an object whose `blocks` is such a list.
    ///
    /// # Errors
    /// A sentence that names the file and the field.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let name = path.display();
        let text = fs::read(path).map_err(|cause| format!("cannot read {name}: {cause}"))?;
        let file: Value =
            serde_json::from_slice(&text).map_err(|why| format!("{name} is no JSON: {why}"))?;
        Self::from_json(&file).map_err(|why| format!("{name}: {why}"))
    }

    fn from_json(file: &Value) -> Result<Self, String> {
        let list = file.get("blocks").unwrap_or(file);
        let list = list
            .as_array()
            .ok_or("there is no list of blocks, nor an object with one in its field blocks")?;
        let mut blocks = BTreeMap::new();
        for (at, entry) in list.iter().enumerate() {
            let number = entry.get("number").and_then(Value::as_u64);
            let number = number.ok_or_else(|| format!("[{at}].number is no block number"))?;
            let root = |field: &str| -> Result<Option<B256>, String> {
                match entry.get(field) {
                    None | Some(Value::Null) => Ok(None),
                    Some(value) => value
                        .as_str()
                        .and_then(|text| text.parse().ok())
                        .map(Some)
                        .ok_or_else(|| format!("[{at}].{field} is no hash of 32 bytes in hex")),
                }
            };
            let said = Said {
                hash: root("hash")?,
                state_root: root("state_root")?,
                output_root: root("output_root")?,
            };
            if said.hash.is_none() && said.output_root.is_none() {
                return Err(format!("[{at}] has neither hash nor output_root"));
            }
            if blocks
                .insert(number, said)
                .is_some_and(|other| other != said)
            {
                return Err(format!("[{at}].number: block {number} is there twice"));
            }
        }
        if blocks.is_empty() {
            return Err("the list of blocks is empty".into());
        }
        Ok(Self { blocks })
    }

    /// Compares from the agreed block on. `claimed` is the number up to which blocks matter, `exhausted` says that L1 had no data for more.
    pub(crate) fn compare<'a>(
        &self,
        timeline: &'a Timeline,
        agreed: (u64, B256, B256),
        claimed: u64,
        exhausted: bool,
    ) -> Comparison<'a> {
        let mut same = 0;
        let (number, hash, output_root) = agreed;
        if let Some(said) = self.blocks.get(&number) {
            let in_what = said.differences(hash, None, Some(output_root));
            if !in_what.is_empty() {
                return Comparison::Differ {
                    number,
                    in_what,
                    block: None,
                };
            }
            same += 1;
        }
        let mut last = number;
        for block in timeline.chain() {
            last = block.number;
            let Some(said) = self.blocks.get(&block.number) else {
                continue;
            };
            let in_what = said.differences(block.hash, Some(block.state_root), block.output_root);
            if !in_what.is_empty() {
                return Comparison::Differ {
                    number: block.number,
                    in_what,
                    block: Some(block),
                };
            }
            same += 1;
        }
        let next = last.checked_add(1).filter(|next| *next <= claimed);
        let further = next.and_then(|next| self.blocks.range(next..=claimed).next());
        match further {
            Some((&number, _)) if exhausted => Comparison::Underivable { number, last },
            Some(_) | None => Comparison::Same { blocks: same },
        }
    }
}

impl Said {
    fn differences(
        &self,
        hash: B256,
        state_root: Option<B256>,
        output_root: Option<B256>,
    ) -> Vec<Difference> {
        [
            ("hash", self.hash, Some(hash)),
            ("state_root", self.state_root, state_root),
            ("output_root", self.output_root, output_root),
        ]
        .into_iter()
        .filter_map(|(field, claimed, derived)| {
            let (claimed, derived) = (claimed?, derived?);
            (claimed != derived).then_some(Difference {
                field,
                claimed,
                derived,
            })
        })
        .collect()
    }
}
