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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::enumeration::Enumeration;
    use crate::enumeration::tests::assert_values;

    #[test]
    fn policies_and_states_are_the_agreed_ones() {
        assert_values::<ApprovalPolicy>(&["none", "manual"]);
        assert_values::<ApprovalState>(&["not_required", "pending", "approved", "rejected"]);
    }

    #[test]
    fn every_pair_of_policy_and_state_is_decided() {
        let legal = ["none not_required", "manual pending", "manual approved", "manual rejected"];
        let blocking = ["manual not_required", "manual pending", "manual rejected"];
        for policy in ApprovalPolicy::ALL.iter().copied() {
            assert!(policy.allows(policy.initial_state()));
            for state in ApprovalState::ALL.iter().copied() {
                let pair = format!("{policy} {state}");
                let fits = legal.contains(&pair.as_str());
                assert_eq!(policy.allows(state), fits, "{pair}");
                assert_eq!(policy.blocks(state), blocking.contains(&pair.as_str()), "{pair}");
                let checked = validate_approval_semantics(&policy.into(), &state.into(), "t");
                assert_eq!(checked.is_ok(), fits, "{pair}");
            }
        }
    }

    #[test]
    fn blank_policy_and_state_take_their_defaults() {
        let check = |policy: &str, state: &str| {
            validate_approval_semantics(&policy.into(), &state.into(), "t")
                .map_err(|error| error.detail().to_owned())
        };
        assert_eq!(check("", ""), Ok(()));
        assert_eq!(check("manual", ""), Ok(()));
        assert_eq!(
            check("", "pending"),
            Err(r#"t.approval_state "pending" is not allowed when t.approval_policy is "none""#
                .into())
        );
        assert!(check("manual", "not_required").is_err());
        assert!(check("often", "").unwrap_err().starts_with("t.approval_policy must be"));
        assert!(
            check("manual", "soon").unwrap_err().starts_with("t.approval_state must be one of")
        );
    }
}
