//! Where a task lives: on the whole board, or in one workspace.

use crate::enumeration::{Given, enumeration};
use crate::error::{ErrorKind, Result, TaskError};
use crate::id::WorkspaceId;
use crate::rule::join;

enumeration! {
    /// Where a task lives.
    pub enum Scope: listed {
        /// On the whole board.
        Global = "global",
        /// In one workspace.
        Workspace = "workspace",
    }
}

/// Checks that a scope is known and fits the workspace id beside it, and answers
/// the scope.
///
/// # Errors
///
/// `validation` at `<path>.scope` for a blank or unknown scope,
/// `invalid_scope_binding` at `<path>.workspace_id` for a global scope with a
/// workspace or a workspace scope without one.
pub fn validate_scope_binding(
    scope: &Given<Scope>,
    workspace: Option<&WorkspaceId>,
    path: &str,
) -> Result<Scope> {
    let scope = scope.require(&join(path, "scope"))?;
    bind(scope, workspace, path)?;
    Ok(scope)
}

pub(super) fn bind(scope: Scope, workspace: Option<&WorkspaceId>, path: &str) -> Result<()> {
    let named = workspace.is_some_and(|id| !id.is_blank());
    let rest = match (scope, named) {
        (Scope::Global, true) => "must be empty when",
        (Scope::Workspace, false) => "is required when",
        (Scope::Global, false) | (Scope::Workspace, true) => return Ok(()),
    };
    let field = join(path, "workspace_id");
    let detail = format!("{field} {rest} {} is \"{scope}\"", join(path, "scope"));
    Err(TaskError::at(ErrorKind::InvalidScopeBinding, field, detail))
}
