//! BLS12-381 and KZG: blst and arkworks say the same, of valid inputs and of whatever is made of them.

use alloy_primitives::{Bytes, U256, U512, hex, keccak256};
use ark_bls12_381::{Fq, Fq2, Fr, G1Affine, G2Affine, g1, g2};
use ark_ec::{AffineRepr, short_weierstrass::Affine};
use ark_ff::{BigInteger, PrimeField};
use ark_serialize::CanonicalSerialize;
use hoike_executor::{Precompile, precompiles::run};
use hoike_kzg::Pure;
use hoike_native::compute;
use hoike_preimage::roots_of_unity;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, env, fs, path::Path};

/// Valid inputs, mutations of which most fail, and how many of both there have to be at least.
#[test]
fn additions() {
    let mut random = Random(1);
    let mut inputs = Vec::new();
    for _ in 0..20 {
        let p = random.point::<G1Affine>();
        for (a, b) in pairs(p, random.point(), random.outside()) {
            inputs.push((Precompile::BlsG1Add, [a.encode(), b.encode()].concat()));
        }
        let p = random.point::<G2Affine>();
        for (a, b) in pairs(p, random.point(), random.outside()) {
            inputs.push((Precompile::BlsG2Add, [a.encode(), b.encode()].concat()));
        }
    }
    // All of them points of the curve.
    let (succeeded, failed) = compare(&inputs);
    assert_eq!((succeeded, failed), (inputs.len(), 0));
    let (_, failed) = compare(&random.mutations(&inputs, 2));
    assert!(failed > inputs.len(), "{failed}");
}

/// Sums that hit each way blst has of making them: none, one, a few and many points.
#[test]
fn sums() {
    let mut random = Random(2);
    let mut inputs = Vec::new();
    for count in [1, 1, 2, 3, 5, 16, 31, 32, 33, 70] {
        inputs.push((Precompile::BlsG1Msm, random.terms::<G1Affine>(count)));
        inputs.push((Precompile::BlsG2Msm, random.terms::<G2Affine>(count)));
    }
    // Infinity and zero alone, sums that cancel, the same point again and again.
    let (p, q) = (random.point::<G1Affine>(), random.point::<G2Affine>());
    for (a, b) in [
        (U256::ZERO, U256::ZERO),
        (ORDER, ORDER),
        (U256::ONE, ORDER - U256::ONE),
        (U256::MAX, U256::MAX),
    ] {
        for count in [1, 20] {
            let (a, b) = (a.to_be_bytes::<32>(), b.to_be_bytes::<32>());
            let terms = [p.encode(), a.to_vec(), p.encode(), b.to_vec()].concat();
            inputs.push((Precompile::BlsG1Msm, terms.repeat(count)));
            let terms = [q.encode(), a.to_vec(), q.encode(), b.to_vec()].concat();
            inputs.push((Precompile::BlsG2Msm, terms.repeat(count)));
        }
    }
    inputs.push((Precompile::BlsG1Msm, vec![0; 160]));
    inputs.push((Precompile::BlsG2Msm, vec![0; 288 * 3]));
    let (succeeded, failed) = compare(&inputs);
    assert_eq!((succeeded, failed), (inputs.len(), 0));
    let (_, failed) = compare(&random.mutations(&inputs, 6));
    assert!(failed > inputs.len(), "{failed}");

    // Off the subgroup, whatever the scalar.
    let mut outside = Vec::new();
    for scalar in [U256::ZERO, U256::ONE, ORDER, U256::MAX] {
        let scalar = scalar.to_be_bytes::<32>().to_vec();
        let (p, q) = (random.outside::<G1Affine>(), random.outside::<G2Affine>());
        let other = random.terms::<G1Affine>(1);
        outside.push((
            Precompile::BlsG1Msm,
            [other, p.encode(), scalar.clone()].concat(),
        ));
        outside.push((Precompile::BlsG2Msm, [q.encode(), scalar].concat()));
    }
    assert_eq!(compare(&outside), (0, outside.len()));
}

