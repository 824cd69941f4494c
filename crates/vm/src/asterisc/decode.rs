//! What an instruction word means: RV64IMA without compressed instructions, as asterisc reads it.

use super::fault::Trap;

/// A decoded instruction. Eight bytes, so that a page's instructions fit the first cache.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Insn {
    pub(super) op: Op,
    /// Where the result goes; [`SINK`] if it goes nowhere.
    pub(super) rd: u8,
    pub(super) rs1: u8,
    pub(super) rs2: u8,
    /// The immediate, sign-extended; of [`Op::Refused`] the whole word.
    pub(super) imm: i32,
}

impl Insn {
    pub(super) const UNDECODED: Self = Self {
        op: Op::Undecoded,
        rd: SINK,
        rs1: 0,
        rs2: 0,
        imm: 0,
    };
}

/// The register that takes the results meant for register 0, and that nothing reads.
pub(super) const SINK: u8 = 32;

/// What to do. An operation on 32 bits ends in W.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[rustfmt::skip]
pub(super) enum Op {
    Lb, Lh, Lw, Ld, Lbu, Lhu, Lwu,
    Sb, Sh, Sw, Sd,
    Beq, Bne, Blt, Bge, Bltu, Bgeu,
    /// A branch that is never taken.
    Bnever,
    Addi, Slli, Slti, Sltiu, Xori, Srli, Srai, Ori, Andi,
    AddiW, SlliW, SrliW, SraiW,
    Add, Sub, Sll, Slt, Sltu, Xor, Srl, Sra, Or, And,
    Mul, Mulh, Mulhsu, Mulhu, Div, Divu, Rem, Remu,
    AddW, SubW, SllW, SrlW, SraW,
    MulW, DivW, DivuW, RemW, RemuW,
    /// The immediate alone: lui, and what reading any control register gives.
    Li,
    Auipc, Jal, Jalr,
    LrW, LrD, ScW, ScD,
    SwapW, AddAW, XorAW, AndAW, OrAW, MinW, MaxW, MinuW, MaxuW,
    SwapD, AddAD, XorAD, AndAD, OrAD, MinD, MaxD, MinuD, MaxuD,
    /// Fences, floating point, and what the machine has no privileges for.
    Nop,
    Ecall,
    /// No instruction: [`refusal`] says why.
    Refused,
    /// Never of [`decode`]: a place in a decoded page that was not reached yet.
    Undecoded,
}

/// Decodes a word. What cannot be decoded becomes [`Op::Refused`]: it is a fault only when it is run.
pub(super) fn decode(word: u32) -> Insn {
    let Form { op, imm } = match form(word) {
        Ok(form) => form,
        Err(_) => Form {
            op: Op::Refused,
            imm: word.cast_signed(),
        },
    };
    let register = |shift: u32| (word >> shift & 31) as u8;
    Insn {
        op,
        rd: match register(7) {
            0 => SINK,
            rd => rd,
        },
        rs1: register(15),
        rs2: register(20),
        imm,
    }
}

/// Why a word is no instruction.
pub(super) fn refusal(word: u32) -> Trap {
    match form(word) {
        Ok(_) => Trap::UnknownOpcode { word },
        Err(trap) => trap,
    }
}

struct Form {
    op: Op,
    imm: i32,
}

fn form(word: u32) -> Result<Form, Trap> {
    let illegal = Trap::IllegalInstruction { word };
    let funct3 = (word >> 12 & 7) as usize;
    let funct7 = word >> 25;
    let (op, imm) = match word & 0x7f {
        0x03 => (LOADS[funct3].ok_or(illegal)?, imm_i(word)),
        0x23 => {
            let store = STORES[funct3].ok_or(Trap::StoreSize { word })?;
            (store, imm_s(word))
        }
        0x63 => (BRANCHES[funct3], imm_b(word)),
        0x13 => {
            let shift = (word >> 20 & 63).cast_signed();
            match (funct3, word >> 26) {
                // Whatever the bits above the shift are.
                (1, _) => (Op::Slli, shift),
                (5, 0x00) => (Op::Srli, shift),
                (5, 0x10) => (Op::Srai, shift),
                (5, _) => return Err(illegal),
                (funct3, _) => (IMMEDIATES[funct3], imm_i(word)),
            }
        }
        0x1b => {
            let shift = (word >> 20 & 31).cast_signed();
            match (funct3, funct7) {
                (0, _) => (Op::AddiW, imm_i(word)),
                // Bit 5 of the shift is the lowest of funct7; the other bits do not matter here.
                (1, other) if other & 1 == 0 => (Op::SlliW, shift),
                (5, 0x00) => (Op::SrliW, shift),
                (5, 0x20) => (Op::SraiW, shift),
                _ => return Err(illegal),
            }
        }
        0x33 => match (funct7, funct3) {
            (1, funct3) => (MULTIPLICATIONS[funct3], 0),
            (0x00, funct3) => (REGISTERS[funct3], 0),
            (0x20, 0) => (Op::Sub, 0),
            (0x20, 5) => (Op::Sra, 0),
            (_, 0 | 5) => return Err(illegal),
            // Whatever funct7 is.
            (_, funct3) => (REGISTERS[funct3], 0),
        },
        0x3b => match (funct7, funct3) {
            (1, funct3) => (MULTIPLICATIONS_W[funct3].ok_or(illegal)?, 0),
            (0x00, 0) => (Op::AddW, 0),
            (0x20, 0) => (Op::SubW, 0),
            (_, 1) => (Op::SllW, 0),
            (0x00, 5) => (Op::SrlW, 0),
            (0x20, 5) => (Op::SraW, 0),
            _ => return Err(illegal),
        },
        0x37 => (Op::Li, imm_u(word)),
        0x17 => (Op::Auipc, imm_u(word)),
        0x6f => (Op::Jal, imm_j(word)),
        0x67 => (Op::Jalr, imm_i(word)),
        0x2f => {
            let [narrow, wide] = ATOMICS[(word >> 27) as usize];
            let atomic = match funct3 {
                2 => narrow,
                3 => wide,
                _ => return Err(Trap::AmoSize { word }),
            };
            (atomic.ok_or(Trap::UnknownAtomic { word })?, 0)
        }
        0x73 => match (funct3, word >> 20) {
            (0, 0) => (Op::Ecall, 0),
            (0, _) => (Op::Nop, 0),
            (_, _) => (Op::Li, 0),
        },
        0x0f | 0x07 | 0x27 | 0x53 => (Op::Nop, 0),
        _ => return Err(Trap::UnknownOpcode { word }),
    };
    Ok(Form { op, imm })
}

