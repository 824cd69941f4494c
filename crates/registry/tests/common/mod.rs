//! Where the fixtures are.

use std::{fs, path::PathBuf};

/// The folder `part` of the fixtures; `None`, with a message, where there are none.
pub(crate) fn fixtures(part: &str) -> Option<PathBuf> {
    let root = std::env::var_os("HOIKE_FIXTURES").map_or_else(
        || {
            PathBuf::from(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../../shared/fixtures"
            ))
        },
        PathBuf::from,
    );
    let folder = root.join(part);
    if !folder.is_dir() {
        println!("skipped: no fixtures at {}", folder.display());
        return None;
    }
    Some(folder)
}

/// Every `*/name` below the folder `part` of the fixtures, in order.
#[allow(dead_code, reason = "not every test walks folders")]
pub(crate) fn files(part: &str, name: &str) -> Vec<PathBuf> {
    let Some(folder) = fixtures(part) else {
        return Vec::new();
    };
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().join(name));
    let mut files: Vec<_> = entries.filter(|file| file.is_file()).collect();
    files.sort();
    assert!(!files.is_empty(), "the fixtures have no {name}");
    files
}
