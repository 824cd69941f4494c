//! A whole claim, one way or another.

use hoike_claims::Folder;
use hoike_executor::PureRust;
use hoike_kzg::Pure;
use hoike_preimage::{Checked, Trusted, Verified, Witness};
use hoike_program::{Outcome, run};
use std::fmt;

/// Whom a run believes, and whose cryptography it uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// As on a fault proof VM: the witness is believed, everything is pure Rust.
    TrustedPure,
    /// The witness is believed.
    #[cfg(feature = "native")]
    TrustedNative,
    /// The witness is checked in pure Rust, as in a zkVM without precompiles.
    VerifiedPure,
    /// As `hoike verify` does it.
    #[cfg(feature = "native")]
    VerifiedNative,
}

impl Mode {
    /// All that there are in this build.
    pub const ALL: &[Self] = &[
        Self::TrustedPure,
        #[cfg(feature = "native")]
        Self::TrustedNative,
        Self::VerifiedPure,
        #[cfg(feature = "native")]
        Self::VerifiedNative,
    ];
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TrustedPure => "trusted-pure",
            #[cfg(feature = "native")]
            Self::TrustedNative => "trusted-native",
            Self::VerifiedPure => "verified-pure",
            #[cfg(feature = "native")]
            Self::VerifiedNative => "verified-native",
        })
    }
}

/// Judges a folder's first claim on its witness, which is handed over as it is read for the first time: it remembers what it has found.
///
/// # Panics
/// There is no verdict.
pub fn judge(mode: Mode, folder: &Folder, witness: Witness) -> Outcome {
    match mode {
        Mode::TrustedPure => pure(folder, Trusted::assume_checked_by_vm(witness)),
        #[cfg(feature = "native")]
        Mode::TrustedNative => native(folder, Trusted::assume_checked_by_vm(witness)),
        Mode::VerifiedPure => pure(folder, Verified::new(witness, Pure)),
        #[cfg(feature = "native")]
        Mode::VerifiedNative => native(folder, Verified::new(witness, hoike_kzg::Native)),
    }
}

/// With the cryptography of the guests.
pub(crate) fn pure(folder: &Folder, mut oracle: impl Checked) -> Outcome {
    let boot = folder.claims[0].boot(&folder.rules);
    run(&boot, &mut oracle, &mut PureRust, &mut ()).expect("a verdict")
}

#[cfg(feature = "native")]
fn native(folder: &Folder, mut oracle: impl Checked) -> Outcome {
    let boot = folder.claims[0].boot(&folder.rules);
    let mut native = hoike_native::Native::new();
    run(&boot, &mut oracle, &mut native, &mut ()).expect("a verdict")
}
