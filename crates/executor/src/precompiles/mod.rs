//! Precompiled contracts: which there are, what they cost, and who computes them.

mod accelerate;
mod gas;
mod limits;

pub use accelerate::{Accelerator, PureRust, ecrecover, run};
pub use limits::{BlsLimits, PrecompileRules, of};

use alloc::{boxed::Box, string::String, vec::Vec};
use alloy_primitives::map::HashMap;
use alloy_primitives::{Address, Bytes};
use revm::context_interface::{Cfg, ContextTr};
use revm::handler::PrecompileProvider;
use revm::interpreter::{CallInputs, Gas, InstructionResult, InterpreterResult};

/// A precompiled contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the contracts' own")]
pub enum Precompile {
    Ecrecover,
    Sha256,
    Ripemd160,
    Identity,
    Modexp,
    Bn254Add,
    Bn254Mul,
    Bn254Pairing,
    Blake2f,
    KzgPointEvaluation,
    BlsG1Add,
    BlsG1Msm,
    BlsG2Add,
    BlsG2Msm,
    BlsPairing,
    BlsMapFpToG1,
    BlsMapFp2ToG2,
    P256Verify,
}

impl Precompile {
    /// All of them, in the order of their addresses.
    pub const ALL: [Self; 18] = [
        Self::Ecrecover,
        Self::Sha256,
        Self::Ripemd160,
        Self::Identity,
        Self::Modexp,
        Self::Bn254Add,
        Self::Bn254Mul,
        Self::Bn254Pairing,
        Self::Blake2f,
        Self::KzgPointEvaluation,
        Self::BlsG1Add,
        Self::BlsG1Msm,
        Self::BlsG2Add,
        Self::BlsG2Msm,
        Self::BlsPairing,
        Self::BlsMapFpToG1,
        Self::BlsMapFp2ToG2,
        Self::P256Verify,
    ];

    /// The address as a number.
    pub const fn address_number(self) -> u64 {
        match self {
            Self::Ecrecover => 0x01,
            Self::Sha256 => 0x02,
            Self::Ripemd160 => 0x03,
            Self::Identity => 0x04,
            Self::Modexp => 0x05,
            Self::Bn254Add => 0x06,
            Self::Bn254Mul => 0x07,
            Self::Bn254Pairing => 0x08,
            Self::Blake2f => 0x09,
            Self::KzgPointEvaluation => 0x0a,
            Self::BlsG1Add => 0x0b,
            Self::BlsG1Msm => 0x0c,
            Self::BlsG2Add => 0x0d,
            Self::BlsG2Msm => 0x0e,
            Self::BlsPairing => 0x0f,
            Self::BlsMapFpToG1 => 0x10,
            Self::BlsMapFp2ToG2 => 0x11,
            Self::P256Verify => 0x100,
        }
    }

    /// Whether computing it takes much longer than finding a result again.
    const fn is_dear(self) -> bool {
        match self {
            Self::Sha256 | Self::Ripemd160 | Self::Identity | Self::Blake2f => false,
            Self::Ecrecover
            | Self::Modexp
            | Self::Bn254Add
            | Self::Bn254Mul
            | Self::Bn254Pairing
            | Self::KzgPointEvaluation
            | Self::BlsG1Add
            | Self::BlsG1Msm
            | Self::BlsG2Add
            | Self::BlsG2Msm
            | Self::BlsPairing
            | Self::BlsMapFpToG1
            | Self::BlsMapFp2ToG2
            | Self::P256Verify => true,
        }
    }

    /// The address.
    pub fn address(self) -> Address {
        Address::left_padding_from(&self.address_number().to_be_bytes())
    }
}

impl PrecompileRules {
    /// Gas that a call of `precompile` with `input` costs; `None` if it fails at any price, for its length or a limit of the fork.
    pub fn required_gas(&self, precompile: Precompile, input: &[u8]) -> Option<u64> {
        gas::required(self, precompile, input)
    }

