//! No preimage that is missing or wrong makes a verdict: each one in turn is taken away or spoilt, and then either the run ends with an error that names
//! it and what it was wanted for, or nothing changes at all, because nobody reads it.
//!
//! A run is a function of what it reads. Hence a run over a witness without any of the keys that a first run has not read shows of all of them at once
//! that they are not needed. The others are altered one by one: that must end the run, and until then nothing is read that the first run did not read.
//!
//! A sample, unless `HOIKE_ALL_KEYS` is set.

use alloy_primitives::{Bytes, keccak256};
use hoike_claims::{Entry, Folder};
use hoike_executor::{
    Accelerator,
    precompiles::{self, Precompile},
};
use hoike_native::Native;
use hoike_preimage::{
    BlobFault, BlobItem, BlobWhy, CheckError, Checked, Corruption, KeyKind, Kzg, NotFound,
    PreimageKey, Trusted, Verified, Witness,
};
use hoike_program::{Boot, Error, Outcome, Purpose, Route, run_by};
use hoike_tests::{Probe, Read, example, fixtures, witness_file};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

#[test]
fn no_key_of_the_example_can_be_missing_or_wrong() {
    let folder = Folder::read(&example()).unwrap();
    let case = Arc::new(Case::new(&folder, &folder.claims[0], Route::Short));
    assert!(
        USES.iter().all(|name| case.uses().contains(name)),
        "the example reads {:?}",
        case.uses()
    );
    let removed = case.sample(Counts {
        elements: 250,
        state: 40,
        receipts: 160,
        rest: 1_600,
    });
    let spoilt = case.sample(Counts {
        elements: 80,
        state: 40,
        receipts: 160,
        rest: 1_760,
    });
    case.unread_keys_change_nothing();
    let removals = removed.iter().map(|&key| (key, Alteration::Removed));
    let count = check_all(&case, removals.collect());
    assert!(count >= 2_000, "only {count} keys removed");
    let count = check_all(&case, spoil(&spoilt));
    assert!(count >= 2_000, "only {count} keys spoilt");
}

/// The same for a chain of each fork, by both routes.
#[test]
fn no_key_of_any_era_can_be_missing_or_wrong() {
    let mut uses = BTreeSet::new();
    for path in a_folder_of_each_era() {
        let folder = Folder::read(&path).unwrap();
        for route in [Route::Short, Route::Plain] {
            let case = Arc::new(Case::widest(&folder, route));
            uses.extend(case.uses());
            let sample = case.sample(Counts {
                elements: 20,
                state: 50,
                receipts: 30,
                rest: 50,
            });
            case.unread_keys_change_nothing();
            let removals = sample.iter().map(|&key| (key, Alteration::Removed));
            check_all(&case, removals.collect());
            check_all(&case, spoil(&sample));
        }
    }
    eprintln!("read for: {uses:?}");
}

/// The same where the file itself is spoilt: a witness that has whole blobs and their proofs gives those, by other ways than key by key.
#[test]
fn no_blob_of_a_spoilt_file_passes() {
    let folder = Folder::read(&example()).unwrap();
    let case = Case::new(&folder, &folder.claims[0], Route::Short);
    let counts = Counts {
        elements: 12,
        state: 0,
        receipts: 0,
        rest: 0,
    };
    for (i, key) in case.sample(counts).into_iter().enumerate() {
        let removed = i % 2 == 0;
        let entries = folder.witness.iter().filter_map(|(other, value)| {
            let mut value = value.to_vec();
            if other == key {
                value[31] ^= 1;
            }
            (!removed || other != key).then_some((*other.as_bytes(), value))
        });
        let entries: Vec<_> = entries.collect();
        let file = witness_file(entries.iter().map(|(key, value)| {
            let length = u32::try_from(value.len()).unwrap();
            (*key, length, value.as_slice())
        }));
        let witness = Witness::parse(file.into()).unwrap();
        let mut oracle = Verified::new(witness, hoike_kzg::Native);
        let accelerator = &mut Native::default();
        let error = run_by(case.route, &case.boot, &mut oracle, accelerator, &mut ())
            .expect_err("a blob is wrong");
        let Error::Preimage {
            purpose: Purpose::Blobs { .. },
            cause,
        } = &error
        else {
            panic!("{key}: {error}");
        };
        let first = case.first[&key];
        let commitment = case.reads[..first]
            .iter()
            .rfind(|read| read.key.kind() == KeyKind::Sha256)
            .expect("a commitment comes first");
        match (removed, cause) {
            (true, CheckError::Oracle { key: named, .. }) => assert_eq!(*named, key),
            (
                false,
                CheckError::Corrupt {
                    key: named,
                    why: Corruption::Blob(_),
                },
            ) => assert_eq!(*named, commitment.key),
            (_, _) => panic!("{key}: {error}"),
        }
    }
}

