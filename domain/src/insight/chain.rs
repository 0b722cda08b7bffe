//! Chains of unfinished work: how long they are, and where there is slack.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::id::TaskId;
use crate::status::{Hold, canonical_status, run_facts};
use crate::store::{DependencyStore, RecordStore, RunStore};
use crate::task::{Status, Task};

/// The unfinished tasks of a set with the edges between them.
///
/// A task is unfinished unless it is completed or canceled. What lies outside the
/// set, or behind a finished task, holds nothing up here. Each task weighs its
/// estimated minutes, or 1 without an estimate.
#[derive(Debug, Clone)]
pub struct Chains {
    /// In topological order: a task comes after everything it waits for.
    links: Vec<Link>,
    places: BTreeMap<TaskId, usize>,
    length: u64,
}

/// One task within its chains.
#[derive(Debug, Clone)]
pub struct Link {
    /// The task.
    pub task: Arc<Task>,
    /// What it weighs.
    pub weight: u64,
    /// How many tasks the longest way from a beginning to it passes: 0 for a task
    /// that waits for nothing in the set.
    pub rank: usize,
    /// How much longer it may take before it delays the whole.
    pub slack: u64,
    /// The tasks of the set that it waits for.
    pub needs: Vec<TaskId>,
    /// The weight of the heaviest chain that ends with it, itself included.
    until: u64,
    /// The weight of the heaviest chain that begins with it, itself included.
    onward: u64,
}

/// All heaviest chains of a set of tasks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CriticalPath {
    /// What one of the chains weighs.
    pub length: u64,
    /// The tasks that lie on any of them, in topological order.
    pub tasks: Vec<TaskId>,
    /// The steps of the chains, from blocker to dependent.
    pub steps: Vec<(TaskId, TaskId)>,
}

impl Chains {
    /// The chains among these tasks. Reads each of them and its blockers.
    ///
    /// A loop, which the engine never stores, leaves its tasks out.
    pub fn of<'a, S>(store: &S, tasks: impl IntoIterator<Item = &'a TaskId>) -> Self
    where
        S: RecordStore + DependencyStore + RunStore,
    {
        let unfinished: BTreeMap<TaskId, Arc<Task>> = tasks
            .into_iter()
            .filter_map(|id| store.get_task(id))
            .filter(|task| is_unfinished(store, task))
            .map(|task| (task.id.clone(), task))
            .collect();
        let needs: BTreeMap<&TaskId, Vec<TaskId>> = unfinished
            .keys()
            .map(|id| {
                let edges = store.list_dependencies(id);
                let blockers = edges.iter().map(|edge| edge.depends_on_task_id.clone());
                (id, blockers.filter(|blocker| unfinished.contains_key(blocker)).collect())
            })
            .collect();
        let mut chains = Self { links: Vec::new(), places: BTreeMap::new(), length: 0 };
        for id in topological(&needs) {
            chains.push(&unfinished[&id], needs[&id].clone());
        }
        chains.look_back();
        chains
    }

    /// Appends a task whose blockers are there already.
    fn push(&mut self, task: &Arc<Task>, needs: Vec<TaskId>) {
        let before = needs.iter().filter_map(|blocker| self.link(blocker));
        let (until, rank) = before.fold((0, 0), |(until, rank), blocker| {
            (blocker.until.max(until), (blocker.rank + 1).max(rank))
        });
        let weight = estimate_minutes(task).unwrap_or(1);
        let until = until + weight;
        self.places.insert(task.id.clone(), self.links.len());
        self.length = self.length.max(until);
        let task = Arc::clone(task);
        self.links.push(Link { task, weight, rank, slack: 0, needs, until, onward: weight });
    }

    /// Fills in what depends on later tasks.
    fn look_back(&mut self) {
        for place in (0..self.links.len()).rev() {
            let onward = self.links[place].onward;
            for blocker in self.links[place].needs.clone() {
                if let Some(&blocker) = self.places.get(&blocker) {
                    let blocker = &mut self.links[blocker];
                    blocker.onward = blocker.onward.max(onward + blocker.weight);
                }
            }
        }
        for link in &mut self.links {
            let through = link.until + link.onward - link.weight;
            link.slack = self.length - through;
        }
    }

    /// The weight of the heaviest chain; 0 without tasks.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The tasks in topological order: by rank, then by id.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// One task; `None` where it is finished or not of the set.
    pub fn link(&self, id: &TaskId) -> Option<&Link> {
        self.places.get(id).map(|&place| &self.links[place])
    }

    /// The heaviest chains, all of them where several weigh the same.
    pub fn critical_path(&self) -> CriticalPath {
        let critical = || self.links.iter().filter(|link| link.slack == 0);
        let steps = critical().flat_map(|link| {
            link.needs
                .iter()
                .filter(|blocker| {
                    self.link(blocker).is_some_and(|blocker| {
                        blocker.slack == 0 && blocker.until + link.weight == link.until
                    })
                })
                .map(|blocker| (blocker.clone(), link.task.id.clone()))
        });
        CriticalPath {
            length: self.length,
            tasks: critical().map(|link| link.task.id.clone()).collect(),
            steps: steps.collect(),
        }
    }
}

