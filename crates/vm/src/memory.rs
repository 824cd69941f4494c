//! 2^64 bytes in pages, and the tree over them. `docs/backends/fpvm.md`; the same for both VMs.
//!
//! The tree: leaves of 32 bytes, which are their own hashes; a node is the keccak-256 of its two children; depth 59. What was never written is zero.
//!
//! Of a page only its root is kept, and nodes only above pages. So a change costs the 127 hashes of its page and those on its way up, and nothing is kept
//! that is as large as the memory itself.

use crate::keccak::{Node, Pair, hash_pair, hash_pairs};
use alloy_primitives::{B256, map::HashMap};
use std::thread;

/// Bytes of a page.
pub const PAGE_BYTES: usize = 4096;
/// Bytes of a memory proof: a leaf and 59 siblings.
pub const PROOF_BYTES: usize = 60 * 32;

/// A page's bytes.
pub type Page = [u8; PAGE_BYTES];

/// The memory of a VM.
#[derive(Clone, Debug)]
pub struct Memory {
    /// In the order in which they were first written; a place stays.
    pages: Vec<Box<Page>>,
    /// Of each place: the page's number.
    numbers: Vec<u64>,
    /// Of each place: the page's root as of the last hashing.
    roots: Vec<Node>,
    /// Of each place.
    marks: Vec<Marks>,
    places: HashMap<u64, u32>,
    /// Places that were written since the last hashing.
    changed: Vec<u32>,
    /// Places with decoded instructions that were written since.
    stale: Vec<u32>,
    /// Nodes above pages, by height less 8 and number.
    nodes: Vec<HashMap<u64, Node>>,
    zeros: [Node; 60],
    reads: Vec<Entry>,
    /// Only what can be written without further ado: marked as changed, and without decoded instructions.
    writes: Vec<Entry>,
}

#[derive(Clone, Copy, Default, Debug)]
struct Marks {
    changed: bool,
    decoded: bool,
}

/// Where a page lies, remembered by the low bits of its number.
#[derive(Clone, Copy, Debug)]
struct Entry {
    number: u64,
    place: u32,
}

impl Entry {
    /// No page has this number.
    const NONE: Self = Self {
        number: u64::MAX,
        place: 0,
    };
}

const ENTRIES: usize = 512;

impl Default for Memory {
    fn default() -> Self {
        let mut zeros = [[0; 32]; 60];
        for height in 1..60 {
            let child = zeros[height - 1];
            zeros[height] = hash_pair(&pair(&child, &child));
        }
        Self {
            pages: Vec::new(),
            numbers: Vec::new(),
            roots: Vec::new(),
            marks: Vec::new(),
            places: HashMap::default(),
            changed: Vec::new(),
            stale: Vec::new(),
            nodes: vec![HashMap::default(); 52],
            zeros,
            reads: vec![Entry::NONE; ENTRIES],
            writes: vec![Entry::NONE; ENTRIES],
        }
    }
}

impl Memory {
    /// Number of pages that were ever written.
    pub fn page_count(&self) -> usize {
        self.pages.len()
    }

    /// All pages by ascending number.
    pub fn pages(&self) -> impl Iterator<Item = (u64, &Page)> {
        let mut order: Vec<(u64, u32)> = self.numbers.iter().copied().zip(0..).collect();
        order.sort_unstable();
        order
            .into_iter()
            .map(|(number, place)| (number, &*self.pages[place as usize]))
    }

    /// Makes a page, or replaces its contents.
    pub fn set_page(&mut self, number: u64, contents: &Page) {
        let place = self.place_to_write(number);
        *self.pages[place] = *contents;
    }

    /// Makes a page of zeros if there is none.
    pub fn allocate(&mut self, number: u64) {
        self.place_to_write(number);
    }

    /// A page, if it was ever written.
    pub fn page(&self, number: u64) -> Option<&Page> {
        let place = *self.places.get(&number)?;
        Some(&self.pages[place as usize])
    }

    /// The aligned 8 bytes that an address lies in.
    #[inline(always)]
    pub fn word(&mut self, address: u64) -> [u8; 8] {
        let number = address >> 12;
        let entry = self.reads[number as usize % ENTRIES];
        let place = if entry.number == number {
            entry.place as usize
        } else {
            match self.place_to_read(number) {
                Some(place) => place,
                None => return [0; 8],
            }
        };
        let (words, _) = self.pages[place].as_chunks::<8>();
        words[(address as usize >> 3) % 512]
    }

