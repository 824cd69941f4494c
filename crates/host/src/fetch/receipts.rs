//! Receipts, checked against their header's root.

use super::{Fetch, Layer, parse};
use crate::net::{Call, Failure, Fault, Patience, Way};
use alloy_consensus::{EMPTY_ROOT_HASH, Header};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{B256, Bytes, Sealed, keccak256};
use alloy_rpc_types_eth::TransactionReceipt;
use hoike_trie::ordered_root;
use serde_json::json;

impl Fetch {
    /// All receipts of a block, EIP-2718. The transactions are for nodes that give receipts one by one only.
    ///
    /// # Errors
    /// They cannot be had.
    pub async fn receipts(
        &self,
        layer: Layer,
        header: &Sealed<Header>,
        transactions: &[Bytes],
    ) -> Result<Vec<Bytes>, Failure> {
        if header.receipts_root == EMPTY_ROOT_HASH {
            return Ok(Vec::new());
        }
        let (hash, root) = (header.hash(), header.receipts_root);
        let raw = raw_receipts(hash, root);
        let ways = match layer {
            Layer::L1 => vec![raw, json_receipts(hash, root)],
            // Of deposits' receipts JSON has not all that the root commits to, by fork.
            Layer::L2 => vec![raw],
        };
        match self.pool(layer).ask(&ways, Patience::Endless).await {
            Err(Failure::Nobody { .. }) if layer == Layer::L1 => {
                self.receipts_one_by_one(root, transactions).await
            }
            outcome => outcome,
        }
    }

    /// Receipts of several blocks in as few requests as can be; `None` where there is no good answer at once.
    pub async fn receipts_together(&self, headers: &[Sealed<Header>]) -> Vec<Option<Vec<Bytes>>> {
        let ways: Vec<_> = headers
            .iter()
            .map(|header| raw_receipts(header.hash(), header.receipts_root))
            .collect();
        let found = self.l1.ask_together(&ways, RECEIPTS_IN_BATCH).await;
        if self.l1.may_have(RAW) {
            return found;
        }
        let ways: Vec<_> = headers
            .iter()
            .map(|header| json_receipts(header.hash(), header.receipts_root))
            .collect();
        self.l1.ask_together(&ways, RECEIPTS_IN_BATCH).await
    }

    async fn receipts_one_by_one(
        &self,
        root: B256,
        transactions: &[Bytes],
    ) -> Result<Vec<Bytes>, Failure> {
        let ways: Vec<_> = transactions
            .iter()
            .map(|tx| single(keccak256(tx)))
            .collect();
        let mut receipts = Vec::new();
        let found = self.l1.ask_together(&ways, SINGLE_IN_BATCH).await;
        for (way, found) in ways.into_iter().zip(found) {
            receipts.push(match found {
                Some(receipt) => receipt,
                None => self.l1.ask(&[way], Patience::Endless).await?,
            });
        }
        if ordered_root(&receipts) == root {
            return Ok(receipts);
        }
        Err(Failure::Other(format!(
            "the receipts that {} gives one by one make another root than the header's {root}",
            self.l1.names().join(", ")
        )))
    }
}

fn raw_receipts<'a>(hash: B256, root: B256) -> Way<'a, Vec<Bytes>> {
    Way::new(Call::rpc(RAW, json!([hash])), move |raw| {
        let receipts: Vec<Bytes> = parse(raw)?;
        checked(receipts, root)
    })
}

fn json_receipts<'a>(hash: B256, root: B256) -> Way<'a, Vec<Bytes>> {
    let call = Call::rpc("eth_getBlockReceipts", json!([hash]));
    Way::new(call, move |raw| {
        let receipts: Vec<TransactionReceipt> = parse(raw)?;
        checked(receipts.into_iter().map(encode).collect(), root)
    })
}

fn single<'a>(transaction: B256) -> Way<'a, Bytes> {
    let call = Call::rpc("eth_getTransactionReceipt", json!([transaction]));
    Way::new(call, |raw| Ok(encode(parse(raw)?)))
}

fn encode(receipt: TransactionReceipt) -> Bytes {
    receipt
        .into_primitives_receipt()
        .inner
        .encoded_2718()
        .into()
}

fn checked(receipts: Vec<Bytes>, root: B256) -> Result<Vec<Bytes>, Fault> {
    let got = ordered_root(&receipts);
    if got == root {
        return Ok(receipts);
    }
    Err(Fault::wrong(format_args!(
        "receipts with the root {got} instead of {root}"
    )))
}

const RAW: &str = "debug_getRawReceipts";
const RECEIPTS_IN_BATCH: usize = 5;
const SINGLE_IN_BATCH: usize = 100;
