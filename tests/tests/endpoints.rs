//! Claims from nodes: the stand-in's, which serve what a claim folder's witness holds, as different clients do, and with faults.

use futures_util::{SinkExt, StreamExt};
use hoike_claims::{Entry, Expected, Folder};
use hoike_host::{
    Local, LocalChain, Online, OnlineError, Plan as Ends, PlanError, Wish,
    fetch::{Addresses, Fetch},
    judge,
    net::{Class, Failure, Settings},
    store::{Disk, Format},
};
use hoike_native::Native;
use hoike_preimage::{CheckError, Memory, PreimageKey, Verified, Witness};
use hoike_program::{Error, Outcome, Verdict};
use hoike_protocol::output::OutputV0;
use hoike_standin::{Data, Fault, Options, Plan, Profile, Role, Standin};
use hoike_tests::{TempFolder, claim_folders, fixtures};
use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_tungstenite::tungstenite::Message;

/// Pauses that a test can wait for.
fn settings() -> Settings {
    Settings {
        first_pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(20),
        answer: Duration::from_secs(5),
        ..Settings::default()
    }
}

/// What came of a claim.
struct Run {
    result: Result<(Outcome, Memory), Error<OnlineError>>,
    requests: u64,
    retries: u64,
}

impl Run {
    fn verdict(&self) -> Verdict {
        match &self.result {
            Ok((outcome, _)) => outcome.verdict,
            Err(why) => panic!("no verdict: {why}: {:?}", std::error::Error::source(why)),
        }
    }

    fn failure(&self) -> &OnlineError {
        match &self.result {
            Err(Error::Preimage {
                cause: CheckError::Hint { cause } | CheckError::Oracle { cause, .. },
                ..
            }) => cause,
            Err(other) => panic!("another error: {other}"),
            Ok((outcome, _)) => panic!("a verdict: {:?}", outcome.verdict),
        }
    }
}

fn agreed(folder: &Folder, entry: &Entry) -> OutputV0 {
    let key = PreimageKey::keccak256(entry.agreed_root());
    OutputV0::decode(&folder.witness.value(&key).expect("the agreed output")).expect("an output")
}

fn run(
    folder: &Folder,
    entry: &Entry,
    nodes: &[&Standin],
    settings: Settings,
    disk: Option<Disk>,
) -> Run {
    run_at(folder, entry, &addresses(nodes), settings, disk)
}

fn addresses(nodes: &[&Standin]) -> Addresses {
    let all =
        |address: fn(&Standin) -> &str| nodes.iter().map(|node| address(node).to_owned()).collect();
    Addresses {
        l1: all(Standin::l1),
        beacon: all(Standin::beacon),
        l2: all(Standin::l2),
    }
}

fn run_at(
    folder: &Folder,
    entry: &Entry,
    addresses: &Addresses,
    settings: Settings,
    disk: Option<Disk>,
) -> Run {
    let boot = entry.boot(&folder.rules);
    let runtime = runtime();
    let fetch = Arc::new(Fetch::new(addresses, settings).expect("addresses"));
    let local = Local {
        l1_head: boot.claim.l1_head,
        agreed_output_root: boot.claim.agreed_output_root,
        claimed_output_root: boot.claim.claimed_output_root,
        claimed_block: boot.claim.claimed_block,
        chain: LocalChain::Kona {
            id: folder.rules.rollup.l2_chain_id,
            rollup_config: None,
            l1_config: None,
        },
    };
    let online = Arc::new(Online::new(
        runtime.handle().clone(),
        Arc::clone(&fetch),
        disk,
        local,
        folder.rules.clone(),
        Some(agreed(folder, entry).block_hash),
    ));
    runtime.spawn(online.ahead());
    let mut read = Memory::default();
    let result =
        judge(&online, &boot, &mut (), Some(&mut read)).map(|(outcome, _)| (outcome, read));
    Run {
        result,
        requests: fetch.meter().requests(),
        retries: fetch.meter().retries(),
    }
}

