//! Random scripts for a small board: few ids, few values, so that records meet.

use std::ops::Range;

use proptest::prelude::*;

use crate::actor::{ActorKind, OwnerKind, Ownership};
use crate::channel::ChannelRecord;
use crate::claim_token::{ClaimToken, ClaimTokenHash};
use crate::enumeration::Enumeration;
use crate::event::Event;
use crate::id::{RunId, SessionId, TaskId, WorkspaceId};
use crate::idempotency::RunIdempotency;
use crate::lease::ClaimCriteria;
use crate::profile::ExecutionProfile;
use crate::query::{EventRecordQuery, Query, RunQuery, RunReviewQuery};
use crate::review::{ReviewGateState, RunReview, RunReviewStatus};
use crate::run::{Run, RunReviewLineage, RunStatus};
use crate::scheduler::SchedulerPauseState;
use crate::snooze::{Snooze, SnoozeUntil};
use crate::store::Store;
use crate::store::conformance::fixture;
use crate::task::{Priority, Scope, Status, Task};
use crate::time::Timestamp;
use crate::trash::TrashedTask;
use crate::triage::TriageState;

pub(super) const TASKS: Range<usize> = 0..6;
pub(super) const RUNS: Range<usize> = 0..8;
pub(super) const SESSIONS: Range<usize> = 0..2;
pub(super) const ROUNDS: Range<usize> = 1..3;

pub(super) fn task_id(number: usize) -> TaskId {
    TaskId::new(format!("task-{number}"))
}

pub(super) fn run_id(number: usize) -> RunId {
    RunId::new(format!("run-{number}"))
}

pub(super) fn session_id(number: usize) -> SessionId {
    SessionId::new(format!("session-{number}"))
}

pub(super) fn name(number: usize) -> String {
    format!("name-{number}")
}

/// Draws from bytes; zero stays the plainest choice, for shrinking.
pub(super) struct Dice<'a>(std::slice::Iter<'a, u8>);

