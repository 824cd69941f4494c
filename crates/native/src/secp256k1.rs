//! Recovery of keys by libsecp256k1.

use alloy_primitives::Address;
use hoike_executor::{SignedHash, address_of};
use secp256k1::Message;
use secp256k1::ecdsa::{RecoverableSignature, RecoveryId};

/// The signer's address; `None` if no key can have signed so.
pub(crate) fn recover(signed: &SignedHash) -> Option<Address> {
    let mut compact = [0; 64];
    let (r, s) = compact.split_at_mut(32);
    r.copy_from_slice(signed.r.as_slice());
    s.copy_from_slice(signed.s.as_slice());
    let parity = if signed.odd_y {
        RecoveryId::One
    } else {
        RecoveryId::Zero
    };
    let signature = RecoverableSignature::from_compact(&compact, parity).ok()?;
    let key = signature
        .recover_ecdsa(Message::from_digest(signed.hash.0))
        .ok()?;
    address_of(&key.serialize_uncompressed())
}
