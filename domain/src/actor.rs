//! Who acts, through which door, and with what authority.

mod context;

use serde::{Deserialize, Serialize};

pub use context::{ActorContext, Authority};

use crate::enumeration::{Given, enumeration};
use crate::error::Result;
use crate::rule::{join, require_text};

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
                Self { kind: self.kind, reference: self.reference.trim().to_owned() }
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
