//! Real blocks: every folder of the fixtures' `executor/`, and the one in the repository; and what a witness with a gap makes of one.

mod common;

use common::{Block, Missing, folders};
use hoike_executor::{Executor, NoAnswer, PureRust};

#[test]
fn every_block_has_its_hash() {
    let folders = folders();
    assert!(!folders.is_empty());
    for folder in folders {
        let block = Block::read(&folder);
        let mut executor = Executor::new(block.rules.clone(), block.witness.clone());
        let executed = executor
            .execute(&block.parent, &block.attributes, &mut PureRust)
            .unwrap()
            .unwrap();
        assert_eq!(
            executed.header.hash(),
            block.expected,
            "{}: {:#?}",
            folder.display(),
            executed.header
        );
    }
}

/// A gap is no answer, and names what is missing; never a verdict, never another block (D109). What is not asked for is not missed.
#[test]
fn d109_missing_preimage_is_no_answer() {
    let own = folders().pop().unwrap();
    let block = Block::read(&own);
    let mut keys: Vec<_> = block.witness.0.keys().copied().collect();
    keys.sort();
    let mut missed = 0;
    for key in keys.into_iter().step_by(7) {
        let mut witness = block.witness.clone();
        witness.0.remove(&key);
        let mut executor = Executor::new(block.rules.clone(), witness);
        match executor.execute(&block.parent, &block.attributes, &mut PureRust) {
            Ok(executed) => assert_eq!(executed.unwrap().header.hash(), block.expected),
            Err(NoAnswer::Trie(hoike_trie::Error::Source { hash, cause }))
            | Err(NoAnswer::Code { hash, cause }) => {
                assert_eq!((hash, cause), (key, Missing(key)));
                missed += 1;
                // Nothing is spoilt: once it is there, the same executor builds the block.
                executor
                    .state_mut()
                    .0
                    .insert(key, block.witness.0[&key].clone());
                let executed = executor
                    .execute(&block.parent, &block.attributes, &mut PureRust)
                    .unwrap()
                    .unwrap();
                assert_eq!(executed.header.hash(), block.expected);
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert!(missed > 0);
}
