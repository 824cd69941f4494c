//! Programs walk: down along parent hashes, or up and down block by block. Whoever asks for the next one in a row will ask for the one after it, so a
//! few are fetched with it, and more the longer the row gets.

use super::{
    Online,
    items::{Item, store},
};
use crate::{
    fetch::{At, Layer},
    net::Failure,
};
use alloy_consensus::Header;
use alloy_primitives::{B256, Sealed, map::HashMap};
use std::sync::PoisonError;

/// What is known of two chains by number, and where programs are on them.
#[derive(Debug, Default)]
pub(super) struct Walks {
    /// Numbers of blocks that are known as parents, by hash.
    numbers: HashMap<(Layer, B256), u64>,
    /// The chain that was walked by hash, by number.
    hashes: HashMap<(Layer, u64), B256>,
    rows: HashMap<(Layer, Kind), Row>,
}

/// What is asked for in a row.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Kind {
    Headers,
    Blocks,
    Receipts,
}

/// The newest block of a row, and how many are fetched with the next one.
#[derive(Clone, Copy, Debug)]
struct Row {
    at: u64,
    ahead: u64,
}

impl Walks {
    pub(super) fn know(&mut self, layer: Layer, header: &Sealed<Header>) {
        self.hashes.insert((layer, header.number), header.hash());
        if let Some(parent) = header.number.checked_sub(1) {
            self.numbers.insert((layer, header.parent_hash), parent);
            self.hashes.insert((layer, parent), header.parent_hash);
        }
    }

    /// The blocks to fetch together with this one, which comes first; only itself where it is in no row.
    fn row(&mut self, layer: Layer, kind: Kind, number: u64) -> Vec<u64> {
        let row = self.rows.get(&(layer, kind)).copied();
        let up = match row {
            // Headers are only ever walked down.
            _ if kind == Kind::Headers => false,
            Some(row) => number > row.at,
            None => true,
        };
        // A row may have been answered from what is kept for a while.
        let follows = row.is_some_and(|row| number.abs_diff(row.at) <= 2 * row.ahead + 1);
        let ahead = match row {
            Some(row) if follows => (row.ahead * 2).clamp(4, MOST),
            _ if kind == Kind::Headers => 16,
            _ => 0,
        };
        let last = if up {
            number.saturating_add(ahead)
        } else {
            number.saturating_sub(ahead)
        };
        let row = Row {
            at: last,
            ahead: ahead.max(1),
        };
        self.rows.insert((layer, kind), row);
        if up {
            (number..=last).collect()
        } else {
            (last..=number).rev().collect()
        }
    }
}

impl Online {
    /// Fetches the headers that a walk down will ask for, this one first.
    pub(super) async fn walk_headers(&self, layer: Layer, hash: B256) -> Result<(), Failure> {
        let numbers = {
            let mut walks = self.walks.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(number) = walks.numbers.get(&(layer, hash)).copied() else {
                return Ok(());
            };
            walks.row(layer, Kind::Headers, number)
        };
        let found = self.fetch.headers(layer, &numbers).await;
        for header in found.iter().flatten() {
            self.keep_header(layer, header).map_err(store)?;
        }
        Ok(())
    }

    /// Fetches the blocks that a walk up or down will ask for, this one first.
    pub(super) async fn walk_blocks(&self, layer: Layer, hash: B256) -> Result<(), Failure> {
        let Some(header) = self.kept_header(hash).map_err(store)? else {
            return Ok(());
        };
        let at: Vec<At> = {
            let mut walks = self.walks.lock().unwrap_or_else(PoisonError::into_inner);
            let numbers = walks.row(layer, Kind::Blocks, header.number);
            let at = |number| match walks.hashes.get(&(layer, number)) {
                Some(hash) => At::Hash(*hash),
                None => At::Number(number),
            };
            numbers.into_iter().map(at).collect()
        };
        if at.len() == 1 {
            return Ok(());
        }
        let found = self.fetch.blocks(layer, &at).await;
        for block in found.iter().flatten() {
            self.keep_block(layer, block).map_err(store)?;
        }
        Ok(())
    }

    /// Fetches the receipts that a walk up L1 will ask for, these first.
    pub(super) async fn walk_receipts(&self, header: &Sealed<Header>) -> Result<(), Failure> {
        let hashes: Vec<B256> = {
            let mut walks = self.walks.lock().unwrap_or_else(PoisonError::into_inner);
            let numbers = walks.row(Layer::L1, Kind::Receipts, header.number);
            let known = |number| walks.hashes.get(&(Layer::L1, number)).copied();
            numbers.into_iter().filter_map(known).collect()
        };
        if hashes.len() <= 1 {
            return Ok(());
        }
        let mut headers = Vec::new();
        for hash in hashes {
            let wanted = self.kept_header(hash).map_err(store)?;
            let kept = self
                .is_kept(Item::Receipts(Layer::L1, hash))
                .map_err(store)?;
            headers.extend(wanted.filter(|_| !kept));
        }
        let found = self.fetch.receipts_together(&headers).await;
        for receipts in found.iter().flatten() {
            self.kept.put_list(receipts).map_err(store)?;
        }
        Ok(())
    }
}

/// Blocks that are fetched with one.
const MOST: u64 = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_grow_and_end() {
        let mut walks = Walks::default();
        let mut count = |kind, number| walks.row(Layer::L2, kind, number).len();
        // A walk down: 17, then 33 from where that ended, and so on.
        assert_eq!(count(Kind::Headers, 1000), 17);
        assert_eq!(count(Kind::Headers, 983), 33);
        assert_eq!(count(Kind::Headers, 950), 65);
        // One block is no row, a second one is.
        assert_eq!(count(Kind::Blocks, 100), 1);
        assert_eq!(count(Kind::Blocks, 101), 5);
        assert_eq!(count(Kind::Blocks, 106), 9);
        assert_eq!(count(Kind::Blocks, 5000), 1);
        assert_eq!(count(Kind::Blocks, 4999), 5);
    }

    #[test]
    fn a_row_begins_with_what_was_asked_for_and_stops_at_zero() {
        let mut walks = Walks::default();
        assert_eq!(
            walks.row(Layer::L1, Kind::Headers, 2),
            vec![2, 1, 0],
            "nothing is below genesis"
        );
    }
}
