//! What has to hold of a merged board, though each side is sound by itself.

use std::collections::{HashMap, HashSet};

use taskloom_domain::graph::loops;
use taskloom_domain::id::TaskId;
use taskloom_domain::run::{Run, RunStatus};
use taskloom_domain::store::{Key, MemoryStore, Record, RunStore};

use crate::bundle::{Bundle, ImportError};

type Edge = (TaskId, TaskId);

/// Refuses what neither side had: loops, and sessions with two leases at once.
pub(super) fn check(
    before: &HashMap<Key, Record>,
    bundle: &Bundle,
    after: &MemoryStore,
) -> Result<(), ImportError> {
    for edge in [waits_for, is_part_of] {
        let board: HashSet<Edge> = before.values().filter_map(edge).collect();
        let incoming: HashSet<Edge> = bundle.records().filter_map(|it| edge(&it)).collect();
        let merged: Vec<Edge> = after.records().filter_map(|it| edge(&it)).collect();
        for tasks in loops(&merged) {
            let on = |side: &HashSet<Edge>| {
                tasks.windows(2).all(|step| side.contains(&(step[0].clone(), step[1].clone())))
            };
            if !on(&board) && !on(&incoming) {
                return Err(ImportError::Cycle { tasks });
            }
        }
    }
    refuse_busy_sessions(before, bundle, after)
}

fn waits_for(record: &Record) -> Option<Edge> {
    match record {
        Record::Dependency(edge) => Some((edge.task_id.clone(), edge.depends_on_task_id.clone())),
        _ => None,
    }
}

fn is_part_of(record: &Record) -> Option<Edge> {
    match record {
        Record::Task(task) => Some((task.id.clone(), task.parent_task_id.clone()?)),
        _ => None,
    }
}

fn refuse_busy_sessions(
    before: &HashMap<Key, Record>,
    bundle: &Bundle,
    after: &MemoryStore,
) -> Result<(), ImportError> {
    let incoming: HashMap<Key, Record> =
        bundle.runs.iter().cloned().map(Record::Run).map(|run| (run.key(), run)).collect();
    let active = after.list_runs_by_status(&RunStatus::ACTIVE);
    let sessions: HashSet<_> = active.iter().filter_map(|run| run.session_id.as_ref()).collect();
    for session in sessions {
        let runs = after.list_active_runs_of_session(session);
        for (place, one) in runs.iter().enumerate() {
            for other in &runs[place + 1..] {
                let both_on = |side| holds(side, one) && holds(side, other);
                if overlap(one, other) && !both_on(before) && !both_on(&incoming) {
                    let runs = [one.id.clone(), other.id.clone()];
                    return Err(ImportError::BusySession { session: session.clone(), runs });
                }
            }
        }
    }
    Ok(())
}

fn holds(side: &HashMap<Key, Record>, run: &Run) -> bool {
    matches!(side.get(&Key::Run(run.id.clone())), Some(Record::Run(known)) if **known == *run)
}

/// Whether two leases can be live at the same time: neither had ended when the other
/// one began.
fn overlap(one: &Run, other: &Run) -> bool {
    let over = |first: &Run, second: &Run| {
        first.lease_until.zip(second.claimed_at).is_some_and(|(end, begin)| end <= begin)
    };
    !over(one, other) && !over(other, one)
}
