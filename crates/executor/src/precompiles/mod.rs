//! The precompiled contracts of a block: which exist, what they cost and refuse by fork, and who computes them.

mod limits;

use crate::Accelerator;
use alloc::{
    boxed::Box,
    string::{String, ToString},
    vec::Vec,
};
use alloy_primitives::{Address, Bytes};
use hoike_protocol::Fork;
use op_revm::{OpSpecId, precompiles as op};
use revm::{
    context::Cfg,
    context_interface::ContextTr,
    handler::{PrecompileProvider, precompile_output_to_interpreter_result},
    interpreter::{CallInputs, InterpreterResult},
    precompile::{
        EthPrecompileResult, PrecompileHalt, PrecompileOutput, PrecompileSpecId, Precompiles,
        secp256k1, u64_to_address,
    },
    primitives::hardfork::SpecId,
};

/// The precompiles of one block.
pub(crate) struct BlockPrecompiles<'a, A> {
    fork: Fork,
    table: &'static Precompiles,
    accelerator: &'a mut A,
}

impl<'a, A> BlockPrecompiles<'a, A> {
    pub(crate) fn new(fork: Fork, spec: OpSpecId, accelerator: &'a mut A) -> Self {
        Self {
            fork,
            table: table(fork, spec),
            accelerator,
        }
    }
}

/// The set of a fork. Limits on input sizes are ours ([`limits`]), so the sets are Ethereum's but for what a fork adds early.
fn table(fork: Fork, spec: OpSpecId) -> &'static Precompiles {
    match fork {
        Fork::Bedrock | Fork::Regolith | Fork::Canyon | Fork::Delta | Fork::Ecotone => {
            Precompiles::new(PrecompileSpecId::from_spec_id(spec.into_eth_spec()))
        }
        // P256VERIFY, at 3,450 gas.
        Fork::Fjord => op::fjord(),
        Fork::Granite | Fork::Holocene => op::granite(),
        Fork::Isthmus => op::isthmus(),
        Fork::Jovian => op::jovian(),
        // By the EVM, not the fork: Karst may be run on Jovian's, see `KarstEvm`.
        Fork::Karst | Fork::Lagoon => match spec.into_eth_spec() {
            SpecId::OSAKA => op::karst(),
            _older => op::jovian(),
        },
    }
}

impl<CTX, A> PrecompileProvider<CTX> for BlockPrecompiles<'_, A>
where
    CTX: ContextTr<Cfg: Cfg<Spec = OpSpecId>>,
    A: Accelerator,
{
    type Output = InterpreterResult;

    fn set_spec(&mut self, _: OpSpecId) -> bool {
        // The set is the block's; the journal is told of it once, with the first transaction.
        true
    }

    fn run(
        &mut self,
        context: &mut CTX,
        inputs: &CallInputs,
    ) -> Result<Option<InterpreterResult>, String> {
        // D79: the code's address, not the target's: DELEGATECALL and CALLCODE reach precompiles too.
        let address = inputs.bytecode_address;
        let Some(precompile) = self.table.get(&address) else {
            return Ok(None);
        };
        let input = inputs.input.bytes(context);
        let result: EthPrecompileResult = if limits::max_input_bytes(self.fork, &address)
            .is_some_and(|limit| input.len() > limit)
        {
            // Beyond the limit a precompile fails and takes all gas.
            Err(PrecompileHalt::other(
                "input is longer than the fork allows",
            ))
        } else {
            match cost(&address, &input) {
                Some(cost) if cost <= inputs.gas_limit => {
                    match self.accelerator.precompile(&address, &input, cost) {
                        Some(Ok(Some(output))) => {
                            Ok(revm::precompile::EthPrecompileOutput::new(cost, output))
                        }
                        Some(Ok(None)) => Err(PrecompileHalt::other("precompile failed")),
                        Some(Err(why)) => return Err(why),
                        None if address == *secp256k1::ECRECOVER.address() => Ok(
                            revm::precompile::EthPrecompileOutput::new(cost, ecrecover(&input)),
                        ),
                        None => return self.execute(precompile, &input, inputs),
                    }
                }
                Some(_) | None => return self.execute(precompile, &input, inputs),
            }
        };
        let output = PrecompileOutput::from_eth_result(result, inputs.reservoir);
        Ok(Some(precompile_output_to_interpreter_result(
            output,
            inputs.gas_limit,
        )))
    }

    fn warm_addresses(&self) -> Box<impl Iterator<Item = Address>> {
        Box::new(
            self.table
                .addresses()
                .copied()
                .collect::<Vec<_>>()
                .into_iter(),
        )
    }

    fn contains(&self, address: &Address) -> bool {
        self.table.contains(address)
    }
}

impl<A> BlockPrecompiles<'_, A> {
    fn execute(
        &self,
        precompile: &revm::precompile::Precompile,
        input: &[u8],
        inputs: &CallInputs,
    ) -> Result<Option<InterpreterResult>, String> {
        let output = precompile
            .execute(input, inputs.gas_limit, inputs.reservoir)
            .map_err(|why| why.to_string())?;
        Ok(Some(precompile_output_to_interpreter_result(
            output,
            inputs.gas_limit,
        )))
    }
}

/// What a precompile that may be computed elsewhere costs on this input; `None` for all others.
fn cost(address: &Address, input: &[u8]) -> Option<u64> {
    let pairs = |size: usize| (input.len() as u64).checked_div(size as u64).unwrap_or(0);
    [
        (1, 3_000),
        (6, 150),
        (7, 6_000),
        (
            8,
            34_000_u64.saturating_mul(pairs(192)).saturating_add(45_000),
        ),
        (10, 50_000),
    ]
    .into_iter()
    .find_map(|(number, cost)| (*address == u64_to_address(number)).then_some(cost))
}

/// ECRECOVER: hash, v, r, s, each a word; 27 and 28 are the only values of v. Whatever is wrong gives empty output.
fn ecrecover(input: &[u8]) -> Bytes {
    let word = |index: usize| {
        let mut word = [0_u8; 32];
        let start = index.saturating_mul(32);
        let rest = input.get(start..).unwrap_or_default();
        let length = rest.len().min(32);
        if let (Some(to), Some(from)) = (word.get_mut(..length), rest.get(..length)) {
            to.copy_from_slice(from);
        }
        word
    };
    let v = word(1);
    let (zeros, last) = v.split_at(31);
    let odd_y = match last {
        [27] => false,
        [28] => true,
        _ => return Bytes::new(),
    };
    if zeros.iter().any(|byte| *byte != 0) {
        return Bytes::new();
    }
    let signed = crate::SignedHash {
        hash: word(0).into(),
        r: word(2),
        s: word(3),
        odd_y,
    };
    crate::senders::recover(&signed)
        .map_or_else(Bytes::new, |address| address.into_word().to_vec().into())
}