/// What is read when does not hang on anything but the claim: one missing key gives one error, on every machine.
#[test]
fn two_runs_read_the_same_in_the_same_order() {
    let folder = Folder::read(&example()).unwrap();
    let [first, second] =
        [(); 2].map(|()| Case::new(&folder, &folder.claims[0], Route::Short).reads);
    let differing = first.iter().zip(&second).position(|(a, b)| a != b);
    assert_eq!(differing, None, "of {} and {}", first.len(), second.len());
}

/// On a fault proof VM, precompiles are asked of the oracle. What it does not have, no block is executed without.
#[test]
fn no_precompile_result_can_be_missing() {
    let mut results = 0;
    for path in a_folder_of_each_era() {
        let folder = Folder::read(&path).unwrap();
        for entry in &folder.claims {
            let boot = entry.boot(&folder.rules);
            let run = |accelerator: &mut FromWitness<'_>| {
                let mut oracle = Trusted::assume_checked_by_vm(folder.witness.clone());
                run_by(Route::Short, &boot, &mut oracle, accelerator, &mut ())
            };
            let mut all = FromWitness::without(&folder.witness, None);
            let Ok(outcome) = run(&mut all) else {
                // A block that op-program has not executed; so there are no results of its precompiles.
                continue;
            };
            let mut oracle = Trusted::assume_checked_by_vm(folder.witness.clone());
            let computed = run_by(
                Route::Short,
                &boot,
                &mut oracle,
                &mut Native::default(),
                &mut (),
            );
            assert_eq!(
                outcome,
                computed.unwrap(),
                "{}: by the oracle's precompiles",
                folder.name
            );
            for key in &all.asked {
                let error = run(&mut FromWitness::without(&folder.witness, Some(*key)))
                    .expect_err("a result is missing");
                // It is the accelerator's own error that comes out, not a failed call.
                let Error::Preimage {
                    purpose: Purpose::Precompile { .. },
                    cause: CheckError::Oracle { key: named, .. },
                } = &error
                else {
                    panic!("{}: {key}: {error}", folder.name);
                };
                assert_eq!(named, key, "{error}");
                results += 1;
            }
            if !all.asked.is_empty() {
                break;
            }
        }
    }
    eprintln!("{results} precompile results taken away");
}

/// A claim, what its run reads, and how it ends.
struct Case {
    name: String,
    boot: Boot,
    route: Route,
    witness: Witness,
    reads: Vec<Read>,
    /// Where each key is read first.
    first: BTreeMap<PreimageKey, usize>,
    outcome: Option<Outcome>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Alteration {
    Removed,
    /// One bit, picked by the key.
    Flipped,
    /// Without its last byte.
    Truncated,
    Emptied,
}

impl Case {
    fn new(folder: &Folder, entry: &Entry, route: Route) -> Self {
        let mut case = Self {
            name: format!("{} by {route:?} route", folder.name),
            boot: entry.boot(&folder.rules),
            route,
            witness: folder.witness.clone(),
            reads: Vec::new(),
            first: BTreeMap::new(),
            outcome: None,
        };
        let mut probe = Probe::recording(&folder.witness, |_, value| value);
        let outcome = case.run(Check::All, &mut probe);
        case.outcome = Some(outcome.unwrap_or_else(|error| panic!("{}: {error}", case.name)));
        case.reads = probe.into_reads();
        for (position, read) in case.reads.iter().enumerate() {
            case.first.entry(read.key).or_insert(position);
        }
        case
    }

    /// The folder's claim that reads for the most uses, and of those the one that reads most.
    fn widest(folder: &Folder, route: Route) -> Self {
        let cases = folder
            .claims
            .iter()
            .map(|entry| Self::new(folder, entry, route));
        cases
            .max_by_key(|case| (case.uses().len(), case.first.len()))
            .expect("a folder has claims")
    }