    /// Replaces the aligned 8 bytes that an address lies in. Whether decoded instructions have become stale, see [`Self::take_stale`].
    #[inline(always)]
    pub fn set_word(&mut self, address: u64, word: [u8; 8]) -> bool {
        let number = address >> 12;
        let entry = self.writes[number as usize % ENTRIES];
        let place = if entry.number == number {
            entry.place as usize
        } else {
            self.place_to_write(number)
        };
        let (words, _) = self.pages[place].as_chunks_mut::<8>();
        words[(address as usize >> 3) % 512] = word;
        !self.stale.is_empty()
    }

    /// The bytes from an address on, which may lie in two pages, or wrap around at the end of memory.
    #[inline(always)]
    pub fn read<const N: usize>(&mut self, address: u64) -> [u8; N] {
        let offset = address as usize % PAGE_BYTES;
        let number = address >> 12;
        let entry = self.reads[number as usize % ENTRIES];
        if entry.number == number
            && let Some(bytes) = self.pages[entry.place as usize]
                .get(offset..)
                .and_then(|rest| rest.first_chunk::<N>())
        {
            return *bytes;
        }
        self.read_slowly(address)
    }

    #[cold]
    fn read_slowly<const N: usize>(&mut self, address: u64) -> [u8; N] {
        // The next read of this page finds it.
        self.place_to_read(address >> 12);
        let mut bytes = [0; N];
        self.copy_to(address, &mut bytes);
        bytes
    }

    /// Copies the bytes from an address on, however many; memory may wrap around.
    pub fn copy_to(&self, address: u64, bytes: &mut [u8]) {
        let mut at = address;
        let mut rest = bytes;
        while !rest.is_empty() {
            let offset = at as usize % PAGE_BYTES;
            let (now, later) = rest.split_at_mut(rest.len().min(PAGE_BYTES - offset));
            match self.page(at >> 12) {
                Some(page) => now.copy_from_slice(&page[offset..offset + now.len()]),
                None => now.fill(0),
            }
            at = at.wrapping_add(now.len() as u64);
            rest = later;
        }
    }

    /// Replaces the bytes from an address on. Whether decoded instructions have become stale, see [`Self::take_stale`].
    #[inline(always)]
    pub fn write<const N: usize>(&mut self, address: u64, bytes: [u8; N]) -> bool {
        let offset = address as usize % PAGE_BYTES;
        let number = address >> 12;
        let entry = self.writes[number as usize % ENTRIES];
        if entry.number == number
            && let Some(place) = self.pages[entry.place as usize]
                .get_mut(offset..)
                .and_then(|rest| rest.first_chunk_mut::<N>())
        {
            *place = bytes;
            return false;
        }
        self.write_all(address, &bytes)
    }

    /// Replaces the bytes from an address on. Whether decoded instructions have become stale, see [`Self::take_stale`].
    pub fn write_all(&mut self, address: u64, bytes: &[u8]) -> bool {
        let mut at = address;
        let mut rest = bytes;
        while !rest.is_empty() {
            let offset = at as usize % PAGE_BYTES;
            let (now, later) = rest.split_at(rest.len().min(PAGE_BYTES - offset));
            let place = self.place_to_write(at >> 12);
            self.pages[place][offset..offset + now.len()].copy_from_slice(now);
            at = at.wrapping_add(now.len() as u64);
            rest = later;
        }
        !self.stale.is_empty()
    }

    /// Writes zeros, so that the pages are there.
    pub(crate) fn clear(&mut self, address: u64, count: u64) {
        let mut at = address;
        let mut left = count;
        while left > 0 {
            let now = left.min(PAGE_BYTES as u64 - at % PAGE_BYTES as u64);
            self.write_all(at, &[0; PAGE_BYTES][..now as usize]);
            at = at.wrapping_add(now);
            left -= now;
        }
    }

    /// Where a page lies, if it was ever written.
    pub fn place_to_read(&mut self, number: u64) -> Option<usize> {
        let place = *self.places.get(&number)?;
        self.reads[number as usize % ENTRIES] = Entry { number, place };
        Some(place as usize)
    }

