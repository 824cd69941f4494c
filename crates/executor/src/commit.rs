//! What a block changed, written to the tries: only now, when the whole block has succeeded, and only what is different (D106).

use crate::error::NoAnswer;
use crate::state::{Loaded, State, TrieAccount, World};
use alloc::vec::Vec;
use alloy_primitives::map::{AddressMap, AddressSet};
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, address};
use hoike_trie::{EMPTY_ROOT, Nodes, Trie};
use revm::context::{Journal, JournalEntry};
use revm::context_interface::JournalTr;
use revm::database_interface::Database;
use revm::state::{Account, AccountStatus, EvmState};

/// Ends a transaction: what it destroyed is gone, what it left empty does not exist (EIP-161, D107, D180), and the next one starts anew.
///
/// The journal lives as long as the block, so that nothing is loaded twice. `touched` collects what may have changed in it.
pub(crate) fn end_transaction<DB: Database>(journal: &mut Journal<DB>, touched: &mut AddressSet) {
    let mut last = None;
    for entry in &journal.inner.journal {
        let (address, other) = changed(entry);
        for address in [address, other].into_iter().flatten() {
            if last == Some(address) {
                continue;
            }
            last = Some(address);
            touched.insert(address);
            if let Some(account) = journal.inner.state.get_mut(&address) {
                end_account(account);
            }
        }
    }
    if let Some(account) = journal.inner.state.get_mut(&RIPEMD160)
        && account.is_touched()
    {
        touched.insert(RIPEMD160);
        end_account(account);
    }
    journal.commit_tx();
}

/// The account that stays touched when the call that touched it fails: Ethereum once deleted it so, and every client has kept that since (D107).
const RIPEMD160: Address = address!("0000000000000000000000000000000000000003");

fn end_account(account: &mut Account) {
    if account.is_selfdestructed_locally() {
        account.selfdestruct();
        account.unmark_selfdestructed_locally();
    }
    if account.is_empty() {
        account.status |= AccountStatus::LoadedAsNotExisting;
    }
    account.unmark_touch();
    account.unmark_created_locally();
}

/// Which accounts an entry changes.
fn changed(entry: &JournalEntry) -> (Option<Address>, Option<Address>) {
    match entry {
        JournalEntry::AccountTouched { address }
        | JournalEntry::BalanceChange { address, .. }
        | JournalEntry::NonceChange { address, .. }
        | JournalEntry::NonceBump { address }
        | JournalEntry::AccountCreated { address, .. }
        | JournalEntry::StorageChanged { address, .. }
        | JournalEntry::CodeChange { address } => (Some(*address), None),
        JournalEntry::AccountDestroyed {
            address, target, ..
        } => (Some(*address), Some(*target)),
        JournalEntry::BalanceTransfer { from, to, .. } => (Some(*from), Some(*to)),
        JournalEntry::AccountWarmed { .. }
        | JournalEntry::StorageWarmed { .. }
        | JournalEntry::TransientStorageChange { .. } => (None, None),
    }
}

/// Writes a block's changes and returns the new state root. After an error the world must [`forget`](World::forget) what it has resolved.
pub(crate) fn apply<S: State>(
    world: &mut World<S>,
    loaded: &AddressMap<Loaded>,
    state: &EvmState,
    touched: &AddressSet,
) -> Result<B256, NoAnswer<S::Error>> {
    let mut updates = Vec::new();
    let mut removals = Vec::new();
    for address in touched {
        let (Some(account), Some(before)) = (state.get(address), loaded.get(address)) else {
            continue;
        };
        if account.is_empty() {
            if before.account.is_some() {
                removals.push(before.path);
            }
            continue;
        }
        let after = TrieAccount {
            nonce: account.info.nonce,
            balance: account.info.balance,
            storage_root: storage_root(world, before, account)?,
            code_hash: account.info.code_hash,
        };
        if before.account != Some(after) {
            updates.push((before.path, after.encode()));
        }
        if after.code_hash != KECCAK256_EMPTY
            && before
                .account
                .is_none_or(|before| before.code_hash != after.code_hash)
            && let Some(code) = &account.info.code
        {
            world.codes.insert(after.code_hash, code.clone());
        }
    }
    let (accounts, nodes) = world.accounts_mut();
    let (root, made) = write(accounts, nodes, updates, removals)?;
    world.made.extend(made);
    Ok(root)
}

fn storage_root<S: State>(
    world: &mut World<S>,
    before: &Loaded,
    account: &Account,
) -> Result<B256, NoAnswer<S::Error>> {
    // Destroyed at some point of the block, though it is back now: nothing of the old storage is left (D105).
    let wiped = account.is_selfdestructed();
    let root = before
        .account
        .filter(|_| !wiped)
        .map_or(EMPTY_ROOT, |account| account.storage_root);
    let mut updates = Vec::new();
    let mut removals = Vec::new();
    for (slot, value) in &account.storage {
        let old = before
            .slots
            .get(slot)
            .copied()
            .filter(|_| !wiped)
            .unwrap_or_default();
        let new = value.present_value;
        if new == old {
            continue;
        }
        let path = world.hashes.word(&B256::from(*slot));
        if new.is_zero() {
            removals.push(path)
        } else {
            updates.push((path, encoded(new)))
        }
    }
    if updates.is_empty() && removals.is_empty() {
        return Ok(root);
    }
    let (trie, nodes) = world.storage_mut(before.path, root);
    let (root, made) = write(trie, nodes, updates, removals)?;
    world.made.extend(made);
    Ok(root)
}

/// Nodes by their hash.
type Made = Vec<(B256, Bytes)>;

/// Inserts, then removes, so that no sibling is asked for which the new trie does not need (D102).
fn write<N: Nodes>(
    trie: &mut Trie,
    mut nodes: N,
    updates: Vec<(B256, Bytes)>,
    removals: Vec<B256>,
) -> Result<(B256, Made), NoAnswer<N::Error>> {
    for (path, value) in updates {
        trie.insert(&mut nodes, &path, value)?;
    }
    for path in removals {
        trie.remove(&mut nodes, &path)?;
    }
    let mut made = Vec::new();
    let root = trie.commit(&mut |hash, node| made.push((hash, node)));
    Ok((root, made))
}

/// RLP of a slot's value, without leading zeros.
fn encoded(value: U256) -> Bytes {
    alloy_rlp::encode_fixed_size(&value).to_vec().into()
}