    /// The precompile at an address. By the address of the *code* that is called, so that DELEGATECALL and CALLCODE find it (D79).
    pub fn find(&self, address: &Address) -> Option<Precompile> {
        let (zeros, number) = address.0.split_last_chunk::<2>()?;
        let number = u16::from_be_bytes(*number);
        (number <= 0x100 && zeros.iter().all(|byte| *byte == 0))
            .then(|| self.at(number.into()))
            .flatten()
    }
}

/// The precompiles of one block, computed by an accelerator whose failure is kept here, since the EVM's error can only be a text.
pub(crate) struct Provider<'a, A, E> {
    pub(crate) rules: PrecompileRules,
    pub(crate) accelerator: &'a mut A,
    pub(crate) failure: Option<E>,
    /// Results so far: signatures in particular are checked again and again.
    known: HashMap<Precompile, HashMap<Vec<u8>, Option<Bytes>>>,
}

/// Longest input whose result is remembered. Gas bounds how many there are in a block.
const REMEMBERED_INPUT: usize = 1024;

impl<'a, A: Accelerator<E>, E> Provider<'a, A, E> {
    pub(crate) fn new(rules: PrecompileRules, accelerator: &'a mut A) -> Self {
        Self {
            rules,
            accelerator,
            failure: None,
            known: HashMap::default(),
        }
    }

    /// Computes, or remembers what is dear.
    fn compute(
        &mut self,
        precompile: Precompile,
        input: &[u8],
        gas: u64,
    ) -> Result<Option<Bytes>, E> {
        if !precompile.is_dear() || input.len() > REMEMBERED_INPUT {
            return self.accelerator.precompile(precompile, input, gas);
        }
        let known = self.known.entry(precompile).or_default();
        if let Some(output) = known.get(input) {
            return Ok(output.clone());
        }
        let output = self.accelerator.precompile(precompile, input, gas)?;
        known.insert(input.to_vec(), output.clone());
        Ok(output)
    }

    fn call(
        &mut self,
        precompile: Precompile,
        input: &[u8],
        limit: u64,
    ) -> Result<InterpreterResult, String> {
        let mut result = InterpreterResult {
            result: InstructionResult::PrecompileError,
            gas: Gas::new(limit),
            output: Bytes::new(),
        };
        match self.rules.required_gas(precompile, input) {
            None => {}
            Some(gas) if !result.gas.record_regular_cost(gas) => {
                result.result = InstructionResult::PrecompileOOG;
            }
            Some(gas) => match self.compute(precompile, input, gas) {
                Ok(None) => {}
                Ok(Some(output)) => {
                    result.result = InstructionResult::Return;
                    result.output = output;
                    return Ok(result);
                }
                Err(error) => {
                    self.failure = Some(error);
                    return Err(String::new());
                }
            },
        }
        result.gas.spend_all();
        Ok(result)
    }
}

impl<CTX: ContextTr, A: Accelerator<E>, E> PrecompileProvider<CTX> for Provider<'_, A, E> {
    type Output = InterpreterResult;

    fn set_spec(&mut self, _: <CTX::Cfg as Cfg>::Spec) -> bool {
        // They are made for one block and never change in it.
        false
    }

    fn run(
        &mut self,
        context: &mut CTX,
        inputs: &CallInputs,
    ) -> Result<Option<InterpreterResult>, String> {
        let Some(precompile) = self.rules.find(&inputs.bytecode_address) else {
            return Ok(None);
        };
        let input = inputs.input.as_bytes(context);
        self.call(precompile, &input, inputs.gas_limit).map(Some)
    }

    fn warm_addresses(&self) -> Box<impl Iterator<Item = Address>> {
        let rules = self.rules;
        let there = Precompile::ALL
            .into_iter()
            .filter(move |precompile| rules.has(*precompile));
        Box::new(there.map(Precompile::address))
    }

    fn contains(&self, address: &Address) -> bool {
        self.rules.find(address).is_some()
    }
}

impl<A, E> core::fmt::Debug for Provider<'_, A, E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Provider")
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}
