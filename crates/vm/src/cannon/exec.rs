//! What instructions do. One text for all ways of running: with and without proofs, with and without statistics.

use crate::Memory;

use super::{
    fault::Fault,
    insn::{Insn, Op},
    state::Reservation,
};

/// Memory, as a step sees it.
pub(super) trait Bus {
    /// The aligned word that an address lies in.
    fn word(&mut self, address: u64) -> [u8; 8];
    /// Replaces it; whether decoded instructions have become stale.
    fn set_word(&mut self, address: u64, word: [u8; 8]) -> bool;
    /// Something worth counting.
    fn note(&mut self, what: Note);
    /// A step begins, with the instruction at this address.
    fn tick(&mut self, pc: u64);
    /// All of it.
    fn memory(&mut self) -> &mut Memory;
}

/// What statistics are made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Note {
    /// ll or lld of this thread.
    Linked(u64),
    /// sc or scd of this thread that wrote.
    Stored(u64),
    /// sc or scd of this thread that did not.
    Refused(u64),
    /// A write to the word of a reservation, or to word 0 while there is none.
    Invalidated,
    /// A thread has had its time.
    Forced,
    /// This thread runs after another has been put aside.
    Activated(u64),
}

/// Registers while a thread runs. 32 is a place for what is written to register 0; the rest pads it, so that no index needs a check.
pub(super) type Registers = [u64; 64];

/// What of a thread and of the state instructions change.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) pc: u64,
    pub(super) next_pc: u64,
    pub(super) lo: u64,
    pub(super) hi: u64,
    pub(super) reservation: Reservation,
    /// The running thread's id.
    pub(super) thread: u64,
}

/// What is left to do after an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum After {
    Nothing,
    /// The system call; nothing has been done yet, the program counter included.
    Syscall,
    /// Instructions have been written: decode them again.
    Decode,
}

