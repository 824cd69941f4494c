//! An oracle that watches what is read and can alter answers.

use hoike_preimage::{Dialect, Hint, NotFound, Oracle, PreimageKey, Witness};

use alloy_primitives::Bytes;

/// One answer that was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Read {
    /// The key.
    pub key: PreimageKey,
    /// Name of the last hint before it: what it is read for.
    pub hint: &'static str,
}

/// A witness of which some answers are altered. It notes what is read, or compares it with what another run read.
#[derive(Debug)]
pub struct Probe<'a, A> {
    witness: &'a Witness,
    alter: A,
    expected: Option<&'a [Read]>,
    hint: &'static str,
    reads: Vec<Read>,
    count: usize,
    strayed: Option<usize>,
}

impl<'a, A: FnMut(&PreimageKey, Option<Bytes>) -> Option<Bytes>> Probe<'a, A> {
    /// Notes what is read. `alter` gets a key and the witness's answer, and gives its own.
    pub fn recording(witness: &'a Witness, alter: A) -> Self {
        Self {
            witness,
            alter,
            expected: None,
            hint: "",
            reads: Vec::new(),
            count: 0,
            strayed: None,
        }
    }

    /// Compares what is read with an earlier run's reads. Whoever reads something else gets nothing any more, so that no run goes on for ever.
    pub fn replaying(witness: &'a Witness, expected: &'a [Read], alter: A) -> Self {
        Self {
            expected: Some(expected),
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

    /// The first read that differs from the expected ones.
    pub const fn strayed(&self) -> Option<usize> {
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
        let read = Read {
            key,
            hint: self.hint,
        };
        match self.expected {
            None => self.reads.push(read),
            Some(expected) if expected.get(self.count) != Some(&read) => {
                self.strayed.get_or_insert(self.count);
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
