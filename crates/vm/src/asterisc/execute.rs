//! What each instruction does.

use super::decode::{Insn, Op, refusal};
use super::fault::Trap;

/// Memory as a step reaches it: bare when only the state counts, with a recorder around it when the step is to be proven.
pub(super) trait Bus {
    /// The bytes from an address on.
    fn read<const N: usize>(&mut self, address: u64) -> [u8; N];
    /// Replaces the bytes from an address on. Whether decoded instructions have become stale.
    fn write<const N: usize>(&mut self, address: u64, bytes: [u8; N]) -> bool;
    /// As [`Self::write`], where the same step has read before.
    fn rewrite<const N: usize>(&mut self, address: u64, bytes: [u8; N]) -> bool;
    /// Bytes within one leaf.
    fn read_part(&mut self, address: u64, bytes: &mut [u8]);
    /// Replaces bytes within one leaf.
    fn write_part(&mut self, address: u64, bytes: &[u8]);
    /// Bytes that no proof is about: what is said to the outside.
    fn peek(&mut self, address: u64, bytes: &mut [u8]);
}

/// The registers, and a sink for what is written to register 0 (`SINK`). So many that an index of a byte needs no check.
#[derive(Clone, Debug)]
pub struct Registers(Box<[u64; 256]>);

impl From<[u64; 32]> for Registers {
    fn from(named: [u64; 32]) -> Self {
        let mut all = Box::new([0; 256]);
        all[..32].copy_from_slice(&named);
        Self(all)
    }
}

impl Registers {
    /// Those that the machine has: x0 to x31.
    pub fn named(&self) -> [u64; 32] {
        std::array::from_fn(|index| self.0[index])
    }

    pub(super) fn all(&mut self) -> &mut [u64; 256] {
        &mut self.0
    }

    pub(super) fn get(&self, index: u8) -> u64 {
        self.0[index as usize]
    }

    pub(super) fn set(&mut self, index: u8, value: u64) {
        self.0[index as usize] = value;
    }
}

/// How it goes on after an instruction.
#[derive(Clone, Copy, Debug)]
pub(super) enum Flow {
    Next,
    Jump(u64),
    /// To the next instruction, and decoded instructions have become stale.
    Rewritten,
    /// Nothing was done yet: a system call.
    Call,
    /// Nothing was done.
    Trap(Trap),
    /// Nothing was done, and what to do is still to be decoded.
    Undecoded,
}

