//! The order in which queued runs will be handed out.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::id::{RunId, WorkspaceId};
use crate::store::{RecordStore, RunStore, WithPaused};
use crate::task::{Scope, Status};

/// Who can be ahead of whom: claimers take global runs, or those of one workspace.
type Lane = (Scope, Option<WorkspaceId>);

/// The queued runs that are free to be claimed, in line.
///
/// There is a line for global runs and one for each workspace. Runs of paused,
/// blocked, canceled and draft tasks stand in none. What a claimer can do, and its
/// preferences, may change its own order.
#[derive(Debug, Clone, Default)]
pub struct QueueLine {
    lanes: Vec<Vec<RunId>>,
    places: FxHashMap<RunId, (usize, usize)>,
}

impl QueueLine {
    /// The lines of a board; reads the whole queue.
    pub fn of<S>(store: &S) -> Self
    where
        S: RecordStore + RunStore,
    {
        let mut line = Self::default();
        let mut lanes: BTreeMap<Lane, usize> = BTreeMap::new();
        for run in store.list_backlog(None, WithPaused::No) {
            let Some(task) = store.get_task(&run.task_id) else { continue };
            if matches!(task.status, Status::Draft | Status::Blocked | Status::Canceled) {
                continue;
            }
            let lane = *lanes.entry((task.scope, task.workspace_id.clone())).or_insert_with(|| {
                line.lanes.push(Vec::new());
                line.lanes.len() - 1
            });
            line.places.insert(run.id.clone(), (lane, line.lanes[lane].len()));
            line.lanes[lane].push(run.id.clone());
        }
        line
    }

    /// The place of a run in its line, from 1; `None` where it stands in none.
    pub fn position(&self, run: &RunId) -> Option<usize> {
        self.places.get(run).map(|(_, place)| place + 1)
    }

    /// The runs that will be handed out before this one, the next one first.
    pub fn ahead_of(&self, run: &RunId) -> &[RunId] {
        match self.places.get(run) {
            Some(&(lane, place)) => &self.lanes[lane][..place],
            None => &[],
        }
    }
}
