//! The TypeScript declarations of records and requests, made from the types
//! themselves and checked in for the npm package. The test below fails where
//! the file is stale, and writes it anew where `TASKLOOM_WRITE_TYPES` is set.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;
use ts_rs::{Config, TS, TypeVisitor};

use crate::actor::*;
use crate::autonomy::AutonomyReasonCode;
use crate::channel::ChannelRecord;
use crate::claim_token::{ClaimToken, ClaimTokenHash};
use crate::dependency::{AddDependency, Dependency, DependencyKind};
use crate::diagnostic::{DiagnosticCode, DiagnosticItem, DiagnosticSeverity};
use crate::enumeration::{Enumeration, Given};
use crate::error::ErrorKind;
use crate::event::{Event, EventRecord, EventType};
use crate::execution::*;
use crate::force::*;
use crate::hook::*;
use crate::id::*;
use crate::idempotency::RunIdempotency;
use crate::json::RawJson;
use crate::lease::*;
use crate::manager::RequestedReview;
use crate::pause::*;
use crate::profile::*;
use crate::query::*;
use crate::review::*;
use crate::run::*;
use crate::scheduler::*;
use crate::session::*;
use crate::snooze::*;
use crate::task::*;
use crate::time::UNSET;
use crate::triage::TriageState;
use crate::view::inspect::*;
use crate::view::live::*;
use crate::view::summary::*;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../wasm-bindings/npm/records.d.ts");
const WRITE: &str = "TASKLOOM_WRITE_TYPES";

/// What stands before the declarations.
const HEAD: &str = "\
// Made by \"TASKLOOM_WRITE_TYPES=1 cargo test -p taskloom-domain typescript\"; do not edit.

/** Any JSON document: metadata, payloads and results. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

/**
 * An instant in UTC: RFC 3339 text with up to nine fractional digits. Year one,
 * `0001-01-01T00:00:00Z`, stands for an instant that is not set.
 */
export type Timestamp = string;

/** A span of time in whole nanoseconds. */
export type Duration = number;
";

impl<T: Enumeration + TS> TS for Given<T> {
    type WithoutGenerics = T;
    type OptionInnerType = Self;

    fn name(config: &Config) -> String {
        T::name(config)
    }

    fn inline(config: &Config) -> String {
        T::name(config)
    }

    fn visit_generics(visitor: &mut impl TypeVisitor)
    where
        Self: 'static,
    {
        visitor.visit::<T>();
    }
}

impl TS for RawJson {
    type WithoutGenerics = Self;
    type OptionInnerType = Self;

    fn name(_: &Config) -> String {
        "JsonValue".to_owned()
    }

    fn inline(config: &Config) -> String {
        Self::name(config)
    }
}

/// The declarations so far.
struct Declarations {
    config: Config,
    text: String,
    declared: BTreeSet<String>,
    used: BTreeSet<String>,
}

impl Declarations {
    fn new() -> Self {
        Self {
            config: Config::new().with_large_int("number"),
            text: HEAD.to_owned(),
            declared: ["Timestamp", "Duration"].map(str::to_owned).into(),
            used: BTreeSet::new(),
        }
    }

    /// A type that callers only read: a field is optional where its empty value
    /// is left out.
    fn record<T: TS + 'static>(&mut self) -> &mut Self {
        self.declare::<T>(|_| false)
    }

    /// A record with a default as a whole: its JSON form shows what is left out.
    fn defaulted<T: TS + Default + Serialize + 'static>(&mut self) -> &mut Self {
        let empty = json_of(&T::default());
        self.declare::<T>(|field| empty.get(field).is_none())
    }

    /// A request: what nothing stands in for must be given.
    fn request<T: TS + Default + Serialize + 'static>(&mut self) -> &mut Self {
        let empty = json_of(&T::default());
        self.declare::<T>(|field| empty.get(field).is_none_or(may_be_left_out))
    }

    fn declare<T: TS + 'static>(&mut self, optional: impl Fn(&str) -> bool) -> &mut Self {
        let text = T::decl(&self.config);
        let docs = T::docs().unwrap_or_default();
        self.text.push('\n');
        self.text.push_str(&match text.strip_suffix(", };") {
            Some(fields) => comment("", &docs) + &interface(fields, optional),
            // Further paragraphs are about the type in Rust.
            None => comment("", docs.split("\n *\n").next().unwrap_or_default()) + &alias(&text),
        });
        self.declared.insert(T::ident(&self.config));
        T::visit_dependencies(self);
        self
    }
}

impl TypeVisitor for Declarations {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if T::output_path().is_some() {
            self.used.insert(T::ident(&self.config));
        }
    }
}

fn json_of<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap()
}

/// Whether an empty request says with this value what leaving it out says: an
/// empty text or list has to be replaced.
fn may_be_left_out(value: &Value) -> bool {
    match value {
        Value::String(text) => text == UNSET,
        Value::Array(_) => false,
        Value::Object(fields) => fields.values().all(may_be_left_out),
        _ => true,
    }
}

