//! Span batches written down column by column.

/// A span batch, column by column; by default one block at genesis.
#[derive(Default)]
pub(crate) struct Span {
    pub(crate) relative_time: u64,
    pub(crate) origin: u64,
    pub(crate) txs: Vec<Tx>,
    pub(crate) block_count: Option<u64>,
    pub(crate) origin_bits: Option<Vec<u8>>,
    pub(crate) tx_counts: Option<Vec<u64>>,
    pub(crate) tos: Option<Vec<[u8; 20]>>,
    pub(crate) protected: Option<Vec<u8>>,
}

#[derive(Clone)]
pub(crate) struct Tx {
    pub(crate) data: Vec<u8>,
    pub(crate) nonce: u64,
    pub(crate) gas: u64,
    pub(crate) parity: u8,
    pub(crate) creation: bool,
    pub(crate) signature: [u8; 64],
}

impl Tx {
    pub(crate) fn legacy() -> Self {
        Self {
            data: vec![0xc3, 0x80, 0x80, 0x80],
            nonce: 5,
            gas: 6,
            parity: 0,
            creation: false,
            signature: [0x77; 64],
        }
    }

    pub(crate) fn set_code() -> Self {
        Self::legacy().data(&[0x04, 0xc6, 0x80, 0x80, 0x80, 0x80, 0xc0, 0xc0])
    }

    pub(crate) fn data(self, data: &[u8]) -> Self {
        Self {
            data: data.to_vec(),
            ..self
        }
    }

    pub(crate) fn nonce(self, nonce: u64) -> Self {
        Self { nonce, ..self }
    }

    pub(crate) fn gas(self, gas: u64) -> Self {
        Self { gas, ..self }
    }

    pub(crate) fn parity(self, parity: u8) -> Self {
        Self { parity, ..self }
    }

    pub(crate) fn creation(self) -> Self {
        Self {
            creation: true,
            ..self
        }
    }

    /// Without anything in the slots that post-exec transactions do not use.
    pub(crate) fn unsigned(self) -> Self {
        Self {
            nonce: 0,
            gas: 0,
            signature: [0; 64],
            ..self
        }
    }

    pub(crate) fn signed(self) -> Self {
        let mut signature = [0; 64];
        signature[63] = 1;
        Self { signature, ..self }
    }
}

impl Span {
    pub(crate) fn tx(mut self, tx: Tx) -> Self {
        self.txs.push(tx);
        self
    }

    pub(crate) fn protected_bits(self, bits: &[u8]) -> Self {
        Self {
            protected: Some(bits.to_vec()),
            ..self
        }
    }

    pub(crate) fn content(&self) -> Vec<u8> {
        let mut out = vec![1];
        put_varint(&mut out, self.relative_time);
        put_varint(&mut out, self.origin);
        out.extend([0xaa; 20]);
        out.extend([0xbb; 20]);
        let blocks = self.block_count.unwrap_or(1);
        put_varint(&mut out, blocks);
        let small = usize::try_from(blocks).ok().filter(|blocks| *blocks < 100);
        match (&self.origin_bits, small) {
            (Some(bits), _) => out.extend(bits),
            (None, Some(blocks)) => out.extend(vec![0; blocks.div_ceil(8)]),
            (None, None) => {}
        }
        let all = vec![self.txs.len() as u64];
        for count in self.tx_counts.as_ref().unwrap_or(&all) {
            put_varint(&mut out, *count);
        }
        put_bits(
            &mut out,
            &self
                .txs
                .iter()
                .map(|tx| tx.creation.into())
                .collect::<Vec<_>>(),
        );
        put_bits(
            &mut out,
            &self.txs.iter().map(|tx| tx.parity).collect::<Vec<_>>(),
        );
        self.txs.iter().for_each(|tx| out.extend(tx.signature));
        let tos = vec![[0xcc; 20]; self.txs.iter().filter(|tx| !tx.creation).count()];
        self.tos
            .as_ref()
            .unwrap_or(&tos)
            .iter()
            .for_each(|to| out.extend(to));
        self.txs.iter().for_each(|tx| out.extend(&tx.data));
        self.txs
            .iter()
            .for_each(|tx| put_varint(&mut out, tx.nonce));
        self.txs.iter().for_each(|tx| put_varint(&mut out, tx.gas));
        let protected = vec![0; self.txs.iter().filter(|tx| tx.data[0] >= 0xc0).count()];
        put_bits(&mut out, self.protected.as_ref().unwrap_or(&protected));
        out
    }
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn put_bits(out: &mut Vec<u8>, bits: &[u8]) {
    let mut bytes = vec![0u8; bits.len().div_ceil(8)];
    for (i, bit) in bits.iter().enumerate() {
        let at = bytes.len() - 1 - i / 8;
        bytes[at] |= bit << (i % 8);
    }
    out.extend(bytes);
}
