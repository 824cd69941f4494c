//! The state that the EVM reads: accounts and slots out of tries, code and ancestors by hash.

use crate::error::NoAnswer;
use crate::hashes::Hashes;
use alloc::vec::Vec;
use alloy_consensus::{Header, Sealed};
use alloy_primitives::map::{AddressMap, B256Map, HashMap};
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256};
use alloy_rlp::{Decodable, Encodable, Header as RlpHeader};
use hoike_trie::{EMPTY_ROOT, Nodes, Trie};
use revm::bytecode::Bytecode;
use revm::database_interface::{DBErrorMarker, Database};
use revm::primitives::hardfork::SpecId;
use revm::state::AccountInfo;

/// Where state comes from: trie nodes, and what else is named by its hash. A failed answer is the source's error, never "empty".
///
/// Implementations answer for the bytes hashing to what was asked for.
pub trait State: Nodes {
    /// The code with this keccak256; never asked for the empty code.
    ///
    /// # Errors
    /// It could not be had.
    fn code(&mut self, hash: B256) -> Result<Bytes, Self::Error>;

    /// The header of the block with this hash: an ancestor, for BLOCKHASH. Asked for by parent hash, at most 255 in a row.
    ///
    /// # Errors
    /// It could not be had.
    fn header(&mut self, hash: B256) -> Result<Header, Self::Error>;

    /// Says which account, or which slot of it, the nodes and the code that are asked for next belong to. For sources that find them by that.
    #[inline]
    fn reading(&mut self, address: &Address, slot: Option<&U256>) {
        let _ = (address, slot);
    }
}

impl<S: State + ?Sized> State for &mut S {
    fn code(&mut self, hash: B256) -> Result<Bytes, Self::Error> {
        (**self).code(hash)
    }

    fn header(&mut self, hash: B256) -> Result<Header, Self::Error> {
        (**self).header(hash)
    }

    fn reading(&mut self, address: &Address, slot: Option<&U256>) {
        (**self).reading(address, slot);
    }
}

/// All that outlives a block: the source, what was made here and the source cannot know, and what was resolved.
#[derive(Debug)]
pub(crate) struct World<S> {
    pub(crate) source: S,
    /// Nodes of the tries of blocks built here.
    pub(crate) made: B256Map<Bytes>,
    /// Code, analysed: from the source and from blocks built here.
    pub(crate) codes: B256Map<Bytecode>,
    /// Number and parent of known blocks.
    ancestors: B256Map<(u64, B256)>,
    pub(crate) hashes: Hashes,
    /// The account trie of the last block.
    pub(crate) accounts: Trie,
    /// Storage tries by hashed address, as of the last block that had them open.
    pub(crate) storages: B256Map<Trie>,
}

/// An account as the account trie has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TrieAccount {
    pub(crate) nonce: u64,
    pub(crate) balance: U256,
    pub(crate) storage_root: B256,
    pub(crate) code_hash: B256,
}

/// What one block has read of an account.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) path: B256,
    pub(crate) account: Option<TrieAccount>,
    pub(crate) slots: HashMap<U256, U256>,
}

/// The source, and before it the nodes that were made here.
struct View<'a, S> {
    source: &'a mut S,
    made: &'a B256Map<Bytes>,
}

impl<S: Nodes> Nodes for View<'_, S> {
    type Error = S::Error;

    fn node(&mut self, hash: B256) -> Result<Bytes, S::Error> {
        match self.made.get(&hash) {
            Some(node) => Ok(node.clone()),
            None => self.source.node(hash),
        }
    }
}

impl<S: State> World<S> {
    pub(crate) fn new(source: S) -> Self {
        Self {
            source,
            made: B256Map::default(),
            codes: B256Map::default(),
            ancestors: B256Map::default(),
            hashes: Hashes::default(),
            accounts: Trie::new(EMPTY_ROOT),
            storages: B256Map::default(),
        }
    }

    /// Makes `root` the state that is read. What is resolved of another state's account trie is dropped; storage tries are checked one by one.
    pub(crate) fn open(&mut self, root: B256) {
        if self.accounts.committed_root() != root || self.accounts.is_changed() {
            self.accounts = Trie::new(root);
        }
    }

    /// Forgets what is resolved: after a change that could not be finished.
    pub(crate) fn forget(&mut self, root: B256) {
        self.accounts = Trie::new(root);
        self.storages.clear();
    }

