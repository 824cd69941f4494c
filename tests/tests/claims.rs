//! Whole claims: every claim of every folder there is, against the verdict of the reference implementation.

use hoike_claims::{Expected, Folder};
use hoike_executor::PureRust;
use hoike_kzg as kzg;
use hoike_native::Native;
use hoike_preimage::{Trusted, Verified};
use hoike_program::{Outcome, Route, Verdict, run, run_by};
use hoike_tests::{claim_folders, example};
use std::{
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

/// Calls `judge` for each folder, on all processors, and fails with all complaints.
fn for_each_folder(judge: impl Fn(&Folder) -> Vec<String> + Sync) {
    let folders: Vec<PathBuf> = claim_folders();
    let next = AtomicUsize::new(0);
    let complaints: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> = (0..thread::available_parallelism().map_or(1, |n| n.get()))
            .map(|_| {
                scope.spawn(|| {
                    let mut complaints = Vec::new();
                    while let Some(path) = folders.get(next.fetch_add(1, Ordering::Relaxed)) {
                        match Folder::read(path) {
                            Ok(folder) => complaints.extend(judge(&folder)),
                            Err(error) => complaints.push(error.to_string()),
                        }
                    }
                    complaints
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("no panic"))
            .collect()
    });
    assert!(
        complaints.is_empty(),
        "{} complaints:\n{}",
        complaints.len(),
        complaints.join("\n")
    );
}

fn agrees(outcome: &Outcome, expected: Expected) -> bool {
    matches!(
        (outcome.verdict, expected),
        (Verdict::Valid, Expected::Valid) | (Verdict::Invalid { .. }, Expected::Invalid)
    )
}

#[test]
fn every_claim_as_expected_verified() {
    for_each_folder(|folder| {
        let judged = folder.claims.iter().enumerate().map(|(i, claim)| {
            let name = format!("{} claim {i}", folder.name);
            let expected = claim
                .expected
                .ok_or(format!("{name}: nothing is expected"))?;
            let mut oracle = Verified::new(folder.witness.clone(), kzg::Native);
            let boot = claim.boot(&folder.rules);
            let outcome = run(&boot, &mut oracle, &mut Native::new(), &mut ())
                .map_err(|error| format!("{name}: {error}"))?;
            if agrees(&outcome, expected) {
                return Ok(());
            }
            Err(format!(
                "{name}: {:?} instead of {expected:?} ({:?})",
                outcome.verdict, claim.note
            ))
        });
        judged.filter_map(Result::err).collect()
    });
}

/// The shortcuts (receipts skipped by their blocks' blooms, a start without the L2 chain) change nothing: the plain route gives the same outcome wherever
/// the witness has what it reads. Without checks, so that this test is about the route alone.
#[test]
fn the_plain_route_gives_the_same_outcome() {
    for_each_folder(|folder| {
        // The example's witness was recorded by a client that takes the short start.
        if folder.rules.rollup.l2_chain_id == 11_155_420 {
            return Vec::new();
        }
        let compared = folder.claims.iter().enumerate().map(|(i, claim)| {
            let boot = claim.boot(&folder.rules);
            let [short, plain] = [Route::Short, Route::Plain].map(|route| {
                let mut oracle = Trusted::assume_checked_by_vm(folder.witness.clone());
                run_by(route, &boot, &mut oracle, &mut Native::new(), &mut ())
                    .map_err(|error| error.to_string())
            });
            if short == plain {
                Ok(())
            } else {
                Err(format!(
                    "{} claim {i}: {short:?} but plain {plain:?}",
                    folder.name
                ))
            }
        });
        compared.filter_map(Result::err).collect()
    });
}

/// The guests' cryptography and oracle give the outcome of the native ones.
#[test]
fn pure_rust_and_native_agree_on_the_example() {
    let folder = Folder::read(&example()).unwrap();
    for claim in &folder.claims {
        let boot = claim.boot(&folder.rules);
        let native = run(
            &boot,
            &mut Verified::new(folder.witness.clone(), kzg::Native),
            &mut Native::new(),
            &mut (),
        )
        .unwrap();
        let pure = run(
            &boot,
            &mut Verified::new(folder.witness.clone(), kzg::Pure),
            &mut PureRust,
            &mut (),
        )
        .unwrap();
        let trusted = run(
            &boot,
            &mut Trusted::assume_checked_by_vm(folder.witness.clone()),
            &mut PureRust,
            &mut (),
        )
        .unwrap();
        assert_eq!(native, pure);
        assert_eq!(native, trusted);
    }
}
