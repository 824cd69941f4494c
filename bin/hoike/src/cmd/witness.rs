//! `hoike witness`: what a claim folder's witness holds, whether it is right, and how much of it is needed.

use crate::{
    args::{Witness as Args, WitnessAction},
    exit::Exit,
};
use alloy_primitives::{Address, B256, Bytes, keccak256, map::HashSet};
use hoike_claims::Folder;
use hoike_executor::Precompile;
use hoike_native::Native;
use hoike_preimage::{
    BlobItem, Commitment, Hint, KeyKind, Kzg, NotFound, Oracle, PreimageKey, Trusted, Witness,
    roots_of_unity,
};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    io::{self, Write as _},
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
            let mut out = io::stdout().lock();
            let _closed_early = out.write_all(text.as_bytes()).and_then(|()| out.flush());
            exit
        }
        Err(why) => {
            // Not `eprintln!`, which panics where nobody listens.
            let _nobody_listens = writeln!(io::stderr(), "hoike witness: {why}");
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
            KeyKind::Keccak256 => found.judge(
                key,
                hashes_to(key, keccak256(&value).0),
                "does not hash to it",
            ),
            KeyKind::Sha256 => {
                found.judge(
                    key,
                    hashes_to(key, Sha256::digest(&value).into()),
                    "does not hash to it",
                );
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

fn hashes_to(key: PreimageKey, hash: [u8; 32]) -> bool {
    hash[1..] == key.as_bytes()[1..]
}

/// If this value is the preimage of a precompile's key whose result is there too: that key and the result.
fn call(key: &PreimageKey, value: &[u8], witness: &Witness) -> Option<(PreimageKey, Bytes)> {
    if key.kind() != KeyKind::Keccak256 || value.len() < 28 {
        return None;
    }
    let mut bytes = *key.as_bytes();
    bytes[0] = KeyKind::Precompile as u8;
    let key = PreimageKey::from_bytes(bytes).ok()?;
    witness.value(&key).map(|result| (key, result))
}

/// The result of a call: address, gas and input make its key.
fn precompile(call: &[u8]) -> Option<Bytes> {
    let (address, rest) = call.split_first_chunk::<20>()?;
    let (_, input) = rest.split_first_chunk::<8>()?;
    let address = Address::from(*address);
    let precompile = Precompile::ALL
        .into_iter()
        .find(|p| p.address() == address)?;
    Some(match hoike_native::compute(precompile, input) {
        Some(output) => [&[1], &output[..]].concat().into(),
        None => vec![0].into(),
    })
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
    let mut verdicts = Vec::new();
    for (index, entry) in folder.claims.iter().enumerate() {
        let mut oracle = Trusted::assume_checked_by_vm(&mut reader);
        let outcome = hoike_program::run(
            &entry.boot(&folder.rules),
            &mut oracle,
            &mut Native::new(),
            &mut (),
        );
        let outcome =
            outcome.map_err(|error| format!("{}: claim {index}: {error}", folder.name))?;
        verdicts.push(outcome.verdict);
    }
    let mut raw = Vec::new();
    for (key, value) in folder
        .witness
        .iter()
        .filter(|(key, _)| reader.read.contains(key))
    {
        raw.extend_from_slice(key.as_bytes());
        // Values of a witness are no longer than this.
        raw.extend_from_slice(&(value.len() as u32).to_le_bytes());
        raw.extend_from_slice(&value);
    }
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
    for ((index, entry), verdict) in pruned.claims.iter().enumerate().zip(verdicts) {
        let mut oracle = Trusted::assume_checked_by_vm(pruned.witness.clone());
        let again = hoike_program::run(
            &entry.boot(&pruned.rules),
            &mut oracle,
            &mut Native::new(),
            &mut (),
        );
        let again = again.map_err(|error| format!("{}: claim {index}: {error}", to.display()))?;
        if again.verdict != verdict {
            return Err(format!(
                "{}: claim {index} comes out otherwise than before",
                to.display()
            ));
        }
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
        let mut hash = *key.as_bytes();
        hash[0] = KeyKind::Keccak256 as u8;
        let of = PreimageKey::keccak256(B256::from(hash));
        if matches!(key.kind(), KeyKind::Blob | KeyKind::Precompile) {
            self.read.insert(of);
        }
        self.witness.value(&key).ok_or(NotFound { key })
    }
}
