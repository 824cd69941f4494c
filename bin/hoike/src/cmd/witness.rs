//! `hoike witness`: what a claim folder's witness holds, whether it is right, and how much of it is needed.

use crate::{
    args::{Witness as Args, WitnessAction},
    exit::Exit,
    output::{complain, print},
};
use alloy_primitives::{Bytes, map::HashSet};
use hoike_claims::{Entry, Folder};
use hoike_host::precompile_result;
use hoike_native::Native;
use hoike_preimage::{
    BlobItem, Commitment, Hint, KeyKind, Kzg, Memory, NotFound, Oracle, PreimageKey, Trusted,
    Witness, roots_of_unity,
};
use hoike_program::Verdict;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs, io,
    path::Path,
};

/// Does what the arguments say, and prints it.
pub(crate) fn run(args: &Args) -> Exit {
    let done = match &args.action {
        WitnessAction::Inspect { folder } => read(folder).map(|folder| inspect(&folder)),
        WitnessAction::Check { folder } => read(folder).map(|folder| check(&folder)),
        WitnessAction::Prune { folder, out } => prune(folder, out),
    };
    match done {
        Ok((exit, text)) => {
            print(&text);
            exit
        }
        Err(why) => {
            complain(format_args!("hoike witness: {why}"));
            Exit::Data
        }
    }
}

fn read(folder: &Path) -> Result<Folder, String> {
    Folder::read(folder).map_err(|error| error.to_string())
}

/// How many values of each kind there are, and their bytes.
fn inspect(folder: &Folder) -> (Exit, String) {
    let mut kinds: BTreeMap<KeyKind, (usize, usize)> = BTreeMap::new();
    for (key, value) in folder.witness.iter() {
        let (count, bytes) = kinds.entry(key.kind()).or_default();
        *count += 1;
        *bytes += value.len();
    }
    let blobs = commitments(&folder.witness).count();
    let mut text = format!(
        "{}: {}, {} claims\n{:<12} {:>9} {:>12}\n",
        folder.name,
        folder.chain,
        folder.claims.len(),
        "kind",
        "values",
        "bytes"
    );
    for (kind, (count, bytes)) in kinds {
        let _never_fails = writeln!(text, "{:<12} {count:>9} {bytes:>12}", kind.to_string());
    }
    let _never_fails = writeln!(
        text,
        "{:<12} {:>9} {:>12}\n{blobs} blobs",
        "all",
        folder.witness.len(),
        folder.witness_bytes
    );
    (Exit::Valid, text)
}

/// The commitments of blobs: what lies under sha-256 keys.
fn commitments(witness: &Witness) -> impl Iterator<Item = (PreimageKey, Commitment)> + '_ {
    let of_blobs = |(key, value): (PreimageKey, Bytes)| {
        let commitment = Commitment::try_from(&value[..]).ok()?;
        (key.kind() == KeyKind::Sha256).then_some((key, commitment))
    };
    witness.iter().filter_map(of_blobs)
}

/// Whether each value belongs to its key.
fn check(folder: &Folder) -> (Exit, String) {
    let witness = &folder.witness;
    let mut found = Found::default();
    for (key, value) in witness.iter() {
        match key.kind() {
            KeyKind::Keccak256 | KeyKind::Sha256 => {
                let right = key.is_hash_of(&value) == Some(true);
                found.judge(key, right, "does not hash to it");
            }
            // Each is looked for from its blob or its call, below.
            KeyKind::Blob | KeyKind::Precompile => {}
            KeyKind::Local | KeyKind::Global => found.unclear.push(key),
        }
        if let Some((call, result)) = call(&key, &value, witness) {
            found.calls.insert(call);
            found.judge(
                call,
                precompile(&value) == Some(result),
                "is not the precompile's result",
            );
        }
    }
    let mut elements: HashSet<PreimageKey> = HashSet::default();
    for (key, commitment) in commitments(witness) {
        let keys: Vec<_> = roots_of_unity()
            .iter()
            .map(|root| PreimageKey::blob(&commitment, root))
            .collect();
        let mut blob = Box::new([0; hoike_preimage::BLOB_BYTES]);
        let mut complete = true;
        for (to, key) in blob.as_chunks_mut::<32>().0.iter_mut().zip(&keys) {
            let element = witness.value(key);
            match element.and_then(|element| <[u8; 32]>::try_from(&element[..]).ok()) {
                Some(element) => *to = element,
                None => complete = false,
            }
        }
        elements.extend(keys);
        if complete {
            let item = BlobItem {
                blob: &blob,
                commitment: &commitment,
                proof: None,
            };
            found.judge(
                key,
                hoike_kzg::Native.check(&[item]).is_ok(),
                "has another blob",
            );
        } else {
            found.incomplete += 1;
        }
    }
    let unexplained = witness.keys().filter(|key| match key.kind() {
        KeyKind::Blob => !elements.contains(key),
        KeyKind::Precompile => !found.calls.contains(key),
        KeyKind::Local | KeyKind::Global | KeyKind::Keccak256 | KeyKind::Sha256 => false,
    });
    let unexplained: Vec<_> = unexplained.collect();
    found.unclear.extend(unexplained);
    found.report(&folder.name)
}

/// If this value is the preimage of a precompile's key whose result is there too: that key and the result.
fn call(key: &PreimageKey, value: &[u8], witness: &Witness) -> Option<(PreimageKey, Bytes)> {
    if key.kind() != KeyKind::Keccak256 || value.len() < 28 {
        return None;
    }
    let key = key.with_kind(KeyKind::Precompile);
    witness.value(&key).map(|result| (key, result))
}

