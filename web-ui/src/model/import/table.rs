//! The table of a dry run: which lines it shows, and which of those are worth
//! having in the document. A line is as high as it has notes.

use std::ops::Range;

use super::{LineReport, Note};

/// Which lines the table shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// All of them.
    All,
    /// Those that are refused or have a warning.
    Problems,
}

/// The lines of a table from top to bottom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineTable {
    /// The places of the shown lines in the report.
    places: Vec<usize>,
    /// Above each row so many lines of text; one more at the end for all.
    tops: Vec<usize>,
}

/// How many lines of text above and below are kept ready.
const OVERSCAN: usize = 8;

impl LineTable {
    /// The table of a report.
    pub fn of(lines: &[LineReport], shown: Shown) -> Self {
        let mut table = Self { places: vec![], tops: vec![0] };
        let mut top = 0;
        for (place, line) in lines.iter().enumerate() {
            if shown == Shown::All || line.is_problem() {
                top += height(line);
                table.places.push(place);
                table.tops.push(top);
            }
        }
        table
    }

    /// How many rows the table has.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether no line is shown.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The height of the whole table in lines of text.
    pub fn height(&self) -> usize {
        self.tops.last().copied().unwrap_or(0)
    }

    /// Where a row stands: its place in the report, and how many lines of text
    /// are above it.
    pub fn row(&self, row: usize) -> Option<(usize, usize)> {
        Some((*self.places.get(row)?, *self.tops.get(row)?))
    }

    /// The rows to render when so many lines of text are scrolled away and so
    /// many can be seen.
    pub fn rows(&self, scrolled: f64, seen: f64) -> Range<usize> {
        let from = (scrolled.max(0.0) as usize).saturating_sub(OVERSCAN);
        let to = (scrolled.max(0.0) + seen.max(0.0)).ceil() as usize + OVERSCAN;
        let start = self.tops.partition_point(|top| *top <= from).saturating_sub(1);
        let end = self.tops.partition_point(|top| *top < to).min(self.len());
        start.min(end)..end
    }
}

/// How many lines of text the notes of a line take: one for each warning, one for
/// the rest together, and one at least.
fn height(line: &LineReport) -> usize {
    let warnings = line.notes.iter().filter(|note| note.is_warning()).count();
    let others = usize::from(warnings < line.notes.len());
    (warnings + others).max(1)
}

impl LineReport {
    /// The notes as the table shows them: each warning, then the rest in one line.
    pub fn note_lines(&self) -> Vec<(String, bool)> {
        let warnings = self.notes.iter().filter(|note| note.is_warning());
        let mut lines: Vec<(String, bool)> =
            warnings.map(|note| (note.to_string(), true)).collect();
        let others: Vec<String> =
            self.notes.iter().filter(|note| !note.is_warning()).map(Note::to_string).collect();
        if !others.is_empty() {
            lines.push((others.join(" · "), false));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::import::{Outcome, Reference};

    fn line(number: usize, warnings: usize) -> LineReport {
        let warning = Note::UnknownReference(Reference::Blocker, "x".into());
        let mut notes = vec![warning; warnings];
        notes.push(Note::KeptFields(2));
        LineReport {
            line: number,
            id: String::new(),
            title: String::new(),
            outcome: Outcome::Task,
            notes,
        }
    }

    #[test]
    fn a_row_is_as_high_as_its_notes() {
        let lines = [line(1, 0), line(2, 3), line(3, 0)];
        let table = LineTable::of(&lines, Shown::All);
        let tops: Vec<_> = (0..table.len()).map(|row| table.row(row)).collect();
        assert_eq!(tops, [Some((0, 0)), Some((1, 1)), Some((2, 5))]);
        assert_eq!(table.height(), 6);
        assert!(lines.iter().zip([1, 4, 1]).all(|(line, high)| line.note_lines().len() == high));
    }

    #[test]
    fn only_problems_are_shown_when_asked_for() {
        let lines = [line(1, 0), line(2, 1), line(3, 0), line(4, 2)];
        let table = LineTable::of(&lines, Shown::Problems);
        assert_eq!((table.row(0), table.row(1), table.row(2)), (Some((1, 0)), Some((3, 2)), None));
    }

    #[test]
    fn every_row_that_can_be_seen_is_rendered_and_few_more() {
        let lines: Vec<LineReport> = (0..10_000).map(|number| line(number, number % 3)).collect();
        let table = LineTable::of(&lines, Shown::All);
        for scrolled in (0..table.height()).step_by(37) {
            let rows = table.rows(scrolled as f64, 20.0);
            for row in 0..table.len() {
                let (top, bottom) = (table.tops[row], table.tops[row + 1]);
                if bottom > scrolled && top < scrolled + 20 {
                    assert!(rows.contains(&row), "row {row} at {scrolled}: {rows:?}");
                }
            }
            assert!(rows.len() < 45, "{rows:?}");
        }
    }

    #[test]
    fn a_table_that_shrank_or_is_empty_has_no_rows_beyond_its_end() {
        let table = LineTable::of(&[line(1, 0)], Shown::All);
        assert_eq!(table.rows(500.0, 20.0), 1..1);
        assert_eq!(LineTable::of(&[], Shown::All).rows(0.0, 20.0), 0..0);
    }
}
