//! The adversarial cases: each has a test that bears its id, or a written reason for having none, and `docs/cases.md` says so.
//!
//! A test shows the cases that its name begins with: `d24_d149_what_a_fault_costs` shows D24 and D149. Titles and notes are in `tests/cases.txt`.
//! With `HOIKE_WRITE_CASES=1` the page is written instead of compared.

use hoike_tests::{project, sources};
use std::{collections::BTreeMap, env, fmt::Write as _, fs, path::Path};

const IDS: u32 = 197;

#[test]
fn every_id_is_listed_once_and_in_order() {
    let ids: Vec<u32> = listed().iter().map(|case| case.id).collect();
    assert_eq!(ids, (1..=IDS).collect::<Vec<_>>());
}

#[test]
fn every_id_has_a_test_or_a_reason_and_not_both() {
    let shown = shown();
    let mut wrong = Vec::new();
    for case in listed() {
        let id = format!("D{:02}", case.id);
        match (&case.note, shown.contains_key(&case.id)) {
            (Note::Plain | Note::Also(_), false) => {
                wrong.push(format!("{id} has neither a test nor a reason"));
            }
            (Note::None(_), true) => {
                wrong.push(format!("{id} has a test and a reason to have none"));
            }
            (Note::Plain | Note::Also(_), true) | (Note::None(_), false) => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn tests_bear_ids_that_exist() {
    for (id, tests) in shown() {
        assert!((1..=IDS).contains(&id), "D{id}: {tests:?}");
    }
}

#[test]
fn the_page_is_up_to_date() {
    let (path, page) = (project().join("docs/cases.md"), page());
    if env::var_os("HOIKE_WRITE_CASES").is_some() {
        fs::write(&path, page).expect("docs can be written");
        return;
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    let differs = there.lines().zip(page.lines()).find(|(a, b)| a != b);
    assert!(
        there == page,
        "docs/cases.md is out of date: HOIKE_WRITE_CASES=1 cargo test -p hoike-tests --test cases\n{differs:?}"
    );
}

#[test]
fn names_are_read_as_ids() {
    for (line, ids) in [
        ("fn d07_channel_timeout() {", &[7][..]),
        ("    fn d24_d149_d07_costs() {", &[24, 149, 7]),
        ("fn d24_d_costs() {", &[24]),
        ("fn damage() {", &[]),
        ("fn d_7() {", &[]),
        ("pub(crate) async fn d195_keys() {", &[195]),
        ("// as d07_channel_timeout", &[]),
    ] {
        let name = function(line).unwrap_or_default();
        assert_eq!(ids_of(name).expect("two digits"), ids, "{line}");
    }
    assert!(ids_of("d7_channel_timeout").is_err());
    let tests = tests_in(
        "#[test]\nfn d07_a() {}\nfn d08_no_test() {}\n#[test]\n#[ignore]\nfn d09_b() {}\n",
    );
    assert_eq!(tests, ["d07_a", "d09_b"]);
}

struct Case {
    id: u32,
    section: String,
    title: String,
    note: Note,
}

enum Note {
    Plain,
    /// Why there is no test.
    None(String),
    /// What the tests leave out.
    Also(String),
}

/// The cases of `tests/cases.txt`.
fn listed() -> Vec<Case> {
    let text = read(&project().join("tests/cases.txt"));
    let mut section = String::new();
    let mut cases = Vec::new();
    let mut above_is_blank = false;
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix("# ").filter(|_| above_is_blank) {
            section = heading.to_owned();
        }
        above_is_blank = line.is_empty();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let fields: Vec<&str> = line.split('|').map(str::trim).collect();
        let [id, title, note] = fields[..] else {
            panic!("three fields, not: {line}");
        };
        assert!(!title.is_empty(), "{id} has no title");
        cases.push(Case {
            id: id
                .strip_prefix('D')
                .and_then(|digits| digits.parse().ok())
                .unwrap_or_else(|| panic!("no id: {line}")),
            section: section.clone(),
            title: title.to_owned(),
            note: self::note(note).unwrap_or_else(|| panic!("no note: {line}")),
        });
    }
    cases
}

fn note(text: &str) -> Option<Note> {
    if text.is_empty() {
        return Some(Note::Plain);
    }
    let (kind, text) = text.split_once(": ")?;
    let text = text.to_owned();
    match kind {
        "none" => Some(Note::None(text)),
        "also" => Some(Note::Also(text)),
        _ => None,
    }
}

/// By id, the tests that bear it: file and function, in order.
fn shown() -> BTreeMap<u32, Vec<(String, String)>> {
    let root = project();
    let mut files: Vec<_> = ["bin", "crates", "fuzz", "guests", "tests"]
        .iter()
        .flat_map(|folder| sources(&root.join(folder)))
        // Here names stand as examples.
        .filter(|path| !path.ends_with("tests/tests/cases.rs"))
        .collect();
    assert!(files.len() > 50, "the sources are not where they were");
    files.sort();
    let mut shown = BTreeMap::<u32, Vec<_>>::new();
    for path in files {
        let place = path
            .strip_prefix(&root)
            .expect("below the project")
            .display()
            .to_string();
        for name in tests_in(&read(&path)) {
            let ids = ids_of(&name).unwrap_or_else(|why| panic!("{place}: {name}: {why}"));
            for id in ids {
                shown
                    .entry(id)
                    .or_default()
                    .push((place.clone(), name.clone()));
            }
        }
    }
    shown
}

/// The names of a source file's test functions.
fn tests_in(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut is_test = false;
    for line in source.lines().map(str::trim) {
        if let Some(name) = function(line) {
            if is_test {
                names.push(name.to_owned());
            }
            is_test = false;
        } else if line == "#[test]" {
            is_test = true;
        }
    }
    names
}

/// The name of the function that begins on this line.
fn function(line: &str) -> Option<&str> {
    let line = line.trim();
    if line.starts_with("//") {
        return None;
    }
    let (before, rest) = line.split_once("fn ")?;
    (before.is_empty() || before.ends_with(' ')).then(|| {
        rest.split(|c: char| !c.is_alphanumeric() && c != '_')
            .next()
    })?
}

/// The ids that a test's name begins with.
fn ids_of(name: &str) -> Result<Vec<u32>, &'static str> {
    let digits = |part: &str| part.strip_prefix('d').map(str::to_owned);
    let parts = name.split('_').map_while(|part| {
        digits(part)
            .filter(|digits| !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_digit()))
    });
    parts
        .map(|digits| {
            if digits.len() < 2 {
                return Err("an id has two digits at least");
            }
            digits.parse().map_err(|_| "no such number")
        })
        .collect()
}

fn page() -> String {
    let shown = shown();
    let mut page = String::from(
        "# Cases\n\n\
        Bugs, divergences and attacks that are on record for implementations of the OP Stack, each with the tests that show how hoike behaves, or the reason why there is none.\n\
        Made from `tests/cases.txt` and the names of the tests (`HOIKE_WRITE_CASES=1 cargo test -p hoike-tests --test cases`), checked by `tests/tests/cases.rs`. Not to be edited.\n",
    );
    let mut section = String::new();
    for case in listed() {
        if case.section != section {
            write!(
                page,
                "\n## {}\n\n| id | about | tests |\n|---|---|---|\n",
                case.section
            )
            .expect("a string takes all");
            section = case.section.clone();
        }
        let mut places = Vec::<(&str, Vec<String>)>::new();
        for (place, name) in shown.get(&case.id).into_iter().flatten() {
            let name = format!("`{name}`");
            match places.last_mut() {
                Some((last, names)) if last == place => names.push(name),
                Some(_) | None => places.push((place, vec![name])),
            }
        }
        let mut tests: Vec<String> = places
            .iter()
            .map(|(place, names)| format!("{place}: {}", names.join(", ")))
            .collect();
        match &case.note {
            Note::None(why) => tests.push(format!("*none:* {why}")),
            Note::Also(what) => tests.push(format!("*not shown:* {what}")),
            Note::Plain => {}
        }
        writeln!(
            page,
            "| D{:02} | {} | {} |",
            case.id,
            case.title,
            tests.join("<br>")
        )
        .expect("a string takes all");
    }
    page
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()))
}