/// The result of a call: address, gas and input make its key.
fn precompile(call: &[u8]) -> Option<Bytes> {
    let (address, rest) = call.split_first_chunk::<20>()?;
    let (_, input) = rest.split_first_chunk::<8>()?;
    precompile_result(&address.into(), input)
}

#[derive(Default)]
struct Found {
    right: usize,
    wrong: Vec<(PreimageKey, &'static str)>,
    /// Nothing says what belongs there.
    unclear: Vec<PreimageKey>,
    /// Blobs of which elements are missing.
    incomplete: usize,
    calls: BTreeSet<PreimageKey>,
}

impl Found {
    fn judge(&mut self, key: PreimageKey, right: bool, why: &'static str) {
        if right {
            self.right += 1;
        } else {
            self.wrong.push((key, why));
        }
    }

    fn report(self, name: &str) -> (Exit, String) {
        /// So many are named.
        const NAMED: usize = 20;
        let mut text = format!("{name}: {} right, {} wrong\n", self.right, self.wrong.len());
        for (key, why) in self.wrong.iter().take(NAMED) {
            let _never_fails = writeln!(text, "  WRONG  {key}: the value {why}");
        }
        if self.wrong.len() > NAMED {
            let _never_fails = writeln!(text, "  and {} more", self.wrong.len() - NAMED);
        }
        if self.incomplete > 0 {
            let _never_fails = writeln!(
                text,
                "  {} blobs are not there whole, and were not checked",
                self.incomplete
            );
        }
        if !self.unclear.is_empty() {
            let _never_fails = writeln!(
                text,
                "  {} values that nothing here says the meaning of (proofs that a host keeps beside its blobs, or results without their calls), first {}",
                self.unclear.len(),
                self.unclear[0]
            );
        }
        let exit = if self.wrong.is_empty() {
            Exit::Valid
        } else {
            Exit::Data
        };
        (exit, text)
    }
}

/// Writes a folder with what its claims read and nothing else, and judges them all on that.
fn prune(from: &Path, to: &Path) -> Result<(Exit, String), String> {
    let folder = read(from)?;
    if fs::read_dir(to).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(format!("{} is not empty: give a new folder", to.display()));
    }
    let mut reader = Reader {
        witness: &folder.witness,
        read: BTreeSet::new(),
    };
    let before = verdicts(&folder, &mut reader)
        .map_err(|(index, why)| format!("{}: claim {index}: {why}", folder.name))?;
    let entries = folder.witness.iter();
    let needed: Memory = entries
        .filter(|(key, _)| reader.read.contains(key))
        .collect();
    let raw = needed
        .to_witness()
        .ok_or("a value is longer than a witness can hold")?;
    let failed = |what: &Path| {
        let what = what.display().to_string();
        move |cause: io::Error| format!("{what}: {cause}")
    };
    fs::create_dir_all(to).map_err(failed(to))?;
    for entry in fs::read_dir(from).map_err(failed(from))? {
        let path = entry.map_err(failed(from))?.path();
        let is_json = path
            .extension()
            .is_some_and(|extension| extension == "json");
        if let (true, Some(name)) = (is_json, path.file_name()) {
            fs::copy(&path, to.join(name)).map_err(failed(&path))?;
        }
    }
    let file = to.join("witness.kv.zst");
    let packed = zstd::encode_all(&raw[..], 19).map_err(failed(&file))?;
    fs::write(&file, packed).map_err(failed(&file))?;

    let pruned = read(to)?;
    let after = verdicts(&pruned, &mut pruned.witness.clone())
        .map_err(|(index, why)| format!("{}: claim {index}: {why}", to.display()))?;
    if let Some(index) = before.iter().zip(&after).position(|(a, b)| a != b) {
        return Err(format!(
            "{}: claim {index} comes out otherwise than before",
            to.display()
        ));
    }
    let text = format!(
        "{}: {} of {} values, {} of {} bytes; all {} claims come out as before\n",
        to.display(),
        pruned.witness.len(),
        folder.witness.len(),
        pruned.witness_bytes,
        folder.witness_bytes,
        pruned.claims.len()
    );
    Ok((Exit::Valid, text))
}

/// How a folder's claims come out; or the first one that has no verdict, and why.
fn verdicts(
    folder: &Folder,
    oracle: &mut impl Oracle<Error = NotFound>,
) -> Result<Vec<Verdict>, (usize, String)> {
    let judge = |(index, entry): (usize, &Entry)| {
        let mut oracle = Trusted::assume_checked_by_vm(&mut *oracle);
        let boot = entry.boot(&folder.rules);
        let outcome = hoike_program::run(&boot, &mut oracle, &mut Native::new(), &mut ());
        outcome
            .map(|outcome| outcome.verdict)
            .map_err(|error| (index, error.to_string()))
    };
    folder.claims.iter().enumerate().map(judge).collect()
}

/// A witness that remembers what was read of it. It has no whole blobs and no proofs of them, so that every key is seen.
struct Reader<'a> {
    witness: &'a Witness,
    read: BTreeSet<PreimageKey>,
}

impl Oracle for Reader<'_> {
    type Error = NotFound;

    fn hint(&mut self, _: &Hint<'_>) -> Result<(), NotFound> {
        Ok(())
    }

    fn get(&mut self, key: PreimageKey) -> Result<Bytes, NotFound> {
        self.read.insert(key);
        // What a type 5 or 6 key is the hash of says what it is of, and is kept where it was.
        if matches!(key.kind(), KeyKind::Blob | KeyKind::Precompile) {
            self.read.insert(key.with_kind(KeyKind::Keccak256));
        }
        self.witness.value(&key).ok_or(NotFound { key })
    }
}
