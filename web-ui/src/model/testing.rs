//! A small board for tests of what people see of one.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;

use taskloom_domain::actor::{ActorContext, OriginKind};
use taskloom_domain::dependency::{AddDependency, DependencyKind};
use taskloom_domain::environment::HexIds;
use taskloom_domain::execution::ExecutionRequest;
use taskloom_domain::id::TaskId;
use taskloom_domain::manager::{Manager, ManagerOptions};
use taskloom_domain::store::MemoryStore;
use taskloom_domain::task::{CreateTask, Priority, Scope};
use taskloom_domain::time::Timestamp;

use super::board_index::{BoardIndex, Touched, changed_tasks};
use super::phrase::YOU;

/// A board of tasks that are named by their titles. Time moves by a second with
/// every task.
pub struct World {
    pub manager: Manager,
    pub actor: ActorContext,
    pub index: BoardIndex,
    clock: Rc<Cell<i64>>,
}

impl World {
    pub fn new() -> Self {
        let clock = Rc::new(Cell::new(1_000_000));
        let time = Rc::clone(&clock);
        let mut next = 0_u64;
        let ids = HexIds::new(move || {
            next += 1;
            next.to_be_bytes()
        });
        let options =
            ManagerOptions::new(move || Timestamp::from_millis(time.get()), ids, || [7; 32]);
        Self {
            manager: Manager::new(MemoryStore::default(), options),
            actor: ActorContext::derive_human(YOU, OriginKind::Web, "tab").unwrap(),
            index: BoardIndex::default(),
            clock,
        }
    }

    pub fn task(&mut self, title: &str) -> TaskId {
        self.create(CreateTask { title: title.into(), ..CreateTask::default() })
    }

    pub fn prioritized(&mut self, title: &str, priority: Priority) -> TaskId {
        self.create(CreateTask {
            title: title.into(),
            priority: priority.into(),
            ..CreateTask::default()
        })
    }

    pub fn child(&mut self, title: &str, parent: &TaskId) -> TaskId {
        self.create(CreateTask {
            title: title.into(),
            parent_task_id: Some(parent.clone()),
            ..CreateTask::default()
        })
    }

    fn create(&mut self, spec: CreateTask) -> TaskId {
        self.clock.set(self.clock.get() + 1_000);
        let identifier = self.index.next_identifier();
        let spec = CreateTask { scope: Scope::Global.into(), identifier, ..spec };
        let id = self.manager.create_task(spec, &self.actor).unwrap().id;
        self.refresh();
        id
    }

    pub fn depends(&mut self, task: &TaskId, blocker: &TaskId) {
        let edge = AddDependency {
            task_id: task.clone(),
            depends_on_task_id: blocker.clone(),
            kind: DependencyKind::Blocks.into(),
        };
        self.manager.add_dependency(edge, &self.actor).unwrap();
    }

    pub fn start(&mut self, task: &TaskId) {
        self.manager.start_task(task, ExecutionRequest::default(), &self.actor).unwrap();
    }

    /// Brings the index up to date with what was committed.
    pub fn refresh(&mut self) -> Touched {
        let sets = self.manager.take_changes();
        let changed: BTreeSet<TaskId> =
            sets.iter().flat_map(|set| changed_tasks(&set.changes)).collect();
        let touched = self.index.refresh(self.manager.store(), &changed);
        let fresh = BoardIndex::load(self.manager.store());
        assert_eq!(self.index, fresh, "refreshing gives what loading gives");
        touched
    }

    /// The titles in a column, in order.
    pub fn titles(&self, stage: taskloom_domain::stage::Stage) -> Vec<String> {
        self.index.column(stage).iter().map(|card| card.title.clone()).collect()
    }
}