    /// Where a page lies that is about to be written.
    fn place_to_write(&mut self, number: u64) -> usize {
        let place = match self.places.get(&number) {
            Some(place) => *place,
            None => {
                let place = u32::try_from(self.pages.len()).unwrap_or(u32::MAX);
                assert!(place < u32::MAX, "more pages than fit a machine");
                self.pages.push(Box::new([0; PAGE_BYTES]));
                self.numbers.push(number);
                self.roots.push(self.zeros[PAGE_HEIGHT]);
                self.marks.push(Marks::default());
                self.places.insert(number, place);
                place
            }
        };
        let marks = &mut self.marks[place as usize];
        if !marks.changed {
            marks.changed = true;
            self.changed.push(place);
        }
        if marks.decoded {
            marks.decoded = false;
            self.stale.push(place);
        }
        self.writes[number as usize % ENTRIES] = Entry { number, place };
        place as usize
    }

    /// The contents of a page whose instructions are being decoded, with its place. The next write to it will be told of by [`Self::take_stale`].
    pub fn decoding(&mut self, number: u64) -> Option<(usize, &Page)> {
        let place = self.place_to_read(number)?;
        self.marks[place].decoded = true;
        let entry = &mut self.writes[number as usize % ENTRIES];
        if entry.number == number {
            *entry = Entry::NONE;
        }
        Some((place, &self.pages[place]))
    }

    /// Whether there are any.
    #[inline(always)]
    pub fn has_stale(&self) -> bool {
        !self.stale.is_empty()
    }

    /// Places whose instructions have to be decoded again.
    pub fn take_stale(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.stale)
    }

    /// The root of the tree. Hashes what has changed since it was last asked for.
    pub fn root(&mut self) -> B256 {
        self.hash_pages();
        self.node(59, 0).into()
    }

    /// The proof of the leaf that an address lies in: the leaf, then the siblings from the bottom up.
    pub fn proof(&mut self, address: u64) -> [u8; PROOF_BYTES] {
        self.hash_pages();
        let mut proof = [0; PROOF_BYTES];
        let (nodes, _) = proof.as_chunks_mut::<32>();
        let number = address >> 12;
        let mut leaf = (address as usize >> 5) % LEAVES;
        match self.page(number) {
            Some(page) => {
                let tree = page_tree(page, &self.zeros);
                nodes[0] = tree[0][leaf];
                for height in 0..PAGE_HEIGHT {
                    nodes[1 + height] = tree[height][leaf ^ 1];
                    leaf >>= 1;
                }
            }
            None => nodes[..=PAGE_HEIGHT - 1 + 1]
                .iter_mut()
                .enumerate()
                .for_each(|(at, node)| *node = self.zeros[at.saturating_sub(1)]),
        }
        for height in PAGE_HEIGHT..59 {
            let at = number >> (height - PAGE_HEIGHT);
            nodes[1 + height] = self.node(height, at ^ 1);
        }
        proof
    }

    /// A node above the leaves of pages.
    fn node(&self, height: usize, number: u64) -> Node {
        let known = if height == PAGE_HEIGHT {
            self.places
                .get(&number)
                .map(|place| self.roots[*place as usize])
        } else {
            self.nodes[height - PAGE_HEIGHT - 1].get(&number).copied()
        };
        known.unwrap_or(self.zeros[height])
    }

    fn hash_pages(&mut self) {
        if self.changed.is_empty() {
            return;
        }
        let changed = std::mem::take(&mut self.changed);
        let threads = match changed.len() {
            0..=PAGES_FOR_ONE => 1,
            _ => thread::available_parallelism().map_or(1, usize::from),
        };
        let (pages, zeros) = (&self.pages, &self.zeros);
        let share = changed.len().div_ceil(threads);
        let roots: Vec<Node> = thread::scope(|scope| {
            let handles: Vec<_> = changed
                .chunks(share)
                .skip(1)
                .map(|places| scope.spawn(move || page_roots(pages, zeros, places)))
                .collect();
            let first = changed.chunks(share).next().unwrap_or_default();
            let mut roots = page_roots(pages, zeros, first);
            for handle in handles {
                roots.extend(handle.join().unwrap_or_default());
            }
            roots
        });
        assert_eq!(roots.len(), changed.len(), "a thread that hashes has died");
        let mut numbers = Vec::with_capacity(changed.len());
        for (place, root) in changed.iter().zip(roots) {
            let place = *place as usize;
            self.roots[place] = root;
            self.marks[place].changed = false;
            numbers.push(self.numbers[place]);
        }
        // A page that has not changed since has to be noticed when it is written again.
        self.writes.fill(Entry::NONE);
        numbers.sort_unstable();
        self.hash_above(numbers);
    }

    /// Hashes the nodes above these pages, level by level.
    fn hash_above(&mut self, mut numbers: Vec<u64>) {
        let mut pairs = Vec::new();
        let mut parents = Vec::new();
        for height in PAGE_HEIGHT + 1..60 {
            numbers.iter_mut().for_each(|number| *number >>= 1);
            numbers.dedup();
            pairs.clear();
            pairs.extend(numbers.iter().map(|number| {
                let left = self.node(height - 1, number << 1);
                let right = self.node(height - 1, number << 1 | 1);
                pair(&left, &right)
            }));
            parents.clear();
            parents.resize(pairs.len(), [0; 32]);
            hash_pairs(&pairs, &mut parents);
            let level = &mut self.nodes[height - PAGE_HEIGHT - 1];
            level.extend(numbers.iter().copied().zip(parents.iter().copied()));
        }
    }
}

