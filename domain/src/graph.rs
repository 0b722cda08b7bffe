//! Walks over the dependency graph, along "depends on" edges.

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::id::TaskId;
use crate::import::find_loops;
use crate::store::DependencyStore;

/// A shortest path along "depends on" edges from one task to another, both
/// included; of several, the one whose edges are listed first. A task reaches
/// itself without a step.
///
/// Where `from` is what `to` is about to wait for, this is the rest of the loop
/// that the new edge would close. Each task on the way is visited once.
///
/// ```
/// use taskloom_domain::dependency::{Dependency, DependencyKind};
/// use taskloom_domain::graph::path_between;
/// use taskloom_domain::store::{DependencyStore, MemoryStore, TransactionStore};
/// use taskloom_domain::{TaskId, Timestamp};
///
/// let mut store = MemoryStore::default();
/// store.begin();
/// for (task, depends_on) in [("ship", "build"), ("build", "design")] {
///     store.put_dependency(Dependency {
///         task_id: task.into(),
///         depends_on_task_id: depends_on.into(),
///         kind: DependencyKind::Blocks,
///         created_at: Timestamp::from_millis(0),
///     });
/// }
/// store.commit();
///
/// let path = path_between(&store, &"ship".into(), &"design".into());
/// assert_eq!(path, Some(["ship", "build", "design"].map(TaskId::from).to_vec()));
/// assert_eq!(path_between(&store, &"design".into(), &"ship".into()), None);
/// ```
pub fn path_between(
    store: &impl DependencyStore,
    from: &TaskId,
    to: &TaskId,
) -> Option<Vec<TaskId>> {
    if !reaches(store, from, to) {
        return None;
    }
    let mut came_from: FxHashMap<TaskId, Option<TaskId>> = FxHashMap::default();
    came_from.insert(from.clone(), None);
    let mut pending = VecDeque::from([from.clone()]);
    while let Some(task) = pending.pop_front() {
        if task == *to {
            return Some(way_back(&came_from, task));
        }
        for edge in store.list_dependencies(&task) {
            let next = &edge.depends_on_task_id;
            if !came_from.contains_key(next) {
                came_from.insert(next.clone(), Some(task.clone()));
                pending.push_back(next.clone());
            }
        }
    }
    None
}

/// Whether there is a path at all. Walks from both ends in turn and gives up as
/// soon as either end has nothing further: a new task, which nobody waits for,
/// costs one look, however much lies behind what it waits for.
fn reaches(store: &impl DependencyStore, from: &TaskId, to: &TaskId) -> bool {
    if from == to {
        return true;
    }
    let mut ahead = Walk::from(from);
    let mut back = Walk::from(to);
    while let (Some(near), Some(far)) = (ahead.pending.pop_front(), back.pending.pop_front()) {
        let next = store.list_dependencies(&near);
        let before = store.list_dependents(&far);
        if ahead.meets(next.iter().map(|edge| &edge.depends_on_task_id), &back)
            || back.meets(before.iter().map(|edge| &edge.task_id), &ahead)
        {
            return true;
        }
    }
    false
}

/// The loops that some edges make: one for every edge that closes a path back onto
/// itself, each with its first task again at the end. Visits each edge once.
///
/// ```
/// use taskloom_domain::TaskId;
/// use taskloom_domain::graph::loops;
///
/// let edge = |one: &str, other: &str| (TaskId::from(one), TaskId::from(other));
/// let edges = [edge("ship", "build"), edge("build", "test"), edge("test", "build")];
/// assert_eq!(loops(&edges), [["build", "test", "build"].map(TaskId::from)]);
/// assert!(loops(&edges[..2]).is_empty());
/// ```
pub fn loops(edges: &[(TaskId, TaskId)]) -> Vec<Vec<TaskId>> {
    let mut places: FxHashMap<&TaskId, usize> = FxHashMap::default();
    let mut tasks: Vec<&TaskId> = Vec::new();
    let mut onward: Vec<Vec<usize>> = Vec::new();
    for (from, to) in edges {
        let [from, to] = [from, to].map(|task| {
            *places.entry(task).or_insert_with(|| {
                tasks.push(task);
                onward.push(Vec::new());
                tasks.len() - 1
            })
        });
        onward[from].push(to);
    }
    let named = |found: Vec<usize>| {
        let around = found.iter().chain(found.first());
        around.map(|place| tasks[*place].clone()).collect()
    };
    find_loops(&onward).into_iter().map(named).collect()
}

/// The tasks that a walk has seen, and those it has not gone on from.
struct Walk {
    seen: FxHashSet<TaskId>,
    pending: VecDeque<TaskId>,
}

impl Walk {
    fn from(start: &TaskId) -> Self {
        Self { seen: FxHashSet::from_iter([start.clone()]), pending: [start.clone()].into() }
    }

    /// Goes on to further tasks; answers whether one of them was seen by the other
    /// walk.
    fn meets<'a>(&mut self, further: impl Iterator<Item = &'a TaskId>, other: &Self) -> bool {
        for task in further {
            if other.seen.contains(task) {
                return true;
            }
            if self.seen.insert(task.clone()) {
                self.pending.push_back(task.clone());
            }
        }
        false
    }
}

