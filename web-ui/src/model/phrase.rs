//! Small pieces of text: counts, spans of time, stages and people in words.

use taskloom_domain::actor::{ActorIdentity, ActorKind, OwnerKind, Ownership};
use taskloom_domain::stage::Stage;
use taskloom_domain::task::Priority;
use taskloom_domain::time::Duration;

/// `1 task`, `3 tasks`.
pub fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

/// `1st`, `2nd`, `11th`.
pub fn ordinal(number: usize) -> String {
    let ending = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// A span of time in its one greatest unit: `45 s`, `12 min`, `3 h`, `5 d`.
pub fn span(duration: Duration) -> String {
    let seconds = (duration.as_nanos() / 1_000_000_000).max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// How long ago something was: `just now`, `12 min ago`.
pub fn ago(duration: Duration) -> String {
    if duration < Duration::from_secs(60) {
        "just now".into()
    } else {
        format!("{} ago", span(duration))
    }
}

/// The name of a stage.
pub fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Draft => "Draft",
        Stage::Blocked => "Blocked",
        Stage::Ready => "Ready",
        Stage::Queued => "Queued",
        Stage::InProgress => "In progress",
        Stage::InReview => "In review",
        Stage::Done => "Done",
        Stage::Failed => "Failed",
        Stage::Canceled => "Canceled",
    }
}

/// What fills the column of a stage, for the empty column.
pub fn stage_rule(stage: Stage) -> &'static str {
    match stage {
        Stage::Draft => "Ideas wait here until you publish them.",
        Stage::Blocked => "Tasks that wait for another task or for an approval.",
        Stage::Ready => "Tasks that could start, but that nobody asked for yet.",
        Stage::Queued => "Tasks with a run that waits for somebody to claim it.",
        Stage::InProgress => "Tasks that a person or an agent holds right now.",
        Stage::InReview => "Finished work that waits for a verdict.",
        Stage::Done => "Completed tasks. Finishing one frees what waits for it.",
        Stage::Failed => "Tasks whose last attempt failed.",
        Stage::Canceled => "Tasks that were called off, for good.",
    }
}

/// The name of a priority.
pub fn priority(priority: Priority) -> &'static str {
    match priority {
        Priority::Low => "Low",
        Priority::Medium => "Medium",
        Priority::High => "High",
        Priority::Urgent => "Urgent",
    }
}

/// The ref under which the person at this page acts.
pub const YOU: &str = "you";

/// An identity, as people call it.
pub fn actor(actor: &ActorIdentity) -> String {
    match actor.kind {
        ActorKind::Human if actor.reference == YOU => "You".into(),
        _ => actor.reference.clone(),
    }
}

/// A name in the middle of a sentence.
pub fn within(name: &str) -> &str {
    if name == "You" { "you" } else { name }
}

/// An owner, as people call it.
pub fn owner(owner: &Ownership) -> String {
    match owner.kind {
        OwnerKind::Human if owner.reference == YOU => "You".into(),
        OwnerKind::Pool => format!("pool {}", owner.reference),
        _ => owner.reference.clone(),
    }
}

/// At most `max` characters, with a sign where something was cut.
pub fn cut(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((at, _)) => format!("{}…", text[..at].trim_end()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinals_follow_english() {
        let texts: Vec<String> = [1, 2, 3, 4, 11, 12, 13, 21, 102, 111].map(ordinal).into();
        assert_eq!(
            texts,
            ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th"]
        );
    }

    #[test]
    fn spans_use_one_unit_and_never_go_below_zero() {
        let texts: Vec<String> =
            [-5, 0, 59, 60, 3_599, 3_600, 86_400].map(|s| span(Duration::from_secs(s))).into();
        assert_eq!(texts, ["0 s", "0 s", "59 s", "1 min", "59 min", "1 h", "1 d"]);
    }

    #[test]
    fn what_happened_within_a_minute_was_just_now() {
        assert_eq!(ago(Duration::from_secs(59)), "just now");
        assert_eq!(ago(Duration::from_secs(60)), "1 min ago");
    }

    #[test]
    fn cutting_counts_characters() {
        assert_eq!(cut("ähnlich", 7), "ähnlich");
        assert_eq!(cut("ähnlich", 2), "äh…");
    }
}
