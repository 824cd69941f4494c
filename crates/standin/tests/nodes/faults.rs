//! Each kind of fault is what it says, and faults come by the seed.

use crate::{
    client::{Response, call, get, post, request},
    example,
};
use alloy_primitives::U64;
use alloy_rpc_types_eth as rpc;
use hoike_standin::{Fault, FaultCounts, Options, Plan, Role, Standin};
use serde_json::{Value, from_value, json};
use std::{
    io,
    time::{Duration, Instant},
};

/// What a block's request brings under a fault of this kind, once, and how long it took. The fault must be counted, and the next request go well.
fn once(kind: Fault) -> (io::Result<Response>, Duration) {
    let plan = Plan {
        rate_per_mille: 1_000,
        kinds: vec![kind],
        max: Some(1),
        delay: Duration::from_millis(200),
        ..Plan::default()
    };
    let nodes = serve(plan);
    let begun = Instant::now();
    let response = post(nodes.l2(), &asked());
    let took = begun.elapsed();
    assert_eq!(nodes.faults(), FaultCounts([(kind, 1)].into()));
    let next = post(nodes.l2(), &asked()).expect("a response");
    assert_eq!(next.body, truth().body, "only one fault");
    assert_eq!(nodes.faults().total(), 1);
    (response, took)
}

fn asked() -> Value {
    request("eth_getBlockByNumber", json!(["latest", true]))
}

fn truth() -> Response {
    let nodes = Standin::serve(example(), Options::default()).expect("nodes");
    post(nodes.l2(), &asked()).expect("a response")
}

#[test]
fn connections_break() {
    let kind = |fault| once(fault).0.expect_err("no whole response").kind();
    assert_eq!(kind(Fault::Drop), io::ErrorKind::UnexpectedEof);
    assert_eq!(kind(Fault::Truncate), io::ErrorKind::UnexpectedEof);
    assert_eq!(kind(Fault::Reset), io::ErrorKind::ConnectionReset);
}

#[test]
fn answers_come_late_or_slowly_and_whole() {
    for kind in [Fault::Delay, Fault::Drip] {
        let (response, took) = once(kind);
        assert_eq!(response.expect("a response").body, truth().body);
        assert!(took >= Duration::from_millis(200), "{kind:?} {took:?}");
    }
}

#[test]
fn statuses_say_that_something_is_wrong() {
    for (kind, status) in [
        (Fault::RateLimit, 429),
        (Fault::ServerError, 500),
        (Fault::BadGateway, 502),
        (Fault::Unavailable, 503),
    ] {
        let response = once(kind).0.expect("a response");
        assert_eq!(response.status, status);
        assert_eq!(response.head.contains("retry-after: 0"), status == 429);
    }
    let garbage = once(Fault::Garbage).0.expect("a response");
    assert_eq!(garbage.status, 200);
    assert!(serde_json::from_slice::<Value>(&garbage.body).is_err());
}

#[test]
fn lies_have_the_right_form() {
    let told = |kind| once(kind).0.expect("a response").json()["result"].take();
    let truth: Value = truth().json()["result"].take();
    assert_eq!(told(Fault::Null), Value::Null);

    let digit = told(Fault::WrongDigit);
    assert_ne!(digit, truth);
    let length = |value: &Value| value.to_string().len();
    assert_eq!(length(&digit), length(&truth));

    let other = told(Fault::OtherBlock);
    assert_eq!(other["hash"], truth["parentHash"]);

    let old: U64 = from_value(told(Fault::OldHead)["number"].take()).expect("a number");
    assert!(old.to::<u64>() < example().l2_head());

    let fork = told(Fault::Fork);
    assert_ne!(
        (&fork["hash"], &fork["extraData"]),
        (&truth["hash"], &truth["extraData"])
    );
    assert_eq!(fork["parentHash"], truth["parentHash"]);
    let header: rpc::Header = from_value(fork).expect("a header");
    assert_eq!(header.inner.hash_slow(), header.hash);
}