#[test]
fn pairings() {
    let mut random = Random(3);
    let (zero1, zero2) = (vec![0; 128], vec![0; 256]);
    let (mut ones, mut others, mut outside) = (Vec::new(), Vec::new(), Vec::new());
    ones.push([zero1.clone(), zero2.clone()].concat());
    for _ in 0..4 {
        // e(aP, Q) e(-P, aQ) = 1.
        let (p, q) = (random.point::<G1Affine>(), random.point::<G2Affine>());
        let a = Fr::from_be_bytes_mod_order(&random.bytes::<32>());
        let (ap, aq) = (G1Affine::from(p * a), G2Affine::from(q * a));
        let one = [ap.encode(), q.encode(), (-p).encode(), aq.encode()].concat();
        ones.push([zero1.clone(), q.encode()].concat());
        ones.push([p.encode(), zero2.clone(), one.clone()].concat());
        ones.push(one.repeat(9));
        ones.push(one);
        others.push([p.encode(), q.encode()].concat());
        others.push([p.encode(), q.encode(), zero1.clone(), aq.encode()].concat());
        let (p, q) = (random.outside::<G1Affine>(), random.outside::<G2Affine>());
        outside.push([p.encode(), zero2.clone()].concat());
        outside.push([zero1.clone(), q.encode()].concat());
        outside.push([p.encode(), aq.encode()].concat());
        outside.push([ap.encode(), q.encode()].concat());
    }
    let of = |inputs: &[Vec<u8>]| -> Vec<(Precompile, Vec<u8>)> {
        let of = |input: &Vec<u8>| (Precompile::BlsPairing, input.clone());
        inputs.iter().map(of).collect()
    };
    for (inputs, result) in [(&ones, 1), (&others, 0)] {
        assert_eq!(compare(&of(inputs)), (inputs.len(), 0));
        for input in inputs {
            let output = compute(Precompile::BlsPairing, input).unwrap();
            assert_eq!(output[..], U256::from(result).to_be_bytes::<32>());
        }
        let (_, failed) = compare(&random.mutations(&of(inputs), 2));
        assert!(failed > inputs.len(), "{failed}");
    }
    assert_eq!(compare(&of(&outside)), (0, outside.len()));
}

#[test]
fn maps() {
    let mut random = Random(4);
    let mut inputs = vec![
        (Precompile::BlsMapFpToG1, vec![0; 64]),
        (Precompile::BlsMapFp2ToG2, vec![0; 128]),
        (Precompile::BlsMapFpToG1, field(&-Fq::from(1))),
        (Precompile::BlsMapFp2ToG2, field(&-Fq::from(1)).repeat(2)),
    ];
    for _ in 0..30 {
        let (a, b) = (random.field(), random.field());
        inputs.push((Precompile::BlsMapFpToG1, field(&a)));
        inputs.push((Precompile::BlsMapFp2ToG2, [field(&a), field(&b)].concat()));
    }
    assert_eq!(compare(&inputs), (inputs.len(), 0));
    let (_, failed) = compare(&random.mutations(&inputs, 2));
    assert!(failed > inputs.len(), "{failed}");
}

/// Openings of the polynomials X and a constant, whose quotients are 1 and 0; and nearly so.
#[test]
fn point_evaluation() {
    let mut random = Random(5);
    let identity = roots_of_unity().as_flattened().try_into().unwrap();
    let tau = Pure.commitment(identity).unwrap().to_vec();
    let one = compressed(&G1Affine::generator());
    let infinity = compressed(&G1Affine::zero());
    let (mut right, mut wrong) = (Vec::new(), Vec::new());
    for n in 0..6 {
        let [z, y] = [(); 2].map(|()| Fr::from_be_bytes_mod_order(&random.bytes::<32>()));
        let (z, y) = if n == 0 {
            (-Fr::from(1), Fr::from(0))
        } else {
            (z, y)
        };
        let constant = compressed(&(G1Affine::generator() * y).into());
        let (z_bytes, y_bytes) = (z.into_bigint().to_bytes_be(), y.into_bigint().to_bytes_be());
        right.push(opening(&tau, &z_bytes, &z_bytes, &one));
        right.push(opening(&constant, &z_bytes, &y_bytes, &infinity));
        wrong.push(opening(&tau, &z_bytes, &y_bytes, &one));
        wrong.push(opening(&tau, &z_bytes, &z_bytes, &infinity));
        // Scalars that are not canonical, though right.
        let above = |scalar: &[u8]| (U256::from_be_slice(scalar) + ORDER).to_be_bytes::<32>();
        wrong.push(opening(&constant, &above(&z_bytes), &y_bytes, &infinity));
        wrong.push(opening(&constant, &z_bytes, &above(&y_bytes), &infinity));
        // Not in the subgroup, though on the curve; and encodings that are none.
        let outside = compressed(&random.outside::<G1Affine>());
        wrong.push(opening(&outside, &z_bytes, &z_bytes, &one));
        wrong.push(opening(&tau, &z_bytes, &z_bytes, &outside));
        for first in [0x40, 0x80, 0xe0] {
            let mut odd = infinity.clone();
            odd[0] = first;
            wrong.push(opening(&constant, &z_bytes, &y_bytes, &odd));
        }
        let mut odd = infinity.clone();
        odd[47] = 1;
        wrong.push(opening(&constant, &z_bytes, &y_bytes, &odd));
        // Another version of the hash.
        let mut version = opening(&constant, &z_bytes, &y_bytes, &infinity);
        version[0] = 2;
        wrong.push(version);
    }
    let of = |inputs: Vec<Vec<u8>>| -> Vec<(Precompile, Vec<u8>)> {
        let of = |input| (Precompile::KzgPointEvaluation, input);
        inputs.into_iter().map(of).collect()
    };
    let (right, wrong) = (of(right), of(wrong));
    assert_eq!(compare(&right), (right.len(), 0));
    assert_eq!(compare(&wrong), (0, wrong.len()));
    compare(&random.mutations(&right, 20));
    // Bits behind the hash, which is made to fit again.
    for (_, input) in random.mutations(&right, 20) {
        if let Some((commitment, proof)) = input.get(96..192).map(|points| points.split_at(48)) {
            let input = opening(commitment, &input[32..64], &input[64..96], proof);
            compare(&[(Precompile::KzgPointEvaluation, input)]);
        }
    }
}