    fn run<A: FnMut(&PreimageKey, Option<Bytes>) -> Option<Bytes>>(
        &self,
        check: Check,
        probe: &mut Probe<'_, A>,
    ) -> Result<Outcome, Error<NotFound>> {
        fn judge<O: Checked>(case: &Case, mut oracle: O) -> Result<Outcome, Error<O::Error>> {
            let accelerator = &mut Native::default();
            run_by(case.route, &case.boot, &mut oracle, accelerator, &mut ())
        }
        match check {
            Check::Nothing => judge(self, Trusted::assume_checked_by_vm(probe)),
            Check::Hashes => judge(self, Verified::new(probe, NoKzg)),
            Check::All => judge(self, Verified::new(probe, hoike_kzg::Native)),
        }
    }

    /// Nobody reads them, so that without them, and with anything else instead, the outcome is the same.
    fn unread_keys_change_nothing(&self) {
        let unread = |key: &PreimageKey| !self.first.contains_key(key);
        let mut alone: Vec<PreimageKey> = self.witness.keys().filter(unread).collect();
        alone.truncate(3);
        let removed = |key: &PreimageKey, value: Option<Bytes>| value.filter(|_| !unread(key));
        let spoilt = |key: &PreimageKey, value: Option<Bytes>| match unread(key) {
            true => Some(Bytes::from_static(b"anything")),
            false => value,
        };
        self.same(Check::All, removed);
        self.same(Check::All, spoilt);
        for one in alone {
            self.same(Check::Nothing, |key, value| value.filter(|_| *key != one));
        }
    }

    fn same(&self, check: Check, alter: impl FnMut(&PreimageKey, Option<Bytes>) -> Option<Bytes>) {
        let mut probe = Probe::within(&self.witness, &self.reads, &self.first, alter);
        let outcome = self.run(check, &mut probe);
        let outcome = outcome.unwrap_or_else(|error| panic!("{}: {error}", self.name));
        assert_eq!(Some(outcome), self.outcome, "{}", self.name);
        assert!(probe.count() >= self.first.len(), "{}", self.name);
        assert_eq!(probe.strayed(), None, "{}", self.name);
    }

    /// Alters one key that is read, and says what is wrong with how the run ends. `None`: the alteration is none, the value having no bytes to spoil.
    fn check(&self, key: PreimageKey, alteration: Alteration) -> Option<Result<(), String>> {
        let altered = alteration.of(&key, self.witness.value(&key)?)?;
        let check = match (alteration, key.kind()) {
            (Alteration::Removed, _) => Check::Nothing,
            (_, KeyKind::Blob) => Check::All,
            // The run ends at a hash, wherever that is; the blobs that it passes are right.
            (_, _) => Check::Hashes,
        };
        let mut count = 0;
        let mut altered_at = None;
        let mut probe = Probe::within(&self.witness, &self.reads, &self.first, |asked, value| {
            count += 1;
            if *asked != key {
                return value;
            }
            altered_at.get_or_insert(count);
            altered.clone()
        });
        let ended = catch_unwind(AssertUnwindSafe(|| self.run(check, &mut probe)));
        let strayed = probe.strayed();
        let complain = |why: String| format!("{}: {key} {alteration:?}: {why}", self.name);
        let error = match ended {
            Err(_) => return Some(Err(complain("a panic".into()))),
            Ok(Ok(outcome)) => {
                return Some(Err(complain(format!("the verdict {:?}", outcome.verdict))));
            }
            Ok(Err(error)) => error,
        };
        let first = self.first[&key];
        let named = self.named(&error, key, first, altered.as_ref());
        let result = named.and_then(|whole_blobs| {
            // What a blob's commitment refuses is known only when all blobs of the L1 block are there, and the EVM settles fees before it tells of a
            // failed read. Anything else ends the run at once.
            let at_once = !whole_blobs && !matches!(self.reads[first].hint, "l2-state-node" | "l2-code");
            if strayed.is_some()
                || at_once && altered_at != Some(count)
                || count > 2 * self.reads.len()
            {
                return Err(format!(
                    "answer {altered_at:?} is altered, {count} are asked for, {strayed:?} is a new one"
                ));
            }
            Ok(())
        });
        Some(result.map_err(|why| complain(format!("{why} ({error})"))))
    }

