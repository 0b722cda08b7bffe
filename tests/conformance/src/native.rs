//! Drives the Rust engine: builds a manager for a scenario's options, and turns
//! calls by name into calls of its methods.

mod catalogue;
mod surroundings;

use std::cell::RefCell;
use std::rc::Rc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use taskloom_domain::TaskError;
use taskloom_domain::actor::{ActorContext, Authority};
use taskloom_domain::id::{ReviewId, RunId, SessionId, TaskId};
use taskloom_domain::manager::Manager;
use taskloom_domain::store::{MemoryStore, Record, SchedulerStore};
use taskloom_domain::time::Duration;

use crate::engine::{Engine, Refusal};
use crate::scenario::{Actor, Options};

use surroundings::Surroundings;

type Args = Map<String, Value>;

/// The Rust engine over the in-memory store.
pub struct NativeEngine {
    manager: Manager<MemoryStore>,
    surroundings: Rc<RefCell<Surroundings>>,
}

impl NativeEngine {
    /// A fresh engine in a scenario's surroundings.
    ///
    /// # Errors
    ///
    /// A text if the options do not decode.
    pub fn new(options: &Options) -> Result<Self, String> {
        let surroundings = Rc::new(RefCell::new(Surroundings::new(options)?));
        let manager = Manager::new(
            MemoryStore::default(),
            surroundings::manager_options(options, &surroundings)?,
        );
        Ok(Self { manager, surroundings })
    }
}

impl Engine for NativeEngine {
    fn advance(&mut self, millis: i64) {
        let mut surroundings = self.surroundings.borrow_mut();
        surroundings.now = surroundings.now + Duration::from_millis(millis);
    }

    fn call(&mut self, op: &str, args: &Args, actor: Option<&Actor>) -> Result<Value, Refusal> {
        match op {
            "set_known_channels" => {
                self.surroundings.borrow_mut().channels = Some(field(args, "channels")?);
                return Ok(json!({}));
            }
            "set_sessions" => {
                self.surroundings.borrow_mut().sessions = Some(field(args, "sessions")?);
                return Ok(json!({}));
            }
            "lookup_active_run_for_session" => {
                let handle = self
                    .manager
                    .lookup_active_run_for_session(&id(args, "session_id"), &id(args, "run_id"))
                    .map_err(refusal)?;
                return Ok(surroundings::handle_json(&handle));
            }
            _ => {}
        }
        let actor = actor.ok_or_else(|| other(format!("{op} needs an actor")))?;
        let actor = context(actor)?;
        self.perform(op, args, &actor)
    }

    fn state(&mut self) -> Value {
        let mut tables: [Vec<Value>; 7] = Default::default();
        for record in self.manager.store().records() {
            let (table, value) = match record {
                Record::Task(task) => (0, stored(&*task)),
                Record::Run(run) => (1, stored(&*run)),
                Record::Dependency(edge) => (2, stored(&*edge)),
                Record::Event(event) => {
                    let mut fields = stored(&event.event);
                    fields["sequence"] = json!(event.sequence);
                    if let Some(fields) = fields.as_object_mut() {
                        fields.remove("id");
                    }
                    (3, fields)
                }
                Record::Review(review) => (4, stored(&*review)),
                Record::Triage(triage) => (5, stored(&*triage)),
                Record::Profile(profile) => (6, stored(&*profile)),
                _ => continue,
            };
            tables[table].push(value);
        }
        let [tasks, runs, dependencies, events, reviews, mut triage, profiles] = tables;
        // Traces list identities by the name of their kind.
        triage.sort_by_key(|row| {
            ["/task_id", "/actor/kind", "/actor/ref"]
                .map(|at| row.pointer(at).map(Value::to_string))
        });
        json!({
            "tasks": tasks,
            "runs": runs,
            "dependencies": dependencies,
            "events": events,
            "reviews": reviews,
            "triage": triage,
            "profiles": profiles,
            "scheduler": stored(&self.manager.store().get_scheduler()),
        })
    }
}