/// Executes one instruction.
#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    reason = "instructions on half words, halves and bytes cut off the rest"
)]
pub(super) fn execute<B: Bus>(
    insn: Insn,
    r: &mut Registers,
    c: &mut Context,
    bus: &mut B,
) -> Result<After, Fault> {
    let rs = r[usize::from(insn.rs & 63)];
    let rt = r[usize::from(insn.rt & 63)];
    let imm = i64::from(insn.imm).cast_unsigned();
    let amount = insn.imm.cast_unsigned();
    macro_rules! set {
        ($value:expr) => {
            r[usize::from(insn.to & 63)] = $value
        };
    }
    macro_rules! branch {
        ($taken:expr) => {{
            let taken = $taken;
            if c.next_pc != c.pc.wrapping_add(4) {
                return Err(Fault::BranchInDelaySlot);
            }
            let target = c.pc.wrapping_add(4).wrapping_add(imm << 2);
            c.pc = c.next_pc;
            c.next_pc = if taken { target } else { c.pc.wrapping_add(4) };
            return Ok(After::Nothing);
        }};
    }
    macro_rules! jump {
        ($target:expr, $link:expr) => {{
            let target = $target;
            if c.next_pc != c.pc.wrapping_add(4) {
                return Err(Fault::JumpInDelaySlot);
            }
            if $link {
                set!(c.pc.wrapping_add(8));
            }
            c.pc = c.next_pc;
            c.next_pc = target;
            return Ok(After::Nothing);
        }};
    }
    macro_rules! store {
        ($address:expr, $change:expr) => {{
            let address: u64 = $address;
            let word = u64::from_be_bytes(bus.word(address));
            let change: fn(u64, u64, u64) -> u64 = $change;
            let word = change(word, address, rt);
            return Ok(write(bus, c, address, word));
        }};
    }
    let address = rs.wrapping_add(imm);
    match insn.op {
        Op::Invalid => {
            return Err(Fault::InvalidInstruction {
                word: insn.imm.cast_unsigned(),
            });
        }
        Op::Sll => set!(sign32((rt as u32) << (amount & 31))),
        Op::Srl => set!(sign32((rt as u32) >> (amount & 31))),
        Op::Sra => set!(sign32(((rt as i32) >> (amount & 31)).cast_unsigned())),
        Op::Sllv => set!(sign32((rt as u32) << (rs & 31))),
        Op::Srlv => set!(sign32((rt as u32) >> (rs & 31))),
        Op::Srav => set!(sign32(((rt as i32) >> (rs & 31)).cast_unsigned())),
        Op::Dsll => set!(rt << (amount & 63)),
        Op::Dsrl => set!(rt >> (amount & 63)),
        Op::Dsra => set!((rt.cast_signed() >> (amount & 63)).cast_unsigned()),
        Op::Dsllv => set!(rt << (rs & 63)),
        Op::Dsrlv => set!(rt >> (rs & 63)),
        Op::Dsrav => set!((rt.cast_signed() >> (rs & 63)).cast_unsigned()),
        Op::Jr => jump!(rs, false),
        Op::Jalr => jump!(rs, true),
        Op::J => jump!(region(c.next_pc, amount), false),
        Op::Jal => jump!(region(c.next_pc, amount), true),
        Op::Movz => {
            if rt == 0 {
                set!(rs);
            }
        }
        Op::Movn => {
            if rt != 0 {
                set!(rs);
            }
        }
        Op::Syscall => return Ok(After::Syscall),
        Op::Sync => set!(rs),
        Op::Mfhi => set!(c.hi),
        Op::Mflo => set!(c.lo),
        // These and the multiplications also clear rd, which the architecture wants to be 0.
        Op::Mthi => {
            c.hi = rs;
            set!(0);
        }
        Op::Mtlo => {
            c.lo = rs;
            set!(0);
        }
        Op::Mult => {
            let product = i64::from(rs as i32).wrapping_mul(i64::from(rt as i32));
            (c.hi, c.lo) = halves(product.cast_unsigned());
            set!(0);
        }
        Op::Multu => {
            let product = u64::from(rs as u32).wrapping_mul(u64::from(rt as u32));
            (c.hi, c.lo) = halves(product);
            set!(0);
        }
        Op::Div => {
            let (a, b) = (rs as i32, rt as i32);
            if b == 0 {
                return Err(Fault::DivideByZero);
            }
            c.lo = sign32(a.wrapping_div(b).cast_unsigned());
            c.hi = sign32(a.wrapping_rem(b).cast_unsigned());
            set!(0);
        }
        Op::Divu => {
            let (a, b) = (rs as u32, rt as u32);
            if b == 0 {
                return Err(Fault::DivideByZero);
            }
            (c.lo, c.hi) = (sign32(a / b), sign32(a % b));
            set!(0);
        }
        Op::Dmult => {
            let product = i128::from(rs.cast_signed()) * i128::from(rt.cast_signed());
            (c.lo, c.hi) = (product as u64, (product >> 64) as u64);
            set!(0);
        }
        Op::Dmultu => {
            let product = u128::from(rs) * u128::from(rt);
            (c.lo, c.hi) = (product as u64, (product >> 64) as u64);
            set!(0);
        }
        Op::Ddiv => {
            let (a, b) = (rs.cast_signed(), rt.cast_signed());
            if b == 0 {
                return Err(Fault::DivideByZero);
            }
            c.lo = a.wrapping_div(b).cast_unsigned();
            c.hi = a.wrapping_rem(b).cast_unsigned();
            set!(0);
        }
        Op::Ddivu => {
            if rt == 0 {
                return Err(Fault::DivideByZero);
            }
            (c.lo, c.hi) = (rs / rt, rs % rt);
            set!(0);
        }
        Op::Add => set!(sign32(rs.wrapping_add(rt) as u32)),
        Op::Sub => set!(sign32(rs.wrapping_sub(rt) as u32)),
        Op::And => set!(rs & rt),
        Op::Or => set!(rs | rt),
        Op::Xor => set!(rs ^ rt),
        Op::Nor => set!(!(rs | rt)),
        Op::Slt => set!(u64::from(rs.cast_signed() < rt.cast_signed())),
        Op::Sltu => set!(u64::from(rs < rt)),
        Op::Dadd => set!(rs.wrapping_add(rt)),
        Op::Dsub => set!(rs.wrapping_sub(rt)),
        Op::Mul => set!(sign32((rs as u32).wrapping_mul(rt as u32))),
        Op::Clz => set!(u64::from((rs as u32).leading_zeros())),
        Op::Clo => set!(u64::from((rs as u32).leading_ones())),
        Op::Dclz => set!(u64::from(rs.leading_zeros())),
        Op::Dclo => set!(u64::from(rs.leading_ones())),
        Op::Addi => set!(sign32(address as u32)),
        Op::Slti => set!(u64::from(rs.cast_signed() < imm.cast_signed())),
        Op::Sltiu => set!(u64::from(rs < imm)),
        Op::Andi => set!(rs & imm),
        Op::Ori => set!(rs | imm),
        Op::Xori => set!(rs ^ imm),
        Op::Lui => set!(sign32(amount << 16)),
        Op::Daddi => set!(address),
        Op::Beq => branch!(rs == rt),
        Op::Bne => branch!(rs != rt),
        Op::Blez => branch!(rs.cast_signed() <= 0),
        Op::Bgtz => branch!(rs.cast_signed() > 0),
        Op::Bltz => branch!(rs.cast_signed() < 0),
        Op::Bgez => branch!(rs.cast_signed() >= 0),
        Op::Bltzal | Op::Bgezal => {
            if c.next_pc != c.pc.wrapping_add(4) {
                return Err(Fault::BranchInDelaySlot);
            }
            // Taken or not.
            r[31] = c.pc.wrapping_add(8);
            branch!((rs.cast_signed() < 0) == (insn.op == Op::Bltzal));
        }
        Op::Bnever => branch!(false),
        Op::Lb => set!(i64::from(load8(bus, address).cast_signed()).cast_unsigned()),
        Op::Lbu => set!(u64::from(load8(bus, address))),
        Op::Lh => set!(i64::from(load16(bus, address).cast_signed()).cast_unsigned()),
        Op::Lhu => set!(u64::from(load16(bus, address))),
        Op::Lw => set!(sign32(load32(bus, address))),
        Op::Lwu => set!(u64::from(load32(bus, address))),
        Op::Ld => set!(u64::from_be_bytes(bus.word(address))),
        Op::Lwl => {
            let by = (address & 3) << 3;
            let word = load32(bus, address);
            set!(sign32(rt as u32 & !(u32::MAX << by) | word << by));
        }
        Op::Lwr => {
            let by = 24 - ((address & 3) << 3);
            let word = load32(bus, address);
            let low = rt as u32 & !(u32::MAX >> by) | word >> by;
            // Only the whole word says anything about the upper half.
            set!(if by == 0 {
                sign32(low)
            } else {
                rt & !u64::from(u32::MAX) | u64::from(low)
            });
        }
        Op::Ldl => {
            let by = (address & 7) << 3;
            let word = u64::from_be_bytes(bus.word(address));
            set!(rt & !(u64::MAX << by) | word << by);
        }
        Op::Ldr => {
            let by = 56 - ((address & 7) << 3);
            let word = u64::from_be_bytes(bus.word(address));
            set!(rt & !(u64::MAX >> by) | word >> by);
        }
        Op::Sb => store!(address, |word, address, rt| {
            let by = 56 - ((address & 7) << 3);
            word & !(0xff << by) | (rt & 0xff) << by
        }),
        Op::Sh => store!(address, |word, address, rt| {
            let by = 48 - ((address & 6) << 3);
            word & !(0xffff << by) | (rt & 0xffff) << by
        }),
        Op::Sw => store!(address, |word, address, rt| with32(
            word, address, rt as u32
        )),
        Op::Swl => store!(address, |word, address, rt| {
            let by = (address & 3) << 3;
            let old = half(word, address);
            let new = old & !(u32::MAX >> by) | (rt as u32) >> by;
            with32(word, address, new)
        }),
        Op::Swr => store!(address, |word, address, rt| {
            let by = 24 - ((address & 3) << 3);
            let old = half(word, address);
            let new = old & !(u32::MAX << by) | (rt as u32) << by;
            with32(word, address, new)
        }),
        Op::Sdl => store!(address, |word, address, rt| {
            let by = (address & 7) << 3;
            word & !(u64::MAX >> by) | rt >> by
        }),
        Op::Sdr => store!(address, |word, address, rt| {
            let by = 56 - ((address & 7) << 3);
            word & !(u64::MAX << by) | rt << by
        }),
        Op::Sd => return Ok(write(bus, c, address, rt)),
        Op::Ll | Op::Lld => {
            let (status, value) = if insn.op == Op::Ll {
                (1, sign32(load32(bus, address)))
            } else {
                (2, u64::from_be_bytes(bus.word(address)))
            };
            c.reservation = Reservation {
                status,
                address,
                owner: c.thread,
            };
            bus.note(Note::Linked(c.thread));
            set!(value);
        }
        Op::Sc | Op::Scd => {
            let wanted = Reservation {
                status: if insn.op == Op::Sc { 1 } else { 2 },
                address,
                owner: c.thread,
            };
            if c.reservation != wanted {
                bus.note(Note::Refused(c.thread));
                set!(0);
            } else {
                c.reservation = Reservation::default();
                bus.note(Note::Stored(c.thread));
                let word = if insn.op == Op::Sc {
                    with32(u64::from_be_bytes(bus.word(address)), address, rt as u32)
                } else {
                    rt
                };
                let stale = bus.set_word(address, word.to_be_bytes());
                set!(1);
                c.advance();
                return Ok(if stale { After::Decode } else { After::Nothing });
            }
        }
    }
    c.advance();
    Ok(After::Nothing)
}

