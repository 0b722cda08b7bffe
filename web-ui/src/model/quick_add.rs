//! One line of quick add: a title with tokens in it.
//!
//! `!high` sets the priority, `@name` the owner, `#word` adds a label, `^T-1`
//! names the parent, `>T-1` a task that this one needs, `<T-1` one that needs
//! this one. A token stands alone between spaces; a sign with nothing behind it,
//! or within a word, is text.

use taskloom_domain::Enumeration;
use taskloom_domain::task::Priority;

/// What one line asks for. References are as typed; who resolves them reports
/// the unknown ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuickAdd {
    /// The words that are no tokens.
    pub title: String,
    /// `!high`; the last one counts.
    pub priority: Option<Priority>,
    /// `@name`; the last one counts.
    pub owner: Option<String>,
    /// `#word`, each once, in order.
    pub labels: Vec<String>,
    /// `^reference`; the last one counts.
    pub parent: Option<String>,
    /// `>reference`: this task depends on them.
    pub needs: Vec<String>,
    /// `<reference`: they depend on this task.
    pub blocks: Vec<String>,
}

/// Why a line cannot be added as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineFault {
    /// Nothing is left for the title.
    NoTitle,
    /// `!` with a word that is no priority.
    UnknownPriority(String),
}

impl QuickAdd {
    /// Reads a line.
    ///
    /// # Errors
    ///
    /// The first fault, by position in the line; a missing title last.
    pub fn parse(line: &str) -> Result<Self, LineFault> {
        let mut add = Self::default();
        let mut words = Vec::new();
        for word in line.split_whitespace() {
            let mut rest = word.chars();
            let sign = rest.next();
            let value = rest.as_str();
            match sign {
                _ if value.is_empty() => words.push(word),
                Some('!') if value.starts_with(char::is_alphabetic) => {
                    let priority = Priority::parse(value);
                    add.priority =
                        Some(priority.ok_or_else(|| LineFault::UnknownPriority(value.into()))?);
                }
                Some('@') => add.owner = Some(value.into()),
                Some('#') => push_new(&mut add.labels, value),
                Some('^') => add.parent = Some(value.into()),
                Some('>') => push_new(&mut add.needs, value),
                Some('<') => push_new(&mut add.blocks, value),
                _ => words.push(word),
            }
        }
        add.title = words.join(" ");
        if add.title.is_empty() { Err(LineFault::NoTitle) } else { Ok(add) }
    }

    /// The metadata document that keeps the labels, or `None` without labels.
    pub fn metadata(&self) -> Option<serde_json::Value> {
        (!self.labels.is_empty()).then(|| serde_json::json!({ "labels": self.labels }))
    }
}

impl LineFault {
    /// The fault in words.
    pub fn text(&self) -> String {
        match self {
            LineFault::NoTitle => "Write a title beside the tokens.".into(),
            LineFault::UnknownPriority(word) => {
                format!("“!{word}” is no priority. Use !low, !medium, !high or !urgent.")
            }
        }
    }
}

fn push_new(list: &mut Vec<String>, value: &str) {
    if !list.iter().any(|known| known == value) {
        list.push(value.into());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn tokens_are_taken_out_of_the_title() {
        let line = "Parse !high the file @ada #core #io ^T-1 >T-2 >T-3 <T-4";
        let expected = QuickAdd {
            title: "Parse the file".into(),
            priority: Some(Priority::High),
            owner: Some("ada".into()),
            labels: vec!["core".into(), "io".into()],
            parent: Some("T-1".into()),
            needs: vec!["T-2".into(), "T-3".into()],
            blocks: vec!["T-4".into()],
        };
        assert_eq!(QuickAdd::parse(line), Ok(expected));
    }

    #[test]
    fn every_priority_has_a_token_in_any_letter_case() {
        for priority in Priority::ALL {
            let line = format!("a !{}", priority.as_str().to_uppercase());
            assert_eq!(QuickAdd::parse(&line).unwrap().priority, Some(*priority));
        }
    }

    #[test]
    fn lone_signs_and_signs_within_words_are_text() {
        let add = QuickAdd::parse("a > b, mail x@y.z, C# and 3<4 !! !1").unwrap();
        assert_eq!(add.title, "a > b, mail x@y.z, C# and 3<4 !! !1");
        assert_eq!(add, QuickAdd { title: add.title.clone(), ..QuickAdd::default() });
    }

    #[test]
    fn repeated_references_count_once() {
        let add = QuickAdd::parse("a >T-1 >T-1 #x #x").unwrap();
        assert_eq!((add.needs.len(), add.labels.len()), (1, 1));
    }

    #[test]
    fn a_line_of_tokens_alone_lacks_a_title() {
        assert_eq!(QuickAdd::parse("!high #x"), Err(LineFault::NoTitle));
        assert_eq!(QuickAdd::parse("  "), Err(LineFault::NoTitle));
    }

    #[test]
    fn an_unknown_priority_is_named() {
        let fault = QuickAdd::parse("a !soon").unwrap_err();
        assert_eq!(fault, LineFault::UnknownPriority("soon".into()));
        assert!(fault.text().contains("!soon"));
    }

    #[test]
    fn labels_become_metadata() {
        let add = QuickAdd::parse("a #x").unwrap();
        assert_eq!(add.metadata(), Some(serde_json::json!({"labels": ["x"]})));
        assert_eq!(QuickAdd::parse("a").unwrap().metadata(), None);
    }
}
