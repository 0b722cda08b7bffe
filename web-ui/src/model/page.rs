//! The pages of the app and their paths, below the folder that it is served from.

use taskloom_domain::id::TaskId;
use taskloom_domain::stage::Stage;

use super::icon::IconName;

/// A page that the rail leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Page {
    /// All stages side by side.
    Board,
    /// What waits for a verdict.
    Reviews,
    /// What waits to be claimed, and who holds what.
    Queue,
    /// Data in.
    Import,
    /// Where the board is kept, and the ways to take it away.
    Storage,
}

impl Page {
    /// Every page, in the order of the rail.
    pub const ALL: &'static [Page] =
        &[Page::Board, Page::Reviews, Page::Queue, Page::Import, Page::Storage];

    /// The path, which begins with a slash.
    pub fn path(self) -> &'static str {
        match self {
            Page::Board => "/board",
            Page::Reviews => "/reviews",
            Page::Queue => "/queue",
            Page::Import => "/import",
            Page::Storage => "/settings/storage",
        }
    }

    /// What it is called.
    pub fn label(self) -> &'static str {
        match self {
            Page::Board => "Board",
            Page::Reviews => "Reviews",
            Page::Queue => "Queue",
            Page::Import => "Import",
            Page::Storage => "Storage",
        }
    }

    /// Its mark in the rail.
    pub fn icon(self) -> IconName {
        match self {
            Page::Board => IconName::Board,
            Page::Reviews => IconName::Stage(Stage::InReview),
            Page::Queue => IconName::Stage(Stage::Queued),
            Page::Import => IconName::Import,
            Page::Storage => IconName::Storage,
        }
    }

    /// The path of one record on the page, such as `/reviews/review-1`.
    pub fn record(self, id: &str) -> String {
        format!("{}/{}", self.path(), encode(id))
    }
}

/// A link for the document, which resolves it against the folder that the app is
/// served from: a path without its first slash.
pub fn href(path: &str) -> String {
    path.trim_start_matches('/').to_owned()
}

/// A link to a task in the side panel of the board, for where it is opened in a
/// tab of its own.
pub fn task_href(id: &TaskId) -> String {
    format!("{}?panel=task:{}", href(Page::Board.path()), encode(id.as_str()))
}

/// Percent-encodes what a segment of a path cannot hold.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte));
            }
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_begin_with_a_slash_and_differ() {
        let mut paths: Vec<&str> = Page::ALL.iter().map(|page| page.path()).collect();
        assert!(paths.iter().all(|path| path.starts_with('/')));
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), Page::ALL.len());
    }

    #[test]
    fn ids_of_any_text_are_one_segment_of_a_path() {
        assert_eq!(Page::Board.record("task-1"), "/board/task-1");
        assert_eq!(Page::Board.record("a/b ü?"), "/board/a%2Fb%20%C3%BC%3F");
        assert_eq!(task_href(&"a&b".into()), "board?panel=task:a%26b");
    }
}
