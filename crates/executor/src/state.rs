//! The state while a block is executed: what was read of the tries, and what the block has changed of it.

use crate::{NoAnswer, tries::Tries};
use alloy_consensus::Header;
use alloy_primitives::{
    Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256,
    map::{Entry, HashMap},
};
use hoike_trie::{EMPTY_ROOT, Nodes};
use revm::{
    Database,
    bytecode::Bytecode,
    state::{AccountInfo, EvmState},
};

/// Where state comes from. A failed answer is an error of the source, never "empty" (D109).
///
/// Answers must be what their hashes commit to; nothing here checks that.
pub trait State: Nodes<Error: core::error::Error + Send + Sync + 'static> {
    /// A contract's code by its hash.
    ///
    /// # Errors
    /// It cannot be had.
    fn code(&mut self, hash: B256) -> Result<Bytes, Self::Error>;

    /// The header of an ancestor by its hash.
    ///
    /// # Errors
    /// It cannot be had.
    fn header(&mut self, hash: B256) -> Result<Header, Self::Error>;
}

/// What executed blocks have made, so that it is found without the source.
#[derive(Debug, Default)]
pub(crate) struct Fresh {
    pub(crate) nodes: HashMap<B256, Bytes>,
    pub(crate) headers: HashMap<B256, Header>,
    /// Code that was read or made, analysed once.
    pub(crate) codes: HashMap<B256, Bytecode>,
}

/// Trie nodes: those made here, then the source's.
pub(crate) struct Source<'a, S> {
    pub(crate) fresh: &'a HashMap<B256, Bytes>,
    pub(crate) state: &'a mut S,
}

impl<S: Nodes> Nodes for Source<'_, S> {
    type Error = S::Error;

    fn node(&mut self, hash: B256) -> Result<Bytes, Self::Error> {
        match self.fresh.get(&hash) {
            Some(node) => Ok(node.clone()),
            None => self.state.node(hash),
        }
    }
}

/// The state as of the transactions executed so far.
pub(crate) struct BlockState<'a, S> {
    pub(crate) state: &'a mut S,
    pub(crate) fresh: &'a mut Fresh,
    pub(crate) tries: &'a mut Tries,
    pub(crate) accounts: HashMap<Address, Account>,
    /// Hash and number of the parent: where the walk for block hashes begins.
    pub(crate) parent: (B256, u64),
    /// Hashes of ancestors, the parent's first.
    pub(crate) ancestors: alloc::vec::Vec<B256>,
}

/// An account that was touched.
#[derive(Debug)]
pub(crate) struct Account {
    /// Keccak-256 of the address.
    pub(crate) path: B256,
    /// As in the parent's state; `None` where there is none.
    pub(crate) before: Option<TrieAccount>,
    /// As it is now; `None` where there is none.
    pub(crate) info: Option<AccountInfo>,
    /// Slots that were read or written.
    pub(crate) slots: HashMap<U256, Slot>,
    /// Whether the storage in the parent's state is gone: the account was destroyed or made anew (D105).
    pub(crate) wiped: bool,
}

/// A storage slot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    /// Keccak-256 of the key.
    pub(crate) path: B256,
    /// As in the parent's state.
    pub(crate) before: U256,
    /// As it is now.
    pub(crate) now: U256,
}

/// An account as the state trie holds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TrieAccount {
    pub(crate) nonce: u64,
    pub(crate) balance: U256,
    pub(crate) storage_root: B256,
    pub(crate) code_hash: B256,
}

