//! KECCAK256 that remembers: contracts hash the same pairs of words over and over, to find the slots of their mappings.

use crate::handler::Ctx;
use crate::state::State;
use alloy_primitives::map::HashMap;
use alloy_primitives::{B256, keccak256};
use revm::bytecode::opcode;
use revm::handler::instructions::EthInstructions;
use revm::interpreter::interpreter::EthInterpreter;
use revm::interpreter::interpreter_types::MemoryTr;
use revm::interpreter::{Host, Instruction, InstructionContext, instructions::system};
use revm::primitives::hardfork::SpecId;

/// Length of what is remembered: two words.
const PAIR: usize = 64;
/// How many pairs are remembered at most, some 6 MB.
const MOST: usize = 1 << 16;
/// Gas of the opcode before its words are counted.
const BASE_GAS: u64 = 30;

/// Hashes of pairs of words.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pairs(HashMap<[u8; PAIR], B256>);

impl Pairs {
    fn hash(&mut self, pair: &[u8; PAIR]) -> B256 {
        if let Some(hash) = self.0.get(pair) {
            return *hash;
        }
        let hash = keccak256(pair);
        if self.0.len() < MOST {
            self.0.insert(*pair, hash);
        }
        hash
    }
}

/// The instructions of a fork.
pub(crate) fn instructions<'a, S: State>(
    spec: SpecId,
) -> EthInstructions<EthInterpreter, Ctx<'a, S>> {
    let mut instructions = EthInstructions::new_mainnet_with_spec(spec);
    let remembering = Instruction::new(keccak::<S>, BASE_GAS);
    instructions.insert_instruction(opcode::KECCAK256, remembering);
    instructions
}

/// The same as revm's own, which does all but pairs in memory that is there already.
fn keccak<S: State>(context: InstructionContext<'_, Ctx<'_, S>, EthInterpreter>) {
    let InstructionContext { interpreter, host } = context;
    let Some(hash) = pair(interpreter).map(|pair| host.chain.pairs.hash(&pair)) else {
        return system::keccak256(InstructionContext { interpreter, host });
    };
    if !interpreter
        .gas
        .record_regular_cost(host.gas_params().keccak256_cost(PAIR))
    {
        return interpreter.halt_oog();
    }
    // Both are there, as `pair` has seen: the offset goes, the hash takes the length's place.
    let _offset = interpreter.stack.pop();
    let _result = interpreter.stack.set(0, hash.into());
}

/// The pair of words that the stack asks to hash, unless it is anything else or memory must grow for it.
fn pair(interpreter: &revm::interpreter::Interpreter<EthInterpreter>) -> Option<[u8; PAIR]> {
    let [.., len, offset] = interpreter.stack.data().as_slice() else {
        return None;
    };
    if usize::try_from(len).ok()? != PAIR {
        return None;
    }
    let offset = usize::try_from(offset).ok()?;
    if offset.checked_add(PAIR)? > interpreter.memory.size() {
        return None;
    }
    interpreter
        .memory
        .slice_len(offset, PAIR)
        .as_ref()
        .try_into()
        .ok()
}