fn is_expected(verdict: Verdict, expected: Option<Expected>) -> bool {
    match (verdict, expected) {
        (Verdict::Valid, Some(Expected::Valid))
        | (Verdict::Invalid { .. }, Some(Expected::Invalid)) => true,
        (Verdict::Valid | Verdict::Invalid { .. }, _) => false,
    }
}

/// The valid claim of the most blocks, and what serves it; of the first folder whose name begins so.
fn fixture(begins: &str) -> Option<(Folder, usize, Arc<Data>)> {
    let folders = std::fs::read_dir(fixtures("claims")?).expect("a folder");
    let mut paths: Vec<PathBuf> = folders
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    let named = |path: &&PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(begins)
    };
    // Other sets of fixtures have other names, and any folder will do.
    let path = paths.iter().find(named).or(paths.first())?;
    let folder = Folder::read(path).expect("a claim folder");
    let claims = folder.claims.iter().enumerate();
    let valid = claims.filter(|(_, entry)| entry.expected == Some(Expected::Valid));
    let (claim, _) = valid.max_by_key(|(_, entry)| entry.claimed().0)?;
    let data = Data::build(&folder, claim).expect("its nodes");
    Some((folder, claim, Arc::new(data)))
}

/// Every folder there is, from nodes alone, each by one client; and what was read is a witness that gives the same verdict without nodes.
#[test]
fn all_folders_verify_from_nodes() {
    let profiles = [
        Profile::OpGeth,
        Profile::OpReth,
        Profile::Nethermind,
        Profile::Erigon,
    ];
    let mut judged = 0;
    for (number, path) in claim_folders().iter().enumerate() {
        let folder = Folder::read(path).expect("a claim folder");
        let claims = folder.claims.len();
        // The first claim, and one more that differs from folder to folder.
        let mut chosen = vec![0, number % claims];
        chosen.dedup();
        for (turn, claim) in chosen.into_iter().enumerate() {
            let profile = profiles[(number + turn) % profiles.len()];
            let public = number % 3 == 1;
            let options = Options {
                profile,
                // As public L1 providers are.
                without: if public {
                    vec!["l1:debug_*".into()]
                } else {
                    Vec::new()
                },
                beacon_blobs: number % 2 == 0,
                max_batch: if number % 5 == 4 { 0 } else { 100 },
                ..Options::default()
            };
            let name = format!("{} claim {claim} by {profile:?}", folder.name);
            let entry = &folder.claims[claim];
            let data = Data::build(&folder, claim).unwrap_or_else(|why| panic!("{name}: {why}"));
            let node = Standin::serve(&Arc::new(data), options).expect("nodes");
            let run = run(&folder, entry, &[&node], settings(), None);
            let verdict = run.verdict();
            assert!(is_expected(verdict, entry.expected), "{name}: {verdict:?}");

            let (_, read) = run.result.expect("a verdict");
            let saved = read.to_witness().expect("short values");
            let saved = Witness::parse(saved.into()).expect("a witness");
            let mut oracle = Verified::new(saved, hoike_kzg::Native);
            let boot = entry.boot(&folder.rules);
            let again = hoike_program::run(&boot, &mut oracle, &mut Native::new(), &mut ());
            let again = again.unwrap_or_else(|why| panic!("{name}, saved: {why}"));
            assert_eq!(again.verdict, verdict, "{name}, saved");
            judged += 1;
        }
    }
    assert!(judged > 0);
}

/// State that no node gives in bulk, or only in part, is found by proofs.
#[test]
fn incomplete_bulk_state_is_completed() {
    let Some((folder, claim, data)) = fixture("isthmus-fees") else {
        return;
    };
    for (name, profile, without, incomplete_witness) in [
        (
            "a third is missing, single nodes are to be had",
            Profile::OpGeth,
            vec![],
            true,
        ),
        (
            "a third is missing, proofs alone are to be had",
            Profile::OpReth,
            vec![],
            true,
        ),
        (
            "proofs alone",
            Profile::OpReth,
            vec!["l2:debug_exec*".to_owned()],
            false,
        ),
        (
            "single nodes alone",
            Profile::OpGeth,
            vec!["l2:debug_exec*".to_owned()],
            false,
        ),
    ] {
        let options = Options {
            profile,
            without,
            incomplete_witness,
            ..Options::default()
        };
        let node = Standin::serve(&data, options).expect("nodes");
        let run = run(&folder, &folder.claims[claim], &[&node], settings(), None);
        assert_eq!(run.verdict(), Verdict::Valid, "{name}");
    }
}