    /// Whether the error is the one for this key, spoilt like this; `true`: only the whole blob showed it.
    fn named(
        &self,
        error: &Error<NotFound>,
        key: PreimageKey,
        first: usize,
        altered: Option<&Bytes>,
    ) -> Result<bool, String> {
        let Error::Preimage { purpose, cause } = error else {
            return Err("not the error of a preimage".into());
        };
        let hint = self.reads[first].hint;
        if use_of(purpose) != hint {
            return Err(format!("hinted as {hint}, and wanted for {purpose:?}"));
        }
        let mut named = key;
        let want = match (altered, key.kind()) {
            (None, _) => None,
            (Some(value), KeyKind::Keccak256) => Some(Corruption::Hash {
                computed: keccak256(value),
            }),
            (Some(value), KeyKind::Sha256) if value.len() != COMMITMENT_BYTES => {
                Some(Corruption::Length {
                    expected: COMMITMENT_BYTES,
                    got: value.len(),
                })
            }
            // sha256 is at home in `hoike-preimage`; here it is enough that the right check fails for the right key.
            (Some(_), KeyKind::Sha256) => match cause {
                CheckError::Corrupt { why, .. } if matches!(why, Corruption::Hash { .. }) => {
                    Some(*why)
                }
                _ => return Err("not the error of a commitment".into()),
            },
            (Some(value), KeyKind::Blob) if value.len() != ELEMENT_BYTES => {
                Some(Corruption::Length {
                    expected: ELEMENT_BYTES,
                    got: value.len(),
                })
            }
            (Some(value), KeyKind::Blob) => {
                // A blob's elements follow its commitment.
                let commitment = self.reads[..first]
                    .iter()
                    .rposition(|read| read.key.kind() == KeyKind::Sha256)
                    .ok_or("no commitment before the element")?;
                named = self.reads[commitment].key;
                let element = first - commitment - 1;
                Some(Corruption::Blob(
                    match value.as_ref() < MODULUS.as_slice() {
                        true => BlobWhy::Mismatch,
                        false => BlobWhy::NotCanonical { element },
                    },
                ))
            }
            (Some(_), KeyKind::Local | KeyKind::Global | KeyKind::Precompile) => {
                return Err("such keys are not read".into());
            }
        };
        let right = match (cause, want) {
            (CheckError::Oracle { key, cause }, None) => *key == named && cause.key == named,
            (CheckError::Corrupt { key, why }, Some(want)) => *key == named && *why == want,
            (
                CheckError::Oracle { .. }
                | CheckError::Corrupt { .. }
                | CheckError::Hint { .. }
                | CheckError::BlobVersion { .. },
                _,
            ) => false,
        };
        if !right {
            return Err(format!("instead of {named}: {want:?}"));
        }
        let whole_blobs = named != key;
        let text = error.to_string();
        if !text.contains(&named.to_string()) || !text.starts_with(&purpose.to_string()) {
            return Err("the text does not say which key, or what for".into());
        }
        Ok(whole_blobs)
    }

    /// What keys are read for.
    fn uses(&self) -> BTreeSet<&'static str> {
        self.reads.iter().map(|read| read.hint).collect()
    }

    /// Keys that are read, in the order of reading: all of them, or some of each use and type.
    fn sample(&self, counts: Counts) -> Vec<PreimageKey> {
        let mut groups: BTreeMap<(&str, KeyKind), Vec<usize>> = BTreeMap::new();
        for (key, &position) in &self.first {
            let group = (self.reads[position].hint, key.kind());
            groups.entry(group).or_default().push(position);
        }
        let mut picked = Vec::new();
        for (class, mut count) in [
            (Class::Elements, counts.elements),
            (Class::State, counts.state),
            (Class::Receipts, counts.receipts),
            (Class::Rest, counts.rest),
        ] {
            let mut groups: Vec<&mut Vec<usize>> = groups
                .iter_mut()
                .filter(|((hint, kind), _)| Class::of(hint, *kind) == class)
                .map(|(_, positions)| positions)
                .collect();
            // Small groups as a whole, and what they leave goes to the greater ones.
            groups.sort_by_key(|positions| positions.len());
            let many = groups.len();
            for (i, positions) in groups.into_iter().enumerate() {
                positions.sort_unstable();
                let (len, share) = (positions.len(), positions.len().min(count / (many - i)));
                count -= share;
                if all_keys() || share == len {
                    picked.append(positions);
                    continue;
                }
                // Denser at the beginning, where runs are short; what is taken already is passed over.
                let mut next = 0;
                for n in 0..share {
                    let at = (n * n * n * len / (share * share * share))
                        .max(next)
                        .min(len - share + n);
                    picked.push(positions[at]);
                    next = at + 1;
                }
            }
        }
        picked.sort_unstable();
        picked
            .into_iter()
            .map(|position| self.reads[position].key)
            .collect()
    }
}

