//! Every seed and every regression, without a fuzzer. With `HOIKE_FUZZ_CORPUS=1`, whatever a fuzzer has collected as well.

use hoike_fuzz::{TARGETS, Target};
use std::{env, fs, path::Path};

fn replay(folder: &Path, target: Target) -> usize {
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    for path in &paths {
        eprintln!("{}", path.display());
        target(&fs::read(path).expect("a file"));
    }
    paths.len()
}

/// A name that is not here is a file that nobody looks at.
#[test]
fn folders_are_named_after_targets() {
    for kind in ["seeds", "regressions", "fuzz_targets"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(kind);
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let name = entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("a name");
            let name = name.trim_end_matches(".rs");
            assert!(
                TARGETS.iter().any(|(target, _)| *target == name),
                "{kind}/{name}"
            );
        }
    }
}

macro_rules! targets {
    ($($name:ident),*) => {
        $(#[test]
        fn $name() {
            let (_, target) = TARGETS.into_iter().find(|(name, _)| *name == stringify!($name)).expect("a target");
            let project = Path::new(env!("CARGO_MANIFEST_DIR"));
            target(&[]);
            assert!(replay(&project.join("seeds").join(stringify!($name)), target) > 0, "no seeds");
            replay(&project.join("regressions").join(stringify!($name)), target);
            if env::var_os("HOIKE_FUZZ_CORPUS").is_some() {
                replay(&project.join("corpus").join(stringify!($name)), target);
            }
        })*

        #[test]
        fn all_are_replayed() {
            assert_eq!([$(stringify!($name)),*].len(), TARGETS.len());
        }
    };
}

targets!(
    frames,
    blobs,
    zlib,
    brotli,
    span_batches,
    batch_streams,
    config_updates,
    intake,
    trie,
    witness,
    wire,
    vms
);
