//! What nobody should send: any bytes, for every decoder and every operation.
//! Nothing here may panic or hang, and what is refused may change nothing.
//!
//! The fuzz targets call these functions; the inputs that they found, and some
//! written by hand, are played by the ordinary tests.

mod operations;
mod stored;

use serde_json::Value;
use taskloom_domain::claim_token::{CLAIM_TOKEN_PREFIX, redact_claim_tokens};
use taskloom_domain::manager::Manager;
use taskloom_domain::store::MemoryStore;

use crate::board::Board;
use crate::script::{Who, modelled_steps, steps};
use crate::surroundings::{CountingIds, Rules, Surroundings};
use crate::world::World;

pub use stored::{bundle, change_set, entry, exported, snapshot};

/// A target: its name, which is that of its corpus, and what plays an input.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 7] = [
    ("requests", requests),
    ("scripts", scripts),
    ("change_set", change_set),
    ("entry", entry),
    ("snapshot", snapshot),
    ("bundle", bundle),
    ("redaction", redaction),
];

/// Plays the bytes as a script under either set of options.
pub fn scripts(bytes: &[u8]) {
    // Longer scripts find nothing that shorter ones do not.
    let bytes = &bytes[..bytes.len().min(500)];
    for rules in [Rules::Plain, Rules::Everything] {
        let mut world = World::new(rules);
        for step in steps(bytes) {
            let _ = world.play(&step);
        }
        world.finish();
    }
}

/// Plays lines `<operation> <JSON of its arguments>` on a board that has some of
/// everything.
pub fn requests(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut manager = busy_board(Rules::Everything);
    let actor = Who::Person.context();
    for line in text.lines().take(16) {
        let (operation, arguments) = line.split_once(' ').unwrap_or((line, "{}"));
        let before = manager.store().clone();
        let Some(answer) = operations::perform(&mut manager, operation, arguments, &actor) else {
            continue;
        };
        let changes = manager.take_changes();
        if let Err(refusal) = answer {
            let partly = !changes.is_empty();
            assert!(partly || *manager.store() == before, "refused, but changed: {refusal}");
        }
        Board::of(manager.store()).check_records();
        let mut mirror = before;
        for change_set in changes {
            mirror.apply(&change_set.changes);
        }
        assert!(*manager.store() == mirror, "the change-sets lead to another board");
    }
}

/// Redacts the text, alone and around a token.
pub fn redaction(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let once = redact_claim_tokens(&text);
    assert_eq!(redact_claim_tokens(&once), once, "redaction is idempotent");
    let token = crate::surroundings::token(7);
    let secret = &token.expose()[CLAIM_TOKEN_PREFIX.len()..];
    if !text.contains(secret) {
        let mixed = format!("{text} {} {text}", token.expose());
        assert!(!redact_claim_tokens(&mixed).contains(secret), "a token survives");
    }
    // A document with the text in it, as workers send it.
    let document = Value::String(format!("{text} {}", token.expose())).to_string();
    assert!(!redact_claim_tokens(&document).contains(secret) || text.contains(secret));
}

/// An engine whose board was at work for a while.
fn busy_board(rules: Rules) -> Manager {
    let surroundings = Surroundings::default();
    let options = surroundings.options(rules, CountingIds::after(1_000));
    surroundings.set_secrets(100);
    Manager::new(busy_store(), options)
}

/// A board with a task of every kind of run: task 0 completed, task 1 claimed,
/// task 2 running, task 3 failed and queued again, task 4 below task 3.
pub fn busy_store() -> MemoryStore {
    /// Verb, task or pick, worker or key, variant, actor.
    const STEPS: [[u8; 5]; 11] = [
        [0, 0, 0, 0, 0],
        [5, 0, 0, 0, 0],
        [12, 0, 1, 0, 0],
        [0, 1, 1, 0, 0],
        [5, 0, 1, 0, 0],
        [0, 2, 0, 0, 0],
        [5, 0, 2, 0, 0],
        [20, 0, 0, 0, 0],
        [0, 3, 0, 0, 0],
        [24, 0, 2, 255, 0],
        [0, 3, 0, 0, 0],
    ];
    let opening = [0, 0, 0, 0, 7, 1, 1];
    let bytes = [&opening[..], STEPS.as_flattened()].concat();
    let mut world = World::new(Rules::Plain);
    for step in modelled_steps(&bytes) {
        let _ = world.play(&step);
    }
    world.store().clone()
}

#[cfg(test)]
mod tests {
    use taskloom_domain::run::RunStatus;
    use taskloom_domain::store::RunStore;

    use super::*;

    #[test]
    fn the_busy_board_has_runs_of_many_kinds() {
        let store = busy_store();
        for status in [
            RunStatus::Queued,
            RunStatus::Claimed,
            RunStatus::Running,
            RunStatus::Completed,
            RunStatus::Failed,
        ] {
            assert_eq!(store.count_runs_by_status(status), 1, "{status}");
        }
    }
}