/// The executable specification of Ethereum is of the same mind.
#[test]
fn vectors() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let fixtures = env::var_os("HOIKE_FIXTURES")
        .map_or_else(|| project.join("../shared/fixtures"), Into::into);
    let Ok(json) = fs::read(fixtures.join("vectors/precompiles.json")) else {
        eprintln!("skipped: no precompiles.json in {}", fixtures.display());
        return;
    };
    let file: Value = serde_json::from_slice(&json).unwrap();
    let mut seen = BTreeMap::new();
    for case in file["cases"].as_array().unwrap() {
        let address = case["address"].as_u64().unwrap();
        let Some(precompile) = Precompile::ALL
            .into_iter()
            .find(|p| p.address_number() == address && (0x0a..=0x11).contains(&address))
        else {
            continue;
        };
        let input = hex::decode(case["input"].as_str().unwrap()).unwrap();
        let output = case["output"].as_str();
        let output = output.map(|output| Bytes::from(hex::decode(output).unwrap()));
        let name = hex::encode(&input);
        assert_eq!(compute(precompile, &input), output, "{precompile:?} {name}");
        assert_eq!(run(precompile, &input), output, "{precompile:?} {name}");
        let counts: &mut [u32; 2] = seen.entry(address).or_default();
        counts[usize::from(output.is_some())] += 1;
    }
    // Both outcomes of each of EIP-2537's seven.
    assert_eq!(seen.range(0x0b..).count(), 7);
    let both = |counts: &[u32; 2]| counts.iter().all(|count| *count > 0);
    assert!(seen.values().all(both), "{seen:?}");
}

/// Demands equal results; how many succeeded and how many failed.
fn compare(inputs: &[(Precompile, Vec<u8>)]) -> (usize, usize) {
    let mut counts = (0, 0);
    for (precompile, input) in inputs {
        let pure = run(*precompile, input);
        let name = hex::encode(input);
        assert_eq!(compute(*precompile, input), pure, "{precompile:?} {name}");
        match pure {
            Some(_) => counts.0 += 1,
            None => counts.1 += 1,
        }
    }
    counts
}

/// Sums of two points of all kinds.
fn pairs<P: Encoded>(p: P, q: P, outside: P) -> [(P, P); 8] {
    let zero = P::zero();
    let minus = (-p.into_group()).into();
    [
        (p, q),
        (p, p),
        (p, minus),
        (p, zero),
        (zero, p),
        (zero, zero),
        (p, outside),
        (outside, outside),
    ]
}

fn opening(commitment: &[u8], z: &[u8], y: &[u8], proof: &[u8]) -> Vec<u8> {
    let mut hash = Sha256::digest(commitment).to_vec();
    hash[0] = 1;
    [&hash, z, y, commitment, proof].concat()
}

fn compressed(point: &G1Affine) -> Vec<u8> {
    let mut bytes = Vec::new();
    point.serialize_compressed(&mut bytes).unwrap();
    bytes
}

