//! Programs on the other end of the pipes.

use alloy_primitives::{Address, B256, Bytes, keccak256};
use hoike_claims::{Entry, Expected, Folder};
use hoike_executor::PureRust;
use hoike_host::{
    Backend, Local, LocalChain, Offline, OfflineError, PipeOracle, Pipes, ServeError, serve,
    store::{Disk, Format},
};
use hoike_preimage::{Checked, Hint, KeyKind, Oracle, PreimageKey, Trusted, Verified, Witness};
use hoike_program::{Verdict, run};
use hoike_tests::{TempFolder, claim_folders};
use std::{
    io::{PipeReader, PipeWriter, pipe},
    sync::Arc,
    thread,
};

type Client = PipeOracle<PipeReader, PipeWriter>;
type Server = Pipes<PipeReader, PipeWriter>;

fn pipes() -> (Client, Server) {
    let [
        (hints, hint_write),
        (acks, ack_write),
        (keys, key_write),
        (values, value_write),
    ] = [(); 4].map(|()| pipe().expect("a pipe"));
    let client = PipeOracle::new(acks, hint_write, values, key_write);
    let server = Pipes {
        hint_read: hints,
        hint_write: ack_write,
        preimage_read: keys,
        preimage_write: value_write,
    };
    (client, server)
}

/// A witness that counts as what a host has.
struct Kept(Witness);

#[derive(Debug, thiserror::Error)]
#[error("not kept")]
struct NotKept;

impl Backend for Kept {
    type Error = NotKept;

    fn hint(&self, _: &[u8]) -> Result<(), NotKept> {
        Ok(())
    }

    fn preimage(&self, key: PreimageKey) -> Result<Bytes, NotKept> {
        self.0.value(&key).ok_or(NotKept)
    }
}

fn nothing_of(chain: LocalChain) -> Local {
    Local {
        l1_head: B256::ZERO,
        agreed_output_root: B256::ZERO,
        claimed_output_root: B256::ZERO,
        claimed_block: 7,
        chain,
    }
}

fn agrees(entry: &Entry, verdict: Verdict) -> bool {
    matches!(
        (entry.expected, verdict),
        (Some(Expected::Valid), Verdict::Valid)
            | (Some(Expected::Invalid), Verdict::Invalid { .. })
    )
}

fn local(folder: &Folder, entry: &Entry) -> Local {
    let claim = entry.boot(&folder.rules).claim;
    Local {
        l1_head: claim.l1_head,
        agreed_output_root: claim.agreed_output_root,
        claimed_output_root: claim.claimed_output_root,
        claimed_block: claim.claimed_block,
        chain: LocalChain::Kona {
            id: folder.rules.rollup.l2_chain_id,
            rollup_config: None,
            l1_config: None,
        },
    }
}

/// The first two claims of every folder there is: hints, keys and values over pipes, checked and believed.
#[test]
fn programs_over_pipes_come_to_the_expected_verdicts() {
    for path in claim_folders() {
        let folder = Folder::read(&path).expect("a claim folder");
        for (index, entry) in folder.claims.iter().enumerate().take(2) {
            let (client, server) = pipes();
            let backend = Arc::new(Kept(folder.witness.clone()));
            let serving = thread::spawn(move || serve(server, backend));
            let boot = entry.boot(&folder.rules);
            let outcome = if index == 0 {
                let mut oracle = Trusted::assume_checked_by_vm(client);
                run(&boot, &mut oracle, &mut PureRust, &mut ())
            } else {
                let mut oracle = Verified::new(client, hoike_kzg::Native);
                run(&boot, &mut oracle, &mut PureRust, &mut ())
            };
            let verdict = outcome.expect("a verdict").verdict;
            assert!(
                agrees(entry, verdict),
                "{} {index}: {verdict:?}",
                folder.name
            );
            // The client is gone with its pipes, so the server has come to its end.
            serving.join().unwrap().expect("a good end");
        }
    }
}

/// A whole folder from disk. Then a value is taken away, and one is spoilt: the server ends and says which, and the program has no verdict.
#[test]
fn a_data_directory_is_served_and_faults_end_both_sides() {
    let folders = claim_folders()
        .into_iter()
        .map(|path| Folder::read(&path).expect("a claim folder"));
    let folder = folders
        .min_by_key(|folder| folder.witness_bytes)
        .expect("the example");
    let data = TempFolder::empty();
    let disk = Disk::open(data.path(), Format::Directory).unwrap();
    for (key, value) in folder.witness.iter() {
        disk.put(key, &value).unwrap();
    }
    let play = |entry: &Entry| {
        let (client, server) = pipes();
        let backend = Arc::new(Offline::new(disk.clone(), local(&folder, entry)));
        let serving = thread::spawn(move || serve(server, backend));
        let mut oracle = Trusted::assume_checked_by_vm(client);
        let head = oracle.local(1).expect("the L1 head is a local value");
        assert_eq!(head, entry.boot(&folder.rules).claim.l1_head.0[..]);
        let outcome = run(
            &entry.boot(&folder.rules),
            &mut oracle,
            &mut PureRust,
            &mut (),
        );
        drop(oracle);
        (
            outcome.map(|outcome| outcome.verdict).ok(),
            serving.join().unwrap(),
        )
    };
    for entry in &folder.claims {
        let (verdict, served) = play(entry);
        assert!(agrees(entry, verdict.expect("a verdict")), "{entry:?}");
        served.expect("a good end");
    }
    let entry = &folder.claims[0];
    let claim = entry.boot(&folder.rules).claim;
    let head = PreimageKey::keccak256(claim.l1_head);
    let kept = disk.get(head).unwrap().expect("the L1 head's header");
    disk.put(head, &[&kept[..], &[0]].concat()).unwrap();
    match play(entry) {
        (
            None,
            Err(ServeError::Preimage {
                key,
                cause: OfflineError::Corrupt,
            }),
        ) => assert_eq!(key, head),
        other => panic!("{other:?}"),
    }
    let digits = alloy_primitives::hex::encode(head.as_bytes());
    let file = data
        .path()
        .join(&digits[..4])
        .join(format!("{}.txt", &digits[4..]));
    std::fs::remove_file(file).unwrap();
    match play(entry) {
        (
            None,
            Err(ServeError::Preimage {
                key,
                cause: OfflineError::Missing { hint },
            }),
        ) => {
            assert_eq!(key, head);
            assert!(hint.starts_with("l1-block-header 0x"), "{hint}");
        }
        other => panic!("{other:?}"),
    }
}

