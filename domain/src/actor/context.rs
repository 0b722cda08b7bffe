//! On whose behalf a call runs: identity, door and authority together.

use serde::{Deserialize, Serialize};

use super::{ActorIdentity, ActorKind, Origin, OriginKind};
use crate::enumeration::{Given, quoted};
use crate::error::{ErrorKind, Result, TaskError};
use crate::task::Scope;

/// What an actor may do. Each flag stands alone, except that creating needs
/// `write`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct Authority {
    /// Read tasks, runs, reviews and the scheduler.
    pub read: bool,
    /// Change them.
    pub write: bool,
    /// Create global tasks.
    pub create_global: bool,
    /// Create workspace tasks.
    pub create_workspace: bool,
}

impl Authority {
    /// All four flags.
    pub const FULL: Authority =
        Authority { read: true, write: true, create_global: true, create_workspace: true };

    /// All four flags, as every derived context carries them.
    pub const fn full_access() -> Self {
        Self::FULL
    }

    /// Checks that no create flag stands without `write`.
    ///
    /// # Errors
    ///
    /// `validation` at `path`.
    pub fn validate(&self, path: &str) -> Result<()> {
        if (self.create_global || self.create_workspace) && !self.write {
            let rest = "create permissions require write permission";
            return Err(TaskError::validation(path.trim(), rest));
        }
        Ok(())
    }

    /// Passes with the `read` flag.
    ///
    /// # Errors
    ///
    /// A bare `permission_denied`.
    pub fn require_read(&self) -> Result<()> {
        granted(self.read)
    }

    /// Passes with the `write` flag.
    ///
    /// # Errors
    ///
    /// A bare `permission_denied`.
    pub fn require_write(&self) -> Result<()> {
        granted(self.write)
    }

    /// Passes with the create flag of the scope.
    ///
    /// # Errors
    ///
    /// A bare `permission_denied`.
    pub fn require_create(&self, scope: Scope) -> Result<()> {
        granted(match scope {
            Scope::Global => self.create_global,
            Scope::Workspace => self.create_workspace,
        })
    }
}

fn granted(flag: bool) -> Result<()> {
    if flag { Ok(()) } else { Err(TaskError::new(ErrorKind::PermissionDenied)) }
}

/// On whose behalf an operation runs: the identity, its door and its authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ActorContext {
    /// Who acts.
    pub actor: ActorIdentity,
    /// Where the call came from.
    pub origin: Origin,
    /// What the actor may do.
    pub authority: Authority,
}

/// The doors that a kind of actor may come through.
const fn origins_of(kind: ActorKind) -> &'static [OriginKind] {
    match kind {
        ActorKind::Human => HUMAN_ORIGINS,
        ActorKind::AgentSession => &[
            OriginKind::AgentSession,
            OriginKind::Automation,
            OriginKind::Cli,
            OriginKind::Uds,
            OriginKind::Http,
        ],
        ActorKind::Automation => &[OriginKind::Automation],
        ActorKind::Extension => &[OriginKind::Extension],
        ActorKind::NetworkPeer => &[OriginKind::Network],
        ActorKind::Daemon => &[OriginKind::Daemon],
    }
}

const HUMAN_ORIGINS: &[OriginKind] =
    &[OriginKind::Cli, OriginKind::Web, OriginKind::Uds, OriginKind::Http];

/// The doors that an agent session may choose itself; an automation names its
/// sessions with a call of its own.
const AGENT_SESSION_ORIGINS: &[OriginKind] =
    &[OriginKind::Cli, OriginKind::Uds, OriginKind::Http, OriginKind::AgentSession];

impl ActorContext {
    /// A person with full authority. The origin ref is required.
    ///
    /// ```
    /// use taskloom_domain::actor::{ActorContext, OriginKind};
    ///
    /// assert!(ActorContext::derive_human("ada", OriginKind::Web, "tab-1").is_ok());
    /// assert!(ActorContext::derive_human("ada", OriginKind::Automation, "tab-1").is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// `validation` if the origin is none of cli, web, uds and http, or a ref is
    /// blank.
    pub fn derive_human(
        actor_ref: &str,
        origin_kind: impl Into<Given<OriginKind>>,
        origin_ref: &str,
    ) -> Result<Self> {
        let given = origin_kind.into();
        let kind = given.known().filter(|kind| HUMAN_ORIGINS.contains(kind)).ok_or_else(|| {
            wrong_door("human task ingress requires cli, web, uds, or http origin", &given)
        })?;
        Self::derive(ActorKind::Human, actor_ref, kind, origin_ref)
    }