    /// Remembers a block, for BLOCKHASH.
    pub(crate) fn remember(&mut self, block: &Sealed<Header>) {
        self.ancestors
            .insert(block.seal(), (block.number, block.parent_hash));
    }

    pub(crate) fn account(
        &mut self,
        address: &Address,
    ) -> Result<(B256, Option<TrieAccount>), NoAnswer<S::Error>> {
        self.source.reading(address, None);
        let path = self.hashes.address(address);
        let mut view = View {
            source: &mut self.source,
            made: &self.made,
        };
        let account = match self.accounts.get(&mut view, &path)? {
            None => None,
            Some(leaf) => {
                let root = self.accounts.committed_root();
                Some(TrieAccount::decode(&leaf).ok_or(NoAnswer::Leaf { root, path })?)
            }
        };
        Ok((path, account))
    }

    pub(crate) fn slot(
        &mut self,
        account: B256,
        storage_root: B256,
        slot: &U256,
    ) -> Result<U256, NoAnswer<S::Error>> {
        if storage_root == EMPTY_ROOT {
            return Ok(U256::ZERO);
        }
        let path = self.hashes.word(&B256::from(*slot));
        let trie = storage(&mut self.storages, account, storage_root);
        let mut view = View {
            source: &mut self.source,
            made: &self.made,
        };
        match trie.get(&mut view, &path)? {
            None => Ok(U256::ZERO),
            Some(leaf) => {
                let mut rlp = &leaf[..];
                let value = U256::decode(&mut rlp).ok().filter(|_| rlp.is_empty());
                value.ok_or(NoAnswer::Leaf {
                    root: storage_root,
                    path,
                })
            }
        }
    }

    /// The storage trie of an account, with where its nodes come from.
    pub(crate) fn storage_mut(
        &mut self,
        account: B256,
        root: B256,
    ) -> (&mut Trie, impl Nodes<Error = S::Error>) {
        let trie = storage(&mut self.storages, account, root);
        (
            trie,
            View {
                source: &mut self.source,
                made: &self.made,
            },
        )
    }

    /// The account trie, with where its nodes come from.
    pub(crate) fn accounts_mut(&mut self) -> (&mut Trie, impl Nodes<Error = S::Error>) {
        (
            &mut self.accounts,
            View {
                source: &mut self.source,
                made: &self.made,
            },
        )
    }

    pub(crate) fn code(&mut self, hash: B256) -> Result<Bytecode, NoAnswer<S::Error>> {
        if let Some(code) = self.codes.get(&hash) {
            return Ok(code.clone());
        }
        let raw = self
            .source
            .code(hash)
            .map_err(|cause| NoAnswer::Code { hash, cause })?;
        let code = analysed(raw);
        self.codes.insert(hash, code.clone());
        Ok(code)
    }

    fn ancestor(&mut self, hash: B256, expected: u64) -> Result<B256, NoAnswer<S::Error>> {
        let (number, parent) = match self.ancestors.get(&hash) {
            Some(known) => *known,
            None => {
                let header = self
                    .source
                    .header(hash)
                    .map_err(|cause| NoAnswer::Header { hash, cause })?;
                let known = (header.number, header.parent_hash);
                self.ancestors.insert(hash, known);
                known
            }
        };
        if number != expected {
            return Err(NoAnswer::Ancestor {
                hash,
                number,
                expected,
            });
        }
        Ok(parent)
    }
}

/// The open trie of an account if it is at `root`, else a new one.
fn storage(storages: &mut B256Map<Trie>, account: B256, root: B256) -> &mut Trie {
    let trie = storages.entry(account).or_insert_with(|| Trie::new(root));
    if trie.committed_root() != root || trie.is_changed() {
        *trie = Trie::new(root);
    }
    trie
}

/// Code as the EVM runs it. Delegations (EIP-7702) have their own form; what only begins like one is plain code.
pub(crate) fn analysed(raw: Bytes) -> Bytecode {
    Bytecode::new_raw_checked(raw.clone()).unwrap_or_else(|_| Bytecode::new_legacy(raw))
}

impl TrieAccount {
    /// Reads a leaf of the account trie: `rlp[nonce, balance, storage root, code hash]`.
    fn decode(mut leaf: &[u8]) -> Option<Self> {
        let mut fields = RlpHeader::decode_bytes(&mut leaf, true).ok()?;
        let account = Self {
            nonce: u64::decode(&mut fields).ok()?,
            balance: U256::decode(&mut fields).ok()?,
            storage_root: B256::decode(&mut fields).ok()?,
            code_hash: B256::decode(&mut fields).ok()?,
        };
        (fields.is_empty() && leaf.is_empty()).then_some(account)
    }

