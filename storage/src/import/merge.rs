//! A board and a bundle together.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use taskloom_domain::id::TaskId;
use taskloom_domain::merge::{Side, affected, check, settled};
use taskloom_domain::store::{Change, EventStore, Key, MemoryStore, Record};

use super::numbering::Numbering;
use super::{ImportSummary, Prefer, compare, same};
use crate::bundle::{Bundle, ImportError};
use crate::kind::RecordKind;

/// Plans both sides' records as one board, with the statuses that follow.
pub(super) fn merge(
    store: &MemoryStore,
    before: &HashMap<Key, Record>,
    bundle: &Bundle,
    prefer: Prefer,
) -> Result<(ImportSummary, Vec<Change>), ImportError> {
    let numbering = Numbering::of(store, bundle);
    let incoming = bundle.records().map(|record| numbering.renumber(record));
    let (mut summary, mut puts) = compare(before, incoming, prefer);
    let mut changes = tokens_without_lease(before, &puts);
    let mut after = store.clone();
    after.apply(&changes);
    after.apply(&puts.iter().cloned().map(Change::Put).collect::<Vec<_>>());

    let sides = [before.values().cloned().collect(), bundle.records().collect::<Side>()];
    check([&sides[0], &sides[1]], &after.records().collect())?;

    let known = puts.iter().filter_map(|record| before.get(&record.key()));
    let affected = affected(&after, puts.iter().chain(known));
    let equal = only_derived(&after, before, bundle, &summary);
    pass_over(&equal, prefer, &mut puts, &mut summary);
    summary.settled = settle(&after, before, affected, &mut puts);

    let counter = Record::LatestSequence(numbering.newest());
    let counter = (numbering.newest() > store.latest_sequence()).then_some(counter);
    changes.extend(puts.into_iter().chain(counter).map(Change::Put));
    Ok((summary, changes))
}

/// A token opens the lease that it was given out with, and no other.
fn tokens_without_lease(before: &HashMap<Key, Record>, puts: &[Record]) -> Vec<Change> {
    let fenced_anew = puts.iter().filter_map(|record| {
        let Record::Run(run) = record else { return None };
        let token = Key::ClaimToken(run.id.clone());
        let Some(Record::Run(known)) = before.get(&record.key()) else { return None };
        let same = run.status.is_active() && run.claim_token_hash == known.claim_token_hash;
        (before.contains_key(&token) && !same).then_some(Change::Delete(token))
    });
    fenced_anew.collect()
}

/// The differing tasks that differ in nothing but what follows from the rest of the
/// merged board.
fn only_derived(
    after: &MemoryStore,
    before: &HashMap<Key, Record>,
    bundle: &Bundle,
    summary: &ImportSummary,
) -> HashSet<Key> {
    let differing: HashSet<&Key> = summary.conflicts.iter().collect();
    let tasks = bundle.tasks.iter().filter_map(|task| {
        let key = Key::Task(task.id.clone());
        let known = before.get(&key).filter(|_| differing.contains(&key))?;
        same(known, &Record::Task(Arc::new(settled(after, task)))).then_some(key)
    });
    tasks.collect()
}

/// Counts differing tasks as equal, so that a bundle that is merged once more
/// changes nothing.
fn pass_over(
    equal: &HashSet<Key>,
    prefer: Prefer,
    puts: &mut Vec<Record>,
    summary: &mut ImportSummary,
) {
    if equal.is_empty() {
        return;
    }
    puts.retain(|record| !equal.contains(&record.key()));
    summary.conflicts.retain(|key| !equal.contains(key));
    let counts = summary.counts.entry(RecordKind::Task).or_default();
    counts.equal += equal.len();
    match prefer {
        Prefer::Board => counts.kept -= equal.len(),
        Prefer::Bundle => counts.replaced -= equal.len(),
    }
}

/// Gives tasks the status that follows from the merged board; answers those that
/// had another one.
fn settle(
    after: &MemoryStore,
    before: &HashMap<Key, Record>,
    affected: BTreeSet<TaskId>,
    puts: &mut Vec<Record>,
) -> Vec<TaskId> {
    let places = puts.iter().enumerate().filter_map(|(place, record)| match record {
        Record::Task(task) => Some((task.id.clone(), place)),
        _ => None,
    });
    let places: HashMap<TaskId, usize> = places.collect();
    let mut changed = Vec::new();
    for id in affected {
        let place = places.get(&id).copied();
        let chosen = match place {
            Some(place) => puts.get(place),
            None => before.get(&Key::Task(id.clone())),
        };
        let Some(Record::Task(task)) = chosen else { continue };
        let follows = settled(after, task);
        if follows.status == task.status {
            continue;
        }
        let record = Record::Task(Arc::new(follows));
        match place {
            Some(place) => puts[place] = record,
            None => puts.push(record),
        }
        changed.push(id);
    }
    changed
}
