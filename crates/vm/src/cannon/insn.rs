//! The instructions, as tables. MIPS64 as cannon has it: no floating point, no traps, no alignment faults.

/// A decoded instruction. Which of the fields have a meaning depends on the operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Insn {
    pub(crate) op: Op,
    pub(crate) rs: u8,
    pub(crate) rt: u8,
    /// Where the result goes: rd, or rt of immediate forms. [`NOWHERE`] instead of register 0.
    pub(crate) to: u8,
    /// The immediate, sign-extended or not as the operation has it; a shift's amount; a jump's index; of an invalid instruction all of it.
    pub(crate) imm: i32,
}

/// Stands for register 0 as a target.
pub(crate) const NOWHERE: u8 = 32;

/// What to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
#[rustfmt::skip]
pub(crate) enum Op {
    Invalid,
    // Shifts of the low halves, by an amount or a register.
    Sll, Srl, Sra, Sllv, Srlv, Srav,
    // Of whole words; the amount has 6 bits.
    Dsll, Dsrl, Dsra, Dsllv, Dsrlv, Dsrav,
    Jr, Jalr, J, Jal,
    Movz, Movn, Syscall, Sync,
    Mfhi, Mthi, Mflo, Mtlo,
    Mult, Multu, Div, Divu, Dmult, Dmultu, Ddiv, Ddivu,
    Add, Sub, And, Or, Xor, Nor, Slt, Sltu, Dadd, Dsub,
    Mul, Clz, Clo, Dclz, Dclo,
    Addi, Slti, Sltiu, Andi, Ori, Xori, Lui, Daddi,
    Beq, Bne, Blez, Bgtz, Bltz, Bgez, Bltzal, Bgezal, Bnever,
    Lb, Lh, Lwl, Lw, Lbu, Lhu, Lwr, Lwu, Ldl, Ldr, Ld,
    Sb, Sh, Swl, Sw, Sdl, Sdr, Swr, Sd,
    Ll, Lld, Sc, Scd,
}

/// How an instruction's fields are to be taken.
#[derive(Clone, Copy)]
enum Form {
    /// Registers, the result to rd, the shift's amount as the immediate.
    Register,
    /// The result to rt, the immediate sign-extended.
    Signed,
    /// The same, not extended.
    Unsigned,
    /// An amount of 32 more.
    Far,
    /// An index of 26 bits.
    Jump,
}

/// By opcode.
const fn by_opcode(opcode: u32) -> Option<(Op, Form)> {
    use Form::{Jump, Signed, Unsigned};
    Some(match opcode {
        0x02 => (Op::J, Jump),
        0x03 => (Op::Jal, Jump),
        0x04 => (Op::Beq, Signed),
        0x05 => (Op::Bne, Signed),
        0x06 => (Op::Blez, Signed),
        0x07 => (Op::Bgtz, Signed),
        // addi and addiu; nothing traps.
        0x08 | 0x09 => (Op::Addi, Signed),
        0x0a => (Op::Slti, Signed),
        0x0b => (Op::Sltiu, Signed),
        0x0c => (Op::Andi, Unsigned),
        0x0d => (Op::Ori, Unsigned),
        0x0e => (Op::Xori, Unsigned),
        0x0f => (Op::Lui, Unsigned),
        0x18 | 0x19 => (Op::Daddi, Signed),
        0x1a => (Op::Ldl, Signed),
        0x1b => (Op::Ldr, Signed),
        0x20 => (Op::Lb, Signed),
        0x21 => (Op::Lh, Signed),
        0x22 => (Op::Lwl, Signed),
        0x23 => (Op::Lw, Signed),
        0x24 => (Op::Lbu, Signed),
        0x25 => (Op::Lhu, Signed),
        0x26 => (Op::Lwr, Signed),
        0x27 => (Op::Lwu, Signed),
        0x28 => (Op::Sb, Signed),
        0x29 => (Op::Sh, Signed),
        0x2a => (Op::Swl, Signed),
        0x2b => (Op::Sw, Signed),
        0x2c => (Op::Sdl, Signed),
        0x2d => (Op::Sdr, Signed),
        0x2e => (Op::Swr, Signed),
        0x30 => (Op::Ll, Signed),
        0x34 => (Op::Lld, Signed),
        0x37 => (Op::Ld, Signed),
        0x38 => (Op::Sc, Signed),
        0x3c => (Op::Scd, Signed),
        0x3f => (Op::Sd, Signed),
        _ => return None,
    })
}

