//! Completing tasks that wait for each other, one after the other.

use std::collections::{BTreeSet, HashMap};

use taskloom_dataset::Board;
use taskloom_domain::dependency::{AddDependency, DependencyKind};
use taskloom_domain::lease::{ClaimCriteria, LeaseCompletion};
use taskloom_domain::{Scope, TaskId};

use crate::cycle::{create, enqueue, person, session};
use crate::report::Measure;
use crate::timing::best;

const TASKS: usize = 10_000;
/// The side of the lattice.
const SIDE: usize = 100;

pub(crate) fn measure() {
    complete("chain", |index| index.checked_sub(1).into_iter().collect());
    // Each task waits for the one to its left and the one above it.
    complete("lattice", |index| {
        let left = (index % SIDE > 0).then(|| index - 1);
        left.into_iter().chain(index.checked_sub(SIDE)).collect()
    });
}

fn complete(shape: &str, blockers: impl Fn(usize) -> Vec<usize>) {
    let mut board = Board::new();
    let mut raw = RawGraph::default();
    let tasks: Vec<TaskId> = (0..TASKS).map(|index| create(&mut board, index)).collect();
    for (index, task) in tasks.iter().enumerate() {
        let waits_for = blockers(index);
        for blocker in &waits_for {
            let spec = AddDependency {
                task_id: task.clone(),
                depends_on_task_id: tasks[*blocker].clone(),
                kind: DependencyKind::Blocks.into(),
            };
            board.manager.add_dependency(spec, &person()).expect("the edges close no loop");
            let blocker = tasks[*blocker].to_string();
            raw.dependents.entry(blocker).or_default().push(task.to_string());
        }
        if waits_for.is_empty() {
            raw.ready.insert(task.to_string());
        }
        raw.missing.insert(task.to_string(), waits_for.len());
        enqueue(&mut board, task);
    }
    let store = board.manager.store().clone();
    let actor = session("worker");
    let millis = best(
        || Board::of(store.clone()),
        |board| {
            for _ in 0..TASKS {
                let criteria =
                    ClaimCriteria { scope: Scope::Global.into(), ..ClaimCriteria::default() };
                let claim = board.manager.claim_next_run(criteria, &actor).expect("one is free");
                let completion = LeaseCompletion {
                    run_id: claim.run.id,
                    claim_token: claim.claim_token,
                    ..LeaseCompletion::default()
                };
                board.manager.complete_run_lease(completion, &actor).expect("the lease lives");
                board.manager.take_changes();
            }
        },
    );
    let raw_millis = best(|| raw.clone(), RawGraph::complete);
    Measure {
        name: format!("complete-{shape}-of-{TASKS}"),
        value: millis,
        unit: "ms",
        baseline: Some(raw_millis),
        target: None,
    }
    .print();
}

/// Counts of missing blockers, and who waits for whom.
#[derive(Clone, Default)]
struct RawGraph {
    ready: BTreeSet<String>,
    missing: HashMap<String, usize>,
    dependents: HashMap<String, Vec<String>>,
}

impl RawGraph {
    fn complete(&mut self) {
        while let Some(task) = self.ready.pop_first() {
            for dependent in self.dependents.get(&task).into_iter().flatten() {
                let missing = self.missing.get_mut(dependent).expect("every task is counted");
                *missing -= 1;
                if *missing == 0 {
                    self.ready.insert(dependent.clone());
                }
            }
        }
    }
}