/// The steps that led to a task, in walking order.
fn way_back(came_from: &FxHashMap<TaskId, Option<TaskId>>, end: TaskId) -> Vec<TaskId> {
    let before = |task: &TaskId| came_from.get(task).cloned().flatten();
    let mut path: Vec<TaskId> = std::iter::successors(Some(end), before).collect();
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use petgraph::algo::dijkstra;
    use petgraph::graphmap::DiGraphMap;
    use proptest::prelude::*;

    use std::sync::Arc;

    use super::*;
    use crate::dependency::Dependency;
    use crate::store::MemoryStore;
    use crate::store::conformance::fixture::{at, edge, transact};

    /// A store with these edges, each created after the one before.
    fn store(edges: &[(u8, u8)]) -> MemoryStore {
        let mut store = MemoryStore::default();
        transact(&mut store, |store| {
            for (second, (task, depends_on)) in (0..).zip(edges) {
                store.put_dependency(edge(&task.to_string(), &depends_on.to_string(), at(second)));
            }
        });
        store
    }

    fn path(edges: &[(u8, u8)], from: u8, to: u8) -> Option<Vec<u8>> {
        let id = |number: u8| TaskId::from(number.to_string());
        let path = path_between(&store(edges), &id(from), &id(to))?;
        Some(path.iter().filter_map(|task| task.as_str().parse().ok()).collect())
    }

    #[test]
    fn a_task_reaches_itself_without_a_step() {
        assert_eq!(path(&[], 1, 1), Some(vec![1]));
        assert_eq!(path(&[(1, 2), (2, 1)], 1, 1), Some(vec![1]));
    }

    #[test]
    fn edges_are_walked_in_their_direction_only() {
        assert_eq!(path(&[(1, 2), (2, 3)], 1, 3), Some(vec![1, 2, 3]));
        assert_eq!(path(&[(1, 2), (2, 3)], 3, 1), None);
    }

    #[test]
    fn of_several_shortest_paths_the_one_listed_first_is_taken() {
        assert_eq!(path(&[(1, 3), (1, 2), (2, 4), (3, 4)], 1, 4), Some(vec![1, 3, 4]));
        assert_eq!(path(&[(1, 2), (1, 3), (2, 4), (3, 4)], 1, 4), Some(vec![1, 2, 4]));
        assert_eq!(path(&[(1, 2), (2, 3), (3, 4), (1, 4)], 1, 4), Some(vec![1, 4]));
    }

    #[test]
    fn a_layered_graph_is_walked_once_not_once_per_path() {
        let layers = |end: u8| (0..end).flat_map(|it| [(it, 0), (it, 1)]);
        let edge = |(layer, side): (u8, u8), next| (2 * layer + side, 2 * (layer + 1) + next);
        let edges: Vec<_> = layers(60)
            .flat_map(|(layer, next)| [0, 1].map(|side| edge((layer, side), next)))
            .collect();
        assert_eq!(path(&edges, 0, 120).map(|path| path.len()), Some(61));
        assert_eq!(path(&edges, 0, 200), None);
    }

    #[test]
    fn a_new_task_is_linked_without_a_walk_behind_its_blocker() {
        struct Counting<'a>(&'a MemoryStore, std::cell::Cell<usize>);
        impl DependencyStore for Counting<'_> {
            fn list_dependencies(&self, task: &TaskId) -> Vec<Arc<Dependency>> {
                self.1.set(self.1.get() + 1);
                self.0.list_dependencies(task)
            }
            fn list_dependents(&self, depends_on: &TaskId) -> Vec<Arc<Dependency>> {
                self.1.set(self.1.get() + 1);
                self.0.list_dependents(depends_on)
            }
            fn get_dependency(&self, task: &TaskId, on: &TaskId) -> Option<Arc<Dependency>> {
                self.0.get_dependency(task, on)
            }
            fn count_dependencies(&self, task: &TaskId) -> usize {
                self.0.count_dependencies(task)
            }
            fn put_dependency(&mut self, _: Dependency) {}
            fn delete_dependency(&mut self, _: &TaskId, _: &TaskId) {}
        }
        let chain: Vec<(u8, u8)> = (0..200).map(|it| (it, it + 1)).collect();
        let store = store(&chain);
        let counting = Counting(&store, 0.into());
        assert_eq!(path_between(&counting, &"0".into(), &"new".into()), None);
        assert_eq!(counting.1.get(), 2);
    }

    proptest! {
        #[test]
        fn paths_are_as_short_as_another_library_finds_them(
            edges in proptest::collection::vec((0u8..9, 0u8..9), 0..24),
            from in 0u8..9,
            to in 0u8..9,
        ) {
            let mut graph = DiGraphMap::<u8, ()>::from_edges(&edges);
            graph.add_node(from);
            let expected = dijkstra(&graph, from, Some(to), |_| 1usize).get(&to).copied();
            let found = path(&edges, from, to);
            prop_assert_eq!(found.as_ref().map(|path| path.len() - 1), expected);
            if let Some(path) = found {
                prop_assert_eq!((path.first(), path.last()), (Some(&from), Some(&to)));
                for step in path.windows(2) {
                    prop_assert!(edges.contains(&(step[0], step[1])));
                }
            }
        }
    }
}
