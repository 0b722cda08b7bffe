//! What a task costs in memory.

use taskloom_dataset::Board;
use taskloom_domain::lease::{ClaimCriteria, LeaseCompletion, LeaseHeartbeat};
use taskloom_domain::run::RunResult;
use taskloom_domain::store::EventStore;
use taskloom_domain::time::Duration;
use taskloom_domain::{RawJson, Scope};

use crate::cycle::{create, enqueue, session};
use crate::heap;
use crate::report::{Measure, Target};

const TASKS: usize = 10_000;
const EVENTS: usize = 8;
/// The events of a task's life beside its heartbeats.
const OTHER_EVENTS: usize = 4;

/// 6 KB.
const TARGET: f64 = 6_144.0;

pub(crate) fn measure() {
    let before = heap::in_use();
    let board = lived_through();
    let bytes = heap::in_use() - before;
    let store = board.manager.store();
    assert_eq!(store.latest_sequence().get() as usize, TASKS * EVENTS);
    let records = store.records().map(|record| serde_json::to_string(&record));
    let json: usize = records.map(|text| text.map_or(0, |text| text.len())).sum();
    Measure {
        name: format!("heap-of-task-run-and-{EVENTS}-events"),
        value: (bytes / TASKS) as f64,
        unit: "bytes",
        // Their text, without any index.
        baseline: Some((json / TASKS) as f64),
        target: Target::same(TARGET),
    }
    .print();
}

/// Tasks that were each created, queued, claimed, worked on and completed.
fn lived_through() -> Board {
    let mut board = Board::new();
    let actor = session("worker");
    for index in 0..TASKS {
        let task = create(&mut board, index);
        enqueue(&mut board, &task);
        let criteria = ClaimCriteria { scope: Scope::Global.into(), ..ClaimCriteria::default() };
        let claim = board.manager.claim_next_run(criteria, &actor).expect("one run is queued");
        for _ in OTHER_EVENTS..EVENTS {
            board.advance(Duration::from_secs(60));
            let heartbeat = LeaseHeartbeat {
                run_id: claim.run.id.clone(),
                claim_token: claim.claim_token.clone(),
                ..LeaseHeartbeat::default()
            };
            board.manager.heartbeat_run_lease(heartbeat, &actor).expect("the lease lives");
        }
        let completion = LeaseCompletion {
            run_id: claim.run.id,
            claim_token: claim.claim_token,
            result: RunResult { value: RawJson::from_text("{\"files\":3}") },
            ..LeaseCompletion::default()
        };
        board.manager.complete_run_lease(completion, &actor).expect("the lease lives");
        board.manager.take_changes();
    }
    board
}
