//! What events about tasks say.

use super::{Facts, Part, Words};
use crate::id::TaskId;
use crate::task::Status;

fn task_in(facts: &Facts<'_>, field: &str) -> Option<TaskId> {
    facts.text(field).map(TaskId::from)
}

pub(super) fn created(facts: &Facts<'_>) -> Words {
    let what = match facts.value::<Status>("status") {
        Some(Status::Draft) => " wrote a draft",
        _ => " created the task",
    };
    facts.by_actor(what).maybe(" below ", task_in(facts, "parent_task_id"), Part::Task)
}

pub(super) fn updated(facts: &Facts<'_>) -> Words {
    let fields: Vec<String> =
        facts.texts("changed_fields").iter().map(|field| field.replace('_', " ")).collect();
    match fields.split_last() {
        None => facts.by_actor(" changed the task"),
        Some((only, [])) => facts.by_actor(" changed ").text(only),
        Some((last, others)) => {
            facts.by_actor(" changed ").text(&others.join(", ")).text(" and ").text(last)
        }
    }
}

pub(super) fn published(facts: &Facts<'_>) -> Words {
    facts.by_actor(" published the draft")
}

pub(super) fn approved(facts: &Facts<'_>) -> Words {
    facts.by_actor(" approved the task")
}

pub(super) fn rejected(facts: &Facts<'_>) -> Words {
    facts.by_actor(" rejected the task")
}

pub(super) fn canceled(facts: &Facts<'_>) -> Words {
    let words = facts.by_actor(" canceled the task");
    let words = words.maybe(" with ", task_in(facts, "propagated_from_task_id"), Part::Task);
    let words = match facts.count_of("canceled_run_ids") {
        0 => words,
        1 => words.text(" and its run"),
        count => words.text(&format!(" and {count} runs")),
    };
    words.because(facts, "reason")
}

pub(super) fn child_created(facts: &Facts<'_>) -> Words {
    match task_in(facts, "child_task_id") {
        Some(child) => facts.by_actor(" added ").part(Part::Task(child)).text(" below it"),
        None => facts.by_actor(" added a task below it"),
    }
}

pub(super) fn dependency_added(facts: &Facts<'_>) -> Words {
    match task_in(facts, "depends_on_task_id") {
        Some(blocker) => facts.by_actor(" made it wait for ").part(Part::Task(blocker)),
        None => facts.by_actor(" made it wait for another task"),
    }
}

pub(super) fn dependency_removed(facts: &Facts<'_>) -> Words {
    match task_in(facts, "depends_on_task_id") {
        Some(blocker) => facts.by_actor(" ended its wait for ").part(Part::Task(blocker)),
        None => facts.by_actor(" ended its wait for another task"),
    }
}

pub(super) fn paused(facts: &Facts<'_>) -> Words {
    facts.by_actor(" paused the task").because(facts, "reason")
}

pub(super) fn resumed(facts: &Facts<'_>) -> Words {
    facts.by_actor(" resumed the task")
}

pub(super) fn profile_updated(facts: &Facts<'_>) -> Words {
    facts.by_actor(" set the execution profile")
}

pub(super) fn profile_deleted(facts: &Facts<'_>) -> Words {
    facts.by_actor(" removed the execution profile")
}
