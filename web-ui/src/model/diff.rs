//! What became of a text or a JSON document from one version to the next.

mod json;

use imara_diff::{Algorithm, Diff, InternedInput, TokenSource};

pub use json::{Alteration, Difference, compare, documents};

/// What happened to a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// It stands in both versions.
    Same,
    /// It stands in the old one alone.
    Removed,
    /// It stands in the new one alone.
    Added,
}

/// A stretch of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What happened to it.
    pub change: Change,
    /// The text, with its blanks and line ends.
    pub text: String,
}

/// How two texts differ, word by word. The pieces that are not added make up the
/// old text, those that are not removed the new one.
pub fn words(old: &str, new: &str) -> Vec<Piece> {
    let (before, after) = (tokens(old), tokens(new));
    let input = InternedInput::new(Slice(&before), Slice(&after));
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_no_heuristic(&input);
    let mut pieces = Pieces::default();
    let (mut at, mut opposite) = (0, 0);
    for hunk in diff.hunks() {
        let (removed, added) = (span(&hunk.before), span(&hunk.after));
        let same = &before[at..removed.start];
        // Blanks between two changed words would only tear both versions apart.
        if !pieces.is_empty() && same.iter().all(|token| *token != "\n" && token.trim().is_empty())
        {
            pieces.push(Change::Removed, same);
            pieces.push(Change::Added, &after[opposite..added.start]);
        } else {
            pieces.push(Change::Same, same);
        }
        (at, opposite) = (removed.end, added.end);
        pieces.push(Change::Removed, &before[removed]);
        pieces.push(Change::Added, &after[added]);
    }
    pieces.push(Change::Same, &before[at..]);
    pieces.finish()
}

fn span(range: &std::ops::Range<u32>) -> std::ops::Range<usize> {
    range.start as usize..range.end as usize
}

/// Pieces under way: what is removed and what is added since the last same piece.
#[derive(Default)]
struct Pieces {
    done: Vec<Piece>,
    removed: String,
    added: String,
}

impl Pieces {
    /// Whether nothing was changed since the last same piece.
    fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.added.is_empty()
    }

    fn push(&mut self, change: Change, tokens: &[&str]) {
        if tokens.is_empty() {
            return;
        }
        match change {
            Change::Removed => self.removed.extend(tokens.iter().copied()),
            Change::Added => self.added.extend(tokens.iter().copied()),
            Change::Same => {
                self.settle();
                self.done.push(Piece { change, text: tokens.concat() });
            }
        }
    }

    fn settle(&mut self) {
        let removed = std::mem::take(&mut self.removed);
        let added = std::mem::take(&mut self.added);
        for (change, text) in [(Change::Removed, removed), (Change::Added, added)] {
            if !text.is_empty() {
                self.done.push(Piece { change, text });
            }
        }
    }

    fn finish(mut self) -> Vec<Piece> {
        self.settle();
        self.done
    }
}

/// Words, stretches of blanks, line ends and single signs.
fn tokens(text: &str) -> Vec<&str> {
    #[derive(PartialEq)]
    enum Kind {
        Word,
        Blank,
        Sign,
    }
    let kind = |letter: char| match letter {
        '\n' => Kind::Sign,
        _ if letter.is_alphanumeric() || letter == '_' => Kind::Word,
        _ if letter.is_whitespace() => Kind::Blank,
        _ => Kind::Sign,
    };
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut last = None;
    for (at, letter) in text.char_indices() {
        let this = kind(letter);
        if last.is_some_and(|last| last != this || this == Kind::Sign) {
            tokens.push(&text[start..at]);
            start = at;
        }
        last = Some(this);
    }
    if start < text.len() {
        tokens.push(&text[start..]);
    }
    tokens
}

/// Tokens that are cut already, as the library wants them.
struct Slice<'a, T>(&'a [T]);

impl<'a, T: Copy + Eq + std::hash::Hash> TokenSource for Slice<'a, T> {
    type Token = T;
    type Tokenizer = std::iter::Copied<std::slice::Iter<'a, T>>;

    fn tokenize(&self) -> Self::Tokenizer {
        self.0.iter().copied()
    }

    fn estimate_tokens(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }
}

/// How many unchanged lines stay in view beside a change.
const CONTEXT: usize = 3;

/// A part of a comparison as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// A piece as it is.
    Piece(Piece),
    /// Unchanged lines far from any change.
    Folded {
        /// How many.
        lines: usize,
        /// Their text.
        text: String,
    },
}

/// Folds long unchanged stretches away.
pub fn fold(pieces: Vec<Piece>) -> Vec<Shown> {
    let count = pieces.len();
    let mut shown = Vec::with_capacity(count);
    for (at, piece) in pieces.into_iter().enumerate() {
        if piece.change != Change::Same {
            shown.push(Shown::Piece(piece));
            continue;
        }
        let lines: Vec<&str> = piece.text.split_inclusive('\n').collect();
        // Above the first change and below the last one there is nothing to see.
        let head = if at == 0 { 0 } else { CONTEXT };
        let tail = if at + 1 == count { 0 } else { CONTEXT };
        if lines.len() <= head + tail + 1 {
            shown.push(Shown::Piece(piece));
            continue;
        }
        let end = lines.len() - tail;
        let same = |text: String| Shown::Piece(Piece { change: Change::Same, text });
        if head > 0 {
            shown.push(same(lines[..head].concat()));
        }
        let folded = &lines[head..end];
        shown.push(Shown::Folded { lines: folded.len(), text: folded.concat() });
        if tail > 0 {
            shown.push(same(lines[end..].concat()));
        }
    }
    shown
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