fn is_unfinished(store: &impl RunStore, task: &Task) -> bool {
    let status = canonical_status(task, Hold::Free, &run_facts(store, task));
    !matches!(status, Status::Completed | Status::Canceled)
}

/// The tasks level by level, each level by id.
fn topological(needs: &BTreeMap<&TaskId, Vec<TaskId>>) -> Vec<TaskId> {
    let mut open: BTreeMap<&TaskId, usize> =
        needs.iter().map(|(id, blockers)| (*id, blockers.len())).collect();
    let mut waiting: BTreeMap<&TaskId, Vec<&TaskId>> = BTreeMap::new();
    for (id, blockers) in needs {
        for blocker in blockers {
            waiting.entry(blocker).or_default().push(id);
        }
    }
    let mut level: Vec<&TaskId> =
        open.iter().filter(|(_, count)| **count == 0).map(|(id, _)| *id).collect();
    let mut order = Vec::with_capacity(needs.len());
    while !level.is_empty() {
        let mut next = Vec::new();
        for id in level {
            order.push(id.clone());
            for &dependent in waiting.get(id).into_iter().flatten() {
                if let Some(count) = open.get_mut(dependent) {
                    *count -= 1;
                    if *count == 0 {
                        next.push(dependent);
                    }
                }
            }
        }
        next.sort_unstable();
        level = next;
    }
    order
}

