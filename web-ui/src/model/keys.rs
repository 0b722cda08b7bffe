//! The one table of keys: what they do is looked up here, and the help sheet is
//! made of it.

use super::page::Page;

/// Where a key works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// On every page.
    Everywhere,
    /// On the cards of the board.
    Board,
    /// On the rows of the review queue.
    Reviews,
    /// On the page of a review.
    Review,
    /// While a card is picked up.
    Carrying,
    /// After `G`, on every page.
    Go,
}

impl Scope {
    /// Every scope, in the order of the help sheet.
    pub const ALL: [Scope; 6] = [
        Scope::Board,
        Scope::Everywhere,
        Scope::Reviews,
        Scope::Review,
        Scope::Carrying,
        Scope::Go,
    ];

    /// The heading in the help sheet.
    pub fn title(self) -> &'static str {
        match self {
            Scope::Everywhere => "Everywhere",
            Scope::Board => "On the board",
            Scope::Reviews => "In the review queue",
            Scope::Review => "On a review",
            Scope::Carrying => "While moving a card",
            Scope::Go => "Go to, after G",
        }
    }
}

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Waits for the letter of a page.
    GoTo,
    /// Opens a page.
    Go(Page),
    /// Shows or hides the help sheet.
    Help,
    /// Opens quick add.
    NewTask,
    /// Goes to the filter.
    Filter,
    /// Takes the last step back.
    Undo,
    /// One level out: closes the innermost thing that is open.
    Back,
    /// Left.
    Left,
    /// Right.
    Right,
    /// Up.
    Up,
    /// Down.
    Down,
    /// First card of the column.
    First,
    /// Last card of the column.
    Last,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// Opens the card's task.
    Open,
    /// Opens the move menu.
    MoveTo,
    /// Picks the card up.
    PickUp,
    /// Drops the card.
    Drop,
    /// Opens the verdict form to approve.
    Approve,
    /// Opens the verdict form to reject.
    Reject,
    /// The one before.
    Before,
    /// The one after.
    After,
    /// Sends the form.
    Submit,
}

/// A key with or without Control (or Command).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chord {
    /// The key's name as the browser gives it, letters in lower case.
    pub key: &'static str,
    /// Whether Control or Command is held.
    pub control: bool,
}

impl Chord {
    /// The keys to press, as the help sheet shows them.
    pub fn caps(self) -> Vec<&'static str> {
        let cap = match self.key {
            "ArrowLeft" => "←",
            "ArrowRight" => "→",
            "ArrowUp" => "↑",
            "ArrowDown" => "↓",
            "Escape" => "Esc",
            "PageUp" => "PgUp",
            "PageDown" => "PgDn",
            "a" => "A",
            "b" => "B",
            "c" => "C",
            "g" => "G",
            "h" => "H",
            "j" => "J",
            "k" => "K",
            "l" => "L",
            "m" => "M",
            "q" => "Q",
            "r" => "R",
            "s" => "S",
            "v" => "V",
            "z" => "Z",
            " " => "Space",
            other => other,
        };
        if self.control { vec!["Ctrl", cap] } else { vec![cap] }
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// Where it works.
    pub scope: Scope,
    /// Any of these.
    pub chords: &'static [Chord],
    /// What it does.
    pub command: Command,
    /// The same in words.
    pub text: &'static str,
}

const fn key(key: &'static str) -> Chord {
    Chord { key, control: false }
}

const fn control(key: &'static str) -> Chord {
    Chord { key, control: true }
}

macro_rules! keys {
    ($($scope:ident: $chords:expr => $command:expr, $text:literal;)+) => {
        &[$(Binding {
            scope: Scope::$scope,
            chords: &$chords,
            command: $command,
            text: $text,
        },)+]
    };
}