    /// An agent session that acts on its own behalf, with full authority.
    ///
    /// # Errors
    ///
    /// `validation` if the ref is blank.
    pub fn derive_agent_session(session_ref: &str) -> Result<Self> {
        Self::derive(ActorKind::AgentSession, session_ref, OriginKind::AgentSession, session_ref)
    }

    /// An agent session that comes through a door of its choice, with full
    /// authority. The origin ref defaults to the session's.
    ///
    /// # Errors
    ///
    /// `validation` if the origin is none of cli, uds, http and agent_session, or
    /// a ref is blank.
    pub fn derive_agent_session_for_origin(
        session_ref: &str,
        origin_kind: impl Into<Given<OriginKind>>,
        origin_ref: Option<&str>,
    ) -> Result<Self> {
        let given = origin_kind.into();
        let kind =
            given.known().filter(|kind| AGENT_SESSION_ORIGINS.contains(kind)).ok_or_else(|| {
                let rule =
                    "agent-session task ingress requires cli, uds, http, or agent_session origin";
                wrong_door(rule, &given)
            })?;
        let origin_ref = defaulted(origin_ref, session_ref);
        Self::derive(ActorKind::AgentSession, session_ref, kind, origin_ref)
    }

    /// An agent session that an automation started, with full authority. The
    /// origin ref defaults to the session's.
    ///
    /// # Errors
    ///
    /// `validation` if a ref is blank.
    pub fn derive_automation_linked_agent_session(
        session_ref: &str,
        origin_ref: Option<&str>,
    ) -> Result<Self> {
        let origin_ref = defaulted(origin_ref, session_ref);
        Self::derive(ActorKind::AgentSession, session_ref, OriginKind::Automation, origin_ref)
    }

    /// An automation with full authority. The origin ref defaults to the actor's.
    ///
    /// # Errors
    ///
    /// `validation` if a ref is blank.
    pub fn derive_automation(actor_ref: &str, origin_ref: Option<&str>) -> Result<Self> {
        let origin_ref = defaulted(origin_ref, actor_ref);
        Self::derive(ActorKind::Automation, actor_ref, OriginKind::Automation, origin_ref)
    }

    /// An extension with full authority. The origin ref defaults to the actor's.
    ///
    /// # Errors
    ///
    /// `validation` if a ref is blank.
    pub fn derive_extension(actor_ref: &str, origin_ref: Option<&str>) -> Result<Self> {
        let origin_ref = defaulted(origin_ref, actor_ref);
        Self::derive(ActorKind::Extension, actor_ref, OriginKind::Extension, origin_ref)
    }

    /// A peer of another board with full authority. The origin ref defaults to
    /// the actor's.
    ///
    /// # Errors
    ///
    /// `validation` if a ref is blank.
    pub fn derive_network_peer(actor_ref: &str, origin_ref: Option<&str>) -> Result<Self> {
        let origin_ref = defaulted(origin_ref, actor_ref);
        Self::derive(ActorKind::NetworkPeer, actor_ref, OriginKind::Network, origin_ref)
    }

    /// The host's background service with full authority. The origin ref defaults
    /// to the actor's.
    ///
    /// # Errors
    ///
    /// `validation` if a ref is blank.
    pub fn derive_daemon(actor_ref: &str, origin_ref: Option<&str>) -> Result<Self> {
        let origin_ref = defaulted(origin_ref, actor_ref);
        Self::derive(ActorKind::Daemon, actor_ref, OriginKind::Daemon, origin_ref)
    }

    fn derive(
        actor_kind: ActorKind,
        actor_ref: &str,
        origin_kind: OriginKind,
        origin_ref: &str,
    ) -> Result<Self> {
        let context = Self {
            actor: ActorIdentity::new(actor_kind, actor_ref),
            origin: Origin::new(origin_kind, origin_ref),
            authority: Authority::FULL,
        };
        context.validate()?;
        Ok(context)
    }

    /// Checks actor, origin, that the two fit together, and the authority.
    ///
    /// # Errors
    ///
    /// `validation` at `actor`, `origin` or `authority`.
    pub fn validate(&self) -> Result<()> {
        self.actor.validate("actor")?;
        self.origin.validate("origin")?;
        if !origins_of(self.actor.kind).contains(&self.origin.kind) {
            let rest = format!(
                "\"{}\" is not allowed with origin.kind \"{}\"",
                self.actor.kind, self.origin.kind
            );
            return Err(TaskError::validation("actor.kind", &rest));
        }
        self.authority.validate("authority")
    }

    /// Checks the context, then the `read` flag.
    ///
    /// # Errors
    ///
    /// `validation` for a broken context, a bare `permission_denied` without the
    /// flag.
    pub fn authorize_read(&self) -> Result<()> {
        self.validate()?;
        self.authority.require_read()
    }