impl Alteration {
    /// The altered answer; `None` at the outside: it would be the same.
    fn of(self, key: &PreimageKey, value: Bytes) -> Option<Option<Bytes>> {
        let [.., a, b, c] = *key.as_bytes();
        let mut bytes = value.to_vec();
        let random = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        match self {
            Self::Removed => return Some(None),
            Self::Flipped => {
                let bit = random % (bytes.len() * 8).max(1);
                *bytes.get_mut(bit / 8)? ^= 1 << (bit % 8);
            }
            Self::Truncated => drop(bytes.pop()?),
            Self::Emptied if bytes.is_empty() => return None,
            Self::Emptied => bytes.clear(),
        }
        Some(Some(bytes.into()))
    }
}

/// How many keys a sample has of each class.
#[derive(Clone, Copy)]
struct Counts {
    elements: usize,
    state: usize,
    receipts: usize,
    rest: usize,
}

/// Keys by what a run costs that ends at them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Field elements of blobs: of these there are the most.
    Elements,
    /// Read in execution, after all derivation.
    State,
    /// Read where a bloom demands it: in the example that is late.
    Receipts,
    /// Most of it read before all of these: the run ends early.
    Rest,
}

impl Class {
    fn of(hint: &str, kind: KeyKind) -> Self {
        match (hint, kind) {
            (_, KeyKind::Blob) => Self::Elements,
            ("l2-state-node" | "l2-code", _) => Self::State,
            ("l1-receipts", _) => Self::Receipts,
            (_, _) => Self::Rest,
        }
    }
}

/// What a run checks of its answers.
#[derive(Clone, Copy)]
enum Check {
    Nothing,
    /// All but blobs against their commitments.
    Hashes,
    All,
}

/// Takes every blob.
struct NoKzg;

impl Kzg for NoKzg {
    fn check(&self, _: &[BlobItem<'_>]) -> Result<(), BlobFault> {
        Ok(())
    }
}

/// Takes the results of precompiles from a witness, as a guest on a fault proof VM takes them from the oracle.
struct FromWitness<'a> {
    witness: &'a Witness,
    without: Option<PreimageKey>,
    asked: BTreeSet<PreimageKey>,
}

impl<'a> FromWitness<'a> {
    fn without(witness: &'a Witness, without: Option<PreimageKey>) -> Self {
        Self {
            witness,
            without,
            asked: BTreeSet::new(),
        }
    }
}

impl Accelerator<Error<NotFound>> for FromWitness<'_> {
    fn precompile(
        &mut self,
        precompile: Precompile,
        input: &[u8],
        gas: u64,
    ) -> Result<Option<Bytes>, Error<NotFound>> {
        // ecrecover, the pairings of bn256, point evaluation and BLS12-381: what op-program asks its oracle for.
        if !matches!(precompile.address_number(), 1 | 8 | 0x0a..=0x11) {
            return Ok(precompiles::run(precompile, input));
        }
        let mut input = input.to_vec();
        if precompile == Precompile::Ecrecover {
            input.resize(128, 0);
        }
        let key = PreimageKey::precompile(precompile.address(), gas, &input);
        self.asked.insert(key);
        match self
            .witness
            .value(&key)
            .filter(|_| self.without != Some(key))
        {
            Some(result) => Ok((result[0] == 1).then(|| result.slice(1..))),
            None => Err(Error::Preimage {
                purpose: Purpose::Precompile { block: 0 },
                cause: CheckError::Oracle {
                    key,
                    cause: NotFound { key },
                },
            }),
        }
    }
}

/// Each key is spoilt in one way, in turn; or in all ways.
fn spoil(keys: &[PreimageKey]) -> Vec<(PreimageKey, Alteration)> {
    let ways = [
        Alteration::Flipped,
        Alteration::Truncated,
        Alteration::Emptied,
    ];
    let ways_of = |i: usize, key: &PreimageKey| match all_keys() && key.kind() != KeyKind::Blob {
        true => ways.to_vec(),
        false => vec![ways[i % ways.len()]],
    };
    keys.iter()
        .enumerate()
        .flat_map(|(i, key)| ways_of(i, key).into_iter().map(|way| (*key, way)))
        .collect()
}