/// Every key that does something.
pub const KEYS: &[Binding] = keys! {
    Everywhere: [key("c")] => Command::NewTask, "New task";
    Everywhere: [key("/")] => Command::Filter, "Filter";
    Everywhere: [control("z")] => Command::Undo, "Undo";
    Everywhere: [key("g")] => Command::GoTo, "Go to a page";
    Everywhere: [key("?")] => Command::Help, "This list";
    Everywhere: [key("Escape")] => Command::Back, "One level out";
    Board: [key("ArrowLeft"), key("h")] => Command::Left, "Card in the column before";
    Board: [key("ArrowRight"), key("l")] => Command::Right, "Card in the column after";
    Board: [key("ArrowUp"), key("k")] => Command::Up, "Card above";
    Board: [key("ArrowDown"), key("j")] => Command::Down, "Card below";
    Board: [key("Home")] => Command::First, "First card of the column";
    Board: [key("End")] => Command::Last, "Last card of the column";
    Board: [key("PageUp")] => Command::PageUp, "Some cards up";
    Board: [key("PageDown")] => Command::PageDown, "Some cards down";
    Board: [key("Enter"), key(" ")] => Command::Open, "Open the task";
    Board: [key("m")] => Command::MoveTo, "Move to…";
    Board: [key("v")] => Command::PickUp, "Pick the card up";
    Reviews: [key("ArrowDown"), key("j")] => Command::Down, "Row below";
    Reviews: [key("ArrowUp"), key("k")] => Command::Up, "Row above";
    Reviews: [key("Home")] => Command::First, "First row";
    Reviews: [key("End")] => Command::Last, "Last row";
    Reviews: [key("Enter")] => Command::Open, "Open the review";
    Reviews: [key("a")] => Command::Approve, "Approve…";
    Reviews: [key("r")] => Command::Reject, "Reject…";
    Review: [key("[")] => Command::Before, "Round before";
    Review: [key("]")] => Command::After, "Round after";
    Review: [control("Enter")] => Command::Submit, "Record the verdict";
    Carrying: [key("ArrowLeft"), key("h")] => Command::Left, "Column before";
    Carrying: [key("ArrowRight"), key("l")] => Command::Right, "Column after";
    Carrying: [key("Enter"), key(" ")] => Command::Drop, "Drop here";
    Carrying: [key("Escape")] => Command::Back, "Put it back";
    Go: [key("b")] => Command::Go(Page::Board), "Board";
    Go: [key("r")] => Command::Go(Page::Reviews), "Reviews";
    Go: [key("q")] => Command::Go(Page::Queue), "Queue";
    Go: [key("s")] => Command::Go(Page::Storage), "Storage";
};

/// A key press as the page saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Press<'a> {
    /// The key's name as the browser gives it.
    pub key: &'a str,
    /// Whether Control or Command is held.
    pub control: bool,
    /// Whether Alt is held; such presses belong to the browser.
    pub alt: bool,
}

/// What a key press means within a scope.
pub fn command(scope: Scope, press: Press<'_>) -> Option<Command> {
    if press.alt {
        return None;
    }
    let name = match press.key {
        single if single.chars().count() == 1 => single.to_lowercase(),
        named => named.to_owned(),
    };
    KEYS.iter()
        .filter(|binding| binding.scope == scope)
        .find(|binding| binding.chords.iter().any(|c| c.key == name && c.control == press.control))
        .map(|binding| binding.command)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(key: &str) -> Press<'_> {
        Press { key, control: false, alt: false }
    }

    #[test]
    fn no_key_means_two_things_in_one_scope() {
        for scope in Scope::ALL {
            let mut seen: Vec<Chord> = Vec::new();
            for binding in KEYS.iter().filter(|binding| binding.scope == scope) {
                for chord in binding.chords {
                    assert!(!seen.contains(chord), "{chord:?} twice in {scope:?}");
                    seen.push(*chord);
                }
            }
        }
    }

    #[test]
    fn letter_case_does_not_matter_but_control_does() {
        assert_eq!(command(Scope::Everywhere, press("C")), Some(Command::NewTask));
        let copy = Press { control: true, ..press("c") };
        assert_eq!(command(Scope::Everywhere, copy), None);
        let undo = Press { control: true, ..press("z") };
        assert_eq!(command(Scope::Everywhere, undo), Some(Command::Undo));
        assert_eq!(command(Scope::Everywhere, press("z")), None);
    }

    #[test]
    fn keys_with_alt_belong_to_the_browser() {
        assert_eq!(command(Scope::Board, Press { alt: true, ..press("ArrowLeft") }), None);
    }

    #[test]
    fn a_key_depends_on_its_scope() {
        assert_eq!(command(Scope::Board, press("Enter")), Some(Command::Open));
        assert_eq!(command(Scope::Carrying, press("Enter")), Some(Command::Drop));
        assert_eq!(command(Scope::Everywhere, press("Enter")), None);
    }

    #[test]
    fn the_help_sheet_shows_caps_for_every_key() {
        for binding in KEYS {
            for chord in binding.chords {
                let caps = chord.caps();
                assert!(caps.iter().all(|cap| cap.chars().count() <= 5), "{caps:?}");
                assert!(caps.iter().all(|cap| !cap.starts_with(char::is_lowercase)), "{caps:?}");
            }
        }
    }
}