/// `type X = "a" | "b";` as an exported declaration, with long unions broken.
fn alias(text: &str) -> String {
    let line = format!("export {text}\n");
    if line.len() <= 100 {
        line
    } else {
        line.replace(" = ", " =\n  | ").replace("\" | ", "\"\n  | ")
    }
}

/// `type X = { ... field: type, ... field: type` as an exported interface.
fn interface(text: &str, optional: impl Fn(&str) -> bool) -> String {
    let (name, fields) = text.split_once(" = {").unwrap();
    let mut out = format!("export interface {} {{\n", name.strip_prefix("type ").unwrap());
    let mut docs = String::new();
    for line in fields.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
        if line.starts_with("/**") || line.starts_with(" *") {
            docs.push_str(line);
            docs.push('\n');
            continue;
        }
        out.push_str(&comment("  ", &std::mem::take(&mut docs)));
        out.push_str(&field(line, &optional));
    }
    out + "}\n"
}

fn field(line: &str, optional: impl Fn(&str) -> bool) -> String {
    let (name, kind) = line.trim_end_matches(',').split_once(": ").unwrap();
    let bare = name.trim_end_matches('?');
    let kind = match kind.strip_prefix("Array<").and_then(|kind| kind.strip_suffix('>')) {
        Some(element) => format!("{element}[]"),
        None => kind.to_owned(),
    };
    if name != bare || optional(bare) {
        // Absent is the one form of "nothing".
        format!("  {bare}?: {};\n", kind.trim_end_matches(" | null"))
    } else {
        format!("  {bare}: {kind};\n")
    }
}

/// A doc comment, on one line where it has one; links keep only their last name.
fn comment(indent: &str, docs: &str) -> String {
    let lines: Vec<String> = docs
        .lines()
        .map(|line| line.trim().trim_start_matches("/**").trim_start_matches('*').trim())
        .filter(|line| *line != "/")
        .map(without_links)
        .collect();
    match lines.join("\n").trim() {
        "" => String::new(),
        text if text.contains('\n') => {
            let body: String = text
                .lines()
                .map(|line| format!("{indent} * {line}").trim_end().to_owned() + "\n")
                .collect();
            format!("{indent}/**\n{body}{indent} */\n")
        }
        text => format!("{indent}/** {text} */\n"),
    }
}

/// `[`crate::task::Priority::rank`]` reads `rank`.
fn without_links(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("[`") {
        let Some((link, tail)) = after.split_once("`]") else { break };
        out.push_str(before);
        out.push('`');
        out.push_str(link.rsplit("::").next().unwrap_or(link));
        out.push('`');
        rest = tail;
    }
    out + rest
}