fn field(element: &Fq) -> Vec<u8> {
    [vec![0; 16], element.into_bigint().to_bytes_be()].concat()
}

/// Points as EIP-2537 writes them, and how to find one that is likely off the subgroup.
trait Encoded: AffineRepr<ScalarField = Fr> {
    fn encode(&self) -> Vec<u8>;
    fn on_curve(random: &mut Random) -> Option<Self>;
    fn in_subgroup(&self) -> bool;
}

impl Encoded for Affine<g1::Config> {
    fn encode(&self) -> Vec<u8> {
        self.xy()
            .map_or(vec![0; 128], |(x, y)| [field(&x), field(&y)].concat())
    }

    fn on_curve(random: &mut Random) -> Option<Self> {
        Self::get_point_from_x_unchecked(random.field(), true)
    }

    fn in_subgroup(&self) -> bool {
        self.is_in_correct_subgroup_assuming_on_curve()
    }
}

impl Encoded for Affine<g2::Config> {
    fn encode(&self) -> Vec<u8> {
        self.xy().map_or(vec![0; 256], |(x, y)| {
            [x.c0, x.c1, y.c0, y.c1].iter().flat_map(field).collect()
        })
    }

    fn on_curve(random: &mut Random) -> Option<Self> {
        let x = Fq2::new(random.field(), random.field());
        Self::get_point_from_x_unchecked(x, true)
    }

    fn in_subgroup(&self) -> bool {
        self.is_in_correct_subgroup_assuming_on_curve()
    }
}

/// Hashes of a number that goes up.
struct Random(u64);

impl Random {
    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        self.0 = self.0.wrapping_add(1 << 8);
        let word = keccak256(self.0.to_be_bytes());
        core::array::from_fn(|at| word[at % 32])
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::from_be_bytes(self.bytes()) % limit
    }

    fn field(&mut self) -> Fq {
        let [high, low] = [self.bytes::<32>(), self.bytes()];
        Fq::from_be_bytes_mod_order(&[high, low].concat())
    }

    fn point<P: Encoded>(&mut self) -> P {
        (P::generator() * Fr::from_be_bytes_mod_order(&self.bytes::<32>())).into()
    }

    /// On the curve, but off the subgroup.
    fn outside<P: Encoded>(&mut self) -> P {
        loop {
            if let Some(point) = P::on_curve(self).filter(|point| !point.in_subgroup()) {
                return point;
            }
        }
    }

    /// Terms of a sum, some of them nothing.
    fn terms<P: Encoded>(&mut self, count: usize) -> Vec<u8> {
        let mut terms = Vec::new();
        for _ in 0..count {
            let (point, scalar) = match self.below(8) {
                0 => (P::zero(), self.bytes()),
                1 => (self.point(), [0; 32]),
                2 => (self.point(), [0xff; 32]),
                _ => (self.point(), self.bytes()),
            };
            terms.extend(point.encode());
            terms.extend(scalar);
        }
        terms
    }

    /// Of each input so many times: a bit flipped, cut, extended, an element with the modulus added, padding that is not zero, two bytes swapped.
    fn mutations(
        &mut self,
        inputs: &[(Precompile, Vec<u8>)],
        rounds: usize,
    ) -> Vec<(Precompile, Vec<u8>)> {
        let mut out = Vec::new();
        for (precompile, input) in inputs.iter().filter(|(_, input)| input.len() < 2000) {
            out.push((*precompile, Vec::new()));
            for _ in 0..rounds {
                let at = self.below(input.len());
                let mut flipped = input.clone();
                flipped[at] ^= 1 << self.below(8);
                let mut padded = input.clone();
                padded[at / 64 * 64 + self.below(16)] = 1;
                let mut swapped = input.clone();
                swapped.swap(at, input.len() - 1);
                let mut above = input.clone();
                if let Some(element) = above.get_mut(at / 64 * 64..at / 64 * 64 + 64) {
                    let sum =
                        U512::from_be_slice(element).wrapping_add(U512::from_be_slice(&MODULUS));
                    element.copy_from_slice(&sum.to_be_bytes::<64>());
                }
                let cut = input[..at].to_vec();
                let longer = [&input[..], &[0; 64]].concat();
                for mutated in [flipped, padded, swapped, above, cut, longer] {
                    out.push((*precompile, mutated));
                }
            }
        }
        out
    }
}

const MODULUS: [u8; 48] = hex!(
    "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab"
);
const ORDER: U256 = U256::from_be_bytes(hex!(
    "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001"
));
