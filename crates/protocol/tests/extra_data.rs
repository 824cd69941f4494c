//! EIP-1559 parameters in headers and attributes.

mod l1_data;

use alloy_primitives::{B64, Bytes};
use hoike_protocol::{
    L2Time,
    config::Eip1559Constants,
    extra_data::{Eip1559Params, ExtraDataFault, check_attribute_params},
    rules::ExtraDataFormat,
};
use l1_data::*;

#[test]
fn d66_d67_golden_parameters() {
    let Some(file) = vectors("eip1559-params.json") else {
        return;
    };
    let mut times = first_forks(6, 0);
    times[6] = Some(number(&file["config"]["holocene_time"]));
    times[7] = times[6];
    times[8] = Some(number(&file["config"]["jovian_time"]));
    let rules = rules(times);
    for (i, case) in cases(&file).iter().enumerate() {
        match case["kind"].as_str().unwrap() {
            "extra_data" => {
                let extra_data: Bytes = parse(&case["extra_data"]);
                let format = rules.at_l2(L2Time(number(&case["time"]))).extra_data;
                let got = Eip1559Params::decode(&extra_data, format);
                if case["error"].is_string() {
                    assert!(got.is_err(), "case {i}: op-node says {}", case["error"]);
                    continue;
                }
                let got = got.unwrap_or_else(|fault| panic!("case {i}: {fault}"));
                assert_eq!(
                    got.map_or(0, |p| p.denominator),
                    number(&case["denominator"]) as u32,
                    "case {i}"
                );
                assert_eq!(
                    got.map_or(0, |p| p.elasticity),
                    number(&case["elasticity"]) as u32,
                    "case {i}"
                );
                assert_eq!(
                    got.map_or(0, |p| p.min_base_fee),
                    case["min_base_fee"].as_u64().unwrap_or(0),
                    "case {i}"
                );
                assert_eq!(
                    got.map_or(Bytes::new(), |p| p.encode(format)),
                    extra_data,
                    "case {i}"
                );
            }
            "attribute_params" => {
                let params: Bytes = parse(&case["params"]);
                // The length is the type's business.
                let Ok(params) = B64::try_from(&params[..]) else {
                    assert!(case["error"].is_string(), "case {i}");
                    continue;
                };
                assert_eq!(
                    check_attribute_params(params).is_err(),
                    case["error"].is_string(),
                    "case {i}"
                );
                if let Ok(got) = Eip1559Params::from_attributes(params, 0, &rules.rollup.eip1559) {
                    let zero =
                        (0, 0) == (number(&case["denominator"]), number(&case["elasticity"]));
                    let want = if zero {
                        B64::new([0, 0, 0, 250, 0, 0, 0, 6])
                    } else {
                        params
                    };
                    assert_eq!(got.attribute_params(), want, "case {i}");
                }
            }
            other => panic!("case {i}: unknown kind {other}"),
        }
    }
}

#[test]
fn d66_zero_attributes_mean_the_constants_of_canyon() {
    let constants = Eip1559Constants {
        elasticity: 10,
        denominator: 50,
        denominator_canyon: 400,
    };
    let of = |params, constants| Eip1559Params::from_attributes(params, 3, constants);
    let want = Eip1559Params {
        denominator: 400,
        elasticity: 10,
        min_base_fee: 3,
    };
    assert_eq!(of(B64::ZERO, &constants), Ok(want));
    assert_eq!(
        of(B64::new([0, 0, 0, 1, 0, 0, 0, 0]), &constants),
        Err(ExtraDataFault::ZeroElasticity)
    );
    assert_eq!(
        of(B64::new([0, 0, 0, 0, 0, 0, 0, 1]), &constants),
        Err(ExtraDataFault::ZeroDenominator)
    );
    let huge = Eip1559Constants {
        elasticity: 1 << 32,
        ..constants
    };
    assert_eq!(of(B64::ZERO, &huge), Err(ExtraDataFault::Constant(1 << 32)));
}

#[test]
fn d67_each_malformed_header() {
    let holocene = |bytes: &[u8]| Eip1559Params::decode(bytes, ExtraDataFormat::Holocene);
    assert_eq!(
        holocene(&[]),
        Err(ExtraDataFault::Length {
            len: 0,
            expected: 9
        })
    );
    assert_eq!(
        holocene(&[1, 0, 0, 0, 1, 0, 0, 0, 1]),
        Err(ExtraDataFault::Version {
            found: 1,
            expected: 0
        })
    );
    assert_eq!(
        holocene(&[0, 0, 0, 0, 0, 0, 0, 0, 1]),
        Err(ExtraDataFault::ZeroDenominator)
    );
    assert_eq!(
        holocene(&[0, 0, 0, 0, 1, 0, 0, 0, 0]),
        Err(ExtraDataFault::ZeroElasticity)
    );
    let jovian = Eip1559Params {
        denominator: 1,
        elasticity: 2,
        min_base_fee: u64::MAX,
    };
    let bytes = jovian.encode(ExtraDataFormat::Jovian);
    assert_eq!(bytes.len(), 17);
    assert_eq!(
        Eip1559Params::decode(&bytes, ExtraDataFormat::Jovian),
        Ok(Some(jovian))
    );
    assert_eq!(
        holocene(&bytes),
        Err(ExtraDataFault::Length {
            len: 17,
            expected: 9
        })
    );
    assert_eq!(
        Eip1559Params::decode(&bytes, ExtraDataFormat::Empty),
        Err(ExtraDataFault::Length {
            len: 17,
            expected: 0
        })
    );
    assert_eq!(Eip1559Params::decode(&[], ExtraDataFormat::Empty), Ok(None));
}