    pub(crate) fn encode(&self) -> Bytes {
        let lengths = [self.nonce.length(), self.balance.length(), 33, 33];
        let payload_length = lengths.into_iter().fold(0, usize::saturating_add);
        let header = RlpHeader {
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

/// Marks that the state could not answer. The reason stays in [`Db`], since the EVM's errors must be `'static`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the state did not answer")]
pub(crate) struct Unanswered;

impl DBErrorMarker for Unanswered {}

/// The state as one block sees it.
#[derive(Debug)]
pub(crate) struct Db<'a, S: State> {
    pub(crate) world: &'a mut World<S>,
    pub(crate) loaded: AddressMap<Loaded>,
    /// Hashes of the ancestors, the parent's first, as far as they were asked for.
    ancestry: Vec<B256>,
    /// Number of the parent.
    parent: u64,
    /// Whether code may be a delegation (EIP-7702). Before Prague what looks like one is plain code, which fails at its first byte.
    delegations: bool,
    /// Why it did not answer, if it ever did not.
    pub(crate) failure: Option<NoAnswer<S::Error>>,
}

impl<'a, S: State> Db<'a, S> {
    pub(crate) fn new(world: &'a mut World<S>, parent: &Sealed<Header>, spec: SpecId) -> Self {
        world.open(parent.state_root);
        world.remember(parent);
        Self {
            world,
            loaded: AddressMap::default(),
            ancestry: Vec::from([parent.seal()]),
            parent: parent.number,
            delegations: spec.is_enabled_in(SpecId::PRAGUE),
            failure: None,
        }
    }

    fn fail<T>(&mut self, answer: Result<T, NoAnswer<S::Error>>) -> Result<T, Unanswered> {
        answer.map_err(|why| {
            self.failure.get_or_insert(why);
            Unanswered
        })
    }

    fn load(&mut self, address: Address) -> Result<Option<TrieAccount>, Unanswered> {
        if let Some(loaded) = self.loaded.get(&address) {
            return Ok(loaded.account);
        }
        let answer = self.world.account(&address);
        let (path, account) = self.fail(answer)?;
        self.loaded.insert(
            address,
            Loaded {
                path,
                account,
                slots: HashMap::default(),
            },
        );
        Ok(account)
    }
}

impl<S: State> Database for Db<'_, S> {
    type Error = Unanswered;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Unanswered> {
        Ok(self.load(address)?.map(|account| AccountInfo {
            balance: account.balance,
            nonce: account.nonce,
            code_hash: account.code_hash,
            account_id: None,
            code: (account.code_hash == KECCAK256_EMPTY).then(Bytecode::default),
        }))
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, Unanswered> {
        if hash == KECCAK256_EMPTY {
            return Ok(Bytecode::default());
        }
        let answer = self.world.code(hash);
        let code = self.fail(answer)?;
        if code.is_eip7702() && !self.delegations {
            return Ok(Bytecode::new_legacy(code.original_bytes()));
        }
        Ok(code)
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Unanswered> {
        if self.load(address)?.is_none() {
            return Ok(U256::ZERO);
        }
        let Some(Loaded {
            path,
            account: Some(account),
            slots,
        }) = self.loaded.get_mut(&address)
        else {
            return Ok(U256::ZERO);
        };
        if let Some(value) = slots.get(&slot) {
            return Ok(*value);
        }
        self.world.source.reading(&address, Some(&slot));
        match self.world.slot(*path, account.storage_root, &slot) {
            Ok(value) => {
                slots.insert(slot, value);
                Ok(value)
            }
            Err(why) => self.fail(Err(why)),
        }
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Unanswered> {
        // The EVM asks for the last 256 blocks only (D88).
        let Some(back) = self.parent.checked_sub(number) else {
            return Ok(B256::ZERO);
        };
        let back = usize::try_from(back).unwrap_or(usize::MAX);
        loop {
            if let Some(hash) = self.ancestry.get(back) {
                return Ok(*hash);
            }
            let known = self.ancestry.len().saturating_sub(1);
            let oldest = self.ancestry.get(known).copied().unwrap_or_default();
            let answer = self
                .world
                .ancestor(oldest, self.parent.wrapping_sub(known as u64));
            let parent = self.fail(answer)?;
            self.ancestry.push(parent);
        }
    }
}
