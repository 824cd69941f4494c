//! Batches, limits, missing methods, unknown blocks, delays and counters.

use crate::{
    client::{call, error, get, post, reply, request},
    example,
};
use alloy_primitives::{B256, U64};
use hoike_standin::{Options, Role, Standin};
use serde_json::{Value, json};
use std::{
    thread,
    time::{Duration, Instant},
};

#[test]
fn batches_are_answered_in_order_up_to_a_limit() {
    let nodes = serve(Options {
        max_batch: 2,
        ..Options::default()
    });
    let one = |id: u64, method: &str| json!({ "jsonrpc": "2.0", "id": id, "method": method });
    let chain = json!(U64::from(11_155_420));
    let batch = json!([one(3, "eth_chainId"), one(1, "no_such")]);
    let replies = post(nodes.l2(), &batch).expect("a response").json();
    assert_eq!(
        (&replies[0]["id"], &replies[0]["result"]),
        (&json!(3), &chain)
    );
    assert_eq!(
        (&replies[1]["id"], &replies[1]["error"]["code"]),
        (&json!(1), &json!(-32601))
    );
    let three = json!([
        one(1, "eth_chainId"),
        one(2, "eth_chainId"),
        one(3, "eth_chainId")
    ]);
    let refused = post(nodes.l2(), &three).expect("a response").json();
    assert_eq!(refused["error"]["message"], "batch too large");

    let nodes = serve(Options {
        max_batch: 0,
        ..Options::default()
    });
    let refused = post(nodes.l2(), &json!([one(1, "eth_chainId")]))
        .expect("a response")
        .json();
    assert_eq!(refused["error"]["code"], -32600);
    assert_eq!(call(nodes.l2(), "eth_chainId", json!([])), chain);
}

#[test]
fn what_is_unknown_is_null_or_an_error() {
    let nodes = serve(Options::default());
    let unknown = B256::repeat_byte(0x11);
    let beyond = U64::from(example().l2_head() + 1);
    for (method, params) in [
        ("eth_getBlockByHash", json!([unknown, true])),
        ("eth_getBlockByNumber", json!([beyond, false])),
        ("eth_getBlockReceipts", json!([unknown])),
        ("eth_getTransactionReceipt", json!([unknown])),
    ] {
        for url in [nodes.l1(), nodes.l2()] {
            assert_eq!(call(url, method, params.clone()), Value::Null, "{method}");
        }
    }
    for method in [
        "debug_getRawHeader",
        "debug_getRawBlock",
        "debug_getRawReceipts",
    ] {
        let (code, why) = error(nodes.l2(), method, json!([unknown]));
        assert_eq!((code, why.as_str()), (-32000, "header not found"));
    }
    assert_eq!(
        error(nodes.l2(), "eth_getBlockByHash", json!([7, true])).0,
        -32602
    );
    // State is L2's.
    assert_eq!(error(nodes.l1(), "eth_getProof", json!([])).0, -32601);
    assert_eq!(
        error(nodes.l1(), "debug_executionWitness", json!(["latest"])).0,
        -32601
    );
}

#[test]
fn methods_can_be_taken_away_from_one_node_or_both() {
    let nodes = serve(Options {
        without: vec![
            "l1:debug_*".into(),
            "eth_getBlockReceipts".into(),
            "l2:eth_getProof".into(),
        ],
        ..Options::default()
    });
    assert_eq!(
        error(nodes.l1(), "debug_getRawHeader", json!(["latest"])).0,
        -32601
    );
    assert!(call(nodes.l2(), "debug_getRawHeader", json!(["latest"])).is_string());
    for url in [nodes.l1(), nodes.l2()] {
        assert_eq!(
            error(url, "eth_getBlockReceipts", json!(["latest"])).0,
            -32601
        );
    }
    assert_eq!(error(nodes.l2(), "eth_getProof", json!([])).0, -32601);
}

#[test]
fn beacon_endpoints_can_be_taken_away() {
    let nodes = serve(Options {
        beacon_blobs: false,
        ..Options::default()
    });
    let status =
        |nodes: &Standin, path: &str| get(nodes.beacon(), path).expect("a response").status;
    let head = "/eth/v1/beacon/blobs/head";
    let sidecars = "/eth/v1/beacon/blob_sidecars/head";
    assert_eq!((status(&nodes, head), status(&nodes, sidecars)), (404, 200));
    let nodes = serve(Options {
        beacon_sidecars: false,
        ..Options::default()
    });
    assert_eq!((status(&nodes, head), status(&nodes, sidecars)), (200, 404));
    assert_eq!(status(&nodes, "/eth/v1/node/version"), 200);

    let counts = |pruned_blobs| {
        let nodes = serve(Options {
            pruned_blobs,
            ..Options::default()
        });
        // L1's blocks come every 12 seconds, the oldest in slot 1,000.
        let slots = 1_000..1_090;
        let lists = slots.filter_map(|slot| {
            let path = format!("/eth/v1/beacon/blobs/{slot}");
            let response = get(nodes.beacon(), &path).expect("a response");
            let list = response.json()["data"].as_array().map(Vec::len);
            assert_eq!(list.is_some(), response.status == 200);
            list
        });
        lists.fold((0, 0), |(lists, blobs), length| (lists + 1, blobs + length))
    };
    let ((lists, blobs), (same, none)) = (counts(false), counts(true));
    assert!(
        blobs > 0 && lists == same && none == 0,
        "{lists} {blobs} {same} {none}"
    );
}