/// A store: ends a reservation of the same word, whoever holds it.
#[inline(always)]
fn write<B: Bus>(bus: &mut B, c: &mut Context, address: u64, word: u64) -> After {
    let stale = bus.set_word(address, word.to_be_bytes());
    c.reservation.written(address, bus);
    c.advance();
    if stale { After::Decode } else { After::Nothing }
}

impl Reservation {
    /// A word was written by something else than sc.
    #[inline(always)]
    pub(super) fn written<B: Bus>(&mut self, address: u64, bus: &mut B) {
        if address & !7 == self.address & !7 {
            *self = Self::default();
            bus.note(Note::Invalidated);
        }
    }
}

impl Context {
    #[inline(always)]
    pub(super) fn advance(&mut self) {
        self.pc = self.next_pc;
        self.next_pc = self.next_pc.wrapping_add(4);
    }
}

/// The low half with its sign.
#[inline(always)]
fn sign32(value: u32) -> u64 {
    i64::from(value.cast_signed()).cast_unsigned()
}

/// High and low half of a product, each with its sign.
#[expect(clippy::cast_possible_truncation, reason = "that is what halves are")]
fn halves(product: u64) -> (u64, u64) {
    (sign32((product >> 32) as u32), sign32(product as u32))
}

/// A jump's target: the index within the 256 MiB that the delay slot lies in.
fn region(next_pc: u64, index: u32) -> u64 {
    next_pc & !0x0fff_ffff | u64::from(index) << 2
}

#[inline(always)]
fn load8<B: Bus>(bus: &mut B, address: u64) -> u8 {
    bus.word(address)[address as usize & 7]
}

#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    reason = "the rest is shifted in front"
)]
fn load16<B: Bus>(bus: &mut B, address: u64) -> u16 {
    (u64::from_be_bytes(bus.word(address)) >> (48 - ((address & 6) << 3))) as u16
}

#[inline(always)]
pub(super) fn load32<B: Bus>(bus: &mut B, address: u64) -> u32 {
    half(u64::from_be_bytes(bus.word(address)), address)
}

/// The half of a word that an address lies in.
#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    reason = "the rest is shifted in front"
)]
fn half(word: u64, address: u64) -> u32 {
    (word >> (32 - ((address & 4) << 3))) as u32
}

/// The word with that half replaced.
#[inline(always)]
fn with32(word: u64, address: u64, new: u32) -> u64 {
    let by = 32 - ((address & 4) << 3);
    word & !(0xffff_ffff << by) | u64::from(new) << by
}
