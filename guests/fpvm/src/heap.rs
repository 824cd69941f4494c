//! The heap: blocks of fixed sizes, taken from mapped memory from the bottom up; a freed block is kept for the next allocation of its size.
//!
//! One thread, and a program that ends: nothing is merged or given back. Sizes go up in sixteens to 1,024 bytes and then in quarters of powers of two,
//! so a block is at most a quarter larger than what was asked for. The VMs give a page only when it is touched, so what a block has in excess costs nothing.
#![expect(unsafe_code, reason = "an allocator hands out raw memory")]

use crate::arch::{self, Stderr};
use core::{
    alloc::{GlobalAlloc, Layout},
    cell::UnsafeCell,
    fmt::Write,
    ptr,
};

#[global_allocator]
static HEAP: Heap = Heap(UnsafeCell::new(Blocks {
    next: ptr::null_mut(),
    left: 0,
    mapped: 0,
    free: [ptr::null_mut(); CLASSES],
}));

struct Heap(UnsafeCell<Blocks>);

// SAFETY: the program has one thread, and no interrupt or signal enters it.
unsafe impl Sync for Heap {}

struct Blocks {
    /// Where memory begins that has never been handed out, and is therefore zero.
    next: *mut u8,
    /// Bytes from there to the end of what is mapped.
    left: usize,
    /// Bytes mapped so far.
    mapped: usize,
    /// Freed blocks by class. The first word of each is the next one's address.
    free: [*mut u8; CLASSES],
}

/// A size of block.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Class {
    index: usize,
    bytes: usize,
}

impl Class {
    /// The smallest that holds this; `None` for more than half of the address space.
    #[inline]
    fn of(layout: &Layout) -> Option<Self> {
        let (size, align) = (layout.size(), layout.align());
        if size <= SMALL && align <= SMALL_ALIGN {
            let sixteens = size.div_ceil(SMALL_ALIGN).max(1);
            return Some(Self {
                index: sixteens - 1,
                bytes: sixteens * SMALL_ALIGN,
            });
        }
        // The least large block is aligned as all large ones are.
        let last = size.max(SMALL + 1) - 1;
        let quarter = last.ilog2() - 2;
        // 4 to 7
        let quarters = last >> quarter;
        let index = (quarter - FIRST_QUARTER) as usize * 4 + quarters - 4;
        let index = SMALL / SMALL_ALIGN + index;
        (index < CLASSES && align <= LARGE_ALIGN).then(|| Self {
            index,
            bytes: (quarters + 1) << quarter,
        })
    }
}

impl Blocks {
    /// A block, and whether it is zero.
    #[inline]
    fn take(&mut self, class: Class) -> (*mut u8, bool) {
        let free = &mut self.free[class.index];
        let block = *free;
        if block.is_null() {
            return (self.carve(class), true);
        }
        // SAFETY: the block was put there by `put`, which wrote the word; nobody else has had it since.
        *free = unsafe { block.cast::<*mut u8>().read() };
        (block, false)
    }

    #[inline]
    fn put(&mut self, block: *mut u8, class: Class) {
        let free = &mut self.free[class.index];
        // SAFETY: the block is at least 16 bytes long, aligned to as many, and its owner has given it up.
        unsafe { block.cast::<*mut u8>().write(*free) };
        *free = block;
    }

    fn carve(&mut self, class: Class) -> *mut u8 {
        let align = if class.bytes <= SMALL {
            SMALL_ALIGN
        } else {
            LARGE_ALIGN
        };
        let mut gap = self.next.align_offset(align);
        if self.left < gap.saturating_add(class.bytes) {
            self.map(class.bytes);
            gap = self.next.align_offset(align);
        }
        let block = self.next.wrapping_add(gap);
        self.next = block.wrapping_add(class.bytes);
        self.left -= gap + class.bytes;
        block
    }

    /// Maps memory for a block of this size, after what there is if the machine goes on there.
    #[cold]
    fn map(&mut self, bytes: usize) {
        let wanted = bytes.saturating_add(LARGE_ALIGN);
        let chunk = wanted.checked_next_multiple_of(CHUNK).unwrap_or(usize::MAX);
        let Some(start) = arch::map(chunk) else {
            let _ = writeln!(
                Stderr,
                "no verdict: out of memory: the machine refuses {chunk} bytes more, {} are in use",
                self.mapped
            );
            arch::exit(crate::NO_VERDICT)
        };
        self.mapped = self.mapped.saturating_add(chunk);
        if self.next.wrapping_add(self.left) == start {
            self.left += chunk;
        } else {
            (self.next, self.left) = (start, chunk);
        }
    }

    /// Makes a block larger where it is, if it is the last one that was carved and there is room.
    fn extend(&mut self, block: *mut u8, from: Class, to: Class) -> bool {
        let is_last = block.wrapping_add(from.bytes) == self.next;
        let more = to.bytes.saturating_sub(from.bytes);
        // A small block may lie where a large one must not.
        if !is_last || more == 0 || from.bytes <= SMALL {
            return false;
        }
        if self.left < more {
            self.map(more);
            if block.wrapping_add(from.bytes) != self.next {
                return false;
            }
        }
        self.next = self.next.wrapping_add(more);
        self.left -= more;
        true
    }
}

// SAFETY: blocks are disjoint, of at least the asked size and alignment, and stay until they are given back.
unsafe impl GlobalAlloc for Heap {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(class) = Class::of(&layout) else {
            return ptr::null_mut();
        };
        // SAFETY: one thread, and no method of `Blocks` allocates, so this is the only reference.
        unsafe { &mut *self.0.get() }.take(class).0
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if let Some(class) = Class::of(&layout) {
            // SAFETY: as in `alloc`.
            unsafe { &mut *self.0.get() }.put(block, class);
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let Some(class) = Class::of(&layout) else {
            return ptr::null_mut();
        };
        // SAFETY: as in `alloc`.
        let (block, is_zero) = unsafe { &mut *self.0.get() }.take(class);
        if !is_zero {
            // SAFETY: the block is at least this long and belongs to the caller.
            unsafe { ptr::write_bytes(block, 0, layout.size()) };
        }
        block
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let wanted = Layout::from_size_align(size, layout.align()).ok();
        let to = wanted.and_then(|wanted| Class::of(&wanted));
        let (Some(from), Some(to)) = (Class::of(&layout), to) else {
            return ptr::null_mut();
        };
        if from == to {
            return block;
        }
        // SAFETY: as in `alloc`.
        let blocks = unsafe { &mut *self.0.get() };
        if blocks.extend(block, from, to) {
            return block;
        }
        let (new, _) = blocks.take(to);
        // SAFETY: both blocks are at least this long, and they are two.
        unsafe { ptr::copy_nonoverlapping(block, new, layout.size().min(size)) };
        blocks.put(block, from);
        new
    }
}

/// The largest small block, bytes.
const SMALL: usize = 1_024;
const SMALL_ALIGN: usize = 16;
/// Covers a leaf of either VM's memory, so that reading into a large block takes the fewest calls.
const LARGE_ALIGN: usize = 64;
/// A quarter of the power of two above which blocks are large: log2(SMALL) - 2.
const FIRST_QUARTER: u32 = 8;
/// 64 small ones, and four for each of 52 powers of two, which reaches 2^62 bytes.
const CLASSES: usize = SMALL / SMALL_ALIGN + 4 * 52;
/// Memory is mapped in multiples of this, bytes.
const CHUNK: usize = 4 << 20;