    /// Checks the context, then the `write` flag.
    ///
    /// # Errors
    ///
    /// `validation` for a broken context, a bare `permission_denied` without the
    /// flag.
    pub fn authorize_write(&self) -> Result<()> {
        self.validate()?;
        self.authority.require_write()
    }

    /// Checks the context, the `write` flag, and the create flag of the scope that
    /// a creation names.
    ///
    /// # Errors
    ///
    /// `validation` for a broken context or for a scope that is blank or unknown,
    /// a bare `permission_denied` without the flags.
    pub fn authorize_create(&self, scope: &Given<Scope>) -> Result<()> {
        self.authorize_write()?;
        let scope = scope.known().ok_or_else(|| TaskError::required("create_task.scope"))?;
        self.authority.require_create(scope)
    }

    /// Whether both act as the same identity: equal kinds and equal trimmed refs.
    pub fn same_identity(&self, other: &ActorContext) -> bool {
        self.actor.is_same(&other.actor)
    }
}

/// The ref given for an origin; only the empty text is replaced, a blank one
/// stays and is refused.
fn defaulted<'a>(origin_ref: Option<&'a str>, default: &'a str) -> &'a str {
    origin_ref.filter(|text| !text.is_empty()).unwrap_or(default)
}

fn wrong_door(rule: &str, given: &Given<OriginKind>) -> TaskError {
    let detail = format!("{rule}, got {}", quoted(given.raw()));
    TaskError::at(ErrorKind::Validation, "origin.kind", detail)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::enumeration::Enumeration;

    fn detail<T: std::fmt::Debug>(result: Result<T>) -> String {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Validation);
        error.detail().to_owned()
    }

    #[test]
    fn every_pair_of_actor_and_origin_is_decided() {
        let allowed = [
            "human cli",
            "human web",
            "human uds",
            "human http",
            "agent_session cli",
            "agent_session uds",
            "agent_session http",
            "agent_session automation",
            "agent_session agent_session",
            "automation automation",
            "extension extension",
            "network_peer network",
            "daemon daemon",
        ];
        for actor in ActorKind::ALL.iter().copied() {
            for origin in OriginKind::ALL.iter().copied() {
                let context = ActorContext {
                    actor: ActorIdentity::new(actor, "a"),
                    origin: Origin::new(origin, "o"),
                    authority: Authority::FULL,
                };
                let pair = format!("{actor} {origin}");
                if allowed.contains(&pair.as_str()) {
                    assert_eq!(context.validate(), Ok(()), "{pair}");
                } else {
                    let text = format!(
                        r#"actor.kind "{actor}" is not allowed with origin.kind "{origin}""#
                    );
                    assert_eq!(detail(context.validate()), text);
                }
            }
        }
    }

    #[test]
    fn people_come_through_four_doors_and_name_them() {
        for kind in OriginKind::ALL.iter().copied() {
            let known = HUMAN_ORIGINS.contains(&kind);
            assert_eq!(ActorContext::derive_human("ada", kind, "here").is_ok(), known, "{kind}");
        }
        assert_eq!(
            detail(ActorContext::derive_human("ada", " Automation", "r")),
            r#"human task ingress requires cli, web, uds, or http origin, got " Automation""#
        );
        assert_eq!(detail(ActorContext::derive_human("ada", "cli", "")), "origin.ref is required");
        assert_eq!(detail(ActorContext::derive_human(" ", "cli", "x")), "actor.ref is required");
        assert!(ActorContext::derive_human("ada", " CLI ", "x").is_ok());
    }

    #[test]
    fn agent_sessions_do_not_choose_web_or_automation() {
        for kind in OriginKind::ALL.iter().copied() {
            let known = AGENT_SESSION_ORIGINS.contains(&kind);
            let derived = ActorContext::derive_agent_session_for_origin("s", kind, None);
            assert_eq!(derived.is_ok(), known, "{kind}");
        }
        assert_eq!(
            detail(ActorContext::derive_agent_session_for_origin("s", "web", None)),
            "agent-session task ingress requires cli, uds, http, or agent_session origin, got \"web\""
        );
    }

    #[test]
    fn derived_contexts_have_full_authority_and_default_origins() {
        type Derive = fn(&str, Option<&str>) -> Result<ActorContext>;
        let derivations: [(Derive, ActorKind, OriginKind); 6] = [
            (
                |actor, origin| {
                    ActorContext::derive_agent_session_for_origin(actor, "http", origin)
                },
                ActorKind::AgentSession,
                OriginKind::Http,
            ),
            (
                ActorContext::derive_automation_linked_agent_session,
                ActorKind::AgentSession,
                OriginKind::Automation,
            ),
            (ActorContext::derive_automation, ActorKind::Automation, OriginKind::Automation),
            (ActorContext::derive_extension, ActorKind::Extension, OriginKind::Extension),
            (ActorContext::derive_network_peer, ActorKind::NetworkPeer, OriginKind::Network),
            (ActorContext::derive_daemon, ActorKind::Daemon, OriginKind::Daemon),
        ];
        for (derive, actor, origin) in derivations {
            for given in [None, Some("")] {
                let context = derive("scheduler", given).unwrap();
                assert_eq!(context.actor, ActorIdentity::new(actor, "scheduler"));
                assert_eq!(context.origin, Origin::new(origin, "scheduler"));
                assert_eq!(context.authority, Authority::FULL);
            }
            assert_eq!(derive("a", Some("tick")).unwrap().origin.reference, "tick");
            assert_eq!(detail(derive("a", Some(" "))), "origin.ref is required");
            assert_eq!(detail(derive(" ", None)), "actor.ref is required");
        }
        let context = ActorContext::derive_agent_session(" s ").unwrap();
        assert_eq!(context.actor.reference, " s ");
        assert_eq!(context.origin, Origin::new(OriginKind::AgentSession, " s "));
    }

    fn with(authority: Authority) -> ActorContext {
        ActorContext { authority, ..ActorContext::derive_daemon("d", None).unwrap() }
    }

    const NONE: Authority =
        Authority { read: false, write: false, create_global: false, create_workspace: false };

    #[test]
    fn each_operation_needs_its_own_flag() {
        let bare = TaskError::new(ErrorKind::PermissionDenied);
        let read = with(Authority { read: true, ..NONE });
        assert_eq!(read.authorize_read(), Ok(()));
        assert_eq!(read.authorize_write(), Err(bare.clone()));
        let write = with(Authority { write: true, ..NONE });
        assert_eq!(write.authorize_read(), Err(bare.clone()));
        assert_eq!(write.authorize_write(), Ok(()));
        assert_eq!(write.authorize_create(&Scope::Global.into()), Err(bare.clone()));
        let global = with(Authority { write: true, create_global: true, ..NONE });
        assert_eq!(global.authorize_create(&"Global".into()), Ok(()));
        assert_eq!(global.authorize_create(&Scope::Workspace.into()), Err(bare.clone()));
        let workspace = with(Authority { write: true, create_workspace: true, ..NONE });
        assert_eq!(workspace.authorize_create(&Scope::Workspace.into()), Ok(()));
        assert_eq!(workspace.authorize_create(&Scope::Global.into()), Err(bare));
    }

    #[test]
    fn a_create_flag_without_write_is_a_broken_context() {
        for flags in [
            Authority { create_global: true, ..NONE },
            Authority { read: true, create_workspace: true, ..NONE },
        ] {
            let text = "authority create permissions require write permission";
            assert_eq!(detail(with(flags).authorize_read()), text);
            assert_eq!(detail(with(flags).authorize_write()), text);
        }
    }

    #[test]
    fn a_creation_names_its_scope_before_its_flag_counts() {
        let context = with(Authority { write: true, ..NONE });
        for scope in ["", " ", "tenant"] {
            assert_eq!(
                detail(context.authorize_create(&scope.into())),
                "create_task.scope is required"
            );
        }
        let denied = with(NONE).authorize_create(&"tenant".into()).unwrap_err();
        assert_eq!(denied.kind(), ErrorKind::PermissionDenied);
    }

    #[test]
    fn identities_compare_by_kind_and_trimmed_ref() {
        let one = ActorContext::derive_agent_session("s").unwrap();
        let same = ActorContext::derive_agent_session_for_origin(" s ", "cli", None).unwrap();
        let other = ActorContext::derive_daemon("s", None).unwrap();
        assert!(one.same_identity(&same));
        assert!(!one.same_identity(&other));
    }

    #[test]
    fn contexts_have_the_agreed_wire_form() {
        let context = ActorContext::derive_human("ada", OriginKind::Web, "tab").unwrap();
        let text = serde_json::to_string(&context).unwrap();
        assert_eq!(
            text,
            concat!(
                r#"{"actor":{"kind":"human","ref":"ada"},"origin":{"kind":"web","ref":"tab"},"#,
                r#""authority":{"read":true,"write":true,"create_global":true,"create_workspace":true}}"#
            )
        );
        assert_eq!(serde_json::from_str::<ActorContext>(&text).unwrap(), context);
    }
}
