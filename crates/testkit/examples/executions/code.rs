//! Random code for the EVM: mostly such as does something, sometimes bytes as they come.

use alloy_primitives::{Address, U256};
use hoike_testkit::Rng;

/// Code of some dozens of steps. What runs out of stack or gas is as welcome as what does not.
pub(crate) fn random(rng: &mut Rng, known: &[Address]) -> Vec<u8> {
    let mut code = Code(Vec::new());
    for _ in 0..1 + rng.below(20) {
        code.step(rng, known);
    }
    code.end(rng, known);
    code.0
}

struct Code(Vec<u8>);

impl Code {
    fn op(&mut self, ops: impl IntoIterator<Item = u8>) -> &mut Self {
        self.0.extend(ops);
        self
    }

    /// PUSH of a number, as short as can be; without PUSH0, which comes only with Shanghai, but for one time in a hundred.
    fn push(&mut self, value: impl TryInto<U256>) -> &mut Self {
        let value = value.try_into().unwrap_or_default();
        let bytes = value.to_be_bytes_trimmed_vec();
        let bytes = if bytes.is_empty() { vec![0] } else { bytes };
        self.op([0x5f + bytes.len() as u8]).op(bytes)
    }

    fn address(&mut self, address: Address) -> &mut Self {
        self.op([0x73]).op(address.0.0)
    }

    /// SSTORE of what is on top, to one of a few slots.
    fn keep(&mut self, rng: &mut Rng) {
        self.push(U256::from(rng.below(6))).op([0x55]);
    }

    fn word(&mut self, rng: &mut Rng) -> &mut Self {
        match rng.below(4) {
            0 => self.push(U256::from(rng.below(4))),
            1 => self.push(U256::from(rng.next_u64() >> rng.below(64))),
            2 => self.push(U256::MAX >> rng.below(256)),
            _ => self.push(U256::try_from_be_slice(&rng.bytes(32)).unwrap_or_default()),
        }
    }

    fn step(&mut self, rng: &mut Rng, known: &[Address]) {
        let address = *rng.pick(known);
        let small = |rng: &mut Rng| U256::from(rng.below(200));
        match rng.below(24) {
            0 => {
                self.word(rng).keep(rng);
            }
            1 => {
                self.push(U256::from(rng.below(6))).op([0x54]).keep(rng);
            }
            // Binary operations, and some that take three.
            2 => {
                let op = *rng.pick(&[
                    1, 2, 3, 4, 5, 6, 7, 0x0a, 0x0b, 0x10, 0x11, 0x12, 0x13, 0x14, 0x16, 0x17,
                    0x18, 0x1a, 0x1b, 0x1c, 0x1d,
                ]);
                self.word(rng).word(rng).op([op]).keep(rng);
            }
            3 => {
                let op = *rng.pick(&[8, 9]);
                self.word(rng).word(rng).word(rng).op([op]).keep(rng);
            }
            // What the block and the call say.
            4..=6 => {
                let op = *rng.pick(&[
                    0x30, 0x32, 0x33, 0x34, 0x36, 0x38, 0x3a, 0x3d, 0x41, 0x42, 0x43, 0x44, 0x45,
                    0x46, 0x47, 0x48, 0x4a, 0x58, 0x59, 0x5a,
                ]);
                self.op([op]).keep(rng);
            }
            7 => {
                let op = *rng.pick(&[0x31, 0x3b, 0x3f]);
                self.address(address).op([op]).keep(rng);
            }
            8 => {
                let back = rng.below(300);
                self.push(U256::from(back)).op([0x43, 0x03, 0x40]).keep(rng);
            }
            9 => {
                self.word(rng).push(small(rng)).op([0x52]);
            }
            10 => {
                let length = small(rng);
                self.push(length).push(small(rng)).op([0x20]).keep(rng);
            }
            // TSTORE and TLOAD, BLOBHASH, MCOPY: from Cancun on.
            11 => match rng.below(4) {
                0 => {
                    self.word(rng).push(U256::from(rng.below(3))).op([0x5d]);
                }
                1 => {
                    self.push(U256::from(rng.below(3))).op([0x5c]).keep(rng);
                }
                2 => {
                    self.push(U256::ZERO).op([0x49]).keep(rng);
                }
                _ => {
                    for _ in 0..3 {
                        self.push(small(rng));
                    }
                    self.op([0x5e]);
                }
            },
            // LOG0 to LOG4.
            12 | 13 => {
                let topics = rng.below(5);
                for _ in 0..topics {
                    self.word(rng);
                }
                self.push(small(rng))
                    .push(small(rng))
                    .op([0xa0 + topics as u8]);
            }
            14 => {
                for _ in 0..3 {
                    self.push(small(rng));
                }
                let op = *rng.pick(&[0x37, 0x39, 0x3e]);
                if op == 0x3e {
                    // More than was returned ends the call.
                    self.0.pop();
                    self.op([0x3d, 0x50]).op([0x50, 0x50]);
                    self.op([0x3d]).push(U256::ZERO).push(U256::ZERO);
                }
                self.op([op]);
            }
            15 => {
                for _ in 0..3 {
                    self.push(small(rng));
                }
                self.address(address).op([0x3c]);
            }
            16..=19 => self.call(rng, address),
            20 => self.create(rng, known),
            21 => {
                // A jump over two bytes that are no code.
                let to = self.0.len() + 6;
                self.op([0x61, (to >> 8) as u8, to as u8, 0x56, 0xfe, 0xfe, 0x5b]);
            }
            22 => {
                self.push(U256::from(rng.below(2)));
                let at = self.0.len();
                let to = at + 5;
                self.op([0x61, (to >> 8) as u8, to as u8, 0x57, 0x5b, 0x5b]);
            }
            _ => {
                if rng.one_in(3) {
                    let count = 1 + rng.below(3);
                    let bytes = rng.bytes(count);
                    self.op(bytes);
                } else {
                    self.op([0x5f, 0x50]);
                }
            }
        }
    }