/// Hundreds of faults of every kind in one verification; with `HOIKE_FAULTS=10000` so many.
#[test]
fn the_verdict_is_right_whatever_goes_wrong_on_the_way() {
    let Some((folder, claim, data)) = fixture("multi-fork-long") else {
        return;
    };
    let wanted: u64 = std::env::var("HOIKE_FAULTS").map_or(300, |n| n.parse().expect("a number"));
    let (mut injected, mut seed) = (0, 0);
    // Rates rise until the number is reached in a single run. A late answer is an answer, and a lie may happen not to change one: after those nothing
    // more can happen to a request. So the higher rates are of the others, mostly.
    let failing = Fault::ALL
        .into_iter()
        .filter(|kind| !Fault::LIES.contains(kind) && !matches!(kind, Fault::Delay | Fault::Drip));
    for (rate_per_mille, failing_times) in [(300, 1), (600, 8), (950, 20), (1000, 60)] {
        let kinds: Vec<Fault> = std::iter::repeat_n(failing.clone(), failing_times)
            .flatten()
            .chain(Fault::ALL)
            .collect();
        seed += 1;
        let plan = Plan {
            seed,
            rate_per_mille,
            kinds,
            max: Some(wanted),
            delay: Duration::from_millis(5),
            ..Plan::default()
        };
        let options = Options {
            faults: Some(plan),
            ..Options::default()
        };
        let node = Standin::serve(&data, options).expect("nodes");
        // Without batches there are more requests that something can happen to.
        let settings = Settings {
            batch: 1,
            ..settings()
        };
        let run = run(&folder, &folder.claims[claim], &[&node], settings, None);
        assert_eq!(run.verdict(), Verdict::Valid, "seed {seed}");
        assert!(run.retries > 0);
        injected = node.faults().total();
        eprintln!(
            "{injected} faults at {rate_per_mille} per mille, {} requests",
            run.requests
        );
        if injected >= wanted {
            break;
        }
    }
    assert!(injected >= wanted, "{injected} faults");
}

/// An endpoint that always lies, or has dropped everything, costs time and nothing else where there is another one.
#[test]
fn the_next_endpoint_is_asked() {
    let Some((folder, claim, data)) = fixture("ecotone-blobs") else {
        return;
    };
    let good = Standin::serve(&data, Options::default()).expect("nodes");
    let lying = Options {
        faults: Some(Plan {
            seed: 7,
            rate_per_mille: 1000,
            kinds: vec![Fault::WrongDigit, Fault::OtherBlock, Fault::Fork],
            ..Plan::default()
        }),
        ..Options::default()
    };
    let pruned = Options {
        pruned: true,
        pruned_blobs: true,
        ..Options::default()
    };
    for (name, options) in [("lying", lying), ("pruned", pruned)] {
        let bad = Standin::serve(&data, options).expect("nodes");
        let run = run(
            &folder,
            &folder.claims[claim],
            &[&bad, &good],
            settings(),
            None,
        );
        assert_eq!(run.verdict(), Verdict::Valid, "{name}");
        assert!(run.retries > 0, "{name}: it was not asked");
    }
}

/// What no retry helps against ends the run, and says who, what and what would help.
#[test]
fn permanent_faults_are_named_with_their_remedy() {
    let cases = [
        (
            "ecotone-blobs",
            Options {
                pruned_blobs: true,
                ..Options::default()
            },
            ["beacon/blobs", "archive"],
        ),
        (
            "isthmus-deposits",
            Options {
                without: [
                    "debug_getRawReceipts",
                    "eth_getBlockReceipts",
                    "eth_getTransactionReceipt",
                ]
                .map(|method| format!("l1:{method}"))
                .to_vec(),
                ..Options::default()
            },
            ["eth_getTransactionReceipt", "enable the method's namespace"],
        ),
        (
            "isthmus-deposits",
            Options {
                pruned: true,
                ..Options::default()
            },
            ["pruned", "archive"],
        ),
    ];
    for (begins, options, words) in cases {
        let Some((folder, claim, data)) = fixture(begins) else {
            return;
        };
        let node = Standin::serve(&data, options).expect("nodes");
        let run = run(&folder, &folder.claims[claim], &[&node], settings(), None);
        let failure = run.failure();
        assert!(failure.is_endpoints());
        let text = failure.to_string();
        for word in words.into_iter().chain(["127.0.0.1"]) {
            assert!(text.contains(word), "{word:?} is not in {text:?}");
        }
    }
}

