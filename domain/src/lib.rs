//! The rules of Taskloom: tasks with a dependency graph, runs that workers
//! claim under leases, reviews, approvals, triage and an audit log.
//!
//! This crate is a function of its inputs. It reads no clock, draws no random
//! number and performs no I/O; the time, fresh ids and secrets come in through
//! [`environment`], so the same calls give the same board on every target.
//!
//! Start with [`Manager`](manager::Manager): it is the authority that checks,
//! applies and records every operation.

mod enumeration;
mod rule;

#[cfg(test)]
mod typescript;

// What everything is made of.
pub mod environment;
pub mod error;
pub mod id;
pub mod json;
pub mod time;

// Records and requests.
pub mod actor;
pub mod capability;
pub mod channel;
pub mod claim_token;
pub mod dependency;
pub mod diagnostic;
pub mod eligibility;
pub mod event;
pub mod execution;
pub mod force;
pub mod graph;
pub mod hook;
pub mod idempotency;
pub mod import;
pub mod lease;
pub mod pause;
pub mod profile;
pub mod query;
pub mod review;
pub mod run;
pub mod scheduler;
pub mod session;
pub mod snooze;
pub mod task;
pub mod trash;
pub mod triage;

// What reads answer with.
pub mod autonomy;
pub mod context;
pub mod view;

// Where records stand, and the authority over them.
pub mod manager;
pub mod merge;
pub mod status;
pub mod store;

// What people see of it, computed beside the operations.
pub mod attention;
pub mod availability;
pub mod explain;
pub mod insight;
pub mod replay;
pub mod routing;
pub mod sentence;
pub mod series;
pub mod stage;
pub mod step;

pub use actor::{ActorContext, ActorIdentity, Authority, Origin};
pub use claim_token::ClaimToken;
pub use dependency::Dependency;
pub use enumeration::{Enumeration, Given};
pub use error::{ErrorKind, Result, TaskError};
pub use event::{Event, EventRecord, EventType};
pub use id::{EventId, ReviewId, RunId, Sequence, SessionId, TaskId, WorkspaceId};
pub use json::RawJson;
pub use run::{Run, RunStatus};
pub use task::{CreateTask, Patch, Priority, Scope, Status, Task};
pub use time::{Duration, Timestamp};

/// The examples of the README run like those of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct ReadmeExamples;