/// Height of a page's root.
const PAGE_HEIGHT: usize = 7;
/// Leaves of a page.
const LEAVES: usize = 128;
/// So many pages are hashed before other threads could help.
const PAGES_FOR_ONE: usize = 64;

fn pair(left: &Node, right: &Node) -> Pair {
    let mut pair = [0; 64];
    pair[..32].copy_from_slice(left);
    pair[32..].copy_from_slice(right);
    pair
}

fn page_roots(pages: &[Box<Page>], zeros: &[Node; 60], places: &[u32]) -> Vec<Node> {
    places
        .iter()
        .map(|place| page_root(&pages[*place as usize], zeros))
        .collect()
}

fn page_root(page: &Page, zeros: &[Node; 60]) -> Node {
    let mut nodes = [[0; 32]; LEAVES / 2];
    let (pairs, _) = page.as_chunks::<64>();
    hash_level(pairs, &mut nodes, zeros, 1);
    let mut count = LEAVES / 2;
    for height in 2..=PAGE_HEIGHT {
        let below = nodes;
        let (pairs, _) = below.as_flattened()[..count * 32].as_chunks::<64>();
        count /= 2;
        hash_level(pairs, &mut nodes[..count], zeros, height);
    }
    nodes[0]
}

/// All nodes of a page by height, leaves first.
fn page_tree(page: &Page, zeros: &[Node; 60]) -> [Vec<Node>; PAGE_HEIGHT] {
    let mut tree: [Vec<Node>; PAGE_HEIGHT] = std::array::from_fn(|_| Vec::new());
    let (leaves, _) = page.as_chunks::<32>();
    tree[0] = leaves.to_vec();
    for height in 1..PAGE_HEIGHT {
        let (pairs, _) = tree[height - 1].as_flattened().as_chunks::<64>();
        let mut nodes = vec![[0; 32]; pairs.len()];
        hash_level(pairs, &mut nodes, zeros, height);
        tree[height] = nodes;
    }
    tree
}

