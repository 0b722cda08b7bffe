//! What summaries about the scheduler say.

use super::{Facts, Words};

pub(super) fn paused(facts: &Facts<'_>) -> Words {
    facts.by_actor(" paused the scheduler").because(facts, "reason")
}

pub(super) fn resumed(facts: &Facts<'_>) -> Words {
    facts.by_actor(" resumed the scheduler")
}

pub(super) fn drain_started(facts: &Facts<'_>) -> Words {
    facts.by_actor(" drains the scheduler").because(facts, "reason")
}

pub(super) fn drain_completed(facts: &Facts<'_>) -> Words {
    match (facts.is_set("timed_out"), facts.number("remaining_claims").unwrap_or_default()) {
        (false, _) => Words::start("The scheduler is drained"),
        (true, 1) => Words::start("The drain ran out of time with 1 run still held"),
        (true, count) => {
            Words::start(&format!("The drain ran out of time with {count} runs still held"))
        }
    }
}
