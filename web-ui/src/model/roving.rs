//! Moving the focus between the cards of a board, which is one stop of the tab
//! order.

/// A place on the board: the column among those shown, and the row in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The column.
    pub column: usize,
    /// The row.
    pub row: usize,
}

/// A step of the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// To the column before.
    Left,
    /// To the column after.
    Right,
    /// To the card above.
    Up,
    /// To the card below.
    Down,
    /// To the first card of the column.
    First,
    /// To the last card of the column.
    Last,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
}

/// How many cards a page is.
const PAGE: usize = 6;

/// The first card of a board with so many cards in each column.
pub fn first(counts: &[usize]) -> Option<Place> {
    counts.iter().position(|count| *count > 0).map(|column| Place { column, row: 0 })
}

/// Where a step leads. Empty columns are passed over; at an edge the focus
/// stays.
pub fn step(counts: &[usize], from: Place, step: Step) -> Option<Place> {
    let Some(count) = counts.get(from.column).copied().filter(|count| *count > 0) else {
        return first(counts);
    };
    let last = count - 1;
    let within = |row: usize| Place { column: from.column, row: row.min(last) };
    let across = |column: usize| Place { column, row: from.row.min(counts[column] - 1) };
    Some(match step {
        Step::Up => within(from.row.saturating_sub(1)),
        Step::Down => within(from.row + 1),
        Step::First => within(0),
        Step::Last => within(last),
        Step::PageUp => within(from.row.saturating_sub(PAGE)),
        Step::PageDown => within(from.row + PAGE),
        Step::Left => {
            let left = (0..from.column).rev().find(|column| counts[*column] > 0);
            left.map_or(within(from.row), across)
        }
        Step::Right => {
            let right = (from.column + 1..counts.len()).find(|column| counts[*column] > 0);
            right.map_or(within(from.row), across)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNTS: [usize; 4] = [0, 3, 0, 2];

    fn go(column: usize, row: usize, to: Step) -> Option<(usize, usize)> {
        step(&COUNTS, Place { column, row }, to).map(|place| (place.column, place.row))
    }

    #[test]
    fn empty_columns_are_passed_over_and_the_row_fits_the_next_one() {
        assert_eq!(go(1, 2, Step::Right), Some((3, 1)));
        assert_eq!(go(3, 1, Step::Left), Some((1, 1)));
    }

    #[test]
    fn the_focus_stays_at_the_edges() {
        assert_eq!(go(1, 0, Step::Left), Some((1, 0)));
        assert_eq!(go(3, 0, Step::Right), Some((3, 0)));
        assert_eq!(go(1, 0, Step::Up), Some((1, 0)));
        assert_eq!(go(1, 2, Step::Down), Some((1, 2)));
    }

    #[test]
    fn pages_and_ends_stay_in_the_column() {
        assert_eq!(go(1, 0, Step::PageDown), Some((1, 2)));
        assert_eq!(go(1, 2, Step::PageUp), Some((1, 0)));
        assert_eq!(go(1, 0, Step::Last), Some((1, 2)));
        assert_eq!(go(1, 2, Step::First), Some((1, 0)));
    }

    #[test]
    fn a_column_that_emptied_sends_the_focus_to_the_first_card() {
        assert_eq!(go(2, 5, Step::Down), Some((1, 0)));
        assert_eq!(step(&[0, 0], Place { column: 0, row: 0 }, Step::Down), None);
    }
}
