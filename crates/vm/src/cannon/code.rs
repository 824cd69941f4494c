//! Decoded pages.
//!
//! The original decodes the first 128 MiB once, when it starts, so that it does not see what a program writes there; what the chain executes is what
//! lies in memory. Here a page is decoded again after it has been written: `docs/decisions/0012`.

use super::{
    INSTRUCTIONS,
    insn::{Insn, decode},
};
use crate::{Memory, Page};

type Decoded = [Insn; INSTRUCTIONS];

#[derive(Clone, Debug)]
pub(super) struct Code {
    /// By the page's place in memory.
    pages: Vec<Option<Box<Decoded>>>,
    /// Of a page that was never written: all of its instructions are sll of nothing.
    nothing: Box<Decoded>,
    recent: [(u64, usize); RECENT],
}

const RECENT: usize = 64;
/// No page has this number.
const NONE: (u64, usize) = (u64::MAX, 0);

impl Default for Code {
    fn default() -> Self {
        Self {
            pages: Vec::new(),
            nothing: Box::new([decode(0); INSTRUCTIONS]),
            recent: [NONE; RECENT],
        }
    }
}

impl Code {
    /// The instructions of a page, as they are now.
    pub(super) fn page(&mut self, memory: &mut Memory, number: u64) -> &Decoded {
        if memory.has_stale() {
            self.forget(&memory.take_stale());
        }
        let (known, place) = self.recent[number as usize % RECENT];
        let place = if known == number {
            Some(place)
        } else {
            self.find(memory, number)
        };
        let page = place.and_then(|place| self.pages.get(place)?.as_deref());
        page.unwrap_or(&self.nothing)
    }

    /// Decodes a page unless it is; `None`: it was never written.
    fn find(&mut self, memory: &mut Memory, number: u64) -> Option<usize> {
        let place = memory.place_to_read(number)?;
        if place >= self.pages.len() {
            self.pages.resize(place + 1, None);
        }
        if self.pages[place].is_none() {
            let (_, page) = memory.decoding(number)?;
            self.pages[place] = Some(decoded(page));
        }
        self.recent[number as usize % RECENT] = (number, place);
        Some(place)
    }

    fn forget(&mut self, places: &[u32]) {
        for place in places {
            if let Some(page) = self.pages.get_mut(*place as usize) {
                *page = None;
            }
        }
        self.recent = [NONE; RECENT];
    }
}

fn decoded(page: &Page) -> Box<Decoded> {
    let (words, _) = page.as_chunks::<4>();
    let mut instructions = Box::new([decode(0); INSTRUCTIONS]);
    for (insn, word) in instructions.iter_mut().zip(words) {
        *insn = decode(u32::from_be_bytes(*word));
    }
    instructions
}