/// Makes all alterations, one at a time on each processor, and fails with all complaints, or when one takes for ever. How many there were.
fn check_all(case: &Arc<Case>, jobs: Vec<(PreimageKey, Alteration)>) -> usize {
    let jobs = Arc::new(jobs);
    let next = Arc::new(AtomicUsize::new(0));
    let (send, receive) = mpsc::channel();
    // Not scoped: a run without end must not keep the test from failing.
    for _ in 0..thread::available_parallelism().map_or(1, |n| n.get()) {
        let (case, jobs, next, send) = (case.clone(), jobs.clone(), next.clone(), send.clone());
        thread::spawn(move || {
            while let Some(&(key, alteration)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                let result = case.check(key, alteration);
                if send.send(result).is_err() {
                    break;
                }
            }
        });
    }
    drop(send);
    let begun = Instant::now();
    let mut done = 0;
    let mut complaints = Vec::new();
    loop {
        match receive.recv_timeout(PATIENCE) {
            Ok(Some(result)) => {
                done += 1;
                complaints.extend(result.err());
            }
            Ok(None) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                let at = next.load(Ordering::Relaxed).min(jobs.len());
                panic!("a run does not end; underway: up to {:?}", jobs.get(at - 1));
            }
        }
    }
    eprintln!(
        "{}: {done} alterations in {:.1?}",
        case.name,
        begun.elapsed()
    );
    complaints.sort();
    assert!(
        complaints.is_empty(),
        "{} complaints:\n{}",
        complaints.len(),
        complaints[..complaints.len().min(20)].join("\n")
    );
    done
}

/// For each set of forks that fixtures have: the folder with the smallest witness among those with blobs, or else among all.
fn a_folder_of_each_era() -> Vec<PathBuf> {
    let Some(claims) = fixtures("claims") else {
        return Vec::new();
    };
    let mut eras: BTreeMap<usize, Vec<(u64, PathBuf)>> = BTreeMap::new();
    for entry in fs::read_dir(claims).expect("a folder of claims") {
        let path = entry.expect("an entry").path();
        let Ok(claim) = fs::read(path.join("claim.json")) else {
            continue;
        };
        let claim: Value = serde_json::from_slice(&claim).expect("JSON");
        let Some(forks) = claim["forks"].as_object() else {
            continue;
        };
        let witness = fs::metadata(path.join("witness.kv.zst")).expect("a witness");
        let era = eras.entry(forks.len()).or_default();
        era.push((witness.len(), path));
    }
    let chosen = eras.into_values().map(|mut folders| {
        folders.sort();
        let with_blobs = folders.iter().find(|(_, path)| {
            let witness = Folder::read(path).expect("a folder").witness;
            witness.keys().any(|key| key.kind() == KeyKind::Sha256)
        });
        with_blobs.unwrap_or(&folders[0]).1.clone()
    });
    chosen.collect()
}

/// The hint that announces such a read.
const fn use_of(purpose: &Purpose) -> &'static str {
    match purpose {
        Purpose::Claim => "",
        Purpose::AgreedOutput => "starting-l2-output",
        Purpose::L1Header { .. } => "l1-block-header",
        Purpose::L1Transactions { .. } => "l1-transactions",
        Purpose::L1Receipts { .. } => "l1-receipts",
        Purpose::Blobs { .. } => "l1-blob",
        Purpose::L2Header { .. } => "l2-block-header",
        Purpose::L2Transactions { .. } => "l2-transactions",
        Purpose::StateNode { .. } => "l2-state-node",
        Purpose::Code { .. } => "l2-code",
        Purpose::Precompile { .. } => "l1-precompile",
    }
}

fn all_keys() -> bool {
    env::var_os("HOIKE_ALL_KEYS").is_some()
}

/// All uses but precompiles, which this program computes natively.
const USES: [&str; 9] = [
    "starting-l2-output",
    "l1-block-header",
    "l1-transactions",
    "l1-receipts",
    "l1-blob",
    "l2-block-header",
    "l2-transactions",
    "l2-state-node",
    "l2-code",
];
const ELEMENT_BYTES: usize = 32;
const COMMITMENT_BYTES: usize = 48;
/// Order of BLS12-381's scalar field, big endian.
const MODULUS: [u8; 32] =
    alloy_primitives::hex!("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001");
/// Thousands of times what a run takes; the example's longest takes a tenth of a second.
const PATIENCE: Duration = Duration::from_secs(180);