/// The nodes of a height. Whole groups of zero subtrees, of which memories are full, are known.
fn hash_level(pairs: &[Pair], nodes: &mut [Node], zeros: &[Node; 60], height: usize) {
    let zero = &zeros[height - 1];
    for (pairs, nodes) in pairs.chunks(8).zip(nodes.chunks_mut(8)) {
        let is_zero = pairs
            .iter()
            .all(|pair| pair[..32] == *zero && pair[32..] == *zero);
        if is_zero {
            nodes.fill(zeros[height]);
        } else {
            hash_pairs(pairs, nodes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, taken literally: the root of a subtree whose pages are known.
    fn literal(memory: &Memory, height: usize, number: u64) -> Node {
        let first = number << (height.saturating_sub(PAGE_HEIGHT));
        if height >= PAGE_HEIGHT {
            let last = first | ((1_u64 << (height - PAGE_HEIGHT)) - 1);
            if !memory
                .pages()
                .any(|(page, _)| (first..=last).contains(&page))
            {
                return memory.zeros[height];
            }
        } else if height == 0 {
            let page = memory.page(number >> PAGE_HEIGHT).expect("a page");
            let (leaves, _) = page.as_chunks::<32>();
            return leaves[number as usize % LEAVES];
        }
        let left = literal(memory, height - 1, number << 1);
        let right = literal(memory, height - 1, number << 1 | 1);
        alloy_primitives::keccak256([left, right].concat()).0
    }

    /// Root by a proof alone.
    fn climb(proof: &[u8; PROOF_BYTES], address: u64) -> Node {
        let (nodes, _) = proof.as_chunks::<32>();
        let mut at = address >> 5;
        let mut node = nodes[0];
        for sibling in &nodes[1..] {
            node = if at & 1 == 0 {
                hash_pair(&pair(&node, sibling))
            } else {
                hash_pair(&pair(sibling, &node))
            };
            at >>= 1;
        }
        node
    }

    #[test]
    fn roots_are_those_of_the_definition_however_often_one_asks() {
        let mut memory = Memory::default();
        assert_eq!(memory.root().0, memory.zeros[59]);
        let addresses = [
            0,
            8,
            0xff8,
            0x1000,
            0x7fff_ffff_f000,
            u64::MAX - 7,
            0x1008,
            1 << 63,
            0x10,
        ];
        for (round, address) in addresses.into_iter().enumerate() {
            memory.set_word(address, [round as u8 + 1; 8]);
            // Not always, so that several changes come together.
            if round % 3 != 1 {
                assert_eq!(memory.root().0, literal(&memory, 59, 0), "{address:#x}");
            }
            for address in addresses {
                let proof = memory.proof(address);
                assert_eq!(climb(&proof, address), memory.root().0, "{address:#x}");
                let (words, _) = proof[..32].as_chunks::<8>();
                assert_eq!(words[(address >> 3) as usize % 4], memory.word(address));
            }
        }
        let mut whole = Memory::default();
        for (number, page) in memory.pages() {
            whole.set_page(number, page);
        }
        assert_eq!(whole.root(), memory.root());
        // An allocated page of zeros is no other memory.
        whole.allocate(77);
        assert_eq!(whole.root(), memory.root());
        assert_eq!(climb(&whole.proof(5 << 12), 5 << 12), memory.root().0);
    }

    #[test]
    fn many_pages_are_hashed_as_few_are() {
        let mut at_once = Memory::default();
        let mut one_by_one = Memory::default();
        for number in 0..300_u64 {
            let page: Page = std::array::from_fn(|at| (number as usize * 7 + at / 40) as u8);
            at_once.set_page(number * 3, &page);
            one_by_one.set_page(number * 3, &page);
            one_by_one.root();
        }
        assert_eq!(at_once.root(), one_by_one.root());
    }

    #[test]
    fn bytes_cross_pages_and_the_end() {
        let mut memory = Memory::default();
        for address in [0xffc_u64, 0xfff, 0x1ffe, u64::MAX - 2] {
            let bytes = address.to_le_bytes();
            memory.write(address, bytes);
            assert_eq!(memory.read::<8>(address), bytes);
            assert_eq!(memory.read::<1>(address.wrapping_add(7)), [bytes[7]]);
        }
        assert_eq!(memory.read::<8>(1 << 40), [0; 8]);
        assert_eq!(memory.page_count(), 4);
    }

    #[test]
    fn writes_to_decoded_pages_are_told_of_once() {
        let mut memory = Memory::default();
        memory.set_word(0x2000, [1; 8]);
        assert!(memory.decoding(5).is_none());
        assert_eq!(memory.decoding(2).map(|(place, _)| place), Some(0));
        assert!(!memory.set_word(0x1000, [1; 8]));
        assert!(memory.write(0x2ffc, [9; 4]));
        assert_eq!(memory.take_stale(), [0]);
        assert!(!memory.write(0x2ffc, [8; 4]));
        memory.root();
        memory.decoding(2);
        assert!(memory.set_word(0x2008, [1; 8]));
    }
}
