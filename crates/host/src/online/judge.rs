//! The program in this process, over endpoints.

use super::{Online, OnlineError, items::Item};
use crate::fetch::{Layer, attributes_json};
use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes, Sealed};
use hoike_derive::{Derivation, Event, Sink};
use hoike_executor::{Executed, InvalidPayload};
use hoike_native::Native;
use hoike_preimage::{
    BLOB_BYTES, Blob, Commitment, Hint, KeyKind, Memory, Oracle, PreimageKey, Stats, Verified,
};
use hoike_program::{Boot, Error, Outcome, Phase, Watch};
use hoike_protocol::{Attributes, BlockId};

/// Judges a claim. Everything is checked once more, as if the endpoints were a witness file; `read` gets all that is read, which is one.
///
/// # Errors
/// The program's, with what stands in the way at the endpoints.
pub fn judge<W: Watch>(
    online: &Online,
    boot: &Boot,
    watch: &mut W,
    read: Option<&mut Memory>,
) -> Result<(Outcome, Stats), Error<OnlineError>> {
    let reader = Reader { online, read };
    let mut oracle = Verified::new(reader, hoike_kzg::Native);
    let mut watch = Expecting { online, watch };
    let outcome = hoike_program::run(boot, &mut oracle, &mut Native::new(), &mut watch)?;
    if let Err(why) = online.kept.mark(online.mark()) {
        tracing::debug!(%why, "the next run will ask ahead once more");
    }
    let stats = hoike_preimage::Checked::stats(&oracle);
    Ok((outcome, stats))
}

/// Reads through the host, and remembers what it was given if somebody wants it.
struct Reader<'a> {
    online: &'a Online,
    read: Option<&'a mut Memory>,
}

impl Oracle for Reader<'_> {
    type Error = OnlineError;

    fn hint(&mut self, hint: &Hint<'_>) -> Result<(), OnlineError> {
        match self.online.follow(hint) {
            // The read that follows says it, with its key.
            Err(OnlineError::State { .. }) => Ok(()),
            outcome => outcome,
        }
    }

    fn get(&mut self, key: PreimageKey) -> Result<Bytes, OnlineError> {
        let value = self.online.read(key)?;
        if let (Some(read), true) = (&mut self.read, key.kind() != KeyKind::Local) {
            read.insert(key, value.clone());
        }
        Ok(value)
    }

    fn blob(&mut self, commitment: &Commitment) -> Result<Option<Blob>, OnlineError> {
        let Some(blob) = self.online.kept.blob_of(commitment)? else {
            return Ok(None);
        };
        let Ok(contents) = <&[u8; BLOB_BYTES]>::try_from(&blob.contents[..]) else {
            return Ok(None);
        };
        if let Some(read) = &mut self.read {
            read.insert_blob(blob.hash, commitment, contents);
        }
        Ok(Some(Box::new(*contents)))
    }
}

impl Online {
    /// The value under a key, for the program in this process: its hints come one by one, so nothing is to be looked for.
    fn read(&self, key: PreimageKey) -> Result<Bytes, OnlineError> {
        if key.kind() == KeyKind::Local {
            return self.local.get(key).ok_or(OnlineError::NoSuchLocal);
        }
        self.kept.get(key)?.ok_or(OnlineError::NotGiven)
    }

    /// The program is about to execute these attributes: get all that they read, unless it has come ahead.
    fn before(&self, parent: &Sealed<Header>, attributes: &Attributes) {
        self.expect(parent, attributes);
        let json = attributes_json(attributes, &self.rules);
        // Only on blocks that the node knows; what was made in between is known here.
        let number = parent.number.saturating_add(1);
        let known = matches!(
            self.is_kept(Item::Header(Layer::L2, parent.hash())),
            Ok(true)
        );
        if !known {
            return;
        }
        let outcome = self.runtime.block_on(async {
            self.wait_for_ahead(|| Ok(false)).await.ok();
            self.witness(parent.hash(), &json, Some(number)).await
        });
        let bulk = outcome.is_ok();
        if let Err(why) = outcome {
            tracing::debug!(%why, number, "no state in bulk");
            // What an earlier run to the end has read is here; if a piece is gone, whoever misses it comes to the same.
            if self.kept.is_marked(self.mark()) {
                return;
            }
            if let Err(why) = self.discover() {
                tracing::debug!(%why, number, "no state by proofs");
            }
        }
        tracing::debug!(number, bulk, "state");
    }
}

/// Passes everything on, and hears of attributes before they are executed.
struct Expecting<'a, W> {
    online: &'a Online,
    watch: &'a mut W,
}

impl<W: Watch> Sink for Expecting<'_, W> {
    fn event(&mut self, event: Event) {
        self.watch.event(event);
    }
}

impl<W: Watch> Watch for Expecting<'_, W> {
    fn phase(&mut self, phase: Phase) {
        self.watch.phase(phase);
    }

    fn building(&mut self, parent: &Sealed<Header>, attributes: &Attributes) {
        self.online.before(parent, attributes);
        self.watch.building(parent, attributes);
    }

    fn executed(&mut self, attributes: &Attributes, outcome: &Result<Executed, InvalidPayload>) {
        self.watch.executed(attributes, outcome);
    }

    fn begins(&mut self, derivation: &Derivation) {
        self.watch.begins(derivation);
    }

    fn l1_transactions(&mut self, block: BlockId, transactions: &[Bytes]) {
        self.watch.l1_transactions(block, transactions);
    }

    fn wants_output_roots(&self) -> bool {
        self.watch.wants_output_roots()
    }

    fn output_root(&mut self, block: &Sealed<Header>, root: Option<B256>) {
        self.watch.output_root(block, root);
    }
}
