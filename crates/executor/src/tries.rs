//! The state's tries, kept from block to block: nodes that were resolved and have not changed are not read or hashed again.

use crate::{
    NoAnswer,
    state::{Account, Source, TrieAccount},
};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, Bytes, U256, map::HashMap};
use alloy_rlp::{Decodable, Encodable, Header};
use hoike_trie::{EMPTY_ROOT, Nodes, Trie};

/// The account trie of one state root and the storage tries below it that were touched.
#[derive(Debug)]
pub(crate) struct Tries {
    root: B256,
    accounts: Trie,
    /// By the account's path.
    storages: HashMap<B256, Trie>,
}

impl Tries {
    pub(crate) fn new(root: B256) -> Self {
        Self {
            root,
            accounts: Trie::new(root),
            storages: HashMap::default(),
        }
    }

    pub(crate) const fn root(&self) -> B256 {
        self.root
    }

    pub(crate) fn account<S: Nodes>(
        &mut self,
        nodes: &mut Source<'_, S>,
        path: &B256,
    ) -> Result<Option<TrieAccount>, NoAnswer<S::Error>> {
        let Some(value) = self.accounts.get(nodes, path)? else {
            return Ok(None);
        };
        TrieAccount::decode(&value)
            .map(Some)
            .map_err(|why| NoAnswer::Malformed {
                what: "account at",
                hash: *path,
                why: alloc::format!("{why}"),
            })
    }

    pub(crate) fn slot<S: Nodes>(
        &mut self,
        nodes: &mut Source<'_, S>,
        account: &B256,
        root: B256,
        path: &B256,
    ) -> Result<U256, NoAnswer<S::Error>> {
        match self.storage(account, root).get(nodes, path)? {
            None => Ok(U256::ZERO),
            Some(value) => U256::decode(&mut value.as_ref()).map_err(|why| NoAnswer::Malformed {
                what: "storage slot at",
                hash: *path,
                why: alloc::format!("{why}"),
            }),
        }
    }

    /// Writes what a block has changed and hashes what that changes. After an error the tries are of no use any more.
    ///
    /// Insertions come before removals: then no sibling is needed that the new trie does not need as well.
    pub(crate) fn apply<S: Nodes>(
        &mut self,
        state: &mut S,
        fresh: &mut HashMap<B256, Bytes>,
        accounts: &HashMap<Address, Account>,
    ) -> Result<B256, NoAnswer<S::Error>> {
        let mut made: Vec<(B256, Bytes)> = Vec::new();
        let mut removed = Vec::new();
        for account in accounts.values() {
            let Some(info) = &account.info else {
                if account.before.is_some() {
                    removed.push(account.path);
                }
                self.storages.remove(&account.path);
                continue;
            };
            let mut source = Source { fresh, state };
            let storage_root = self.apply_storage(&mut source, account, &mut made)?;
            let after = TrieAccount {
                nonce: info.nonce,
                balance: info.balance,
                storage_root,
                code_hash: info.code_hash,
            };
            if account.before != Some(after) {
                self.accounts
                    .insert(&mut source, &account.path, after.encode())?;
            }
        }
        let mut source = Source { fresh, state };
        for path in removed {
            self.accounts.remove(&mut source, &path)?;
        }
        self.root = self
            .accounts
            .commit(&mut |hash, node| made.push((hash, node)));
        fresh.extend(made);
        Ok(self.root)
    }

    fn apply_storage<S: Nodes>(
        &mut self,
        source: &mut Source<'_, S>,
        account: &Account,
        made: &mut Vec<(B256, Bytes)>,
    ) -> Result<B256, NoAnswer<S::Error>> {
        let before = account
            .before
            .map_or(EMPTY_ROOT, |before| before.storage_root);
        let root = if account.wiped { EMPTY_ROOT } else { before };
        if account.wiped {
            self.storages.remove(&account.path);
        }
        // D106: what was only read, or has its old value again, is not written.
        if account.slots.values().all(|slot| slot.now == slot.before) {
            return Ok(root);
        }
        let trie = self.storage(&account.path, root);
        for slot in account
            .slots
            .values()
            .filter(|slot| slot.now != slot.before && !slot.now.is_zero())
        {
            let mut value = Vec::with_capacity(33);
            slot.now.encode(&mut value);
            trie.insert(source, &slot.path, value.into())?;
        }
        for slot in account
            .slots
            .values()
            .filter(|slot| slot.now != slot.before && slot.now.is_zero())
        {
            trie.remove(source, &slot.path)?;
        }
        Ok(trie.commit(&mut |hash, node| made.push((hash, node))))
    }

    fn storage(&mut self, account: &B256, root: B256) -> &mut Trie {
        let trie = self
            .storages
            .entry(*account)
            .or_insert_with(|| Trie::new(root));
        if trie.committed_root() != root {
            *trie = Trie::new(root);
        }
        trie
    }
}

impl TrieAccount {
    fn decode(mut rlp: &[u8]) -> Result<Self, alloy_rlp::Error> {
        let mut fields = Header::decode_bytes(&mut rlp, true)?;
        let fields = &mut fields;
        let account = Self {
            nonce: u64::decode(fields)?,
            balance: U256::decode(fields)?,
            storage_root: B256::decode(fields)?,
            code_hash: B256::decode(fields)?,
        };
        if !fields.is_empty() || !rlp.is_empty() {
            return Err(alloy_rlp::Error::UnexpectedLength);
        }
        Ok(account)
    }

    fn encode(&self) -> Bytes {
        let payload_length = self
            .nonce
            .length()
            .saturating_add(self.balance.length())
            .saturating_add(self.storage_root.length())
            .saturating_add(self.code_hash.length());
        let header = Header {
            list: true,
            payload_length,
        };
        let mut out = Vec::with_capacity(header.length_with_payload());
        header.encode(&mut out);
        self.nonce.encode(&mut out);
        self.balance.encode(&mut out);
        self.storage_root.encode(&mut out);
        self.code_hash.encode(&mut out);
        out.into()
    }
}
