//! Whole chains out of the claim fixtures: every block of every fork and scenario, as the reference made them.

mod common;

use alloy_consensus::Header;
use alloy_primitives::Bytes;
use common::{Chain, fixtures, subfolders};
use hoike_executor::{Accelerator, Executor, Precompile, PureRust, precompiles};
use hoike_protocol::Fork;

/// Notes whether a precompile was called whose price Osaka changed.
#[derive(Default)]
struct Repriced(bool);

impl<E> Accelerator<E> for Repriced {
    fn precompile(
        &mut self,
        precompile: Precompile,
        input: &[u8],
        _: u64,
    ) -> Result<Option<Bytes>, E> {
        self.0 |= matches!(precompile, Precompile::Modexp | Precompile::P256Verify);
        Ok(precompiles::run(precompile, input))
    }
}

#[test]
fn every_block_of_every_chain_has_its_hash() {
    let mut wrong = Vec::new();
    let (mut count, mut repriced) = (0, 0);
    for folder in subfolders(&fixtures().join("claims")) {
        let Some(chain) = Chain::read(&folder) else {
            continue;
        };
        // One executor over the whole chain, and a fresh one for each block.
        let mut kept = Executor::new(chain.rules.clone(), chain.witness.clone());
        for pair in chain.blocks.windows(2) {
            let [(parent, _), (block, attributes)] = pair else {
                unreachable!()
            };
            let mut fresh = Executor::new(chain.rules.clone(), chain.witness.clone());
            let mut calls = Repriced::default();
            let executed = [
                kept.execute(parent, attributes, &mut PureRust),
                fresh.execute(parent, attributes, &mut calls),
            ];
            // The reference of these chains has no Osaka (their README): it charges the old prices under Karst, where the specification has
            // the new ones.
            if calls.0 && chain.rules.at_l2(attributes.time).fork >= Fork::Karst {
                repriced += 1;
                continue;
            }
            for executed in executed {
                count += 1;
                let why = match executed {
                    Ok(Ok(executed)) if executed.header.hash() == block.hash() => continue,
                    Ok(Ok(executed)) => difference(&executed.header, block),
                    Ok(Err(why)) => why.to_string(),
                    Err(why) => why.to_string(),
                };
                wrong.push(format!("{} {}: {why}", chain.name, block.number));
            }
        }
    }
    println!("{count} executions, {repriced} blocks with prices that the reference does not know");
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(repriced * 20 <= count);
}

/// Which fields are different; a wrong parent would be the test's own fault.
fn difference(ours: &Header, theirs: &Header) -> String {
    let fields = |header: &Header| format!("{header:#?}").lines().map(String::from).collect();
    let (ours, theirs): (Vec<String>, Vec<String>) = (fields(ours), fields(theirs));
    let pairs = ours
        .iter()
        .zip(&theirs)
        .filter(|(ours, theirs)| ours != theirs);
    pairs
        .map(|(ours, theirs)| format!("{ours} instead of {theirs}"))
        .collect()
}