/// SPECIAL, opcode 0, by function.
const fn special(function: u32) -> Option<(Op, Form)> {
    use Form::{Far, Register};
    Some(match function {
        0x00 => (Op::Sll, Register),
        0x02 => (Op::Srl, Register),
        0x03 => (Op::Sra, Register),
        0x04 => (Op::Sllv, Register),
        0x06 => (Op::Srlv, Register),
        0x07 => (Op::Srav, Register),
        0x08 => (Op::Jr, Register),
        0x09 => (Op::Jalr, Register),
        0x0a => (Op::Movz, Register),
        0x0b => (Op::Movn, Register),
        0x0c => (Op::Syscall, Register),
        0x0f => (Op::Sync, Register),
        0x10 => (Op::Mfhi, Register),
        0x11 => (Op::Mthi, Register),
        0x12 => (Op::Mflo, Register),
        0x13 => (Op::Mtlo, Register),
        0x14 => (Op::Dsllv, Register),
        0x16 => (Op::Dsrlv, Register),
        0x17 => (Op::Dsrav, Register),
        0x18 => (Op::Mult, Register),
        0x19 => (Op::Multu, Register),
        0x1a => (Op::Div, Register),
        0x1b => (Op::Divu, Register),
        0x1c => (Op::Dmult, Register),
        0x1d => (Op::Dmultu, Register),
        0x1e => (Op::Ddiv, Register),
        0x1f => (Op::Ddivu, Register),
        0x20 | 0x21 => (Op::Add, Register),
        0x22 | 0x23 => (Op::Sub, Register),
        0x24 => (Op::And, Register),
        0x25 => (Op::Or, Register),
        0x26 => (Op::Xor, Register),
        0x27 => (Op::Nor, Register),
        0x2a => (Op::Slt, Register),
        0x2b => (Op::Sltu, Register),
        0x2c | 0x2d => (Op::Dadd, Register),
        0x2e | 0x2f => (Op::Dsub, Register),
        0x38 => (Op::Dsll, Register),
        0x3a => (Op::Dsrl, Register),
        0x3b => (Op::Dsra, Register),
        0x3c => (Op::Dsll, Far),
        0x3e => (Op::Dsrl, Far),
        0x3f => (Op::Dsra, Far),
        _ => return None,
    })
}

/// SPECIAL2, opcode 0x1c, by function.
const fn special2(function: u32) -> Option<(Op, Form)> {
    use Form::Register;
    Some(match function {
        0x02 => (Op::Mul, Register),
        0x20 => (Op::Clz, Register),
        0x21 => (Op::Clo, Register),
        0x24 => (Op::Dclz, Register),
        0x25 => (Op::Dclo, Register),
        _ => return None,
    })
}

/// REGIMM, opcode 1, by what stands in rt's place. Those without a name are branches that are never taken.
const fn regimm(code: u32) -> (Op, Form) {
    use Form::Signed;
    match code {
        0x00 => (Op::Bltz, Signed),
        0x01 => (Op::Bgez, Signed),
        0x10 => (Op::Bltzal, Signed),
        0x11 => (Op::Bgezal, Signed),
        _ => (Op::Bnever, Signed),
    }
}

/// Decodes an instruction.
#[expect(
    clippy::cast_possible_truncation,
    reason = "fields are cut out of a word, and are at most as wide"
)]
pub(crate) const fn decode(word: u32) -> Insn {
    let (rs, rt, rd) = (word >> 21 & 31, word >> 16 & 31, word >> 11 & 31);
    let (opcode, function) = (word >> 26, word & 63);
    let found = match opcode {
        0x00 => special(function),
        0x01 => Some(regimm(rt)),
        0x1c => special2(function),
        _ => by_opcode(opcode),
    };
    let (op, to, imm) = match found {
        None => (Op::Invalid, 0, word.cast_signed()),
        Some((op, Form::Register)) => (op, rd, (word >> 6 & 31).cast_signed()),
        Some((op, Form::Far)) => (op, rd, (word >> 6 & 31 | 32).cast_signed()),
        Some((op, Form::Signed)) => (op, rt, (word as u16).cast_signed() as i32),
        Some((op, Form::Unsigned)) => (op, rt, (word as u16) as i32),
        Some((op, Form::Jump)) => (op, 31, (word & 0x03ff_ffff).cast_signed()),
    };
    Insn {
        op,
        rs: rs as u8,
        rt: rt as u8,
        to: if to == 0 { NOWHERE } else { to as u8 },
        imm,
    }
}
