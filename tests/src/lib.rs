//! What tests share: where they find their data, and oracles that misbehave.

mod probe;
mod temp;

pub use probe::{Probe, Read};
pub use temp::{TempFolder, witness_file};

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// A folder of the fixtures: below `HOIKE_FIXTURES`, or else below `shared/fixtures` beside the project. None, with a message, where it does not exist.
pub fn fixtures(kind: &str) -> Option<PathBuf> {
    let root = env::var_os("HOIKE_FIXTURES")
        .map_or_else(|| project().join("../shared/fixtures"), PathBuf::from);
    let folder = root.join(kind);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no {}", folder.display());
    None
}

/// All claim folders there are: the example of the repository, and those of the fixtures.
pub fn claim_folders() -> Vec<PathBuf> {
    let mut folders = vec![example()];
    if let Some(claims) = fixtures("claims") {
        let mut found: Vec<PathBuf> = fs::read_dir(&claims)
            .unwrap_or_else(|cause| panic!("{}: {cause}", claims.display()))
            .map(|entry| entry.expect("a readable folder").path())
            .filter(|path| path.join("claim.json").is_file())
            .collect();
        found.sort();
        assert!(
            !found.is_empty(),
            "{} holds no claim folder",
            claims.display()
        );
        folders.extend(found);
    }
    folders
}

/// The real claim in the repository.
pub fn example() -> PathBuf {
    project().join("bin/hoike/example")
}

/// The project's folder.
pub fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests lie in the project")
        .to_path_buf()
}

/// All Rust sources below a folder, in order; none where there is no such folder.
pub fn sources(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                found.extend(sources(&path));
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}