    fn call(&mut self, rng: &mut Rng, address: Address) {
        // Something to hand over.
        for at in [0, 32, 64, 96] {
            if rng.one_in(2) {
                self.word(rng).push(U256::from(at)).op([0x52]);
            }
        }
        let op = *rng.pick(&[0xf1, 0xf1, 0xf2, 0xf4, 0xfa]);
        let lengths = [0, 4, 32, 64, 96, 128, 160, 192, 213, 256, 288, 384];
        self.push(U256::from(*rng.pick(&lengths)));
        self.push(U256::from(rng.below(200)));
        self.push(U256::from(*rng.pick(&lengths)));
        self.push(U256::from(rng.below(40)));
        if matches!(op, 0xf1 | 0xf2) {
            let value = if rng.one_in(3) { rng.below(3) } else { 0 };
            self.push(U256::from(value));
        }
        self.address(address);
        match rng.below(4) {
            0 => self.push(U256::from(rng.below(60_000))),
            1 => self.word(rng),
            _ => self.op([0x5a]),
        };
        self.op([op]).keep(rng);
        if rng.one_in(2) {
            self.op([0x3d]).keep(rng);
        }
    }

    fn create(&mut self, rng: &mut Rng, known: &[Address]) {
        let mut init = Code(Vec::new());
        if rng.one_in(2) {
            init.word(rng).keep(rng);
        }
        match rng.below(6) {
            // A contract of one byte: STOP, INVALID, 0xef, which none may begin with, or JUMPDEST.
            0..=2 => {
                let byte = *rng.pick(&[0x00, 0xfe, 0xef, 0x5b]);
                init.push(U256::from(byte)).push(U256::ZERO).op([0x53]);
                init.push(U256::from(1)).push(U256::ZERO).op([0xf3]);
            }
            3 => {
                init.address(*rng.pick(known)).op([0xff]);
            }
            4 => {
                // About as long as a contract may be.
                let length = 24_570 + rng.below(10);
                init.push(U256::from(length)).push(U256::ZERO).op([0xf3]);
            }
            _ => {
                init.push(U256::from(3)).push(U256::ZERO).op([0xfd]);
            }
        }
        for (at, chunk) in init.0.chunks(32).enumerate() {
            let mut word = [0; 32];
            word[..chunk.len()].copy_from_slice(chunk);
            self.op([0x7f]).op(word);
            self.push(U256::from(at * 32)).op([0x52]);
        }
        let with_salt = rng.one_in(2);
        if with_salt {
            self.push(U256::from(rng.below(2)));
        }
        let value = if rng.one_in(4) { 1 } else { 0 };
        self.push(U256::from(init.0.len()))
            .push(U256::ZERO)
            .push(U256::from(value))
            .op([if with_salt { 0xf5 } else { 0xf0 }]);
        if rng.one_in(2) {
            // Calls what was made, too.
            self.op([0x80]);
            for _ in 0..5 {
                self.push(U256::ZERO);
            }
            // The address comes from below them: DUP6.
            self.op([0x85, 0x5a, 0xf1]).keep(rng);
        }
        self.keep(rng);
    }

    fn end(&mut self, rng: &mut Rng, known: &[Address]) {
        match rng.below(12) {
            0 => {
                self.address(*rng.pick(known)).op([0xff]);
            }
            1 => {
                self.push(U256::from(40)).push(U256::ZERO).op([0xfd]);
            }
            2 => {
                self.op([0xfe]);
            }
            3..=5 => {
                self.push(U256::from(rng.below(100)))
                    .push(U256::ZERO)
                    .op([0xf3]);
            }
            _ => {}
        }
    }
}
