//! Preimage keys. Spec: fault-proof/index.md, "Pre-image key types"; program-semantics 1 and 6.

use alloy_primitives::{Address, B256, Keccak256, hex, keccak256};
use core::fmt;
use sha2::{Digest, Sha256};

use crate::Commitment;

/// What a preimage is asked by: a type byte, then 31 bytes. The type byte is always a known one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PreimageKey([u8; 32]);

/// The first byte of a key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum KeyKind {
    /// 1: chosen by whoever starts the program; says what is to be proven, so nothing checks it.
    Local = 1,
    /// 2: keccak256 of the value.
    Keccak256 = 2,
    /// 3: reserved for a global context; never asked for.
    Global = 3,
    /// 4: sha256 of the value; here always a blob's commitment by its versioned hash.
    Sha256 = 4,
    /// 5: one field element of a blob, by commitment and root of unity.
    Blob = 5,
    /// 6: status byte and output of a precompile call.
    Precompile = 6,
}

/// The first byte of these 32 is no known key type.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("unknown preimage key type {0}")]
pub struct UnknownKind(pub u8);

impl PreimageKey {
    /// Local key: type 1, zeros, the index as u64 big endian.
    pub const fn local(index: u64) -> Self {
        let [a, b, c, d, e, f, g, h] = index.to_be_bytes();
        Self([
            1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d, e,
            f, g, h,
        ])
    }

    /// Key of the preimage of a keccak256 hash: the hash's first byte is replaced.
    pub const fn keccak256(hash: B256) -> Self {
        Self::typed(KeyKind::Keccak256, hash)
    }

    /// Key of the preimage of a sha256 hash, or of a blob's commitment by its versioned hash: the first byte is replaced either way.
    pub const fn sha256(hash: B256) -> Self {
        Self::typed(KeyKind::Sha256, hash)
    }

    /// Key of a blob's field element: keccak256(commitment 48 ++ root of unity 32). The root, not the index (D52); see [`crate::roots_of_unity`].
    pub fn blob(commitment: &Commitment, root: &[u8; 32]) -> Self {
        let mut point = BlobPoint::new(commitment);
        point.key(root)
    }

    /// Key of a precompile's result: keccak256(address 20 ++ required gas, 8 big endian ++ input) (D176).
    pub fn precompile(address: Address, gas: u64, input: &[u8]) -> Self {
        let mut hasher = Keccak256::new();
        hasher.update(address);
        hasher.update(gas.to_be_bytes());
        hasher.update(input);
        Self::typed(KeyKind::Precompile, hasher.finalize())
    }

    /// The key of another type over the same hash: hosts keep what a type 5 or 6 key is the hash of under the keccak256 key.
    pub const fn with_kind(self, kind: KeyKind) -> Self {
        Self::typed(kind, B256::new(self.0))
    }

    /// Whether a value hashes to this key, which names all but the first byte of the hash; `None` for types that hashing the value does not judge.
    pub fn is_hash_of(&self, value: &[u8]) -> Option<bool> {
        let hash: B256 = match self.kind() {
            KeyKind::Keccak256 => keccak256(value),
            KeyKind::Sha256 => B256::new(Sha256::digest(value).into()),
            KeyKind::Local | KeyKind::Global | KeyKind::Blob | KeyKind::Precompile => return None,
        };
        Some(Self::typed(self.kind(), hash) == *self)
    }

    /// A key as it came over a wire or out of a file.
    pub const fn from_bytes(bytes: [u8; 32]) -> Result<Self, UnknownKind> {
        let [kind, ..] = bytes;
        match kind {
            1..=6 => Ok(Self(bytes)),
            other => Err(UnknownKind(other)),
        }
    }

    /// The type byte's meaning.
    pub const fn kind(&self) -> KeyKind {
        let [kind, ..] = self.0;
        match kind {
            1 => KeyKind::Local,
            2 => KeyKind::Keccak256,
            3 => KeyKind::Global,
            4 => KeyKind::Sha256,
            5 => KeyKind::Blob,
            // 6; no constructor lets another byte through.
            _ => KeyKind::Precompile,
        }
    }

    /// The 32 bytes that go over the wire.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    const fn typed(kind: KeyKind, hash: B256) -> Self {
        let mut bytes = hash.0;
        let [first, ..] = &mut bytes;
        *first = kind as u8;
        Self(bytes)
    }
}

impl fmt::Display for PreimageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 64];
        let text = hex::encode_to_slice(self.0, &mut text)
            .ok()
            .and_then(|()| core::str::from_utf8(&text).ok())
            .ok_or(fmt::Error)?;
        write!(f, "{} 0x{text}", self.kind())
    }
}