#[test]
fn a_raw_header_can_be_of_another_fork() {
    let nodes = serve(Plan {
        rate_per_mille: 1_000,
        kinds: vec![Fault::Fork],
        max: Some(1),
        ..Plan::default()
    });
    let told = call(nodes.l1(), "debug_getRawHeader", json!(["latest"]));
    let truth = call(nodes.l1(), "debug_getRawHeader", json!(["latest"]));
    assert_ne!(told, truth);
    let header = |value: &Value| -> alloy_consensus::Header {
        alloy_rlp::decode_exact(crate::blocks::bytes(value)).expect("a header")
    };
    let (told, truth) = (header(&told), header(&truth));
    assert_ne!(told.extra_data, truth.extra_data);
    assert_eq!(told.state_root, truth.state_root);
}

#[test]
fn one_member_of_a_batch_is_wrong() {
    let nodes = serve(Plan {
        rate_per_mille: 1_000,
        kinds: vec![Fault::Null],
        max: Some(1),
        ..Plan::default()
    });
    let batch: Vec<Value> = (0..5).map(|_| request("eth_chainId", json!([]))).collect();
    let replies = post(nodes.l1(), &json!(batch)).expect("a response").json();
    let replies = replies.as_array().expect("a batch");
    assert_eq!(
        replies
            .iter()
            .filter(|reply| reply["result"].is_null())
            .count(),
        1
    );
}

#[test]
fn the_beacon_node_lies_and_breaks_too() {
    let path = "/eth/v1/beacon/genesis";
    for (kind, counts) in [
        (Fault::Null, true),
        (Fault::WrongDigit, true),
        (Fault::Truncate, true),
        // There is no other block to speak of: nothing happens, and nothing is counted.
        (Fault::OtherBlock, false),
        (Fault::OldHead, false),
    ] {
        let nodes = serve(Plan {
            rate_per_mille: 1_000,
            kinds: vec![kind],
            max: Some(1),
            only: Some(Role::Beacon),
            ..Plan::default()
        });
        call(nodes.l1(), "eth_chainId", json!([]));
        assert_eq!(nodes.faults().total(), 0);
        let first = get(nodes.beacon(), path).ok().map(|response| response.body);
        assert_eq!(nodes.faults().of(kind), u64::from(counts), "{kind:?}");
        let second = get(nodes.beacon(), path).ok().map(|response| response.body);
        assert_eq!(first != second, counts, "{kind:?}");
    }
}

/// What happens to a request depends on the seed, on what is asked and on how often it was, but not on what else was asked.
#[test]
fn faults_come_by_the_seed() {
    let run = |seed, backwards: bool| -> Vec<Vec<bool>> {
        let nodes = serve(Plan {
            seed,
            rate_per_mille: 300,
            kinds: vec![Fault::ServerError],
            ..Plan::default()
        });
        let mut questions: Vec<usize> = (0..12).collect();
        if backwards {
            questions.reverse();
        }
        let mut fates = vec![Vec::new(); 12];
        for _ in 0..6 {
            for question in &questions {
                let params = json!([U64::from(*question), false]);
                let asked = request("eth_getBlockByNumber", params);
                let response = post(nodes.l1(), &asked).expect("a response");
                fates[*question].push(response.status == 500);
            }
        }
        let count = fates.iter().flatten().filter(|failed| **failed).count();
        assert_eq!(nodes.faults().of(Fault::ServerError), count as u64);
        // 72 requests, 21.6 on average.
        assert!((8..=36).contains(&count), "{count}");
        fates
    };
    let first = run(1, false);
    assert_eq!(first, run(1, true));
    assert_ne!(first, run(2, false));
}

#[test]
fn faults_can_be_turned_off_and_on() {
    let nodes = serve(Plan {
        rate_per_mille: 1_000,
        kinds: vec![Fault::Unavailable],
        ..Plan::default()
    });
    let status = || post(nodes.l1(), &asked()).expect("a response").status;
    assert_eq!(status(), 503);
    nodes.set_faults(false);
    assert_eq!(status(), 200);
    nodes.set_faults(true);
    assert_eq!(status(), 503);
    assert_eq!(nodes.faults().total(), 2);
}

fn serve(plan: Plan) -> Standin {
    let options = Options {
        faults: Some(plan),
        ..Options::default()
    };
    Standin::serve(example(), options).expect("nodes")
}
