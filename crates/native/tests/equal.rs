//! Native and pure Rust cryptography say the same of every input, malformed ones included.

use alloy_primitives::{Address, B256, Bytes, U256, hex, keccak256};
use hoike_executor::{Accelerator, Precompile, PureRust, SignedHash, precompiles};
use hoike_native::{Native, compute};
use serde_json::Value;
use std::{collections::BTreeSet, convert::Infallible, env, fs, num::NonZero, path::Path};

/// Words that follow from a number.
fn word(n: u64) -> B256 {
    keccak256(n.to_be_bytes())
}

/// Signatures of all sorts: by chance one half of all r are on the curve; then edges of the ranges, and no signature at all.
fn signatures() -> Vec<Option<SignedHash>> {
    let order = U256::from_be_bytes(hex!(
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
    ));
    let edges = [
        U256::ZERO,
        U256::ONE,
        U256::from(2),
        order / U256::from(2),
        order - U256::ONE,
        order,
        U256::MAX,
    ];
    let mut out = Vec::new();
    for n in 0..400_u64 {
        let [r, s] = [word(3 * n).into(), word(3 * n + 1).into()];
        out.push(SignedHash::any_s(word(3 * n + 2), r, s, n % 2 == 0));
        out.push(SignedHash::new(word(3 * n + 2), r, s, n % 2 == 0));
    }
    for r in edges {
        for s in edges {
            for hash in [B256::ZERO, B256::repeat_byte(0xff), word(1), order.into()] {
                out.push(SignedHash::any_s(hash, r, s, true));
                out.push(SignedHash::any_s(hash, r, s, false));
                // The key is the point at infinity: s * R = hash * G.
                out.push(SignedHash::any_s(s.into(), GENERATOR_X, s, false));
            }
        }
    }
    out
}

/// The generator's y is even.
const GENERATOR_X: U256 = U256::from_be_bytes(hex!(
    "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
));

#[test]
fn signers() {
    let signatures = signatures();
    let pure: Result<Vec<Option<Address>>, Infallible> = PureRust.signers(&signatures);
    let Ok(pure) = pure;
    assert!(pure.iter().any(Option::is_some) && pure.iter().any(Option::is_none));
    for threads in [1, 2, 3, 64] {
        let mut native = Native::with_threads(NonZero::new(threads).unwrap());
        for count in [0, 1, 3, 4, 5, 17, signatures.len()] {
            let chosen: Result<_, Infallible> = native.signers(&signatures[..count]);
            let Ok(chosen) = chosen;
            assert_eq!(
                chosen,
                pure[..count],
                "{threads} threads, {count} signatures"
            );
        }
    }
}

/// Every input of the vectors, cut, extended and with bits flipped; for those of a precompile, also as another's.
#[test]
fn precompile_results() {
    let mut inputs: BTreeSet<(u64, Bytes)> = BTreeSet::new();
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let fixtures = env::var_os("HOIKE_FIXTURES")
        .map_or_else(|| project.join("../shared/fixtures"), Into::into);
    if let Ok(json) = fs::read(fixtures.join("vectors/precompiles.json")) {
        let file: Value = serde_json::from_slice(&json).unwrap();
        for case in file["cases"].as_array().unwrap() {
            let input = hex::decode(case["input"].as_str().unwrap()).unwrap();
            inputs.insert((case["address"].as_u64().unwrap(), input.into()));
        }
    } else {
        eprintln!("skipped: no precompiles.json in {}", fixtures.display());
    }
    for (n, (address, input)) in inputs.clone().into_iter().enumerate() {
        if input.is_empty() || input.len() > 2000 {
            continue;
        }
        let random = U256::from_be_bytes(word(n as u64).0);
        let at = (random % U256::from(input.len())).to::<usize>();
        let mut flipped = input.to_vec();
        flipped[at] ^= 1 << (n % 8);
        inputs.insert((address, flipped.into()));
        inputs.insert((address, input.slice(..at)));
        inputs.insert((address, [&input[..], &[1]].concat().into()));
    }
    for signed in signatures().into_iter().flatten() {
        let v = U256::from(27 + u64::from(signed.odd_y));
        let input = [signed.hash, v.into(), signed.r, signed.s].concat();
        inputs.insert((1, input.into()));
    }
    for (address, input) in inputs {
        let precompile = Precompile::ALL
            .into_iter()
            .find(|p| p.address_number() == address)
            .unwrap();
        // What costs more than any block has is never run.
        let gas = precompiles::of(hoike_protocol::Fork::Karst).required_gas(precompile, &input);
        if gas.is_some_and(|gas| gas < 100_000_000) {
            let pure = precompiles::run(precompile, &input);
            assert_eq!(compute(precompile, &input), pure, "{precompile:?} {input}");
        }
    }
}
