//! The stand-in as a client sees it: what it serves has to be what the claim's hashes commit to, or wrong in the way that was asked for.

mod behaviour;
mod blocks;
mod client;
mod faults;
mod state;
mod verdicts;

use hoike_claims::Folder;
use hoike_standin::Data;
use std::{
    env,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

/// The repository's own claim, built once.
fn example() -> &'static Arc<Data> {
    static DATA: OnceLock<Arc<Data>> = OnceLock::new();
    DATA.get_or_init(|| data(&project().join("bin/hoike/example"), 0))
}

/// The example and some claims of the fixtures: one of each execution era, blobs, replaced blocks.
fn chains() -> Vec<(String, Arc<Data>)> {
    let mut all = vec![("example".to_string(), example().clone())];
    for name in [
        "regolith-basic",
        "canyon-invalid-tx",
        "ecotone-blobs",
        "holocene-invalid-tx",
        "isthmus-fees",
        "jovian-basic",
        "karst-basic",
    ] {
        if let Some(folder) = fixture(name) {
            all.push((name.to_string(), data(&folder, 0)));
        }
    }
    all
}

fn data(folder: &Path, claim: usize) -> Arc<Data> {
    let folder = Folder::read(folder).expect("a claim folder");
    Arc::new(Data::build(&folder, claim).expect("a whole witness"))
}

/// A claim folder of the fixtures; none, with a message, where there are no fixtures.
fn fixture(name: &str) -> Option<PathBuf> {
    let fixtures = env::var_os("HOIKE_FIXTURES")
        .map_or_else(|| project().join("../shared/fixtures"), PathBuf::from);
    let folder = fixtures.join("claims").join(name);
    if !folder.is_dir() {
        eprintln!("skipped: no {}", folder.display());
        return None;
    }
    Some(folder)
}

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
