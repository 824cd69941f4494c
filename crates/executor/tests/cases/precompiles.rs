//! Precompiles: which there are, their limits and prices.

use crate::common::Missing;
use crate::harness::*;
use alloy_primitives::{Address, B256, Bytes, U256, b256};
use hoike_executor::{Accelerator, NoAnswer, Precompile, SignedHash, precompiles};
use hoike_protocol::Fork;
use hoike_protocol::deposit::DepositTx;

/// Defects 2 and 4, D81, D80, D170: the limits by fork, at and above each.
#[test]
fn d81_precompile_limits() {
    use Precompile::{BlsG1Msm, BlsG2Msm, BlsPairing, Bn254Pairing};
    let none = [None; 4];
    let limits = |fork| match fork {
        Fork::Bedrock
        | Fork::Regolith
        | Fork::Canyon
        | Fork::Delta
        | Fork::Ecotone
        | Fork::Fjord => none,
        Fork::Granite | Fork::Holocene => [Some(112_687), None, None, None],
        Fork::Isthmus => [Some(112_687), Some(513_760), Some(488_448), Some(235_008)],
        Fork::Jovian => [Some(81_984), Some(288_960), Some(278_784), Some(156_672)],
        Fork::Karst | Fork::Lagoon => [Some(57_600), Some(288_960), Some(278_784), Some(156_672)],
    };
    for fork in Fork::ALL {
        let rules = precompiles::of(fork);
        let units = [
            (Bn254Pairing, 192),
            (BlsG1Msm, 160),
            (BlsG2Msm, 288),
            (BlsPairing, 384),
        ];
        for ((precompile, unit), limit) in units.into_iter().zip(limits(fork)) {
            let gas = |len: usize| rules.required_gas(precompile, &vec![0; len]);
            match limit {
                Some(limit) => {
                    assert!(gas(limit / unit * unit).is_some(), "{fork} {precompile:?}");
                    assert!(
                        gas((limit / unit + 1) * unit).is_none(),
                        "{fork} {precompile:?}"
                    );
                }
                None if rules.has(precompile) => assert!(gas(2000 * unit).is_some()),
                None => assert!(fork < Fork::Isthmus && precompile != Bn254Pairing),
            }
        }
        let price = |p: Precompile| {
            rules
                .has(p)
                .then(|| rules.required_gas(p, &[0; 160]).unwrap())
        };
        let p256 = match fork {
            _ if fork < Fork::Fjord => None,
            _ if fork < Fork::Karst => Some(3_450),
            _ => Some(6_900),
        };
        assert_eq!(price(Precompile::P256Verify), p256, "{fork}");
        assert_eq!(
            price(Precompile::KzgPointEvaluation).is_some(),
            fork >= Fork::Ecotone
        );
        assert_eq!(rules.has(Precompile::BlsMapFp2ToG2), fork >= Fork::Isthmus);
    }
}

