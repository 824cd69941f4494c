//! Claim folders made by tests.

use crate::example;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicUsize, Ordering},
};

/// A folder that is gone when it is dropped.
#[derive(Debug)]
pub struct TempFolder(PathBuf);

impl TempFolder {
    /// An empty one.
    pub fn empty() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("hoike-test-{}-{count}", process::id()));
        fs::create_dir_all(&path).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()));
        Self(path)
    }

    /// The example with another `claim.json`.
    pub fn example_with(claim: &[u8]) -> Self {
        let folder = Self::empty();
        folder.write("claim.json", claim);
        let witness = "witness.kv.zst";
        let copied = fs::copy(example().join(witness), folder.path().join(witness));
        copied.unwrap_or_else(|cause| panic!("{witness}: {cause}"));
        folder
    }

    /// Writes a file into it.
    pub fn write(&self, name: &str, content: &[u8]) {
        let path = self.0.join(name);
        fs::write(&path, content).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()));
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempFolder {
    fn drop(&mut self) {
        let _left_behind = fs::remove_dir_all(&self.0);
    }
}

/// A witness file, not compressed, of these entries as they come: key, announced length, value.
pub fn witness_file<'a>(entries: impl IntoIterator<Item = ([u8; 32], u32, &'a [u8])>) -> Vec<u8> {
    entries
        .into_iter()
        .flat_map(|(key, length, value)| [&key, length.to_le_bytes().as_slice(), value].concat())
        .collect()
}
