//! From a batch to payload attributes. Spec: `protocol/derivation.md`, "Deriving Payload Attributes"; the forks' `derivation.md`.

use crate::{batch::Candidate, epochs::Epoch, step::Halt, step::Head};
use alloc::vec::Vec;
use hoike_protocol::{Attributes, Rules, l1_info, predeploys, upgrade};

/// Attributes of the block after `head`, in the epoch of `epoch`.
///
/// Starts from the config that the parent block carries; the updates of the epoch's L1 block count from its first L2 block on (D184).
pub(crate) fn prepare(
    candidate: Candidate,
    head: &Head,
    epoch: &Epoch,
    rules: &Rules,
) -> Result<Attributes, Halt> {
    let number = head.block.number.saturating_add(1);
    let l1 = &epoch.l1;
    let mut config = head.config;
    let mut deposits: &[_] = &[];
    let sequence_number;
    if head.block.origin.number == l1.number {
        if head.block.origin.hash != l1.hash {
            return Err(Halt::ForeignOrigin {
                number: head.block.number,
                origin: head.block.origin.hash,
            });
        }
        sequence_number = head.block.sequence_number.wrapping_add(1);
    } else {
        if head.block.origin.hash != l1.parent {
            return Err(Halt::ForeignOrigin {
                number: head.block.number,
                origin: head.block.origin.hash,
            });
        }
        deposits = epoch
            .extracted
            .deposits
            .as_ref()
            .map_err(|fault| Halt::Deposit {
                block: l1.number,
                log_index: fault.log_index,
                why: fault.why,
            })?;
        let included = rules.at_inclusion(l1.as_inclusion());
        // What is wrong with a malformed update was said when the block was read.
        config.apply_receipts(
            &epoch.extracted.config_receipts,
            rules.rollup.l1_system_config,
            &included,
            |_, _| {},
        );
        sequence_number = 0;
    }
    let time = candidate.time;
    if time.0 < l1.time {
        return Err(Halt::BeforeOrigin {
            number,
            time: time.0,
            origin_time: l1.time,
        });
    }
    let l2 = rules.at_l2(time);
    if let Some(fork) = l2.unsupported {
        return Err(Halt::UnsupportedFork { number, fork });
    }
    let info = l1_info::transaction(
        &config,
        sequence_number,
        &epoch.header,
        l1.hash,
        &l2,
        &rules.at_origin(l1.as_origin()),
    )
    .map_err(|why| Halt::L1Info { number, why })?;

    let mut transactions = Vec::with_capacity(deposits.len().saturating_add(1));
    transactions.push(info);
    transactions.extend_from_slice(deposits);
    for fork in l2.activates.iter() {
        transactions.extend(upgrade::transactions(fork));
    }
    transactions.extend(candidate.transactions.take());
    Ok(Attributes {
        parent: head.block.hash,
        time,
        prev_randao: epoch.header.mix_hash,
        fee_recipient: predeploys::SEQUENCER_FEE_VAULT,
        gas_limit: config.gas_limit.wrapping_add(l2.upgrade_gas),
        parent_beacon_root: l2
            .parent_beacon_root
            .then(|| epoch.header.parent_beacon_block_root.unwrap_or_default()),
        eip1559_params: l2.eip1559_params().then_some(config.eip1559_params),
        min_base_fee: l2.min_base_fee().then_some(config.min_base_fee),
        transactions,
    })
}
