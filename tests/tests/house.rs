//! The rules of the house: what no compiler checks, read off the manifests, the crates' roots and the documents.

use hoike_tests::{project, sources};
use serde_json::Value;
use std::{collections::BTreeMap, env, fs, path::Path, process::Command};

/// What decides consensus: `no_std`, without I/O, and without a panic that input can reach. An arrow goes from a crate to those before it, never up.
const CORE: [&str; 8] = [
    "hoike-protocol",
    "hoike-registry",
    "hoike-preimage",
    "hoike-kzg",
    "hoike-trie",
    "hoike-executor",
    "hoike-derive",
    "hoike-program",
];

/// What a core crate must not know, though the order would let it.
const STRANGERS: [(&str, &[&str]); 5] = [
    ("hoike-protocol", &CORE),
    ("hoike-trie", &["hoike-preimage", "hoike-kzg"]),
    ("hoike-executor", &["hoike-preimage", "hoike-kzg"]),
    ("hoike-derive", &["hoike-preimage", "hoike-kzg"]),
    ("hoike-program", &["hoike-kzg"]),
];

#[test]
fn core_crates_begin_with_the_same_strict_block() {
    for name in CORE {
        let path = folder(name).join("src/lib.rs");
        let root = read(&path);
        let safe = match name {
            // blst's native form is C behind a thin wrapper; what the guests take is not.
            "hoike-kzg" => "#![cfg_attr(not(feature = \"native\"), forbid(unsafe_code))]",
            _ => "#![forbid(unsafe_code)]",
        };
        for line in ["#![no_std]", safe] {
            assert!(
                root.lines().any(|found| found == line),
                "{}: no {line}",
                path.display()
            );
        }
        let denied = attribute(&root, "#![cfg_attr(\n");
        assert_eq!(denied, STRICT, "{}", path.display());
    }
}

#[test]
fn core_crates_have_no_std_feature_and_ask_none_of_others() {
    let packages = packages();
    for name in CORE {
        let package = &packages[name];
        assert!(
            package["features"].get("std").is_none(),
            "{name} has a feature std"
        );
        for dependency in used(package) {
            let its = dependency["name"].as_str().expect("a name");
            let features = dependency["features"].as_array().expect("features");
            assert!(
                !features.contains(&Value::from("std")),
                "{name} asks {its} for std"
            );
            // An optional one, such as blst, is no part of the default build.
            assert!(
                dependency["optional"] == true
                    || its.starts_with("hoike-")
                    || dependency["uses_default_features"] == false,
                "{name} takes {its} with its default features"
            );
        }
    }
}

#[test]
fn arrows_only_go_down() {
    let packages = packages();
    for (position, name) in CORE.into_iter().enumerate() {
        let strangers = STRANGERS
            .iter()
            .find(|(whose, _)| *whose == name)
            .map_or(&[] as &[_], |(_, strangers)| strangers);
        for dependency in used(&packages[name]) {
            let its = dependency["name"].as_str().expect("a name");
            if !its.starts_with("hoike-") {
                continue;
            }
            assert!(
                CORE[..position].contains(&its),
                "{name} depends on {its}, which is not below it"
            );
            assert!(!strangers.contains(&its), "{name} knows {its}");
        }
    }
    // The edges depend on the core and on one another, but on no binary and on no test. What only developers run may.
    for (name, package) in &packages {
        for dependency in used(package) {
            let its = dependency["name"].as_str().expect("a name");
            assert!(
                !["hoike", "hoike-tests", "hoike-testkit", "hoike-standin"].contains(&its)
                    || ["hoike-benches", "hoike-tests", "hoike-testkit"].contains(&name.as_str()),
                "{name} depends on {its}"
            );
        }
    }
}

#[test]
fn there_is_no_kona_crate() {
    let lock = read(&project().join("Cargo.lock"));
    let names = || lock.lines().filter_map(|line| line.strip_prefix("name = "));
    assert!(names().count() > 50, "no Cargo.lock as we know it");
    let kona: Vec<_> = names()
        .filter(|name| name.trim_matches('"').starts_with("kona"))
        .collect();
    assert!(kona.is_empty(), "{kona:?}");
}

/// ARCHITECTURE.md says where the rules are; a file that was moved must be moved there too.
#[test]
fn the_table_of_rules_names_files_that_exist() {
    let Some(path) = ["ARCHITECTURE.md", "docs/ARCHITECTURE.md"]
        .map(|path| project().join(path))
        .into_iter()
        .find(|path| path.is_file())
    else {
        eprintln!("skipped: no ARCHITECTURE.md");
        return;
    };
    let text = read(&path);
    let rows: Vec<&str> = text
        .lines()
        .skip_while(|line| {
            !(line.starts_with('#') && line.to_lowercase().contains("where is the rule for"))
        })
        .skip(1)
        .take_while(|line| !line.starts_with('#'))
        .filter(|line| line.starts_with('|'))
        .collect();
    // The first two are the head and the rule below it.
    let rows = rows.get(2..).unwrap_or_default();
    assert!(
        !rows.is_empty(),
        "{}: no table under \"Where is the rule for\"",
        path.display()
    );
    for row in rows {
        let paths: Vec<&str> = row
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|quoted| quoted.contains('/') && !quoted.contains(' '))
            .collect();
        assert!(!paths.is_empty(), "this row names no file: {row}");
        for quoted in paths {
            // `file::item` is a place in a file.
            let file = quoted.split("::").next().unwrap_or(quoted);
            assert!(
                project().join(file).exists(),
                "{file} is gone, but stands in: {row}"
            );
        }
    }
}

