//! One board of a merge, as far as rules span its records.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::{GraphLimit, MergeConflict};
use crate::graph::loops;
use crate::id::{ReviewId, RunId, SessionId, TaskId};
use crate::review::RunReview;
use crate::run::Run;
use crate::store::Record;
use crate::task::Task;

type Edge = (TaskId, TaskId);

/// The board, the other board, or what they are together. Collect it from records;
/// those that no rule here looks at are passed over.
#[derive(Debug, Default)]
pub struct Side {
    tasks: BTreeMap<TaskId, Arc<Task>>,
    waits: Vec<Edge>,
    runs: BTreeMap<RunId, Arc<Run>>,
    reviews: Vec<Arc<RunReview>>,
}

impl FromIterator<Record> for Side {
    fn from_iter<I: IntoIterator<Item = Record>>(records: I) -> Self {
        let mut side = Self::default();
        for record in records {
            match record {
                Record::Task(task) => {
                    side.tasks.insert(task.id.clone(), task);
                }
                Record::Dependency(edge) => {
                    side.waits.push((edge.task_id.clone(), edge.depends_on_task_id.clone()));
                }
                Record::Run(run) => {
                    side.runs.insert(run.id.clone(), run);
                }
                Record::Review(review) => side.reviews.push(review),
                _ => {}
            }
        }
        side
    }
}

