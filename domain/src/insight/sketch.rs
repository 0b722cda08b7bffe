//! Small random boards for properties of the graph.

use proptest::prelude::*;

use crate::id::TaskId;
use crate::manager::testing::World;
use crate::run::RunStatus;
use crate::store::RunStore;
use crate::task::{Status, Task};

/// What a task of a sketch has behind it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Past {
    Nothing,
    Draft,
    Undecided,
    Run(RunStatus),
    FailedForGood,
}

/// A board in a few words.
#[derive(Debug, Clone)]
pub(crate) struct Sketch {
    tasks: Vec<Past>,
    /// For each pair of a later and an earlier task, whether the later one waits.
    waits: Vec<bool>,
}

impl Sketch {
    /// The names of the tasks.
    pub(crate) fn names(&self) -> impl Iterator<Item = String> + use<> {
        (0..self.tasks.len()).map(|place| format!("t{place}"))
    }

    /// The edges: the later task waits for the earlier one.
    pub(crate) fn edges(&self) -> Vec<(usize, usize)> {
        let count = self.tasks.len();
        let pairs = (0..count).flat_map(|later| (0..later).map(move |earlier| (later, earlier)));
        pairs.zip(&self.waits).filter(|(_, waits)| **waits).map(|(pair, _)| pair).collect()
    }

    /// The board.
    pub(crate) fn world(&self) -> World {
        let mut world = World::new();
        for (name, past) in self.names().zip(&self.tasks) {
            match past {
                Past::Draft => world.draft(&name),
                Past::Undecided => world.manual(&name),
                Past::Nothing | Past::Run(_) | Past::FailedForGood => world.task(&name),
            };
        }
        for (later, earlier) in self.edges() {
            world.depends(&format!("t{later}"), &format!("t{earlier}"));
        }
        for (name, past) in self.names().zip(&self.tasks) {
            match past {
                Past::Run(status) => {
                    world.put_run(&name, *status);
                }
                Past::FailedForGood => {
                    for _ in 0..3 {
                        world.put_run(&name, RunStatus::Failed);
                    }
                }
                Past::Nothing | Past::Draft | Past::Undecided => {}
            }
        }
        world
    }
}

/// Boards of up to seven tasks.
pub(crate) fn sketches() -> impl Strategy<Value = Sketch> {
    let past = prop_oneof![
        4 => Just(Past::Nothing),
        1 => Just(Past::Draft),
        1 => Just(Past::Undecided),
        1 => Just(Past::FailedForGood),
        4 => prop::sample::select(
            <RunStatus as crate::enumeration::Enumeration>::ALL.to_vec()
        ).prop_map(Past::Run),
    ];
    (prop::collection::vec(past, 1..8), prop::collection::vec(any::<bool>(), 21))
        .prop_map(|(tasks, waits)| Sketch { tasks, waits })
}

/// Completes a task, whatever stands against it.
pub(crate) fn complete(world: &mut World, name: &str) {
    let record = world.record(name);
    if record.status == Status::Draft {
        world.put_task(Task { status: Status::Ready, ..record });
    }
    let runs = world.manager.store().list_runs_of_task(&TaskId::from(name));
    let open: Vec<_> = runs.iter().filter(|run| run.status.is_open()).collect();
    for run in &open {
        world.set_run(&run.id, RunStatus::Completed);
    }
    if open.is_empty() {
        world.put_run(name, RunStatus::Completed);
    }
}
