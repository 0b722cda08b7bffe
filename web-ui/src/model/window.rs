//! Which cards of a long column are worth having in the document.

use std::ops::Range;

/// A column as it is scrolled, in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Viewport {
    /// How far the column is scrolled down.
    pub scroll: f64,
    /// The height of what can be seen.
    pub height: f64,
    /// The height of one card with the gap below it.
    pub pitch: f64,
}

/// The greatest number of cards that one column keeps in the document. Nine
/// columns then stay below 150.
pub const MAX_ROWS: usize = 16;

/// How many cards above and below are kept ready, where there is room.
const OVERSCAN: usize = 3;

impl Viewport {
    /// The rows to render of `count`: those that can be seen and a few more on
    /// either side.
    pub fn rows(self, count: usize) -> Range<usize> {
        if self.pitch <= 0.0 {
            return 0..count.min(MAX_ROWS);
        }
        let first = (self.scroll.max(0.0) / self.pitch).floor() as usize;
        let seen = (self.height.max(0.0) / self.pitch).ceil() as usize + 1;
        let spare = (MAX_ROWS.saturating_sub(seen) / 2).min(OVERSCAN);
        let start = first.saturating_sub(spare).min(count);
        let end = (first + seen + spare).min(count);
        // The last page is kept full, so that a list that shrank never shows a gap.
        let start = start.min(end.saturating_sub((seen + spare).min(MAX_ROWS)));
        start..end
    }

    /// Where to scroll so that a row can be seen whole; `None` if it can already.
    pub fn reveal(self, row: usize) -> Option<f64> {
        let top = row as f64 * self.pitch;
        let bottom = top + self.pitch;
        if top < self.scroll {
            Some(top)
        } else if bottom > self.scroll + self.height {
            Some((bottom - self.height).max(0.0))
        } else {
            None
        }
    }
}

/// The rows to render with one more that always has to be there, in order.
pub fn rows_with(rows: Range<usize>, pinned: Option<usize>) -> Vec<usize> {
    let outside = pinned.filter(|row| !rows.contains(row));
    let mut all: Vec<usize> = rows.collect();
    if let Some(row) = outside {
        let at = all.partition_point(|other| *other < row);
        all.insert(at, row);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(scroll: f64) -> Viewport {
        Viewport { scroll, height: 700.0, pitch: 100.0 }
    }

    #[test]
    fn a_long_column_renders_what_is_seen_and_a_little_more() {
        assert_eq!(at(0.0).rows(5_000), 0..11);
        assert_eq!(at(100_000.0).rows(5_000), 997..1_011);
    }

    #[test]
    fn the_number_of_rows_stays_bounded_on_any_screen() {
        for height in [0.0, 300.0, 700.0, 1_400.0] {
            for scroll in 0..200 {
                let rows =
                    Viewport { scroll: f64::from(scroll) * 37.0, height, pitch: 100.0 }.rows(5_000);
                assert!(rows.len() <= MAX_ROWS, "{rows:?} at {height}");
            }
        }
    }

    #[test]
    fn every_visible_row_is_rendered() {
        for scroll in 0..2_000 {
            let view = at(f64::from(scroll));
            let rows = view.rows(40);
            let last = ((view.scroll + view.height) / view.pitch).ceil() as usize;
            assert!(rows.start <= scroll as usize / 100, "{rows:?} at {scroll}");
            assert!(rows.end >= last.min(40), "{rows:?} at {scroll}");
        }
    }

    #[test]
    fn a_list_that_shrank_below_the_scroll_position_shows_its_end() {
        assert_eq!(at(100_000.0).rows(4), 0..4);
        assert_eq!(at(100_000.0).rows(0), 0..0);
    }

    #[test]
    fn an_unmeasured_column_starts_with_a_page() {
        let unmeasured = Viewport { scroll: 0.0, height: 0.0, pitch: 0.0 };
        assert_eq!(unmeasured.rows(3), 0..3);
        assert_eq!(unmeasured.rows(5_000), 0..MAX_ROWS);
    }

    #[test]
    fn the_pinned_row_is_added_in_its_place_once() {
        assert_eq!(rows_with(3..5, Some(0)), [0, 3, 4]);
        assert_eq!(rows_with(3..5, Some(9)), [3, 4, 9]);
        assert_eq!(rows_with(3..5, Some(4)), [3, 4]);
        assert_eq!(rows_with(3..5, None), [3, 4]);
    }

    #[test]
    fn revealing_scrolls_no_further_than_needed() {
        assert_eq!(at(500.0).reveal(2), Some(200.0));
        assert_eq!(at(500.0).reveal(5), None);
        assert_eq!(at(500.0).reveal(20), Some(1_400.0));
    }
}
