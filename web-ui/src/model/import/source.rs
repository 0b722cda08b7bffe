//! What a file must be at all, and what came from one before.

use std::collections::BTreeMap;
use std::fmt;

use taskloom_domain::id::TaskId;
use taskloom_domain::query::Query;
use taskloom_domain::store::RecordStore;

use super::{Mapping, Outcome, Refusal};

/// The largest file of lines that is looked at. The largest plan that the app is
/// built for stays well below.
pub const MAX_LINES_BYTES: u64 = 50_000_000;
/// The largest file that is read at all: a bundle with the history of a large board.
/// A file is held in memory as a whole, and texts of browsers end at 512 MB.
pub const MAX_FILE_BYTES: u64 = 400_000_000;

/// Why a file is not looked at line by line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileFault {
    /// It holds nothing but blanks.
    Empty,
    /// It is larger than it may be.
    TooLarge {
        /// Its bytes.
        bytes: u64,
        /// How many there may be.
        most: u64,
    },
    /// Not one of its lines is a JSON object; what the first line is.
    NoJsonLines(String),
    /// It is a bundle, but not one that can go onto a board; why.
    Bundle(String),
    /// The browser cannot read it.
    Unreadable,
}

/// Refuses files that are too large to be read.
///
/// # Errors
///
/// [`FileFault::TooLarge`].
pub const fn check_size(bytes: u64) -> Result<(), FileFault> {
    within(bytes, MAX_FILE_BYTES)
}

/// Refuses texts with more lines than the app is built for.
///
/// # Errors
///
/// [`FileFault::TooLarge`].
pub const fn check_lines_size(text: &str) -> Result<(), FileFault> {
    within(text.len() as u64, MAX_LINES_BYTES)
}

const fn within(bytes: u64, most: u64) -> Result<(), FileFault> {
    if bytes > most { Err(FileFault::TooLarge { bytes, most }) } else { Ok(()) }
}

/// Refuses what is not a file of JSON lines at all.
///
/// # Errors
///
/// [`FileFault::Empty`] or [`FileFault::NoJsonLines`].
pub fn check_text(mapping: &Mapping) -> Result<(), FileFault> {
    let Some(first) = mapping.lines.first() else { return Err(FileFault::Empty) };
    let is_foreign = |outcome: &Outcome| {
        matches!(outcome, Outcome::Refused(Refusal::NotJson(_) | Refusal::NotAnObject))
    };
    if !mapping.lines.iter().all(|line| is_foreign(&line.outcome)) {
        return Ok(());
    }
    match &first.outcome {
        Outcome::Refused(refusal) => Err(FileFault::NoJsonLines(refusal.to_string())),
        _ => Ok(()),
    }
}

/// The tasks of a board that came from a format, by the id that they had there.
pub fn imported_tasks(store: &impl RecordStore, format: &str) -> BTreeMap<String, TaskId> {
    let tasks = store.list_tasks(&Query::default());
    let source_id = |metadata: &taskloom_domain::RawJson| {
        // Most tasks have no source, and reading text is cheaper than JSON.
        if !metadata.as_str().contains("\"source\"") {
            return None;
        }
        let value = metadata.to_value()?;
        let source = value.get("source")?;
        let id = source.get("id")?.as_str()?;
        (source.get("format")?.as_str()? == format && !id.is_empty()).then(|| id.to_owned())
    };
    tasks
        .iter()
        .filter_map(|task| Some((source_id(task.metadata.as_ref()?)?, task.id.clone())))
        .collect()
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FileFault::Empty => f.write_str("The file is empty."),
            FileFault::TooLarge { bytes, most } => write!(
                f,
                "The file has {} MB; files up to {} MB can be imported.",
                bytes.div_ceil(1_000_000),
                most / 1_000_000
            ),
            FileFault::Bundle(why) => f.write_str(why),
            FileFault::NoJsonLines(first) => {
                write!(f, "None of its lines is a JSON object. The first one is {first}.")
            }
            FileFault::Unreadable => f.write_str("The browser cannot read the file."),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use taskloom_domain::actor::{ActorContext, OriginKind};
    use taskloom_domain::environment::HexIds;
    use taskloom_domain::manager::{Manager, ManagerOptions};
    use taskloom_domain::store::MemoryStore;
    use taskloom_domain::task::CreateTask;
    use taskloom_domain::{RawJson, Scope, Timestamp};

    use super::*;
    use crate::model::import::{Choices, Context, beads};

    fn checked(text: &str) -> Result<(), FileFault> {
        let now = Timestamp::from_millis(0);
        let context = Context { now, existing: BTreeMap::new(), choices: Choices::default() };
        check_text(&beads::map(text, &context))
    }

    #[test]
    fn a_file_without_a_single_object_is_refused_as_a_whole() {
        let refused = checked("# Notes\n\nSome text\n").unwrap_err().to_string();
        assert!(
            refused.starts_with("None of its lines is a JSON object. The first one is not JSON")
        );
        assert_eq!(
            checked("[1, 2]").unwrap_err(),
            FileFault::NoJsonLines("not a JSON object".into())
        );
    }

    #[test]
    fn one_object_makes_it_a_file_with_bad_lines() {
        assert_eq!(checked("# Notes\n{\"title\": \"A\"}"), Ok(()));
        assert_eq!(checked("{}"), Ok(()), "a line without a title is a line");
    }

    #[test]
    fn blank_files_are_empty() {
        for text in ["", "\n  \n", "\u{feff}"] {
            assert_eq!(checked(text), Err(FileFault::Empty), "{text:?}");
        }
    }

    #[test]
    fn files_up_to_the_limit_are_read() {
        assert_eq!(check_size(MAX_FILE_BYTES), Ok(()));
        let fault = check_size(MAX_FILE_BYTES + 1).unwrap_err();
        let text = "The file has 401 MB; files up to 400 MB can be imported.";
        assert_eq!(fault.to_string(), text);
    }

    #[test]
    fn lines_have_a_limit_of_their_own() {
        let text = " ".repeat(50_000_001);
        assert_eq!(check_lines_size(&text[1..]), Ok(()));
        let fault = check_lines_size(&text).unwrap_err();
        assert_eq!(fault.to_string(), "The file has 51 MB; files up to 50 MB can be imported.");
    }

    #[test]
    fn tasks_are_found_again_by_format_and_id() {
        let mut number = 0_u8;
        let options = ManagerOptions::new(
            || Timestamp::from_millis(0),
            HexIds::new(move || {
                number += 1;
                [number; 8]
            }),
            || [0; 32],
        );
        let mut manager = Manager::new(MemoryStore::default(), options);
        let actor = ActorContext::derive_human("ada", OriginKind::Web, "test").unwrap();
        let mut add = |metadata: Option<&str>| {
            let spec = CreateTask {
                scope: Scope::Global.into(),
                title: "A".into(),
                metadata: metadata.and_then(RawJson::from_text),
                ..CreateTask::default()
            };
            manager.create_task(spec, &actor).unwrap().id
        };
        let found = add(Some(r#"{"source": {"format": "beads", "id": "bd-1"}}"#));
        add(Some(r#"{"source": {"format": "other", "id": "bd-2"}}"#));
        add(Some(r#"{"source": {"format": "beads", "id": ""}}"#));
        add(Some(r#"{"labels": ["\"source\""]}"#));
        add(None);
        let known = imported_tasks(manager.store(), "beads");
        assert_eq!(known.into_iter().collect::<Vec<_>>(), [("bd-1".to_owned(), found)]);
    }
}
