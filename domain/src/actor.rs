//! Who acts, through which door, and with what authority.

mod context;

use serde::{Deserialize, Serialize};

pub use context::{ActorContext, Authority};

use crate::enumeration::{Given, enumeration};
use crate::error::Result;
use crate::rule::{join, require_text, trimmed};

enumeration! {
    /// What kind of identity acts.
    pub enum ActorKind: plain {
        /// A person.
        Human = "human",
        /// A worker session; its ref is the session id.
        AgentSession = "agent_session",
        /// A rule or schedule.
        Automation = "automation",
        /// An extension of the host.
        Extension = "extension",
        /// Another board's peer.
        NetworkPeer = "network_peer",
        /// The host's own background service.
        Daemon = "daemon",
    }
}

enumeration! {
    /// What kind of identity a task belongs to.
    pub enum OwnerKind: plain {
        /// A person.
        Human = "human",
        /// A worker session; its ref is the session id.
        AgentSession = "agent_session",
        /// A rule or schedule.
        Automation = "automation",
        /// An extension of the host.
        Extension = "extension",
        /// Another board's peer.
        NetworkPeer = "network_peer",
        /// Every agent of the name in the ref.
        Pool = "pool",
    }
}

enumeration! {
    /// The door through which a call came in.
    pub enum OriginKind: plain {
        /// A command line.
        Cli = "cli",
        /// A page.
        Web = "web",
        /// A local socket.
        Uds = "uds",
        /// An HTTP interface.
        Http = "http",
        /// A rule or schedule.
        Automation = "automation",
        /// An extension of the host.
        Extension = "extension",
        /// A network of boards.
        Network = "network",
        /// A worker session.
        AgentSession = "agent_session",
        /// The host's own background service.
        Daemon = "daemon",
    }
}

/// Declares a record of a kind and a ref, with the checks that they share.
macro_rules! reference_record {
    ($(#[$doc:meta])* $name:ident, $kind:ty) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(test, derive(ts_rs::TS))]
        pub struct $name {
            /// What kind of identity the ref names.
            pub kind: $kind,
            /// The name of the identity within its kind.
            #[serde(rename = "ref")]
            pub reference: String,
        }

        impl $name {
            /// From its parts, the ref kept as given.
            pub fn new(kind: $kind, reference: impl Into<String>) -> Self {
                Self { kind, reference: reference.into() }
            }

            /// The canonical form: the ref without surrounding white space.
            #[must_use]
            pub fn normalize(self) -> Self {
                Self { kind: self.kind, reference: trimmed(self.reference) }
            }

            /// Checks that the ref is not blank.
            ///
            /// # Errors
            ///
            /// `validation` at `<path>.ref`.
            pub fn validate(&self, path: &str) -> Result<()> {
                require_text(&self.reference, path, "ref")
            }

            /// Whether both name the same: equal kinds and equal trimmed refs.
            pub fn is_same(&self, other: &Self) -> bool {
                self.kind == other.kind && self.reference.trim() == other.reference.trim()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}:{}", self.kind, self.reference)
            }
        }
    };
}

reference_record! {
    /// An identity that acts. Displays as `<kind>:<ref>`.
    ActorIdentity, ActorKind
}

reference_record! {
    /// Where a call came from. Displays as `<kind>:<ref>`.
    Origin, OriginKind
}

reference_record! {
    /// Whom a task belongs to. Displays as `<kind>:<ref>`.
    ///
    /// A `pool` ref names an agent, an `agent_session` ref a session id: only
    /// they may claim the task's runs. The other kinds inform people.
    Ownership, OwnerKind
}

/// An owner as a caller sent it. Kind and ref both blank mean "no owner".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct OwnerSpec {
    /// What kind of identity the ref names.
    pub kind: Given<OwnerKind>,
    /// The name of the identity within its kind.
    #[serde(rename = "ref")]
    pub reference: String,
}

