//! The board is what its name promises.

use taskloom_dataset::{P10K, p10k};
use taskloom_domain::Status;
use taskloom_domain::run::RunStatus;
use taskloom_domain::store::{Record, RunStore};
use taskloom_storage::Bundle;

#[test]
fn the_board_has_its_exact_size_and_every_kind_of_work() {
    let board = p10k();
    assert_eq!(board.counts(), P10K);
    let store = board.manager.store();
    let in_status = |status: RunStatus| store.count_runs_by_status(status);
    for status in [RunStatus::Queued, RunStatus::Claimed, RunStatus::Running] {
        assert!(in_status(status) > 0, "no run is {status}");
    }
    assert!(in_status(RunStatus::Completed) > 8_000);
    assert!(in_status(RunStatus::Failed) > 3_000);
    for status in [Status::Draft, Status::Ready, Status::Blocked, Status::Failed] {
        let has_it = |record| matches!(record, Record::Task(task) if task.status == status);
        assert!(store.records().any(has_it), "no task is {status}");
    }
    assert_eq!(Bundle::of(store.records()).validate(), Ok(()));
}