/// By funct3, as all tables here.
const LOADS: [Option<Op>; 8] = [
    Some(Op::Lb),
    Some(Op::Lh),
    Some(Op::Lw),
    Some(Op::Ld),
    Some(Op::Lbu),
    Some(Op::Lhu),
    Some(Op::Lwu),
    None,
];

const STORES: [Option<Op>; 8] = [
    Some(Op::Sb),
    Some(Op::Sh),
    Some(Op::Sw),
    Some(Op::Sd),
    None,
    None,
    None,
    None,
];

const BRANCHES: [Op; 8] = [
    Op::Beq,
    Op::Bne,
    Op::Bnever,
    Op::Bnever,
    Op::Blt,
    Op::Bge,
    Op::Bltu,
    Op::Bgeu,
];

const IMMEDIATES: [Op; 8] = [
    Op::Addi,
    Op::Slli,
    Op::Slti,
    Op::Sltiu,
    Op::Xori,
    Op::Srli,
    Op::Ori,
    Op::Andi,
];

const REGISTERS: [Op; 8] = [
    Op::Add,
    Op::Sll,
    Op::Slt,
    Op::Sltu,
    Op::Xor,
    Op::Srl,
    Op::Or,
    Op::And,
];

const MULTIPLICATIONS: [Op; 8] = [
    Op::Mul,
    Op::Mulh,
    Op::Mulhsu,
    Op::Mulhu,
    Op::Div,
    Op::Divu,
    Op::Rem,
    Op::Remu,
];

const MULTIPLICATIONS_W: [Option<Op>; 8] = [
    Some(Op::MulW),
    None,
    None,
    None,
    Some(Op::DivW),
    Some(Op::DivuW),
    Some(Op::RemW),
    Some(Op::RemuW),
];

/// By the top five bits; 32 bits wide and 64. The two below them order memory, which one thread does not notice.
const ATOMICS: [[Option<Op>; 2]; 32] = {
    let mut table = [[None; 2]; 32];
    table[0x00] = [Some(Op::AddAW), Some(Op::AddAD)];
    table[0x01] = [Some(Op::SwapW), Some(Op::SwapD)];
    table[0x02] = [Some(Op::LrW), Some(Op::LrD)];
    table[0x03] = [Some(Op::ScW), Some(Op::ScD)];
    table[0x04] = [Some(Op::XorAW), Some(Op::XorAD)];
    table[0x08] = [Some(Op::OrAW), Some(Op::OrAD)];
    table[0x0c] = [Some(Op::AndAW), Some(Op::AndAD)];
    table[0x10] = [Some(Op::MinW), Some(Op::MinD)];
    table[0x14] = [Some(Op::MaxW), Some(Op::MaxD)];
    table[0x18] = [Some(Op::MinuW), Some(Op::MinuD)];
    table[0x1c] = [Some(Op::MaxuW), Some(Op::MaxuD)];
    table
};

/// The sign, and everything below it: bits 31 to `low`.
const fn high_bits(word: u32, low: u32) -> i32 {
    word.cast_signed() >> low
}

const fn bits(word: u32, high: u32, low: u32) -> i32 {
    (word << (31 - high) >> (31 - high + low)).cast_signed()
}

const fn imm_i(word: u32) -> i32 {
    high_bits(word, 20)
}

const fn imm_s(word: u32) -> i32 {
    high_bits(word, 25) << 5 | bits(word, 11, 7)
}

const fn imm_b(word: u32) -> i32 {
    high_bits(word, 31) << 12
        | bits(word, 7, 7) << 11
        | bits(word, 30, 25) << 5
        | bits(word, 11, 8) << 1
}

const fn imm_u(word: u32) -> i32 {
    high_bits(word, 12) << 12
}

const fn imm_j(word: u32) -> i32 {
    high_bits(word, 31) << 20
        | bits(word, 19, 12) << 12
        | bits(word, 20, 20) << 11
        | bits(word, 30, 21) << 1
}
