//! The cards of a board by column, kept in order and up to date by the ids that
//! changed.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use taskloom_domain::Enumeration;
use taskloom_domain::id::TaskId;
use taskloom_domain::query::Query;
use taskloom_domain::stage::Stage;
use taskloom_domain::store::{
    Change, DependencyStore, Key, Record, RecordStore, RunReviewStore, RunStore, SchedulerStore,
};

use super::card::Card;
use super::identifier::IdentifierCounter;

/// The indexes that the board's views read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BoardIndex {
    cards: HashMap<TaskId, Arc<Card>>,
    columns: [Vec<Arc<Card>>; Stage::ALL.len()],
    by_identifier: HashMap<String, BTreeSet<TaskId>>,
    counter: IdentifierCounter,
}

/// What a refresh touched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// The columns that look different.
    pub stages: BTreeSet<Stage>,
    /// The tasks whose cards appeared, changed or went.
    pub cards: Vec<TaskId>,
}

/// The stores that cards are made of.
pub trait CardStore:
    RecordStore + DependencyStore + RunStore + RunReviewStore + SchedulerStore
{
}

impl<S: RecordStore + DependencyStore + RunStore + RunReviewStore + SchedulerStore> CardStore
    for S
{
}

impl BoardIndex {
    /// The index of everything in a store.
    pub fn load(store: &impl CardStore) -> Self {
        let mut index = Self::default();
        for task in store.list_tasks(&Query::default()) {
            if let Some(card) = Card::of(store, &task.id) {
                index.counter.observe(&card.identifier);
                index.name(&card);
                index.columns[card.stage as usize].push(card.clone());
                index.cards.insert(task.id.clone(), card);
            }
        }
        for column in &mut index.columns {
            column.sort_by(|a, b| place(a).cmp(&place(b)));
        }
        index
    }

    /// Brings the cards of the changed tasks, and of those around them, up to
    /// date.
    pub fn refresh(&mut self, store: &impl CardStore, changed: &BTreeSet<TaskId>) -> Touched {
        let mut touched = Touched::default();
        let mut waiting = around(store, changed);
        while let Some(id) = waiting.pop_first() {
            let fresh = Card::of(store, &id);
            if self.cards.get(&id) == fresh.as_ref() {
                continue;
            }
            let paused = |card: Option<&Arc<Card>>| card.is_some_and(|card| card.paused);
            if paused(self.cards.get(&id)) != paused(fresh.as_ref()) {
                waiting.extend(store.list_children(&id).iter().map(|child| child.id.clone()));
            }
            if let Some(old) = self.cards.remove(&id) {
                self.forget(&old);
                touched.stages.insert(old.stage);
            }
            if let Some(card) = fresh {
                touched.stages.insert(card.stage);
                self.counter.observe(&card.identifier);
                self.name(&card);
                let column = &mut self.columns[card.stage as usize];
                let at = column.partition_point(|other| place(other) < place(&card));
                column.insert(at, card.clone());
                self.cards.insert(id.clone(), card);
            }
            touched.cards.push(id);
        }
        touched
    }

    /// One card.
    pub fn card(&self, id: &TaskId) -> Option<&Arc<Card>> {
        self.cards.get(id)
    }

    /// The cards of a column, in its order.
    pub fn column(&self, stage: Stage) -> &[Arc<Card>] {
        &self.columns[stage as usize]
    }

    /// How many tasks there are.
    pub fn len(&self) -> usize {
        self.cards.len()
    }

    /// Whether there is no task at all.
    pub fn is_empty(&self) -> bool {
        self.cards.is_empty()
    }

    /// The task that somebody means by an identifier or an id. Identifiers are
    /// compared without regard to letter case; an ambiguous one means nothing.
    pub fn resolve(&self, reference: &str) -> Option<TaskId> {
        let named = self.by_identifier.get(&reference.to_lowercase());
        match named.map(|ids| (ids.len(), ids.first())) {
            Some((1, Some(id))) => Some(id.clone()),
            _ => self.cards.get(reference).map(|card| card.id.clone()),
        }
    }