#[test]
fn nodes_can_be_behind() {
    let (agreed, head) = (example().agreed(), example().l1_range().1);
    let nodes = serve(Options {
        l1_head: Some(head - 3),
        l2_head: Some(agreed.number),
        ..Options::default()
    });
    let latest = call(nodes.l2(), "eth_getBlockByNumber", json!(["latest", false]));
    assert_eq!(latest["hash"], json!(agreed.hash));
    assert_eq!(
        call(nodes.l1(), "eth_blockNumber", json!([])),
        json!(U64::from(head - 3))
    );
    let l1_head = example().claim().l1_head;
    assert_eq!(
        call(nodes.l1(), "eth_getBlockByHash", json!([l1_head, false])),
        Value::Null
    );
    assert_eq!(
        error(nodes.l1(), "debug_getRawHeader", json!([l1_head])).0,
        -32000
    );
}

#[test]
fn large_results_can_be_refused() {
    let nodes = serve(Options {
        max_result_bytes: 1_000,
        ..Options::default()
    });
    let (code, why) = error(nodes.l2(), "eth_getBlockByNumber", json!(["latest", true]));
    assert!(code == -32008 && why.contains("too big"), "{why}");
    assert!(call(nodes.l2(), "eth_chainId", json!([])).is_string());
}

#[test]
fn requests_and_serial_round_trips_are_counted() {
    let latency = Duration::from_millis(60);
    let nodes = serve(Options {
        latency,
        ..Options::default()
    });
    let begun = Instant::now();
    for _ in 0..3 {
        call(nodes.l1(), "eth_chainId", json!([]));
    }
    thread::scope(|scope| {
        for url in [nodes.l1(), nodes.l2(), nodes.l2(), nodes.l2()] {
            scope.spawn(move || call(url, "eth_blockNumber", json!([])));
        }
    });
    get(nodes.beacon(), "/eth/v1/beacon/genesis").expect("a response");
    assert!(begun.elapsed() >= latency * 5);
    let counters = nodes.counters();
    assert_eq!(counters.total(), 8);
    assert_eq!(
        [Role::L1, Role::Beacon, Role::L2].map(|role| counters.requests(role)),
        [4, 1, 3]
    );
    assert_eq!(counters.calls(Role::L1, "eth_chainId"), 3);
    assert_eq!(counters.calls(Role::L2, "eth_blockNumber"), 3);
    assert_eq!(counters.calls(Role::Beacon, "/eth/v1/beacon/genesis"), 1);
    let trips = counters.serial_trips(latency);
    // Four in parallel are one, or two where the machine is slow to start them; eight would be as many as requests.
    assert!((4.9..7.5).contains(&trips), "{trips}");
    assert!(counters.most_open >= 2, "{counters:?}");
    assert!(counters.bytes_out > 100, "{counters:?}");

    nodes.reset_counters();
    let again = nodes.counters();
    assert_eq!(
        (again.total(), again.bytes_out, again.busy),
        (0, 0, Duration::ZERO)
    );
}

#[test]
fn a_claim_beyond_l1_has_no_such_block() {
    let Some(folder) = crate::fixture("jovian-basic") else {
        return;
    };
    let folder = hoike_claims::Folder::read(&folder).expect("a folder");
    let mut beyond = 0;
    for index in 0..folder.claims.len() {
        let nodes = Standin::start(&folder, index, Options::default()).expect("nodes");
        let claimed = nodes.data().claim().claimed_block;
        let block = call(
            nodes.l2(),
            "eth_getBlockByNumber",
            json!([U64::from(claimed), false]),
        );
        let derived = nodes.data().l2_head();
        assert_eq!(block.is_null(), claimed > derived, "claim {index}");
        beyond += u64::from(claimed > derived);
    }
    assert!(beyond > 0);
}

#[test]
fn connections_are_kept_and_what_is_no_request_is_refused() {
    let nodes = serve(Options::default());
    let refused = post(nodes.l1(), &json!("hello"))
        .expect("a response")
        .json();
    assert_eq!(refused["error"]["code"], -32600);
    assert_eq!(get(nodes.l1(), "/").expect("a response").status, 405);
    let reply = reply(nodes.l1(), "eth_syncing", json!([]));
    assert_eq!(reply, json!({ "jsonrpc": "2.0", "id": 7, "result": false }));

    use std::io::{Read, Write};
    let host = nodes.l1().strip_prefix("http://").expect("plain HTTP");
    let mut stream = std::net::TcpStream::connect(host).expect("a connection");
    let body = request("eth_chainId", json!([])).to_string();
    for _ in 0..2 {
        let length = body.len();
        write!(
            stream,
            "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .expect("an open connection");
        let mut buffer = [0; 1_000];
        let mut got = String::new();
        while !got.ends_with('}') {
            let count = stream.read(&mut buffer).expect("an open connection");
            assert!(count > 0, "closed after {got}");
            got.push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
        assert!(got.starts_with("HTTP/1.1 200"), "{got}");
    }
}

fn serve(options: Options) -> Standin {
    Standin::serve(example(), options).expect("nodes")
}
