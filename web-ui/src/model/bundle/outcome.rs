//! What becomes of the records of each kind, as a table.

use taskloom_storage::{ImportCounts, ImportSummary};

use super::kind_name;

/// A column of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Only the file has them.
    Added,
    /// The file's take the place of the board's.
    Changed,
    /// They differ, and the board's stay.
    Kept,
    /// Only the board has them, and they go.
    Removed,
    /// Both sides have the same.
    Same,
}

impl Outcome {
    /// Every column, in order.
    pub const ALL: [Outcome; 5] =
        [Outcome::Added, Outcome::Changed, Outcome::Kept, Outcome::Removed, Outcome::Same];

    /// The heading.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Added => "Added",
            Outcome::Changed => "Changed",
            Outcome::Kept => "Kept",
            Outcome::Removed => "Removed",
            Outcome::Same => "Same",
        }
    }

    /// How it is meant, for its colour.
    pub fn tone(self) -> &'static str {
        match self {
            Outcome::Added => "good",
            Outcome::Changed => "warning",
            Outcome::Removed => "danger",
            Outcome::Kept | Outcome::Same => "plain",
        }
    }

    fn of(self, counts: &ImportCounts) -> usize {
        match self {
            Outcome::Added => counts.new,
            Outcome::Changed => counts.replaced,
            Outcome::Kept => counts.kept,
            Outcome::Removed => counts.removed,
            Outcome::Same => counts.equal,
        }
    }
}

/// One kind of record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it is called.
    pub name: &'static str,
    /// How many end how, in the order of [`Outcome::ALL`].
    pub counts: [usize; Outcome::ALL.len()],
}

impl Row {
    /// The rows of a summary, in the order of a bundle's members.
    pub fn all(summary: &ImportSummary) -> Vec<Self> {
        let rows = summary.counts.iter().map(|(kind, counts)| Self {
            name: kind_name(*kind, 0),
            counts: Outcome::ALL.map(|outcome| outcome.of(counts)),
        });
        rows.collect()
    }

    /// How many records of all kinds are written or removed.
    pub fn changes(rows: &[Self]) -> usize {
        let written = [Outcome::Added, Outcome::Changed, Outcome::Removed];
        let of = |row: &Self| -> usize {
            let each = Outcome::ALL.iter().zip(row.counts);
            each.filter(|(outcome, _)| written.contains(outcome)).map(|(_, count)| count).sum()
        };
        rows.iter().map(of).sum()
    }
}

#[cfg(test)]
mod tests {
    use taskloom_storage::RecordKind;

    use super::*;

    #[test]
    fn rows_follow_the_columns_and_count_what_is_written() {
        let mut summary = ImportSummary::default();
        let counts = ImportCounts { new: 1, equal: 2, kept: 3, replaced: 4, removed: 5 };
        summary.counts.insert(RecordKind::Run, counts);
        summary.counts.insert(RecordKind::Task, ImportCounts::default());
        let rows = Row::all(&summary);
        assert_eq!(rows.iter().map(|row| row.name).collect::<Vec<_>>(), ["tasks", "runs"]);
        assert_eq!(rows[1].counts, [1, 4, 3, 5, 2]);
        assert_eq!(Row::changes(&rows), 10);
    }
}
