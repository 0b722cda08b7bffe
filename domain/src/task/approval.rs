//! Whether a task waits for a person's word.

use crate::enumeration::{Given, enumeration};
use crate::error::{Result, TaskError};
use crate::rule::join;

enumeration! {
    /// Whether a task needs an approval before its runs may start.
    pub enum ApprovalPolicy: listed {
        /// No approval is asked.
        None = "none",
        /// Somebody has to approve.
        Manual = "manual",
    }
}

enumeration! {
    /// Where the approval of a task stands.
    pub enum ApprovalState: listed {
        /// None is asked.
        NotRequired = "not_required",
        /// Nobody has decided.
        Pending = "pending",
        /// The task may run.
        Approved = "approved",
        /// The task may not run.
        Rejected = "rejected",
    }
}

impl ApprovalPolicy {
    /// The state in which a task under this policy starts.
    pub const fn initial_state(self) -> ApprovalState {
        match self {
            ApprovalPolicy::None => ApprovalState::NotRequired,
            ApprovalPolicy::Manual => ApprovalState::Pending,
        }
    }

    /// Whether a task under this policy may stand in the state.
    pub const fn allows(self, state: ApprovalState) -> bool {
        match state {
            ApprovalState::NotRequired => matches!(self, ApprovalPolicy::None),
            ApprovalState::Pending | ApprovalState::Approved | ApprovalState::Rejected => {
                matches!(self, ApprovalPolicy::Manual)
            }
        }
    }

    /// Whether a task under this policy and in this state is held back.
    pub const fn blocks(self, state: ApprovalState) -> bool {
        matches!(self, ApprovalPolicy::Manual) && !matches!(state, ApprovalState::Approved)
    }
}

/// Checks that policy and state fit together. A blank policy counts as `none`, a
/// blank state as the policy's first.
///
/// # Errors
///
/// `validation` at `<path>.approval_policy` or `<path>.approval_state`.
pub fn validate_approval_semantics(
    policy: &Given<ApprovalPolicy>,
    state: &Given<ApprovalState>,
    path: &str,
) -> Result<()> {
    let policy = policy.or_default(&join(path, "approval_policy"), ApprovalPolicy::None)?;
    let field = join(path, "approval_state");
    let state = state.or_default(&field, policy.initial_state())?;
    if policy.allows(state) {
        return Ok(());
    }
    let rest = format!(
        "\"{state}\" is not allowed when {} is \"{policy}\"",
        join(path, "approval_policy")
    );
    Err(TaskError::validation(&field, &rest))
}
