//! Adding edges, each checked for a loop.

use std::collections::{HashMap, HashSet};

use taskloom_dataset::Board;
use taskloom_domain::dependency::{AddDependency, DependencyKind};
use taskloom_domain::store::Record;

use crate::cycle::{create, person};
use crate::report::{Measure, Target};
use crate::timing::best;

const TASKS: usize = 10_000;

pub(crate) fn measure() {
    let edges = edges();
    let mut board = Board::new();
    for index in 1..=TASKS {
        create(&mut board, index);
    }
    let store = board.manager.store().clone();
    let actor = person();
    let millis = best(
        || Board::of(store.clone()),
        |board| {
            for (task, depends_on) in &edges {
                let spec = AddDependency {
                    task_id: task.as_str().into(),
                    depends_on_task_id: depends_on.as_str().into(),
                    kind: DependencyKind::Blocks.into(),
                };
                board.manager.add_dependency(spec, &actor).expect("the edges close no loop");
                board.manager.take_changes();
            }
        },
    );
    let raw_millis = best(HashMap::new, |graph| {
        for (task, depends_on) in &edges {
            assert!(!reaches(graph, depends_on, task), "the edges close no loop");
            graph.entry(task).or_default().push(depends_on);
        }
    });
    Measure {
        name: format!("add-{}-edges-to-{TASKS}", edges.len()),
        value: millis,
        unit: "ms",
        baseline: Some(raw_millis),
        target: Some(Target { native: 1_000.0, wasm: 3_000.0 }),
    }
    .print();
}

/// The edges of the board P10k, in an order that has nothing to do with the
/// direction in which they point.
fn edges() -> Vec<(String, String)> {
    let board = taskloom_dataset::p10k();
    let edge = |record| match record {
        Record::Dependency(edge) => {
            Some((edge.task_id.to_string(), edge.depends_on_task_id.to_string()))
        }
        _ => None,
    };
    let listed: Vec<_> = board.manager.store().records().filter_map(edge).collect();
    // 7,919 is prime, and no divisor of their number: every edge is met once.
    (0..listed.len()).map(|place| listed[place * 7_919 % listed.len()].clone()).collect()
}

type RawGraph<'a> = HashMap<&'a String, Vec<&'a String>>;

fn reaches(graph: &RawGraph<'_>, from: &String, to: &String) -> bool {
    let mut seen = HashSet::from([from]);
    let mut pending = vec![from];
    while let Some(task) = pending.pop() {
        if task == to {
            return true;
        }
        let further = graph.get(task).into_iter().flatten();
        pending.extend(further.filter(|next| seen.insert(**next)).copied());
    }
    false
}
