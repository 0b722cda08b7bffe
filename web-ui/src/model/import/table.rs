//! The table of a dry run: which lines it shows, and which of those are worth
//! having in the document. A line is as high as its texts are long.

use super::{LineReport, Outcome};

/// Which lines the table shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// All of them.
    All,
    /// Those that are refused or have a warning.
    Problems,
}

/// How much room the texts of a table have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Geometry {
    /// Whether the cells of a line stand below one another.
    pub stacked: bool,
    /// How many characters of a title fit into one line of text.
    title_chars: usize,
    /// How many characters of a detail fit into one line of text.
    detail_chars: usize,
}

impl Geometry {
    /// The room in a table of this width, in root ems. `import/lines.css` gives the
    /// cells the same widths; letters are taken a little wider than they mostly
    /// are, so that a text rather leaves room than loses a line.
    pub fn of(width: f64) -> Self {
        const STACKED_BELOW: f64 = 48.0;
        const FIXED: f64 = 25.5;
        const TITLE_LETTER: f64 = 0.49;
        const DETAIL_LETTER: f64 = 0.42;
        let stacked = width < STACKED_BELOW;
        let (title, detail) = if stacked {
            (width - 2.0, width - 2.0)
        } else {
            ((width - FIXED) * 0.45, (width - FIXED) * 0.55)
        };
        let chars = |room: f64, letter: f64| ((room / letter) as usize).max(16);
        Self {
            stacked,
            title_chars: chars(title, TITLE_LETTER),
            detail_chars: chars(detail, DETAIL_LETTER),
        }
    }

    /// How many lines of text a line of the file takes: its texts, and the space
    /// around them.
    fn height(self, line: &LineReport) -> usize {
        let rows = |text: &str, chars: usize| text.chars().count().div_ceil(chars);
        let title = rows(&line.title, self.title_chars).max(1);
        let details: usize =
            line.details().iter().map(|detail| rows(&detail.text, self.detail_chars)).sum();
        let texts = if self.stacked { 1 + title + details } else { title.max(details) };
        texts + 1
    }
}

/// What the table says about a line beside its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// In words.
    pub text: String,
    /// How it is meant.
    pub tone: Tone,
}

/// How a detail is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It keeps the line out.
    Refused,
    /// Something was lost or changed.
    Warning,
    /// For the record.
    Plain,
}

impl LineReport {
    /// What the table says: why the line is not brought in, each warning, and the
    /// rest in one.
    pub fn details(&self) -> Vec<Detail> {
        let mut details = Vec::new();
        let mut plain = Vec::new();
        match &self.outcome {
            Outcome::Task => {}
            Outcome::Child(parent) => plain.push(format!("child of {parent}")),
            Outcome::Skipped(skip) => plain.push(skip.to_string()),
            Outcome::Refused(refusal) => {
                details.push(Detail { text: refusal.to_string(), tone: Tone::Refused });
            }
        }
        for note in &self.notes {
            if note.is_warning() {
                details.push(Detail { text: note.to_string(), tone: Tone::Warning });
            } else {
                plain.push(note.to_string());
            }
        }
        if !plain.is_empty() {
            details.push(Detail { text: plain.join(" · "), tone: Tone::Plain });
        }
        details
    }
}

/// The lines of a table from top to bottom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineTable {
    /// The places of the shown lines in the report.
    places: Vec<usize>,
    /// Above each row so many lines of text; one more at the end for all.
    tops: Vec<usize>,
}

/// One row of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Row {
    /// The row, counted from 0.
    pub number: usize,
    /// The place of its line in the report.
    pub place: usize,
    /// How many lines of text are above it.
    pub top: usize,
    /// How many lines of text high it is.
    pub height: usize,
}

/// How many lines of text above and below are kept ready.
const OVERSCAN: usize = 8;

