//! Puts the configs of a chain that is not in the registry into the program: the files that HOIKE_ROLLUP_CONFIG and HOIKE_L1_CONFIG name.

use std::{env, fs, path::Path};

fn main() {
    let rollup = document("HOIKE_ROLLUP_CONFIG");
    let l1 = document("HOIKE_L1_CONFIG");
    let configs = match (rollup, l1) {
        (None, None) => "None".into(),
        (None, Some(_)) => panic!("HOIKE_L1_CONFIG without HOIKE_ROLLUP_CONFIG"),
        (Some(rollup), l1) => format!(
            "Some(Configs {{ rollup: {}, l1: {} }})",
            bytes(&rollup),
            match l1 {
                Some(l1) => format!("Some({})", bytes(&l1)),
                None => "None".into(),
            }
        ),
    };
    let out = env::var_os("OUT_DIR").expect("cargo sets it");
    // The documents themselves and not their paths: the program's bytes depend on nothing else.
    fs::write(Path::new(&out).join("configs.rs"), configs)
        .expect("the output folder can be written");
}

fn document(variable: &str) -> Option<Vec<u8>> {
    println!("cargo::rerun-if-env-changed={variable}");
    let path = env::var(variable).ok().filter(|path| !path.is_empty())?;
    println!("cargo::rerun-if-changed={path}");
    Some(fs::read(&path).unwrap_or_else(|why| panic!("{variable}: cannot read {path}: {why}")))
}

fn bytes(document: &[u8]) -> String {
    format!("&{document:?}")
}