/// A node that never answers is waited for as long as the deadline says, and not asked without a pause.
#[test]
fn a_deadline_ends_what_would_never_end() {
    let Some((folder, claim, data)) = fixture("ecotone-blobs") else {
        return;
    };
    let options = Options {
        faults: Some(Plan {
            seed: 1,
            rate_per_mille: 1000,
            kinds: vec![Fault::Unavailable],
            ..Plan::default()
        }),
        ..Options::default()
    };
    let node = Standin::serve(&data, options).expect("nodes");
    let settings = Settings {
        first_pause: Duration::from_millis(50),
        longest_pause: Duration::from_millis(200),
        deadline: Some(Instant::now() + Duration::from_millis(1500)),
        ..settings()
    };
    let run = run(&folder, &folder.claims[claim], &[&node], settings, None);
    let text = run.failure().to_string();
    assert!(text.contains("deadline"), "{text}");
    // Three things are wanted at first; each is asked for after 50, 100 and 200 ms and so on, never more often.
    assert!(run.requests < 200, "{} requests", run.requests);
}

/// What a data directory holds is not fetched again: the second run asks for nothing but what finds it.
#[test]
fn a_second_run_fetches_nothing() {
    let Some((folder, claim, data)) = fixture("ecotone-blobs") else {
        return;
    };
    let node = Standin::serve(&data, Options::default()).expect("nodes");
    let folder_of_data = TempFolder::empty();
    let disk = || Some(Disk::open(folder_of_data.path(), Format::Directory).expect("a directory"));
    let entry = &folder.claims[claim];
    let first = run(&folder, entry, &[&node], settings(), disk());
    assert_eq!(first.verdict(), Verdict::Valid);
    node.reset_counters();
    let second = run(&folder, entry, &[&node], settings(), disk());
    assert_eq!(second.verdict(), Verdict::Valid);
    let counters = node.counters();
    for role in [Role::L1, Role::L2] {
        for method in [
            "debug_getRawReceipts",
            "eth_getBlockReceipts",
            "eth_getBlockByHash",
            "debug_getRawHeader",
        ] {
            assert_eq!(counters.calls(role, method), 0, "{role:?} {method}");
        }
    }
    assert_eq!(
        counters.calls(Role::L1, "debug_getRawBlock"),
        0,
        "L1 blocks"
    );
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}

