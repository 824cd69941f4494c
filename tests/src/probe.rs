//! An oracle that watches what is read and can alter answers.

use alloy_primitives::Bytes;
use hoike_preimage::{Dialect, Hint, NotFound, Oracle, PreimageKey, Witness};
use std::collections::BTreeMap;

/// One answer that was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Read {
    /// The key.
    pub key: PreimageKey,
    /// Name of the last hint before it: what it is read for.
    pub hint: &'static str,
}

/// A witness of which some answers are altered. It notes what is read, or holds it against what another run read. It has no whole blobs and no proofs of
/// them, so that every key shows.
#[derive(Debug)]
pub struct Probe<'a, A> {
    witness: &'a Witness,
    alter: A,
    known: Option<(&'a [Read], &'a BTreeMap<PreimageKey, usize>)>,
    hint: &'static str,
    reads: Vec<Read>,
    count: usize,
    strayed: Option<PreimageKey>,
}

impl<'a, A: FnMut(&PreimageKey, Option<Bytes>) -> Option<Bytes>> Probe<'a, A> {
    /// Notes what is read. `alter` gets a key and the witness's answer, and gives its own.
    pub const fn recording(witness: &'a Witness, alter: A) -> Self {
        Self {
            witness,
            alter,
            known: None,
            hint: "",
            reads: Vec::new(),
            count: 0,
            strayed: None,
        }
    }

    /// Only counts. Whoever reads a key that is not among those that another run has read, gets nothing any more, so that no run goes on for ever.
    pub fn within(
        witness: &'a Witness,
        reads: &'a [Read],
        known: &'a BTreeMap<PreimageKey, usize>,
        alter: A,
    ) -> Self {
        Self {
            known: Some((reads, known)),
            ..Self::recording(witness, alter)
        }
    }
}

impl<A> Probe<'_, A> {
    /// What was read, in order, if it was to be noted.
    pub fn into_reads(self) -> Vec<Read> {
        self.reads
    }

    /// How many answers were asked for.
    pub const fn count(&self) -> usize {
        self.count
    }

    /// The first read of a key that is not known.
    pub const fn strayed(&self) -> Option<PreimageKey> {
        self.strayed
    }
}

impl<A: FnMut(&PreimageKey, Option<Bytes>) -> Option<Bytes>> Oracle for Probe<'_, A> {
    type Error = NotFound;

    fn hint(&mut self, hint: &Hint<'_>) -> Result<(), NotFound> {
        self.hint = hint.name(Dialect::Kona);
        Ok(())
    }

    fn get(&mut self, key: PreimageKey) -> Result<Bytes, NotFound> {
        match self.known {
            None => self.reads.push(Read {
                key,
                hint: self.hint,
            }),
            // Most often it is the very next one, which is cheaper to find out.
            Some((reads, known))
                if reads.get(self.count).is_none_or(|read| read.key != key)
                    && !known.contains_key(&key) =>
            {
                self.strayed.get_or_insert(key);
            }
            Some(_) => {}
        }
        self.count += 1;
        if self.strayed.is_some() {
            return Err(NotFound { key });
        }
        (self.alter)(&key, self.witness.value(&key)).ok_or(NotFound { key })
    }
}