impl fmt::Debug for PreimageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Local => "local",
            Self::Keccak256 => "keccak256",
            Self::Global => "global",
            Self::Sha256 => "sha256",
            Self::Blob => "blob",
            Self::Precompile => "precompile",
        })
    }
}

/// The keys of one blob's elements: the commitment stays in the buffer, only the tail changes, and 80 bytes are one permutation.
pub(crate) struct BlobPoint([u8; 80]);

impl BlobPoint {
    pub(crate) fn new(commitment: &Commitment) -> Self {
        let mut bytes = [0; 80];
        let (head, _) = bytes.split_at_mut(48);
        head.copy_from_slice(commitment);
        Self(bytes)
    }

    #[inline]
    pub(crate) fn key(&mut self, root: &[u8; 32]) -> PreimageKey {
        let (_, tail) = self.0.split_at_mut(48);
        tail.copy_from_slice(root);
        PreimageKey::typed(KeyKind::Blob, keccak256(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloy_primitives::{address, b256};

    #[test]
    fn local_keys_carry_their_index_in_the_last_eight_bytes() {
        let key = PreimageKey::local(0x0102_0304_0506_0708);
        assert_eq!(key.kind(), KeyKind::Local);
        assert_eq!(
            key.to_string(),
            "local 0x0100000000000000000000000000000000000000000000000102030405060708"
        );
    }

    #[test]
    fn hashes_lose_their_first_byte_to_the_type() {
        let hash = B256::repeat_byte(0xab);
        for (key, kind, first) in [
            (PreimageKey::keccak256(hash), KeyKind::Keccak256, 2),
            (PreimageKey::sha256(hash), KeyKind::Sha256, 4),
        ] {
            assert_eq!((key.kind(), key.as_bytes()[0]), (kind, first));
            assert_eq!(key.as_bytes()[1..], hash[1..]);
            assert_eq!(PreimageKey::from_bytes(*key.as_bytes()), Ok(key));
        }
        for bad in [0, 7, 0xff] {
            assert_eq!(PreimageKey::from_bytes([bad; 32]), Err(UnknownKind(bad)));
        }
    }

    /// The expected hash is keccak256 over the concatenation, spelled out.
    #[test]
    fn d176_precompile_keys_cover_address_gas_and_input() {
        let to = address!("0000000000000000000000000000000000000008");
        let mut bytes = alloc::vec::Vec::new();
        bytes.extend_from_slice(to.as_slice());
        bytes.extend_from_slice(&45_000u64.to_be_bytes());
        bytes.extend_from_slice(b"input");
        let mut want = keccak256(&bytes).0;
        want[0] = 6;
        assert_eq!(
            PreimageKey::precompile(to, 45_000, b"input").as_bytes(),
            &want
        );
        assert_ne!(
            PreimageKey::precompile(to, 45_001, b"input"),
            PreimageKey::precompile(to, 45_000, b"input")
        );
    }

    /// "abc" of FIPS 180-4's and Keccak's own examples.
    #[test]
    fn hashes_are_judged_without_their_first_byte() {
        let keccak = b256!("4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
        let sha = b256!("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        for key in [PreimageKey::keccak256(keccak), PreimageKey::sha256(sha)] {
            assert_eq!(key.is_hash_of(b"abc"), Some(true), "{key}");
            assert_eq!(key.is_hash_of(b"abd"), Some(false), "{key}");
        }
        let key = PreimageKey::keccak256(keccak);
        for kind in [
            KeyKind::Local,
            KeyKind::Global,
            KeyKind::Blob,
            KeyKind::Precompile,
        ] {
            let other = key.with_kind(kind);
            assert_eq!((other.kind(), other.is_hash_of(b"abc")), (kind, None));
            assert_eq!(other.as_bytes()[1..], key.as_bytes()[1..]);
            assert_eq!(other.with_kind(KeyKind::Keccak256), key);
        }
    }

    /// Element 1 is at -1: the order is bit-reversed.
    #[test]
    fn d52_blob_keys_use_the_root_of_unity() {
        let roots = crate::roots_of_unity();
        assert_eq!(roots.len(), crate::FIELD_ELEMENTS);
        assert_eq!(B256::from(roots[0]), B256::with_last_byte(1));
        assert_eq!(
            B256::from(roots[1]),
            b256!("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000000")
        );
        let commitment = [0xc0; 48];
        let mut bytes = [0xc0; 80];
        bytes[48..].copy_from_slice(&roots[1]);
        let mut want = keccak256(bytes).0;
        want[0] = 5;
        assert_eq!(PreimageKey::blob(&commitment, &roots[1]).as_bytes(), &want);
    }
}