/// A node that follows another chain for a moment, or one behind the same address that always does, does not make a given agreed root a wrong one.
#[test]
fn a_flapping_node_is_asked_again_for_the_agreed_block() {
    let example = Folder::read(&hoike_tests::example()).expect("the example");
    let data = Arc::new(Data::build(&example, 0).expect("its nodes"));
    // Before Isthmus the root needs a proof, which there is none of for a block of another chain; since then it is in the header.
    let before = Some((example, 0, data));
    for (folder, claim, data) in [before, fixture("isthmus-fees")].into_iter().flatten() {
        let entry = &folder.claims[claim];
        let boot = entry.boot(&folder.rules);
        let serve = |max| {
            let forks = Plan {
                rate_per_mille: 1000,
                kinds: vec![Fault::Fork],
                max,
                only: Some(Role::L2),
                ..Plan::default()
            };
            let options = Options {
                faults: Some(forks),
                // So that a block comes with its header's fields, which the fault can change.
                without: vec!["l2:debug_getRaw*".into()],
                ..Options::default()
            };
            Standin::serve(&data, options).expect("nodes")
        };
        let ends = |nodes: &[&Standin]| {
            let wish = Wish {
                block: boot.claim.claimed_block,
                from: data.agreed().number,
                claimed_root: Some(boot.claim.claimed_output_root),
                agreed_root: Some(boot.claim.agreed_output_root),
                l1_head: Some(boot.claim.l1_head),
            };
            let settings = Settings {
                deadline: Some(Instant::now() + Duration::from_secs(20)),
                ..settings()
            };
            let fetch = Fetch::new(&addresses(nodes), settings).expect("addresses");
            runtime().block_on(Ends::make(&fetch, &folder.rules, &wish, 32))
        };
        let flapping = serve(Some(4));
        let found = ends(&[&flapping]).expect("an honest answer in the end");
        assert_eq!(found.agreed, data.agreed().hash);
        assert_eq!(found.agreed_root, boot.claim.agreed_output_root);
        assert_eq!(flapping.faults().of(Fault::Fork), 4);

        let liar = serve(None);
        let honest = Standin::serve(&data, Options::default()).expect("nodes");
        let found = ends(&[&liar, &honest]).expect("the other one's answer");
        assert_eq!(found.agreed, data.agreed().hash);
        assert!(liar.faults().of(Fault::Fork) > 0);

        // Nobody else is there: an error in the end, and no verdict on another chain.
        match ends(&[&liar]).expect_err("no such block") {
            PlanError::AgreedRoot { given, .. } => {
                assert_eq!(given, boot.claim.agreed_output_root);
            }
            PlanError::Endpoint(Failure::Nobody { said, .. }) => {
                assert!(said.iter().all(|said| said.fault.class == Class::NotThere));
            }
            other => panic!("{other}"),
        }
    }
}

/// Endpoints by WebSocket are as good as those by HTTP, also when connections break between a question and its answer.
#[test]
fn websockets_serve_as_well() {
    let Some((folder, claim, data)) = fixture("isthmus-fees") else {
        return;
    };
    let entry = &folder.claims[claim];
    let node = Standin::serve(&data, Options::default()).expect("nodes");
    for answers in [usize::MAX, 15] {
        let proxies = runtime();
        let [l1, l2] = [node.l1(), node.l2()].map(|url| {
            let to = url.strip_prefix("http://").expect("an address").to_owned();
            let listener = proxies.block_on(TcpListener::bind("127.0.0.1:0"));
            let listener = listener.expect("a port");
            let address = listener.local_addr().expect("an address");
            proxies.spawn(websocket(listener, to, answers));
            format!("ws://{address}")
        });
        let addresses = Addresses {
            l1: vec![l1],
            beacon: vec![node.beacon().to_owned()],
            l2: vec![l2],
        };
        let settings = Settings {
            deadline: Some(Instant::now() + Duration::from_secs(60)),
            ..settings()
        };
        let run = run_at(&folder, entry, &addresses, settings, None);
        assert_eq!(
            run.verdict(),
            Verdict::Valid,
            "{answers} answers a connection"
        );
        assert!(run.requests > 0);
    }
}

/// Hands each message on to an HTTP server, and its answer back. A connection breaks after so many answers.
async fn websocket(listener: TcpListener, to: String, answers: usize) {
    while let Ok((stream, _)) = listener.accept().await {
        let to = to.clone();
        tokio::spawn(async move {
            let mut socket = tokio_tungstenite::accept_async(stream).await.ok()?;
            let mut given = 0;
            while let Some(Ok(message)) = socket.next().await {
                let Message::Text(question) = message else {
                    continue;
                };
                if given == answers {
                    break;
                }
                given += 1;
                let answer = post(&to, &question).await?;
                socket.send(Message::Text(answer.into())).await.ok()?;
            }
            Some(())
        });
    }
}

async fn post(to: &str, body: &str) -> Option<String> {
    let mut stream = TcpStream::connect(to).await.ok()?;
    let length = body.len();
    let request = format!(
        "POST / HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut response = String::new();
    stream.read_to_string(&mut response).await.ok()?;
    let (_, body) = response.split_once("\r\n\r\n")?;
    Some(body.to_owned())
}