impl NativeEngine {
    fn perform(&mut self, op: &str, args: &Args, actor: &ActorContext) -> Result<Value, Refusal> {
        let task = || id::<TaskId>(args, "task_id");
        let run = || id::<RunId>(args, "run_id");
        let manager = &mut self.manager;
        match op {
            "create_task" => done(manager.create_task(request(args)?, actor)),
            "create_child_task" => {
                let parent: TaskId = id(args, "parent_task_id");
                done(manager.create_child_task(&parent, request(args)?, actor))
            }
            "update_task" => done(manager.update_task(&task(), request(args)?, actor)),
            "delete_task" => nothing(manager.delete_task(&task(), actor)),
            "publish_task" => done(manager.publish_task(&task(), request(args)?, actor)),
            "start_task" => done(manager.start_task(&task(), request(args)?, actor)),
            "approve_task" => done(manager.approve_task(&task(), request(args)?, actor)),
            "reject_task" => done(manager.reject_task(&task(), actor)),
            "cancel_task" => done(manager.cancel_task(&task(), request(args)?, actor)),
            "pause_task" => done(manager.pause_task(&task(), request(args)?, actor)),
            "resume_task" => done(manager.resume_task(&task(), request(args)?, actor)),
            "mark_task_read" => done(manager.mark_task_read(&task(), actor)),
            "archive_task" => done(manager.archive_task(&task(), actor)),
            "dismiss_task" => done(manager.dismiss_task(&task(), actor)),
            "add_dependency" => nothing(manager.add_dependency(request(args)?, actor)),
            "remove_dependency" => {
                let blocker: TaskId = id(args, "depends_on_task_id");
                nothing(manager.remove_dependency(&task(), &blocker, actor))
            }
            "get_execution_profile" => done(manager.get_execution_profile(&task(), actor)),
            "set_execution_profile" => {
                let profile = field(args, "profile")?;
                done(manager.set_execution_profile(&task(), profile, actor))
            }
            "delete_execution_profile" => nothing(manager.delete_execution_profile(&task(), actor)),
            "get_task" => done(manager.get_task(&task(), actor)),
            "list_tasks" => done(manager.list_tasks(request(args)?, actor)),
            "list_task_runs" => done(manager.list_task_runs(&task(), request(args)?, actor)),
            "tree" => done(manager.tree(&task(), actor)),
            "timeline" => done(manager.timeline(&task(), request(args)?, actor)),
            "stream" => done(manager.stream_backlog(&task(), request(args)?, actor)),
            "inspect_task" => done(manager.inspect_task(&task(), actor)),
            "inspect_run" => done(manager.inspect_run(&run(), actor)),
            "run_detail" => done(manager.run_detail(&run(), actor)),
            _ if op.contains("review") => self.review(op, args, actor),
            _ if op.contains("scheduler") => self.scheduler(op, args, actor),
            _ => self.run(op, args, actor),
        }
    }

