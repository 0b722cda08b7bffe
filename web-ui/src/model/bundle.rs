//! Whole boards as documents: telling one from other files, and saying what becomes
//! of each kind of record, before and after an import.

mod outcome;
mod refused;

pub use outcome::{Outcome, Row};
pub use refused::refusal;

use taskloom_storage::{Bundle, BundleError, ImportSummary, RecordKind};

use crate::model::phrase::count;

/// The bundle that a text is; nothing where it is another kind of file. A bundle
/// that cannot be read, cut off in the middle for example, is one all the same.
pub fn bundle_in(text: &str) -> Option<Result<Bundle, BundleError>> {
    match Bundle::from_json(text) {
        Err(BundleError::NotABundle) => None,
        Err(BundleError::Invalid { .. }) if !begins_like_a_bundle(text) => None,
        read => Some(read),
    }
}

/// Whether the first member says so, as in every bundle that Taskloom writes.
fn begins_like_a_bundle(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let mut rest = text.strip_prefix('{').unwrap_or_default();
    for part in ["\"format\"", ":", "\"taskloom-bundle\""] {
        match rest.trim_start().strip_prefix(part) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    true
}

/// What so many records of a kind are called.
pub fn kind_name(kind: RecordKind, number: usize) -> &'static str {
    let (one, many) = match kind {
        RecordKind::Task => ("task", "tasks"),
        RecordKind::Dependency => ("dependency", "dependencies"),
        RecordKind::Profile => ("execution profile", "execution profiles"),
        RecordKind::Channel => ("channel", "channels"),
        RecordKind::Run => ("run", "runs"),
        RecordKind::Idempotency => ("idempotency key", "idempotency keys"),
        RecordKind::Review => ("review", "reviews"),
        RecordKind::ReviewGate => ("review state", "review states"),
        RecordKind::Triage => ("triage record", "triage records"),
        RecordKind::Snooze => ("snooze", "snoozes"),
        RecordKind::Trash => ("deleted task", "deleted tasks"),
        RecordKind::Event => ("event", "events"),
        RecordKind::Scheduler => ("scheduler switch", "scheduler switches"),
    };
    if number == 1 { one } else { many }
}

/// What a bundle holds: `12 tasks, 3 runs, 80 events`.
pub fn contents(bundle: &Bundle) -> String {
    let all = [
        (bundle.tasks.len(), "task"),
        (bundle.runs.len(), "run"),
        (bundle.reviews.len(), "review"),
        (bundle.events.len(), "event"),
    ];
    let parts = all.into_iter().filter(|(number, _)| *number > 0);
    let parts: Vec<String> = parts.map(|(number, noun)| count(number, noun)).collect();
    if parts.is_empty() { "no tasks".into() } else { parts.join(", ") }
}

/// What is lost by an import, one line each, for the question before it.
pub fn losses(summary: &ImportSummary) -> Vec<String> {
    let mut lines = Vec::new();
    let of = |pick: fn(&taskloom_storage::ImportCounts) -> usize| {
        let kinds = summary.counts.iter().filter(|(_, counts)| pick(counts) > 0);
        let parts: Vec<String> = kinds
            .map(|(kind, counts)| (*kind, pick(counts)))
            .map(|(kind, number)| format!("{number} {}", kind_name(kind, number)))
            .collect();
        parts.join(", ")
    };
    let (removed, replaced) = (of(|it| it.removed), of(|it| it.replaced));
    if !removed.is_empty() {
        lines.push(format!("Removed: {removed}."));
    }
    if !replaced.is_empty() {
        lines.push(format!("Overwritten by the file: {replaced}."));
    }
    lines
}

/// Bytes for people: `640 B`, `1.2 MB`.
pub fn bytes(number: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut scaled = number as f64;
    let mut unit = 0;
    // What would round up to a thousand belongs to the next unit.
    while scaled >= 999.5 && unit + 1 < UNITS.len() {
        scaled /= 1_000.0;
        unit += 1;
    }
    let digits = usize::from(unit > 0 && scaled < 9.95);
    format!("{scaled:.digits$} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use taskloom_storage::ImportCounts;

    use super::*;

    #[test]
    fn a_bundle_is_told_from_other_files() {
        let bundle = Bundle::default().to_json().unwrap();
        assert!(matches!(bundle_in(&bundle), Some(Ok(_))));
        let cut = &bundle[..60];
        assert!(matches!(bundle_in(cut), Some(Err(BundleError::Invalid { .. }))), "{cut}");
        let newer = bundle.replace("\"format_version\":1", "\"format_version\":9");
        assert!(matches!(bundle_in(&newer), Some(Err(BundleError::NewerFormat { found: 9 }))));
        let issue = r#"{"id": "bd-1", "title": "Read \"format\": \"taskloom-bundle\""}"#;
        for other in [issue, &format!("{issue}\n{issue}"), "[]", "", "{\"format\": 1", "notes"] {
            assert!(bundle_in(other).is_none(), "{other}");
        }
    }

    #[test]
    fn losses_name_what_goes_by_kind() {
        let mut summary = ImportSummary::default();
        assert_eq!(losses(&summary), [""; 0]);
        let counts = ImportCounts { removed: 2, replaced: 1, new: 7, ..ImportCounts::default() };
        summary.counts.insert(RecordKind::Task, counts);
        let counts = ImportCounts { removed: 30, ..ImportCounts::default() };
        summary.counts.insert(RecordKind::Event, counts);
        let expected = ["Removed: 2 tasks, 30 events.", "Overwritten by the file: 1 task."];
        assert_eq!(losses(&summary), expected);
    }

    #[test]
    fn bytes_have_two_or_three_digits() {
        let texts: Vec<String> =
            [0, 999, 1_000, 1_234_567, 9_949_999, 9_950_000, 999_600, 12_000_000_000, u64::MAX]
                .map(bytes)
                .into();
        assert_eq!(
            texts,
            [
                "0 B",
                "999 B",
                "1.0 kB",
                "1.2 MB",
                "9.9 MB",
                "10 MB",
                "1.0 MB",
                "12 GB",
                "18446744 TB"
            ]
        );
    }
}
