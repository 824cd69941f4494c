//! Whole chains out of the claim fixtures: every block of every fork and scenario, as the reference made them.

mod common;

use common::{Chain, fixtures, subfolders};
use hoike_executor::{Executor, PureRust};

#[test]
fn every_block_of_every_chain_has_its_hash() {
    let mut wrong = Vec::new();
    let mut count = 0;
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
            for (how, executed) in [
                ("kept", kept.execute(parent, attributes, &mut PureRust)),
                ("fresh", fresh.execute(parent, attributes, &mut PureRust)),
            ] {
                count += 1;
                match executed {
                    Ok(Ok(executed)) if executed.header.hash() == block.hash() => {}
                    Ok(Ok(executed)) => wrong.push(format!(
                        "{} {} ({how}): {:?}\n{:?}",
                        chain.name,
                        block.number,
                        executed.header.inner(),
                        block.inner()
                    )),
                    Ok(Err(why)) => {
                        wrong.push(format!("{} {} ({how}): {why}", chain.name, block.number))
                    }
                    Err(why) => {
                        wrong.push(format!("{} {} ({how}): {why}", chain.name, block.number))
                    }
                }
            }
        }
    }
    println!("{count} executions");
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
