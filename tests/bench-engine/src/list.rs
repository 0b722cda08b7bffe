//! Lists of tasks with a filter and a search text.

use taskloom_domain::query::Query;
use taskloom_domain::store::Record;
use taskloom_domain::{Priority, Task};

use crate::cycle::person;
use crate::report::{Measure, Target};
use crate::timing::best;

const SEARCH: &str = "Invoice";
const PRIORITY: Priority = Priority::Urgent;

pub(crate) fn measure() {
    let board = taskloom_dataset::p10k();
    let actor = person();
    let query = Query { priority: PRIORITY.into(), search: SEARCH.to_owned(), ..Query::default() };
    let millis = best(
        || query.clone(),
        |query| {
            let found = board.manager.list_tasks(query.clone(), &actor).expect("it is in form");
            assert!(found.len() > 100, "the search finds something");
            found
        },
    );
    let task = |record| match record {
        Record::Task(task) => Some(Task::clone(&task)),
        _ => None,
    };
    let tasks: Vec<Task> = board.manager.store().records().filter_map(task).collect();
    let search = SEARCH.to_lowercase();
    let raw_millis = best(
        || (),
        |()| {
            let found = tasks.iter().filter(|task| {
                task.priority == PRIORITY
                    && (task.title.to_lowercase().contains(&search)
                        || task.identifier.to_lowercase().contains(&search))
            });
            found.cloned().collect::<Vec<_>>()
        },
    );
    Measure {
        name: format!("list-and-search-{}", tasks.len()),
        value: millis,
        unit: "ms",
        baseline: Some(raw_millis),
        target: Target::same(10.0),
    }
    .print();
}