impl<'a> Dice<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes.iter())
    }

    fn below(&mut self, end: usize) -> usize {
        usize::from(self.0.next().copied().unwrap_or_default()) % end
    }

    fn of<T: Enumeration>(&mut self) -> T {
        T::ALL[self.below(T::ALL.len())]
    }

    /// Nothing in two of three cases.
    fn maybe<T>(&mut self, draw: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.below(3) == 2).then(|| draw(self))
    }

    fn task(&mut self) -> TaskId {
        task_id(self.below(TASKS.end))
    }

    fn run(&mut self) -> RunId {
        run_id(self.below(RUNS.end))
    }

    fn session(&mut self) -> SessionId {
        session_id(self.below(SESSIONS.end))
    }

    fn name(&mut self) -> String {
        name(self.below(2))
    }

    /// Up to two names.
    fn names(&mut self) -> Vec<String> {
        (0..2).filter(|_| self.below(4) == 3).map(name).collect()
    }

    fn time(&mut self) -> Timestamp {
        fixture::at(self.below(5) as i64)
    }

    fn workspace(&mut self) -> WorkspaceId {
        WorkspaceId::new(format!("workspace-{}", self.below(2)))
    }

    fn limit(&mut self) -> i64 {
        self.below(4) as i64
    }

    fn a_task(&mut self) -> Task {
        let scope = *[Scope::Global, Scope::Workspace].get(self.below(2)).unwrap();
        let status = match self.below(2) {
            0 => Status::Ready,
            _ => self.of(),
        };
        Task {
            scope,
            workspace_id: (scope == Scope::Workspace).then(|| self.workspace()),
            parent_task_id: self.maybe(Self::task),
            status,
            priority: self.of(),
            paused: self.below(5) == 4,
            owner: self.maybe(|dice| {
                let reference = match dice.below(2) {
                    0 => dice.name(),
                    _ => dice.session().to_string(),
                };
                Ownership::new(dice.of::<OwnerKind>(), reference)
            }),
            title: ["Fix it", "fix THAT", "Änderung"][self.below(3)].to_owned(),
            identifier: ["", "FIX-1"][self.below(2)].to_owned(),
            network_channel: self.maybe(Self::name).unwrap_or_default(),
            created_at: self.time(),
            updated_at: self.time(),
            // Ignored by every store.
            current_run_id: self.maybe(Self::run),
            ..fixture::task(self.task().as_str())
        }
    }

    fn a_run(&mut self) -> Run {
        let status = match self.below(2) {
            0 => RunStatus::Queued,
            _ => self.of(),
        };
        Run {
            status,
            session_id: self.maybe(Self::session),
            queued_at: self.time(),
            claimed_at: self.maybe(Self::time),
            ended_at: self.maybe(Self::time),
            lease_until: self.maybe(Self::time),
            claim_token_hash: self.maybe(|_| ClaimTokenHash::new("hash")),
            coordination_channel_id: self.maybe(Self::name).unwrap_or_default(),
            required_capabilities: self.names(),
            preferred_capabilities: self.names(),
            previous_run_id: self.maybe(Self::run),
            review: self.maybe(|dice| RunReviewLineage {
                review_id: Some(dice.a_review().review_id),
                ..RunReviewLineage::default()
            }),
            ..fixture::run(self.run().as_str(), self.task().as_str())
        }
    }

    fn a_profile(&mut self) -> ExecutionProfile {
        let mut profile = ExecutionProfile::default_for(&self.task());
        profile.worker.required_capabilities = self.names();
        profile.worker.agent_name = self.maybe(Self::name).unwrap_or_default();
        profile.worker.allowed_agent_names = self.names();
        profile.participants.required_capabilities = self.names();
        profile.participants.allowed_agent_names = self.names();
        profile
    }

    fn a_review(&mut self) -> RunReview {
        let (run, round) = (self.run(), ROUNDS.start + self.below(ROUNDS.len()));
        let id = format!("review-{run}-{round}");
        RunReview {
            review_round: round as i64,
            status: self.of::<RunReviewStatus>(),
            reviewer_session_id: self.maybe(Self::session),
            updated_at: self.time(),
            ..fixture::review(&id, self.task().as_str(), run.as_str())
        }
    }

    fn an_event(&mut self) -> Event {
        fixture::event("", self.task().as_str(), self.time())
    }

    /// Writes one random record, or deletes one.
    fn write(&mut self, store: &mut impl Store) {
        match self.below(24) {
            0..=3 => store.put_task(self.a_task()),
            4 => store.delete_task(&self.task()),
            5..=8 => store.put_run(self.a_run()),
            9 => store.delete_run(&self.run()),
            10 => {
                let (task, depends_on) = (self.task(), self.task());
                let edge = fixture::edge(task.as_str(), depends_on.as_str(), self.time());
                store.put_dependency(edge);
            }
            11 => store.delete_dependency(&self.task(), &self.task()),
            12 => {
                let id = store.latest_sequence().next();
                let event = Event { id: format!("event-{id}").into(), ..self.an_event() };
                store.append_event(event);
            }
            13 => store.delete_events_of_task(&self.task()),
            14 => store.put_profile(self.a_profile()),
            15 => store.delete_profile(&self.task()),
            16 => store.put_review(self.a_review()),
            17 => store.delete_review(&self.a_review().review_id),
            18 => store.put_claim_token(&self.run(), ClaimToken::from(self.name())),
            19 => store.delete_claim_token(&self.run()),
            20 => {
                let paused = self.below(2) == 1;
                store.put_scheduler(SchedulerPauseState { paused, ..Default::default() });
            }
            21 => match self.below(2) {
                0 => store.put_idempotency(RunIdempotency {
                    idempotency_key: self.name(),
                    run_id: self.run(),
                    origin: fixture::origin(&self.name()),
                    created_at: self.time(),
                }),
                _ => store.delete_idempotency_of_run(&self.run()),
            },
            22 => match self.below(4) {
                0 => store.put_triage(TriageState {
                    read: self.below(2) == 1,
                    ..TriageState::untouched(self.task(), self.identity(), self.time())
                }),
                1 => store.delete_triage(&self.task(), &self.identity()),
                2 => store.put_snooze(Snooze {
                    task_id: self.task(),
                    actor: self.identity(),
                    until: SnoozeUntil::Time(self.time()),
                    snoozed_at: self.time(),
                }),
                _ => store.delete_snooze(&self.task(), &self.identity()),
            },
            _ => match self.below(5) {
                0 => store.put_channel(ChannelRecord {
                    id: self.name(),
                    workspace_id: self.workspace(),
                    purpose: String::new(),
                    created_by: String::new(),
                    created_at: self.time(),
                    updated_at: self.time(),
                }),
                1 => store.put_review_gate(ReviewGateState {
                    review_round: self.limit(),
                    ..ReviewGateState::untouched(&self.task())
                }),
                2 => store.delete_review_gate(&self.task()),
                3 => store.put_trashed(TrashedTask {
                    task_id: self.task(),
                    deleted_at: self.time(),
                    deleted_by: self.identity(),
                    records: Vec::new(),
                }),
                _ => store.delete_trashed(&self.task()),
            },
        }
    }

    fn identity(&mut self) -> crate::actor::ActorIdentity {
        crate::actor::ActorIdentity::new(self.of::<ActorKind>(), name(0))
    }

    pub(super) fn task_query(&mut self) -> Query {
        let owner_kind = self.maybe(|dice| dice.of::<OwnerKind>().into());
        Query {
            scope: self.maybe(|dice| dice.of::<Scope>().into()).unwrap_or_default(),
            workspace_id: self.maybe(Self::workspace),
            status: self.maybe(|dice| dice.of::<Status>().into()).unwrap_or_default(),
            priority: self.maybe(|dice| dice.of::<Priority>().into()).unwrap_or_default(),
            owner_kind: owner_kind.unwrap_or_default(),
            owner_ref: self.maybe(Self::name).unwrap_or_default(),
            parent_task_id: self.maybe(Self::task),
            network_channel: self.maybe(Self::name).unwrap_or_default(),
            search: ["", "IX t", "fix-", "än"][self.below(4)].to_owned(),
            limit: self.limit(),
            ..Query::default()
        }
    }

    pub(super) fn run_query(&mut self) -> RunQuery {
        RunQuery {
            task_id: self.maybe(Self::task),
            status: self.maybe(|dice| dice.of::<RunStatus>().into()).unwrap_or_default(),
            session_id: self.maybe(Self::session),
            coordination_channel_id: self.maybe(Self::name).unwrap_or_default(),
            limit: self.limit(),
        }
    }

    pub(super) fn review_query(&mut self) -> RunReviewQuery {
        RunReviewQuery {
            task_id: self.maybe(Self::task),
            run_id: self.maybe(Self::run),
            status: self.maybe(|dice| dice.of::<RunReviewStatus>().into()).unwrap_or_default(),
            reviewer_session_id: self.maybe(Self::session),
            limit: self.limit(),
        }
    }

    pub(super) fn event_query(&mut self) -> EventRecordQuery {
        EventRecordQuery {
            task_id: Some(self.task()),
            after_sequence: crate::id::Sequence::new(self.limit()),
            limit: self.limit(),
            descending: self.below(2) == 1,
        }
    }

    pub(super) fn criteria(&mut self) -> ClaimCriteria {
        let criteria = ClaimCriteria {
            workspace_id: (self.below(2) == 1).then(|| self.workspace()),
            claimer_session_id: self.session(),
            agent_name: self.maybe(Self::name).unwrap_or_default(),
            required_capabilities: (0..2).filter(|_| self.below(2) == 1).map(name).collect(),
            priority_min: [0, 0, 25][self.below(3)],
            coordination_channel_id: self.maybe(Self::name).unwrap_or_default(),
            ..ClaimCriteria::default()
        };
        criteria.normalize(fixture::at(0)).unwrap()
    }
}

/// How a transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Commit,
    Rollback,
}

/// A transaction: random bytes for each of its writes, and its end.
#[derive(Debug, Clone)]
pub(super) struct Step {
    writes: Vec<Vec<u8>>,
    pub(super) end: End,
}

impl Step {
    /// Does the writes; the transaction is the caller's.
    pub(super) fn write(&self, store: &mut impl Store) {
        for bytes in &self.writes {
            Dice::new(bytes).write(store);
        }
    }
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 32)
}

pub(super) fn script() -> impl Strategy<Value = Vec<Step>> {
    let end = prop_oneof![3 => Just(End::Commit), 1 => Just(End::Rollback)];
    let step = (proptest::collection::vec(bytes(), 0..12), end);
    let step = step.prop_map(|(writes, end)| Step { writes, end });
    proptest::collection::vec(step, 1..12)
}

/// Random bytes for questions.
pub(super) fn questions() -> impl Strategy<Value = Vec<Vec<u8>>> {
    proptest::collection::vec(bytes(), 8)
}
