//! The check itself, over any implementation of the group: the same decisions for all of them.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "field and group elements cannot overflow"
)]

use alloc::vec::Vec;
use ark_bls12_381::Fr;
use ark_ff::{One, Zero};
use hoike_preimage::{BlobFault, BlobItem, BlobWhy, Commitment, FIELD_ELEMENTS};
use sha2::{Digest, Sha256};

use crate::field::{
    Scalar, canonical, challenge, combine, elements, evaluate, inverse_roots, scalars, to_bytes,
};

/// What a curve library has to offer.
pub(crate) trait Group {
    /// A point of G1.
    type Point: Copy;

    /// A point from its encoding; `None` if it is not one or outside the subgroup. Infinity is a point.
    fn decompress(bytes: &Commitment) -> Option<Self::Point>;
    /// A point's encoding.
    fn compress(point: &Self::Point) -> Commitment;
    /// `sum scalar_i L_i` over the setup's Lagrange points.
    fn commit(scalars: &[Scalar]) -> Self::Point;
    /// `sum scalar_i P_i` over a few points.
    fn sum(points: &[Self::Point], scalars: &[Fr]) -> Self::Point;
    /// The generator.
    fn generator() -> Self::Point;
    /// Whether two points are the same.
    fn same(a: &Self::Point, b: &Self::Point) -> bool;
    /// Whether `e(a, 1) = e(b, tau)`.
    fn pairs(a: &Self::Point, b: &Self::Point) -> bool;
}

/// Implements [`hoike_preimage::Kzg::check`].
pub(crate) fn check<G: Group>(items: &[BlobItem<'_>]) -> Result<(), BlobFault> {
    let mut claims = Vec::with_capacity(items.len());
    let mut malformed = Ok(());
    for (blob, item) in items.iter().enumerate() {
        match Claim::<G>::read(item) {
            Ok(claim) => claims.push(claim),
            Err(why) => {
                malformed = Err(BlobFault { blob, why });
                break;
            }
        }
    }
    // A malformed blob is the first at fault only if those before it match.
    check_claims(&claims)?;
    malformed
}

fn check_claims<G: Group>(claims: &[Claim<'_, G>]) -> Result<(), BlobFault> {
    if claims.is_empty() || by_proofs(claims) || by_commitments(claims) {
        return Ok(());
    }
    let singly = |claim: &Claim<'_, G>| by_commitments(core::slice::from_ref(claim));
    match claims.iter().position(|claim| !singly(claim)) {
        Some(blob) => Err(BlobFault {
            blob,
            why: BlobWhy::Mismatch,
        }),
        // All match, so does every combination of them: this cannot be reached, and the truth is in the single results.
        None => Ok(()),
    }
}

/// EIP-4844's point evaluation: whether the polynomial committed to is `value` at `point`. Spec: deneb/polynomial-commitments.md, `verify_kzg_proof`.
#[cfg_attr(
    not(feature = "native"),
    expect(dead_code, reason = "pure Rust has revm's")
)]
pub(crate) fn opens<G: Group>(
    commitment: &Commitment,
    [point, value]: [&[u8; 32]; 2],
    proof: &[u8; 48],
) -> bool {
    let read = || {
        Some((
            [G::decompress(commitment)?, G::decompress(proof)?],
            [canonical(point)?, canonical(value)?],
        ))
    };
    let Some(([commitment, proof], [point, value])) = read() else {
        return false;
    };
    // C - y G + z P against P times tau.
    let points = [commitment, G::generator(), proof];
    G::pairs(&G::sum(&points, &[Fr::one(), -value, point]), &proof)
}

/// A blob and a commitment, both well formed.
struct Claim<'a, G: Group> {
    item: BlobItem<'a>,
    elements: Vec<Fr>,
    commitment: G::Point,
}

impl<'a, G: Group> Claim<'a, G> {
    fn read(item: &BlobItem<'a>) -> Result<Self, BlobWhy> {
        let elements = elements(item.blob).map_err(|element| BlobWhy::NotCanonical { element })?;
        let commitment = G::decompress(item.commitment).ok_or(BlobWhy::BadCommitment)?;
        Ok(Self {
            item: *item,
            elements,
            commitment,
        })
    }
}

