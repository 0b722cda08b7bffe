//! The tree of a task, its timeline, and the backlog of its stream.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::actor::ActorContext;
use crate::error::{ErrorKind, Result, TaskError};
use crate::event::EventRecord;
use crate::id::TaskId;
use crate::manager::{Manager, projection};
use crate::query::{EventRecordQuery, StreamQuery, TimelineQuery};
use crate::store::Store;
use crate::task::Task;
use crate::view::live::{StreamEvent, TimelineItem, TreeNode, TreeView};
use crate::view::summary::Reference;

use super::sort_by_time;

/// A task of a subtree; the task that was asked for has level 0.
struct Placed {
    task: Arc<Task>,
    level: u32,
}

impl<S: Store> Manager<S> {
    /// A task with all that is below it, level by level; within a level by latest
    /// activity, then by id.
    ///
    /// # Errors
    ///
    /// `permission_denied`; `validation` for a blank id; `task_not_found`.
    pub fn tree(&self, id: &TaskId, actor: &ActorContext) -> Result<TreeView> {
        actor.authorize_read()?;
        let root = self.live_target(id)?;
        let top = u32::from(root.parent_task_id.is_some());
        let mut nodes: Vec<TreeNode> = self
            .subtree(&root)
            .iter()
            .map(|placed| self.tree_node(&placed.task, top + placed.level))
            .collect();
        let mut descendants = nodes.split_off(1);
        descendants.sort_by(|one, other| {
            let place = |node: &TreeNode| (node.depth, Reverse(node.last_activity_at));
            place(one).cmp(&place(other)).then_with(|| one.task.id.cmp(&other.task.id))
        });
        Ok(TreeView { root: nodes.remove(0), descendants })
    }

    /// The events of this task after a sequence number: the first `limit` of them
    /// (0 meaning all), by time. Pass the greatest number received to go on. Task
    /// and run of an item are shown as they are now.
    ///
    /// # Errors
    ///
    /// `permission_denied`; `validation` for the query or a blank id;
    /// `task_not_found`.
    pub fn timeline(
        &self,
        id: &TaskId,
        query: TimelineQuery,
        actor: &ActorContext,
    ) -> Result<Vec<TimelineItem>> {
        actor.authorize_read()?;
        query.validate("task_timeline_query")?;
        let task = self.live_target(id)?;
        let mut records = self.store.list_event_records(&EventRecordQuery {
            task_id: Some(task.id.clone()),
            after_sequence: query.after_sequence,
            limit: query.limit,
            ..EventRecordQuery::default()
        });
        sort_by_time(&mut records);
        let reference = projection::direct_reference(&self.store, &task);
        Ok(records.iter().map(|record| self.item(record, &task, &reference)).collect())
    }

    /// The events of a task and of everything below it after a sequence number, in
    /// the order of their numbers: what a stream delivers before live events.
    ///
    /// Reading the task, then streaming after its `latest_event_seq`, misses
    /// nothing and repeats nothing. Numbers have gaps; a gap is no loss.
    ///
    /// # Errors
    ///
    /// As [`Manager::timeline`].
    pub fn stream_backlog(
        &self,
        id: &TaskId,
        query: StreamQuery,
        actor: &ActorContext,
    ) -> Result<Vec<StreamEvent>> {
        actor.authorize_read()?;
        query.validate("task_stream_query")?;
        let root = self.live_target(id)?;
        let mut events = Vec::new();
        for placed in self.subtree(&root) {
            if placed.task.latest_event_seq <= query.after_sequence {
                continue;
            }
            let reference = projection::direct_reference(&self.store, &placed.task);
            let records = self.store.list_event_records(&EventRecordQuery {
                task_id: Some(placed.task.id.clone()),
                after_sequence: query.after_sequence,
                ..EventRecordQuery::default()
            });
            events.extend(
                records
                    .iter()
                    .map(|record| stream_event(self.item(record, &placed.task, &reference))),
            );
        }
        events.sort_by_key(|event| event.sequence);
        Ok(events)
    }

    /// A fresh event as streams deliver it, or `None` where its task is gone.
    pub fn stream_event(&self, record: &EventRecord) -> Option<StreamEvent> {
        let task = self.store.get_task(&record.event.task_id)?;
        let reference = projection::direct_reference(&self.store, &task);
        Some(stream_event(self.item(record, &task, &reference)))
    }

    /// Whether the stream of `root` delivers this event: its task is `root` or
    /// lies below it now.
    pub fn stream_covers(&self, root: &TaskId, record: &EventRecord) -> bool {
        let mut seen = BTreeSet::new();
        let mut next = Some(record.event.task_id.clone());
        while let Some(id) = next {
            if id == *root {
                return true;
            }
            if !seen.insert(id.clone()) {
                return false;
            }
            next = self.store.get_task(&id).and_then(|task| task.parent_task_id.clone());
        }
        false
    }

    /// The task of a live read. A blank id is refused without a word on it.
    fn live_target(&self, id: &TaskId) -> Result<Arc<Task>> {
        let id = id.non_blank().ok_or_else(|| TaskError::new(ErrorKind::Validation))?;
        self.require_task(&id)
    }

    /// The task and all below it, breadth-first.
    fn subtree(&self, root: &Arc<Task>) -> Vec<Placed> {
        let mut seen = BTreeSet::from([root.id.clone()]);
        let mut placed = vec![Placed { task: Arc::clone(root), level: 0 }];
        let mut next = 0;
        while let Some(Placed { task, level }) = placed.get(next) {
            let below = *level + 1;
            let children = self.store.list_children(&task.id);
            for child in children {
                if seen.insert(child.id.clone()) {
                    placed.push(Placed { task: child, level: below });
                }
            }
            next += 1;
        }
        placed
    }

    fn tree_node(&self, task: &Task, depth: u32) -> TreeNode {
        TreeNode {
            task: projection::direct_reference(&self.store, task),
            parent_task_id: task.parent_task_id.clone(),
            depth,
            child_count: self.store.count_direct_children(&task.id),
            active_run: projection::active_run(&self.store, task),
            last_activity_at: projection::last_activity(&self.store, task),
        }
    }

    fn item(&self, record: &EventRecord, task: &Task, reference: &Reference) -> TimelineItem {
        let event = &record.event;
        let run = event.run_id.as_ref().and_then(|run| self.store.get_run(run));
        TimelineItem {
            sequence: record.sequence,
            event_id: event.id.clone(),
            task: reference.clone(),
            run: run.map(|run| projection::run_summary(&run, task)),
            event_type: event.event_type.to_string(),
            actor: event.actor.clone(),
            origin: event.origin.clone(),
            payload: event.payload.clone(),
            timestamp: event.timestamp,
        }
    }
}

fn stream_event(item: TimelineItem) -> StreamEvent {
    StreamEvent { sequence: item.sequence, kind: item.event_type.clone(), timeline: item }
}