    /// The cards that match a search, at most `limit`: exact identifiers first,
    /// then by the start of the identifier, then the rest, each by identifier.
    pub fn search(&self, text: &str, limit: usize) -> Vec<Arc<Card>> {
        let filter = super::filter::Filter::parse(text);
        let wanted = text.trim().to_lowercase();
        let rank = |card: &Arc<Card>| {
            let identifier = card.identifier.to_lowercase();
            let group = if identifier == wanted {
                0
            } else if identifier.starts_with(&wanted) {
                1
            } else {
                2
            };
            (group, identifier.len(), identifier, card.id.clone())
        };
        let mut found: Vec<_> =
            self.cards.values().filter(|card| filter.matches(&card.searchable)).collect();
        found.sort_by_cached_key(|card| rank(card));
        found.into_iter().take(limit).cloned().collect()
    }

    /// A short name that no task has yet.
    pub fn next_identifier(&self) -> String {
        self.counter.next()
    }

    fn name(&mut self, card: &Card) {
        let ids = self.by_identifier.entry(card.identifier.to_lowercase()).or_default();
        ids.insert(card.id.clone());
    }

    fn forget(&mut self, card: &Card) {
        let column = &mut self.columns[card.stage as usize];
        let at = column.partition_point(|other| place(other) < place(card));
        if column.get(at).is_some_and(|other| other.id == card.id) {
            column.remove(at);
        }
        let key = card.identifier.to_lowercase();
        if let Some(ids) = self.by_identifier.get_mut(&key) {
            ids.remove(&card.id);
            if ids.is_empty() {
                self.by_identifier.remove(&key);
            }
        }
    }
}

fn place(card: &Card) -> (super::column_order::OrderKey, &TaskId) {
    (card.order, &card.id)
}

/// The tasks that changes are about.
pub fn changed_tasks(changes: &[Change]) -> BTreeSet<TaskId> {
    let mut ids = BTreeSet::new();
    for change in changes {
        match change {
            Change::Put(Record::Task(task)) => {
                ids.insert(task.id.clone());
            }
            Change::Put(Record::Dependency(edge)) => {
                ids.extend([edge.task_id.clone(), edge.depends_on_task_id.clone()]);
            }
            Change::Put(Record::Run(run)) => {
                ids.insert(run.task_id.clone());
            }
            Change::Put(Record::Review(review)) => {
                ids.insert(review.task_id.clone());
            }
            Change::Put(Record::ReviewGate(gate)) => {
                ids.insert(gate.task_id.clone());
            }
            Change::Delete(Key::Task(id)) => {
                ids.insert(id.clone());
            }
            Change::Delete(Key::Dependency(task, blocker)) => {
                ids.extend([task.clone(), blocker.clone()]);
            }
            // The rest either shows on no card or comes with one of the above.
            Change::Put(_) | Change::Delete(_) => {}
        }
    }
    ids
}

/// Which lists look different because of changes, beside the cards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ChangedLists {
    /// Lists of reviews.
    pub reviews: bool,
    /// The queue, who holds what, and the switch of the scheduler.
    pub queue: bool,
}

/// The lists that changes show on.
pub fn changed_lists(changes: &[Change]) -> ChangedLists {
    let mut lists = ChangedLists::default();
    for change in changes {
        let key = match change {
            Change::Put(record) => &record.key(),
            Change::Delete(key) => key,
        };
        match key {
            Key::Review(_) | Key::ReviewGate(_) => lists.reviews = true,
            Key::Task(_) | Key::Dependency(..) | Key::Run(_) | Key::Profile(_) | Key::Scheduler => {
                lists.queue = true;
            }
            _ => {}
        }
    }
    lists
}

/// The changed tasks with those whose cards may look different because of them:
/// what they wait for, what waits for them, and what else that waits for.
fn around(store: &impl CardStore, changed: &BTreeSet<TaskId>) -> BTreeSet<TaskId> {
    let mut all = changed.clone();
    for id in changed {
        let dependents = store.list_dependents(id);
        let dependents = dependents.iter().map(|edge| &edge.task_id);
        for task in dependents.chain([id]) {
            all.insert(task.clone());
            let blockers = store.list_dependencies(task);
            all.extend(blockers.iter().map(|edge| edge.depends_on_task_id.clone()));
        }
    }
    all
}

#[cfg(test)]
mod tests;
