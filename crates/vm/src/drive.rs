//! Running a machine from stop to stop: what `run` of the originals' command lines does.

use crate::{Machine, Pattern, StepProof, World};
use alloy_primitives::B256;
use std::error::Error;

/// At which steps something happens.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Say how far it is.
    pub info: Pattern,
    /// Stop before this step.
    pub stop: Pattern,
    /// Keep the state before this step.
    pub snapshot: Pattern,
    /// Prove this step.
    pub proof: Pattern,
    /// Stop after a preimage was read.
    pub preimage: PreimageStop,
}

/// After which reads of preimages to stop. The originals' flags, whose conditions go together in their own way.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PreimageStop {
    /// After the first one.
    pub any: bool,
    /// The key begins so; nothing: no condition.
    pub prefix: Vec<u8>,
    /// Where it is read, if only the key counts.
    pub offset: u64,
    /// Not before this step, if only the key counts.
    pub step: u64,
    /// The preimage with its length is longer than this; 0: no condition.
    pub larger_than: u64,
}

impl PreimageStop {
    fn is_wanted(&self) -> bool {
        self.any || !self.prefix.is_empty() || self.larger_than != 0
    }

    fn matches(&self, key: B256, offset: u64, length: u64, step: u64) -> bool {
        let of_key = !self.prefix.is_empty() && key.starts_with(&self.prefix);
        let of_size = self.larger_than != 0 && length > self.larger_than;
        self.any
            || (of_key && of_size)
            || (of_key && self.larger_than == 0 && offset == self.offset && step >= self.step)
            || (of_size && self.prefix.is_empty())
    }
}

/// What is done with what a run yields.
pub trait Keeper<M: Machine> {
    /// Why something cannot be kept.
    type Error: Error + 'static;

    /// Says how far it is.
    fn info(&mut self, machine: &M);

    /// Keeps the state.
    ///
    /// # Errors
    /// It cannot be kept; the run ends.
    fn snapshot(&mut self, machine: &mut M) -> Result<(), Self::Error>;

    /// Keeps a proof.
    ///
    /// # Errors
    /// It cannot be kept; the run ends.
    fn proof(&mut self, proof: &StepProof) -> Result<(), Self::Error>;
}

/// Why a run ends before its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError<F: Error + 'static, K: Error + 'static> {
    /// A step cannot be done.
    #[error("step {step} (PC {pc:#x}): {fault}")]
    Step {
        /// Steps before it.
        step: u64,
        /// Where.
        pc: u64,
        /// Why.
        #[source]
        fault: F,
    },
    /// Something cannot be kept.
    #[error(transparent)]
    Keep(K),
}

/// Runs until the program has exited or the plan says so. At each step: info, stop, snapshot, then proof or step, then whether a preimage was read.
///
/// # Errors
/// See [`RunError`].
pub fn drive<M: Machine, K: Keeper<M>>(
    machine: &mut M,
    plan: &Plan,
    world: &mut dyn World,
    keeper: &mut K,
) -> Result<(), RunError<M::Fault, K::Error>> {
    let watch = plan.preimage.is_wanted();
    while machine.exit_code().is_none() {
        let step = machine.steps();
        if plan.info.matches(step) {
            keeper.info(machine);
        }
        if plan.stop.matches(step) {
            break;
        }
        if plan.snapshot.matches(step) {
            keeper.snapshot(machine).map_err(RunError::Keep)?;
        }
        let at = |machine: &M, fault| RunError::Step {
            step: machine.steps(),
            pc: machine.pc(),
            fault,
        };
        if plan.proof.matches(step) {
            let proof = machine.prove(world);
            let proof = proof.map_err(|fault| at(machine, fault))?;
            keeper.proof(&proof).map_err(RunError::Keep)?;
        } else {
            let next = step.saturating_add(1);
            let until = [plan.info, plan.stop, plan.snapshot, plan.proof]
                .iter()
                .filter_map(|pattern| pattern.next(next))
                .min();
            let ran = machine.run(until.unwrap_or(u64::MAX), watch, world);
            ran.map_err(|fault| at(machine, fault))?;
        }
        if watch && let Some((key, offset, length)) = machine.last_read() {
            let step = machine.steps().saturating_sub(1);
            if plan.preimage.matches(key, offset, length, step) {
                break;
            }
        }
    }
    Ok(())
}
