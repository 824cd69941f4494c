//! The trusted setup as data: see `data/README.md`.

/// A coordinate in Montgomery form (times 2^384), least significant limb first, as both arkworks and blst keep it.
pub(crate) type Limbs = [u64; 6];

/// The Lagrange points in the order of a blob's elements: x and y.
pub(crate) fn lagrange() -> impl ExactSizeIterator<Item = (Limbs, Limbs)> {
    let (points, _) = LAGRANGE.as_chunks::<96>();
    points.iter().map(|point| {
        let (x, y) = halves(point);
        (limbs(x), limbs(y))
    })
}

/// tau times the generator of G2: both coefficients of x, then of y.
pub(crate) fn tau_g2() -> [Limbs; 4] {
    let mut out = [[0; 6]; 4];
    let (coefficients, _) = TAU_G2.as_chunks::<48>();
    for (to, from) in out.iter_mut().zip(coefficients) {
        *to = limbs(from);
    }
    out
}

fn halves(point: &[u8; 96]) -> (&[u8; 48], &[u8; 48]) {
    match point.as_chunks::<48>().0 {
        [x, y] => (x, y),
        _ => (&[0; 48], &[0; 48]),
    }
}

fn limbs(bytes: &[u8; 48]) -> Limbs {
    let mut out = [0; 6];
    let (limbs, _) = bytes.as_chunks::<8>();
    for (to, from) in out.iter_mut().zip(limbs) {
        *to = u64::from_le_bytes(*from);
    }
    out
}

static LAGRANGE: &[u8; 4_096 * 96] = include_bytes!("../data/lagrange.bin");
static TAU_G2: &[u8; 4 * 48] = include_bytes!("../data/tau-g2.bin");

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use alloy_primitives::{B256, hex};
    use ark_bls12_381::{Bls12_381, Fq, Fq2, Fr, G1Affine, G1Projective, G2Affine};
    use ark_ec::{AffineRepr, CurveGroup, VariableBaseMSM, pairing::Pairing};
    use ark_ff::{BigInt, FftField, Field, PrimeField};
    use hoike_preimage::roots_of_unity;
    use sha2::{Digest, Sha256};

    fn points() -> Vec<G1Affine> {
        let fq = |limbs| Fq::new_unchecked(BigInt(limbs));
        lagrange()
            .map(|(x, y)| G1Affine::new_unchecked(fq(x), fq(y)))
            .collect()
    }

    fn roots() -> Vec<Fr> {
        roots_of_unity()
            .iter()
            .map(|root| Fr::from_be_bytes_mod_order(root))
            .collect()
    }

    #[test]
    fn the_files_are_those_of_the_readme() {
        let readme = include_str!("../data/README.md");
        for bytes in [LAGRANGE.as_slice(), TAU_G2, roots_of_unity().as_flattened()] {
            let hash = hex::encode(Sha256::digest(bytes));
            assert!(readme.contains(&hash), "{hash}");
        }
    }

    #[test]
    fn roots_of_unity_are_powers_of_one_generator_in_reversed_order() {
        let omega = Fr::get_root_of_unity(4_096).unwrap();
        assert_eq!(omega.pow([2_048u64]), -Fr::from(1u64));
        for (index, root) in roots().iter().enumerate() {
            let power = (index as u64).reverse_bits() >> 52;
            assert_eq!(*root, omega.pow([power]), "root {index}");
            assert!(
                B256::from(roots_of_unity()[index]) < B256::from(MODULUS),
                "canonical"
            );
        }
    }

    /// The Lagrange polynomials add up to one, and weighted with their points to the identity: so do their values at tau.
    #[test]
    fn the_points_are_lagrange_polynomials_at_tau() {
        let points = points();
        assert_eq!(points.len(), 4_096);
        for (index, point) in points.iter().enumerate() {
            assert!(point.is_on_curve(), "point {index}");
            assert!(
                point.is_in_correct_subgroup_assuming_on_curve(),
                "point {index}"
            );
        }
        let sum: G1Projective = points.iter().sum();
        assert_eq!(sum.into_affine(), G1Affine::generator());

        let fq = |limbs| Fq::new_unchecked(BigInt(limbs));
        let [x0, x1, y0, y1] = tau_g2().map(fq);
        let tau_g2 = G2Affine::new(Fq2::new(x0, x1), Fq2::new(y0, y1));
        let tau_g1 = G1Projective::msm(&points, &roots()).unwrap().into_affine();
        assert_ne!(tau_g1, G1Affine::generator());
        assert_eq!(
            Bls12_381::pairing(tau_g1, G2Affine::generator()),
            Bls12_381::pairing(G1Affine::generator(), tau_g2)
        );
    }

    /// Of the scalar field, big endian.
    const MODULUS: [u8; 32] =
        hex!("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001");
}