fn declarations() -> Declarations {
    let mut all = Declarations::new();
    all.record::<Sequence>();
    all.record::<TaskId>().record::<RunId>().record::<EventId>().record::<ReviewId>();
    all.record::<SessionId>().record::<WorkspaceId>();
    all.record::<ClaimToken>().record::<ClaimTokenHash>();
    all.record::<ErrorKind>();

    all.record::<ActorKind>().record::<OwnerKind>().record::<OriginKind>();
    all.record::<ActorIdentity>().record::<Origin>().record::<Ownership>();
    all.record::<Authority>().record::<ActorContext>().request::<OwnerSpec>();

    all.record::<Scope>().record::<Status>().record::<Priority>();
    all.record::<ApprovalPolicy>().record::<ApprovalState>();
    all.record::<Task>().request::<CreateTask>().request::<Patch>();
    all.request::<ExecutionRequest>().record::<ExecutionAction>().record::<Execution>();
    all.request::<CancelTask>().request::<PauseTaskRequest>().request::<ResumeTaskRequest>();
    all.record::<PauseState>();
    all.record::<DependencyKind>().record::<Dependency>().request::<AddDependency>();
    all.record::<TriageState>();

    all.record::<RunStatus>().defaulted::<RunReviewLineage>().record::<Run>();
    all.request::<EnqueueRun>().request::<ClaimRun>().request::<StartRun>();
    all.request::<CancelRun>().request::<RunResult>().request::<RunFailure>();
    all.record::<RunBootRecoveryAction>().request::<RunBootRecovery>();
    all.record::<RunIdempotency>();

    all.request::<ClaimCriteria>().request::<SoulClaimProvenance>();
    all.record::<ClaimResult>().defaulted::<CoordinationChannelMetadata>();
    all.request::<LeaseHeartbeat>().request::<LeaseRelease>();
    all.request::<LeaseCompletion>().request::<LeaseFailure>();
    all.request::<ExpiredLeaseRecovery>().record::<ExpiredLeaseRecoveryResult>();
    all.request::<SessionLeaseRelease>().record::<SessionLeaseReleaseResult>();

    all.request::<ForceReleaseRun>().request::<ForceFailRun>();
    all.request::<RetryRunRequest>().record::<RetryRunResult>();
    all.request::<BulkForceRunRequest>().record::<BulkForceRunItem>();
    all.record::<BulkForceRunResult>();

    all.record::<ReviewPolicy>().record::<RunReviewStatus>().record::<RunReviewOutcome>();
    all.record::<RunReview>().record::<ReviewGateState>();
    all.request::<RunReviewRequest>().record::<RequestedReview>();
    all.request::<BindRunReviewSessionRequest>().record::<RunReviewBinding>();
    all.request::<RunReviewVerdict>().request::<RecordRunReviewRequest>();
    all.record::<RunReviewResult>();

    all.record::<CoordinatorMode>().record::<WorkerMode>().record::<SandboxMode>();
    all.defaulted::<CoordinatorProfile>().defaulted::<WorkerProfile>();
    all.defaulted::<ReviewProfile>().defaulted::<ParticipantPolicy>();
    all.defaulted::<SandboxPolicy>().defaulted::<ExecutionProfile>();
    all.record::<ChannelRecord>();

    all.request::<SchedulerPauseRequest>().request::<SchedulerResumeRequest>();
    all.defaulted::<SchedulerPauseState>().record::<SchedulerStatus>();
    all.request::<SchedulerDrainRequest>().record::<SchedulerDrainResult>();
    all.request::<SchedulerBacklogQuery>().record::<SchedulerBacklogRun>();
    all.record::<SchedulerBacklog>();

    all.record::<EventType>().record::<Event>().record::<EventRecord>();
    all.request::<Query>().request::<RunQuery>().request::<TimelineQuery>();
    all.request::<StreamQuery>().request::<RunReviewQuery>();
    all.record::<Reference>().record::<DependencyReference>().record::<RunSummary>();
    all.record::<Summary>().record::<View>();
    all.record::<TimelineItem>().record::<StreamEvent>();
    all.record::<TreeNode>().record::<TreeView>();
    all.record::<RunSessionRef>().record::<RunOperationalSummary>().record::<RunDetailView>();
    all.record::<InspectTarget>().record::<InspectNextAction>();
    all.record::<DiagnosticSeverity>().record::<DiagnosticCode>().record::<DiagnosticItem>();
    all.record::<InspectSchedulerState>().record::<InspectRunSummary>();
    all.record::<InspectSessionSummary>().record::<InspectEventSummary>();
    all.record::<InspectView>();

    all.record::<AutonomyReasonCode>();
    all.record::<Snooze>().record::<SnoozeUntil>();
    all.record::<RunHookId>().defaulted::<RunHookContext>().record::<RunHook>();
    all.defaulted::<PreClaimCriteria>().record::<PreClaimHook>();
    all.record::<StopReason>().record::<StartTaskSession>().request::<SessionRef>();
    all.defaulted::<SessionListQuery>().request::<SessionInfo>().defaulted::<EventSummaryQuery>();
    all.record::<SessionEvent>().request::<TokenStats>();
    all
}

#[test]
fn the_checked_in_declarations_are_those_of_the_types() {
    let all = declarations();
    let missing: Vec<&String> = all.used.difference(&all.declared).collect();
    assert!(missing.is_empty(), "used, but not declared: {missing:?}");
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(FILE, &all.text).unwrap();
    }
    let stored = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(stored == all.text, "records.d.ts is stale: run the command in its first line");
}

#[test]
fn a_field_is_optional_where_leaving_it_out_means_something() {
    let mut all = Declarations::new();
    all.record::<Task>().request::<CreateTask>().request::<LeaseHeartbeat>();
    all.request::<LeaseCompletion>().request::<LeaseFailure>();
    for line in [
        // A record always has its status and its instants, even unset ones.
        "  status: TaskStatus;",
        "  closed_at: Timestamp;",
        "  owner?: Ownership;",
        "  paused?: boolean;",
        // A request has to say what nothing stands in for.
        "  title: string;",
        "  owner?: OwnerSpec;",
        "  max_attempts?: number;",
        "  claim_token: ClaimToken;",
        "  lease_duration?: Duration;",
        "  now?: Timestamp;",
        "  result?: RunResult;",
        "  failure: RunFailure;",
    ] {
        assert!(all.text.lines().any(|declared| declared == line), "{line}\n{}", all.text);
    }
}

#[test]
fn links_in_comments_become_plain_names() {
    assert_eq!(without_links("see [`crate::a::B::c`], [`D`] and [x]"), "see `c`, `D` and [x]");
    assert_eq!(comment("", "/**\n * One.\n */\n"), "/** One. */\n");
    assert_eq!(comment("  ", "/**\n * One\n * two.\n */\n"), "  /**\n   * One\n   * two.\n   */\n");
}