/// Commits to a random combination of the blobs. One that holds for blobs that do not match would take a hash with one of a few chosen results.
fn by_commitments<G: Group>(claims: &[Claim<'_, G>]) -> bool {
    if let [claim] = claims {
        return G::same(&G::commit(&scalars(&claim.elements)), &claim.commitment);
    }
    let weight = weight(
        claims
            .iter()
            .flat_map(|claim| [claim.item.commitment.as_slice(), claim.item.blob.as_slice()]),
    );
    let blobs: Vec<&[Fr]> = claims
        .iter()
        .map(|claim| claim.elements.as_slice())
        .collect();
    let points: Vec<G::Point> = claims.iter().map(|claim| claim.commitment).collect();
    let claimed = G::sum(&points, &powers(&weight, claims.len()));
    G::same(&G::commit(&scalars(&combine(&blobs, &weight))), &claimed)
}

/// EIP-4844's batch verification of blob proofs. `false` also means: not all of them have one.
fn by_proofs<G: Group>(claims: &[Claim<'_, G>]) -> bool {
    let roots = inverse_roots();
    let mut transcript = Vec::with_capacity(claims.len());
    let mut proofs = Vec::with_capacity(claims.len());
    for claim in claims {
        let Some((bytes, proof)) = claim
            .item
            .proof
            .and_then(|bytes| Some((bytes, G::decompress(bytes)?)))
        else {
            return false;
        };
        let point = evaluation_point(&claim.item);
        let value = evaluate(&claim.elements, &roots, &point);
        transcript.push((
            claim.item.commitment,
            to_bytes(&point),
            to_bytes(&value),
            bytes,
        ));
        proofs.push((proof, point, value));
    }
    let weight = weight(
        transcript
            .iter()
            .flat_map(|(commitment, point, value, proof)| {
                [
                    commitment.as_slice(),
                    point.as_slice(),
                    value.as_slice(),
                    proof.as_slice(),
                ]
            }),
    );
    // sum w^i (C_i - y_i G + z_i P_i) against sum w^i P_i times tau.
    let weights = powers(&weight, claims.len());
    let mut points: Vec<G::Point> = claims.iter().map(|claim| claim.commitment).collect();
    let mut factors = weights.clone();
    let mut values = Fr::zero();
    for ((proof, point, value), weight) in proofs.iter().zip(&weights) {
        points.push(*proof);
        factors.push(*weight * point);
        values -= *weight * value;
    }
    points.push(G::generator());
    factors.push(values);
    let quotients: Vec<G::Point> = proofs.iter().map(|(proof, ..)| *proof).collect();
    G::pairs(&G::sum(&points, &factors), &G::sum(&quotients, &weights))
}

/// The point at which a blob proof opens the commitment. Spec: deneb/polynomial-commitments.md, `compute_challenge`.
pub(crate) fn evaluation_point(item: &BlobItem<'_>) -> Fr {
    let mut hasher = Sha256::new();
    hasher.update(b"FSBLOBVERIFY_V1_");
    hasher.update((FIELD_ELEMENTS as u128).to_be_bytes());
    hasher.update(item.blob);
    hasher.update(item.commitment);
    challenge(hasher)
}

/// A random number that nobody could know before all that it is made from was fixed.
fn weight<'a>(parts: impl Iterator<Item = &'a [u8]>) -> Fr {
    let mut hasher = Sha256::new();
    hasher.update(b"hoike blob combination");
    for part in parts {
        hasher.update(part);
    }
    challenge(hasher)
}

fn powers(base: &Fr, count: usize) -> Vec<Fr> {
    core::iter::successors(Some(Fr::one()), |power| Some(*power * base))
        .take(count)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pure::Arkworks;
    use alloc::boxed::Box;
    use ark_bls12_381::G1Affine;
    use ark_ec::AffineRepr;
    use hoike_preimage::{BLOB_BYTES, Blob, roots_of_unity};

    /// Cannot commit: what it accepts was accepted by proofs.
    struct ProofsOnly;

    impl Group for ProofsOnly {
        type Point = G1Affine;

        fn decompress(bytes: &Commitment) -> Option<G1Affine> {
            Arkworks::decompress(bytes)
        }
        fn compress(point: &G1Affine) -> Commitment {
            Arkworks::compress(point)
        }
        fn commit(_: &[Scalar]) -> G1Affine {
            panic!("the proofs were not enough")
        }
        fn sum(points: &[G1Affine], scalars: &[Fr]) -> G1Affine {
            Arkworks::sum(points, scalars)
        }
        fn generator() -> G1Affine {
            Arkworks::generator()
        }
        fn same(a: &G1Affine, b: &G1Affine) -> bool {
            Arkworks::same(a, b)
        }
        fn pairs(a: &G1Affine, b: &G1Affine) -> bool {
            Arkworks::pairs(a, b)
        }
    }

    /// The polynomials X and X^2: their quotients at z are 1 and X + z.
    #[test]
    fn proofs_are_those_of_eip_4844() {
        let identity: Blob = {
            let mut blob: Blob = Box::new([0; BLOB_BYTES]);
            blob.copy_from_slice(roots_of_unity().as_flattened());
            blob
        };
        let roots: Vec<Fr> = scalars(&elements(&identity).unwrap())
            .into_iter()
            .map(|root| ark_ff::PrimeField::from_bigint(root).unwrap())
            .collect();
        let squares: Vec<Fr> = roots.iter().map(|root| *root * root).collect();
        let mut square: Blob = Box::new([0; BLOB_BYTES]);
        for (element, value) in square.as_chunks_mut::<32>().0.iter_mut().zip(&squares) {
            *element = to_bytes(value);
        }
        let tau = Arkworks::commit(&scalars(&elements(&identity).unwrap()));
        let first = Arkworks::compress(&tau);
        let second = Arkworks::compress(&Arkworks::commit(&scalars(&elements(&square).unwrap())));
        let item = BlobItem {
            blob: &square,
            commitment: &second,
            proof: None,
        };
        let z = evaluation_point(&item);
        let first_proof = Arkworks::compress(&G1Affine::generator());
        let second_proof = Arkworks::compress(&Arkworks::sum(
            &[tau, G1Affine::generator()],
            &[Fr::one(), z],
        ));
        let items = [
            BlobItem {
                blob: &identity,
                commitment: &first,
                proof: Some(&first_proof),
            },
            BlobItem {
                proof: Some(&second_proof),
                ..item
            },
        ];
        assert_eq!(check::<ProofsOnly>(&items), Ok(()));
        assert_eq!(check::<ProofsOnly>(&items[1..]), Ok(()));
        #[cfg(feature = "native")]
        {
            let claims = items
                .each_ref()
                .map(|item| Claim::<crate::native::Blst>::read(item).unwrap());
            assert!(by_proofs(&claims));
        }
        // Proofs of other blobs are none.
        let swapped = [
            BlobItem {
                proof: Some(&second_proof),
                ..items[0]
            },
            BlobItem {
                proof: Some(&first_proof),
                ..items[1]
            },
        ];
        let claims = swapped
            .each_ref()
            .map(|item| Claim::<Arkworks>::read(item).unwrap());
        assert!(!by_proofs(&claims));
        assert_eq!(check::<Arkworks>(&swapped), Ok(()));
    }

    #[test]
    fn evaluation_meets_the_values_at_the_roots() {
        let inverse = inverse_roots();
        let values: Vec<Fr> = (1..=4_096u64).map(|i| Fr::from(i * i + 7)).collect();
        let raw: Vec<Fr> = values
            .iter()
            .map(|value| Fr::new_unchecked(ark_ff::PrimeField::into_bigint(*value)))
            .collect();
        for at in [0, 1, 2, 77, 2_048, 4_095] {
            let root: Fr = ark_ff::PrimeField::from_be_bytes_mod_order(&roots_of_unity()[at]);
            assert_eq!(evaluate(&raw, &inverse, &root), values[at], "at root {at}");
        }
    }
}