    fn run(&mut self, op: &str, args: &Args, actor: &ActorContext) -> Result<Value, Refusal> {
        let run = || id::<RunId>(args, "run_id");
        let manager = &mut self.manager;
        match op {
            "enqueue_run" => done(manager.enqueue_run(request(args)?, actor)),
            "claim_next_run" => done(manager.claim_next_run(request(args)?, actor)),
            "claim_run" => done(manager.claim_run(&run(), request(args)?, actor)),
            "start_run" => done(manager.start_run(&run(), request(args)?, actor)),
            "attach_run_session" => {
                let session: SessionId = id(args, "session_id");
                done(manager.attach_run_session(&run(), &session, actor))
            }
            "heartbeat_run_lease" => done(manager.heartbeat_run_lease(request(args)?, actor)),
            "release_run_lease" => done(manager.release_run_lease(request(args)?, actor)),
            "complete_run_lease" => done(manager.complete_run_lease(request(args)?, actor)),
            "fail_run_lease" => done(manager.fail_run_lease(request(args)?, actor)),
            "complete_run" => done(manager.complete_run(&run(), request(args)?, actor)),
            "fail_run" => done(manager.fail_run(&run(), request(args)?, actor)),
            "cancel_run" => done(manager.cancel_run(&run(), request(args)?, actor)),
            "retry_run" => done(manager.retry_run(&run(), request(args)?, actor)),
            "force_release_run" => done(manager.force_release_run(&run(), request(args)?, actor)),
            "force_fail_run" => done(manager.force_fail_run(&run(), request(args)?, actor)),
            "bulk_force_release_runs" => {
                bulk(manager.bulk_force_release_runs(request(args)?, actor))
            }
            "bulk_force_fail_runs" => bulk(manager.bulk_force_fail_runs(request(args)?, actor)),
            "recover_expired_run_leases" => {
                done(manager.recover_expired_run_leases(request(args)?, actor))
            }
            "release_session_run_leases" => {
                done(manager.release_session_run_leases(request(args)?, actor))
            }
            "recover_run_on_boot" => {
                done(manager.recover_run_on_boot(&run(), request(args)?, actor))
            }
            _ => Err(other(format!("{op} is not implemented"))),
        }
    }

    fn scheduler(&mut self, op: &str, args: &Args, actor: &ActorContext) -> Result<Value, Refusal> {
        let manager = &mut self.manager;
        match op {
            "scheduler_status" => done(manager.scheduler_status(actor)),
            "pause_scheduler" => done(manager.pause_scheduler(request(args)?, actor)),
            "resume_scheduler" => done(manager.resume_scheduler(request(args)?, actor)),
            "drain_scheduler" => {
                // The clock of a scenario stands still within a step.
                done(manager.drain_scheduler(request(args)?, actor, |_, _| {}))
            }
            "scheduler_backlog" => done(manager.scheduler_backlog(request(args)?, actor)),
            _ => Err(other(format!("{op} is not implemented"))),
        }
    }

    fn review(&mut self, op: &str, args: &Args, actor: &ActorContext) -> Result<Value, Refusal> {
        let manager = &mut self.manager;
        match op {
            "request_run_review" => done(manager.request_run_review(request(args)?, actor)),
            "get_run_review" => {
                let review: ReviewId = id(args, "review_id");
                done(manager.get_run_review(&review, actor))
            }
            "record_run_review" => done(manager.record_run_review(request(args)?, actor)),
            "bind_run_review_session" => {
                done(manager.bind_run_review_session(request(args)?, actor))
            }
            "lookup_run_review_for_session" => {
                let session: SessionId = id(args, "session_id");
                done(manager.lookup_run_review_for_session(&session, actor))
            }
            "list_run_reviews" => done(manager.list_run_reviews(request(args)?, actor)),
            _ => Err(other(format!("{op} is not implemented"))),
        }
    }
}

/// The actor context that a scenario's actor stands for.
fn context(actor: &Actor) -> Result<ActorContext, Refusal> {
    let reference = actor.reference.as_str();
    let origin_ref = actor.origin_ref.as_deref();
    let context = match (actor.kind.as_str(), actor.origin.as_deref()) {
        ("human", origin) => {
            let origin = origin.unwrap_or("cli");
            let origin_ref = origin_ref.unwrap_or(reference);
            ActorContext::derive_human(reference, origin, origin_ref)
        }
        ("agent_session", None) => ActorContext::derive_agent_session(reference),
        ("agent_session", Some("automation")) => {
            ActorContext::derive_automation_linked_agent_session(reference, origin_ref)
        }
        ("agent_session", Some(origin)) => {
            ActorContext::derive_agent_session_for_origin(reference, origin, origin_ref)
        }
        ("automation", _) => ActorContext::derive_automation(reference, origin_ref),
        ("extension", _) => ActorContext::derive_extension(reference, origin_ref),
        ("network_peer", _) => ActorContext::derive_network_peer(reference, origin_ref),
        ("daemon", _) => {
            ActorContext::derive_daemon(reference, Some(origin_ref.unwrap_or(reference)))
        }
        (kind, _) => return Err(other(format!("unknown actor kind {kind}"))),
    };
    let mut context = context.map_err(refusal)?;
    if let Some(authority) = &actor.authority {
        context.authority = decode::<Authority>(authority)?;
    }
    Ok(context)
}

