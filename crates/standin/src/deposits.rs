//! Nonces of deposits' senders. From Canyon receipts commit to them; between Regolith and Canyon op-geth stores them beside the receipt and shows them in
//! JSON all the same, a trap for whoever encodes such receipts again.

use crate::{chain::Block, data::Data};
use alloy_consensus::transaction::SignerRecoverable;
use alloy_eips::Decodable2718;
use hoike_protocol::L2Time;
use op_alloy_consensus::OpTxEnvelope;

/// The nonce of a deposit's sender before it, by the parent's state and the senders before it in the block. `None` before Regolith, for other
/// transactions, and where the claim's data has not enough of the state.
pub(crate) fn nonce(data: &Data, block: &Block, index: usize) -> Option<u64> {
    let rules = data.rules().at_l2(L2Time(block.header.timestamp));
    if rules.system_deposits {
        return None;
    }
    let transactions = block.transactions.as_ref()?;
    let sender = |raw: &[u8]| {
        let tx = OpTxEnvelope::decode_2718_exact(raw).ok()?;
        tx.recover_signer().ok().map(|sender| (tx, sender))
    };
    let (tx, from) = sender(transactions.get(index)?)?;
    if !tx.is_deposit() {
        return None;
    }
    let parent = data.l2.by_hash(block.header.parent_hash)?;
    let found = data
        .state
        .account(parent.header.state_root, from, &[])
        .ok()?;
    let before = transactions
        .iter()
        .take(index)
        .filter_map(|raw| sender(raw));
    let own = before.filter(|(_, sender)| *sender == from).count();
    Some(found.account.nonce + own as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::Bytes;
    use hoike_claims::Folder;
    use op_alloy_consensus::OpReceiptEnvelope;
    use std::path::Path;

    /// From Canyon receipts say what is computed here.
    #[test]
    fn nonces_are_those_of_receipts_that_have_them() {
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let fixtures = std::env::var_os("HOIKE_FIXTURES")
            .map_or_else(|| project.join("../shared/fixtures"), Into::into);
        let mut folders = vec![project.join("bin/hoike/example")];
        for name in ["canyon-deposits", "holocene-invalid-tx"] {
            let folder = fixtures.join("claims").join(name);
            match folder.is_dir() {
                true => folders.push(folder),
                false => eprintln!("skipped: no {}", folder.display()),
            }
        }
        for folder in folders {
            let read = Folder::read(&folder).expect("a claim folder");
            let data = Data::build(&read, 0).expect("a whole witness");
            let mut count = 0;
            for block in data.l2.blocks() {
                let receipts = block.receipts.iter().flatten().enumerate();
                for (index, receipt) in receipts {
                    let receipt: &Bytes = receipt;
                    let receipt = OpReceiptEnvelope::decode_2718_exact(receipt).expect("a receipt");
                    if block.number() > data.agreed.number {
                        let nonce = nonce(&data, block, index);
                        assert_eq!(nonce, receipt.deposit_nonce(), "{}", folder.display());
                        count += usize::from(nonce.is_some());
                    }
                }
            }
            assert!(count > 0, "{}: no deposits", folder.display());
        }
    }
}
