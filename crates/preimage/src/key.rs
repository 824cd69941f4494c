//! Preimage keys.

use alloy_primitives::{Address, B256, Keccak256, hex, keccak256};
use core::fmt;

/// What a preimage is asked for by: a type byte and the last 31 bytes of a hash, or of an index for local values.
///
/// Spec: `fault-proof/index.md`, "Pre-image key types".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PreimageKey([u8; 32]);

/// The type of a key, its first byte. Type 3 (global generic) is reserved by the specification and used by nobody.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum KeyKind {
    /// 1: a value of the claim, by index.
    Local,
    /// 2: by keccak256.
    Keccak256,
    /// 4: by sha256; the commitment of a blob, by the blob's versioned hash.
    Sha256,
    /// 5: a blob's field element, by commitment and evaluation point.
    Blob,
    /// 6: the result of a precompile, by address, gas and input.
    Precompile,
}

impl PreimageKey {
    /// The local value of this index.
    pub const fn local(index: u64) -> Self {
        let [a, b, c, d, e, f, g, h] = index.to_be_bytes();
        let mut key = [0; 32];
        if let Some(end) = key.last_chunk_mut() {
            *end = [a, b, c, d, e, f, g, h];
        }
        Self::typed(KeyKind::Local, key)
    }

    /// What has this keccak256 hash.
    pub const fn keccak256(hash: B256) -> Self {
        Self::typed(KeyKind::Keccak256, hash.0)
    }

    /// What has this sha256 hash; a versioned hash will do, since the first byte is the type's anyway.
    pub const fn sha256(hash: B256) -> Self {
        Self::typed(KeyKind::Sha256, hash.0)
    }

    /// The field element of a blob at an evaluation point: the root of unity as 32 bytes big endian, not the element's index (D52).
    pub fn blob(commitment: &[u8; 48], root_of_unity: &[u8; 32]) -> Self {
        let mut preimage = [0; 80];
        let (front, back) = preimage.split_at_mut(commitment.len());
        front.copy_from_slice(commitment);
        back.copy_from_slice(root_of_unity);
        Self::blob_preimage(&preimage)
    }

    /// The same for commitment and evaluation point one after the other.
    pub(crate) fn blob_preimage(preimage: &[u8; 80]) -> Self {
        Self::typed(KeyKind::Blob, keccak256(preimage).0)
    }

    /// The result of a precompile called with this input, where `gas` is what the call costs (D83, D176). For ecrecover the caller cuts or pads the
    /// input to 128 bytes (D82).
    pub fn precompile(address: Address, gas: u64, input: &[u8]) -> Self {
        let mut hasher = Keccak256::new();
        hasher.update(address);
        hasher.update(gas.to_be_bytes());
        hasher.update(input);
        Self::typed(KeyKind::Precompile, hasher.finalize().0)
    }

    /// A key as it is on the wire, of whatever type.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key as it is on the wire.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key's type, if there is such a one.
    pub const fn kind(&self) -> Option<KeyKind> {
        let [kind, ..] = self.0;
        KeyKind::from_byte(kind)
    }

    const fn typed(kind: KeyKind, hash: [u8; 32]) -> Self {
        let mut key = hash;
        let [first, ..] = &mut key;
        *first = kind.byte();
        Self(key)
    }
}

impl KeyKind {
    /// The first byte of such a key.
    pub const fn byte(self) -> u8 {
        match self {
            Self::Local => 1,
            Self::Keccak256 => 2,
            Self::Sha256 => 4,
            Self::Blob => 5,
            Self::Precompile => 6,
        }
    }

    /// The type that has this byte.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Local),
            2 => Some(Self::Keccak256),
            4 => Some(Self::Sha256),
            5 => Some(Self::Blob),
            6 => Some(Self::Precompile),
            _ => None,
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Local => "local",
            Self::Keccak256 => "keccak256",
            Self::Sha256 => "sha256",
            Self::Blob => "blob",
            Self::Precompile => "precompile",
        })
    }
}

impl fmt::Display for PreimageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(hex::Buffer::<32, true>::new().format(&self.0))?;
        match self.kind() {
            Some(kind) => write!(f, " ({kind})"),
            None => f.write_str(" (unknown type)"),
        }
    }
}
