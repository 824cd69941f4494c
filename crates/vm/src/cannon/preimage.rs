//! The preimage that is being read.

use super::{exec::Bus, fault::Fault, state::State};
use crate::World;
use alloy_primitives::B256;

/// The last preimage, with its length before it, and what was last read of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Preimage {
    /// At first the key of zeros, of which there is nothing: it is never asked for.
    key: B256,
    data: Vec<u8>,
    /// Where the step that was done last has read.
    pub(super) read_at: Option<u64>,
    /// How many were asked for, and their bytes without lengths.
    pub(super) requests: u64,
    pub(super) bytes: u64,
}

impl Preimage {
    pub(super) fn key(&self) -> B256 {
        self.key
    }

    pub(super) fn data(&self) -> &[u8] {
        &self.data
    }

    /// Copies what is next of the preimage into the word that an address lies in; the number of bytes.
    pub(super) fn read<B: Bus>(
        &mut self,
        state: &mut State,
        bus: &mut B,
        world: &mut dyn World,
        address: u64,
        count: u64,
    ) -> Result<u64, Fault> {
        let key = state.preimage_key;
        if key != self.key {
            let value = world.preimage(key)?;
            self.data.clear();
            self.data
                .extend_from_slice(&(value.len() as u64).to_be_bytes());
            self.data.extend_from_slice(&value);
            self.key = key;
            self.requests += 1;
            self.bytes += value.len() as u64;
        }
        let offset = state.preimage_offset;
        let rest = usize::try_from(offset)
            .ok()
            .and_then(|offset| self.data.get(offset..))
            .filter(|rest| !rest.is_empty());
        let Some(rest) = rest else {
            return Err(Fault::PreimageOffset {
                key,
                offset,
                length: self.data.len() as u64,
            });
        };
        let begin = (address & 7) as usize;
        let count = count.min(8 - begin as u64).min(rest.len() as u64) as usize;
        let mut word = bus.word(address);
        word[begin..begin + count].copy_from_slice(&rest[..count]);
        self.read_at = Some(offset);
        bus.set_word(address, word);
        state.reservation.written(address, bus);
        state.preimage_offset = offset + count as u64;
        Ok(count as u64)
    }
}