/// What op-challenger needs for a step that reads a precompile's result: the result, and the preimage of its key. The identity of EIP-197: no pairs.
#[test]
fn precompiles_are_computed_when_they_are_hinted() {
    let data = TempFolder::empty();
    let disk = Disk::open(data.path(), Format::Directory).unwrap();
    let local = nothing_of(LocalChain::Kona {
        id: 10,
        rollup_config: None,
        l1_config: None,
    });
    let (mut client, server) = pipes();
    let backend = Arc::new(Offline::new(disk.clone(), local));
    let serving = thread::spawn(move || serve(server, backend));
    let address = Address::with_last_byte(8);
    let mut one = [0; 33];
    (one[0], one[32]) = (1, 1);
    for (gas, input, result) in [
        (45_000_u64, &[][..], &one[..]),
        // Not a multiple of 192 bytes: the call fails.
        (45_000, &[1, 2, 3], &[0]),
    ] {
        client
            .hint(&Hint::L1Precompile {
                address,
                gas,
                input,
            })
            .unwrap();
        let key = PreimageKey::precompile(address, gas, input);
        assert_eq!(client.get(key).unwrap()[..], *result);
        let call = [address.as_slice(), &gas.to_be_bytes(), input].concat();
        let hash = keccak256(&call);
        assert_eq!(
            disk.get(PreimageKey::keccak256(hash)).unwrap().unwrap(),
            call
        );
        assert_eq!(
            (key.kind(), &key.as_bytes()[1..]),
            (KeyKind::Precompile, &hash[1..])
        );
    }
    assert_eq!(
        client.get(PreimageKey::local(4)).unwrap(),
        7_u64.to_be_bytes()[..]
    );
    drop(client);
    serving.join().unwrap().expect("a good end");
}

/// `l1-precompile` carries the gas in kona's hints and not in op-program's: there the same eight bytes are input. A pairing of nothing is one, of eight
/// bytes a failure.
#[test]
fn hints_are_read_as_the_program_means_them() {
    let kona = LocalChain::Kona {
        id: 10,
        rollup_config: None,
        l1_config: None,
    };
    let (address, gas) = (Address::with_last_byte(8), 45_000);
    let mut one = [0; 33];
    (one[0], one[32]) = (1, 1);
    for (chain, result) in [(kona, &one[..]), (LocalChain::OpProgram { id: 10 }, &[0])] {
        let data = TempFolder::empty();
        let disk = Disk::open(data.path(), Format::Directory).unwrap();
        let offline = Offline::new(disk, nothing_of(chain));
        let text = format!("l1-precompile {address:#x}{gas:016x}");
        offline.hint(text.as_bytes()).unwrap();
        let key = PreimageKey::precompile(address, gas, &[]);
        assert_eq!(offline.preimage(key).unwrap()[..], *result);
    }
}

/// D124: whatever comes as a hint is acknowledged, and answering goes on. D156: an announced length allocates nothing.
#[test]
fn d124_texts_that_are_no_hints_are_acknowledged() {
    use std::io::{Read, Write};
    let (mut client, server) = pipes();
    let backend = Arc::new(Kept(Witness::parse(Bytes::new()).unwrap()));
    let serving = thread::spawn(move || serve(server, backend));
    for text in [&b""[..], b"what?", b"l1-block-header 0x00", &[0xff, 0xfe]] {
        client
            .hint_write
            .write_all(&(text.len() as u32).to_be_bytes())
            .unwrap();
        client.hint_write.write_all(text).unwrap();
        let mut acknowledged = [0xff];
        client.hint_read.read_exact(&mut acknowledged).unwrap();
        assert_eq!(acknowledged, [0]);
    }
    // A message of 4 GiB is announced.
    client.hint_write.write_all(&[0xff; 4]).unwrap();
    match serving.join().unwrap() {
        Err(ServeError::Message { name: "hint", .. }) => {}
        other => panic!("{other:?}"),
    }
}

/// Half a message, then nothing.
#[test]
fn a_client_that_dies_in_the_middle_is_noticed() {
    use std::io::Write;
    let (mut client, server) = pipes();
    let backend = Arc::new(Kept(Witness::parse(Bytes::new()).unwrap()));
    let serving = thread::spawn(move || serve(server, backend));
    client.preimage_write.write_all(&[2; 31]).unwrap();
    drop(client);
    match serving.join().unwrap() {
        Err(ServeError::Message {
            name: "preimage", ..
        }) => {}
        other => panic!("{other:?}"),
    }
    // A type that there is not.
    let (mut client, server) = pipes();
    let backend = Arc::new(Kept(Witness::parse(Bytes::new()).unwrap()));
    let serving = thread::spawn(move || serve(server, backend));
    client.preimage_write.write_all(&[9; 32]).unwrap();
    match serving.join().unwrap() {
        Err(ServeError::Key { key, .. }) => assert_eq!(key, [9; 32]),
        other => panic!("{other:?}"),
    }
}
