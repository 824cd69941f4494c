//! Pages as decoded instructions, decoded as they are reached.

use super::decode::{Insn, decode};
use crate::{Memory, PAGE_BYTES};

/// The instructions of a page.
pub(super) type CodePage = [Insn; PAGE_BYTES / 4];

/// Decoded pages, by their places in memory.
#[derive(Clone, Default, Debug)]
pub(super) struct Code {
    pages: Vec<Option<Box<CodePage>>>,
    /// Where pages lie, by the low bits of their numbers.
    places: Box<Places>,
}

#[derive(Clone, Debug)]
struct Places([(u64, u32); 256]);

impl Default for Places {
    fn default() -> Self {
        // No page has this number.
        Self([(u64::MAX, 0); 256])
    }
}

impl Code {
    /// The page of an instruction. None if it was never written, or the instruction lies askew: those are for [`super::step`].
    pub(super) fn page(&mut self, pc: u64, memory: &mut Memory) -> Option<&CodePage> {
        if pc & 3 != 0 {
            return None;
        }
        let number = pc >> 12;
        let (known, place) = self.places.0[number as usize % 256];
        let place = place as usize;
        // Not `if let`: the borrow would outlive the branch that does not return.
        if known == number && matches!(self.pages.get(place), Some(Some(_))) {
            return self.pages[place].as_deref();
        }
        self.decode(number, memory)
    }

    #[cold]
    fn decode(&mut self, number: u64, memory: &mut Memory) -> Option<&CodePage> {
        let place = memory.place_to_read(number)?;
        self.places.0[number as usize % 256] = (number, u32::try_from(place).ok()?);
        if self.pages.len() <= place {
            self.pages.resize(place + 1, None);
        }
        let slot = &mut self.pages[place];
        if slot.is_none() {
            memory.decoding(number)?;
            *slot = Some(Box::new([Insn::UNDECODED; PAGE_BYTES / 4]));
        }
        slot.as_deref()
    }

    /// Decodes the instructions around one that was not reached before. Not the whole page: a program may write to the page that it is in all the time.
    #[cold]
    pub(super) fn fill(&mut self, pc: u64, memory: &mut Memory) {
        let Some(place) = memory.place_to_read(pc >> 12) else {
            return;
        };
        if let (Some(Some(code)), Some(page)) = (self.pages.get_mut(place), memory.page(pc >> 12)) {
            let (words, _) = page.as_chunks::<4>();
            let first = (pc & 0xfff) as usize / 4 / GROUP * GROUP;
            let words = words.iter().skip(first).take(GROUP);
            for (insn, word) in code[first..].iter_mut().zip(words) {
                *insn = decode(u32::from_le_bytes(*word));
            }
        }
    }

    /// Forgets pages that were written since they were decoded.
    pub(super) fn forget(&mut self, stale: Vec<u32>) {
        for place in stale {
            if let Some(page) = self.pages.get_mut(place as usize) {
                *page = None;
            }
        }
    }
}

/// So many instructions are decoded together.
const GROUP: usize = 16;