impl LineTable {
    /// The table of a report.
    pub fn of(lines: &[LineReport], shown: Shown, geometry: Geometry) -> Self {
        let mut table = Self { places: vec![], tops: vec![0] };
        let mut top = 0;
        for (place, line) in lines.iter().enumerate() {
            if shown == Shown::All || line.is_problem() {
                top += geometry.height(line);
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

    /// The rows to render when so many lines of text are scrolled away and so
    /// many can be seen.
    pub fn rows(&self, scrolled: f64, seen: f64) -> Vec<Row> {
        let from = (scrolled.max(0.0) as usize).saturating_sub(OVERSCAN);
        let to = (scrolled.max(0.0) + seen.max(0.0)).ceil() as usize + OVERSCAN;
        let start = self.tops.partition_point(|top| *top <= from).saturating_sub(1);
        let end = self.tops.partition_point(|top| *top < to).min(self.len());
        (start..end).filter_map(|number| self.row(number)).collect()
    }

    fn row(&self, number: usize) -> Option<Row> {
        let (top, bottom) = (*self.tops.get(number)?, *self.tops.get(number + 1)?);
        Some(Row { number, place: *self.places.get(number)?, top, height: bottom - top })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::import::{Note, Reference, Refusal, Skip};

    fn line(number: usize, warnings: usize) -> LineReport {
        let warning = Note::UnknownReference(Reference::Blocker, "x".into());
        let mut notes = vec![warning; warnings];
        notes.push(Note::KeptFields(2));
        LineReport {
            line: number,
            id: String::new(),
            title: "Short".into(),
            outcome: Outcome::Task,
            notes,
        }
    }

    fn table(lines: &[LineReport], shown: Shown) -> LineTable {
        LineTable::of(lines, shown, Geometry::of(70.0))
    }

    #[test]
    fn a_row_is_as_high_as_its_details() {
        let table = table(&[line(1, 0), line(2, 3), line(3, 0)], Shown::All);
        let row = |number, place, top, height| Row { number, place, top, height };
        assert_eq!(table.rows(0.0, 99.0), [row(0, 0, 0, 2), row(1, 1, 2, 5), row(2, 2, 7, 2)]);
        assert_eq!(table.height(), 9);
    }

    #[test]
    fn long_texts_and_narrow_tables_take_more_lines() {
        let long = LineReport { title: "word ".repeat(40), ..line(1, 0) };
        let height = |width: f64, line: &LineReport| Geometry::of(width).height(line);
        assert_eq!(height(70.0, &line(1, 0)), 2);
        assert_eq!(height(70.0, &long), 6);
        assert!(Geometry::of(20.0).stacked);
        assert_eq!(height(20.0, &line(1, 0)), 4, "outcome, title, detail, space");
        assert!(height(20.0, &long) > height(40.0, &long));
    }

    #[test]
    fn only_problems_are_shown_when_asked_for() {
        let lines = [line(1, 0), line(2, 1), line(3, 0), line(4, 2)];
        let rows = table(&lines, Shown::Problems).rows(0.0, 99.0);
        assert_eq!(rows.iter().map(|row| row.place).collect::<Vec<_>>(), [1, 3]);
    }

    #[test]
    fn details_start_with_what_keeps_the_line_out() {
        let texts = |line: &LineReport| -> Vec<(String, Tone)> {
            line.details().into_iter().map(|detail| (detail.text, detail.tone)).collect()
        };
        let refused = LineReport { outcome: Outcome::Refused(Refusal::TitleMissing), ..line(1, 1) };
        assert_eq!(
            texts(&refused),
            [
                ("title is missing".to_owned(), Tone::Refused),
                ("blocker x is not in the file".to_owned(), Tone::Warning),
                ("2 further fields kept".to_owned(), Tone::Plain),
            ]
        );
        let child = LineReport { outcome: Outcome::Child("p".into()), ..line(1, 0) };
        let plain = "child of p · 2 further fields kept".to_owned();
        assert_eq!(texts(&child), [(plain, Tone::Plain)]);
        let skipped =
            LineReport { outcome: Outcome::Skipped(Skip::Memory), notes: vec![], ..line(1, 0) };
        assert_eq!(texts(&skipped).len(), 1);
    }

    #[test]
    fn every_row_that_can_be_seen_is_rendered_and_few_more() {
        let lines: Vec<LineReport> = (0..3_000).map(|number| line(number, number % 3)).collect();
        let table = table(&lines, Shown::All);
        for scrolled in (0..table.height()).step_by(37) {
            let rows = table.rows(scrolled as f64, 20.0);
            for number in 0..table.len() {
                let (top, bottom) = (table.tops[number], table.tops[number + 1]);
                if bottom > scrolled && top < scrolled + 20 {
                    assert!(rows.iter().any(|row| row.number == number), "{number} at {scrolled}");
                }
            }
            assert!(rows.len() < 30, "{} at {scrolled}", rows.len());
        }
    }

    #[test]
    fn a_table_that_shrank_or_is_empty_has_no_rows_beyond_its_end() {
        assert_eq!(table(&[line(1, 0)], Shown::All).rows(500.0, 20.0), []);
        assert_eq!(table(&[], Shown::All).rows(0.0, 20.0), []);
    }
}