/// Which fork is the newer one is for `protocol`'s rules to say: a comparison elsewhere is a rule in the wrong room, and not in the table.
#[test]
fn no_fork_is_compared_outside_the_rules() {
    let mut found = Vec::new();
    let mut seen = 0;
    for name in CORE {
        let source = folder(name).join("src");
        for path in sources(&source) {
            let place = path.strip_prefix(project()).expect("below the project");
            let within = place.display().to_string();
            let is_test = within.contains("/src/tests/") || within.ends_with("/tests.rs");
            // The schedule finds a fork's time by its place in the list.
            let is_table = within.starts_with("crates/protocol/src/rules/")
                || within == "crates/protocol/src/fork.rs";
            if is_test || is_table {
                continue;
            }
            seen += 1;
            let text = read(&path);
            // Tests stand at the bottom.
            let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
            let lines = compared_forks(text).into_iter();
            found.extend(lines.map(|line| format!("{within}:{line}")));
        }
    }
    assert!(seen > 100, "the sources are not where they were");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn comparisons_of_forks_are_recognised() {
    for code in [
        "if rules.fork < Fork::Fjord {",
        "let new = (parent_rules.fork >= Fork::Isthmus)",
        "if l2.fork == other {",
        "None if Fork::Canyon > newest => 0,",
        "if new_fork != newest {",
        "filter(|fork| *fork > last)",
        "match newest { Fork::Jovian if Fork::Karst == other => 1,",
        "let is_new = hoike_protocol::Fork::Karst <= it;",
        "if rules.activates.contains(Fork::Canyon) {",
        "matches!(rules.fork, Fork::Jovian | Fork::Karst)",
        "let new = rules.fork\n    >= Fork::Isthmus;",
        "if rules.fork.cmp(&other) == Ordering::Less {",
    ] {
        assert!(!compared_forks(code).is_empty(), "{code}");
    }
    for code in [
        "/// From Jovian, so fork < Fork::Karst means nothing here.",
        "Fork::Bedrock | Fork::Regolith => SpecId::MERGE,",
        "(KarstEvm::Prague, Fork::Karst) => Fork::Jovian,",
        "let fork = executed_as(rules.fork, variant);",
        "fn of(fork: Fork) -> Option<Fork> {",
        "let forks: Vec<Fork> = all;",
        "if forks < 3 {",
    ] {
        assert!(compared_forks(code).is_empty(), "{code}");
    }
    assert_eq!(compared_forks("a\nif fork\n    < Fork::Fjord\n{"), [3]);
}

/// The lines of formatted code on which a fork is compared with another: by an operator, which then has spaces around it, or in words.
fn compared_forks(source: &str) -> Vec<usize> {
    let is_fork = |word: &str| {
        let mut names = word.split(|c: char| !c.is_alphanumeric() && c != '_');
        names.any(|name| name == "Fork" || name == "fork" || name.ends_with("_fork"))
    };
    let in_words = |word: &str| {
        ["contains(Fork::", "fork.cmp(", "fork.max(", "fork.min("]
            .iter()
            .any(|words| word.contains(words))
    };
    let words: Vec<(usize, &str)> = source
        .lines()
        .enumerate()
        .flat_map(|(at, line)| {
            let code = line.split("//").next().unwrap_or_default();
            code.split_whitespace().map(move |word| (at + 1, word))
        })
        .collect();
    let by_operator = words.windows(3).filter_map(|words| match words {
        [
            (_, left),
            (at, "==" | "!=" | "<" | ">" | "<=" | ">="),
            (_, right),
        ] => (is_fork(left) || is_fork(right)).then_some(*at),
        _ => None,
    });
    let matched = words.windows(2).filter_map(|words| match words {
        [(at, left), (_, right)] => {
            (left.contains("matches!(") && (is_fork(left) || is_fork(right))).then_some(*at)
        }
        _ => None,
    });
    let worded = words.iter().filter(|(_, word)| in_words(word));
    let worded = worded.map(|(at, _)| *at);
    by_operator.chain(matched).chain(worded).collect()
}

/// The workspace's packages by name, as cargo reads their manifests.
fn packages() -> BTreeMap<String, Value> {
    let output = Command::new(env::var_os("CARGO").expect("run by cargo"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(project())
        .output()
        .expect("cargo runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo metadata: {error}");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    packages
        .iter()
        .map(|package| {
            let name = package["name"].as_str().expect("a name");
            (name.to_owned(), package.clone())
        })
        .collect()
}

/// A package's dependencies that are part of it, not of its tests or its build script.
fn used(package: &Value) -> impl Iterator<Item = &Value> {
    let dependencies = package["dependencies"].as_array().expect("dependencies");
    dependencies.iter().filter(|one| one["kind"].is_null())
}

fn folder(name: &str) -> std::path::PathBuf {
    let folder = name.strip_prefix("hoike-").expect("a crate of ours");
    project().join("crates").join(folder)
}

/// An attribute over several lines, from its beginning to the line that closes it.
fn attribute(text: &str, begin: &str) -> String {
    let from = text.find(begin).unwrap_or(text.len());
    let attribute = &text[from..];
    let end = attribute.find("\n)]").map_or(0, |end| end + 3);
    attribute[..end].to_owned()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()))
}

const STRICT: &str = "\
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::wildcard_enum_match_arm
    )
)]";