/// A request from a call's flat arguments: durations arrive in milliseconds.
fn request<T: DeserializeOwned>(args: &Args) -> Result<T, Refusal> {
    decode(&request_fields(args))
}

fn request_fields(args: &Args) -> Value {
    let mut fields = Args::new();
    for (key, value) in args {
        match (key.strip_suffix("_ms"), value.as_i64()) {
            (Some(name), Some(millis)) => {
                fields.insert(name.to_owned(), json!(Duration::from_millis(millis).as_nanos()))
            }
            _ => fields.insert(key.clone(), value.clone()),
        };
    }
    Value::Object(fields)
}

/// One argument on its own; absent decodes like `null`.
fn field<T: DeserializeOwned>(args: &Args, name: &str) -> Result<T, Refusal> {
    decode(args.get(name).unwrap_or(&Value::Null))
}

fn decode<T: DeserializeOwned>(value: &Value) -> Result<T, Refusal> {
    // Raw JSON fields need the text: they do not decode from a value tree.
    serde_json::from_str(&value.to_string()).map_err(|error| malformed(&error))
}

/// A value as a tree, by way of its text: the text is what a binding sends, and
/// one writer of it serves all types.
fn tree<T: Serialize>(value: &T) -> Result<Value, Refusal> {
    decode_tree(serde_json::to_string(value))
}

/// A record as a tree.
fn stored<T: Serialize>(record: &T) -> Value {
    tree(record).expect("what is stored has a JSON form")
}

fn decode_tree(text: serde_json::Result<String>) -> Result<Value, Refusal> {
    text.and_then(|text| serde_json::from_str(&text)).map_err(|error| malformed(&error))
}

fn malformed(error: &serde_json::Error) -> Refusal {
    Refusal { kind: "validation".into(), message: error.to_string(), reason: None }
}

/// A positional id; absent is blank.
fn id<T: for<'a> From<&'a str>>(args: &Args, name: &str) -> T {
    T::from(args.get(name).and_then(Value::as_str).unwrap_or_default())
}

fn done<T: Serialize>(result: Result<T, TaskError>) -> Result<Value, Refusal> {
    result.map_err(refusal).and_then(|value| tree(&value))
}

fn nothing(result: Result<(), TaskError>) -> Result<Value, Refusal> {
    result.map(|()| json!({})).map_err(refusal)
}

fn bulk(
    result: Result<taskloom_domain::force::BulkForceRunResult, TaskError>,
) -> Result<Value, Refusal> {
    let result = result.map_err(refusal)?;
    let items: Vec<Value> = result
        .items
        .into_iter()
        .map(|item| {
            let mut fields = tree(&item)?;
            if let Some(error) = item.error {
                let error = refusal(error);
                fields["err"] = json!({"kind": error.kind, "message": error.message});
            }
            Ok(fields)
        })
        .collect::<Result<_, Refusal>>()?;
    Ok(json!({ "items": items }))
}

fn refusal(error: TaskError) -> Refusal {
    Refusal {
        kind: error.kind().code().to_owned(),
        message: error.to_string(),
        reason: error.reason().map(|reason| reason.to_string()),
    }
}

fn other(message: String) -> Refusal {
    Refusal { kind: "not_implemented".into(), message, reason: None }
}
