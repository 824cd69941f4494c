//! What both machines have in common, as whoever runs them sees it.

use crate::{StepProof, World};
use alloy_primitives::B256;

/// A VM with its state.
pub trait Machine {
    /// Why a step cannot be done.
    type Fault: std::error::Error + Send + Sync + 'static;

    /// Steps done so far.
    fn steps(&self) -> u64;

    /// Where the next instruction is.
    fn pc(&self) -> u64;

    /// The exit code, if the program has exited.
    fn exit_code(&self) -> Option<u8>;

    /// Pages of its memory.
    fn page_count(&self) -> usize;

    /// Runs until so many steps are done in all, or the program has exited; with `watch` also after each step that has read of a preimage.
    ///
    /// # Errors
    /// A step that cannot be done. [`Self::steps`] and [`Self::pc`] are then those before it; what else the state is, is not defined.
    fn run(&mut self, until: u64, watch: bool, world: &mut dyn World) -> Result<(), Self::Fault>;

    /// Does one step, and proves it. Without any leftovers of earlier steps in the proof.
    ///
    /// # Errors
    /// As [`Self::run`].
    fn prove(&mut self, world: &mut dyn World) -> Result<StepProof, Self::Fault>;

    /// The key of the preimage that was read in the last step, if one was, at which offset, and its length; both count the 8 bytes of its length.
    fn last_read(&self) -> Option<(B256, u64, u64)>;

    /// What the state hash is the hash of.
    fn witness(&mut self) -> Vec<u8>;

    /// keccak-256 of the witness, its first byte replaced by the status: 0 exited with code 0, 1 with 1, 2 with another, 3 not exited.
    fn state_hash(&mut self) -> B256 {
        let mut hash = alloy_primitives::keccak256(self.witness());
        hash[0] = match self.exit_code() {
            Some(code @ 0..=1) => code,
            Some(_) => 2,
            None => 3,
        };
        hash
    }
}