impl OwnerSpec {
    /// From its parts.
    pub fn new(kind: impl Into<Given<OwnerKind>>, reference: impl Into<String>) -> Self {
        Self { kind: kind.into(), reference: reference.into() }
    }

    /// Whether kind and ref are both blank.
    pub fn is_zero(&self) -> bool {
        self.kind.is_blank() && self.reference.trim().is_empty()
    }

    /// The owner in canonical form, or `None` for a zero one.
    ///
    /// # Errors
    ///
    /// `validation` at `<path>.kind` or `<path>.ref` where only one of the two is
    /// given, or the kind is unknown.
    pub fn resolve(&self, path: &str) -> Result<Option<Ownership>> {
        if self.is_zero() {
            return Ok(None);
        }
        let kind = self.kind.require(&join(path, "kind"))?;
        let owner = Ownership::new(kind, self.reference.clone());
        owner.validate(path)?;
        Ok(Some(owner.normalize()))
    }
}

impl From<Ownership> for OwnerSpec {
    fn from(owner: Ownership) -> Self {
        Self { kind: owner.kind.into(), reference: owner.reference }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::enumeration::tests::assert_values;

    #[test]
    fn kinds_are_the_agreed_ones() {
        assert_values::<ActorKind>(&[
            "human",
            "agent_session",
            "automation",
            "extension",
            "network_peer",
            "daemon",
        ]);
        assert_values::<OwnerKind>(&[
            "human",
            "agent_session",
            "automation",
            "extension",
            "network_peer",
            "pool",
        ]);
        assert_values::<OriginKind>(&[
            "cli",
            "web",
            "uds",
            "http",
            "automation",
            "extension",
            "network",
            "agent_session",
            "daemon",
        ]);
    }

    #[test]
    fn a_ref_is_required_and_trimmed() {
        let actor = ActorIdentity::new(ActorKind::Human, " ");
        assert_eq!(
            actor.validate("task.created_by").unwrap_err().detail(),
            "task.created_by.ref is required"
        );
        let origin = Origin::new(OriginKind::Cli, " term ");
        assert!(origin.validate("o").is_ok());
        assert!(origin.is_same(&Origin::new(OriginKind::Cli, "term")));
        assert!(!origin.is_same(&Origin::new(OriginKind::Web, "term")));
        assert_eq!(origin.normalize().to_string(), "cli:term");
    }

    #[test]
    fn the_wire_name_of_a_reference_is_ref() {
        let owner = Ownership::new(OwnerKind::Pool, "coders");
        let text = serde_json::to_string(&owner).unwrap();
        assert_eq!(text, r#"{"kind":"pool","ref":"coders"}"#);
        assert_eq!(serde_json::from_str::<Ownership>(&text).unwrap(), owner);
    }

    #[test]
    fn a_zero_owner_is_no_owner_and_half_an_owner_is_refused() {
        assert_eq!(OwnerSpec::new(" ", "\t").resolve("p"), Ok(None));
        assert_eq!(
            OwnerSpec::new(" Pool ", " coders ").resolve("p"),
            Ok(Some(Ownership::new(OwnerKind::Pool, "coders")))
        );
        let refused = |spec: OwnerSpec| spec.resolve("p").unwrap_err().detail().to_owned();
        assert_eq!(refused(OwnerSpec::new("human", " ")), "p.ref is required");
        assert_eq!(refused(OwnerSpec::new("", "ada")), "p.kind is required");
        assert_eq!(
            refused(OwnerSpec::new("daemon", "d")),
            r#"p.kind has unsupported value "daemon""#
        );
    }

    #[test]
    fn an_owner_may_leave_fields_out_on_the_wire() {
        let spec: OwnerSpec = serde_json::from_str("{}").unwrap();
        assert!(spec.is_zero());
        let owner = Ownership::new(OwnerKind::Human, "ada");
        assert_eq!(OwnerSpec::from(owner.clone()).resolve("p"), Ok(Some(owner)));
    }
}
