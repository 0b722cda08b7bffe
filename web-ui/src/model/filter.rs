//! The text filter of a board: free words that match title and identifier.

/// A filter as somebody typed it. Every word has to occur; letter case does not
/// matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    words: Vec<String>,
}

impl Filter {
    /// The filter in a text.
    pub fn parse(text: &str) -> Self {
        Self { words: text.split_whitespace().map(str::to_lowercase).collect() }
    }

    /// Whether everything passes.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether a task passes whose identifier and title, folded by
    /// [`searchable`], are `text`.
    pub fn matches(&self, text: &str) -> bool {
        self.words.iter().all(|word| text.contains(word.as_str()))
    }
}

/// The text of a task that filters look at.
pub fn searchable(identifier: &str, title: &str) -> String {
    format!("{identifier} {title}").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_to_occur_somewhere() {
        let text = searchable("T-12", "Parse the Äpfel");
        assert!(Filter::parse("  parse t-1 ").matches(&text));
        assert!(Filter::parse("äPFEL").matches(&text));
        assert!(!Filter::parse("parse pears").matches(&text));
    }

    #[test]
    fn a_blank_filter_lets_everything_pass() {
        let filter = Filter::parse("  ");
        assert!(filter.is_empty());
        assert!(filter.matches(""));
    }
}