/// Runs one instruction. All arithmetic wraps, as the instruction set's does.
#[inline(always)]
pub(super) fn execute<B: Bus>(
    insn: Insn,
    pc: u64,
    registers: &mut [u64; 256],
    reservation: &mut u64,
    bus: &mut B,
) -> Flow {
    let a = registers[insn.rs1 as usize];
    let b = registers[insn.rs2 as usize];
    let imm = i64::from(insn.imm).cast_unsigned();
    let shift = insn.imm.cast_unsigned();
    let at = a.wrapping_add(imm);

    macro_rules! load {
        ($type:ty as $signed:ty) => {
            extend(<$type>::from_le_bytes(bus.read(at)) as $signed as i64)
        };
        ($type:ty) => {
            u64::from(<$type>::from_le_bytes(bus.read(at)))
        };
    }
    macro_rules! store {
        ($type:ty) => {
            return after_write(bus.write(at, (b as $type).to_le_bytes()))
        };
    }
    macro_rules! branch {
        ($taken:expr) => {
            return jump(pc.wrapping_add(if $taken { imm } else { 4 }))
        };
    }
    // Both operands and the result as if they were signed, which is what the W forms want.
    macro_rules! atomic {
        ($type:ty, $new:expr) => {{
            if let Some(trap) = unaligned(a, size_of::<$type>()) {
                return trap;
            }
            let old = <$type>::from_le_bytes(bus.read(a));
            let new: $type = $new(old, b as $type);
            let stale = bus.rewrite(a, new.to_le_bytes());
            registers[insn.rd as usize] = extend(i64::from(old));
            return after_write(stale);
        }};
    }
    macro_rules! load_reserved {
        ($type:ty) => {{
            if let Some(trap) = unaligned(a, size_of::<$type>()) {
                return trap;
            }
            *reservation = a;
            extend(i64::from(<$type>::from_le_bytes(bus.read(a))))
        }};
    }
    // Whatever the width of the reservation; and none is one of address 0.
    macro_rules! store_conditional {
        ($type:ty) => {{
            if let Some(trap) = unaligned(a, size_of::<$type>()) {
                return trap;
            }
            let held = *reservation == a;
            *reservation = 0;
            registers[insn.rd as usize] = u64::from(!held);
            return after_write(held && bus.write(a, (b as $type).to_le_bytes()));
        }};
    }

    let result = match insn.op {
        Op::Lb => load!(u8 as i8),
        Op::Lh => load!(u16 as i16),
        Op::Lw => load!(u32 as i32),
        Op::Ld => load!(u64),
        Op::Lbu => load!(u8),
        Op::Lhu => load!(u16),
        Op::Lwu => load!(u32),

        Op::Sb => store!(u8),
        Op::Sh => store!(u16),
        Op::Sw => store!(u32),
        Op::Sd => store!(u64),

        Op::Beq => branch!(a == b),
        Op::Bne => branch!(a != b),
        Op::Blt => branch!(a.cast_signed() < b.cast_signed()),
        Op::Bge => branch!(a.cast_signed() >= b.cast_signed()),
        Op::Bltu => branch!(a < b),
        Op::Bgeu => branch!(a >= b),
        Op::Bnever => branch!(false),

        Op::Addi => at,
        Op::Slli => a << (shift & 63),
        Op::Slti => u64::from(a.cast_signed() < imm.cast_signed()),
        Op::Sltiu => u64::from(a < imm),
        Op::Xori => a ^ imm,
        Op::Srli => a >> (shift & 63),
        Op::Srai => extend(a.cast_signed() >> (shift & 63)),
        Op::Ori => a | imm,
        Op::Andi => a & imm,

        Op::AddiW => word(at as u32),
        Op::SlliW => word((a as u32) << (shift & 31)),
        Op::SrliW => word(a as u32 >> (shift & 31)),
        Op::SraiW => extend(i64::from(a as i32 >> (shift & 31))),

        Op::Add => a.wrapping_add(b),
        Op::Sub => a.wrapping_sub(b),
        Op::Sll => a << (b & 63),
        Op::Slt => u64::from(a.cast_signed() < b.cast_signed()),
        Op::Sltu => u64::from(a < b),
        Op::Xor => a ^ b,
        Op::Srl => a >> (b & 63),
        Op::Sra => extend(a.cast_signed() >> (b & 63)),
        Op::Or => a | b,
        Op::And => a & b,

        Op::Mul => a.wrapping_mul(b),
        Op::Mulh => {
            let product = i128::from(a.cast_signed()) * i128::from(b.cast_signed());
            (product >> 64) as u64
        }
        Op::Mulhsu => {
            // No overflow: 2^63 times 2^64 at most.
            let product = i128::from(a.cast_signed()) * i128::from(b);
            (product >> 64) as u64
        }
        Op::Mulhu => ((u128::from(a) * u128::from(b)) >> 64) as u64,
        Op::Div => match b {
            0 => u64::MAX,
            _ => a
                .cast_signed()
                .wrapping_div(b.cast_signed())
                .cast_unsigned(),
        },
        Op::Divu => a.checked_div(b).unwrap_or(u64::MAX),
        Op::Rem => match b {
            0 => a,
            _ => a
                .cast_signed()
                .wrapping_rem(b.cast_signed())
                .cast_unsigned(),
        },
        Op::Remu => a.checked_rem(b).unwrap_or(a),

        Op::AddW => word((a as u32).wrapping_add(b as u32)),
        Op::SubW => word((a as u32).wrapping_sub(b as u32)),
        Op::SllW => word((a as u32) << (b & 31)),
        Op::SrlW => word(a as u32 >> (b & 31)),
        Op::SraW => extend(i64::from(a as i32 >> (b & 31))),

        Op::MulW => word((a as u32).wrapping_mul(b as u32)),
        Op::DivW => match b as i32 {
            0 => u64::MAX,
            divisor => extend(i64::from((a as i32).wrapping_div(divisor))),
        },
        Op::DivuW => word((a as u32).checked_div(b as u32).unwrap_or(u32::MAX)),
        Op::RemW => match b as i32 {
            0 => word(a as u32),
            divisor => extend(i64::from((a as i32).wrapping_rem(divisor))),
        },
        Op::RemuW => word((a as u32).checked_rem(b as u32).unwrap_or(a as u32)),

        Op::Li => imm,
        Op::Auipc => pc.wrapping_add(imm),
        Op::Jal => {
            let flow = jump(pc.wrapping_add(imm));
            if let Flow::Jump(_) = flow {
                registers[insn.rd as usize] = pc.wrapping_add(4);
            }
            return flow;
        }
        Op::Jalr => {
            let flow = jump(at & !1);
            if let Flow::Jump(_) = flow {
                registers[insn.rd as usize] = pc.wrapping_add(4);
            }
            return flow;
        }

        Op::LrW => load_reserved!(i32),
        Op::LrD => load_reserved!(i64),
        Op::ScW => store_conditional!(u32),
        Op::ScD => store_conditional!(u64),

        Op::SwapW => atomic!(i32, |_, new| new),
        Op::AddAW => atomic!(i32, i32::wrapping_add),
        Op::XorAW => atomic!(i32, |a, b| a ^ b),
        Op::AndAW => atomic!(i32, |a, b| a & b),
        Op::OrAW => atomic!(i32, |a, b| a | b),
        Op::MinW => atomic!(i32, i32::min),
        Op::MaxW => atomic!(i32, i32::max),
        Op::MinuW => atomic!(i32, |a: i32, b: i32| if (a as u32) < b as u32 {
            a
        } else {
            b
        }),
        Op::MaxuW => atomic!(i32, |a: i32, b: i32| if (a as u32) > b as u32 {
            a
        } else {
            b
        }),
        Op::SwapD => atomic!(i64, |_, new| new),
        Op::AddAD => atomic!(i64, i64::wrapping_add),
        Op::XorAD => atomic!(i64, |a, b| a ^ b),
        Op::AndAD => atomic!(i64, |a, b| a & b),
        Op::OrAD => atomic!(i64, |a, b| a | b),
        Op::MinD => atomic!(i64, i64::min),
        Op::MaxD => atomic!(i64, i64::max),
        Op::MinuD => atomic!(i64, |a: i64, b: i64| if (a as u64) < b as u64 {
            a
        } else {
            b
        }),
        Op::MaxuD => atomic!(i64, |a: i64, b: i64| if (a as u64) > b as u64 {
            a
        } else {
            b
        }),

        Op::Nop => return Flow::Next,
        Op::Ecall => return Flow::Call,
        Op::Undecoded => return Flow::Undecoded,
        Op::Refused => return Flow::Trap(refusal(insn.imm.cast_unsigned())),
    };
    registers[insn.rd as usize] = result;
    Flow::Next
}

#[inline(always)]
const fn extend(value: i64) -> u64 {
    value.cast_unsigned()
}

/// Sign-extends a result of 32 bits.
#[inline(always)]
const fn word(value: u32) -> u64 {
    value.cast_signed() as i64 as u64
}

#[inline(always)]
const fn jump(to: u64) -> Flow {
    if to & 3 == 0 {
        Flow::Jump(to)
    } else {
        Flow::Trap(Trap::Unaligned { address: to, of: 4 })
    }
}

#[inline(always)]
const fn unaligned(address: u64, size: usize) -> Option<Flow> {
    let of = size as u64;
    if address & (of - 1) == 0 {
        None
    } else {
        Some(Flow::Trap(Trap::Unaligned { address, of }))
    }
}

#[inline(always)]
const fn after_write(stale: bool) -> Flow {
    if stale { Flow::Rewritten } else { Flow::Next }
}