/// The estimate that a task carries: the key `estimate_minutes` of its metadata,
/// rounded up. `None` where it is absent or no positive number.
pub fn estimate_minutes(task: &Task) -> Option<u64> {
    #[derive(serde::Deserialize)]
    struct Estimate {
        #[serde(default)]
        estimate_minutes: serde_json::Value,
    }
    let metadata = task.metadata.as_ref()?;
    let estimate: Estimate = serde_json::from_str(metadata.as_str()).ok()?;
    let minutes = estimate.estimate_minutes.as_f64()?;
    // Capped, so that even the longest chain of absurd estimates adds up.
    (minutes > 0.0).then(|| minutes.ceil().min(f64::from(u32::MAX)) as u64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use proptest::prelude::*;

    use super::*;
    use crate::insight::sketch::sketches;
    use crate::json::RawJson;
    use crate::manager::testing::{World, new_task};
    use crate::run::RunStatus;
    use crate::task::CreateTask;

    fn estimated(world: &mut World, name: &str, metadata: &str) {
        let metadata = RawJson::from_text(metadata);
        world.create(CreateTask { metadata, ..new_task(name) });
    }

    fn chains(world: &World, names: &[&str]) -> Chains {
        let ids: Vec<TaskId> = names.iter().copied().map(TaskId::from).collect();
        Chains::of(world.manager.store(), &ids)
    }

    fn texts(ids: &[TaskId]) -> Vec<&str> {
        ids.iter().map(TaskId::as_str).collect()
    }

    #[test]
    fn ties_are_all_shown() {
        let mut world = World::new();
        for name in ["a", "b", "c", "d", "e"] {
            world.task(name);
        }
        for (task, depends_on) in [("b", "a"), ("c", "a"), ("d", "b"), ("d", "c"), ("e", "a")] {
            world.depends(task, depends_on);
        }
        let chains = chains(&world, &["a", "b", "c", "d", "e"]);
        let critical = chains.critical_path();
        assert_eq!((critical.length, texts(&critical.tasks)), (3, vec!["a", "b", "c", "d"]));
        assert_eq!(critical.steps.len(), 4);
        let e = chains.link(&"e".into()).unwrap();
        assert_eq!((e.slack, e.rank), (1, 1));
        let order: Vec<_> = chains.links().iter().map(|link| link.task.id.as_str()).collect();
        assert_eq!(order, ["a", "b", "c", "e", "d"]);
    }

    #[test]
    fn estimates_weigh_more_than_the_number_of_tasks() {
        let mut world = World::new();
        estimated(&mut world, "long", r#"{"estimate_minutes": 90.5, "labels": ["x"]}"#);
        estimated(&mut world, "a", r#"{"estimate_minutes": "soon"}"#);
        estimated(&mut world, "b", r#"{"estimate_minutes": -3}"#);
        estimated(&mut world, "c", "[1]");
        world.depends("b", "a");
        world.depends("c", "b");
        let chains = chains(&world, &["long", "a", "b", "c"]);
        assert_eq!(chains.length(), 91);
        assert_eq!(texts(&chains.critical_path().tasks), ["long"]);
        assert_eq!(chains.link(&"a".into()).unwrap().slack, 88);
    }

    #[test]
    fn an_estimate_may_be_absurd() {
        let mut world = World::new();
        for name in ["a", "b"] {
            estimated(&mut world, name, r#"{"estimate_minutes": 1e300}"#);
        }
        world.depends("b", "a");
        assert_eq!(chains(&world, &["a", "b"]).length(), 2 * u64::from(u32::MAX));
    }

    #[test]
    fn a_step_that_takes_a_short_cut_is_not_critical() {
        let mut world = World::new();
        for name in ["a", "b", "c"] {
            world.task(name);
        }
        for (task, depends_on) in [("b", "a"), ("c", "b"), ("c", "a")] {
            world.depends(task, depends_on);
        }
        let critical = chains(&world, &["a", "b", "c"]).critical_path();
        let steps: Vec<_> =
            critical.steps.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
        assert_eq!(steps, [("a", "b"), ("b", "c")]);
    }

    #[test]
    fn finished_tasks_and_tasks_outside_the_set_break_a_chain() {
        let mut world = World::new();
        for name in ["a", "b", "c"] {
            world.task(name);
        }
        world.depends("b", "a");
        world.depends("c", "b");
        assert_eq!(chains(&world, &["a", "c"]).length(), 1);
        world.put_run("a", RunStatus::Completed);
        assert_eq!(chains(&world, &["a", "b", "c"]).length(), 2);
        world.put_run("b", RunStatus::Canceled);
        assert_eq!(chains(&world, &["a", "b", "c"]).length(), 1);
        assert_eq!(chains(&world, &[]).critical_path(), CriticalPath::default());
    }

    proptest! {
        #[test]
        fn critical_is_what_a_search_through_all_chains_finds(
            sketch in sketches(),
            weights in prop::collection::vec(1u64..5, 7),
        ) {
            let mut world = sketch.world();
            let mut unfinished = Vec::new();
            for (place, name) in sketch.names().enumerate() {
                let record = world.record(&name);
                unfinished.push(is_unfinished(world.manager.store(), &record));
                let metadata = format!(r#"{{"estimate_minutes":{}}}"#, weights[place]);
                world.put_task(Task { metadata: RawJson::from_text(&metadata), ..record });
            }
            // Every chain, as places; an edge leads from blocker to dependent.
            let edges = sketch.edges();
            let mut all: Vec<Vec<usize>> =
                (0..unfinished.len()).filter(|place| unfinished[*place]).map(|place| vec![place]).collect();
            let mut next = 0;
            while let Some(chain) = all.get(next).cloned() {
                for (later, earlier) in &edges {
                    if *earlier == chain[chain.len() - 1] && unfinished[*later] {
                        let mut longer = chain.clone();
                        longer.push(*later);
                        all.push(longer);
                    }
                }
                next += 1;
            }
            let weight = |chain: &Vec<usize>| chain.iter().map(|place| weights[*place]).sum::<u64>();
            let heaviest = all.iter().map(weight).max().unwrap_or(0);

            let names: Vec<TaskId> = sketch.names().map(TaskId::from).collect();
            let chains = Chains::of(world.manager.store(), &names);
            let critical = chains.critical_path();
            prop_assert_eq!(chains.length(), heaviest);
            for (place, name) in names.iter().enumerate() {
                let through = all.iter().filter(|chain| chain.contains(&place));
                let slack = through.map(|chain| heaviest - weight(chain)).min();
                prop_assert_eq!(chains.link(name).map(|link| link.slack), slack);
                let rank = all.iter()
                    .filter(|chain| chain.last() == Some(&place))
                    .map(|chain| chain.len() - 1)
                    .max();
                prop_assert_eq!(chains.link(name).map(|link| link.rank), rank);
            }
            for (later, earlier) in edges {
                let steps = all.iter().filter(|chain| weight(chain) == heaviest);
                let expected = steps.into_iter().any(|chain| {
                    chain.windows(2).any(|step| step == [earlier, later])
                });
                let step = (names[earlier].clone(), names[later].clone());
                prop_assert_eq!(critical.steps.contains(&step), expected);
            }
        }
    }
}
