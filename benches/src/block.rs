//! One L2 block.

#[path = "../../crates/executor/tests/common/mod.rs"]
mod common;

use crate::fixtures;
use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes};
use alloy_rlp::Decodable;
use common::Missing;
use hoike_executor::{Accelerator, Executor, PureRust, State};
use hoike_trie::Nodes;
use std::path::{Path, PathBuf};

/// A real block, and the state that it is executed on.
#[allow(
    missing_debug_implementations,
    reason = "it is borrowed from the executor's tests"
)]
pub struct Block(common::Block);

impl Block {
    /// Reads a folder of the fixtures' `executor/`.
    ///
    /// # Panics
    /// It is none.
    pub fn read(folder: &Path) -> Self {
        Self(common::Block::read(folder))
    }

    /// What [`execute`] returns, for this block.
    pub const fn hash(&self) -> B256 {
        self.0.expected
    }
}

/// The folders of all blocks; none, with a message, where there are no fixtures.
pub fn block_folders() -> Vec<PathBuf> {
    common::subfolders(&fixtures().join("executor"))
}

/// Whose cryptography executes a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Crypto {
    /// That of the guests.
    Pure,
    /// C, assembly and threads.
    #[cfg(feature = "native")]
    Native,
}

/// Executes a block and returns its hash. Nothing that is read is checked.
///
/// # Panics
/// It cannot be executed.
pub fn execute(crypto: Crypto, block: &Block) -> B256 {
    match crypto {
        Crypto::Pure => with(&mut PureRust, &block.0),
        #[cfg(feature = "native")]
        Crypto::Native => with(&mut hoike_native::Native::new(), &block.0),
    }
}

fn with(accelerator: &mut impl Accelerator<Missing>, block: &common::Block) -> B256 {
    let mut executor = Executor::new(block.rules.clone(), Borrowed(&block.witness));
    let executed = executor.execute(&block.parent, &block.attributes, accelerator);
    executed
        .expect("an answer")
        .expect("a valid payload")
        .header
        .hash()
}

/// The tests own what they execute on; here it is executed on again and again.
struct Borrowed<'a>(&'a common::Witness);

impl Nodes for Borrowed<'_> {
    type Error = Missing;

    fn node(&mut self, hash: B256) -> Result<Bytes, Missing> {
        self.0.0.get(&hash).cloned().ok_or(Missing(hash))
    }
}

impl State for Borrowed<'_> {
    fn code(&mut self, hash: B256) -> Result<Bytes, Missing> {
        self.node(hash)
    }

    fn header(&mut self, hash: B256) -> Result<Header, Missing> {
        let raw = self.node(hash)?;
        Ok(Header::decode(&mut &raw[..]).expect("a header"))
    }
}