/// A place that one record may take at a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place<'a> {
    OpenRun(&'a TaskId),
    RetryOf(&'a RunId),
    ContinuationOf(&'a ReviewId),
    ReviewOf(&'a RunId, i64, i64),
    ReviewBy(&'a SessionId),
}

impl Side {
    pub(super) fn check_loops(&self, sides: [&Side; 2]) -> Result<(), MergeConflict> {
        if let Some(tasks) = self.new_loop(sides, |side| side.waits.clone()) {
            return Err(MergeConflict::Cycle(tasks));
        }
        if let Some(tasks) = self.new_loop(sides, Side::parents) {
            return Err(MergeConflict::ParentCycle(tasks));
        }
        Ok(())
    }

    pub(super) fn check_limits(&self, sides: [&Side; 2]) -> Result<(), MergeConflict> {
        for limit in GraphLimit::ALL {
            let over: Vec<(TaskId, usize)> = self
                .measure(limit)
                .into_iter()
                .filter(|(_, count)| *count > limit.most())
                .map(|(task, count)| (task.clone(), count))
                .collect();
            if over.is_empty() {
                continue;
            }
            let known = sides.map(|side| side.measure(limit));
            for (task, count) in over {
                if known.iter().all(|side| side.get(&task).is_none_or(|had| *had < count)) {
                    return Err(MergeConflict::Limit { task, limit, count });
                }
            }
        }
        Ok(())
    }

    pub(super) fn check_scopes(&self, sides: [&Side; 2]) -> Result<(), MergeConflict> {
        for task in self.tasks.values() {
            let Some(parent) = self.misplaced_below(task) else { continue };
            let known = |side: &&Side| {
                let task = side.tasks.get(&task.id);
                task.and_then(|task| side.misplaced_below(task)).is_some()
            };
            if !sides.iter().any(known) {
                let parent = parent.id.clone();
                return Err(MergeConflict::Scope { task: task.id.clone(), parent });
            }
        }
        Ok(())
    }

    pub(super) fn check_uniqueness(&self, sides: [&Side; 2]) -> Result<(), MergeConflict> {
        let known = sides.map(Side::places);
        for (place, takers) in self.places() {
            let mut names = takers.iter();
            let (Some(one), Some(other)) = (names.next(), names.next()) else { continue };
            let had = |side: &BTreeMap<Place<'_>, BTreeSet<&str>>| {
                side.get(&place).is_some_and(|before| takers.is_subset(before))
            };
            if !known.iter().any(had) {
                return Err(place.taken_by(one, other));
            }
        }
        Ok(())
    }

    pub(super) fn check_leases(&self, sides: [&Side; 2]) -> Result<(), MergeConflict> {
        let mut working: BTreeMap<&SessionId, Vec<&Run>> = BTreeMap::new();
        for run in self.runs.values().filter(|run| run.status.is_active()) {
            if let Some(session) = &run.session_id {
                working.entry(session).or_default().push(run);
            }
        }
        for (session, runs) in working {
            for (place, one) in runs.iter().enumerate() {
                for other in &runs[place + 1..] {
                    let both = |side: &&Side| side.holds(one) && side.holds(other);
                    if overlap(one, other) && !sides.iter().any(both) {
                        let runs = [one.id.clone(), other.id.clone()];
                        let session = session.clone();
                        return Err(MergeConflict::BusySession { session, runs });
                    }
                }
            }
        }
        Ok(())
    }

    /// A loop that runs over edges of both sides.
    fn new_loop(
        &self,
        sides: [&Side; 2],
        edges: impl Fn(&Side) -> Vec<Edge>,
    ) -> Option<Vec<TaskId>> {
        let found = loops(&edges(self));
        if found.is_empty() {
            return None;
        }
        let sides = sides.map(|side| edges(side).into_iter().collect::<HashSet<Edge>>());
        found.into_iter().find(|tasks| {
            let steps: Vec<Edge> =
                tasks.windows(2).map(|step| (step[0].clone(), step[1].clone())).collect();
            !sides.iter().any(|side| steps.iter().all(|step| side.contains(step)))
        })
    }

    fn holds(&self, run: &Run) -> bool {
        self.runs.get(&run.id).is_some_and(|known| **known == *run)
    }

    fn parents(&self) -> Vec<Edge> {
        let edge = |task: &Arc<Task>| Some((task.id.clone(), task.parent_task_id.clone()?));
        self.tasks.values().filter_map(edge).collect()
    }

    /// The parent of a task, where the task may not lie below it.
    fn misplaced_below(&self, task: &Task) -> Option<&Arc<Task>> {
        let parent = self.tasks.get(task.parent_task_id.as_ref()?)?;
        let fits = parent.require_child_scope(task.scope, task.workspace_id.as_ref());
        fits.is_err().then_some(parent)
    }

    /// How far each task reaches.
    fn measure(&self, limit: GraphLimit) -> BTreeMap<&TaskId, usize> {
        let mut counts = BTreeMap::new();
        match limit {
            GraphLimit::Blockers => {
                self.waits.iter().for_each(|(task, _)| *counts.entry(task).or_default() += 1);
            }
            GraphLimit::Children => {
                let parents = self.tasks.values().filter_map(|task| task.parent_task_id.as_ref());
                parents.for_each(|parent| *counts.entry(parent).or_default() += 1);
            }
            GraphLimit::Depth => {
                for task in self.tasks.keys() {
                    self.measure_depth(task, &mut counts);
                }
            }
        }
        counts
    }

    /// The depth of a task and of all above it; a loop is cut where it is met again.
    fn measure_depth<'a>(&'a self, task: &'a TaskId, known: &mut BTreeMap<&'a TaskId, usize>) {
        let mut way = Vec::new();
        let mut next = Some(task);
        let mut depth = 0;
        while let Some(task) = next {
            if let Some(found) = known.get(task) {
                depth = *found;
                break;
            }
            known.insert(task, 0);
            way.push(task);
            let parent = self.tasks.get(task).and_then(|task| task.parent_task_id.as_ref());
            next = parent.filter(|parent| self.tasks.contains_key(*parent));
        }
        for task in way.into_iter().rev() {
            depth += 1;
            known.insert(task, depth);
        }
    }

    /// Who takes which place.
    fn places(&self) -> BTreeMap<Place<'_>, BTreeSet<&str>> {
        let mut places: BTreeMap<Place<'_>, BTreeSet<&str>> = BTreeMap::new();
        let mut take = |place, name| {
            places.entry(place).or_default().insert(name);
        };
        for run in self.runs.values() {
            let name = run.id.as_str();
            if run.status.is_open() {
                take(Place::OpenRun(&run.task_id), name);
            }
            if let Some(source) = &run.previous_run_id {
                take(Place::RetryOf(source), name);
            }
            if let Some(review) = run.review.as_ref().and_then(|it| it.review_id.as_ref()) {
                take(Place::ContinuationOf(review), name);
            }
        }
        for review in &self.reviews {
            let name = review.review_id.as_str();
            take(Place::ReviewOf(&review.run_id, review.review_round, review.attempt), name);
            if let Some(session) = &review.reviewer_session_id
                && review.status.is_active()
            {
                take(Place::ReviewBy(session), name);
            }
        }
        places
    }
}

impl Place<'_> {
    fn taken_by(self, one: &str, other: &str) -> MergeConflict {
        let runs = [one, other].map(RunId::from);
        let reviews = [one, other].map(ReviewId::from);
        match self {
            Place::OpenRun(task) => MergeConflict::OpenRuns { task: task.clone(), runs },
            Place::RetryOf(source) => MergeConflict::Retries { source_run: source.clone(), runs },
            Place::ContinuationOf(review) => {
                MergeConflict::Continuations { review: review.clone(), runs }
            }
            Place::ReviewOf(run, round, attempt) => {
                MergeConflict::Reviews { run: run.clone(), round, attempt, reviews }
            }
            Place::ReviewBy(session) => {
                MergeConflict::BusyReviewer { session: session.clone(), reviews }
            }
        }
    }
}

/// Whether two leases can be live at the same time: neither had ended when the other
/// one began.
fn overlap(one: &Run, other: &Run) -> bool {
    let over = |first: &Run, second: &Run| {
        first.lease_until.zip(second.claimed_at).is_some_and(|(end, begin)| end <= begin)
    };
    !over(one, other) && !over(other, one)
}