/// D79: whoever calls, and how, the precompile is found by the address of the code.
#[test]
fn d79_every_kind_of_call_finds_precompiles() {
    // CALL, CALLCODE, DELEGATECALL, STATICCALL of SHA-256 with no input; store the first word of what it returned in slot 0.
    for (opcode, has_value) in [(0xf1, true), (0xf2, true), (0xf4, false), (0xfa, false)] {
        let mut code = vec![0x60, 32, 0x5f, 0x5f, 0x5f];
        if has_value {
            code.push(0x5f);
        }
        code.extend([
            0x60, 2, 0x61, 0xff, 0xff, opcode, 0x50, 0x5f, 0x51, 0x5f, 0x55,
        ]);
        let case = under(Fork::Karst).contract(CONTRACT, &code);
        let mut outcome = case.run(vec![call(ALICE, 0, CONTRACT).encode()]);
        let empty = b256!("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(B256::from(outcome.slot(CONTRACT, 0)), empty, "{opcode:x}");
    }
}

/// D80: the caps on the pairing hold whoever computes: they are checked before anyone is asked.
///
/// 112,687, 81,984 and 57,600 bytes (Granite, Jovian, Karst) are 586, 427 and 300 whole pairs of 192 bytes.
#[test]
fn d80_pairing_limits_hold_in_every_build() {
    for (fork, most) in [
        (Fork::Fjord, None),
        (Fork::Granite, Some(586)),
        (Fork::Holocene, Some(586)),
        (Fork::Isthmus, Some(586)),
        (Fork::Jovian, Some(427)),
        (Fork::Karst, Some(300)),
    ] {
        for pairs in [most.unwrap_or(587), most.map_or(588, |most| most + 1)] {
            let fits = most.is_none_or(|most| pairs <= most);
            let case = under(fork).contract(CONTRACT, &zeros_to(0x08, pairs * 192));
            let pure = case.run(vec![generous()]);
            let mut lax = Lax::default();
            let lenient = case.run_by(vec![generous()], &mut lax);
            for mut outcome in [pure, lenient] {
                let called = outcome.slot(CONTRACT, 0);
                assert_eq!(called, U256::from(1 + u8::from(fits)), "{fork} {pairs}");
            }
            let asked: &[_] = if fits {
                &[(Precompile::Bn254Pairing, pairs * 192)]
            } else {
                &[]
            };
            assert_eq!(lax.asked, asked, "{fork} {pairs}");
        }
    }
}

/// D170: from Jovian on there are at least Jovian's limits, whatever comes; each at the limit and above it.
#[test]
fn d170_later_forks_keep_the_limits() {
    let jovian = precompiles::of(Fork::Jovian);
    let limits = jovian.bls.unwrap();
    for fork in Fork::ALL.into_iter().filter(|fork| *fork > Fork::Jovian) {
        let rules = precompiles::of(fork);
        let bls = rules.bls.unwrap();
        assert!(rules.bn254_pairing <= jovian.bn254_pairing, "{fork}");
        assert!(bls.g1_msm <= limits.g1_msm, "{fork}");
        assert!(bls.g2_msm <= limits.g2_msm, "{fork}");
        assert!(bls.pairing <= limits.pairing, "{fork}");
        assert!(rules.kzg && rules.modexp_osaka, "{fork}");
        assert_eq!(rules.p256, Some(6_900), "{fork}");
    }
    // Address, bytes a unit, and the longest input under Isthmus, Jovian and Karst.
    for (address, unit, longest) in [
        (0x08, 192, [112_687, 81_984, 57_600]),
        (0x0c, 160, [513_760, 288_960, 288_960]),
        (0x0e, 288, [488_448, 278_784, 278_784]),
        (0x0f, 384, [235_008, 156_672, 156_672]),
    ] {
        for (fork, longest) in [Fork::Isthmus, Fork::Jovian, Fork::Karst]
            .into_iter()
            .zip(longest)
        {
            let units = longest / unit;
            for (units, called) in [(units, 2), (units + 1, 1)] {
                let case = under(fork).contract(CONTRACT, &zeros_to(address, units * unit));
                let mut outcome = case.run_by(vec![generous()], &mut Lax::default());
                let there = outcome.slot(CONTRACT, 0);
                assert_eq!(there, U256::from(called), "{fork} {address:#x} {units}");
            }
        }
    }
    // What Lagoon executes is not known here: no block of it runs under an older set.
    let outcome = under(Fork::Lagoon).run(vec![]);
    let refused = NoAnswer::UnsupportedFork(Fork::Lagoon);
    assert_eq!(outcome.result.unwrap_err(), refused);
}

/// D100: what P256VERIFY and MODEXP cost in the last block before a fork and in the one that activates it.
#[test]
fn d100_gas_of_p256_and_modexp() {
    // A call of an address without code: 2,600 for a cold account instead of 100, and nothing is computed.
    let none = Some(2_500);
    for (case, gas) in [
        (under(Fork::Ecotone), none),
        (activating(Fork::Fjord), Some(3_450)),
        (under(Fork::Jovian), Some(3_450)),
        (activating(Fork::Karst), Some(6_900)),
        (under(Fork::Karst), Some(6_900)),
    ] {
        assert_eq!(price(case, 0x100, &[0; 160]), gas);
    }

    // EIP-2565: max(200, ceil(longest / 8)^2 * iterations / 3). EIP-7883: max(500, complexity * iterations), where the complexity is 16 up to 32
    // bytes and 2 * ceil(longest / 8)^2 above. Iterations: the exponent's bits less one, at least 1; each byte beyond 32 counts 8, or 16 by EIP-7883.
    let mut high_bit = [0; 32];
    high_bit[0] = 0x80;
    for (length, exponent, berlin, osaka) in [
        // 1 * 2 / 3; 16 * 2
        (1, &[5_u8][..], 200, Some(500)),
        // 8^2 * 255 / 3; 2 * 8^2 * 255
        (64, &high_bit[..], 5_440, Some(32_640)),
        // 4^2 * 8 / 3; 16 * 16
        (32, &[0; 33][..], 200, Some(500)),
        // 12^2 * (8 * 8 + 255) / 3; 2 * 12^2 * (16 * 8 + 255)
        (96, &[0xff; 40][..], 15_312, Some(110_304)),
        // 128^2 / 3; 2 * 128^2
        (1_024, &[][..], 5_461, Some(32_768)),
        // 129^2 / 3; longer than EIP-7823 allows
        (1_025, &[][..], 5_547, None),
    ] {
        let mut input = Vec::new();
        for length in [length, exponent.len(), length] {
            input.extend(B256::from(U256::from(length)));
        }
        input.resize(input.len() + length, 3);
        input.extend(exponent);
        input.resize(input.len() + length, 7);
        for (case, gas) in [
            (under(Fork::Canyon), Some(berlin)),
            (under(Fork::Jovian), Some(berlin)),
            (activating(Fork::Karst), osaka),
            (under(Fork::Karst), osaka),
        ] {
            let fork = case.fork;
            assert_eq!(price(case, 0x05, &input), gas, "{fork} {length}");
        }
    }
}

/// A precompile that gets too little gas fails, and takes what it got: SHA-256 of one word costs 72 (EIP-150 has no say, as the gas is given).
#[test]
fn precompiles_run_out_of_gas() {
    for (gas, called) in [(71, 1), (72, 2)] {
        // STATICCALL(gas, 2, 0, 32, 0, 0); SSTORE(0, success + 1).
        let code = [
            0x5f, 0x5f, 0x60, 32, 0x5f, 0x60, 2, 0x60, gas, 0xfa, 0x60, 1, 0x01, 0x5f, 0x55,
        ];
        let case = under(Fork::Karst).contract(CONTRACT, &code);
        let mut outcome = case.run(vec![generous()]);
        assert_eq!(outcome.slot(CONTRACT, 0), U256::from(called), "{gas}");
        // 21,000; three PUSH0 of 2 and three PUSH1 of 3; 3 for a word of memory; 100 and all of the gas; PUSH1, ADD, PUSH0, and 22,100 for a new slot.
        let used = 21_000 + 3 * 2 + 3 * 3 + 3 + 100 + u64::from(gas) + 3 + 3 + 2 + 22_100;
        assert_eq!(outcome.receipt(0), (true, used), "{gas}");
    }
}

/// A call of the contract that may use 50,000,000 gas and pays none.
fn generous() -> Bytes {
    DepositTx {
        gas: 50_000_000,
        ..deposit(ALICE, Some(CONTRACT))
    }
    .encode()
}

/// Code that calls a precompile with so many zeros, and stores 1 where that fails and 2 where it does not in slot 0.
fn zeros_to(precompile: u16, len: usize) -> Vec<u8> {
    let [_, len @ ..] = u32::try_from(len).unwrap().to_be_bytes();
    let mut code = vec![0x60, 0, 0x60, 0, 0x62];
    code.extend(len);
    code.extend([0x60, 0, 0x61]);
    code.extend(precompile.to_be_bytes());
    code.extend([0x5a, 0xfa, 0x60, 1, 0x01, 0x60, 0, 0x55]);
    code
}

/// What a precompile takes for an input beyond the 100 gas of calling something warm; `None` if the call fails.
fn price(case: Case, precompile: u16, input: &[u8]) -> Option<u64> {
    // CALLDATACOPY all; GAS; STATICCALL(GAS, precompile, 0, CALLDATASIZE, 0, 0); GAS; SSTORE(1, success); SSTORE(0, the difference).
    let mut code = vec![0x36, 0x5f, 0x5f, 0x37, 0x5a, 0x5f, 0x5f, 0x36, 0x5f, 0x61];
    code.extend(precompile.to_be_bytes());
    code.extend([
        0x5a, 0xfa, 0x5a, 0x90, 0x60, 1, 0x55, 0x90, 0x03, 0x5f, 0x55,
    ]);
    let call = DepositTx {
        data: input,
        ..deposit(ALICE, Some(CONTRACT))
    };
    let mut outcome = case.contract(CONTRACT, &code).run(vec![call.encode()]);
    let gas: u64 = outcome.slot(CONTRACT, 0).to();
    // Three PUSH0, CALLDATASIZE and both GAS cost 2 each, PUSH2 3.
    (outcome.slot(CONTRACT, 1) == U256::ONE).then(|| gas - 100 - 15)
}

/// An accelerator for which every call succeeds, whatever a fork says.
#[derive(Default)]
struct Lax {
    asked: Vec<(Precompile, usize)>,
}

impl Accelerator<Missing> for Lax {
    fn signers(
        &mut self,
        signatures: &[Option<SignedHash>],
    ) -> Result<Vec<Option<Address>>, Missing> {
        Named.signers(signatures)
    }

    fn precompile(
        &mut self,
        precompile: Precompile,
        input: &[u8],
        _: u64,
    ) -> Result<Option<Bytes>, Missing> {
        self.asked.push((precompile, input.len()));
        Ok(Some(Bytes::new()))
    }
}
