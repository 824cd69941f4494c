//! Lines on a terminal: as wide as it is, coloured only there.

use alloy_primitives::B256;
use std::{
    env,
    io::{IsTerminal, stdout},
};

/// What a piece of text is to be seen as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tone {
    Plain,
    /// Headings.
    Strong,
    /// Of less interest.
    Dim,
    /// What became part of the chain.
    Good,
    /// What was dropped.
    Odd,
    /// What should not happen on a healthy chain.
    Bad,
}

impl Tone {
    const fn escape(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "\x1b[1m",
            Self::Dim => "\x1b[2m",
            Self::Good => "\x1b[32m",
            Self::Odd => "\x1b[33m",
            Self::Bad => "\x1b[1;31m",
        }
    }
}

/// Text that grows line by line.
#[derive(Debug)]
pub(crate) struct Page {
    text: String,
    /// Columns; `None` where nothing has to be wrapped.
    width: Option<usize>,
    colour: bool,
}

impl Page {
    /// A page for stdout. `COLUMNS` sets a width where stdout is no terminal.
    pub(crate) fn new(colour: crate::args::Colour) -> Self {
        let terminal = stdout().is_terminal();
        let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        let columns = env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
        let width = if terminal {
            let size = console::Term::stdout().size_checked();
            size.map(|(_rows, columns)| usize::from(columns))
                .or(columns)
                .or(Some(80))
        } else {
            columns
        };
        let colour = match colour {
            crate::args::Colour::Always => true,
            crate::args::Colour::Never => false,
            crate::args::Colour::Auto => {
                terminal
                    && !set("NO_COLOR")
                    && env::var_os("TERM").is_none_or(|term| term != "dumb")
            }
        };
        Self::of_width(width.map(|width: usize| width.max(MIN_WIDTH)), colour)
    }

    const fn of_width(width: Option<usize>, colour: bool) -> Self {
        Self {
            text: String::new(),
            width,
            colour,
        }
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }

    pub(crate) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// A hash, in full where there is room for it.
    pub(crate) fn hash(&self, hash: &B256) -> String {
        let full = hash.to_string();
        if self.width.is_none_or(|width| width >= FULL_HASH_WIDTH) {
            full
        } else {
            format!("{}…{}", &full[..10], &full[full.len() - 4..])
        }
    }

    /// A line; where it is too long it goes on at column `hang` of the next one. It is broken at spaces only.
    pub(crate) fn line(&mut self, hang: usize, pieces: &[(Tone, String)]) {
        let mut column = 0;
        for (tone, piece) in pieces {
            self.tone(*tone);
            let mut rest = piece.as_str();
            while !rest.is_empty() {
                let spaces = rest.len() - rest.trim_start_matches(' ').len();
                let (gap, after) = rest.split_at(spaces);
                let word = after.split(' ').next().unwrap_or_default();
                let length = word.chars().count();
                let end = column + gap.len() + length;
                if length > 0
                    && column > hang
                    && self.width.is_some_and(|width| end > width)
                    && !gap.is_empty()
                {
                    self.text.push('\n');
                    self.text.extend(std::iter::repeat_n(' ', hang));
                    column = hang + length;
                } else {
                    self.text.push_str(gap);
                    column = end;
                }
                self.text.push_str(word);
                rest = after.split_at(word.len()).1;
            }
            if self.colour && *tone != Tone::Plain {
                self.text.push_str("\x1b[0m");
            }
        }
        self.text.push('\n');
    }

    fn tone(&mut self, tone: Tone) {
        if self.colour {
            self.text.push_str(tone.escape());
        }
    }
}

/// From here on a line has room for a whole hash.
const FULL_HASH_WIDTH: usize = 150;
/// Narrower terminals get lines that are too long.
const MIN_WIDTH: usize = 40;

#[cfg(test)]
mod tests {
    use super::{Page, Tone};

    #[test]
    fn lines_are_broken_at_spaces() {
        let mut page = Page::of_width(Some(12), false);
        let pieces = [
            (Tone::Plain, "ab  cd".to_string()),
            (Tone::Good, " efgh ijkl mnopqrstuvwxyz".to_string()),
        ];
        page.line(3, &pieces);
        assert_eq!(page.finish(), "ab  cd efgh\n   ijkl\n   mnopqrstuvwxyz\n");
    }

    #[test]
    fn colour_does_not_count_as_width() {
        let mut page = Page::of_width(Some(5), true);
        page.line(
            0,
            &[(Tone::Bad, "ab cd".into()), (Tone::Plain, " ef".into())],
        );
        assert_eq!(page.finish(), "\x1b[1;31mab cd\x1b[0m\nef\n");
    }

    #[test]
    fn without_a_width_nothing_is_broken() {
        let mut page = Page::of_width(None, false);
        page.line(0, &[(Tone::Plain, "a ".repeat(500))]);
        assert_eq!(page.finish().lines().count(), 1);
    }
}
