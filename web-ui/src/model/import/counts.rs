//! How many lines of a file end how.

use std::collections::BTreeMap;

use super::{Mapping, Note, Outcome, Reference, Skip};
use crate::model::phrase;

/// How many lines end how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Lines that are not blank.
    pub lines: usize,
    /// Tasks without a parent.
    pub tasks: usize,
    /// Children.
    pub children: usize,
    /// Lines left out, by reason.
    pub skipped: BTreeMap<Skipping, usize>,
    /// Lines that cannot be brought in.
    pub refused: usize,
    /// Dependency edges of the plan.
    pub edges: usize,
    /// References that lead nowhere, by kind.
    pub unknown_references: BTreeMap<Reference, usize>,
    /// Statuses that cannot be stored: what became of them, and how often.
    pub status_changes: BTreeMap<String, usize>,
}

/// The reasons of [`Skip`], for counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skipping {
    /// Deleted in the source.
    Tombstone,
    /// A note of the tool.
    Memory,
    /// On the board already.
    AlreadyImported,
    /// Left out by the person.
    Excluded,
}

impl Skipping {
    /// The reason in words.
    pub const fn text(self) -> &'static str {
        match self {
            Skipping::Tombstone => "deleted in the source",
            Skipping::Memory => "notes of the tool",
            Skipping::AlreadyImported => "already on the board",
            Skipping::Excluded => "left out by you",
        }
    }
}

impl Skip {
    const fn reason(&self) -> Skipping {
        match self {
            Skip::Tombstone => Skipping::Tombstone,
            Skip::Memory => Skipping::Memory,
            Skip::AlreadyImported(_) => Skipping::AlreadyImported,
            Skip::Excluded => Skipping::Excluded,
        }
    }
}

impl Counts {
    /// How many lines are brought in.
    pub const fn imported(&self) -> usize {
        self.tasks + self.children
    }

    /// How many lines are left out.
    pub fn all_skipped(&self) -> usize {
        self.skipped.values().sum()
    }

    /// How many references lead nowhere.
    pub fn all_unknown_references(&self) -> usize {
        self.unknown_references.values().sum()
    }

    /// The outcome in a sentence, problems first, for readers.
    pub fn sentence(&self) -> String {
        let mut parts = Vec::new();
        if self.refused > 0 {
            parts.push(format!("{} cannot be imported.", phrase::count(self.refused, "line")));
        }
        parts.push(format!(
            "{}: {}, {} children, {} dependencies, {} skipped.",
            phrase::count(self.lines, "line"),
            phrase::count(self.tasks, "task"),
            self.children,
            self.edges,
            self.all_skipped(),
        ));
        let unknown = self.all_unknown_references();
        if unknown > 0 {
            parts.push(format!("{unknown} references lead nowhere."));
        }
        parts.join(" ")
    }
}

impl Mapping {
    /// How many lines end how.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts {
            lines: self.lines.len(),
            edges: self.plan.tasks.iter().map(|task| task.blockers.len()).sum(),
            ..Counts::default()
        };
        for line in &self.lines {
            match &line.outcome {
                Outcome::Task => counts.tasks += 1,
                Outcome::Child(_) => counts.children += 1,
                Outcome::Skipped(skip) => *counts.skipped.entry(skip.reason()).or_default() += 1,
                Outcome::Refused(_) => counts.refused += 1,
            }
            for note in &line.notes {
                match note {
                    Note::UnknownReference(kind, _) => {
                        *counts.unknown_references.entry(*kind).or_default() += 1;
                    }
                    Note::StatusChanged(..) => {
                        *counts.status_changes.entry(note.to_string()).or_default() += 1;
                    }
                    _ => {}
                }
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_begins_with_the_problems() {
        let mut counts = Counts { lines: 3, tasks: 2, refused: 1, ..Counts::default() };
        counts.unknown_references.insert(Reference::Blocker, 2);
        assert_eq!(
            counts.sentence(),
            "1 line cannot be imported. 3 lines: 2 tasks, 0 children, 0 dependencies, 0 skipped. \
             2 references lead nowhere."
        );
    }
}