impl<S: State> BlockState<'_, S> {
    /// The account, read from the trie the first time.
    pub(crate) fn account(&mut self, address: Address) -> Result<&mut Account, NoAnswer<S::Error>> {
        match self.accounts.entry(address) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(entry) => {
                let path = keccak256(address);
                let mut source = Source {
                    fresh: &self.fresh.nodes,
                    state: self.state,
                };
                let before = self.tries.account(&mut source, &path)?;
                let info = before.map(|account| AccountInfo {
                    balance: account.balance,
                    nonce: account.nonce,
                    code_hash: account.code_hash,
                    account_id: None,
                    code: None,
                });
                Ok(entry.insert(Account {
                    path,
                    before,
                    info,
                    slots: HashMap::default(),
                    wiped: false,
                }))
            }
        }
    }

    /// Takes over what a transaction has changed.
    pub(crate) fn commit(&mut self, changes: EvmState) -> Result<(), NoAnswer<S::Error>> {
        for (address, changed) in changes {
            if !changed.is_touched() {
                continue;
            }
            let account = self.account(address)?;
            if changed.is_selfdestructed() {
                account.info = None;
                account.slots.clear();
                account.wiped = true;
                continue;
            }
            if changed.is_created() {
                account.slots.clear();
                account.wiped = true;
            }
            // EIP-161: what was touched and is empty is no account (D107, D180).
            if changed.is_empty() {
                account.info = None;
            } else {
                let mut info = changed.info;
                let code = info.code.take();
                let code_hash = info.code_hash;
                account.info = Some(info);
                if let Some(code) = code.filter(|_| code_hash != KECCAK256_EMPTY) {
                    self.fresh.codes.entry(code_hash).or_insert(code);
                }
            }
            for (key, slot) in changed.storage {
                if slot.is_changed() {
                    self.write(address, key, slot.present_value)?;
                }
            }
        }
        Ok(())
    }

    fn write(
        &mut self,
        address: Address,
        key: U256,
        value: U256,
    ) -> Result<(), NoAnswer<S::Error>> {
        self.slot(address, key)?.now = value;
        Ok(())
    }

    fn slot(&mut self, address: Address, key: U256) -> Result<&mut Slot, NoAnswer<S::Error>> {
        self.account(address)?;
        let account = self
            .accounts
            .get_mut(&address)
            .ok_or_else(|| NoAnswer::Bug("an account vanished".into()))?;
        match account.slots.entry(key) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(entry) => {
                let path = keccak256(key.to_be_bytes::<32>());
                let root = account
                    .before
                    .map_or(EMPTY_ROOT, |before| before.storage_root);
                let before = if account.wiped || root == EMPTY_ROOT {
                    U256::ZERO
                } else {
                    let mut source = Source {
                        fresh: &self.fresh.nodes,
                        state: self.state,
                    };
                    self.tries.slot(&mut source, &account.path, root, &path)?
                };
                Ok(entry.insert(Slot {
                    path,
                    before,
                    now: before,
                }))
            }
        }
    }
}

impl<S: State> Database for BlockState<'_, S> {
    type Error = NoAnswer<S::Error>;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Self::Error> {
        Ok(self.account(address)?.info.clone())
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, Self::Error> {
        if hash == KECCAK256_EMPTY || hash.is_zero() {
            return Ok(Bytecode::default());
        }
        match self.fresh.codes.entry(hash) {
            Entry::Occupied(entry) => Ok(entry.get().clone()),
            Entry::Vacant(entry) => {
                let raw = self.state.code(hash).map_err(NoAnswer::Source)?;
                let code = Bytecode::new_raw_checked(raw).map_err(|why| NoAnswer::Malformed {
                    what: "code",
                    hash,
                    why: alloc::format!("{why:?}"),
                })?;
                Ok(entry.insert(code).clone())
            }
        }
    }

    fn storage(&mut self, address: Address, key: U256) -> Result<U256, Self::Error> {
        Ok(self.slot(address, key)?.now)
    }

    /// BLOCKHASH of one of the 256 blocks before the one being executed, found by walking parent hashes; each step is taken once (D88).
    fn block_hash(&mut self, number: u64) -> Result<B256, Self::Error> {
        let (parent_hash, parent_number) = self.parent;
        let Some(depth) = parent_number
            .checked_sub(number)
            .and_then(|depth| usize::try_from(depth).ok())
        else {
            return Ok(B256::ZERO);
        };
        if self.ancestors.is_empty() {
            self.ancestors.push(parent_hash);
        }
        while self.ancestors.len() <= depth {
            let child = self.ancestors.last().copied().unwrap_or(parent_hash);
            let parent = match self.fresh.headers.get(&child) {
                Some(header) => header.parent_hash,
                None => {
                    self.state
                        .header(child)
                        .map_err(NoAnswer::Source)?
                        .parent_hash
                }
            };
            self.ancestors.push(parent);
        }
        Ok(self.ancestors.get(depth).copied().unwrap_or_default())
    }
}
